"""What is reported is kept exactly once."""

import asyncio
from copy import replace
from datetime import UTC, datetime, timedelta, timezone
import itertools
import json
import threading
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import event
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import (
    Entry,
    Identity,
    Kept,
    Ledger,
    LedgerInvalid,
    LedgerUnavailable,
    Problem,
)
from custom_components.timmy_access.ledger.extras import MAX_EXTRA_CHARACTERS, MAX_KEYS, MAX_KEYS_IN_LOOP
from custom_components.timmy_access.ledger.rows import rows_of
from custom_components.timmy_access.ledger.schema import RECORDS

from .support import NOON, NOW, PATIENT, PUNCH, SERIAL, everything, kept, punch, punches, running


async def test_what_is_kept_comes_back_as_it_was(ledger: Ledger) -> None:
    entry = replace(
        PUNCH,
        enroll_id=999_999_999_999,
        verify_mode=14,
        name='Ödön 🚪 "O\'Neill" \\ 天宇 %s %(x)s',
        temperature=36.6,
        occurred_at=NOW + timedelta(microseconds=1),
        live=False,
        extra={"aliasid": "7", "note": {"msg": "4G"}, "floors": [1, 2.5, None, True]},
    )
    assert await ledger.keep(SERIAL, [entry]) == Kept((True,))
    [record] = await everything(ledger)
    assert record.serial == SERIAL
    assert await kept(ledger) == [entry]


async def test_terminals_that_report_together_get_their_numbers_together(ledger: Ledger) -> None:
    """However many they are, a commit asks for numbers, gives those that are missing, and asks for these."""
    serials = [f"ZX{place}" for place in range(50)]
    asked: list[str] = []

    def _note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "terminals" in statement:
            asked.append(statement)

    event.listen(ledger._reader._database.engines[0], "before_cursor_execute", _note)
    before = ledger.counters.commits
    assert await asyncio.gather(*(ledger.keep(serial, [PUNCH]) for serial in serials)) == [Kept((True,))] * 50
    assert len(asked) <= 3 * (ledger.counters.commits - before) < 3 * len(serials)
    assert await ledger.count() == dict.fromkeys(serials, 1)


async def test_missing_values_are_values(ledger: Ledger) -> None:
    nothing = Entry(
        enroll_id=None, time=None, mode=None, reader=None, event=None, occurred_at=NOW, received_at=NOW, live=False
    )
    one_missing = [punch(0, **{name: None}) for name in Identity._fields]
    zeros = replace(nothing, enroll_id=0, mode=0, reader=0, event=0)
    entries = [nothing, zeros, PUNCH, *one_missing]
    assert (await ledger.keep(SERIAL, entries)).news == len(entries)
    assert (await ledger.keep(SERIAL, entries)).duplicates == len(entries)
    assert {entry.identity for entry in await kept(ledger)} == {entry.identity for entry in entries}


async def test_known_ones_are_told_apart(ledger: Ledger) -> None:
    assert await ledger.keep(SERIAL, punches(3)) == Kept((True, True, True))
    assert await ledger.keep(SERIAL, [punch(2), punch(3), punch(0), punch(3)]) == Kept((False, True, False, False))
    assert await ledger.keep("ZX00000002", [punch(2)]) == Kept((True,))
    assert (ledger.counters.kept, ledger.counters.duplicates) == (5, 3)


async def test_first_one_wins(ledger: Ledger) -> None:
    first, again = punch(name="Ada"), punch(name="Eve", live=False, temperature=36.5)
    await ledger.keep(SERIAL, [first, again])
    await ledger.keep(SERIAL, [again])
    assert await kept(ledger) == [first]


async def test_log_index_and_time_of_arrival_are_no_identity(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [PUNCH])
    later = replace(PUNCH, received_at=NOW + timedelta(days=1), occurred_at=NOW + timedelta(seconds=9), live=False)
    assert (await ledger.keep(SERIAL, [later])).news == 0


async def test_clock_that_stands_still(ledger: Ledger) -> None:
    """Firmware sends the same time for different people (field notes 3, time)."""
    crowd = [replace(PUNCH, enroll_id=number) for number in range(1, 301)]
    assert (await ledger.keep(SERIAL, crowd)).news == 300
    assert (await ledger.keep(SERIAL, crowd[:50])).news == 0
    assert (await ledger.keep(SERIAL, [replace(PUNCH, enroll_id=301), *crowd[-2:]])).new == (True, False, False)


async def test_case_of_a_serial_number_matters(ledger: Ledger) -> None:
    await ledger.keep("ABC", [PUNCH])
    assert (await ledger.keep("abc", [PUNCH])).news == 1
    assert await ledger.count() == {"ABC": 1, "abc": 1}


async def test_nothing_to_keep(ledger: Ledger) -> None:
    assert await ledger.keep(SERIAL, []) == Kept(())
    assert await ledger.count() == {}


async def test_other_zones_are_the_same_instant(ledger: Ledger) -> None:
    tokyo = timezone(timedelta(hours=9))
    await ledger.keep(SERIAL, [replace(PUNCH, occurred_at=NOW.astimezone(tokyo))])
    [record] = await everything(ledger)
    assert record.entry.occurred_at == NOW
    assert record.entry.occurred_at.tzinfo is UTC


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)])
async def test_any_time_there_is(ledger: Ledger, moment: datetime) -> None:
    entry = replace(PUNCH, time=moment.replace(tzinfo=None, microsecond=0), occurred_at=moment, received_at=moment)
    await ledger.keep(SERIAL, [entry])
    assert await kept(ledger) == [entry]


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 2])
async def test_any_number_there_is(ledger: Ledger, number: int) -> None:
    entry = replace(PUNCH, enroll_id=number, mode=number, reader=number, event=number, verify_mode=number)
    await ledger.keep(SERIAL, [entry])
    assert (await ledger.keep(SERIAL, [entry])).news == 0
    assert await kept(ledger) == [entry]


async def test_texts_no_database_can_hold_are_made_to_fit(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [replace(PUNCH, name="A\0b\ud800c" + "🚪" * 300, extra={"k\0\udfff": "\0\ud800"})])
    [entry] = await kept(ledger)
    assert entry.name == "A�b�c" + "🚪" * 250
    assert entry.extra == {"k\0\udfff": "\0\ud800"}


async def test_photos_secrets_and_anything_large_are_left_out(ledger: Ledger) -> None:
    extra = {
        "image": "/9j/short",
        "Photo": "x",
        "PIN": "1234",
        "cardno": 2352253,
        "note": {"msg": "kept", "image": "x", "deep": {"deeper": {"deepest": {"bottom": 1}}}},
        "blob": "x" * 201,
        "odd": object(),
        "huge": 10**30,
        "nan": float("nan"),
        "list": ["kept", "x" * 201, object()],
        "last": 1,
    }
    await ledger.keep(SERIAL, [replace(PUNCH, extra=extra)])
    [entry] = await kept(ledger)
    assert entry.extra == {"note": {"msg": "kept", "deep": {"deeper": {}}}, "list": ["kept"], "last": 1}


async def test_many_small_keys_are_bounded(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [replace(PUNCH, extra={f"key{number}": "x" * 100 for number in range(1000)})])
    [entry] = await kept(ledger)
    assert 1 < len(entry.extra) < 32
    assert len(json.dumps(dict(entry.extra))) <= MAX_EXTRA_CHARACTERS + 100


async def test_of_keys_without_end_only_the_first_are_looked_at(ledger: Ledger) -> None:
    extra = {f"key{number}": "x" * 1_000 for number in range(MAX_KEYS)} | {"last": 1}
    await ledger.keep(SERIAL, [replace(PUNCH, extra=extra)])
    [entry] = await kept(ledger)
    assert entry.extra == {}


@pytest.mark.parametrize(
    ("extra", "count", "beside"),
    [
        ({}, 1_000, False),
        ({"aliasid": "7", "note": "4G"}, MAX_KEYS_IN_LOOP // 2, False),
        ({"aliasid": "7", "note": "4G"}, MAX_KEYS_IN_LOOP // 2 + 1, True),
        ({"note": [[[[1] * 20] * 20] * 20]}, 1, True),
    ],
    ids=["none", "as firmware sends", "many", "nested"],
)
async def test_many_unknown_keys_are_written_down_beside_the_event_loop(
    file_ledger: Ledger, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], count: int, *, beside: bool
) -> None:
    threads = []

    def _rows_of(entries: Any) -> Any:
        threads.append(threading.get_ident())
        return rows_of(entries)

    monkeypatch.setattr("custom_components.timmy_access.ledger.ledger.rows_of", _rows_of)
    entries = [replace(PUNCH, enroll_id=number + 1, extra=extra) for number in range(count)]
    assert (await file_ledger.keep(SERIAL, entries)).news == count
    assert [thread != threading.get_ident() for thread in threads] == [beside]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("enroll_id", 2**63, Problem.OUT_OF_RANGE),
        ("enroll_id", "7", Problem.NOT_A_NUMBER),
        ("mode", -(2**63), Problem.OUT_OF_RANGE),
        ("reader", 1.0, Problem.NOT_A_NUMBER),
        ("event", -(2**63) + 1, Problem.OUT_OF_RANGE),
        ("verify_mode", 2**63, Problem.OUT_OF_RANGE),
        ("time", NOW, Problem.NOT_A_DATE),
        ("time", "2026-11-24 12:00:00", Problem.NOT_A_DATE),
        ("occurred_at", NOON, Problem.NOT_A_DATE),
        ("received_at", NOON, Problem.NOT_A_DATE),
        ("name", 7, Problem.NOT_A_TEXT),
        ("temperature", float("inf"), Problem.NOT_A_NUMBER),
        ("temperature", "36.5", Problem.NOT_A_NUMBER),
    ],
)
async def test_bad_entry_is_named_and_changes_nothing(
    file_ledger: Ledger, field: str, value: Any, problem: Problem
) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep(SERIAL, [punch(1), replace(PUNCH, **{field: value})])
    assert (caught.value.field, caught.value.problem) == (f"entries[1].{field}", problem)
    assert await file_ledger.count() == {}


@pytest.mark.parametrize("serial", ["", " ZX1", "ZX1 ", "ZX\n1", "x" * 65, "ZÜ1", 5])
async def test_bad_serial_is_refused(file_ledger: Ledger, serial: Any) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep(serial, [PUNCH])
    assert (caught.value.field, caught.value.problem) == ("serial", Problem.NOT_A_TEXT)


async def test_too_many_at_once_are_refused(file_ledger: Ledger) -> None:
    assert (await file_ledger.keep(SERIAL, punches(1000))).news == 1000
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep(SERIAL, punches(1001, 2000))
    assert caught.value.limits == {"size": "1001", "limit": "1000"}
    assert await file_ledger.count() == {SERIAL: 1000}


async def test_whatever_waits_is_committed_together(ledger: Ledger) -> None:
    """A hundred terminals that report at once need few commits, and none waits for another's."""
    results = await asyncio.gather(
        *(ledger.keep(f"ZX{number:04}", punches(5)) for number in range(100)), ledger.keep("ZX0000", punches(5))
    )
    assert sum(result.news for result in results) == 500
    counters = ledger.counters
    assert counters.commits < 20
    assert counters.rows_per_commit == 500 / counters.commits
    assert counters.largest_commit > 5
    assert counters.queue_length == 0
    assert counters.last_commit > 0


async def test_one_call_that_no_database_takes_does_not_keep_out_the_others(ledger: Ledger) -> None:
    """A mistake of ours that only the database notices: it fails alone, and nothing of it is written."""
    broken = [punch(1), replace(PUNCH, live=None)]  # type: ignore[arg-type]
    good = [ledger.keep(f"ZX{number}", [PUNCH]) for number in range(5)]
    results = await asyncio.gather(*good, ledger.keep("BROKEN", broken), return_exceptions=True)
    assert results[:5] == [Kept((True,))] * 5
    assert isinstance(results[5], LedgerUnavailable)
    assert await ledger.count() == {f"ZX{number}": 1 for number in range(5)}
    assert ledger.health.available


async def test_caller_that_gives_up_loses_nothing(ledger: Ledger) -> None:
    task = asyncio.create_task(ledger.keep(SERIAL, [PUNCH]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await ledger.keep(SERIAL, [PUNCH, punch(1)])).new == (False, True)


async def test_several_homes_keep_each_record_once(url: URL) -> None:
    """Several ledgers on one database, as of several Home Assistants; each record is news to just one of them."""
    async with running(url, PATIENT) as one, running(url, PATIENT) as two, running(url, PATIENT) as three:
        results = await asyncio.gather(
            *(home.keep(f"ZX{call % 3}", punches(20, call)) for call in range(12) for home in (one, two, three))
        )
        expected = {(f"ZX{call % 3}", entry.identity) for call in range(12) for entry in punches(20, call)}
        assert sum(result.news for result in results) == len(expected)
        found = [(record.serial, record.entry.identity) for record in await everything(two)]
        assert set(found) == expected
        assert len(found) == len(expected)


async def test_commit_is_on_the_disk(file_ledger: Ledger) -> None:
    await file_ledger.keep(SERIAL, [PUNCH])
    database = file_ledger._reader._database
    with database.writing() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}
    with database.engines[1].connect() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1


async def test_questions_do_not_wait_for_the_writer(url: URL) -> None:
    """Somebody asks while a transaction is open, and sees what was committed before."""
    async with running(url) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        with ledger._reader._database.writing() as connection:
            connection.execute(RECORDS.delete())
            assert await kept(ledger) == [PUNCH]


identities = st.builds(
    Identity,
    enroll_id=st.sampled_from([None, 0, 1, 2]),
    time=st.sampled_from([None, NOON, NOON + timedelta(seconds=1)]),
    mode=st.sampled_from([None, 0, 8]),
    reader=st.sampled_from([None, 0, 1]),
    event=st.sampled_from([None, 0]),
    apart=st.sampled_from([0, 7]),
)
calls = st.lists(st.tuples(st.integers(0, 2), st.lists(identities, max_size=12)), max_size=12)
examples = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=calls, at_once=st.booleans())
async def test_any_calls_equal_a_set(ledger: Ledger, calls: list[tuple[int, list[Identity]]], at_once: bool) -> None:
    example = next(examples)
    serials = [f"ZX{example}-{number}" for number in range(3)]
    model: dict[str, set[Identity]] = {serial: set() for serial in serials}
    work = [(serials[number], [replace(PUNCH, **identity._asdict()) for identity in batch]) for number, batch in calls]
    if at_once:
        results = await asyncio.gather(*(ledger.keep(serial, entries) for serial, entries in work))
    else:
        results = [await ledger.keep(serial, entries) for serial, entries in work]
    for (serial, entries), result in zip(work, results, strict=True):
        for entry, new in zip(entries, result.new, strict=True):
            assert new is (entry.identity not in model[serial])
            model[serial].add(entry.identity)
    for serial in serials:
        found = [entry.identity for entry in await kept(ledger, serial)]
        assert set(found) == model[serial]
        assert len(found) == len(model[serial])
