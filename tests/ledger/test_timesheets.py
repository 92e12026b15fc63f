"""Hours of people by the days of an owner, and what was put right in them, on every database."""

from collections.abc import Sequence
from copy import replace
from datetime import UTC, date, datetime, timedelta
import itertools
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import (
    AttendanceDay,
    Correction,
    Entry,
    Ledger,
    LedgerInvalid,
    Named,
    Person,
    Problem,
    RecordFilter,
    SheetDay,
    Standing,
    presence,
)
from custom_components.timmy_access.ledger.entries import STRANGER_ID
from tests.conftest import Rest

from .support import PUNCH, SERIAL, everything

VIENNA = ZoneInfo("Europe/Vienna")
OTHER = "ZX00000002"
DAY = date(2026, 11, 24)
ADA = RecordFilter(serials=[SERIAL, OTHER], enroll_ids=[17])
MADE = datetime(2026, 11, 26, 9, tzinfo=UTC)
examples = itertools.count()


def local(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIENNA)


def at(instant: datetime, reader: int = 0, **changes: Any) -> Entry:
    said: dict[str, Any] = {
        "time": instant.replace(tzinfo=None),
        "occurred_at": instant.astimezone(UTC),
        "reader": reader,
    }
    return replace(PUNCH, **(said | changes))


def added(hour: int, minute: int = 0, **changes: Any) -> Correction:
    correction = Correction(
        serial=SERIAL, enroll_id=17, at=local(hour, minute), reason="Forgot", made_at=MADE, made_by="owner"
    )
    return replace(correction, **changes)


async def leave_out(ledger: Ledger, record: int, made_at: datetime = MADE, serial: str = SERIAL) -> int:
    return await ledger.leave_out([serial], record, reason="Not them", made_at=made_at, made_by="owner")


def worked(days: Sequence[AttendanceDay | SheetDay]) -> list[float | None]:
    return [None if day.worked is None else day.worked / timedelta(hours=1) for day in days]


async def sheet(ledger: Ledger, day: date = DAY) -> tuple[SheetDay, ...]:
    return await ledger.sheet(day, day, VIENNA, ADA)


async def test_a_night_is_one_day_where_days_begin_at_noon(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(22)), at(local(6, day=DAY + timedelta(days=1)))])
    midnight = await ledger.attendance(DAY, DAY + timedelta(days=1), VIENNA)
    assert [(day.standing, day.hours) for day in midnight] == [(Standing.MISSING, 0.0)] * 2
    [night] = await ledger.attendance(DAY, DAY + timedelta(days=1), VIENNA, day_begins=12)
    assert (night.day, night.hours, night.standing) == (DAY, 8.0, Standing.COMPLETE)
    assert worked([night]) == [8.0]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 7.0), (date(2026, 10, 24), 9.0)])
async def test_a_night_in_which_clocks_are_changed(ledger: Ledger, day: date, hours: float) -> None:
    await ledger.keep(SERIAL, [at(local(22, day=day)), at(local(6, day=day + timedelta(days=1)))])
    assert worked(await ledger.attendance(day, day, VIENNA, day_begins=12)) == [hours]


@pytest.mark.parametrize("hour", [-1, 24])
async def test_an_hour_that_no_day_has_is_refused(file_ledger: Ledger, hour: int) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.attendance(DAY, DAY, VIENNA, day_begins=hour)
    assert (caught.value.field, caught.value.problem) == ("day_begins", Problem.OUT_OF_RANGE)


async def test_readers_tell_the_way(ledger: Ledger) -> None:
    """Of one terminal; what another's reader says is nobody's way."""
    await ledger.keep(SERIAL, [at(local(8), 1), at(local(17), 0), at(local(12), 0)])
    [day] = await ledger.attendance(DAY, DAY, VIENNA, entries={SERIAL: 1})
    assert (day.standing, len(day.times), day.times[1].begin) == (Standing.MISSING, 2, None)
    [day] = await ledger.attendance(DAY, DAY, VIENNA, entries={OTHER: 1})
    assert (day.standing, day.times) == (Standing.MISSING, ())
    await ledger.keep(SERIAL, [at(local(13), 5)])  # a number that says nothing of a way
    [day] = await ledger.attendance(DAY, DAY, VIENNA, entries={SERIAL: 1})
    assert worked([day]) == [8.0]


async def test_whoever_came_today_is_there(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(8))])
    [day] = await ledger.attendance(DAY, DAY, VIENNA, now=local(10))
    assert (day.standing, day.worked, day.times[0].end) == (Standing.RUNNING, None, None)
    [day] = await ledger.attendance(DAY, DAY, VIENNA, now=local(0, day=DAY + timedelta(days=1)))
    assert day.standing is Standing.MISSING


async def test_who_was_refused_was_not_there(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(8)), at(local(12), granted=False), at(local(17), granted=True)])
    assert worked(await ledger.attendance(DAY, DAY, VIENNA)) == [9.0]
    [day] = await sheet(ledger)
    assert len(day.punches) == 2


async def test_more_weeks_than_are_read_at_a_time(ledger: Ledger) -> None:
    days = [DAY + timedelta(days=index) for index in range(17)]
    await ledger.keep(SERIAL, [at(local(hour, day=day)) for day in days for hour in (8, 16)])
    found = await ledger.attendance(days[0], days[-1], VIENNA)
    assert [day.day for day in found] == days
    assert worked(found) == [8.0] * len(days)


punches = st.lists(
    st.tuples(
        st.sampled_from([SERIAL, OTHER]),
        st.sampled_from([17, 18]),
        st.sampled_from(["Ada", "ADA ", "Grace", None]),
        st.integers(0, 16),
        st.integers(0, 23),
        st.sampled_from(["kept", "kept", "left out", "added"]),
    ),
    max_size=24,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=punches, kept_places=st.integers(0, 4))
async def test_weeks_are_the_same_as_their_days(
    tmp_path: Path, made: list[tuple[str, int, str | None, int, int, str]], kept_places: int
) -> None:
    """However names and numbers go on from one part of the time to the next, and whatever is put right."""
    ledger = Ledger(URL.create("sqlite", database=str(tmp_path / f"{next(examples)}.db")))
    await ledger.start()
    await ledger.keep_person(SERIAL, Person(enroll_id=17, name="Ada"), complete=True)
    days = [DAY + timedelta(days=index) for index in range(17)]
    for serial, enroll_id, name, day, hour, what in made:
        moment = local(hour, day=days[day])
        if what == "added":
            await ledger.add_punch(added(0, serial=serial, enroll_id=enroll_id, name=name, at=moment))
            continue
        before = {record.id for record in await everything(ledger)}
        await ledger.keep(serial, [at(moment, enroll_id=enroll_id, name=name)])
        if new := [record.id for record in await everything(ledger) if record.id not in before]:
            assert what == "kept" or await leave_out(ledger, new[0], serial=serial)
    with patch.object(presence, "_KEPT_PLACES", kept_places):
        found = await ledger.attendance(days[0], days[-1], VIENNA)
        sheets = await ledger.sheet(days[0], days[-1], VIENNA, RecordFilter(serials=[SERIAL, OTHER]))
    assert found == tuple([one for day in days for one in await ledger.attendance(day, day, VIENNA)])
    by_day = [await ledger.sheet(day, day, VIENNA, RecordFilter(serials=[SERIAL, OTHER])) for day in days]
    assert sheets == tuple(one for day in by_day for one in day)
    assert sum(one.records for one in found) <= len(await everything(ledger))
    await ledger.close()


async def test_hours_of_many_give_way(file_ledger: Ledger, rests: list[Rest]) -> None:
    """Whatever is done for each person: reading names, saying whose punches are, putting right, order, forgetting."""
    people = range(1, 61)
    await file_ledger.update_people(SERIAL, [], [Named(number, f"Person {number}", MADE) for number in people])
    await file_ledger.keep(SERIAL, [at(local(8), enroll_id=number, name=None) for number in people])
    await leave_out(file_ledger, (await everything(file_ledger))[0].id)
    rests.clear()
    days = await file_ledger.attendance(DAY, DAY, VIENNA)
    assert [day.name for day in days] == [f"Person {number}" for number in people if number != 1]
    # For each person six times, once of which for their day.
    assert len(rests) >= 6 * (len(people) // 3 - 1)


async def test_a_missing_punch_is_added_and_taken_back(ledger: Ledger) -> None:
    await ledger.keep_person(SERIAL, Person(enroll_id=17, name="Ada"), complete=True)
    await ledger.keep(SERIAL, [at(local(8)), at(local(17)), at(local(12))])
    before = await everything(ledger)
    [day] = await sheet(ledger)
    assert (day.standing, day.worked) == (Standing.MISSING, None)
    number = await ledger.add_punch(added(13))
    assert await ledger.add_punch(added(13)) == number
    [day] = await sheet(ledger)
    assert worked([day]) == [8.0]
    assert [(punch.record is None, punch.counts) for punch in day.punches] == [
        (False, True),
        (False, True),
        (True, True),
        (False, True),
    ]
    assert day.punches[2].correction == added(13, id=number, at=local(13).astimezone(UTC))
    [line] = await ledger.attendance(DAY, DAY, VIENNA, ADA)
    assert (line.records, len(line.corrections), line.name) == (3, 1, "Ada")
    assert await everything(ledger) == before

    assert await ledger.withdraw_correction([SERIAL], number, "other")
    assert not await ledger.withdraw_correction([SERIAL], number, "third")
    [day] = await sheet(ledger)
    assert (day.standing, len(day.punches)) == (Standing.MISSING, 3)
    [trace] = await ledger.corrections([SERIAL], local(0), local(23))
    assert (trace.made_by, trace.removed_by, trace.removed_at is not None) == ("owner", "other", True)
    assert await ledger.add_punch(added(13)) != number  # what was taken back is another one


async def test_a_record_is_left_out_and_not_changed(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(8)), at(local(12)), at(local(17))])
    before = await everything(ledger)
    key = before[1].id
    number = await leave_out(ledger, key)
    assert await leave_out(ledger, key) == number
    [day] = await sheet(ledger)
    assert worked([day]) == [9.0]
    assert [(punch.record, punch.counts, punch.correction is None) for punch in day.punches] == [
        (before[0].id, True, True),
        (key, False, False),
        (before[2].id, True, True),
    ]
    [trace] = await ledger.corrections([SERIAL], local(0), local(23))
    assert (trace.enroll_id, trace.at, trace.way) == (17, local(12).astimezone(UTC), None)
    assert await everything(ledger) == before


async def test_a_day_of_which_nothing_counts_is_on_the_sheet_alone(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(8))])
    [record] = await everything(ledger)
    await leave_out(ledger, record.id)
    assert await ledger.attendance(DAY, DAY, VIENNA) == ()
    [day] = await sheet(ledger)
    assert worked([day]) == [0.0]
    assert not day.punches[0].counts


async def test_punches_that_come_twice_say_so_on_the_sheet(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [at(local(8)), at(local(8) + timedelta(seconds=7)), at(local(17))])
    [day] = await sheet(ledger)
    assert [(punch.counts, punch.correction) for punch in day.punches] == [(True, None), (False, None), (True, None)]
    [line] = await ledger.attendance(DAY, DAY, VIENNA)
    assert line.records == 3


async def test_a_punch_is_added_for_who_has_the_number_by_that_name(ledger: Ledger) -> None:
    """A number and a name are a person, also at another terminal, and also without a record of that day."""
    for serial, name in ((SERIAL, "Ada"), (OTHER, "Bruno")):
        await ledger.keep_person(serial, Person(enroll_id=17, name=name), complete=True)
        await ledger.keep(serial, [at(local(8))])
    await ledger.add_punch(added(17))
    await ledger.add_punch(added(16, serial=OTHER, name="ADA"))
    days = await ledger.attendance(DAY, DAY, VIENNA, ADA)
    assert {(day.name, day.records): day.standing for day in days} == {
        ("Ada", 1): Standing.MISSING,
        ("Bruno", 1): Standing.MISSING,
    }
    await ledger.add_punch(added(9))
    [ada] = [day for day in await ledger.attendance(DAY, DAY, VIENNA, ADA) if day.name == "Ada"]
    assert (worked([ada]), len(ada.corrections)) == ([2.0], 3)
    yesterday = DAY - timedelta(days=1)
    await ledger.add_punch(added(8, at=local(8, day=yesterday)))
    [only] = await ledger.attendance(yesterday, yesterday, VIENNA, ADA)
    assert (only.name, only.records) == ("Ada", 0)


@pytest.mark.parametrize(
    ("correction", "field"),
    [
        (added(8, reason="  "), "reason"),
        (added(8, reason="x" * 256), "reason"),
        (added(8, enroll_id=0), "enroll_id"),
        (added(8, enroll_id=STRANGER_ID), "enroll_id"),
        (added(8, at=datetime(2026, 11, 24, 8)), "at"),  # noqa: DTZ001
        (added(8, serial=""), "serial"),
    ],
)
async def test_what_cannot_be_is_refused(file_ledger: Ledger, correction: Correction, field: str) -> None:
    await file_ledger.keep(SERIAL, [at(local(7), enroll_id=0), at(local(8))])
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.add_punch(correction)
    assert caught.value.field == field
    assert await file_ledger.corrections([SERIAL, OTHER], local(0), local(23)) == ()


async def test_only_a_record_of_a_person_is_left_out(file_ledger: Ledger) -> None:
    await file_ledger.keep(SERIAL, [at(local(7), enroll_id=0), at(local(8))])
    for serials, record in (([SERIAL], 4711), ([SERIAL], 1), ([OTHER], 2), ([], 2)):
        with pytest.raises(LedgerInvalid) as caught:
            await file_ledger.leave_out(serials, record, reason="Wrong", made_at=MADE, made_by=None)
        assert (caught.value.field, caught.value.problem) == ("record_id", Problem.NOT_KNOWN)
    with pytest.raises(LedgerInvalid):
        await file_ledger.leave_out([SERIAL], 2, reason="", made_at=MADE, made_by=None)
    assert await file_ledger.corrections([SERIAL, OTHER], local(0), local(23)) == ()


async def test_only_what_is_there_is_taken_back(file_ledger: Ledger) -> None:
    number = await file_ledger.add_punch(added(8))
    for serials, wanted in (([SERIAL], number + 1), ([OTHER], number), ([], number)):
        with pytest.raises(LedgerInvalid):
            await file_ledger.withdraw_correction(serials, wanted, None)
    [trace] = await file_ledger.corrections([SERIAL], local(0), local(23))
    assert trace.removed_at is None


async def test_corrections_last_as_long_as_records(ledger: Ledger) -> None:
    """A record that is still there does not count again because its correction is gone."""
    late = at(local(12), received_at=MADE)
    await ledger.keep(SERIAL, [at(local(8), received_at=local(8)), late])
    records = await everything(ledger)
    for record in records:
        await leave_out(ledger, record.id, MADE + timedelta(minutes=1))
    await ledger.add_punch(added(17, made_at=local(18)))
    await ledger.purge([SERIAL], MADE)
    assert [record.id for record in await everything(ledger)] == [records[1].id]
    kept = await ledger.corrections([SERIAL], local(0), local(23))
    assert [one.record for one in kept] == [record.id for record in records]
    await ledger.purge([SERIAL], MADE + timedelta(hours=1))
    assert await ledger.corrections([SERIAL], local(0), local(23)) == ()
