"""Dialling and redialling the server."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ssl import SSLContext
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from .socket import Socket
from .timing import Timing

CLOSE_TIMEOUT = 1.0


class Link:
    """Keeps a socket to the server: no subprotocol, no compression, no pings of its own (field notes 1)."""

    def __init__(
        self,
        url: str,
        *,
        timing: Timing,
        source_address: str | None,
        tls: SSLContext | None,
        socket: type[Socket],
        serve: Callable[[Socket], Awaitable[None]],
        report: Callable[[str], None],
    ) -> None:
        """Prepare to dial; `serve` is run for each socket until it is gone."""
        self.url = url
        self.socket: Socket | None = None
        self._timing = timing
        self._source_address = source_address
        self._socket_type = socket
        # for a ws:// URL, or as the computer does it, the library wants to be told nothing
        self._tls: dict[str, Any] = {} if tls is None else {"ssl": tls}
        self._serve = serve
        self._report = report
        self._pause: float | None = None

    async def run(self) -> None:
        """Dial, serve and dial again for ever."""
        unreachable = False
        while True:
            try:
                self.socket = await self._dial()
            except OSError, TimeoutError, WebSocketException:
                if not unreachable:
                    self._report(f"cannot reach {self.url}")
                unreachable = True
            else:
                unreachable = False
                await self._use(self.socket)
            pause = self._timing.reconnect if self._pause is None else self._pause
            self._pause = None
            await asyncio.sleep(pause)

    def restart(self, away: float | None = None) -> None:
        """Lose the socket without a close frame and take the time of a reboot, or another, before the next dial."""
        self._pause = self._timing.reboot if away is None else away
        self.cut()

    def cut(self) -> None:
        """Lose the socket without a close frame."""
        if self.socket is not None:
            self.socket.transport.abort()

    def stall(self, *, on: bool) -> None:
        """Let the present socket stall."""
        if self.socket is not None:
            self.socket.stall(on=on)

    async def _dial(self) -> Socket:
        source = self._source_address
        socket = await connect(
            self.url,
            create_connection=self._socket_type,
            compression=None,
            user_agent_header=None,
            proxy=None,
            open_timeout=self._timing.dial,
            ping_interval=None,
            close_timeout=CLOSE_TIMEOUT,
            max_size=None,
            local_addr=None if source is None else (source, 0),
            **self._tls,
        )
        if not isinstance(socket, Socket):  # pragma: no cover - create_connection says so
            raise TypeError(socket)
        return socket

    async def _use(self, socket: Socket) -> None:
        self._report(f"connected to {self.url}")
        try:
            await self._serve(socket)
        finally:
            if socket.stalled:
                socket.transport.abort()
            else:
                with suppress(OSError):
                    await socket.close()
            self.socket = None
            self._report("disconnected")
