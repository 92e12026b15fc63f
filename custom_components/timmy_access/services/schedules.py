"""Opening hours as people write them, and as a terminal holds them (specification B20).

People write weeks: `{"mon": [{"from": "07:00", "to": "18:00"}], "sun": []}`. A terminal holds up to eight day zones of
up to five sections each, and up to eight week zones that name a day zone for each day.
"""

from collections.abc import Iterable, Mapping, Sequence

from ..const import WEEKDAYS
from ..protocol.commands.access import MAX_SECTIONS
from ..protocol.commands.kinds import MAX_ZONE
from ..protocol.errors import CommandInvalid, Problem
from ..terminal.zones import NEVER, Sections, Zones, padded

type Section = Mapping[str, str]


def to_sections(sections: Iterable[Section], field: str) -> Sections:
    """Return sections `{"from": "07:00", "to": "18:00"}` as the wire has them; raises `CommandInvalid`."""
    day = tuple(f"{section['from']}~{section['to']}" for section in sections)
    if len(day) > MAX_SECTIONS:
        raise CommandInvalid(field, Problem.TOO_MANY, {"limit": str(MAX_SECTIONS), "size": str(len(day))})
    return day


def from_sections(day: Iterable[str]) -> list[dict[str, str]]:
    """Return the sections of a day as people read them; those that are never open are left out."""
    parts = (section.partition("~") for section in day if section != NEVER)
    return [{"from": begin, "to": end} for begin, separator, end in parts if separator]


def readable_days(zones: Zones) -> dict[str, list[dict[str, str]]]:
    """Return the day zones by number."""
    return {str(number): from_sections(day) for number, day in enumerate(zones.days, 1)}


def readable_weeks(zones: Zones) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return the week zones by number, each day with its sections; a day zone that is not there is never open."""
    return {
        str(number): {
            weekday: from_sections(_day(zones.days, day)) for weekday, day in zip(WEEKDAYS, week, strict=False)
        }
        for number, week in enumerate(zones.weeks, 1)
    }


def with_days(zones: Zones, days: Mapping[int, Sequence[Section]]) -> Zones:
    """Return the tables with some day zones changed, by number; raises `CommandInvalid`."""
    changed = list(zones.days)
    for number, sections in days.items():
        _check_number(number, "day_zones")
        changed += [()] * (number - len(changed))
        changed[number - 1] = padded(to_sections(sections, f"day_zones.{number}"))
    return Zones(days=tuple(changed), weeks=zones.weeks)


def with_weeks(zones: Zones, weeks: Mapping[int, Mapping[str, Sequence[Section]]], kept: Iterable[int] = ()) -> Zones:
    """Return the tables with some days of some week zones changed; days that are not named stay as they are.

    `kept` are day zones that something else refers to, such as holidays; like those of unchanged days they are not
    overwritten. Raises `CommandInvalid` when more day zones are needed than a terminal has.
    """
    days = list(zones.days)
    table = [list(week) + [0] * (len(WEEKDAYS) - len(week)) for week in zones.weeks]
    wanted: list[tuple[int, int, Sections]] = []
    for number, week in weeks.items():
        _check_number(number, "week_zones")
        while len(table) < number:
            table.append([0] * len(WEEKDAYS))
        for weekday, sections in week.items():
            day = padded(to_sections(sections, f"week_zones.{number}.{weekday}"))
            wanted.append((number - 1, WEEKDAYS.index(weekday), day))
    changing = {(week, weekday) for week, weekday, _ in wanted}
    in_use = {*kept} | {
        zone
        for week_index, week_days in enumerate(table)
        for day_index, zone in enumerate(week_days)
        if (week_index, day_index) not in changing
    }
    for week_index, day_index, day in wanted:
        zone = _zone_for(days, day, in_use)
        in_use.add(zone)
        table[week_index][day_index] = zone
    return Zones(days=tuple(days), weeks=tuple(tuple(week) for week in table))


def _zone_for(days: list[Sections], day: Sections, in_use: set[int]) -> int:
    """Return the number of a day zone with these sections, making or reusing one where there is none."""
    for number, present in enumerate(days, 1):
        if padded(present) == day:
            return number
    for number in range(1, MAX_ZONE + 1):
        if number in in_use:
            continue
        days += [padded(())] * (number - len(days))
        days[number - 1] = day
        return number
    raise CommandInvalid("week_zones", Problem.TOO_MANY, {"limit": str(MAX_ZONE), "size": str(MAX_ZONE + 1)})


def _day(days: Sequence[Sections], number: int) -> Sections:
    return days[number - 1] if 0 < number <= len(days) else ()


def _check_number(number: int, field: str) -> None:
    if not 1 <= number <= MAX_ZONE:
        raise CommandInvalid(field, Problem.OUT_OF_RANGE, {"low": "1", "high": str(MAX_ZONE)})
