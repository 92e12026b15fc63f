"""Who was there on which day, from when until when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from sqlalchemy import Connection, func, select

from .entries import STRANGER_ID
from .errors import LedgerInvalid, Problem
from .filters import RecordFilter, RecordKind, conditions, not_refused
from .limits import MAX_DAYS
from .names import history, likeness
from .schema import RECORDS
from .terminals import serials
from .values import HIGHEST, LOWEST, instant_from, instant_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AttendanceDay:
    """The punches of one person on one local day; `first` and `last` are in UTC.

    A person is an enroll id and a name: terminals may give the same number to different people. A number without a
    name is somebody of that one terminal. `serial` is a terminal where the person was that day. The name is the one of
    that time: None where none is known yet, empty where it is forgotten.
    """

    day: date
    enroll_id: int
    name: str | None
    first: datetime
    last: datetime
    records: int
    serial: str

    @property
    def hours(self) -> float:
        """Hours between the first and the last punch; 0.0 where there is only one."""
        return (self.last - self.first) / timedelta(hours=1)


def attendance(
    connection: Connection, first: date, last: date, zone: tzinfo, where: RecordFilter
) -> tuple[AttendanceDay, ...]:
    """Return the people of each day from `first` to `last`, both included; a day is one of the zone's calendar.

    Door events, people who were not recognised and punches that were refused are left out. Names are those of the
    records, else those that the roster had then.
    """
    days = (last - first).days + 1
    if not 0 <= days <= MAX_DAYS:
        raise LedgerInvalid("last", Problem.OUT_OF_RANGE, {"low": str(first), "high": str(first + _DAY * MAX_DAYS)})
    known = serials(connection)
    restricted = [*conditions(where, known), *conditions(RecordFilter(kind=RecordKind.PUNCH), known)]
    counted = (
        select(
            RECORDS.c.terminal_id,
            RECORDS.c.enroll_id,
            RECORDS.c.name,
            func.min(RECORDS.c.occurred_at),
            func.max(RECORDS.c.occurred_at),
            func.count(),
        )
        .where(*restricted, RECORDS.c.enroll_id != STRANGER_ID, not_refused())
        .group_by(RECORDS.c.terminal_id, RECORDS.c.enroll_id, RECORDS.c.name)
    )
    terminals = [number for number, serial in known.items() if where.serials is None or serial in where.serials]
    names = history(connection, terminals, where.enroll_ids)
    found: list[AttendanceDay] = []
    for day in (first + _DAY * index for index in range(days)):
        present: dict[tuple[int, str], _Presence] = {}
        bounds = _midnight(day, zone), _midnight(day + _DAY, zone)
        # Between two changes of names each number is one person.
        for begin, end in pairwise((bounds[0], *names.changes(*bounds), bounds[1])):
            part = counted.where(RECORDS.c.occurred_at >= begin, RECORDS.c.occurred_at < end)
            for terminal, enroll_id, said, earliest, latest, records in connection.execute(part):
                name = said or names.name_at(terminal, enroll_id, begin)
                who = (enroll_id, likeness(name) or f"\0{terminal}")
                present.setdefault(who, _Presence(name, known[terminal])).add(earliest, latest, records)
        found += (present[who].on(day, who[0]) for who in sorted(present))
    return tuple(found)


@dataclass(slots=True)
class _Presence:
    """What is counted of one person on one day."""

    name: str | None
    serial: str
    first: int = HIGHEST
    last: int = LOWEST
    records: int = 0

    def add(self, first: int, last: int, records: int) -> None:
        """Count the records of one terminal, or of a part of the day."""
        self.first, self.last = min(self.first, first), max(self.last, last)
        self.records += records

    def on(self, day: date, enroll_id: int) -> AttendanceDay:
        """Return it as a line of the list."""
        return AttendanceDay(
            day, enroll_id, self.name, instant_from(self.first), instant_from(self.last), self.records, self.serial
        )


def _midnight(day: date, zone: tzinfo) -> int:
    """Return the instant at which a day begins, also where clocks are changed at midnight."""
    return instant_of("first", datetime.combine(day, time.min, zone).astimezone(UTC))
