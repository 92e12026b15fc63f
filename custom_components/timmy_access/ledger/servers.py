"""PostgreSQL and MariaDB, in which several Home Assistants may keep their records together."""

from collections.abc import Iterator
from contextlib import contextmanager
import math
from typing import Any, override

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError

from .database import Database
from .drivers import with_driver
from .errors import Cause, LedgerUnavailable
from .limits import READERS
from .statements import tell

# One number, and one name, for all who change these tables.
_ADVISORY_LOCK = 7788_0001
_NAMED_LOCK = "timmy_access_schema"
# TCP's own search for a dead server, in seconds.
_KEEPALIVE_IDLE, _KEEPALIVE_INTERVAL, _KEEPALIVE_PROBES = 30, 10, 3


class _Server(Database):
    """What both have in common."""

    def connect_args(self, patience: float) -> dict[str, Any]:
        """Return what the driver is told; no answer within `patience` seconds counts as a lost connection."""
        raise NotImplementedError

    def session(self, patience: float) -> tuple[str, ...]:
        """Return the statements that begin a connection."""
        raise NotImplementedError

    @override
    def create_engines(self) -> tuple[Engine, Engine]:
        url = with_driver(self._url)
        # Both databases, and both ways of locking here, want to see what others have committed meanwhile.
        writer = self.engine(url, 1, self._limits.commit, "READ COMMITTED")

        @event.listens_for(writer, "connect")
        def _count(_connection: object, _record: object) -> None:
            self.connections += 1

        return writer, self.reading_engine(url)

    def reading_engine(self, url: URL) -> Engine:
        """Return the engine that reads.

        All that one question reads is of one moment, as in a file: no record is of a terminal that was not there yet.
        """
        return self.engine(url, READERS, self._limits.read, "REPEATABLE READ")

    def engine(
        self, url: URL, connections: int, patience: float, isolation: IsolationLevel, *, looks_first: bool = True
    ) -> Engine:
        """Return an engine; where it `looks_first`, it asks whether a connection still is one before that is used."""
        engine = create_engine(
            url,
            connect_args=self.connect_args(patience),
            hide_parameters=True,
            isolation_level=isolation,
            max_overflow=0,
            # Servers restart, and close what was idle for hours.
            pool_pre_ping=looks_first,
            pool_size=connections,
            pool_timeout=patience,
        )

        @event.listens_for(engine, "connect")
        def _begin_session(dbapi_connection: Any, _record: object) -> None:
            with dbapi_connection.cursor() as cursor:
                for statement in self.session(patience):
                    cursor.execute(statement)
            dbapi_connection.commit()

        return engine


class PostgreSQL(_Server):
    """PostgreSQL through psycopg2."""

    @override
    def connect_args(self, patience: float) -> dict[str, Any]:
        return {
            "application_name": "timmy_access",
            "connect_timeout": math.ceil(self._limits.connect),
            "keepalives_count": _KEEPALIVE_PROBES,
            "keepalives_idle": _KEEPALIVE_IDLE,
            "keepalives_interval": _KEEPALIVE_INTERVAL,
            "tcp_user_timeout": int(patience * 1000),
        }

    @override
    def session(self, patience: float) -> tuple[str, ...]:
        return (
            f"SET lock_timeout = {int(self._limits.busy * 1000)}",
            f"SET statement_timeout = {int(patience * 1000)}",
        )

    # A transaction begins with a message of its own here, and whoever has the answer to that has a connection: another
    # one to see whether it still is one would take a third of the time of a page that is empty.

    @override
    def reading_engine(self, url: URL) -> Engine:
        return self.engine(url, READERS, self._limits.read, "AUTOCOMMIT", looks_first=False)

    @override
    @contextmanager
    def looking(self) -> Iterator[Connection]:
        with self._begun() as connection:
            try:
                yield connection
                tell(connection, "COMMIT")
            except BaseException:
                # It would be lent again with whatever is going on in it.
                connection.invalidate()
                raise

    def _begun(self) -> Connection:
        """Return a connection with a transaction that reads, all of it as it is at one moment."""
        # A server that was restarted, or closes what was idle for hours, has closed all of them.
        for place in range(READERS + 1):
            connection = self.engines[1].connect()
            try:
                tell(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            except BaseException as err:
                connection.invalidate()
                connection.close()
                is_lost = isinstance(err, DBAPIError) and err.connection_invalidated
                if not is_lost or place == READERS:
                    raise
            else:
                break
        return connection

    @override
    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        with self.writing() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # an index of millions of rows takes its time
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
            yield connection


class MariaDB(_Server):
    """MariaDB, or MySQL, through mysqlclient or PyMySQL, which are told the same."""

    @override
    def connect_args(self, patience: float) -> dict[str, Any]:
        return {
            "charset": "utf8mb4",
            "connect_timeout": math.ceil(self._limits.connect),
            "read_timeout": math.ceil(patience),
            "write_timeout": math.ceil(patience),
        }

    @override
    def session(self, patience: float) -> tuple[str, ...]:
        seconds = math.ceil(self._limits.busy)
        return (
            f"SET SESSION innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}",
            # Cut texts and wrong dates are errors, whatever the server's habit is.
            "SET SESSION sql_mode = 'TRADITIONAL'",
        )

    @override
    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        with self.engines[0].connect() as connection:
            name = {"name": _NAMED_LOCK, "seconds": math.ceil(self._limits.busy)}
            locked = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), name)
            connection.commit()
            if not locked:
                raise LedgerUnavailable(Cause.LOCKED, "another program changes the tables")
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), name)
                connection.commit()
