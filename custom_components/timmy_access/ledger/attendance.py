"""Who was there on which day, from when until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import batched

from sqlalchemy import Connection, func, select

from .entries import STRANGER_ID
from .errors import LedgerInvalid, Problem
from .filters import RecordFilter, RecordKind, conditions
from .limits import LOOKUP_VALUES, MAX_DAYS
from .schema import PEOPLE, RECORDS
from .terminals import serials
from .values import instant_from, instant_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AttendanceDay:
    """The punches of one person on one local day; `first` and `last` are in UTC.

    A person is an enroll id: where terminals give the same number to different people, ask for them one by one.
    """

    day: date
    enroll_id: int
    name: str | None
    first: datetime
    last: datetime
    records: int

    @property
    def hours(self) -> float:
        """Hours between the first and the last punch; 0.0 where there is only one."""
        return (self.last - self.first) / timedelta(hours=1)


def attendance(
    connection: Connection, first: date, last: date, zone: tzinfo, where: RecordFilter
) -> tuple[AttendanceDay, ...]:
    """Return the people of each day from `first` to `last`, both included; a day is one of the zone's calendar.

    Door events and people who were not recognised are left out. Names are those of the records, else of the roster.
    """
    days = (last - first).days + 1
    if not 0 <= days <= MAX_DAYS:
        raise LedgerInvalid("last", Problem.OUT_OF_RANGE, {"low": str(first), "high": str(first + _DAY * MAX_DAYS)})
    known = serials(connection)
    restricted = [*conditions(where, known), *conditions(RecordFilter(kind=RecordKind.PUNCH), known)]
    counted = (
        select(
            RECORDS.c.enroll_id,
            func.max(RECORDS.c.name),
            func.min(RECORDS.c.occurred_at),
            func.max(RECORDS.c.occurred_at),
            func.count(),
        )
        .where(*restricted, RECORDS.c.enroll_id != STRANGER_ID)
        .group_by(RECORDS.c.enroll_id)
        .order_by(RECORDS.c.enroll_id)
    )
    found = [
        (day, *row)
        for day in (first + _DAY * index for index in range(days))
        for row in connection.execute(
            counted.where(
                RECORDS.c.occurred_at >= _midnight(day, zone), RECORDS.c.occurred_at < _midnight(day + _DAY, zone)
            )
        )
    ]
    names = _names(connection, {enroll_id for _, enroll_id, name, *_ in found if name is None}, where, known)
    return tuple(
        AttendanceDay(day, enroll_id, name or names.get(enroll_id), instant_from(begins), instant_from(ends), count)
        for day, enroll_id, name, begins, ends, count in found
    )


def _midnight(day: date, zone: tzinfo) -> int:
    """Return the instant at which a day begins, also where clocks are changed at midnight."""
    return instant_of("first", datetime.combine(day, time.min, zone).astimezone(UTC))


def _names(connection: Connection, people: Iterable[int], where: RecordFilter, known: dict[int, str]) -> dict[int, str]:
    """Return the names that the rosters of the filter's terminals have, the newest where they differ."""
    terminals = [number for number, serial in known.items() if where.serials is None or serial in where.serials]
    found: dict[int, str] = {}
    for part in batched(people, LOOKUP_VALUES, strict=False):
        query = (
            select(PEOPLE.c.enroll_id, PEOPLE.c.name)
            .where(PEOPLE.c.enroll_id.in_(part), PEOPLE.c.terminal_id.in_(terminals), PEOPLE.c.name.is_not(None))
            .order_by(PEOPLE.c.updated_at)
        )
        found |= {row.enroll_id: row.name for row in connection.execute(query)}
    return found
