"""What waits for the terminal's answer."""

import asyncio
from typing import Any

from .codec import Frame
from .commands.base import Command
from .errors import TerminalOffline
from .turns import Turn


class Waiter:
    """A command that has been written and the replies that may belong to it."""

    def __init__(self, command: Command[Any], turn: Turn | None = None) -> None:
        """Wait for replies to a command, which has been sent in a turn of its own or outside of all."""
        self.command = command
        self.replies: asyncio.Queue[Frame | None] = asyncio.Queue()
        self.successor: Command[Any] | None = None
        self._turn = turn

    async def reply(self, seconds: float) -> Frame:
        """Return the next reply; raises TimeoutError, or `TerminalOffline` when the connection ends."""
        async with asyncio.timeout(seconds):
            frame = await self.replies.get()
        if self.successor is not None:
            raise TimeoutError
        if frame is None:
            raise TerminalOffline(self.command.name)
        return frame

    @property
    def has_lost_its_turn(self) -> bool:
        """Whether somebody more urgent sends now, though this one is not answered yet."""
        return self._turn is not None and self._turn.is_lost

    def give_up_for(self, command: Command[Any]) -> None:
        """Wait no more: replies of this name are for another command from now on."""
        self.successor = command
        self.replies.put_nowait(None)
