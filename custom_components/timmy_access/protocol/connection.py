"""Connections as the listener takes them in, plain or encrypted."""

import asyncio
from contextlib import suppress
import fcntl
import socket
import ssl
import struct
import termios
from typing import Any, cast

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from .border import Border
from .effort import Effort
from .inflow import MAX_PARTS, SLICE_BYTES, Budget, Inflow
from .lobby import Lobby
from .peer import Peer

# A TLS handshake is two small messages; the processor of a terminal takes a second for the keys.
HANDSHAKE_SECONDS = 10.0
# Terminals often never answer the end of TLS either.
SHUTDOWN_SECONDS = 1.0

_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


def reset(transport: asyncio.BaseTransport) -> None:
    """End a connection at once and throw away what has not reached the peer yet; nothing of it is left to wait for."""
    if (sock := transport.get_extra_info("socket")) is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cast("asyncio.WriteTransport", transport).abort()


class Connection(ServerConnection):
    """A connection that is in the lobby from its first packet on, so that also one that says nothing counts.

    One from outside the border is in no lobby and says nothing: it is reset before TLS and WebSocket begin. Where an
    address dials too often, the next connection from there is not listened to until it is its turn.
    """

    peer = Peer("", 0)
    _raw: asyncio.BaseTransport
    _inflow: Inflow | None = None

    def __init__(self, border: Border, lobby: Lobby, *args: Any, **kwargs: Any) -> None:
        """Wait for the peer."""
        super().__init__(*args, **kwargs)
        self._border = border
        self._lobby = lobby
        self._begun = False
        self._budget: Budget | None = Budget()
        self._parts = 0
        self._turn: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Enter the lobby, if the peer may and if there is room."""
        self.peer = Peer.of(transport.get_extra_info("peername"))
        self._raw = transport
        if not self._border.admits(self.peer):
            self.cut_off()
            self._border.turn_away(self.peer, Peer.of(transport.get_extra_info("sockname")).port)
        elif not self._lobby.enter(self):
            self.cut_off()
        elif wait := self._lobby.wait_of(self):
            cast("asyncio.Transport", transport).pause_reading()
            self._turn = asyncio.get_running_loop().call_later(wait, self._take_turn)
        else:
            self.begin(transport)

    def _take_turn(self) -> None:
        self._turn = None
        transport = cast("asyncio.Transport", self._raw)
        if not transport.is_closing():
            transport.resume_reading()
            self.begin(transport)

    def begin(self, transport: asyncio.BaseTransport) -> None:
        """Begin to speak WebSocket."""
        self._begun = True
        super().connection_made(transport)
        inflow = self._inflow = Inflow(cast("asyncio.Transport", transport), super().data_received)
        self.recv_messages.pause, self.recv_messages.resume = inflow.pause, inflow.resume

    def admit(self, max_frame_bytes: int, effort: Effort) -> None:
        """Let a terminal send more, and larger frames, from now on; taking them in counts as its `effort`."""
        self._budget = None
        self.protocol.max_message_size = max_frame_bytes
        if self._inflow is not None:
            self._inflow.slice_bytes = SLICE_BYTES
            self._inflow.effort = effort

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network; a peer that is not admitted is cut off when they are too many."""
        if self._budget is not None and not self._budget.allows_bytes(len(data)):
            self._lobby.refused += 1
            self.cut_off()
        elif self._inflow is not None:
            self._inflow.take(data)

    def process_event(self, event: Frame | Request) -> None:  # type: ignore[override]  # the library's alias of these
        """Take a request to upgrade, or a frame of any kind; too many frames or parts end the connection."""
        if isinstance(event, Frame):
            if event.opcode in _DATA:
                self._parts = 0 if event.fin else self._parts + 1
            if self._parts > MAX_PARTS or (self._budget is not None and not self._budget.allows_frame()):
                self.cut_off()
                return
        super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the lobby."""
        self._lobby.leave(self)
        if self._turn is not None:
            self._turn.cancel()
        if self._inflow is not None:
            self._inflow.end()
        if self._begun:
            super().connection_lost(exc)

    async def recv(self, decode: bool | None = None) -> Any:  # noqa: ARG002 - texts are never decoded here
        """Return the bytes of a message: a text that is not UTF-8 is for the codec, and ends no connection."""
        return await super().recv(decode=False)

    @property
    def address(self) -> str:
        """Where it comes from."""
        return self.peer.address

    @property
    def unsent(self) -> int:
        """How many bytes of what was sent are still here, and not with the network."""
        return cast("asyncio.WriteTransport", self._raw).get_write_buffer_size()

    @property
    def is_acknowledged(self) -> bool:
        """Whether the peer's own TCP has taken all that was sent; False where nothing tells."""
        sock = self._raw.get_extra_info("socket")
        if sock is None or self._raw.is_closing() or self.unsent:
            return False
        try:
            unacknowledged = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return False
        return not any(unacknowledged)

    def cut_off(self) -> None:
        """End it at once, and hear nothing of it any more."""
        if self._inflow is not None:
            self._inflow.end()
        reset(self._raw)


class SecureConnection(Connection):
    """A connection that speaks TLS before it speaks WebSocket.

    asyncio's own TLS servers tell of a connection only after its handshake, so that thousands of them could be open
    unseen. This one is in the lobby already while it shakes hands, and may be cut off there.
    """

    def __init__(self, context: ssl.SSLContext, *args: Any, **kwargs: Any) -> None:
        """Encrypt with a server's context."""
        super().__init__(*args, **kwargs)
        self._context = context
        self._early = b""
        self._handshake: asyncio.Task[None] | None = None
        self._outer: asyncio.Transport | None = None

    @property
    def unsent(self) -> int:
        """How many bytes are still here, encrypted or not."""
        return super().unsent + (self._outer.get_write_buffer_size() if self._outer else 0)

    def begin(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands first."""
        cast("asyncio.Transport", transport).pause_reading()
        self._handshake = asyncio.get_running_loop().create_task(
            self._shake_hands(cast("asyncio.Transport", transport)), name=f"TLS with {self.peer}"
        )

    def data_received(self, data: bytes) -> None:
        """Keep what comes with the last message of the handshake until it may be read."""
        if self._begun:
            super().data_received(data)
        else:
            self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the lobby, also when the handshake has not ended."""
        if self._handshake is not None:
            self._handshake.cancel()
        super().connection_lost(exc)

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        if transport.is_closing():  # there was no room in the lobby
            return
        secure: asyncio.Transport | None = None
        # Whatever a peer does wrong here is its own affair.
        with suppress(OSError, TimeoutError):
            secure = await asyncio.get_running_loop().start_tls(
                transport,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=SHUTDOWN_SECONDS,
            )
        if secure is None or secure.is_closing():
            self._lobby.leave(self)
            transport.abort()
            return
        self._raw, self._outer = secure, transport
        super().begin(secure)
        if self._early:
            super().data_received(self._early)
            self._early = b""
