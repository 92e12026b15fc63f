"""The hours of the house in the tables of a terminal: which numbers hold them, what does not fit (specification B20).

A terminal has eight week zones, which name a day zone for each day, and eight day zones of five sections. The house
writes only numbers that nobody else uses: neither people who are not of the house, nor holidays, nor the hours in which
a door is held open. Week zone 1 is what people get who are added at the keypad, and counts as used.

The specification does not say what 0 means in place of a number (B22, B23), and no terminal has told: it is never
written. Hours that are always have a number like all others. As nobody can make them wider, they are the only ones for
which a number of somebody else may be named.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import re

from ..protocol.commands.access import MAX_SECTIONS
from ..protocol.commands.kinds import MAX_ZONE
from ..terminal.zones import NEVER as NEVER_OPEN, Sections, Zones, padded
from .week import ALWAYS, DAY_MINUTES, DAYS, Span, Week

# What a terminal assigns by itself.
DEFAULT_ZONE = 1
# The last minute that a section can name, and all of a day as the specification writes it (B20).
_LAST_MINUTE = "23:59"
_WHOLE_DAY = f"00:00~{_LAST_MINUTE}"
_ALSO_WHOLE = frozenset({f"00:01~{_LAST_MINUTE}", "00:00~24:00"})
_SECTION = re.compile(r"(\d\d):([0-5]\d)~(\d\d):([0-5]\d)", re.ASCII)

type _Content = tuple[Sections, ...]


class Unfit(StrEnum):
    """Why hours do not fit; each is a translation key of the integration after `refused_`."""

    TOO_MANY_DAYS = "too_many_days"
    TOO_MANY_SPANS = "too_many_spans"
    TOO_MANY_WEEKS = "too_many_weeks"


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tables of a terminal, and whose numbers are in them.

    `own` are week zones of the house. `others` are week zones that somebody else uses, and `other_days` the day zones
    that something besides week zones refers to.
    """

    zones: Zones = field(default_factory=Zones)
    own: frozenset[int] = field(default_factory=frozenset)
    others: frozenset[int] = field(default_factory=frozenset)
    other_days: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """Which week zone holds which hours.

    `zones` are the tables as they are to be, `own` the week zones of the house then. `unfit` are hours that have no
    place, with the reason.
    """

    numbers: Mapping[Week, int]
    zones: Zones
    own: frozenset[int]
    unfit: Mapping[Week, Unfit]


def allocate(
    tables: Tables,
    needed: Iterable[Week],
    holders: Mapping[int, Collection[Week | None]],
    passing: Iterable[Week] = (),
) -> Allocation:
    """Return a place for all hours that are needed, with as few changes as that takes.

    `passing` are hours that are needed for a while only: they get what places are left.

    `holders` are the week zones that people of the house have, each with the hours that all of those are to have next;
    None is somebody who is to have none, or whose hours are not to be touched.
    """
    work = _Work(tables, holders)
    for weeks in (needed, passing):
        work.place_all(sorted(set(weeks), key=lambda it: it.days))
    return work.allocation()


def sections_of(week: Week) -> _Content | None:
    """Return the sections of the seven days, None where a day has more than fit."""
    days = []
    for spans in week.days:
        sections = [section for section in map(_section, spans) if section[:5] != section[6:]]
        if len(sections) > MAX_SECTIONS:
            return None
        days.append(padded(sections))
    return tuple(days)


def content_of(zones: Zones, number: int) -> _Content | None:
    """Return the sections of the seven days of a week zone, each way to write them the same; None where none are."""
    if not 0 < number <= len(zones.weeks):
        return None
    days = (*zones.weeks[number - 1], *(0,) * DAYS)[:DAYS]
    return tuple(_day_of(zones, day) for day in days)


def holds(zones: Zones, number: int, week: Week) -> bool:
    """Return whether a week zone holds these hours."""
    content = content_of(zones, number)
    return content is not None and content == sections_of(week)


def week_of(zones: Zones, number: int) -> Week | None:
    """Return the hours of a week zone, None where they cannot be understood."""
    content = content_of(zones, number)
    if content is None:
        return None
    try:
        return Week.of([_span(section) for section in day if section != NEVER_OPEN] for day in content)
    except ValueError:
        return None


def gets_wider(before: Zones, after: Zones) -> bool:
    """Return whether a week zone holds hours afterwards that it did not before, or of which that is not known."""
    for number in range(1, len(after.weeks) + 1):
        if content_of(before, number) != content_of(after, number):
            old, new = week_of(before, number), week_of(after, number)
            if old is None or new is None or not new <= old:
                return True
    return False


class _Work:
    """The tables while places are found."""

    def __init__(self, tables: Tables, holders: Mapping[int, Collection[Week | None]]) -> None:
        self._tables = tables
        self._zones = tables.zones
        self._others = tables.others | {DEFAULT_ZONE} - tables.own
        self._held = {number: set(after) for number, after in holders.items()}
        self._numbers: dict[Week, int] = {}
        self._unfit: dict[Week, Unfit] = {}

    def place_all(self, weeks: Iterable[Week]) -> None:
        """Find a place for hours: first for those that have one."""
        homeless: dict[Week, _Content] = {}
        for week in weeks:
            if (content := sections_of(week)) is None:
                self._unfit[week] = Unfit.TOO_MANY_SPANS
            elif (number := self._present(week, content)) is not None:
                self._numbers[week] = number
            else:
                homeless[week] = content
        for week, content in homeless.items():
            if week not in self._numbers:
                self._place(week, content)

    def allocation(self) -> Allocation:
        """Return what has been found."""
        in_use = set(self._numbers.values())
        own = self._tables.own | (in_use - self._others)
        return Allocation(
            numbers=self._numbers,
            zones=self._zones,
            own=frozenset(number for number in own if number in in_use or self._is_held(number)),
            unfit=self._unfit,
        )

    def _is_held(self, number: int) -> bool:
        return number in self._held

    def _present(self, week: Week, content: _Content) -> int | None:
        """Return the number that holds hours already; others' numbers are named for what nobody can make wider."""
        numbers = sorted(self._tables.own)
        if week == ALWAYS:
            numbers += range(1, MAX_ZONE + 1)
        return next((number for number in numbers if content_of(self._zones, number) == content), None)

    def _place(self, week: Week, content: _Content) -> None:
        for number in self._free_weeks(week, content):
            zones = self._written(number, content)
            if zones is None:
                self._unfit[week] = Unfit.TOO_MANY_DAYS
                continue
            self._unfit.pop(week, None)
            self._zones = zones
            self._numbers[week] = number
            return
        self._unfit.setdefault(week, Unfit.TOO_MANY_WEEKS)

    def _free_weeks(self, week: Week, content: _Content) -> list[int]:
        """Return week zones that may be written: those whose people all move along, unused ones, and blank ones."""
        in_use = set(self._numbers.values())
        own = sorted((self._tables.own | self._held.keys()) - self._others - in_use)
        moving = [it for it in own if self._held.get(it) == {week}]
        idle = [it for it in own if not self._is_held(it)]
        default = content_of(self._tables.zones, DEFAULT_ZONE)
        fresh = [it for it in range(1, MAX_ZONE + 1) if it not in own and it not in self._others | in_use]
        fresh.sort(key=lambda it: (content_of(self._zones, it) != content, not self._is_blank(it, default)))
        return [*moving, *idle, *fresh]

    def _is_blank(self, number: int, default: _Content | None) -> bool:
        content = content_of(self._tables.zones, number)
        return content is None or content == default or all(day == padded(()) for day in content)

    def _written(self, number: int, content: _Content) -> Zones | None:
        """Return the tables with a week zone written, None where day zones are missing for it."""
        days = [padded(day) for day in self._zones.days]
        locked = self._locked_days(number)
        numbers = []
        for sections in content:
            day = next((it for it in range(1, len(days) + 1) if self._may_name(days, it, sections, locked)), None)
            if day is None:
                free = [it for it in range(1, MAX_ZONE + 1) if it not in locked]
                free.sort(key=lambda it: it <= len(days) and days[it - 1] != padded(()))
                if not free:
                    return None
                day = free[0]
                days += [padded(())] * (day - len(days))
                days[day - 1] = sections
            locked[day] = True
            numbers.append(day)
        weeks = [list(week) for week in self._zones.weeks]
        weeks += [[0] * DAYS for _ in range(number - len(weeks))]
        weeks[number - 1] = numbers
        return Zones(days=tuple(days), weeks=tuple(tuple(week) for week in weeks))

    def _may_name(self, days: list[Sections], number: int, sections: Sections, locked: dict[int, bool]) -> bool:
        if _canonical(days[number - 1]) != sections:
            return False
        return locked.get(number, True) or sections == padded((_WHOLE_DAY,))

    def _locked_days(self, writing: int) -> dict[int, bool]:
        """Return day zones that must stay as they are, each with whether it is the house's alone."""
        locked: dict[int, bool] = {}
        in_use = set(self._numbers.values())
        for number, week in enumerate(self._zones.weeks, 1):
            is_ours = number in self._tables.own | in_use | self._held.keys() and number not in self._others
            if number == writing or (is_ours and number not in in_use and not self._is_held(number)):
                continue
            if is_ours or number in self._others:
                for day in week:
                    locked[day] = locked.get(day, True) and is_ours
        return locked | dict.fromkeys(self._tables.other_days, False)


def _section(span: Span) -> str:
    begin, end = span
    return f"{_clock(begin)}~{_LAST_MINUTE if end == DAY_MINUTES else _clock(end)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _canonical(day: Iterable[str]) -> Sections:
    sections = sorted(
        _WHOLE_DAY if section in _ALSO_WHOLE else section for section in day if section[:5] != section[6:]
    )
    return padded((_WHOLE_DAY,) if _WHOLE_DAY in sections else sections)


def _day_of(zones: Zones, number: int) -> Sections:
    return _canonical(zones.days[number - 1]) if 0 < number <= len(zones.days) else padded(())


def _span(section: str) -> Span:
    match = _SECTION.fullmatch(section)
    if match is None:
        raise ValueError(section)
    begin, end = (int(hour) * 60 + int(minute) for hour, minute in (match.groups()[:2], match.groups()[2:]))
    return (begin, DAY_MINUTES if end == DAY_MINUTES - 1 else end)
