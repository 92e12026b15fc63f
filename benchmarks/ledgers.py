"""Ledgers of many records, made by one statement, and kept between runs outside the project."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
import os
from pathlib import Path
import sqlite3
from time import perf_counter

from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Ledger
from custom_components.timmy_access.ledger.migrations import MIGRATIONS

from .building import serials_of

TERMINALS = 20
PEOPLE = 500
# A punch every twenty seconds, day and night: ten million are six years of a busy building.
SECONDS = 20
END = 1_790_000_000
END_TIME = datetime.fromtimestamp(END, UTC)
SERIALS: Sequence[str] = serials_of(TERMINALS)
# At this terminal, by its place, no door tells anything.
WITHOUT_DOOR = 7
# Every seventh punch is by a card, a few by face, the others by fingerprint, and none by a QR code.
CARD, FACE, QR_CODE = 3, 8, 13

# Numbers that look like chance and are the same everywhere: of terminals and of people.
_PLACE = f"(((i * 2654435761) >> 7) % {TERMINALS})"
_PERSON = f"(1 + ((i * 40503) >> 3) % {PEOPLE})"
_IS_DOOR = f"(i % 4 = 0 AND {_PLACE} <> {WITHOUT_DOOR})"
_ROWS = f"""
INSERT INTO records (terminal_id, time, enroll_id, mode, reader, event, name, occurred_at, received_at, live, apart)
SELECT
    1 + {_PLACE},
    {END} - (:records - i) * {SECONDS},
    CASE WHEN {_IS_DOOR} THEN 0 ELSE {_PERSON} END,
    CASE WHEN {_IS_DOOR} THEN 0 WHEN i % 7 = 1 THEN {CARD} WHEN i % 11 = 1 THEN {FACE} ELSE 1 END,
    (i >> 2) % 2,
    CASE WHEN {_IS_DOOR} THEN (i >> 3) % 2 ELSE 0 END,
    CASE WHEN {_IS_DOOR} THEN NULL ELSE 'Person ' || {_PERSON} END,
    ({END} - (:records - i) * {SECONDS}) * 1000000,
    ({END} - (:records - i) * {SECONDS} + 1) * 1000000,
    :live,
    0
FROM numbers
"""  # noqa: S608 - numbers of our own


def folder() -> Path:
    """Return where ledgers are kept between runs."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "timmy-access" / "bench"


async def sqlite_ledger(records: int) -> URL:
    """Return the file of a ledger with so many records, made where it is not there yet, or of an older version."""
    path = folder() / f"{records}-{len(MIGRATIONS)}.db"
    url = URL.create("sqlite", database=str(path))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"{records}-*"):
            old.unlink()
        begun = perf_counter()
        unfinished = path.with_suffix(".new")
        await _empty(URL.create("sqlite", database=str(unfinished)))
        await asyncio.to_thread(_fill_file, unfinished, records)
        unfinished.rename(path)
        print(f"a ledger of {records:,} records made in {perf_counter() - begun:.0f} s", flush=True)
    return url


async def fill_server(url: URL, records: int) -> None:
    """Fill an empty database of PostgreSQL with so many records."""
    await _empty(url)
    await asyncio.to_thread(_fill_server, url, records)


async def _empty(url: URL) -> None:
    ledger = Ledger(url)
    await ledger.start()
    try:
        if not ledger.health.available:
            raise RuntimeError(f"no ledger: {ledger.health}")
    finally:
        await ledger.close()


def _fill_file(path: Path, records: int) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -400000")
        # Sorted once at the end, an index is made in a tenth of the time.
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'records' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        database.executemany("INSERT INTO terminals (id, serial) VALUES (?, ?)", enumerate(SERIALS, 1))
        numbers = "WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :records)"
        statement = _ROWS.replace("SELECT", f"{numbers}\nSELECT", 1)
        database.execute(statement, {"records": records, "live": 1})
        for _, made in indexes:
            database.execute(made)
    finally:
        database.close()


def _fill_server(url: URL, records: int) -> None:
    engine = create_engine(url.set(drivername="postgresql+psycopg2"))
    try:
        with engine.begin() as connection:
            for number, serial in enumerate(SERIALS, 1):
                connection.exec_driver_sql("INSERT INTO terminals (id, serial) VALUES (%s, %s)", (number, serial))
            said = _ROWS.replace("%", "%%").replace(":records", str(records)).replace(":live", "true")
            connection.exec_driver_sql(
                said.replace("FROM numbers", f"FROM generate_series(0::bigint, {records - 1}) AS numbers (i)")
            )
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE records")
    finally:
        engine.dispose()
