"""What goes out to one terminal: all of it passes here, and nothing any more once this is shut."""

import asyncio

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from .codec import Frame, encode
from .connection import Connection, reset
from .errors import TerminalOffline
from .trace import Direction, Trace

# How often is looked whether everything has left: nothing tells with TLS, and a frame of some bytes is gone at once
# unless the network is full.
LOOK_SECONDS = 0.01


class Outlet:
    """The sending side of a connection."""

    def __init__(self, connection: Connection, trace: Trace) -> None:
        """Send over a connection, and note in `trace` what was sent."""
        self._connection = connection
        self._trace = trace
        self._loop = asyncio.get_running_loop()
        self.is_shut = False
        self.has_thrown_away = False

    async def send(self, frame: Frame) -> None:
        """Hand a frame to the connection in this very step, and wait while the terminal does not take it.

        Raises `TerminalOffline`.
        """
        if self.is_shut:
            raise _offline(frame)
        data = encode(frame)
        self._trace.note(self._loop.time(), Direction.SENT, data)
        try:
            await self._connection.send(data)
        except ConnectionClosed as err:
            raise _offline(frame) from err

    async def send_wholly(self, frame: Frame) -> None:
        """Send as `send`, and return only when nothing of it is left here.

        Also where the connection has ended meanwhile and it may have left before that; what has been thrown away raises
        `TerminalOffline`.
        """
        await self.send(frame)
        while self.holds_back and self._connection.state is State.OPEN:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(LOOK_SECONDS)
        if self.has_thrown_away:
            raise _offline(frame)

    @property
    def holds_back(self) -> bool:
        """Whether something of what was sent is still here, because the network does not take it."""
        return self._connection.unsent > 0

    def shut(self) -> None:
        """Send nothing any more; what is still here then goes with the connection."""
        if not self.is_shut:
            self.is_shut, self.has_thrown_away = True, self.holds_back

    def reset(self) -> None:
        """Send nothing any more, and end the connection at once with all that has not reached the terminal yet."""
        self.shut()
        reset(self._connection.transport)


def _offline(frame: Frame) -> TerminalOffline:
    return TerminalOffline(str(frame.get("cmd", "")))
