"""Signs of life of one terminal: any frame is one, and where none comes it is asked for one."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from .commands import GetSettings
from .errors import CommandRefused, CommandTimeout, TerminalOffline
from .exchange import Exchange
from .turns import Priority

# Production servers drop a terminal after 180 s of silence (field notes 1, availability).
SILENCE_SECONDS = 180.0
# Terminals answer a small question within milliseconds.
PROBE_SECONDS = 10.0


class Pulse:
    """When the latest frame came, and whether one comes."""

    def __init__(self, serial: str, exchange: Exchange, silence: float) -> None:
        """Ask by `exchange`, after `silence` seconds without a frame."""
        self._serial = serial
        self._exchange = exchange
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[bool] | None = None
        self.last_frame = self._loop.time()

    def start(self, on_dead: Callable[[], None]) -> None:
        """Call `on_dead` once nothing comes any more, not even when asked for (field notes 0.1: never a ping)."""
        self._watch = asyncio.create_task(self._watch_silence(on_dead), name=f"silence {self._serial}")

    def stop(self) -> None:
        """Watch no longer; `on_dead` may call this."""
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()

    async def lives(self, fresh: float, seconds: float) -> bool:
        """Return whether a frame came within the last `fresh` seconds, or comes within `seconds` when asked for one.

        Several who want to know at once share one question.
        """
        if self._loop.time() - self.last_frame < fresh:
            return True
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe(seconds), name=f"probe {self._serial}")
        return await asyncio.shield(self._probing)

    async def _probe(self, seconds: float) -> bool:
        """Ask for a sign of life; any frame within the time is one."""
        before = self.last_frame
        request = asyncio.create_task(self._exchange.request(GetSettings(), Priority.BULK))
        try:
            await asyncio.wait((request,), timeout=seconds)
        finally:
            request.cancel()
            with suppress(asyncio.CancelledError, TerminalOffline, CommandTimeout, CommandRefused):
                await request
        return self.last_frame > before

    async def _watch_silence(self, on_dead: Callable[[], None]) -> None:
        while True:
            quiet = self._loop.time() - self.last_frame
            if quiet < self._silence:
                await asyncio.sleep(self._silence - quiet)
            elif not await self._probe(PROBE_SECONDS):
                on_dead()
                return
