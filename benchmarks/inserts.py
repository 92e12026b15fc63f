"""The fastest loop that keeps records durably: a thread hop, a transaction and one `executemany` a call.

It knows nothing of the integration, whose import would bring all of Home Assistant.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
import sqlite3
from typing import Any

# As the ledger has them (`ledger.rows.Row`, and the terminal before); a test compares.
COLUMNS = (
    *("terminal_id", "time", "enroll_id", "mode", "reader", "event", "apart", "verify_mode", "name", "temperature"),
    *("extra", "occurred_at", "received_at", "live", "granted", "decided_by"),
)
INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - no input


def row(record: Mapping[str, Any]) -> tuple[object, ...]:
    """Return a record of a frame as a row, with nothing checked."""
    seconds = int(datetime.fromisoformat(record["time"]).replace(tzinfo=UTC).timestamp())
    identity = (seconds, record["enrollid"], record["mode"], record["inout"], record["event"], 0)
    instant = seconds * 1_000_000
    return (1, *identity, None, record["name"], record["temp"], None, instant, instant, False, None, None)


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
