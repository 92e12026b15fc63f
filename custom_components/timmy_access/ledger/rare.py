"""Records of a kind of which a terminal may have few, or none, among millions of others.

Ordered by time they would be looked for among all there are. By the index of terminals and methods each terminal's are
found at once, in their order; of these parts the first are taken.
"""

from collections.abc import Collection, Sequence
from itertools import batched, product

from sqlalchemy import ColumnElement, Connection, select, union_all

from .columns import DOOR_METHOD
from .filters import RecordFilter, RecordKind
from .schema import RECORDS

# Parts a statement; SQLite takes 500 at most, and a long statement takes long to be understood.
_PARTS = 100


def methods_among(where: RecordFilter) -> Collection[int] | None:
    """Return the methods by which a filter is looked up; None where another index finds what it asks for."""
    if where.enroll_ids is not None or where.kept_after is not None:
        return None
    if where.kind is RecordKind.DOOR:
        return (DOOR_METHOD,)
    return where.methods


def first_ids(
    connection: Connection,
    terminals: Collection[int],
    methods: Collection[int],
    conditions: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    oldest_first: bool,
) -> list[int]:
    """Return the ids of the first `limit` records of some terminals and methods that meet conditions.

    The order is that of `occurred_at`, then of the id.
    """
    order = [column if oldest_first else column.desc() for column in (RECORDS.c.occurred_at, RECORDS.c.id)]
    found: list[tuple[int, int]] = []
    for parts in batched(product(terminals, frozenset(methods)), _PARTS, strict=False):
        queries = [
            select(RECORDS.c.occurred_at, RECORDS.c.id)
            .where(RECORDS.c.terminal_id == terminal, RECORDS.c.method == method, *conditions)
            .order_by(*order)
            .limit(limit)
            .subquery()
            for terminal, method in parts
        ]
        found += (tuple(row) for row in connection.execute(union_all(*(query.select() for query in queries))))
    return [key for _, key in sorted(found, reverse=not oldest_first)[:limit]]
