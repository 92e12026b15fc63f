"""Who was there on which day, from when until when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection

from ..unhurried import unhurried
from .corrections import Correction
from .errors import LedgerInvalid, Problem
from .filters import RecordFilter
from .limits import MAX_DAYS
from .names import history
from .presence import Asked, Presence, Present, moment
from .stretches import Reckoned, Standing, Stretch, Way, reckoned
from .terminals import serials
from .values import instant_from, instant_of

_DAY = timedelta(days=1)
# Days that are read at a time: a week of the busiest building is in memory at once, and not a year.
PART_DAYS = 7
_LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days from `first` to `last`, both included; each begins at an hour of the zone's clock."""

    first: date
    last: date
    zone: tzinfo
    begins: int = 0

    def check(self) -> None:
        """Refuse too many days, and an hour that no day has; raises `LedgerInvalid`."""
        if not 0 <= (self.last - self.first).days + 1 <= MAX_DAYS:
            limits = {"low": str(self.first), "high": str(self.first + _DAY * MAX_DAYS)}
            raise LedgerInvalid("last", Problem.OUT_OF_RANGE, limits)
        if not 0 <= self.begins <= _LAST_HOUR:
            raise LedgerInvalid("day_begins", Problem.OUT_OF_RANGE, {"low": "0", "high": str(_LAST_HOUR)})

    def begin(self, day: date) -> int:
        """Return the instant at which a day begins, also where clocks are changed just then."""
        return instant_of("first", datetime.combine(day, time(self.begins), self.zone).astimezone(UTC))

    def parts(self) -> Iterator[Sequence[date]]:
        """Yield the days, a few at a time."""
        days = [self.first + _DAY * index for index in range((self.last - self.first).days + 1)]
        for begin in range(0, len(days), PART_DAYS):
            yield days[begin : begin + PART_DAYS]


@dataclass(frozen=True, slots=True)
class TimeThere:
    """Time that somebody was there, in UTC; a side at which the punch is missing is None."""

    begin: datetime | None
    end: datetime | None


class AttendanceDay(NamedTuple):
    """The punches of one person on one day; `first` and `last` are in UTC.

    A person is an enroll id and a name: terminals may give the same number to different people. A number without a
    name is somebody of that one terminal. `serial` is a terminal where the person was that day. The name is the one of
    that time: None where none is known yet, empty where it is forgotten. `records` are those of terminals, the ones
    that say once more what another says too. `stretches` are `times` in microseconds, both empty where it cannot be
    told which punch is missing; `worked` is None where the hours are not known, or not yet. `corrections` are those
    that hold.
    """

    day: date
    enroll_id: int
    name: str | None
    first: datetime
    last: datetime
    records: int
    serial: str
    standing: Standing = Standing.COMPLETE
    worked: timedelta | None = None
    stretches: Sequence[Stretch] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def times(self) -> tuple[TimeThere, ...]:
        """When the person was there; made when it is asked for, as a list of a month has half a million."""
        return _times(self.stretches)

    @property
    def hours(self) -> float:
        """Hours between the first and the last punch; 0.0 where there is only one."""
        return (self.last - self.first) / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SheetPunch:
    """A punch of a sheet, in UTC: of a record, or added by a correction; `counts` tells whether it does.

    `correction` is the one that added it, or leaves it out. What counts not without one says once more what the punch
    before it says.
    """

    at: datetime
    serial: str
    way: Way | None
    counts: bool
    record: int | None
    correction: Correction | None


@dataclass(frozen=True, slots=True)
class SheetDay:
    """A day of one person with every punch; the rest is as in `AttendanceDay`."""

    day: date
    enroll_id: int
    name: str | None
    serial: str
    punches: tuple[SheetPunch, ...]
    standing: Standing
    worked: timedelta | None
    times: tuple[TimeThere, ...]


def attended(
    connection: Connection, calendar: Calendar, where: RecordFilter, entries: Mapping[str, int], now: datetime | None
) -> Iterator[AttendanceDay]:
    """Yield the people of each day.

    Door events, people who were not recognised, punches that were refused and those that people have left out do not
    count. Names are those of the records, else those that the roster had then.
    """
    for day, one, reckon in _days(connection, calendar, where, entries, now):
        if not reckon.counted:
            continue
        first, _, _, number = one.stamps[0]
        serial, name = one.sources[number]
        added = sum(key < 0 for key in one.corrected) if one.corrected else 0
        yield AttendanceDay(
            day=day,
            enroll_id=one.enroll_id,
            name=name,
            first=instant_from(first),
            last=instant_from(one.stamps[-1][0]),
            records=len(one.stamps) - added,
            serial=serial,
            standing=reckon.standing,
            worked=_worked(reckon),
            stretches=reckon.stretches,
            corrections=tuple(one.corrected.values()),
        )


def sheet(
    connection: Connection, calendar: Calendar, where: RecordFilter, entries: Mapping[str, int], now: datetime | None
) -> tuple[SheetDay, ...]:
    """Return the same days with every punch, also days of which none counts."""
    found: list[SheetDay] = []
    for day, one, reckon in _days(connection, calendar, where, entries, now):
        counted = {key for _, key, _, _ in reckon.counted}
        stamps = sorted((*one.stamps, *one.left_out), key=moment)
        serial, name = one.sources[stamps[0][3]]
        punches = tuple(
            SheetPunch(
                at=instant_from(at),
                serial=one.sources[number][0],
                way=None if way is None else Way(way),
                counts=key in counted,
                record=key if key > 0 else None,
                correction=one.corrected.get(key),
            )
            for at, key, way, number in stamps
        )
        found.append(
            SheetDay(
                day=day,
                enroll_id=one.enroll_id,
                name=name,
                serial=serial,
                punches=punches,
                standing=reckon.standing,
                worked=_worked(reckon),
                times=_times(reckon.stretches),
            )
        )
    return tuple(found)


def _days(
    connection: Connection, calendar: Calendar, where: RecordFilter, entries: Mapping[str, int], now: datetime | None
) -> Iterator[tuple[date, Present, Reckoned]]:
    """Yield everybody who was there on each day, in order."""
    calendar.check()
    known = serials(connection)
    wanted = {number: serial for number, serial in known.items() if where.serials is None or serial in where.serials}
    asked = Asked(where, entries, known, wanted, history(connection, wanted, where.enroll_ids))
    presence = Presence(asked)
    instant = None if now is None else instant_of("now", now)
    for days in calendar.parts():
        bounds = [calendar.begin(day) for day in (*days, days[-1] + _DAY)]
        people = presence.within(connection, bounds[0], bounds[-1])
        everybody = sorted(people)
        for day, (begin, end) in zip(days, pairwise(bounds), strict=True):
            for who in unhurried(everybody):
                one = people[who].between(begin, end)
                if one.stamps or one.left_out:
                    yield day, one, reckoned(one.stamps, is_over=instant is None or end <= instant)
    # What is left would be freed in one go.
    presence.clear()


def _worked(reckon: Reckoned) -> timedelta | None:
    return None if reckon.worked is None else timedelta(microseconds=reckon.worked)


def _times(stretches: Sequence[Stretch]) -> tuple[TimeThere, ...]:
    return tuple(
        TimeThere(None if begin is None else instant_from(begin), None if end is None else instant_from(end))
        for begin, end in stretches
    )
