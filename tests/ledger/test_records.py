"""Questions about records, the same on every database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from copy import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import itertools
import sqlite3
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import Connection

from custom_components.timmy_access.ledger import (
    Entry,
    LastSeen,
    Ledger,
    LedgerInvalid,
    Named,
    Part,
    Person,
    Problem,
    RecordFilter,
    RecordKind,
    StoredRecord,
    Told,
    exports,
    rare,
    records,
)
from custom_components.timmy_access.ledger.columns import DOOR_METHOD
from custom_components.timmy_access.ledger.records import newest_id, page
from custom_components.timmy_access.ledger.terminals import serials
from tests.conftest import Rest

from .support import NOON, NOW, PUNCH, SECONDS, SERIAL, everything, punch, punches

OTHER = "ZX00000002"
DOOR = replace(PUNCH, enroll_id=0, mode=0, reader=1, event=5)
NOBODY = replace(PUNCH, enroll_id=None)
STRANGER = replace(PUNCH, enroll_id=99_999_999, mode=8, event=2)


async def found(ledger: Ledger, where: RecordFilter) -> list[Entry]:
    """Return what a filter lets through, newest first, from pages and from a count alike."""
    page = await ledger.records(where, limit=1000)
    counted = sum((await ledger.count(where)).values())
    assert (len(page.records), page.next) == (counted, None)
    return [record.entry for record in page.records]


def count_of(part: Part) -> int:
    return len(part.rows)


def ids_of(part: Part) -> list[int]:
    return [Told(*row).id for row in part.rows]


def told_of(part: Part) -> list[tuple[object, ...]]:
    """Return what an export tells of records; where one is of nobody, nobody's name."""
    tolds = [Told(*row) for row in part.rows]
    return [
        (part.serials[told.terminal], *told._replace(person=told.person if told.enroll_id else None)[2:])
        for told in tolds
    ]


async def test_who_was_there_last(ledger: Ledger) -> None:
    late = punch(9, enroll_id=1, live=False)
    nobody = replace(NOBODY, time=punch(5).time, occurred_at=punch(5).occurred_at)
    await ledger.keep(SERIAL, [*punches(4, enroll_id=1), punch(2, enroll_id=2), late, DOOR, STRANGER, nobody])
    await ledger.keep(OTHER, [punch(8, enroll_id=1)])
    at = NOW + timedelta(seconds=3)
    ada, grace = LastSeen(1, PUNCH.name, at, None), LastSeen(2, PUNCH.name, NOW + timedelta(seconds=2), None)
    assert set(await ledger.last_seen(SERIAL, NOW)) == {ada, grace}
    assert await ledger.last_seen(SERIAL, at) == (ada,)
    assert await ledger.last_seen("ZX9", NOW) == ()


async def test_filters(ledger: Ledger) -> None:
    ada = punch(1, enroll_id=1, mode=8)
    grace = punch(2, enroll_id=2, mode=1, verify_mode=0)
    both = punch(3, enroll_id=2, mode=8, verify_mode=3)
    door = replace(DOOR, time=punch(4).time, occurred_at=punch(4).occurred_at)
    nobody = replace(NOBODY, time=punch(5).time, occurred_at=punch(5).occurred_at)
    await ledger.keep(SERIAL, [ada, both, door])
    await ledger.keep(OTHER, [grace, nobody])
    expected: list[tuple[RecordFilter, list[Entry]]] = [
        (RecordFilter(), [nobody, door, both, grace, ada]),
        (RecordFilter(serials=[SERIAL]), [door, both, ada]),
        (RecordFilter(serials=[SERIAL, OTHER, "ZX9"]), [nobody, door, both, grace, ada]),
        (RecordFilter(serials=["ZX9"]), []),
        (RecordFilter(serials=[]), []),
        (RecordFilter(enroll_ids=[1]), [ada]),
        (RecordFilter(enroll_ids={1, 2}), [both, grace, ada]),
        (RecordFilter(enroll_ids=[0]), [door]),
        (RecordFilter(since=NOW + timedelta(seconds=3)), [nobody, door, both]),
        (RecordFilter(until=NOW + timedelta(seconds=3)), [grace, ada]),
        (RecordFilter(since=NOW + timedelta(seconds=2), until=NOW + timedelta(seconds=3)), [grace]),
        (RecordFilter(modes=[8]), [both, ada]),
        (RecordFilter(modes=[0, 1]), [nobody, door, grace]),
        (RecordFilter(methods=[8]), [ada]),
        (RecordFilter(methods=[3]), [both]),
        (RecordFilter(methods=[1]), [nobody, grace]),
        (RecordFilter(kind=RecordKind.DOOR), [door]),
        (RecordFilter(kind=RecordKind.PUNCH), [both, grace, ada]),
        (RecordFilter(kind=RecordKind.PUNCH, serials=[SERIAL], enroll_ids=[2], modes=[8], methods=[3]), [both]),
    ]
    for where, entries in expected:
        assert await found(ledger, where) == entries, where


async def test_count_is_by_terminal(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, punches(3))
    await ledger.keep(OTHER, punches(2))
    assert await ledger.count() == {SERIAL: 3, OTHER: 2}
    assert await ledger.count(RecordFilter(since=NOW + timedelta(seconds=2))) == {SERIAL: 1}


async def test_newest_and_oldest_are_by_what_occurred(ledger: Ledger) -> None:
    assert await ledger.newest() is None
    assert await ledger.oldest() is None
    await ledger.keep(SERIAL, [punch(5), punch(1)])
    await ledger.keep(OTHER, [punch(3)])
    newest, oldest = await ledger.newest(), await ledger.oldest()
    assert newest is not None
    assert oldest is not None
    assert (newest.entry, oldest.entry) == (punch(5), punch(1))
    in_other = await ledger.newest(RecordFilter(serials=[OTHER]))
    assert in_other is not None
    assert in_other.serial == OTHER


async def test_ids_grow_in_the_order_of_keeping(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [punch(5)])
    await ledger.keep(SERIAL, [punch(1), punch(2)])
    by_id = sorted(await everything(ledger), key=lambda record: record.id)
    assert [record.entry for record in by_id] == [punch(5), punch(1), punch(2)]


async def test_what_was_kept_after_a_record_comes_in_the_order_of_keeping(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [punch(5), punch(7)])
    known = max(record.id for record in await everything(ledger))
    await ledger.keep(SERIAL, [punch(9), punch(1)])
    await ledger.keep(OTHER, [punch(3)])
    page = await ledger.records(RecordFilter(kept_after=known, serials=[SERIAL]))
    assert [record.entry for record in page.records] == [punch(1), punch(9)]
    assert page.next is None
    last = await ledger.records(RecordFilter(kept_after=known, serials=[SERIAL]), limit=1)
    assert [record.entry for record in last.records] == [punch(1)]
    assert last.next is not None
    with pytest.raises(LedgerInvalid) as refused:
        await ledger.records(RecordFilter(kept_after=known, serials=[SERIAL]), limit=1, after=last.next)
    assert (refused.value.field, refused.value.problem) == ("after", Problem.NOT_A_CURSOR)


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_an_export_of_what_was_kept_after_a_record_has_each_of_them_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, oldest_first: bool
) -> None:
    """In the order of an export, which is not that of keeping, through more than one part."""
    monkeypatch.setattr(exports, "EXPORT_PAGE", 2)
    monkeypatch.setattr(exports, "EXPORT_PART", 2)
    await ledger.keep(SERIAL, [punch(5), punch(7)])
    known = max(record.id for record in await everything(ledger))
    for second in (9, 1, 6, 2, 8):
        await ledger.keep(SERIAL, [punch(second)])
        await ledger.keep(OTHER, [punch(second)])
    for where, wanted in (
        (RecordFilter(kept_after=known, serials=[SERIAL]), [1, 2, 6, 8, 9]),
        (RecordFilter(kept_after=known), [1, 1, 2, 2, 6, 6, 8, 8, 9, 9]),
    ):
        in_order = [punch(second).occurred_at for second in (wanted if oldest_first else reversed(wanted))]
        stored = [record async for record in ledger.export(where, oldest_first=oldest_first)]
        assert [record.entry.occurred_at for record in stored] == in_order
        assert len({record.id for record in stored}) == len(wanted)
        parts = [part async for part in ledger.export_as(ids_of, where, oldest_first=oldest_first)]
        assert len(parts) > 2
        assert list(itertools.chain.from_iterable(parts)) == [record.id for record in stored]


async def test_pages_are_stable_while_records_come_in(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, punches(10, 100))
    first = await ledger.records(limit=4)
    await ledger.keep(SERIAL, [punch(200), punch(50), punch(106, enroll_id=18)])
    second = await ledger.records(limit=4, after=first.next)
    third = await ledger.records(limit=4, after=second.next)
    seconds = [[(record.entry.occurred_at - NOW).seconds for record in page.records] for page in (first, second, third)]
    assert seconds == [[109, 108, 107, 106], [105, 104, 103, 102], [101, 100, 50]]
    assert third.next is None


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_pass_through_a_time_that_stands_still(ledger: Ledger, oldest_first: bool) -> None:
    crowd = [replace(PUNCH, enroll_id=number) for number in range(1, 20)]
    await ledger.keep(SERIAL, [punch(-1), *crowd, punch(1)])
    seen: list[StoredRecord] = []
    after: str | None = None
    while True:
        page = await ledger.records(limit=4, after=after, oldest_first=oldest_first)
        seen.extend(page.records)
        if (after := page.next) is None:
            break
    order = [(record.entry.occurred_at, record.id) for record in seen]
    assert order == sorted(order, reverse=not oldest_first)
    assert len({record.id for record in seen}) == len(seen) == 21


async def test_a_page_that_is_just_full_is_the_last(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, punches(4))
    page = await ledger.records(limit=4)
    assert (len(page.records), page.next) == (4, None)


async def test_export_is_what_there_was_at_its_start(ledger: Ledger) -> None:
    """Two thousand records in parts, none that came in meanwhile, in either order."""
    for first in (0, 1000):
        await ledger.keep(SERIAL, punches(1000, first))
    seconds: list[int] = []
    async with aclosing(ledger.export()) as export:
        async for record in export:
            if not seconds:
                await ledger.keep(SERIAL, [punch(500, enroll_id=18), punch(5000)])
            seconds.append((record.entry.occurred_at - NOW) // timedelta(seconds=1))
    assert seconds == list(range(2000))
    backwards = ledger.export(RecordFilter(enroll_ids=[17]), oldest_first=False)
    seconds = [(record.entry.occurred_at - NOW) // timedelta(seconds=1) async for record in backwards]
    assert seconds == [5000, *range(1999, -1, -1)]


@pytest.mark.parametrize("count", [2, 5, 8])
async def test_a_few_and_most_of_many_terminals_in_one_order(ledger: Ledger, count: int) -> None:
    """What two, five and eight of eight terminals told, also of what is rare, by pages in both orders and exported."""
    serials = [f"ZX{number}" for number in range(8)]
    for place, serial in enumerate(serials):
        await ledger.keep(
            serial,
            [
                punch(second * 8 + place, enroll_id=second % 3, mode=13 if second in {1, 28} else 3)
                for second in range(30)
            ],
        )
    wanted = serials[:count]
    own = [record for record in await everything(ledger) if record.serial in wanted]
    assert len(own) == 30 * count
    for where, kept in (
        (RecordFilter(serials=wanted), own),
        (RecordFilter(serials=wanted, kind=RecordKind.DOOR), [one for one in own if one.entry.enroll_id == 0]),
        # On the last pages none is among the nearest of all.
        (RecordFilter(serials=wanted, methods=[13]), [one for one in own if one.entry.mode == 13]),
    ):
        assert await everything(ledger, where) == kept
        assert [size async for size in ledger.export_as(count_of, where)] == [len(kept)]
        for oldest_first in (True, False):
            seen: list[StoredRecord] = []
            after: str | None = None
            while True:
                page = await ledger.records(where, limit=4, after=after, oldest_first=oldest_first)
                seen += page.records
                if (after := page.next) is None:
                    break
            assert seen == (kept if oldest_first else kept[::-1])


async def test_an_export_of_rows_tells_what_its_records_do(ledger: Ledger) -> None:
    """All that may be unknown of a record, names that were learnt later and forgotten included."""
    people = ((None, None), (0, None), (1, None), (2, "Ada"), (3, "\u2000 = "), (99_999_999, None))
    numbers, fields = (None, 0, -1, 2**63 - 1), ("mode", "reader", "event", "verify_mode")
    entries = [
        punch(
            second,
            enroll_id=enroll_id,
            name=name,
            **{field: numbers[(count + place) % len(numbers)] for place, field in enumerate(fields)},
            apart=(0, 1, None)[second % 3],
            temperature=(None, 36.5)[second % 2],
            granted=(None, True, False)[second % 3],
            decided_by=(None, "pass")[second % 2],
        )
        for second, ((enroll_id, name), count) in enumerate(itertools.product(people, range(len(numbers))))
    ]
    entries[5] = replace(entries[5], time=None)
    await ledger.keep(SERIAL, entries)
    await ledger.keep(OTHER, entries)
    await ledger.update_people(SERIAL, [], [Named(1, "Grace", NOW), Named(1, "", NOW + timedelta(seconds=9))])
    told = [one async for part in ledger.export_as(told_of) for one in part]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    stored = await everything(ledger)
    assert len(stored) == 2 * len(entries)
    assert {record.person for record in stored} == {None, "", "Ada", "Grace", entries[16].name}
    assert told == [
        (
            record.serial,
            *((at - epoch) // timedelta(microseconds=1) for at in (record.entry.occurred_at, record.entry.received_at)),
            record.person,
            record.entry.enroll_id,
            record.entry.mode,
            record.entry.reader,
            record.entry.event,
            record.entry.verify_mode,
            record.entry.temperature,
            record.entry.is_time_known,
            record.entry.granted,
            record.entry.decided_by,
        )
        for record in stored
    ]


async def test_export_of_nothing(ledger: Ledger) -> None:
    assert await everything(ledger) == []
    assert [size async for size in ledger.export_as(count_of)] == []


async def test_purge_leaves_what_is_younger(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, punches(1000))
    await ledger.keep(SERIAL, punches(500, 1000))
    assert await ledger.purge([SERIAL], NOW + timedelta(seconds=1234)) == {SERIAL: 1232}
    assert await ledger.count() == {SERIAL: 268}
    oldest = await ledger.oldest()
    assert oldest is not None
    assert oldest.entry == punch(1232)  # which arrived two seconds later
    assert await ledger.purge([SERIAL], NOW) == {}


async def test_purge_lets_records_in_between(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, punches(1000))
    purging = asyncio.create_task(ledger.purge([SERIAL], NOW + timedelta(seconds=1002)))
    results = await asyncio.gather(*(ledger.keep(OTHER, [punch(second)]) for second in range(2000, 2010)))
    assert all(result.news == 1 for result in results)
    assert await purging == {SERIAL: 1000}
    assert await ledger.count() == {OTHER: 10}


async def test_id_of_a_purged_record_is_never_given_again(ledger: Ledger) -> None:
    """Whoever counts on from an id would miss the record that got it (see hours)."""
    await ledger.keep(SERIAL, [punch(1), punch(0)])
    highest = max(record.id for record in await everything(ledger))
    assert await ledger.purge([SERIAL], NOW + timedelta(days=1)) == {SERIAL: 2}
    await ledger.keep(SERIAL, [punch(2)])
    newest = await ledger.newest()
    assert newest is not None
    assert newest.id > highest


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", "1.-2", "9" * 30 + ".1", "\u0661.\u0662"])
async def test_bad_cursor_is_refused(file_ledger: Ledger, cursor: str) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.records(after=cursor)
    assert (caught.value.field, caught.value.problem) == ("after", Problem.NOT_A_CURSOR)


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_bad_limit_is_refused(file_ledger: Ledger, limit: int) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.records(limit=limit)
    assert (caught.value.field, caught.value.problem) == ("limit", Problem.OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("serials", "ZX1", Problem.NOT_A_TEXT),
        ("serials", ["ZX1"] * 1001, Problem.TOO_MANY),
        ("enroll_ids", ["1"], Problem.NOT_A_NUMBER),
        ("enroll_ids", [2**63], Problem.OUT_OF_RANGE),
        ("modes", [1.5], Problem.NOT_A_NUMBER),
        ("methods", [-(2**63)], Problem.OUT_OF_RANGE),
        ("since", NOON, Problem.NOT_A_DATE),
        ("until", NOON, Problem.NOT_A_DATE),
    ],
)
def test_bad_filter_is_refused(field: str, value: Any, problem: Problem) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        RecordFilter(**{field: value})
    assert (caught.value.field, caught.value.problem) == (field, problem)


async def test_naive_times_are_refused(file_ledger: Ledger) -> None:
    with pytest.raises(LedgerInvalid):
        await file_ledger.purge([SERIAL], NOON)


async def test_a_question_sees_one_moment_however_long_it_takes(ledger: Ledger) -> None:
    """On every database: what a terminal is called that has come meanwhile, nobody has read yet."""
    loop = asyncio.get_running_loop()
    await ledger.keep(SERIAL, punches(3))

    def _look(connection: Connection) -> object:
        return serials(connection), newest_id(connection), page(connection, RecordFilter(), limit=9)

    def _twice(connection: Connection) -> tuple[object, object]:
        before = _look(connection)
        asyncio.run_coroutine_threadsafe(ledger.keep(OTHER, punches(2)), loop).result(SECONDS)
        return before, _look(connection)

    before, still = await ledger._reader.ask(_twice)
    assert still == before
    assert await ledger._reader.ask(_look) != before
    assert await ledger.count() == {SERIAL: 3, OTHER: 2}


def the_file(connection: Connection) -> sqlite3.Connection:
    """Return what a question is asked of, as SQLite knows it; the next question is asked of the same."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


async def plans_of(ledger: Ledger, question: Callable[[Ledger], Any]) -> list[str]:
    """Return how SQLite finds the records of a question."""
    asked: list[str] = []
    await ledger._reader.ask(lambda connection: the_file(connection).set_trace_callback(asked.append))
    await question(ledger)

    def _plans(connection: Connection) -> list[str]:
        file = the_file(connection)
        file.set_trace_callback(None)
        said = [statement for statement in asked if "FROM records" in statement]
        return [plan for statement in said for *_, plan in file.execute(f"EXPLAIN QUERY PLAN {statement}")]

    return await ledger._reader.ask(_plans)


# Each with whether it may sort what it has counted.
QUESTIONS: dict[str, tuple[Callable[[Ledger], Any], bool]] = {
    "first page": (lambda ledger: ledger.records(), False),
    "next page": (lambda ledger: ledger.records(after="1.1"), False),
    "page of a terminal": (lambda ledger: ledger.records(RecordFilter(serials=[SERIAL]), after="1.1"), False),
    "page of a range": (lambda ledger: ledger.records(RecordFilter(serials=[SERIAL], since=NOW), after="1.1"), False),
    "page of a person": (lambda ledger: ledger.records(RecordFilter(enroll_ids=[17]), after="1.1"), False),
    "export": (lambda ledger: ledger.records(after="1.1", oldest_first=True), False),
    "last seen": (lambda ledger: ledger.last_seen(SERIAL, NOW), True),
    "latest readers": (lambda ledger: ledger.latest_readers(SERIAL, NOW), True),
    "count": (lambda ledger: ledger.count(RecordFilter(serials=[SERIAL], since=NOW)), False),
    "attendance": (lambda ledger: ledger.attendance(NOON.date(), NOON.date(), UTC), True),
    "hours": (lambda ledger: ledger.hours(7), True),
}


@pytest.mark.parametrize(("question", "sorts"), QUESTIONS.values(), ids=QUESTIONS)
async def test_questions_use_an_index(file_ledger: Ledger, question: Callable[[Ledger], Any], sorts: bool) -> None:
    """None reads the whole table, nor sorts records that an index has in order; on SQLite, which says so."""
    await file_ledger.keep(SERIAL, punches(3))
    plans = await plans_of(file_ledger, question)
    assert plans
    allowed = ("SEARCH records", "SCAN records USING INDEX records_occurred", *(("USE TEMP B-TREE",) if sorts else ()))
    assert [plan for plan in plans if not plan.startswith(allowed)] == []


@pytest.mark.parametrize("serials", [None, [SERIAL], [SERIAL, OTHER]])
@pytest.mark.parametrize("others", [0, 1])
async def test_what_is_rare_is_found_by_its_index(file_ledger: Ledger, serials: list[str] | None, others: int) -> None:
    """However many terminals there are, and whether all or some are asked for.

    Where several are, the nearest records of all are looked through before: all there are, if these are few.
    """
    for serial in (SERIAL, OTHER)[: 1 + others]:
        await file_ledger.keep(serial, punches(100, mode=1))
    rare = [RecordFilter(serials=serials, methods=[13])]
    for where in rare if serials is None else [*rare, RecordFilter(serials=serials[:1], methods=[1])]:
        plans = await plans_of(file_ledger, partial(Ledger.records, where=where, limit=1))
        assert any(
            "USING INDEX records_method" in plan or "USING COVERING INDEX records_method" in plan for plan in plans
        )
        # That is how far the nearest ones go, and no further.
        nearest = "SCAN records USING COVERING INDEX records_occurred"
        assert [plan for plan in plans if "SCAN records" in plan and plan != nearest] == []


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_a_page_deep_in_a_range_is_looked_up_where_it_begins(file_ledger: Ledger, oldest_first: bool) -> None:
    """SQLite walks to it through nothing that was on pages before; it is asked to say every hundred of its steps."""
    await file_ledger.keep(SERIAL, punches(1000))
    where = RecordFilter(since=NOW, until=NOW + timedelta(days=1))
    steps = [0]

    def _count() -> None:
        steps[-1] += 1

    await file_ledger._reader.ask(lambda connection: the_file(connection).set_progress_handler(_count, 100))
    page = await file_ledger.records(where, limit=300, oldest_first=oldest_first)
    while page.next is not None:
        steps.append(0)
        page = await file_ledger.records(where, limit=300, after=page.next, oldest_first=oldest_first)
    assert len(steps) == 4
    # The first has no cursor to compare with, and the last is shorter.
    assert steps[2] < 1.1 * steps[1]


moments = st.integers(0, 5).map(lambda second: timedelta(seconds=second))
rows = st.lists(
    st.tuples(st.sampled_from(["A", "B"]), st.sampled_from([None, 0, 1, 2]), moments, st.sampled_from([1, 8])),
    max_size=20,
    unique=True,
)
filters = st.builds(
    RecordFilter,
    serials=st.none() | st.lists(st.sampled_from(["A", "B", "C"]), max_size=2),
    enroll_ids=st.none() | st.lists(st.integers(0, 2), max_size=2),
    since=st.none() | moments.map(lambda moment: NOW + moment),
    until=st.none() | moments.map(lambda moment: NOW + moment),
    modes=st.none() | st.lists(st.sampled_from([1, 8]), max_size=2),
    methods=st.none() | st.lists(st.sampled_from([1, 8, 13]), max_size=2),
    kind=st.none() | st.sampled_from(RecordKind),
)
examples = itertools.count()


def lets_through(where: RecordFilter, serial: str, entry: Entry) -> bool:
    """Say in Python what a filter means."""
    kind = {None: None, 0: RecordKind.DOOR}.get(entry.enroll_id, RecordKind.PUNCH)
    return all(
        (
            where.serials is None or serial in where.serials,
            where.enroll_ids is None or entry.enroll_id in where.enroll_ids,
            where.since is None or entry.occurred_at >= where.since,
            where.until is None or entry.occurred_at < where.until,
            where.modes is None or entry.mode in where.modes,
            where.methods is None or (DOOR_METHOD if entry.enroll_id == 0 else entry.mode) in where.methods,
            where.kind is None or kind is where.kind,
        )
    )


@pytest.fixture(params=[None, (0, 1), (1, 2)], ids=["as it is", "none near", "few near"])
def near(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Have few records looked through before what is rare is looked for, and return the ways that were taken."""
    if request.param is not None:
        monkeypatch.setattr(rare, "_NEAR", request.param)
        monkeypatch.setattr(rare, "_PARTS", 2)
    taken: set[str] = set()
    plain = rare.ways_to_find

    def _noted(*args: Any) -> Iterator[rare.WayToFind]:
        for way in plain(*args):
            assert isinstance(way.shape, tuple)
            taken.add(way.shape[0])
            yield way

    monkeypatch.setattr(records, "ways_to_find", _noted)
    return taken


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, where=filters, limit=st.integers(1, 7), oldest_first=st.booleans())
async def test_any_filter_and_page_equal_a_sorted_list(
    ledger: Ledger,
    near: set[str],
    rows: list[tuple[str, int | None, timedelta, int]],
    where: RecordFilter,
    limit: int,
    oldest_first: bool,
) -> None:
    prefix = f"ZX{next(examples)}-"
    entries = [
        (serial, replace(PUNCH, enroll_id=enroll_id, time=NOON + moment, occurred_at=NOW + moment, mode=mode))
        for serial, enroll_id, moment, mode in rows
    ]
    for serial, entry in entries:
        await ledger.keep(prefix + serial, [entry])
    mine = replace(where, serials=[prefix + serial for serial in (where.serials or ("A", "B"))])
    if where.serials == []:
        mine = where
    expected = [(prefix + serial, entry) for serial, entry in entries if lets_through(where, serial, entry)]
    expected.sort(key=lambda pair: pair[1].occurred_at)  # stable, and ids grow in the order of keeping
    if not oldest_first:
        expected.reverse()
    seen: list[StoredRecord] = []
    after: str | None = None
    while True:
        page = await ledger.records(mine, limit=limit, after=after, oldest_first=oldest_first)
        assert len(page.records) <= limit
        seen.extend(page.records)
        if (after := page.next) is None:
            break
    assert [(record.serial, record.entry) for record in seen] == expected
    assert sum((await ledger.count(mine)).values()) == len(expected)


async def test_every_way_to_find_gives_the_same_pages(ledger: Ledger, near: set[str]) -> None:
    """Of many terminals, of which several told something at the same time, in both orders, without what came later."""
    names = [f"ZX{number}" for number in range(8)]
    for place, name in enumerate(names):
        some = [punch(turn // 3, enroll_id=turn % 3, mode=13 if (turn + place) % 7 == 0 else 3) for turn in range(24)]
        await ledger.keep(name, some)
    before = await everything(ledger)
    up_to = max(record.id for record in before)
    for name in names:
        await ledger.keep(name, [punch(second, enroll_id=who, mode=13) for second in (0, 4, 9) for who in (0, 9)])
    several = [
        RecordFilter(serials=names[1:2], kind=RecordKind.DOOR),
        RecordFilter(serials=[*names[2:4], "ZX9"], kind=RecordKind.DOOR),
        RecordFilter(serials=names[5:7]),
        RecordFilter(serials=names[3:], methods=[13]),
        RecordFilter(methods=[13]),
        RecordFilter(methods=[13, 8], kind=RecordKind.PUNCH),
        RecordFilter(serials=["ZX9"], methods=[13]),
    ]
    begins, ends = (None, NOW + timedelta(seconds=2)), (None, NOW + timedelta(seconds=6))
    filters = [
        replace(which, since=since, until=until) for which, since, until in itertools.product(several, begins, ends)
    ]
    for where, oldest_first in itertools.product(filters, (True, False)):
        expected = [record for record in before if lets_through(where, record.serial, record.entry)]
        seen: list[StoredRecord] = []
        after: str | None = None
        while True:
            some_of = partial(page, where=where, limit=4, after=after, oldest_first=oldest_first, up_to=up_to)
            part = await ledger._reader.ask(some_of)
            seen += part.records
            if (after := part.next) is None:
                break
        assert seen == (expected if oldest_first else expected[::-1]), where
    assert near == {"in order", "nearby", "ids"}


async def test_at_which_reader_each_person_was_last(ledger: Ledger) -> None:
    out = replace(punch(9, enroll_id=1, live=False), reader=1)
    await ledger.keep(SERIAL, [*punches(4, enroll_id=1), punch(2, enroll_id=2), out, DOOR, STRANGER])
    assert set(await ledger.latest_readers(SERIAL, NOW)) == {
        LastSeen(1, PUNCH.name, out.occurred_at, 1),
        LastSeen(2, PUNCH.name, NOW + timedelta(seconds=2), PUNCH.reader),
    }
    assert await ledger.latest_readers("ZX9", NOW) == ()


async def test_questions_about_many_give_way(file_ledger: Ledger, rests: list[Rest]) -> None:
    """A roster of thousands, who was there last, and years of hours; and so does taking a list of people."""
    many = range(1, 61)
    people = [Person(enroll_id=number, name=f"Person {number}") for number in many]
    await file_ledger.keep(SERIAL, [punch(number * 3_600, enroll_id=number) for number in many])
    # With how often each of many is looked at: who was there last also for whose name it was, and for names of then.
    asked: list[tuple[int, Callable[[], Awaitable[object]]]] = [
        (1, lambda: file_ledger.keep_people(SERIAL, people, complete=True)),
        (1, lambda: file_ledger.people(SERIAL)),
        (4, lambda: file_ledger.last_seen(SERIAL, NOW)),
        (3, lambda: file_ledger.latest_readers(SERIAL, NOW)),
        (1, file_ledger.hours),
    ]
    for times, ask in asked:
        rests.clear()
        await ask()
        assert len(rests) >= times * (len(many) // 3 - 1)
    assert [person.name for person in await file_ledger.people(SERIAL)] == [person.name for person in people]
