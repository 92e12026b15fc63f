"""Writes records, each exactly once."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched, chain, compress
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, select

from .database import Database
from .entries import Kept
from .failures import is_conflict
from .limits import LOOKUP_VALUES
from .rows import Row, Values
from .schema import RECORDS
from .terminals import all_numbered

# The number of the terminal, then the identity within it.
type _Key = tuple[int, int, int, int, int, int, int]
# The number of the terminal, then the values of a `Row`: a key comes first.
type _Row = tuple[Any, ...]

_COLUMNS = ("terminal_id", *Row._fields)
_KEY_LENGTH = 7
_KEY_COLUMNS = [RECORDS.c[name] for name in _COLUMNS[:_KEY_LENGTH]]
_INSERT = RECORDS.insert()
# PostgreSQL gets columns, each a list, which takes a quarter of the time that rows take us. No text is cut: one that is
# too long is an error, as elsewhere.
_LISTS = {int: "BIGINT", str: "TEXT", float: "FLOAT8", bool: "BOOLEAN"}
_INSERT_LISTS = "INSERT INTO {} ({}) SELECT * FROM unnest({})".format(  # noqa: S608 - names of our own
    RECORDS.name,
    ", ".join(_COLUMNS),
    ", ".join(f"%s::{_LISTS[RECORDS.c[name].type.python_type]}[]" for name in _COLUMNS),
)
# Another Home Assistant on the same server may keep the same records at the same time; after three looks in vain
# something else is wrong.
ATTEMPTS = 3


@dataclass(frozen=True)
class Written:
    """What became of several calls: for each what was new, and how many rows were written in all."""

    kept: list[Kept]
    rows: int


class Keeper:
    """Remembers between two transactions what spares it questions; for the one thread that writes."""

    def __init__(self, database: Database) -> None:
        """Start without memories."""
        self._database = database
        self._numbers: dict[str, int] = {}
        self._connections = 0
        self._look = False
        self._statement: str | None = None
        # Columns in the order of the statement, which is that of the table.
        self._in_order: Callable[[_Row], _Row] = tuple

    def forget(self) -> None:
        """Forget everything: the database may be another one now."""
        self._numbers.clear()

    def keep(self, calls: Sequence[tuple[str, Sequence[Values]]]) -> Written:
        """Write in one transaction what is new of several calls, each a serial number and rows.

        Most records are new. So the first attempt writes without looking, unless the last call held known ones; the
        unique index stops it where that was wrong, and the next attempt looks first.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._attempt(calls, look=self._look or attempt > 1)
            except Exception as err:
                self.forget()
                if not is_conflict(err):
                    raise
        return self._attempt(calls, look=True)

    def _attempt(self, calls: Sequence[tuple[str, Sequence[Values]]], *, look: bool) -> Written:
        with self._database.writing() as connection:
            if self._connections != self._database.connections:
                self._connections = self._database.connections
                self.forget()
            numbers = self._numbers_of(connection, {serial for serial, _ in calls})
            rows = [[(numbers[serial], *values) for values in said] for serial, said in calls]
            if look:
                rows, kept = _sifted(rows, _known(connection, rows))
            else:
                kept = [Kept((True,) * len(said)) for said in rows]
            if fresh := list(chain.from_iterable(rows)):
                self._insert(connection, fresh)
        self._numbers = numbers
        self._look = any(one.duplicates for one in kept)
        return Written(kept, len(fresh))

    def _numbers_of(self, connection: Connection, serials: Collection[str]) -> dict[str, int]:
        unknown = [serial for serial in serials if serial not in self._numbers]
        return self._numbers | all_numbered(connection, unknown) if unknown else self._numbers

    def _insert(self, connection: Connection, rows: Sequence[_Row]) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_INSERT_LISTS, tuple(map(list, zip(*rows, strict=True))))
            return
        if not connection.dialect.positional:
            connection.execute(_INSERT, [dict(zip(_COLUMNS, row, strict=True)) for row in rows])
            return
        # Where the driver takes rows as they are, giving it these halves the time of a large insert.
        if self._statement is None:
            compiled = _INSERT.compile(dialect=connection.dialect, column_keys=_COLUMNS)
            self._statement = str(compiled)
            self._in_order = itemgetter(*map(_COLUMNS.index, cast("Sequence[str]", compiled.positiontup)))
        connection.exec_driver_sql(self._statement, list(map(self._in_order, rows)))


def _sifted(calls: Sequence[Sequence[_Row]], seen: set[_Key]) -> tuple[list[list[_Row]], list[Kept]]:
    """Return what is new of several calls, and for each what is; `seen` grows by it."""
    fresh: list[list[_Row]] = []
    kept: list[Kept] = []
    for rows in calls:
        new: list[bool] = []
        for row in rows:
            key = row[:_KEY_LENGTH]
            new.append(key not in seen)
            seen.add(key)
        fresh.append(list(compress(rows, new)))
        kept.append(Kept(tuple(new)))
    return fresh, kept


def _known(connection: Connection, calls: Iterable[Sequence[_Row]]) -> set[_Key]:
    """Return the keys of all records of the same terminals, times and people."""
    wanted: dict[int, dict[int, set[int]]] = {}
    for number, time, enroll_id, *_ in chain.from_iterable(calls):
        wanted.setdefault(number, {}).setdefault(time, set()).add(enroll_id)
    found: set[_Key] = set()
    for number, times in wanted.items():
        for part in batched(times, LOOKUP_VALUES, strict=False):
            query = select(*_KEY_COLUMNS).where(RECORDS.c.terminal_id == number, RECORDS.c.time.in_(part))
            if len(part) == 1:
                # A clock that stands still gives thousands of people the same time (field notes 3, time).
                query = query.where(RECORDS.c.enroll_id.in_(times[part[0]]))
            found.update(tuple(row) for row in connection.execute(query))
    return found
