"""Attendance by local day, and counts by hour, on every database."""

from collections import defaultdict
from copy import replace
from datetime import UTC, date, datetime, timedelta
import itertools
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.timmy_access.ledger import (
    AttendanceDay,
    Entry,
    HourCount,
    Ledger,
    LedgerInvalid,
    Person,
    Problem,
    RecordFilter,
    TimeThere,
)
from custom_components.timmy_access.ledger.entries import STRANGER_ID
from custom_components.timmy_access.protocol import messages

from .support import NOON, PUNCH, SERIAL

VIENNA = ZoneInfo("Europe/Vienna")
# Clocks are changed at midnight there: 2026-09-06 begins at 01:00.
SANTIAGO = ZoneInfo("America/Santiago")
OTHER = "ZX00000002"


def at(instant: datetime, enroll_id: int | None = 17, name: str | None = None) -> Entry:
    return replace(
        PUNCH, time=instant.replace(tzinfo=None), occurred_at=instant.astimezone(UTC), enroll_id=enroll_id, name=name
    )


def local(zone: ZoneInfo, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=zone)  # type: ignore[arg-type, misc]


def test_strangers_have_one_number() -> None:
    assert STRANGER_ID == messages.STRANGER_ID


async def test_first_and_last_of_a_day(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(VIENNA, 2026, 11, 24, hour)) for hour in (17, 8, 12)])
    await ledger.keep(OTHER, [at(local(VIENNA, 2026, 11, 24, 18)), at(local(VIENNA, 2026, 11, 24, 9), 18)])
    for serial in (SERIAL, OTHER):
        await ledger.keep_person(serial, Person(enroll_id=17, name="Ada"), complete=True)
    ada, grace = await ledger.attendance(date(2026, 11, 24), date(2026, 11, 24), VIENNA)
    assert ada == AttendanceDay(
        date(2026, 11, 24),
        17,
        "Ada",
        datetime(2026, 11, 24, 7, tzinfo=UTC),
        datetime(2026, 11, 24, 17, tzinfo=UTC),
        4,
        SERIAL,
        worked=timedelta(hours=5),
        stretches=ada.stretches,
    )
    assert ada.times == tuple(
        TimeThere(datetime(2026, 11, 24, begin, tzinfo=UTC), datetime(2026, 11, 24, end, tzinfo=UTC))
        for begin, end in ((7, 11), (16, 17))
    )
    assert (ada.hours, grace.hours, grace.records) == (10.0, 0.0, 1)
    [only] = await ledger.attendance(
        date(2026, 11, 24), date(2026, 11, 24), VIENNA, RecordFilter(serials=[SERIAL], enroll_ids=[17])
    )
    assert (only.records, only.hours) == (3, 9.0)


async def test_days_are_those_of_the_zone(ledger: Ledger) -> None:
    late, early = local(VIENNA, 2026, 11, 24, 23, 59, 59), local(VIENNA, 2026, 11, 25, 0, 0, 0)
    await ledger.keep(SERIAL, [at(late), at(early)])
    days = await ledger.attendance(date(2026, 11, 23), date(2026, 11, 26), VIENNA)
    assert [day.day for day in days] == [date(2026, 11, 24), date(2026, 11, 25)]
    [both] = await ledger.attendance(date(2026, 11, 23), date(2026, 11, 26), ZoneInfo("America/New_York"))
    assert (both.day, both.records) == (date(2026, 11, 24), 2)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (VIENNA, date(2026, 3, 29), 23),
        (VIENNA, date(2026, 10, 25), 25),
        (SANTIAGO, date(2026, 9, 6), 23),
        (SANTIAGO, date(2026, 4, 4), 25),
    ],
)
async def test_days_on_which_clocks_are_changed(ledger: Ledger, zone: ZoneInfo, day: date, hours: int) -> None:
    """One punch each real hour of three days: none is lost, none counted twice."""
    begin = datetime.combine(day, NOON.time(), zone).astimezone(UTC) - timedelta(hours=40)
    await ledger.keep(SERIAL, [at(begin + timedelta(minutes=30, hours=hour)) for hour in range(80)])
    found = {found.day: found for found in await ledger.attendance(day, day, zone)}
    assert found[day].records == hours
    assert found[day].hours == hours - 1


async def test_doors_and_strangers_do_not_attend(ledger: Ledger) -> None:
    noon = local(VIENNA, 2026, 11, 24, 12)
    await ledger.keep(SERIAL, [at(noon, 0), at(noon, None), at(noon, STRANGER_ID), at(noon, 17)])
    assert [day.enroll_id for day in await ledger.attendance(noon.date(), noon.date(), VIENNA)] == [17]


async def test_names_are_of_the_record_else_of_the_roster(ledger: Ledger) -> None:
    noon = local(VIENNA, 2026, 11, 24, 12)
    await ledger.keep(SERIAL, [at(noon, 1, "Ada"), at(noon + timedelta(hours=1), 1), at(noon, 2), at(noon, 3)])
    await ledger.keep_people(
        SERIAL, [Person(enroll_id=1, name="Eve"), Person(enroll_id=2, name="Grace")], complete=True
    )
    await ledger.keep_person(OTHER, Person(enroll_id=3, name="Elsewhere"), complete=True)
    here = RecordFilter(serials=[SERIAL])
    days = await ledger.attendance(noon.date(), noon.date(), VIENNA, here)
    assert [day.name for day in days] == ["Ada", "Eve", "Grace", None]
    everywhere = await ledger.attendance(noon.date(), noon.date(), VIENNA)
    assert [day.name for day in everywhere] == ["Ada", "Eve", "Grace", None]


async def test_the_same_number_elsewhere_is_another_day(ledger: Ledger) -> None:
    """Unless the name is the same, in whichever way it is written."""
    noon = local(VIENNA, 2026, 11, 24, 12)
    for serial, names in ((SERIAL, ("Bruno", "Ada")), (OTHER, ("Grace", "ADA\u3000"))):
        people = [Person(enroll_id=number, name=name) for number, name in enumerate(names, 1)]
        await ledger.keep_people(serial, people, complete=True)
        await ledger.keep(serial, [at(noon, 1), at(noon + timedelta(hours=1), 1), at(noon, 2)])
    days = await ledger.attendance(noon.date(), noon.date(), VIENNA)
    assert sorted((day.enroll_id, (day.name or "").strip().title(), day.records) for day in days) == [
        (1, "Bruno", 2),
        (1, "Grace", 2),
        (2, "Ada", 2),
    ]


async def test_range_within_the_days(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(VIENNA, 2026, 11, 24, hour)) for hour in (8, 12, 17)])
    [day] = await ledger.attendance(
        date(2026, 11, 24), date(2026, 11, 24), VIENNA, RecordFilter(since=local(VIENNA, 2026, 11, 24, 10))
    )
    assert day.records == 2


@pytest.mark.parametrize("last", [date(2026, 11, 22), date(2027, 12, 1)])
async def test_too_few_or_too_many_days_are_refused(file_ledger: Ledger, last: date) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.attendance(date(2026, 11, 24), last, VIENNA)
    assert (caught.value.field, caught.value.problem) == ("last", Problem.OUT_OF_RANGE)


async def test_hours_are_counted_anew_from_the_first_that_changed(ledger: Ledger) -> None:
    begin = datetime(2026, 11, 24, 6, tzinfo=UTC)
    early, door, late = (begin + timedelta(minutes=minute) for minute in (0, 59, 180))
    await ledger.keep(SERIAL, [at(early), at(door, 0), at(late)])
    await ledger.keep(OTHER, [at(late)])
    first = await ledger.hours()
    assert first.hours == (
        HourCount(SERIAL, begin, 1, 1),
        HourCount(SERIAL, begin + timedelta(hours=3), 1, 0),
        HourCount(OTHER, begin + timedelta(hours=3), 1, 0),
    )
    assert await ledger.hours(first.newest_id) == replace(first, hours=())

    await ledger.keep(SERIAL, [at(begin + timedelta(minutes=61), 18)])
    second = await ledger.hours(first.newest_id)
    assert second.hours == (
        HourCount(SERIAL, begin + timedelta(hours=1), 1, 0),
        HourCount(SERIAL, begin + timedelta(hours=3), 1, 0),
    )
    assert second.newest_id > first.newest_id
    assert (await ledger.hours(first.newest_id, [OTHER])).hours == ()
    assert (await ledger.hours(0, [OTHER])).hours == first.hours[2:]


async def test_hours_of_one_sum_are_counted_from_the_same_hour(ledger: Ledger) -> None:
    """One of them was counted before, and has records in hours after the first that changed."""
    hour = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
    await ledger.keep(OTHER, [at(hour + timedelta(hours=late)) for late in (0, 1, 2)])
    counted = (await ledger.hours()).newest_id
    await ledger.keep(SERIAL, [at(hour + timedelta(hours=late, minutes=1)) for late in (1, 2)])
    found = (await ledger.hours(counted, together=[(SERIAL, OTHER), ("ZX404",)])).hours
    assert {(one.serial, one.start.hour, one.punches) for one in found} == {
        (serial, begins, 1) for serial in (SERIAL, OTHER) for begins in (11, 12)
    }


async def test_hours_of_a_clock_that_lost_the_time(ledger: Ledger) -> None:
    """1970 in an eastern zone is before 1970 in UTC."""
    moments = [datetime(1969, 12, 31, 22, 30, tzinfo=UTC), datetime(1969, 12, 31, 23, tzinfo=UTC)]
    await ledger.keep(SERIAL, [at(moment) for moment in moments])
    assert [(hour.start.hour, hour.punches) for hour in (await ledger.hours()).hours] == [(22, 1), (23, 1)]


minutes = st.lists(st.integers(-180, 180), max_size=8, unique=True)
examples = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.tuples(st.sampled_from("AB"), minutes), max_size=5))
async def test_hours_followed_step_by_step_equal_all_hours(ledger: Ledger, parts: list[tuple[str, list[int]]]) -> None:
    """Whoever replaces, from the first hour told on, what was told before, has what there is."""
    example = next(examples)
    serials = [f"ZX{example}-{letter}" for letter in "AB"]
    newest = (await ledger.hours(0, [])).newest_id
    told: dict[str, dict[datetime, HourCount]] = defaultdict(dict)
    for letter, passed in parts:
        entries = [at(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)) for minute in passed]
        await ledger.keep(f"ZX{example}-{letter}", entries)
        changed = await ledger.hours(newest, serials)
        newest = changed.newest_id
        for serial in {hour.serial for hour in changed.hours}:
            new = {hour.start: hour for hour in changed.hours if hour.serial == serial}
            told[serial] = {start: hour for start, hour in told[serial].items() if start < min(new)} | new
    everything = (await ledger.hours(0, serials)).hours
    assert {hour for hours in told.values() for hour in hours.values()} == set(everything)
    assert sum(hour.punches for hour in everything) == sum((await ledger.count(RecordFilter(serials=serials))).values())
