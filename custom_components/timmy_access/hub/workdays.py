"""The hours of a house: where its days begin, which readers tell the way, and who was there for how long."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.util import dt as dt_util

from ..const import CONF_DAY_BEGINS, CONF_ENTRY_READER, CONF_FORMER_SERIALS, CONF_SERIAL, DAY_BEGINS, SUBENTRY_TERMINAL
from ..ledger import AttendanceDay, Ledger, RecordFilter, SheetDay
from ..people.occupancy import EntryReader
from ..protocol.enums import Reader


class Workdays:
    """Reads the hours of the people of one listener, as its owner wants days."""

    def __init__(self, entry: ConfigEntry[Any], ledger: Ledger) -> None:
        """Read from a ledger, by the choices in an entry as they are when somebody asks."""
        self._entry = entry
        self._ledger = ledger

    @property
    def begins(self) -> int:
        """The hour of the clock at which a day begins."""
        begins: int = self._entry.options.get(CONF_DAY_BEGINS, DAY_BEGINS)
        return begins

    def today(self) -> date:
        """Return the day it is; before its hour it is still the day before."""
        return self.day_of(dt_util.utcnow())

    def day_of(self, moment: datetime) -> date:
        """Return the day that an aware time belongs to."""
        local = dt_util.as_local(moment)
        return local.date() - timedelta(days=local.hour < self.begins)

    async def async_over_attendance[T](
        self,
        take: Callable[[Iterator[AttendanceDay]], T],
        serials: Collection[str],
        first: date,
        last: date,
        enroll_ids: Collection[int] | None = None,
    ) -> T:
        """Return what `take` makes of who was at some terminals on each day, one after the other, in another thread.

        Raises `LedgerInvalid` and `LedgerUnavailable`.
        """
        where, zone = RecordFilter(serials=serials, enroll_ids=enroll_ids), dt_util.get_default_time_zone()
        return await self._ledger.over_attendance(take, first, last, zone, where, **self._rules())

    async def async_sheet(
        self, serials: Collection[str], first: date, last: date, enroll_id: int
    ) -> tuple[SheetDay, ...]:
        """Return every punch of a number at some terminals; raises `LedgerInvalid` and `LedgerUnavailable`."""
        where = RecordFilter(serials=serials, enroll_ids=[enroll_id])
        return await self._ledger.sheet(first, last, dt_util.get_default_time_zone(), where, **self._rules())

    def _rules(self) -> dict[str, Any]:
        return {"day_begins": self.begins, "entries": self._entries(), "now": dt_util.utcnow()}

    def _entries(self) -> Mapping[str, int]:
        """Return the readers that are passed on the way in, of terminals and of those whose place they have taken."""
        found: dict[str, int] = {}
        for subentry in self._entry.get_subentries_of_type(SUBENTRY_TERMINAL):
            chosen = EntryReader(subentry.data.get(CONF_ENTRY_READER, EntryReader.NONE))
            if chosen is not EntryReader.NONE:
                serials = (*subentry.data.get(CONF_FORMER_SERIALS, []), subentry.data[CONF_SERIAL])
                found |= dict.fromkeys(serials, Reader[chosen.name].value)
        return found
