"""Entries, and ledgers that wait for nothing longer than a test may."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Entry, Health, Ledger, Limits, RecordFilter, StoredRecord
from custom_components.timmy_access.ledger.drivers import with_driver
from custom_components.timmy_access.ledger.url import read_url

SERIAL = "ZX00000001"
NOON = datetime(2026, 11, 24, 12, 0, 0)  # noqa: DTZ001 - terminals speak naive local time
NOW = datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC)
PUNCH = Entry(
    enroll_id=17,
    time=NOON,
    mode=1,
    reader=0,
    event=0,
    occurred_at=NOW,
    received_at=NOW + timedelta(seconds=2),
    live=True,
)
# How long a test waits for something before it fails.
SECONDS = 30.0
# Where several homes wait for each other, on a machine that is busy: none gives up before the test does.
PATIENT = Limits(busy=2 * SECONDS, commit=2 * SECONDS)
IMPATIENT = Limits(busy=0.2, connect=2.0, probe_first=0.01, probe_longest=0.05)


def punch(second: int = 0, **changes: Any) -> Entry:
    """Return a punch so many seconds after noon."""
    passed = timedelta(seconds=second)
    return replace(
        PUNCH,
        **{
            "time": NOON + passed,
            "occurred_at": NOW + passed,
            "received_at": NOW + passed + timedelta(seconds=2),
            **changes,
        },
    )


def punches(count: int, first: int = 0, **changes: Any) -> list[Entry]:
    return [punch(second, **changes) for second in range(first, first + count)]


async def everything(ledger: Ledger, where: RecordFilter | None = None) -> list[StoredRecord]:
    return [record async for record in ledger.export(where or RecordFilter())]


async def kept(ledger: Ledger, serial: str = SERIAL) -> Sequence[Entry]:
    return [record.entry for record in await everything(ledger, RecordFilter(serials=[serial]))]


@asynccontextmanager
async def running(url: str | URL, limits: Limits = IMPATIENT) -> AsyncGenerator[Ledger]:
    ledger = Ledger(url, limits)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close()


def engine_at(url: str | URL) -> Engine:
    """Return a way to a database past any ledger."""
    parsed = read_url(url)
    return create_engine(parsed if parsed.get_backend_name() == "sqlite" else with_driver(parsed))


class Watch:
    """Every change of a ledger's health, and a way to wait for one."""

    def __init__(self, ledger: Ledger) -> None:
        self.seen: list[Health] = []
        self._ledger = ledger
        self._changed = asyncio.Event()
        ledger.subscribe(self._note)

    async def until(self, test: Callable[[Health], bool]) -> Health:
        async with asyncio.timeout(SECONDS):
            while not test(self._ledger.health):
                self._changed.clear()
                await self._changed.wait()
        return self._ledger.health

    async def well(self) -> Health:
        return await self.until(lambda health: health.available)

    def _note(self, health: Health) -> None:
        self.seen.append(health)
        self._changed.set()
