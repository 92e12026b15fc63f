"""A copy of the files, taken byte by byte while records come in, is a whole database."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from copy import replace
import hashlib
from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.timmy_access.ledger import Cause, Ledger, LedgerUnavailable, default_url, sqlite

from .support import IMPATIENT, SERIAL, Watch, kept, punches, running

NAME = "timmy_access.db"
# Bytes a step: small, so that much is written between two of them.
STEP = 16 * 1024


@asynccontextmanager
async def writing(ledger: Ledger) -> AsyncGenerator[list[int]]:
    """Keep records meanwhile, and count those that are acknowledged."""
    acknowledged = [0]

    async def _write() -> None:
        call = 0
        while True:
            await ledger.keep("BUSY", punches(50, call * 50))
            acknowledged[0] += 50
            call += 1

    task = asyncio.create_task(_write())
    try:
        yield acknowledged
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def copy(source: Path, target: Path) -> None:
    """Copy bytes while the event loop goes on; each step waits for a commit or two."""
    with source.open("rb") as reading, target.open("wb") as copied:
        while part := reading.read(STEP):
            copied.write(part)
            await asyncio.to_thread(copied.flush)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("log_first", [False, True], ids=["file first", "log first"])
async def test_copy_taken_while_records_come_in(tmp_path: Path, log_first: bool) -> None:
    """Whatever of the two files is copied first; the index of the log is left out, as Home Assistant does."""
    home, copied = tmp_path / "home", tmp_path / "copied"
    home.mkdir()
    copied.mkdir()
    async with running(default_url(home)) as ledger, writing(ledger) as acknowledged:
        while acknowledged[0] < 5_000:
            await ledger.keep(SERIAL, punches(50, acknowledged[0]))
        before = acknowledged[0]
        mine = await kept(ledger)
        await ledger.begin_backup()
        assert (home / f"{NAME}-wal").stat().st_size < 2_000_000
        names = [NAME, f"{NAME}-wal"]
        for name in reversed(names) if log_first else names:
            await copy(home / name, copied / name)
        during = acknowledged[0]
        file = digest(home / NAME)
        while acknowledged[0] < during + 5_000:  # more than makes a checkpoint otherwise
            await ledger.keep(SERIAL, punches(50, acknowledged[0]))
        assert digest(home / NAME) == file == digest(copied / NAME)
        await ledger.end_backup()
        assert during > before
    check(copied / NAME)
    async with running(default_url(copied)) as ledger:
        counts = await ledger.count()
        # One call may have been committed and not yet acknowledged.
        assert before <= counts["BUSY"] <= during + 50
        assert await kept(ledger) == mine
        assert [entry.identity for entry in await kept(ledger, "BUSY")] == [
            entry.identity for entry in punches(counts["BUSY"])
        ]
        # What was acknowledged after the copy is said again, and kept.
        assert (await ledger.keep("BUSY", punches(50, counts["BUSY"]))).news == 50


async def test_file_alone_holds_what_was_kept_before(file_ledger: Ledger, tmp_path: Path) -> None:
    await file_ledger.keep(SERIAL, punches(500))
    await file_ledger.begin_backup()
    await file_ledger.keep(SERIAL, punches(5, 500))
    shutil.copyfile(tmp_path / NAME, tmp_path / "alone.db")
    await file_ledger.end_backup()
    check(tmp_path / "alone.db")
    with closing(sqlite3.connect(tmp_path / "alone.db")) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone() == (500,)


@pytest.mark.parametrize("replaced", [True, False])
async def test_a_file_that_is_not_the_one_in_use_is_not_called_copied(
    file_ledger: Ledger, tmp_path: Path, *, replaced: bool
) -> None:
    await file_ledger.keep(SERIAL, punches(5))
    (tmp_path / NAME).rename(tmp_path / "moved.db")
    if replaced:
        shutil.copyfile(tmp_path / "moved.db", tmp_path / NAME)
    with pytest.raises(LedgerUnavailable):
        await file_ledger.begin_backup()
    await file_ledger.end_backup()


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the log go into the file often; returns of how many bytes on."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 1_000)
    return 1_000 * 4_096


async def test_log_is_carried_over_again_afterwards(file_ledger: Ledger, tmp_path: Path, short_log: int) -> None:
    await file_ledger.begin_backup()
    for call in range(40):
        await file_ledger.keep(SERIAL, punches(500, call * 500))
    grown = (tmp_path / f"{NAME}-wal").stat().st_size
    assert grown > short_log
    await file_ledger.end_backup()
    size = (tmp_path / NAME).stat().st_size
    assert size > grown / 4
    for call in range(40, 100):
        await file_ledger.keep(SERIAL, punches(500, call * 500))
    assert (tmp_path / NAME).stat().st_size > size
    assert (tmp_path / f"{NAME}-wal").stat().st_size <= grown


async def test_reader_of_another_program_keeps_a_backup_from_beginning(file_ledger: Ledger, tmp_path: Path) -> None:
    """The log could begin anew while it is copied; the copy would be neither old nor new."""
    await file_ledger.keep(SERIAL, punches(5))
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM records").fetchone()
        await file_ledger.keep(SERIAL, punches(5, 5))
        with pytest.raises(LedgerUnavailable) as caught:
            await file_ledger.begin_backup()
        assert caught.value.cause is Cause.LOCKED
        assert (await file_ledger.keep(SERIAL, punches(5, 10))).news == 5
    await file_ledger.begin_backup()
    await file_ledger.end_backup()


async def test_backup_outlives_a_new_connection(tmp_path: Path) -> None:
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, punches(50))
        await ledger.begin_backup()
        file = digest(tmp_path / NAME)
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable):
                await ledger.keep(SERIAL, punches(50, 50))
            other.execute("ROLLBACK")
            await Watch(ledger).well()
            for call in range(20):
                await ledger.keep(SERIAL, punches(500, call * 500))
        assert digest(tmp_path / NAME) == file
    # Also when it is closed before the backup has ended.
    assert digest(tmp_path / NAME) == file
    async with running(default_url(tmp_path)) as ledger:
        assert await ledger.count() == {SERIAL: 10_000}


@pytest.mark.usefixtures("short_log")
async def test_end_is_not_forgotten_while_the_database_is_away(tmp_path: Path) -> None:
    async with running(default_url(tmp_path)):  # making the tables takes longer than a commit may
        pass
    async with running(default_url(tmp_path), replace(IMPATIENT, commit=0.5, busy=30.0)) as ledger:
        await ledger.begin_backup()
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable) as caught:
                await ledger.keep(SERIAL, punches(50))
            assert caught.value.cause is Cause.SLOW
            await ledger.end_backup()
            other.execute("ROLLBACK")
        await Watch(ledger).well()
        size = (tmp_path / NAME).stat().st_size
        for call in range(40):
            await ledger.keep(SERIAL, punches(500, call * 500))
        assert (tmp_path / NAME).stat().st_size > size


async def test_end_without_a_beginning(file_ledger: Ledger) -> None:
    await file_ledger.end_backup()
    assert file_ledger.health.available


async def test_servers_are_not_copied(ledger: Ledger) -> None:
    await ledger.begin_backup()
    assert (await ledger.keep(SERIAL, punches(5))).news == 5
    await ledger.end_backup()
    assert await kept(ledger) == punches(5)
