"""One SQLite file with its write-ahead log: the default."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
import itertools
import os
from pathlib import Path
import sqlite3
import stat
import tempfile
import threading
from time import monotonic, sleep
from typing import cast, override
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from .database import Database
from .errors import Cause, LedgerUnavailable
from .failures import failure_of
from .limits import READERS, Limits

# Pages of the log before it is carried over into the file, 16 MB: a backlog writes the same pages again and again, and
# with SQLite's own 1,000 most of them go to the disk four times.
CHECKPOINT_PAGES = 4_000
# Kilobytes of pages that the connection that writes holds, for the leaves of the indexes that new records fall into.
CACHE_KILOBYTES = 16_384
# A backup lets the log grow; afterwards the disk gets the rest of it back.
LOG_BYTES = 32 * 1024 * 1024
# Seconds between two tries of what SQLite refuses at once: another connection is done with it in milliseconds.
PAUSE = 0.01
# The log, and the index of the log that all processes share.
_BESIDE = ("-wal", "-shm")
_REPLACED = "the file was moved, deleted or replaced"


class Sqlite(Database):
    """One file. Readers never wait for the writer, nor the writer for them."""

    def __init__(self, url: URL, limits: Limits) -> None:
        """Prepare; nothing is opened yet."""
        super().__init__(url, limits)
        self._path = Path(url.database or "")
        # The file that is open, with its log, and where SQLite has that.
        self._file: tuple[int, ...] | None = None
        self._log = Path()
        self._backing_up = False
        # Whether the connection that writes leaves the file alone.
        self._holding = False
        # To fetch it anew for each transaction takes a tenth of the time of one, and of a page that is empty a third.
        self._writer: Connection | None = None
        # Those of whoever reads nothing just now; another list once they are given up.
        self._readers: list[Connection] = []
        self._giving_up = threading.Lock()

    @override
    def create_engines(self) -> tuple[Engine, Engine]:
        return (
            self._engine("rwc", 1, "BEGIN IMMEDIATE", self._begin_writing),
            # The thread that writes looks, too, before it writes.
            self._engine("rw", READERS + 1, "BEGIN", _begin_reading),
        )

    @override
    def version(self) -> int:
        return super().version() if self._path.exists() else 0

    @override
    def disconnect(self) -> None:
        self._let_go()
        super().disconnect()
        # Last: what is fetched before its engine has begun anew is of the file as it was.
        self._let_go_of_readers()
        self._file = None

    @override
    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self._check_file()
        if self._holding and not self._backing_up:
            self._carry_over()
        if self._writer is None:
            self._writer = self.engines[0].connect()
        try:
            with self._writer.begin():
                if self._file is None:
                    self._note_file()
                yield self._writer
            # What a log has that lost its name meanwhile is lost, too.
            self._check_file()
        except BaseException:
            self._let_go()
            raise

    @override
    @contextmanager
    def looking(self) -> Iterator[Connection]:
        readers = self._readers
        try:
            connection = readers.pop()
        except IndexError:
            connection = self.engines[1].connect()
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        with self._giving_up:
            if is_kept := readers is self._readers:
                readers.append(connection)
        if not is_kept:
            _close(connection)

    @override
    def close(self) -> None:
        if self._file is not None and not self._backing_up:
            writer, reader = self.engines
            reader.dispose()
            self._let_go_of_readers()
            self._let_go()
            with closing(writer.raw_connection()) as raw:
                # The last one to leave carries the log over into the file, and deletes what has its name.
                _driver(raw).setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, self._file != self._present_file())
        super().close()

    @override
    def verify(self) -> None:
        with self.reading() as connection:
            verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if verdict != "ok":
            raise LedgerUnavailable(Cause.CORRUPT, "the check of the file failed")

    @override
    def put_aside(self) -> Path | None:
        self.disconnect()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self._path.with_name(f"{self._path.name}.corrupt-{stamp}")
        for number in itertools.count(2):
            if not aside.exists():
                break
            aside = self._path.with_name(f"{self._path.name}.corrupt-{stamp}-{number}")
        # The file last: a new file beside an old log would be taken for one with it.
        for suffix in (*_BESIDE, ""):
            path = Path(f"{self._path}{suffix}")
            if path.exists():
                path.rename(f"{aside}{suffix}")
        # Who has looked at it meanwhile would go on with it under its new name.
        self.disconnect()
        return aside

    @override
    def begin_backup(self) -> None:
        self._check_file()
        self._let_go()
        with closing(self.engines[0].raw_connection()) as raw:
            db = _driver(raw)
            self._insist(db, lambda: _carry_all_over(db))
            db.execute("PRAGMA wal_autocheckpoint = 0")
        self._backing_up = self._holding = True

    @override
    def end_backup(self) -> None:
        self._backing_up = False

    def _carry_over(self) -> None:
        """Let the log go into the file again, beginning now."""
        self._let_go()
        with closing(self.engines[0].raw_connection()) as raw:
            db = _driver(raw)
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._holding = False

    def _engine(self, mode: str, connections: int, begin: str, prepare: Callable[[sqlite3.Connection], None]) -> Engine:
        address = f"file:{quote(str(self._path))}?mode={mode}"

        def _connect() -> sqlite3.Connection:
            if mode == "rwc":
                self._make_private()
            # Transactions are begun by the statement below, not by guesses of the driver.
            db = sqlite3.connect(
                address, uri=True, timeout=self._limits.busy, isolation_level=None, check_same_thread=False
            )
            try:
                # A connection that outlives the file's name must not touch what has the name now.
                db.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003
                prepare(db)
            except BaseException:
                db.close()
                raise
            return db

        engine = create_engine(
            "sqlite://",
            creator=_connect,
            hide_parameters=True,
            max_overflow=0,
            pool_size=connections,
            pool_timeout=self._limits.read,
            poolclass=QueuePool,
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            _driver(connection.connection).execute(begin)

        return engine

    def _make_private(self) -> None:
        """Make the file where there is none, for the account of Home Assistant alone; one that is there stays as it is.

        SQLite gives the log and its index the mode of the file. What keeps the file from being made SQLite finds, too,
        and says.
        """
        with suppress(OSError):
            # SQLite follows links, also those that lead nowhere yet.
            _make_empty(self._path.resolve())

    def _begin_writing(self, db: sqlite3.Connection) -> None:
        self.connections += 1
        if self._insist(db, lambda: db.execute("PRAGMA journal_mode = WAL").fetchone()) != ("wal",):
            raise LedgerUnavailable(Cause.IO_ERROR, "the file system does not carry a write-ahead log")
        # A commit is on the disk when it returns.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        db.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        self._holding = self._backing_up
        db.execute(f"PRAGMA wal_autocheckpoint = {0 if self._holding else CHECKPOINT_PAGES}")

    def _insist[T](self, db: sqlite3.Connection, ask: Callable[[], T]) -> T:
        """Ask for what SQLite refuses at once while another connection is at it; for all else it waits by itself.

        Both together take no longer than SQLite may wait: else records that wait meanwhile are told of another cause.
        """
        patience = monotonic() + self._limits.busy
        try:
            while True:
                _wait_for(db, max(0.0, patience - monotonic()))
                try:
                    return ask()
                except (LedgerUnavailable, sqlite3.Error) as err:
                    if failure_of(err).cause is not Cause.LOCKED or monotonic() >= patience:
                        raise
                sleep(PAUSE)
        finally:
            _wait_for(db, self._limits.busy)

    def _let_go(self) -> None:
        """Give the connection that writes back to its engine."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _let_go_of_readers(self) -> None:
        """Close the connections that nobody reads with, and have the others closed once they are read."""
        with self._giving_up:
            readers, self._readers = self._readers, []
        for reader in readers:
            _close(reader)

    def _note_file(self) -> None:
        """Take note of the file that is open now; raises `LedgerUnavailable` where it or its log is already gone."""
        self._log = Path(f"{self._path.resolve()}-wal")
        if (present := self._present_file()) is None:
            raise LedgerUnavailable(Cause.UNREACHABLE, _REPLACED)
        self._file = present

    def _check_file(self) -> None:
        """Raise `LedgerUnavailable` where the file that is open, or its log, is not the one that has its name.

        SQLite goes on with a file that was deleted or replaced, as by a restored backup: what is acknowledged then is
        lost, and what is copied is another. So it does with the log, which another program deletes that takes itself
        for the last one to leave: a backup that reads the file in this process undoes the locks that say otherwise.
        """
        if self._file is not None and self._file != self._present_file():
            raise LedgerUnavailable(Cause.UNREACHABLE, _REPLACED)

    def _present_file(self) -> tuple[int, ...] | None:
        try:
            file, log = self._path.stat(), self._log.stat()
        except OSError:
            return None
        return file.st_dev, file.st_ino, log.st_ino


def _make_empty(path: Path) -> None:
    """Make a file for this account alone; raises `OSError`, also where there is one.

    It is never opened under its name: to close it would let go of the locks that SQLite has on it by then for somebody
    else in this process, who goes on without them.
    """
    try:
        os.mknod(path, stat.S_IFREG | 0o600)
    except FileExistsError:
        raise
    except OSError:  # file systems in user space may not know how to, and some systems let root alone
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        os.close(handle)
        try:
            os.link(name, path)
        finally:
            Path(name).unlink()


def _begin_reading(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA query_only = ON")


def _wait_for(db: sqlite3.Connection, seconds: float) -> None:
    """Have SQLite wait for others that long by itself."""
    db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def _carry_all_over(db: sqlite3.Connection) -> None:
    """Empty the log; raises `LedgerUnavailable` where others keep it from being emptied."""
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:  # a log that may begin anew while it is copied is worse than no copy
        raise LedgerUnavailable(Cause.LOCKED, "another program reads the file")


def _close(connection: Connection) -> None:
    """Close a connection for good: an engine that has begun anew takes none back."""
    connection.detach()
    connection.close()


def _driver(raw: PoolProxiedConnection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", raw.driver_connection)
