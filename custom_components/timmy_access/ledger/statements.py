"""Questions that were put together and compiled once, and are asked again with other values.

To put one together takes SQLAlchemy several times as long as the database takes to answer it. Each connection keeps its
own: they go when it does, and no two threads use one at a time.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, BindParameter, Connection, SelectBase, bindparam

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
    # To make rows of them takes a quarter of the time of an export.
    found: Sequence[tuple[Any, ...]] = connection.exec_driver_sql(
        compiled.text, compiled.parameters(values)
    ).cursor.fetchall()
    return found


def _compiled(connection: Connection, query: SelectBase) -> _Compiled:
    made = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    order = getattr(made, "positiontup", None)
    return _Compiled(made.string, dict(made.params), None if order is None else tuple(order))
