"""A journal as the event loop uses it: one line at a time, and never for long."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from .journal import Journal, Line

# A commit to a disk takes some milliseconds, on an SD card some tens; somebody may stand at a door.
JOURNAL_PATIENCE = 0.7


class Waiting(Protocol):
    """What the database has not confirmed yet: `done` is when it has, `slot` where in the journal it is meanwhile."""

    done: asyncio.Future[None]
    slot: int | None

    @property
    def line(self) -> Mapping[str, Any] | None:
        """What the journal takes; None for what it need not know."""


class PatientJournal:
    """Puts into a journal what waits for the database, and takes it out again."""

    def __init__(self, hass: HomeAssistant, path: Path, whose: str) -> None:
        """Belong to a file; `whose` says in the log what it is the journal of."""
        self._hass = hass
        self._journal = Journal(path)
        self._turn = asyncio.Lock()
        self._whose = whose

    async def async_open(self, *, takes_room: bool) -> Sequence[Line]:
        """Return the lines that an earlier process has left; none where the file cannot be read, which is told.

        With `takes_room` the file has its room on the disk from now on, else when something is put into it.
        """
        return await self._hass.async_add_executor_job(self._open, takes_room)

    async def async_put(self, waiting: Waiting) -> bool:
        """Write a line, unless it is there or the database has it; False where that did not work."""
        if waiting.slot is not None or waiting.done.done() or waiting.line is None:
            return True
        try:
            await self._async_patiently(self._async_append(waiting), "put a line into")
        except (OSError, ValueError) as err:  # TimeoutError is an OSError
            LOGGER.warning("The journal of %s takes nothing: %s", self._whose, err or type(err).__name__)
            return False
        return True

    async def async_strike(self, waiting: Waiting) -> None:
        """Take a line out, if it is there; one that is still being put in is taken out then."""
        if waiting.slot is None:
            return
        try:
            await self._async_patiently(self._async_take_out(waiting), "take a line out of")
        except OSError as err:  # it is done a second time then
            LOGGER.debug("A line of the journal of %s was not struck out: %s", self._whose, err or type(err).__name__)

    async def async_close(self) -> None:
        """Close the file, unless that takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(JOURNAL_PATIENCE), self._turn:
                await self._hass.async_add_executor_job(self._journal.close)

    async def _async_append(self, waiting: Waiting) -> None:
        async with self._turn:
            if waiting.slot is None and waiting.line is not None and not waiting.done.done():
                waiting.slot = await self._hass.async_add_executor_job(self._journal.append, waiting.line)
        if waiting.done.done():  # the database was faster
            await self._async_take_out(waiting)

    async def _async_take_out(self, waiting: Waiting) -> None:
        async with self._turn:
            slot, waiting.slot = waiting.slot, None
            if slot is not None:
                await self._hass.async_add_executor_job(self._journal.strike, slot)

    async def _async_patiently(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Wait a while for work that goes on to its end: the file belongs to one thread until that is done with it.

        Raises what it raises, and `TimeoutError`.
        """
        task = self._hass.async_create_background_task(work, f"{what} the journal of {self._whose}")
        task.add_done_callback(_heard)
        done, _ = await asyncio.wait((task,), timeout=JOURNAL_PATIENCE)
        if not done:
            raise TimeoutError
        task.result()

    def _open(self, takes_room: bool) -> Sequence[Line]:
        try:
            return self._journal.open() if takes_room or self._journal.path.exists() else ()
        except OSError as err:
            LOGGER.warning("The journal of %s cannot be opened: %s", self._whose, err)
            return ()


def _heard(task: asyncio.Task[None]) -> None:
    """Take note of what has become of work, for which perhaps nobody waits any more."""
    if not task.cancelled() and (err := task.exception()) is not None:
        LOGGER.debug("A journal failed: %s", err or type(err).__name__)
