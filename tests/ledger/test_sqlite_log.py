"""The log of a SQLite file that somebody deletes under a ledger.

A backup of Home Assistant reads the file in this process, and where it closes it the system lets go of the lock by
which others see that somebody is there. In another program SQLite then takes itself for the last one that leaves, and
deletes the log: 3.40 does so, 3.53 looks once more.
"""

from contextlib import closing
from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import Connection, event

from custom_components.timmy_access.ledger import Cause, LedgerUnavailable, default_url
from custom_components.timmy_access.ledger.databases import database_at
from custom_components.timmy_access.ledger.schema import META

from .support import IMPATIENT, SERIAL, Watch, kept, punch, running

BESIDE = ("timmy_access.db-wal", "timmy_access.db-shm")


def leave_as_the_last(folder: Path) -> None:
    """Do what SQLite does in a program that takes itself for the last one."""
    with closing(sqlite3.connect(folder / "timmy_access.db", isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    for name in BESIDE:
        (folder / name).unlink()


def count(folder: Path) -> int:
    """Return how many records another program sees."""
    with closing(sqlite3.connect(folder / "timmy_access.db", isolation_level=None)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        seen: int = db.execute("SELECT count(*) FROM records").fetchone()[0]
    return seen


@pytest.mark.parametrize("is_linked", [False, True])
async def test_nothing_is_acknowledged_that_only_a_deleted_log_holds(tmp_path: Path, *, is_linked: bool) -> None:
    folder, shown = tmp_path / "folder", tmp_path / "shown"
    for made in (folder, shown):
        made.mkdir()
    if is_linked:
        (shown / "timmy_access.db").symlink_to(folder / "timmy_access.db")
    async with running(default_url(shown if is_linked else folder)) as ledger:
        await ledger.keep(SERIAL, [punch()])
        leave_as_the_last(folder)
        watch = Watch(ledger)
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.keep(SERIAL, [punch(1)])
        assert caught.value.cause is Cause.UNREACHABLE
        await watch.well()
        assert (await ledger.keep(SERIAL, [punch(1)])).news == 1
        assert count(folder) == 2
        assert await kept(ledger) == [punch(), punch(1)]


def test_a_log_that_is_deleted_before_a_commit_is_noticed_after_it(tmp_path: Path) -> None:
    database = database_at(default_url(tmp_path), IMPATIENT)
    database.open()

    def _write() -> None:
        with database.writing() as connection:
            leave_as_the_last(tmp_path)
            connection.execute(META.insert().values(name="late", value="late"))

    with pytest.raises(LedgerUnavailable) as caught:
        _write()
    assert caught.value.cause is Cause.UNREACHABLE
    database.close()


def test_a_log_that_is_deleted_in_the_first_moment_is_noticed_too(tmp_path: Path) -> None:
    """Else nothing would be known that it could be compared with later."""
    database = database_at(default_url(tmp_path), IMPATIENT)
    log = tmp_path / BESIDE[0]

    @event.listens_for(database.engines[0], "begin")
    def _delete(_: Connection) -> None:
        log.unlink()

    with pytest.raises(LedgerUnavailable) as caught, database.writing():
        pytest.fail("it writes into a log that is nowhere")
    assert caught.value.cause is Cause.UNREACHABLE
    database.close()


async def test_who_lost_its_log_leaves_that_of_others_alone(tmp_path: Path) -> None:
    async with running(default_url(tmp_path)) as ledger:
        await ledger.keep(SERIAL, [punch()])
        leave_as_the_last(tmp_path)
        (tmp_path / BESIDE[0]).write_bytes(b"of somebody else")
    assert (tmp_path / BESIDE[0]).read_bytes() == b"of somebody else"
