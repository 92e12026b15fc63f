"""What is measured beside the integration does nothing of what the integration does, and writes the same."""

import asyncio
from pathlib import Path
import sqlite3
import sys

import pytest

from benchmarks.durable import make_database
from benchmarks.inserts import COLUMNS, BareInserts, row
from benchmarks.startup import import_milliseconds
from custom_components.timmy_access.ledger.rows import Row
from scripts.home import REPOSITORY

FOREIGN = "{name.partition('.')[0] for name in sys.modules} & {'homeassistant', 'custom_components'}"
RECORD = {"enrollid": 7, "time": "2026-01-02 03:04:05", "mode": 8, "inout": 1, "event": 0, "name": "Ada", "temp": 36.5}


@pytest.mark.parametrize("module", ["bare", "load", "attackers"])
async def test_no_home_assistant_is_imported_for_what_stands_beside_it(module: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"import sys, benchmarks.{module}; print(sorted({FOREIGN}))"),
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == "[]"


def test_the_bare_loop_writes_the_columns_of_the_ledger() -> None:
    assert ("terminal_id", *Row._fields) == COLUMNS


async def test_the_bare_loop_writes_a_record_of_a_frame_into_the_ledgers_own_table(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    await make_database(path)
    inserts = BareInserts(path)
    await inserts.keep([row(RECORD)])
    inserts.close()
    database = sqlite3.connect(path)
    found = database.execute(
        "SELECT time, enroll_id, mode, reader, event, name, temperature, occurred_at FROM records WHERE enroll_id = 7"
    ).fetchall()
    database.close()
    seconds = 1_767_323_045
    assert found == [(seconds, 7, 8, 1, 0, "Ada", 36.5, seconds * 1_000_000)]


@pytest.mark.timeout(300)
async def test_the_first_import_compiles_and_the_others_find_that(tmp_path: Path) -> None:
    taken = await import_milliseconds(tmp_path, 2)
    assert len(taken) == 3
    assert min(taken) > 0
    folder = tmp_path.joinpath(*REPOSITORY.parts[1:], "custom_components", "timmy_access")
    assert list(folder.glob("sensor.*.pyc"))
