"""What a ledger knows of hours: who was there for how long, and what people have put right in that."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import partial

from sqlalchemy import Connection

from . import corrections
from .attendance import AttendanceDay, Calendar, SheetDay, attended, sheet
from .corrections import Correction
from .filters import RecordFilter
from .reader import Reader
from .values import whole_of

_EVERYTHING = RecordFilter()
_UNTOLD: Mapping[str, int] = {}


class Timesheets(ABC):
    """The part of a ledger that is about hours.

    A day begins at the hour `day_begins` of the zone. `entries` are the readers, raw numbers, that are passed on the
    way in, by serial number of the terminals of which that is known. What is not over at `now` is not: without it, all
    is.
    """

    _reader: Reader

    async def attendance(
        self,
        first: date,
        last: date,
        zone: tzinfo,
        where: RecordFilter = _EVERYTHING,
        *,
        day_begins: int = 0,
        entries: Mapping[str, int] = _UNTOLD,
        now: datetime | None = None,
    ) -> tuple[AttendanceDay, ...]:
        """Return who was there on each day from `first` to `last`, both included, a year at most."""
        return await self.over_attendance(
            tuple, first, last, zone, where, day_begins=day_begins, entries=entries, now=now
        )

    async def over_attendance[T](
        self,
        take: Callable[[Iterator[AttendanceDay]], T],
        first: date,
        last: date,
        zone: tzinfo,
        where: RecordFilter = _EVERYTHING,
        *,
        day_begins: int = 0,
        entries: Mapping[str, int] = _UNTOLD,
        now: datetime | None = None,
    ) -> T:
        """Return what `take` makes of the same days, one after the other, in the thread that reads.

        The days of a large house are many: who only counts them need not hold them all.
        """
        calendar = Calendar(first=first, last=last, zone=zone, begins=day_begins)
        return await self._reader.ask(lambda connection: take(attended(connection, calendar, where, entries, now)))

    async def sheet(
        self,
        first: date,
        last: date,
        zone: tzinfo,
        where: RecordFilter,
        *,
        day_begins: int = 0,
        entries: Mapping[str, int] = _UNTOLD,
        now: datetime | None = None,
    ) -> tuple[SheetDay, ...]:
        """Return the same days with each of their punches, also those that do not count and why.

        For a few people, which `where` names: every punch is in it.
        """
        calendar = Calendar(first=first, last=last, zone=zone, begins=day_begins)
        return await self._reader.ask(partial(sheet, calendar=calendar, where=where, entries=entries, now=now))

    async def add_punch(self, added: Correction) -> int:
        """Count a punch that no terminal has told, and return the id of the correction; the same twice is one."""
        corrections.check(added)
        return await self._write(partial(corrections.add, correction=added))

    async def leave_out(
        self, serials: Collection[str], record: int, *, reason: str, made_at: datetime, made_by: str | None
    ) -> int:
        """Count a record of some terminals no more, and return the id of the correction; twice is once.

        Raises `LedgerInvalid` where there is no such record of a person.
        """
        whole_of("record_id", record)
        said = Correction(
            serial="-", enroll_id=record, at=made_at, reason=reason, made_at=made_at, made_by=made_by, record=record
        )
        corrections.check(said)
        return await self._write(partial(corrections.leave_out, wanted=serials, record=record, correction=said))

    async def withdraw_correction(self, serials: Collection[str], correction_id: int, by: str | None) -> bool:
        """Take back a correction of some terminals, and return whether it was not before.

        Raises `LedgerInvalid` where there is none.
        """
        whole_of("correction_id", correction_id)
        now = datetime.now(UTC)
        work = partial(corrections.withdraw, wanted=serials, correction_id=correction_id, now=now, by=by)
        return await self._write(work)

    async def corrections(self, serials: Collection[str], since: datetime, until: datetime) -> tuple[Correction, ...]:
        """Return the corrections of some terminals for a time, also those that were taken back."""
        ask = partial(corrections.corrections, wanted=serials, since=since, until=until)
        return await self._reader.ask(ask)

    @abstractmethod
    async def _write[T](self, work: Callable[[Connection], T]) -> T:
        """Write, and return after the commit; raises `LedgerUnavailable`."""
