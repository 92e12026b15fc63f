"""How many people are inside, where one reader of a terminal lets in and the other lets out.

Records tell at which reader somebody was and not which way they went (field notes 3, inout), so the owner says which
reader is passed on the way in. Where punches are approved here, only those who were let in have gone through. Records
that came in late count as well: nothing acts on them but this number.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..const import CONF_ENTRY_READER, LOGGER
from ..ledger import Ledger, LedgerUnavailable, likeness
from ..protocol.enums import Reader
from ..terminal.moments import CaughtUp, CodeKind, CodeMoment, CodeSource, Moment, Moments, Punch
from ..terminal.tasks import Tasks

# Whoever has not gone out after that long went out behind somebody else.
LONGEST_STAY = timedelta(hours=24)


class EntryReader(StrEnum):
    """The reader that is passed on the way in; the other one lets out."""

    MAIN = "main"
    NONE = "none"
    SECOND = "second"


class Occupancy:
    """Counts who is inside by one terminal."""

    def __init__(
        self,
        tasks: Tasks,
        serials: Sequence[str],
        data: Mapping[str, Any],
        ledger: Ledger,
        moments: Moments,
        show: Callable[[int | None], None],
    ) -> None:
        """Follow the moments of a terminal with the owner's choices in `data`.

        `serials` are its serial number and those of whose place it has taken. `show` gets each new count, None where
        nothing is counted; the first one comes with `async_count`.
        """
        self._tasks = tasks
        self._serials = serials
        self._ledger = ledger
        self._show = show
        self._way_in = _chosen(data)
        # Whoever gets the number of somebody who is inside is not that person.
        self._inside: dict[tuple[int, str], datetime] = {}
        moments.async_subscribe(self._async_on_moment)

    @callback
    def async_apply(self, data: Mapping[str, Any]) -> None:
        """Apply a changed choice."""
        way_in = _chosen(data)
        if way_in is not self._way_in:
            self._way_in = way_in
            self._async_count_soon()

    async def async_count(self) -> None:
        """Count anew from the access log; one that is away leaves the count as it is."""
        if self._way_in is EntryReader.NONE:
            self._inside = {}
        else:
            try:
                since = dt_util.utcnow() - LONGEST_STAY
                found = [one for serial in self._serials for one in await self._ledger.latest_readers(serial, since)]
            except LedgerUnavailable as err:
                LOGGER.debug("Who is inside by %s is not known: %s", self._serials[0], err)
                return
            found.sort(key=lambda one: one.occurred_at)
            latest = {(one.enroll_id, likeness(one.name)): one for one in found}
            self._inside = {
                who: one.occurred_at
                for who, one in latest.items()
                if one.reader is not None and Reader(one.reader).name.lower() == self._way_in
            }
        self._async_show()

    @callback
    def _async_on_moment(self, moment: Moment) -> None:
        if self._way_in is EntryReader.NONE:
            return
        if isinstance(moment, CaughtUp):
            self._async_count_soon()
        elif isinstance(moment, Punch) and moment.person is not None and not moment.asked:
            self._async_note(moment)
        elif (
            isinstance(moment, CodeMoment)
            and moment.punch is not None
            and (moment.source, moment.kind) == (CodeSource.PUNCH, CodeKind.GRANTED)
        ):
            self._async_note(moment.punch)

    @callback
    def _async_note(self, punch: Punch) -> None:
        who, nameless = (punch.enroll_id, likeness(punch.name)), (punch.enroll_id, "")
        # Whose name is read after they came is the one who had none.
        self._inside.pop(who if who in self._inside else nameless, None)
        if punch.reader == self._way_in:
            self._inside[who] = punch.occurred_at
        self._async_show()

    @callback
    def _async_show(self) -> None:
        since = dt_util.utcnow() - LONGEST_STAY
        self._inside = {who: came for who, came in self._inside.items() if came >= since}
        self._show(None if self._way_in is EntryReader.NONE else len(self._inside))

    @callback
    def _async_count_soon(self) -> None:
        self._tasks.async_start(self.async_count(), f"count who is inside by {self._serials[0]}")


def _chosen(data: Mapping[str, Any]) -> EntryReader:
    return EntryReader(data.get(CONF_ENTRY_READER, EntryReader.NONE))
