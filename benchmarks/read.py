"""How long questions about the log take that has a hundred thousand, a million and ten million records."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
import sqlite3
import tempfile
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from custom_components.timmy_access.ledger import AttendanceDay, Ledger, Page, RecordFilter, RecordKind
from custom_components.timmy_access.ledger.rows import Row
from homeassistant.util import dt as dt_util
from scripts.database_servers import PostgreSQLServer, serving

from .by_hand import PAGE, page_by_hand
from .exports import export, export_by_hand
from .figures import MILLISECONDS, Figure, latency, median
from .ledgers import (
    CARD,
    END,
    END_TIME,
    FACE,
    PEOPLE,
    QR_CODE,
    SECONDS,
    SERIALS,
    TERMINALS as PLACES,
    WITHOUT_DOOR,
    fill_server,
    sqlite_ledger,
)
from .steps import Steps

PART = "read"
SIZES = (100_000, 1_000_000)
QUICK_SIZES = SIZES[:1]
LARGEST = 10_000_000
# A server is filled anew each time.
SERVER_SIZE, QUICK_SERVER_SIZE = 1_000_000, 10_000
# A machine is faster and slower now and then: the middle one of so many is of a moment that both sides had.
ROUNDS = 60
# A month of attendance and an export take as long as hundreds of pages or more: the fastest of so many counts.
TIMES, QUICK_TIMES = 3, 1
# Looked for near by and then at each terminal; who writes a statement by hand knows that nothing is there.
PUT_TOGETHER = frozenset({"nothing: a method nobody uses"})
# What nobody notices when they turn a page.
PAGE_MILLISECONDS = 50
STEP_MILLISECONDS = 20
EXPORT = 1_000_000
EXPORT_RATE = 100_000
ZONE = ZoneInfo("Europe/Berlin")
# The last days of the ledgers, which all of them have.
MONTH = (date(2026, 8, 21), date(2026, 9, 20))
MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Question:
    """A page of the log, and the best way to ask for it by hand: what comes after FROM, but for its order."""

    where: RecordFilter
    by_hand: str
    after: str | None = None


def questions(records: int) -> Mapping[str, Question]:
    """Return what people ask of a log, by what it is called."""
    middle = END - records // 2 * SECONDS
    since = END_TIME - timedelta(seconds=records // 2 * SECONDS)
    place, person = 4, 77
    one, every = [SERIALS[place - 1]], SERIALS
    among = f"terminal_id IN ({', '.join(map(str, range(1, PLACES + 1)))})"
    day = f"occurred_at >= {middle * MICROSECONDS} AND occurred_at < {(middle + 86_400) * MICROSECONDS}"
    ask = partial(RecordFilter, serials=every)
    return {
        "first page": Question(where=ask(), by_hand="records WHERE 1"),
        "deep page": Question(
            where=ask(),
            after=f"{middle * MICROSECONDS}.{records // 2}",
            by_hand=f"records WHERE (occurred_at, id) < ({middle * MICROSECONDS}, {records // 2})",
        ),
        "person": Question(where=ask(enroll_ids=[person]), by_hand=f"records WHERE enroll_id = {person}"),
        "terminal": Question(where=ask(serials=one), by_hand=f"records WHERE terminal_id = {place}"),
        "three terminals": Question(
            where=ask(serials=SERIALS[:3]), by_hand="records WHERE terminal_id + 0 IN (1, 2, 3)"
        ),
        "person at a terminal": Question(
            where=ask(serials=one, enroll_ids=[person]),
            by_hand=f"records WHERE enroll_id = {person} AND terminal_id + 0 = {place}",
        ),
        "card": Question(where=ask(methods=[CARD]), by_hand=f"records WHERE method + 0 = {CARD}"),
        "face at a terminal": Question(
            where=ask(serials=one, methods=[FACE]),
            by_hand=f"records WHERE terminal_id = {place} AND method = {FACE}",
        ),
        "doors": Question(where=ask(kind=RecordKind.DOOR), by_hand="records WHERE enroll_id = 0"),
        "people": Question(where=ask(kind=RecordKind.PUNCH), by_hand="records WHERE enroll_id + 0 <> 0"),
        "day": Question(where=ask(since=since, until=since + timedelta(days=1)), by_hand=f"records WHERE {day}"),
        "nothing: a method nobody uses": Question(
            where=ask(methods=[QR_CODE]), by_hand=f"records WHERE {among} AND method = {QR_CODE}"
        ),
        "nothing: a person nobody is": Question(
            where=ask(enroll_ids=[PEOPLE + 1]), by_hand=f"records WHERE enroll_id = {PEOPLE + 1}"
        ),
        "nothing: doors where none are": Question(
            where=ask(serials=[SERIALS[WITHOUT_DOOR]], kind=RecordKind.DOOR),
            by_hand=f"records WHERE enroll_id + 0 = 0 AND method = -2 AND terminal_id = {WITHOUT_DOOR + 1}",
        ),
        "nothing: a day to come": Question(
            where=ask(since=END_TIME + timedelta(days=3)),
            by_hand=f"records WHERE occurred_at >= {(END + 3 * 86_400) * MICROSECONDS}",
        ),
    }


class Asked:
    """One ledger, and the same database by hand."""

    def __init__(self, ledger: Ledger, by_hand: Callable[[str], Sequence[Any]], steps: Steps, times: int) -> None:
        """Ask a ledger, and by a function that returns the rows of a statement; for what takes long so many times."""
        self._ledger = ledger
        self._by_hand = by_hand
        self._steps = steps
        self._times = times

    async def page(self, question: Question) -> tuple[float, float]:
        """Return the seconds that a page takes, and by hand, in turns."""
        statement = (
            f"SELECT id, terminal_id, {', '.join(Row._fields)} FROM {question.by_hand} "  # noqa: S608 - of our own words
            f"ORDER BY occurred_at DESC, id DESC LIMIT {PAGE + 1}"
        )

        async def ask() -> Page:
            return await self._ledger.records(question.where, limit=PAGE, after=question.after)

        async def ask_by_hand() -> Page:
            return await asyncio.to_thread(page_by_hand, self._by_hand, statement)

        taken = await self.in_turns(ask, ask_by_hand, ROUNDS)
        return median(taken[0]), median(taken[1])

    def bare(self, question: Question) -> float:
        """Return the least seconds of the statement alone, of which no records are made; to be called in a thread."""
        statement = f"SELECT * FROM {question.by_hand} ORDER BY occurred_at DESC, id DESC LIMIT {PAGE + 1}"  # noqa: S608 - of our own words
        taken = []
        for _ in range(ROUNDS):
            begun = perf_counter()
            self._by_hand(statement)
            taken.append(perf_counter() - begun)
        return min(taken)

    async def counts(self) -> tuple[float, float]:
        """Return the seconds that it takes to count all."""
        statement = "SELECT terminal_id, COUNT(*) FROM records GROUP BY terminal_id"

        async def ask() -> int:
            return len(await self._ledger.count(RecordFilter(serials=SERIALS)))

        async def ask_by_hand() -> int:
            return len(await asyncio.to_thread(self._by_hand, statement))

        return least(await self.in_turns(ask, ask_by_hand, 2))

    async def attendance(self) -> tuple[float, float]:
        """Return the seconds for a month of attendance, as the panel asks for it; by hand only its punches are read."""
        first, last = ((day - date(1970, 1, 1)).days * 86_400 * MICROSECONDS for day in MONTH)
        statement = (
            "SELECT terminal_id, enroll_id, name, occurred_at FROM records "  # noqa: S608 - numbers of our own
            f"WHERE occurred_at >= {first} AND occurred_at < {last} AND enroll_id <> 0"
        )
        where = RecordFilter(serials=SERIALS)
        people: set[int | None] = set()

        async def ask() -> int:
            people.update(await self._ledger.over_attendance(_people, *MONTH, ZONE, where))
            return 0

        def read() -> int:
            self._by_hand(statement)  # and forget it here, which for a hundred thousand rows takes a while
            return 0

        async def ask_by_hand() -> int:
            return await asyncio.to_thread(read)

        taken = await self.in_turns(ask, ask_by_hand, self._times)
        if len(people) != PEOPLE:
            raise RuntimeError(f"{len(people)} people were there")
        return least(taken)

    async def in_turns[T](
        self, ask: Callable[[], Awaitable[T]], by_hand: Callable[[], Awaitable[T]], rounds: int
    ) -> tuple[list[float], list[float]]:
        """Return the seconds that each of both took, in turns, once they have answered the same."""
        if (found := await ask()) != (wanted := await by_hand()):
            raise RuntimeError(f"{str(found)[:200]} found instead of {str(wanted)[:200]}")
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for one, into in zip((ask, by_hand), taken, strict=True):
                async with self._steps.watched():
                    begun = perf_counter()
                    await one()
                    into.append(perf_counter() - begun)
        return taken


def _people(days: Iterable[AttendanceDay]) -> set[int]:
    return {day.enroll_id for day in days}


def least(taken: tuple[Sequence[float], Sequence[float]]) -> tuple[float, float]:
    """Return the least seconds of both, which other things disturbed least: of what takes long there are few."""
    return min(taken[0]), min(taken[1])


@asynccontextmanager
async def opened(path: Path, steps: Steps, times: int = TIMES) -> AsyncGenerator[tuple[Ledger, Asked]]:
    """Open a file as a ledger, and by hand."""
    ledger = Ledger(URL.create("sqlite", database=str(path)))
    connection = sqlite3.connect(path, check_same_thread=False)
    await ledger.start()
    try:
        yield ledger, Asked(ledger, lambda statement: connection.execute(statement).fetchall(), steps, times)
    finally:
        connection.close()
        await ledger.close()


async def measure_file(records: int, steps: Steps, times: int = TIMES) -> tuple[list[Figure], dict[str, float]]:
    """Return the figures of a file of so many records, and the seconds of each page."""
    path = Path((await sqlite_ledger(records)).database or "")
    async with opened(path, steps, times) as (ledger, asked):
        figures, pages = await _measure_pages(asked, f"{records:,}", records)
        with tempfile.TemporaryDirectory() as folder:
            rate, exported = await _measure_export(ledger, f"{records:,}", records, Path(folder), steps, times)
            bare = await asyncio.to_thread(export_by_hand, path, min(records, EXPORT), Path(folder) / "bare.csv")
    return [
        *figures,
        *exported,
        Figure(part=PART, measure=f"{records:,}: export, by a loop", value=rate, limit=bare, unit="/s"),
    ], pages


async def measure_server(records: int, steps: Steps, times: int = TIMES) -> list[Figure]:
    """Return the figures of PostgreSQL, where it is installed."""
    if (binaries := PostgreSQLServer.binaries()) is None:
        return []
    with serving(PostgreSQLServer, binaries, "postgres") as server:
        url = make_url(server.url(server.new_database()))
        await fill_server(url, records)
        engine = create_engine(url.set(drivername="postgresql+psycopg2"))
        ledger = Ledger(url)
        await ledger.start()
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                cursor = connection.connection.cursor()

                def by_hand(text: str) -> Sequence[Any]:
                    cursor.execute(text.replace("WHERE 1 ", "WHERE true "))
                    return cursor.fetchall()

                asked = Asked(ledger, by_hand, steps, times)
                name = f"PostgreSQL, {records:,}"
                figures, _ = await _measure_pages(asked, name, records)
                with tempfile.TemporaryDirectory() as folder:
                    _, exported = await _measure_export(ledger, name, records, Path(folder), steps, times)
                figures += exported
        finally:
            await ledger.close()
            engine.dispose()
    return figures


async def _measure_pages(asked: Asked, name: str, records: int) -> tuple[list[Figure], dict[str, float]]:
    """Return the figures of pages, counts and attendance, and the seconds of each page."""
    figures, pages = [], {}
    for what, question in questions(records).items():
        seconds, limit = await asked.page(question)
        pages[what] = seconds
        figures += [
            latency(PART, f"{name}: {what}", seconds, limit=limit, target="" if what in PUT_TOGETHER else "<= 2"),
            latency(PART, f"{name}: {what}, the bare statement", await asyncio.to_thread(asked.bare, question)),
        ]
    seconds, limit = await asked.counts()
    figures.append(latency(PART, f"{name}: counts", seconds, limit=limit))
    slowest = max(pages.values())
    figures.append(latency(PART, f"{name}: slowest page", slowest, target=f"<= {PAGE_MILLISECONDS}"))
    seconds, limit = await asked.attendance()
    figures += [
        latency(PART, f"{name}: attendance of a month", seconds, limit=limit),
        Figure(part=PART, measure=f"{name}: attendance", value=seconds, unit="s", target="<= 1"),
    ]
    return figures, pages


async def _measure_export(
    ledger: Ledger, name: str, records: int, folder: Path, steps: Steps, times: int
) -> tuple[float, list[Figure]]:
    """Return how many records a second of our own processor an export writes, and the figures of it."""
    file = folder / "log.csv"
    rate, on_the_wall = max([await export(ledger, min(records, EXPORT), file, steps) for _ in range(times)])
    unit = "records/s of processor"
    return rate, [
        Figure(part=PART, measure=f"{name}: export", value=rate, unit=unit, target=f">= {EXPORT_RATE}"),
        Figure(part=PART, measure=f"{name}: export, on the wall", value=on_the_wall, unit="records/s"),
    ]


async def make_files() -> None:
    """Make the smaller ledgers."""
    for size in SIZES:
        await sqlite_ledger(size)


async def make_largest() -> None:
    """Make the largest ledger, which takes minutes, and the one that it is compared with."""
    for size in (SIZES[-1], LARGEST):
        await sqlite_ledger(size)


async def measure_files(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - ledgers are kept elsewhere
    """Return the figures of the smaller ledgers in SQLite; of the smallest alone where that is to be quick."""
    steps = _begun()
    figures: list[Figure] = []
    sizes, times = (QUICK_SIZES, QUICK_TIMES) if quick else (SIZES, TIMES)
    for size in sizes:
        figures += (await measure_file(size, steps, times))[0]
    return [*figures, _longest("SQLite", steps)]


async def measure_largest(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - as above, and not quick
    """Return the figures of the largest ledger, and how pages have grown since the one before."""
    steps = _begun()
    async with opened(Path((await sqlite_ledger(SIZES[-1])).database or ""), steps) as (_, asked):
        before = {what: (await asked.page(question))[0] for what, question in questions(SIZES[-1]).items()}
    figures, pages = await measure_file(LARGEST, steps)
    # A millisecond more is nothing that grows.
    growth = max((seconds - 1 / MILLISECONDS) / before[what] for what, seconds in pages.items())
    name = f"growth of a page from {SIZES[-1]:,} to {LARGEST:,}"
    figures.append(Figure(part=PART, measure=name, value=growth, unit="", target="<= 1.5"))
    return [*figures, _longest(f"{LARGEST:,}", steps)]


async def measure_servers(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - a server has a folder of its own
    """Return the figures of a database server."""
    steps = _begun()
    size, times = (QUICK_SERVER_SIZE, QUICK_TIMES) if quick else (SERVER_SIZE, TIMES)
    return [*await measure_server(size, steps, times), _longest("PostgreSQL", steps)]


def _begun() -> Steps:
    dt_util.set_default_time_zone(ZONE)
    return Steps()


def _longest(name: str, steps: Steps) -> Figure:
    measure = f"{name}: longest step of the event loop, processor"
    return latency(PART, measure, steps.worst, target=f"< {STEP_MILLISECONDS}")
