"""Questions that were put together and compiled once, and are asked again with other values.

To put one together takes SQLAlchemy several times as long as the database takes to answer it. Each connection keeps its
own: they go when it does, and no two threads use one at a time.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
import sqlite3
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    SelectBase,
    bindparam,
    literal_column,
)
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

# Ways to ask that one connection remembers; people use a few, whoever tries all of them begins anew.
_SHAPES = 200
_KEY = "timmy_access statements"


class _Compiled(NamedTuple):
    """A statement as its driver takes it, the values it was compiled with, and their order where they have no names."""

    text: str
    given: Mapping[str, Any]
    order: Sequence[str] | None

    def parameters(self, values: Mapping[str, int]) -> Any:
        """Return the values as the driver takes them, of which some are others than before."""
        said = {**self.given, **values}
        return said if self.order is None else tuple([said[name] for name in self.order])


def bound(name: str, value: int) -> BindParameter[int]:
    """Return a whole number of a statement that may be another one when the statement is asked again."""
    return bindparam(name, value, BigInteger())


def written(value: int) -> ColumnElement[int]:
    """Return a whole number, as that of rows, that is part of a statement's text.

    SQLite plans a statement with another limit anew, and takes each one that is bound for another.
    """
    return literal_column(str(value), Integer)


def ask(
    connection: Connection, shape: Hashable, values: Mapping[str, int], make: Callable[[], SelectBase]
) -> Sequence[tuple[Any, ...]]:
    """Return the rows of a question, as the driver gives them.

    `values` are those of its `bound` numbers; everything else in what `make` puts together has to follow from `shape`.
    """
    known: dict[Hashable, _Compiled] = connection.info.setdefault(_KEY, {})
    if (compiled := known.get(shape)) is None:
        if len(known) >= _SHAPES:
            known.clear()
        compiled = known[shape] = _compiled(connection, make())
    said = compiled.parameters(values)
    file = connection.connection.driver_connection
    if isinstance(file, sqlite3.Connection):
        # A file has answered sooner than SQLAlchemy has described the answer; what it raises, `failures` understands.
        return file.execute(compiled.text, said).fetchall()
    with _cursor(connection, compiled.text) as cursor:
        cursor.execute(compiled.text, said)
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return found


def tell(connection: Connection, statement: str) -> None:
    """Have a server do something that it has no answer to, such as to begin; the statement is told as it is."""
    with _cursor(connection, statement) as cursor:
        cursor.execute(statement)


@contextmanager
def _cursor(connection: Connection, statement: str) -> Iterator[DBAPICursor]:
    """Give a cursor of a driver; what it raises, SQLAlchemy's error says, and a lost connection is given up.

    SQLAlchemy itself describes each answer, and makes rows of it: that takes a quarter of the time of an export, and
    as long as the answer of a page that is empty.
    """
    driver, dialect = connection.connection, connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        with closing(driver.cursor()) as cursor:
            yield cursor
    except base as err:
        is_lost = dialect.is_disconnect(err, driver, None)
        if is_lost:
            connection.invalidate(err)
        # Of the class that the driver's has: that tells what is wrong with a row from what is wrong with a database.
        raise DBAPIError.instance(
            statement, None, err, base, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
        ) from err


def _compiled(connection: Connection, query: SelectBase) -> _Compiled:
    made = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    order = getattr(made, "positiontup", None)
    return _Compiled(made.string, dict(made.params), None if order is None else tuple(order))
