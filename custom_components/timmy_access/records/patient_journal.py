"""A journal as the event loop uses it: one line at a time, and never for long."""

import asyncio
from collections.abc import Mapping, Sequence
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
            async with asyncio.timeout(JOURNAL_PATIENCE), self._turn:
                if not waiting.done.done():
                    waiting.slot = await self._hass.async_add_executor_job(self._journal.append, waiting.line)
        except (OSError, ValueError) as err:  # TimeoutError is an OSError
            LOGGER.warning("The journal of %s takes nothing: %s", self._whose, err or type(err).__name__)
            return False
        if waiting.done.done():  # the database was faster
            await self.async_strike(waiting)
        return True

    async def async_strike(self, waiting: Waiting) -> None:
        """Take a line out, if it is there."""
        slot, waiting.slot = waiting.slot, None
        if slot is None:
            return
        try:
            async with asyncio.timeout(JOURNAL_PATIENCE), self._turn:
                await self._hass.async_add_executor_job(self._journal.strike, slot)
        except OSError as err:  # it is done a second time then, which changes nothing
            LOGGER.debug("A line of the journal of %s was not struck out: %s", self._whose, err or type(err).__name__)

    async def async_close(self) -> None:
        """Close the file, unless that takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(JOURNAL_PATIENCE), self._turn:
                await self._hass.async_add_executor_job(self._journal.close)

    def _open(self, takes_room: bool) -> Sequence[Line]:
        try:
            return self._journal.open() if takes_room or self._journal.path.exists() else ()
        except OSError as err:
            LOGGER.warning("The journal of %s cannot be opened: %s", self._whose, err)
            return ()
