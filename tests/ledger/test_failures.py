"""A database that is away: nothing is acknowledged, nothing half-written, and it goes on by itself."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from copy import replace
from pathlib import Path
import shutil
import sqlite3
import tempfile
import threading
from typing import Any
from urllib.parse import quote_plus

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from custom_components.timmy_access.ledger import (
    Cause,
    Entry,
    Health,
    Kept,
    Ledger,
    LedgerInvalid,
    LedgerUnavailable,
    Limits,
    Problem,
    RecordFilter,
    default_url,
    shown_url,
)
from custom_components.timmy_access.ledger.failures import Failure, failure_of, is_conflict
from custom_components.timmy_access.ledger.limits import READERS
from custom_components.timmy_access.ledger.schema import TERMINALS
from custom_components.timmy_access.ledger.sqlite import Sqlite
from custom_components.timmy_access.ledger.statements import tell
from custom_components.timmy_access.ledger.terminals import serials
from custom_components.timmy_access.ledger.url import read_url

from .processes import child, line, release
from .servers import Server
from .support import IMPATIENT, NOW, PUNCH, SECONDS, SERIAL, Watch, engine_at, kept, punch, punches, running

WRONG = "Wrong-17/@"
# How a server is told to lock a table, which of its connections waits for it, and how one is ended.
LOCKS = {"postgresql": "LOCK TABLE records", "mysql": "LOCK TABLES records WRITE"}
WAITING = {
    "postgresql": "SELECT min(pid) FROM pg_locks WHERE NOT granted",
    "mysql": "SELECT min(id) FROM information_schema.processlist WHERE state LIKE 'Waiting%metadata lock'",
}
# Which of our connections have a transaction open and do nothing.
TRANSACTIONS = {
    "postgresql": (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    ),
    "mysql": "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx",
}
KILLS = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL CONNECTION {}"}


async def cause_of_keeping(ledger: Ledger, *seconds: int) -> Cause:
    """Return why records cannot be kept, which they must not be."""
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.keep(SERIAL, [punch(second) for second in seconds or (99,)])
    return caught.value.cause


async def keep_until_kept(ledger: Ledger, entries: list[Entry]) -> Kept:
    """Say it again and again, as a terminal does."""
    watch = Watch(ledger)
    while True:
        await watch.well()
        with suppress(LedgerUnavailable):
            return await ledger.keep(SERIAL, entries)


def fails_at_once(ledger: Ledger) -> bool:
    """Whether keeping fails before it waits for anything."""
    keeping = ledger.keep(SERIAL, [PUNCH])
    try:
        keeping.send(None)
    except LedgerUnavailable:
        return True
    finally:
        keeping.close()
    return False


async def test_other_process_holds_the_lock(file_ledger: Ledger, tmp_path: Path) -> None:
    watch = Watch(file_ledger)
    await file_ledger.keep(SERIAL, punches(3))
    async with child("lock", tmp_path) as other:
        assert await line(other) == "locked"
        assert await cause_of_keeping(file_ledger, 3, 4) is Cause.LOCKED
        assert file_ledger.health.cause is Cause.LOCKED
        assert fails_at_once(file_ledger)
        assert await kept(file_ledger) == punches(3)  # reading goes on
        await release(other)
    await watch.well()
    assert (await file_ledger.keep(SERIAL, [punch(2), punch(3), punch(4)])).new == (False, True, True)
    assert await kept(file_ledger) == punches(5)
    assert [health.cause for health in watch.seen] == [Cause.LOCKED, None]
    assert file_ledger.counters.failures == {Cause.LOCKED: 2}


async def test_everything_else_that_writes_fails_alike(file_ledger: Ledger, tmp_path: Path) -> None:
    async with child("lock", tmp_path) as other:
        assert await line(other) == "locked"
        for write in (
            file_ledger.forget_people(SERIAL),
            file_ledger.purge([SERIAL], NOW),
            file_ledger.begin_backup(),
        ):
            with pytest.raises(LedgerUnavailable) as caught:
                await write
            assert caught.value.cause is Cause.LOCKED


async def test_disk_is_full(sqlite_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own limit of pages stands for the disk's: it fails in the same place with the same error."""
    plain = Sqlite._begin_writing
    pages = 60

    def _small_disk(self: Sqlite, db: sqlite3.Connection) -> None:
        plain(self, db)
        db.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(Sqlite, "_begin_writing", _small_disk)
    ledger = Ledger(sqlite_url, IMPATIENT)
    await ledger.start()
    calls = 0
    cause = None
    while cause is None:
        try:
            await ledger.keep(SERIAL, punches(50, calls * 50))
            calls += 1
        except LedgerUnavailable as err:
            cause = err.cause
    pages = 10_000
    assert cause is Cause.DISK_FULL
    assert calls > 0
    assert await kept(ledger) == punches(calls * 50)
    assert (await keep_until_kept(ledger, punches(50, calls * 50))).news == 50
    assert await kept(ledger) == punches((calls + 1) * 50)
    await ledger.close()


async def test_file_must_not_grow(tmp_path: Path) -> None:
    async with child("file_too_large", tmp_path) as process:
        assert await line(process) == "ok"


async def test_file_is_read_only(world_folder: Path) -> None:
    async with child("read_only", world_folder) as process:
        assert await line(process) == "ok"


@pytest.fixture
def world_folder() -> Iterator[Path]:
    """Return a folder that everybody may look into."""
    folder = Path(tempfile.mkdtemp(prefix="timmy-access-", dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


async def test_file_was_overwritten_while_away(sqlite_url: URL, tmp_path: Path) -> None:
    async with running(sqlite_url) as ledger:
        await ledger.keep(SERIAL, punches(3))
    garbage = b"not a database" * 1000
    path = tmp_path / "timmy_access.db"
    path.write_bytes(garbage)
    (tmp_path / "timmy_access.db-wal").write_bytes(b"its log")
    async with running(sqlite_url) as ledger:
        health = ledger.health
        assert health.available
        assert health.set_aside is not None
        assert health.set_aside.name.startswith("timmy_access.db.corrupt-")
        assert health.set_aside.read_bytes() == garbage
        assert health.set_aside.with_name(f"{health.set_aside.name}-wal").read_bytes() == b"its log"
        assert (await ledger.keep(SERIAL, punches(3))).news == 3
        assert await kept(ledger) == punches(3)
    async with running(sqlite_url) as ledger:
        assert ledger.health.set_aside is None
        assert await kept(ledger) == punches(3)


async def test_second_corrupt_file_gets_a_name_of_its_own(sqlite_url: URL, tmp_path: Path) -> None:
    aside: list[Path] = []
    for number in range(3):
        (tmp_path / "timmy_access.db").write_bytes(b"garbage %d" % number)
        async with running(sqlite_url) as ledger:
            assert ledger.health.available
        assert ledger.health.set_aside is not None
        aside.append(ledger.health.set_aside)
    assert [path.read_bytes() for path in aside] == [b"garbage 0", b"garbage 1", b"garbage 2"]


def overwrite(path: Path) -> None:
    """Put garbage into a file that somebody has open."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.write(b"\xa5" * size)


async def test_file_is_overwritten_while_it_is_used(tmp_path: Path) -> None:
    """What notices first, a question or a record, has the file put aside; then records are kept again."""
    url = default_url(tmp_path)
    async with running(url) as ledger:
        await ledger.keep(SERIAL, punches(1000))
    async with running(url) as ledger:
        watch = Watch(ledger)
        overwrite(tmp_path / "timmy_access.db")
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.records()
        assert caught.value.cause is Cause.CORRUPT
        health = await watch.until(lambda health: health.set_aside is not None)
        assert health.available
        assert [seen.cause for seen in watch.seen] == [Cause.CORRUPT, None]
        assert (await ledger.keep(SERIAL, punches(5))).news == 5
        assert await kept(ledger) == punches(5)


async def test_writer_finds_the_file_corrupt(tmp_path: Path) -> None:
    url = default_url(tmp_path)
    async with running(url) as ledger:
        await ledger.keep(SERIAL, punches(1000))
    async with running(url) as ledger:
        watch = Watch(ledger)
        overwrite(tmp_path / "timmy_access.db")
        # Pages that the writer remembers carry it for a while; nothing is acknowledged that would not be there.
        acknowledged = None
        with suppress(LedgerUnavailable):
            for number in range(200):
                await ledger.keep(f"ZX{number}", punches(50, number * 50))
                acknowledged = number
        health = await watch.until(lambda health: health.set_aside is not None)
        assert health.available
        assert acknowledged is None
        assert (await ledger.keep(SERIAL, punches(5))).news == 5


async def test_one_page_is_damaged(tmp_path: Path) -> None:
    """No single question fails, but the check of the whole file does."""
    url = default_url(tmp_path)
    async with running(url) as ledger:
        for call in range(10):
            await ledger.keep(SERIAL, punches(500, call * 500))
    path = tmp_path / "timmy_access.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4096 // 2 * 4096)
        file.write(bytes(4096))
    async with running(url) as ledger:
        watch = Watch(ledger)
        with suppress(LedgerUnavailable):
            await kept(ledger)
            await ledger._verify()
        health = await watch.until(lambda health: health.set_aside is not None)
        assert health.available
        assert (await ledger.keep(SERIAL, punches(5))).news == 5


async def test_corrupt_file_that_must_not_be_renamed(world_folder: Path) -> None:
    async with child("kept_in_place", world_folder) as process:
        assert await line(process) == "ok"


@pytest.mark.parametrize("gone", ["deleted", "replaced"])
async def test_file_is_gone(file_ledger: Ledger, tmp_path: Path, gone: str) -> None:
    """SQLite would go on writing into a file without a name; what it acknowledges then is lost."""
    watch = Watch(file_ledger)
    path = tmp_path / "timmy_access.db"
    await file_ledger.begin_backup()
    shutil.copyfile(path, tmp_path / "backup")
    await file_ledger.end_backup()
    await file_ledger.keep(SERIAL, punches(3))
    path.unlink()
    if gone == "replaced":
        (tmp_path / "backup").rename(path)
        (tmp_path / "timmy_access.db-wal").unlink()
        (tmp_path / "timmy_access.db-shm").unlink()
    assert await cause_of_keeping(file_ledger, 3) is Cause.UNREACHABLE
    await watch.well()
    assert (await file_ledger.keep(SERIAL, punches(5))).news == 5
    assert await kept(file_ledger) == punches(5)


async def test_folder_comes_later(tmp_path: Path) -> None:
    folder = tmp_path / "not yet"
    async with running(default_url(folder)) as ledger:
        watch = Watch(ledger)
        assert ledger.health.cause is Cause.UNREACHABLE
        assert fails_at_once(ledger)
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.records()
        assert caught.value.cause is Cause.UNREACHABLE
        folder.mkdir()
        await watch.well()
        assert (await ledger.keep(SERIAL, [PUNCH])).news == 1


async def test_server_stops_and_starts_again(server: Server) -> None:
    async with running(server.url(server.new_database())) as ledger:
        watch = Watch(ledger)
        await ledger.keep(SERIAL, punches(3))
        await asyncio.to_thread(server.stop)
        try:
            assert await cause_of_keeping(ledger, 3, 4) is Cause.UNREACHABLE
            assert fails_at_once(ledger)
            with pytest.raises(LedgerUnavailable) as caught:
                await ledger.records()
            assert caught.value.cause is Cause.UNREACHABLE
        finally:
            await asyncio.to_thread(server.start)
        await watch.well()
        assert (await ledger.keep(SERIAL, punches(5))).new == (False, False, False, True, True)
        assert await kept(ledger) == punches(5)
        assert ledger.health == replace(watch.seen[-1], cause=None, available=True)


async def test_server_that_restarts_unnoticed_is_no_failure(server: Server) -> None:
    """Idle connections are found dead before they are used, the one that writes and all that read."""
    async with running(server.url(server.new_database())) as ledger:
        watch = Watch(ledger)
        await ledger.keep(SERIAL, [PUNCH])
        assert await read_by_all(ledger) == [1] * READERS
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        assert await read_by_all(ledger) == [1] * READERS
        assert (await ledger.keep(SERIAL, [PUNCH, punch(1)])).new == (False, True)
        assert len(await kept(ledger)) == 2
        assert watch.seen == []


async def read_by_all(ledger: Ledger) -> list[int]:
    """Return how many terminals are kept, as each of the threads sees it that read, all at once."""
    together = threading.Barrier(READERS, timeout=SECONDS)

    def _read(connection: Connection) -> int:
        together.wait()
        return len(serials(connection))

    return await asyncio.gather(*(ledger._reader.ask(_read) for _ in range(READERS)))


async def test_question_that_fails_leaves_nothing_behind(ledger: Ledger) -> None:
    """On every database: whoever reads next sees what has been kept meanwhile, and no transaction is left open."""
    await ledger.keep(SERIAL, [PUNCH])

    def _fail(connection: Connection) -> None:
        assert serials(connection)
        raise LedgerInvalid("after", Problem.NOT_A_CURSOR)

    for place in range(2 * READERS):
        with pytest.raises(LedgerInvalid):
            await ledger._reader.ask(_fail)
        await ledger.keep(f"{SERIAL}-{place}", [PUNCH])
        assert await read_by_all(ledger) == [place + 2] * READERS


async def test_server_has_nothing_open_of_who_reads_nothing(server: Server) -> None:
    """A transaction that is left open keeps a server from clearing away what was deleted."""
    name = server.new_database()
    async with running(server.url(name)) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        await read_by_all(ledger)
        with pytest.raises(LedgerInvalid):
            await ledger.records(after="x")
        engine = engine_at(server.url(name))
        with engine.connect() as other:
            assert other.scalars(text(TRANSACTIONS[engine.dialect.name])).all() == []
        engine.dispose()


async def test_server_starts_later(server: Server) -> None:
    url = server.url(server.new_database())
    await asyncio.to_thread(server.stop)
    try:
        ledger = Ledger(url, IMPATIENT)
        watch = Watch(ledger)
        await ledger.start()
        assert ledger.health.cause is Cause.UNREACHABLE
    finally:
        await asyncio.to_thread(server.start)
    await watch.well()
    assert (await ledger.keep(SERIAL, [PUNCH])).news == 1
    await ledger.close()


async def test_server_that_says_nothing(server: Server) -> None:
    """A commit without an answer is not acknowledged; it may have been done, and is then known."""
    url = server.url(server.new_database())
    async with running(url):  # making the tables takes longer than a commit may
        pass
    async with running(url, replace(IMPATIENT, commit=1.0, read=1.0)) as ledger:
        watch = Watch(ledger)
        await ledger.keep(SERIAL, [PUNCH])
        with server.frozen():
            assert await cause_of_keeping(ledger, 1) is Cause.SLOW
            assert ledger.health.cause is Cause.SLOW
            assert fails_at_once(ledger)
            with pytest.raises(LedgerUnavailable) as caught:
                await ledger.records()
            assert caught.value.cause in {Cause.SLOW, Cause.UNREACHABLE}
        await watch.well()
        await ledger.keep(SERIAL, punches(3))
        assert await kept(ledger) == punches(3)


async def test_server_that_says_nothing_from_the_start(server: Server) -> None:
    """Whoever starts a ledger is not held up by it for longer than a commit may take."""
    ledger = Ledger(server.url(server.new_database()), replace(IMPATIENT, commit=1.0, connect=5.0, chore=1.0))
    watch = Watch(ledger)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        with server.frozen():
            await ledger.start()
            assert ledger.health.cause is Cause.SLOW
            assert fails_at_once(ledger)
        await watch.well()
        with server.frozen():
            with pytest.raises(LedgerUnavailable) as caught:
                await ledger.forget_people(SERIAL)
            assert caught.value.cause in {Cause.SLOW, Cause.UNREACHABLE}
        await watch.well()


async def test_server_that_was_restored_numbers_terminals_anew(server: Server) -> None:
    """Records must not go to the terminal that now has the number of another."""
    name = server.new_database()
    async with running(server.url(name)) as ledger:
        await ledger.keep("ZX1", [PUNCH])
        await ledger.keep("ZX2", [PUNCH])
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        engine = engine_at(server.url(name))
        with engine.begin() as other:
            for old, new in (("ZX1", "?"), ("ZX2", "ZX1"), ("?", "ZX2")):
                other.execute(TERMINALS.update().values(serial=new).where(TERMINALS.c.serial == old))
        engine.dispose()
        await ledger.keep("ZX1", [punch(1)])
        assert punch(1) in await kept(ledger, "ZX1")


async def test_table_is_locked_by_somebody_else(server: Server) -> None:
    name = server.new_database()
    limits = replace(IMPATIENT, busy=1.0)  # MariaDB counts whole seconds
    async with running(server.url(name), limits) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        engine = engine_at(server.url(name))
        with engine.connect() as other:
            other.execute(text(LOCKS[engine.dialect.name]))
            assert await cause_of_keeping(ledger, 1) is Cause.LOCKED
        engine.dispose()
        await Watch(ledger).well()
        assert (await ledger.keep(SERIAL, punches(3))).new == (False, True, True)


async def test_server_turns_read_only(server: Server) -> None:
    name = server.new_database()
    async with running(server.url(name)) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
    await asyncio.to_thread(server.set_read_only, name, read_only=True)
    try:
        async with running(server.url(name)) as ledger:
            assert ledger.health.cause is Cause.READ_ONLY
            assert await kept(ledger) == [PUNCH]
            await asyncio.to_thread(server.set_read_only, name, read_only=False)
            await Watch(ledger).well()
            assert (await ledger.keep(SERIAL, [PUNCH])).duplicates == 1
    finally:
        await asyncio.to_thread(server.set_read_only, name, read_only=False)


async def test_database_comes_later(server: Server) -> None:
    async with running(server.url("later")) as ledger:
        assert ledger.health.cause is Cause.MISSING
        assert "later" in ledger.health.detail
        await asyncio.to_thread(server.execute, "CREATE DATABASE later")
        try:
            await Watch(ledger).well()
            assert (await ledger.keep(SERIAL, [PUNCH])).news == 1
        finally:
            await ledger.close()
            await asyncio.to_thread(server.execute, "DROP DATABASE later")


async def test_connection_is_killed_while_it_waits(server: Server) -> None:
    """What was on its way is not acknowledged, and comes again."""
    name = server.new_database()
    async with running(server.url(name), replace(IMPATIENT, busy=SECONDS, commit=2 * SECONDS)) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        engine = engine_at(server.url(name))
        dialect = engine.dialect.name
        with engine.connect() as other, engine.connect() as third:
            other.execute(text(LOCKS[dialect]))
            keeping = asyncio.create_task(cause_of_keeping(ledger, 1))
            async with asyncio.timeout(SECONDS):
                while (waiting := third.scalar(text(WAITING[dialect]))) is None:
                    third.rollback()
                    await asyncio.sleep(0)
            third.execute(text(KILLS[dialect].format(waiting)))
            assert await keeping is Cause.UNREACHABLE
        engine.dispose()
        await Watch(ledger).well()
        assert (await ledger.keep(SERIAL, punches(3))).new == (False, True, True)


# What a server says of statements that it does not take, and of a row; the second one of two alike is a conflict.
REFUSED = (
    "SELECT nothing FROM nowhere",
    "SELECT CAST('x' AS no_such_kind)",
    "INSERT INTO terminals (id, serial) VALUES (1000000000000000000000000000000, 'ZX1')",
    "INSERT INTO terminals (serial) VALUES ('ZX1'), ('ZX1')",
    "INSERT INTO terminals (serial) VALUES (NULL)",
)


@pytest.mark.parametrize("statement", REFUSED)
async def test_past_sqlalchemy_an_error_means_the_same(server: Server, statement: str) -> None:
    """What is asked of the driver itself fails in the same way: of the same class, cause and fault, without values."""
    name = server.new_database()
    async with running(server.url(name)):
        pass
    engine = engine_at(server.url(name))

    def _failure(ask: Callable[[Connection], object]) -> tuple[type[DBAPIError], Failure, bool, bool]:
        with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
            ask(connection)
        err = caught.value
        assert not err.params
        return type(err), failure_of(err), is_conflict(err), err.connection_invalidated

    itself = _failure(lambda connection: connection.exec_driver_sql(statement))
    assert _failure(lambda connection: tell(connection, statement)) == itself
    engine.dispose()


async def test_login_is_refused(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """And neither words nor logs hold the password."""
    name = server.new_database()
    async with running(server.url(name, password=WRONG)) as ledger:
        assert ledger.health.cause is Cause.WRONG_LOGIN
        assert "127.0.0.1" in ledger.health.detail or "timmy" in ledger.health.detail
        shown = " ".join((repr(ledger), ledger.name, repr(ledger.health), caplog.text))
    for secret in (WRONG, quote_plus(WRONG)):
        assert secret not in shown


async def test_whoever_finds_no_room_waits(sqlite_url: URL, tmp_path: Path) -> None:
    limits = replace(IMPATIENT, busy=30.0, queued_rows=10, group_rows=10)
    async with running(sqlite_url, limits) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        async with child("lock", tmp_path) as other:
            assert await line(other) == "locked"
            calls = [asyncio.create_task(ledger.keep(f"ZX{number}", punches(4))) for number in range(20)]
            await asyncio.sleep(0)
            # Three calls make ten rows or more; the others are not even queued.
            assert ledger.counters.queue_length == 12
            assert not any(call.done() for call in calls)
            await release(other)
        assert await asyncio.gather(*calls) == [Kept((True,) * 4)] * 20
        assert sum((await ledger.count()).values()) == 81
        assert ledger.counters.largest_commit <= 12


async def test_whoever_waits_for_room_hears_of_a_failure(sqlite_url: URL, tmp_path: Path) -> None:
    async with running(sqlite_url, replace(IMPATIENT, queued_rows=10)) as ledger, child("lock", tmp_path) as other:
        assert await line(other) == "locked"
        calls = [asyncio.create_task(ledger.keep(f"ZX{number}", punches(4))) for number in range(20)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {LedgerUnavailable}
        assert ledger.counters.queue_length == 0


async def test_closing_writes_what_is_queued(sqlite_url: URL) -> None:
    ledger = Ledger(sqlite_url, IMPATIENT)
    await ledger.start()
    calls = [asyncio.create_task(ledger.keep(f"ZX{number}", punches(4))) for number in range(20)]
    await asyncio.sleep(0)
    await ledger.close()
    assert await asyncio.gather(*calls) == [Kept((True,) * 4)] * 20
    assert await cause_of_keeping(ledger) is Cause.CLOSED
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.records()
    assert caught.value.cause is Cause.CLOSED
    async with running(sqlite_url) as ledger:
        assert sum((await ledger.count()).values()) == 80


async def test_closing_ends_even_if_the_database_does_not(sqlite_url: URL, tmp_path: Path) -> None:
    ledger = Ledger(sqlite_url, replace(IMPATIENT, busy=30.0, close=0.2))
    await ledger.start()
    writer = ledger._intake._writer
    assert writer is not None
    async with child("lock", tmp_path) as other:
        assert await line(other) == "locked"
        calls = [asyncio.create_task(ledger.keep(f"ZX{number}", punches(4))) for number in range(3)]
        await asyncio.sleep(0)
        await ledger.close()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [result.cause for result in results if isinstance(result, LedgerUnavailable)] == [Cause.CLOSED] * 3
        await release(other)
    # The thread was left to itself, and ends now that it can; the test waits so that nothing is left of it.
    assert await asyncio.to_thread(writer.stop, 30.0)


async def test_closing_is_an_error_for_who_waits_for_an_answer(sqlite_url: URL) -> None:
    """And no cancellation: whoever asks is not to end because of it."""
    ledger = Ledger(sqlite_url)
    await ledger.start()
    let_go = threading.Event()
    busy = [asyncio.create_task(ledger._reader.ask(lambda _: let_go.wait(10))) for _ in range(READERS)]
    waiting = asyncio.create_task(ledger.records())
    await asyncio.sleep(0)
    closing = asyncio.create_task(ledger.close())
    with pytest.raises(LedgerUnavailable) as caught:
        await waiting
    assert caught.value.cause is Cause.CLOSED
    let_go.set()
    assert await asyncio.gather(*busy, closing) == [True] * READERS + [None]


async def test_what_reads_while_the_file_is_given_up_ends_with_its_answer(file_ledger: Ledger) -> None:
    """And its connection is closed, as the file may get another name."""
    await file_ledger.keep(SERIAL, punches(3))
    assert await kept(file_ledger) == punches(3)
    reads, given_up = threading.Event(), threading.Event()

    def _slowly(connection: Connection) -> tuple[int, Any]:
        reads.set()
        assert given_up.wait(SECONDS)
        return len(connection.execute(TERMINALS.select()).all()), connection.connection.driver_connection

    reading = asyncio.create_task(file_ledger._reader.ask(_slowly))
    assert await asyncio.to_thread(reads.wait, SECONDS)
    await file_ledger._intake.do(lambda database: database.disconnect())
    given_up.set()
    found, used = await reading
    assert found == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used.execute("SELECT 1")
    assert await kept(file_ledger) == punches(3)
    assert (await file_ledger.keep(SERIAL, punches(4))).news == 1
    assert await kept(file_ledger) == punches(4)


def test_nobody_goes_on_with_a_file_that_was_given_up(sqlite_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins to read just then reads it, and whoever reads later connects anew."""
    database = Sqlite(sqlite_url, IMPATIENT)
    database.open()
    reader = database.engines[1]
    used: list[Any] = []

    def _look() -> None:
        with database.reading() as connection:
            used.append(connection.connection.driver_connection)

    def _look_in_between() -> None:
        _look()
        dispose()

    dispose = reader.dispose
    _look()
    with monkeypatch.context() as patch:
        patch.setattr(reader, "dispose", _look_in_between)
        database.disconnect()
    _look()
    assert used[1] is used[0]
    assert used[2] is not used[0]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used[0].execute("SELECT 1")
    database.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used[2].execute("SELECT 1")


async def test_closing_twice_and_before_the_start(sqlite_url: URL) -> None:
    ledger = Ledger(sqlite_url)
    assert await cause_of_keeping(ledger) is Cause.CLOSED
    await ledger.close()
    async with running(sqlite_url) as ledger:
        await ledger.close()
        assert ledger.health.cause is Cause.CLOSED


async def test_listener_that_fails_is_left_out(sqlite_url: URL) -> None:
    ledger = Ledger(sqlite_url, IMPATIENT)
    heard: list[Health] = []

    def _fails(_: Health) -> None:
        raise ValueError("broken")

    ledger.subscribe(_fails)
    unsubscribe = ledger.subscribe(heard.append)
    await ledger.start()
    assert [health.available for health in heard] == [True]
    unsubscribe()
    await ledger.close()
    assert len(heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "timmy_access.db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://timmy:geheim@host",
        "oracle://timmy:geheim@host/db",
        "postgresql+asyncpg://timmy:geheim@host/db",
        "postgresql+psycopg://timmy:geheim@host/db",
        "sqlite+pymysql:////config/timmy_access.db",
        "postgresql://timmy:gehe@im:heim@host:port/db",
        "mysql://timmy:ge@heim@host/db",
        "mysql://timmy:ge@im/heim@host/db",
    ],
)
async def test_bad_url_is_refused_without_showing_it(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with running(url) as ledger:
        assert ledger.health.cause is Cause.NO_DATABASE
        assert await cause_of_keeping(ledger) is Cause.NO_DATABASE
        with pytest.raises(LedgerUnavailable) as caught:
            await ledger.records()
        assert caught.value.cause is Cause.NO_DATABASE
        shown = " ".join((repr(ledger), repr(ledger.health), repr(caught.value), caplog.text))
    assert "heim" not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////config/timmy_access.db", "sqlite:////config/timmy_access.db"),
        ("postgresql://timmy:geheim@host:5433/db?sslpassword=geheim", "postgresql://host:5433/db"),
        ("mysql://timmy:geheim@host/db?charset=utf8", "mysql://host/db"),
        ("mariadb+pymysql://timmy:geheim@host/db", "mysql://host/db"),
        ("postgres://timmy:geheim@host/db", "postgresql://host/db"),
        ("oracle://timmy:geheim@host/db", "oracle://host/db"),
        ("timmy:geheim@host", "—"),
        ("mysql://timmy:ge@heim@host/db", "—"),
        ("mysql://timmy:ge/heim@host/db", "mysql://host/db"),
        ("mysql://timmy:ge@heim/x@host/db", "—"),
        ("mysql://timmy:ge@heim/x?y@host/db", "—"),
        ("mysql://timmy:ge@heim/x?y=z&a@host/db", "—"),
        ("mysql://ti@mmy:geheim@host/db", "mysql://host/db"),
        ("mysql://ti@mmy:ge@heim/x?y@host/db", "—"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    ledger = Ledger(url)
    assert ledger.name == shown
    assert repr(ledger) == f"<Ledger {shown}>"


def test_default_url_of_a_strange_folder() -> None:
    folder = Path("/config/a b?c=d#e%20ü@")
    assert read_url(default_url(folder)).database == f"{folder}/timmy_access.db"


async def test_strange_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c=d#e%20ü@"
    folder.mkdir()
    async with running(default_url(folder)) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        assert await ledger.count(RecordFilter(serials=[SERIAL])) == {SERIAL: 1}
    assert [path.name for path in folder.iterdir()] == ["timmy_access.db"]


async def test_values_of_records_are_in_no_log(
    ledger: Ledger, caplog: pytest.LogCaptureFixture, url_of: Callable[[str], URL]
) -> None:
    caplog.set_level("DEBUG")
    secret = punch(name="Geheimnis", extra={"note": "Geheimnis"})
    await ledger.keep(SERIAL, [secret])
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.keep(SERIAL, [secret, replace(punch(1, name="Geheimnis"), live=None)])  # type: ignore[arg-type]
    await ledger.records()
    assert "Geheimnis" not in caplog.text
    assert "Geheimnis" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_limits_fit_together() -> None:
    limits = Limits()
    assert limits.busy < limits.commit < limits.chore
    assert limits.probe_first <= limits.probe_longest
    assert limits.group_rows <= limits.queued_rows
