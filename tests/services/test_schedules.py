"""Opening hours: what people write is what the terminal keeps, and nothing else of it moves."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.timmy_access.const import WEEKDAYS
from custom_components.timmy_access.protocol.errors import CommandInvalid
from custom_components.timmy_access.services.schedules import (
    from_sections,
    readable_days,
    readable_weeks,
    with_days,
    with_weeks,
)
from custom_components.timmy_access.terminal.zones import NEVER, Zones

times = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda time: f"{time[0]:02}:{time[1]:02}")
sections = st.fixed_dictionaries({"from": times, "to": times}).filter(lambda section: section["to"] != "00:00")
# Few different days, so that they fit into eight day zones.
days = st.sampled_from(
    [
        [],
        [{"from": "07:00", "to": "18:00"}],
        [{"from": "06:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}],
        [{"from": "00:01", "to": "23:59"}],
    ]
)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), days)
changes = st.dictionaries(st.integers(1, 8), weeks, max_size=4)


@given(before=changes, after=changes)
@settings(deadline=None)
def test_weeks_are_kept_as_written_and_unnamed_days_stay(
    before: dict[int, dict[str, list[dict[str, str]]]], after: dict[int, dict[str, list[dict[str, str]]]]
) -> None:
    first = with_weeks(Zones(), before)
    second = with_weeks(first, after)
    shown, kept = readable_weeks(second), readable_weeks(first)
    for number in range(1, len(shown) + 1):
        for weekday in WEEKDAYS:
            written = after.get(number, {}).get(weekday)
            expected = kept.get(str(number), {}).get(weekday, []) if written is None else written
            assert shown[str(number)][weekday] == expected


@given(day=st.lists(sections, max_size=5), number=st.integers(1, 8))
@settings(deadline=None)
def test_days_are_kept_as_written(day: list[dict[str, str]], number: int) -> None:
    zones = with_days(Zones(), {number: day})
    assert readable_days(zones)[str(number)] == day
    assert len(zones.days[number - 1]) == 5


def test_day_zones_that_something_else_refers_to_are_not_overwritten() -> None:
    zones = Zones(days=tuple((f"0{number}:00~09:00",) for number in range(1, 9)), weeks=((1,) * 7,))
    changed = with_weeks(zones, {1: {"mon": [{"from": "10:00", "to": "11:00"}]}}, kept=(2, 3))
    assert changed.days[:3] == zones.days[:3]
    assert changed.weeks[0] == (4, 1, 1, 1, 1, 1, 1)
    assert from_sections(changed.days[3]) == [{"from": "10:00", "to": "11:00"}]


def test_more_different_days_than_a_terminal_has_room_for() -> None:
    week = {day: [{"from": f"0{number}:00", "to": "09:30"}] for number, day in enumerate(WEEKDAYS)}
    with pytest.raises(CommandInvalid, match="week_zones"):
        with_weeks(Zones(), {1: week, 2: {day: [{"from": "11:00", "to": "12:00"}, *week[day]] for day in WEEKDAYS}})


def test_a_week_zone_that_names_no_day_zone_is_never_open() -> None:
    zones = Zones(days=((NEVER,),), weeks=((1, 7, 0, 1, 1, 1),))
    assert readable_weeks(zones) == {"1": {day: [] for day in WEEKDAYS[:6]}}
