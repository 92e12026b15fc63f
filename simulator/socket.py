"""WebSocket connections as firmware makes them."""

from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode


class Socket(ClientConnection):
    """A connection which can stall: TCP stays open, but nothing is read or written (field notes 1, Wi-Fi stall)."""

    def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
        """Wrap a protocol."""
        super().__init__(protocol, **options)
        self.stalled = False
        self._unread = bytearray()
        self._ended = False

    def stall(self, *, on: bool) -> None:
        """Start or end a stall; bytes which came in between are read at its end."""
        if self.stalled == on:
            return
        self.stalled = on
        if on:
            return
        self.send_data()
        unread, self._unread = bytes(self._unread), bytearray()
        if unread:
            self.data_received(unread)
        if self._ended:
            self.eof_received()
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read, or leave the bytes lying."""
        if self.stalled:
            self._unread += data
        else:
            super().data_received(data)

    def send_data(self) -> None:
        """Write, or leave the frames lying."""
        if not self.stalled:
            super().send_data()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # asyncio allows keeping the transport open
        """Notice that the server has closed its side, or do not."""
        if self.stalled:
            self._ended = True
            return True
        super().eof_received()
        return None


class _PonglessProtocol(ClientProtocol):
    """RFC 6455 demands a pong for every ping; many terminals never send one (field notes 0, fact 1)."""

    def send_frame(self, frame: Frame) -> None:
        """Write a frame unless it is a pong."""
        if frame.opcode is not Opcode.PONG:
            super().send_frame(frame)


class PonglessSocket(Socket):
    """A connection which never answers pings."""

    def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
        """Replace the protocol: `connect` has no option for its class."""
        super().__init__(_PonglessProtocol(protocol.uri, max_size=None, logger=protocol.logger), **options)
