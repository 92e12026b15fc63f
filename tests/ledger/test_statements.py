"""Statements that were put together for one question, asked again with other values."""

from datetime import timedelta
import gc
import sqlite3

from sqlalchemy import Connection

from custom_components.timmy_access.ledger import Ledger, RecordFilter
from custom_components.timmy_access.ledger.names import History
from custom_components.timmy_access.ledger.presence import Asked, Presence
from custom_components.timmy_access.ledger.terminals import serials
from custom_components.timmy_access.ledger.values import instant_of

from .support import NOW, SERIAL, everything, punch

# More than are asked for at once.
SERIALS = [f"ZX{number:08}" for number in range(1, 9)]
PEOPLE = 4
METHODS = (1, 3, 8)


async def test_the_same_question_with_other_values_has_its_own_answer(ledger: Ledger) -> None:
    for place, serial in enumerate(SERIALS):
        some = [
            punch(place + 10 * step, enroll_id=1 + (place + step) % PEOPLE, mode=METHODS[(place * step) % len(METHODS)])
            for step in range(9)
        ]
        await ledger.keep(serial, some)
    everybody = sorted(await everything(ledger), key=lambda record: (record.entry.occurred_at, record.id), reverse=True)
    times = [NOW + timedelta(seconds=second) for second in (15, 40, 65)]
    filters = [
        *(RecordFilter(serials=[serial]) for serial in SERIALS),
        *(RecordFilter(serials=SERIALS[first : first + 2]) for first in range(6)),
        *(RecordFilter(serials=[serial], enroll_ids=[who]) for serial in SERIALS[:3] for who in range(PEOPLE + 2)),
        *(RecordFilter(methods=[method]) for method in (*METHODS, 13)),
        *(RecordFilter(methods=[method, 13], since=since) for method in METHODS for since in times),
        *(RecordFilter(serials=SERIALS[:5], methods=[3], until=until) for until in times),
        *(RecordFilter(modes=[mode], since=since, until=times[-1]) for mode in METHODS for since in times[:2]),
        *(RecordFilter(kept_after=record.id, serials=[SERIALS[1]]) for record in everybody[::9]),
    ]
    for _ in range(2):  # the second time all statements are known
        for where in filters:
            wanted = [
                record
                for record in everybody
                if (where.serials is None or record.serial in where.serials)
                and (where.enroll_ids is None or record.entry.enroll_id in where.enroll_ids)
                and (where.methods is None or record.entry.mode in where.methods)
                and (where.modes is None or record.entry.mode in where.modes)
                and (where.since is None or record.entry.occurred_at >= where.since)
                and (where.until is None or record.entry.occurred_at < where.until)
                and (where.kept_after is None or record.id > where.kept_after)
            ]
            if where.kept_after is not None:
                wanted.sort(key=lambda record: record.id, reverse=True)
            first = await ledger.records(where, limit=4)
            assert list(first.records) == wanted[:4], where
            if where.kept_after is None and first.next is not None:
                second = await ledger.records(where, limit=4, after=first.next)
                assert list(second.records) == wanted[4:8], where


async def test_sqlite_plans_what_it_is_asked_again_no_second_time(file_ledger: Ledger) -> None:
    """It would where a statement's limit was bound; whoever is asked what may be read is asked when it plans."""
    for place, serial in enumerate(SERIALS):
        await file_ledger.keep(serial, [punch(place + 10 * step, enroll_id=1 + step % PEOPLE) for step in range(9)])
    planned: list[int] = []

    def _may(action: int, *_: str | None) -> int:
        if action == sqlite3.SQLITE_SELECT:
            planned.append(action)
        return sqlite3.SQLITE_OK

    def _watch(connection: Connection) -> None:
        file = connection.connection.driver_connection
        assert isinstance(file, sqlite3.Connection)
        file.set_authorizer(_may)

    filters = [
        RecordFilter(),
        RecordFilter(serials=SERIALS[:1], since=NOW),
        RecordFilter(serials=SERIALS[:2]),
        RecordFilter(enroll_ids=[1]),
        RecordFilter(methods=[1]),
        RecordFilter(serials=SERIALS, methods=[13]),
    ]
    await file_ledger._reader.ask(_watch)
    pages = [await file_ledger.records(where, limit=2) for where in filters]
    assert len(planned) >= len(filters)
    planned.clear()
    assert [await file_ledger.records(where, limit=2) for where in filters] == pages
    assert planned == []


async def test_punches_are_nothing_that_python_walks_through(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [punch(step * 300, enroll_id=1, reader=step % 2, name="Ada") for step in range(9)])
    begin, end = (instant_of("at", at) for at in (NOW, NOW + timedelta(days=1)))

    def walked(connection: Connection) -> tuple[int, list[object]]:
        known = serials(connection)
        found = Presence(Asked(RecordFilter(), {SERIAL: 0}, known, known, History({}))).within(connection, begin, end)
        gc.collect()
        made = [it for one in found.values() for it in (*one.sources, *one.stamps)]
        return len(made), [it for it in made if gc.is_tracked(it)]

    assert await ledger._reader.ask(walked) == (10, [])
