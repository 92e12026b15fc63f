"""The fastest loop that keeps records durably: a thread hop, a transaction and one `executemany` a call."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
import sqlite3
from typing import Any

from custom_components.timmy_access.ledger import Entry, Ledger
from custom_components.timmy_access.ledger.limits import MAX_ENTRIES
from custom_components.timmy_access.ledger.rows import Row, rows_of

SERIAL = "ZX00000001"
PEOPLE = 500
BEGINNING = datetime(2026, 1, 1)  # noqa: DTZ001 - terminals speak naive local time
COLUMNS = ("terminal_id", *Row._fields)
INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - no input


def entry(index: int) -> Entry:
    """Return a punch, each a second after the one before."""
    time = BEGINNING + timedelta(seconds=index)
    instant = time.replace(tzinfo=UTC)
    return Entry(
        enroll_id=1 + index % PEOPLE,
        time=time,
        mode=8,
        reader=0,
        event=0,
        occurred_at=instant,
        received_at=instant + timedelta(seconds=1),
        live=True,
        name=f"Person {index % PEOPLE}",
        temperature=36.5,
    )


def records(first: int, count: int) -> list[tuple[object, ...]]:
    """Return rows for `BareInserts`, of the punches from `first` on."""
    entries = (entry(index) for index in range(first, first + count))
    return [(1, *row) for part in batched(entries, MAX_ENTRIES, strict=False) for row in rows_of(part)]


def row(record: Mapping[str, Any]) -> tuple[object, ...]:
    """Return a record of a frame as a row, with nothing checked."""
    seconds = int(datetime.fromisoformat(record["time"]).replace(tzinfo=UTC).timestamp())
    said = Row(
        time=seconds,
        enroll_id=record["enrollid"],
        mode=record["mode"],
        reader=record["inout"],
        event=record["event"],
        apart=0,
        verify_mode=None,
        name=record["name"],
        temperature=record["temp"],
        extra=None,
        occurred_at=seconds * 1_000_000,
        received_at=seconds * 1_000_000,
        live=False,
        granted=None,
        decided_by=None,
    )
    return (1, *said)


async def make_database(path: Path) -> None:
    """Let the ledger make its tables in a file, and one terminal."""
    ledger = Ledger(f"sqlite:///{path}")
    await ledger.start()
    await ledger.keep(SERIAL, [entry(-1)])
    await ledger.close()


class BareInserts:
    """What any asyncio program needs to insert durably, and nothing else."""

    def __init__(self, path: Path) -> None:
        """Open a file that `make_database` has made."""
        self._thread = ThreadPoolExecutor(1)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
            self._db.execute(f"PRAGMA {setting}")

    async def keep(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Write rows in one transaction."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, rows)

    def close(self) -> None:
        """Close the file."""
        self._thread.shutdown()
        self._db.close()

    def _write(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(INSERT, rows)
        self._db.execute("COMMIT")
