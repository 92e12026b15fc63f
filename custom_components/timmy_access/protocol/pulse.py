"""Signs of life of one terminal: any frame is one, and where none comes it is asked for one."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from websockets.exceptions import ConnectionClosed

from .commands import GetSettings
from .connection import Connection
from .errors import CommandRefused, CommandTimeout, TerminalOffline
from .exchange import Exchange
from .shared import outcome_of
from .turns import Priority

# Production servers drop a terminal after 180 s of silence (field notes 1, availability).
SILENCE_SECONDS = 180.0
# Terminals answer a small question within milliseconds.
PROBE_SECONDS = 10.0
# How often is looked whether any other frame has come meanwhile.
LOOK_SECONDS = 0.25


class Pulse:
    """When the latest frame came, and whether one comes."""

    def __init__(self, serial: str, connection: Connection, exchange: Exchange, silence: float) -> None:
        """Ask over `connection` by `exchange`, after `silence` seconds without a frame."""
        self._serial = serial
        self._connection = connection
        self._exchange = exchange
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None
        self._probing: dict[bool, asyncio.Task[bool]] = {}
        self._answered_at = self._pong_at = float("-inf")
        self.last_frame = self._loop.time()

    def start(self, on_dead: Callable[[], None]) -> None:
        """Call `on_dead` once nothing comes any more, not even when asked for (field notes 0.1: never a ping)."""
        self._watch = asyncio.create_task(self._watch_silence(on_dead), name=f"silence {self._serial}")

    def stop(self) -> None:
        """Watch no longer; `on_dead` may call this."""
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()

    async def lives(self, fresh: float, seconds: float) -> bool:
        """Return whether the terminal is there: a frame or pong came within the last `fresh` seconds, or one comes.

        Several who want to know at once share one question.
        """
        if self._loop.time() - max(self.last_frame, self._pong_at) < fresh:
            return True
        return await self._answers_soon(seconds, by_pong=True)

    async def answers(self, fresh: float, seconds: float) -> bool:
        """Return whether a frame comes within `seconds`, or came within the last `fresh` seconds when asked for.

        What it said by itself may have been said before it dialled in anew, and a pong may be of a connection that its
        firmware has forgotten: they do not count.
        """
        return self._loop.time() - self._answered_at < fresh or await self._answers_soon(seconds, by_pong=False)

    async def _answers_soon(self, seconds: float, *, by_pong: bool) -> bool:
        if (probing := self._probing.get(by_pong)) is None or probing.done():
            probing = asyncio.create_task(self._probe(seconds, by_pong=by_pong), name=f"probe {self._serial}")
            self._probing[by_pong] = probing
        return await outcome_of(probing)

    async def _probe(self, seconds: float, *, by_pong: bool = False) -> bool:
        """Ask for a sign of life; any frame within the time is one, and a pong where that is enough."""
        before = self.last_frame
        asked = [asyncio.create_task(self._ask())]
        if by_pong:
            asked.append(asyncio.create_task(self._pong()))
        until = self._loop.time() + seconds
        waiting = set(asked)
        try:
            while waiting and self.last_frame == before and (left := until - self._loop.time()) > 0:
                done, waiting = await asyncio.wait(
                    waiting, timeout=min(left, LOOK_SECONDS), return_when=asyncio.FIRST_COMPLETED
                )
                if any(one.result() for one in done):
                    break
        finally:
            for one in waiting:
                one.cancel()
        if self.last_frame > before:
            self._answered_at = self._loop.time()
            return True
        return any(one.done() and not one.cancelled() and one.result() for one in asked)

    async def _ask(self) -> bool:
        """Ask a question, and return False: the frame that answers it tells."""
        with suppress(TerminalOffline, CommandTimeout, CommandRefused):
            await self._exchange.request(GetSettings(), Priority.BULK)
        return False

    async def _pong(self) -> bool:
        """Return whether a pong came; False where the connection has ended."""
        try:
            await (await self._connection.ping())
        except ConnectionClosed:
            return False
        self._pong_at = self._loop.time()
        return True

    async def _watch_silence(self, on_dead: Callable[[], None]) -> None:
        while True:
            quiet = self._loop.time() - self.last_frame
            if quiet < self._silence:
                await asyncio.sleep(self._silence - quiet)
            elif not await self._probe(PROBE_SECONDS):
                on_dead()
                return
