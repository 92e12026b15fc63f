"""A database, as the threads see it that write and read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
import threading

from sqlalchemy import Connection, Engine, select
from sqlalchemy.engine import URL

from . import migrations
from .errors import Cause, LedgerUnavailable
from .limits import Limits
from .schema import IDENTITY, META

# The row of `meta` that is written to see whether writing works.
_PROBED = "probed_at"


class Database:
    """One database. `writing` and what changes it are for one thread, `reading` for any.

    Everything here blocks, and raises what drivers and SQLAlchemy raise; `failures` tells what that means.
    """

    def __init__(self, url: URL, limits: Limits) -> None:
        """Prepare; nothing is opened yet, and no driver imported."""
        self._url = url
        self._limits = limits
        self._engines: tuple[Engine, Engine] | None = None
        self._making_engines = threading.Lock()
        # Whether the tables are known to be of the present version; of others everything would be misread.
        self._understood = False
        # Connections made for writing. Whoever remembers what is in the database forgets it when this grows: a server
        # may have been restored meanwhile.
        self.connections = 0
        # What the database was called when it was made, as seen when it was opened last.
        self.identity: str | None = None

    def open(self) -> None:
        """Connect, bring the tables to the present version, and see whether writing works.

        Raises `LedgerUnavailable` before anything is changed where the driver is missing, or the database is too new or
        somebody else's. Another Home Assistant that opens it in the same moment is a conflict, to be tried again.
        """
        version = self.version()
        while version < len(migrations.MIGRATIONS):
            with self.migrating() as connection:
                version = migrations.version_of(connection)  # another Home Assistant may have been faster
                if version < len(migrations.MIGRATIONS):
                    version += 1
                    migrations.migrate(connection, version)
        self._understood = True
        with self.writing() as connection:
            self.identity = connection.scalar(select(META.c.value).where(META.c.name == IDENTITY))
            row = {"value": datetime.now(UTC).isoformat()}
            if not connection.execute(META.update().where(META.c.name == _PROBED).values(**row)).rowcount:
                connection.execute(META.insert().values(name=_PROBED, **row))

    def disconnect(self) -> None:
        """Give up all connections; the next use makes new ones, perhaps to another database."""
        self._understood = False
        for engine in self._engines or ():
            engine.dispose()

    def close(self) -> None:
        """Disconnect for good."""
        self.disconnect()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that is committed at the end, or rolled back on any error."""
        with self.engines[0].begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that sees the database as it is now; raises `LedgerUnavailable` where it is not ours."""
        with self.looking() as connection:
            if not self._understood:
                if migrations.version_of(connection) < len(migrations.MIGRATIONS):
                    raise LedgerUnavailable(Cause.UNREACHABLE, "the tables are not there yet")
                self._understood = True
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Give a transaction that keeps others from changing the tables."""
        with self.writing() as connection:
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Give a transaction that reads whatever is there."""
        with self.engines[1].begin() as connection:
            yield connection

    def version(self) -> int:
        """Return the version of the tables."""
        with self.looking() as connection:
            return migrations.version_of(connection)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """The one that writes and the one that reads; raises `LedgerUnavailable` where the driver is missing."""
        with self._making_engines:
            if self._engines is None:
                self._engines = self.create_engines()
            return self._engines

    def create_engines(self) -> tuple[Engine, Engine]:
        """Return an engine that writes and one that reads; raises `LedgerUnavailable` where the driver is missing."""
        raise NotImplementedError

    # What only a file needs; a server looks after itself.

    def verify(self) -> None:
        """Raise where the database turns out to be corrupt."""

    def put_aside(self) -> Path | None:
        """Rename a corrupt database and return its new name; None where that is not for us to do."""
        return None

    def begin_backup(self) -> None:
        """Let the database be copied while it is used."""

    def end_backup(self) -> None:
        """Undo `begin_backup` with the next transaction that writes. May be called from any thread."""
