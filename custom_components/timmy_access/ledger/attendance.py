"""Who was there on which day, from when until when."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from .corrections import Correction, corrections
from .entries import STRANGER_ID
from .errors import LedgerInvalid, Problem
from .filters import RecordFilter, RecordKind, conditions, not_refused
from .limits import MAX_DAYS
from .names import History, history, likeness
from .schema import RECORDS
from .stretches import Reckoned, Stamp, Standing, Stretch, Way, reckoned
from .terminals import serials
from .values import instant_from, instant_of

_DAY = timedelta(days=1)
# Days that are read at a time: a week of the busiest building is in memory at once, and not a year.
PART_DAYS = 7
_LAST_HOUR = 23
# Main unit and attached reader (field notes 3, inout); what else firmware tells says nothing of a way.
_READERS = (0, 1)


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


@dataclass(frozen=True, slots=True)
class AttendanceDay:
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


def attendance(
    connection: Connection, calendar: Calendar, where: RecordFilter, entries: Mapping[str, int], now: datetime | None
) -> tuple[AttendanceDay, ...]:
    """Return the people of each day; see `attended`."""
    return tuple(attended(connection, calendar, where, entries, now))


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
        source = one.sources[number]
        added = sum(key < 0 for key in one.corrected)
        yield AttendanceDay(
            day=day,
            enroll_id=one.enroll_id,
            name=source.name,
            first=instant_from(first),
            last=instant_from(one.stamps[-1][0]),
            records=len(one.stamps) - added,
            serial=source.serial,
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
        stamps = sorted((*one.stamps, *one.left_out), key=_moment)
        source = one.sources[stamps[0][3]]
        punches = tuple(
            SheetPunch(
                at=instant_from(at),
                serial=one.sources[number].serial,
                way=way,
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
                name=source.name,
                serial=source.serial,
                punches=punches,
                standing=reckon.standing,
                worked=_worked(reckon),
                times=_times(reckon.stretches),
            )
        )
    return tuple(found)


class _Source(NamedTuple):
    """Where a punch was, and what the person was called there."""

    serial: str
    name: str | None


@dataclass(slots=True)
class _Present:
    """The punches of one person, in order; `corrected` has those that people have put right, by the punch's key."""

    enroll_id: int
    sources: list[_Source] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    left_out: list[Stamp] = field(default_factory=list)
    corrected: dict[int, Correction] = field(default_factory=dict)

    def between(self, begin: int, end: int) -> _Present:
        """Return what is of a time."""
        stamps = self.stamps[bisect_left(self.stamps, (begin,)) : bisect_left(self.stamps, (end,))]
        if not self.corrected:
            return _Present(self.enroll_id, self.sources, stamps)
        left_out = [stamp for stamp in self.left_out if begin <= stamp[0] < end]
        keys = {stamp[1] for stamp in (*stamps, *left_out)}
        corrected = {key: one for key, one in self.corrected.items() if key in keys}
        return _Present(self.enroll_id, self.sources, stamps, left_out, corrected)


# Time and key: what tells a way is no order.
_moment = itemgetter(0, 1)

type _Who = tuple[int, str]


def _days(
    connection: Connection, calendar: Calendar, where: RecordFilter, entries: Mapping[str, int], now: datetime | None
) -> Iterator[tuple[date, _Present, Reckoned]]:
    """Yield everybody who was there on each day, in order."""
    calendar.check()
    known = serials(connection)
    wanted = {number: serial for number, serial in known.items() if where.serials is None or serial in where.serials}
    names = history(connection, wanted, where.enroll_ids)
    instant = None if now is None else instant_of("now", now)
    for days in calendar.parts():
        bounds = [calendar.begin(day) for day in (*days, days[-1] + _DAY)]
        present = _present(connection, where, wanted, names, entries, (bounds[0], bounds[-1]))
        everybody = sorted(present)
        for day, (begin, end) in zip(days, pairwise(bounds), strict=True):
            for who in everybody:
                one = present[who].between(begin, end)
                if one.stamps or one.left_out:
                    yield day, one, reckoned(one.stamps, is_over=instant is None or end <= instant)


def _present(
    connection: Connection,
    where: RecordFilter,
    wanted: Mapping[int, str],
    names: History,
    entries: Mapping[str, int],
    span: tuple[int, int],
) -> dict[_Who, _Present]:
    """Return the punches of everybody within a time."""
    people: dict[_Who, _Present] = {}

    def _person(terminal: int, enroll_id: int, name: str | None) -> tuple[_Present, int]:
        who = (enroll_id, likeness(name) or f"\0{terminal}")
        if (one := people.get(who)) is None:
            one = people[who] = _Present(enroll_id)
        one.sources.append(_Source(wanted[terminal], name))
        return one, len(one.sources) - 1

    put_right = _corrections(connection, where, wanted, span)
    left_out = {one.record: one for one in put_right if one.record is not None}
    for (terminal, enroll_id, said), punches in _punches(connection, where, wanted, span).items():
        ways = _ways(entries.get(wanted[terminal]))
        for name, some in _named(said, names, (terminal, enroll_id), punches):
            one, source = _person(terminal, enroll_id, name)
            stamps: list[Stamp] = [(at, key, ways.get(reader), source) for at, key, reader in some]
            if left_out and (gone := [stamp for stamp in stamps if stamp[1] in left_out]):
                one.left_out += gone
                one.corrected |= {key: left_out[key] for _, key, _, _ in gone}
                stamps = [stamp for stamp in stamps if stamp[1] not in left_out]
            one.stamps += stamps
    numbers = {serial: number for number, serial in wanted.items()}
    for added in put_right:
        if added.record is None:
            terminal, at = numbers[added.serial], instant_of("at", added.at)
            name = added.name or names.name_at(terminal, added.enroll_id, at)
            one, source = _person(terminal, added.enroll_id, name)
            one.stamps.append((at, -added.id, added.way, source))
            one.corrected[-added.id] = added
    for one in people.values():
        one.stamps.sort(key=_moment)
    return people


def _corrections(
    connection: Connection, where: RecordFilter, wanted: Mapping[int, str], span: tuple[int, int]
) -> list[Correction]:
    """Return the corrections that hold for a time."""
    since, until = map(instant_from, span)
    return [
        one
        for one in corrections(connection, list(wanted.values()), since, until, removed=False)
        if (where.enroll_ids is None or one.enroll_id in where.enroll_ids)
        and (where.since is None or one.at >= where.since)
        and (where.until is None or one.at < where.until)
    ]


type _Punch = tuple[int, int, int]


def _punches(
    connection: Connection, where: RecordFilter, wanted: Mapping[int, str], span: tuple[int, int]
) -> Mapping[tuple[int, int, str | None], list[_Punch]]:
    """Return time, id and reader of the punches within a time, by terminal, number and the name that was said."""
    row, known = RECORDS.c, dict(wanted)
    query = select(row.terminal_id, row.enroll_id, row.name, row.occurred_at, row.id, row.reader).where(
        *conditions(where, known),
        *conditions(RecordFilter(kind=RecordKind.PUNCH), known),
        row.enroll_id != STRANGER_ID,
        not_refused(),
        row.occurred_at >= span[0],
        row.occurred_at < span[1],
    )
    found: defaultdict[tuple[int, int, str | None], list[_Punch]] = defaultdict(list)
    # As the driver gives them: to make rows of them takes longer than all the rest.
    for terminal, enroll_id, said, at, key, reader in connection.execute(query).cursor.fetchall():
        found[terminal, enroll_id, said].append((at, key, reader))
    return found


def _named(
    said: str | None, names: History, number: tuple[int, int], punches: list[_Punch]
) -> Iterable[tuple[str | None, list[_Punch]]]:
    """Return punches by the names that a number of a terminal had when they were made."""
    low, high = min(punches)[0], max(punches)[0]
    if said or not any(low < since <= high for since, _ in names.names.get(number, ())):
        return [(said or names.name_at(*number, punches[0][0]), punches)]
    found: dict[str | None, list[_Punch]] = {}
    for punch in punches:
        found.setdefault(names.name_at(*number, punch[0]), []).append(punch)
    return found.items()


def _ways(entry: int | None) -> Mapping[int, Way]:
    """Return the ways of the readers of a terminal, of which one is known to let in, by their raw numbers."""
    return {} if entry is None else {reader: Way.IN if reader == entry else Way.OUT for reader in _READERS}


def _worked(reckon: Reckoned) -> timedelta | None:
    return None if reckon.worked is None else timedelta(microseconds=reckon.worked)


def _times(stretches: Sequence[Stretch]) -> tuple[TimeThere, ...]:
    return tuple(
        TimeThere(None if begin is None else instant_from(begin), None if end is None else instant_from(end))
        for begin, end in stretches
    )
