"""Records of a kind of which a terminal may have few, or none, among millions of others.

Ordered by time they would be looked for among all there are. By the index of terminals and methods each terminal's are
found at once, in their order; of these parts the first are taken. So it is with a few of many terminals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import batched, product

from sqlalchemy import ColumnElement, Connection, select, union_all

from .columns import DOOR_METHOD
from .filters import RecordFilter, RecordKind, conditions
from .schema import RECORDS

# Parts a statement; SQLite takes 500 at most, and a long statement takes long to be understood.
_PARTS = 100


# Of a smaller share of the terminals the log is put together from parts; of a larger one most of what is there is
# wanted, and the rest is left out on the way.
_FEW = 4

# A terminal and a method by their numbers; None is any method.
type Part = tuple[int, int | None]


def parts_among(where: RecordFilter, serials: Mapping[int, str]) -> list[Part] | None:
    """Return the parts from which the records of a filter are taken; None where one index gives them in their order."""
    if where.enroll_ids is not None or where.kept_after is not None:
        return None
    terminals = _terminals(where, serials)
    methods = (DOOR_METHOD,) if where.kind is RecordKind.DOOR else where.methods
    if methods is not None:
        return list(product(terminals, frozenset(methods)))
    if where.serials is None or len(terminals) <= 1 or len(terminals) * _FEW > len(serials):
        return None
    return [(terminal, None) for terminal in terminals]


def conditions_in_order(where: RecordFilter, serials: Mapping[int, str]) -> list[ColumnElement[bool]]:
    """Return a filter as conditions that do not mislead to sort what lies in order already.

    By the index of several terminals all that they ever told would be sorted, for every page of it; and a person would
    be looked for among all that a terminal ever told.
    """
    terminals = _terminals(where, serials)
    is_in_order = len(terminals) <= 1 and where.enroll_ids is None
    if where.serials is None or is_in_order or where.kept_after is not None:
        return conditions(where, serials)
    found = conditions(replace(where, serials=None), serials)
    if len(terminals) < len(serials):
        found.append((RECORDS.c.terminal_id + 0).in_(terminals))
    return found


def conditions_of_time(where: RecordFilter, serials: Mapping[int, str]) -> list[ColumnElement[bool]]:
    """Return a filter as conditions for all that was within a time, in any order.

    By the index of many terminals the same part of the table would be read once for each of them.
    """
    if where.enroll_ids is None and len(_terminals(where, serials)) * _FEW <= len(serials):
        return conditions(where, serials)
    return conditions_in_order(where, serials)


def _terminals(where: RecordFilter, serials: Mapping[int, str]) -> list[int]:
    wanted = None if where.serials is None else frozenset(where.serials)
    return [number for number, serial in serials.items() if wanted is None or serial in wanted]


def first_ids(
    connection: Connection,
    parts: Sequence[Part],
    more: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    oldest_first: bool,
) -> list[int]:
    """Return the ids of the first `limit` records of some parts that meet more conditions.

    The order is that of `occurred_at`, then of the id.
    """
    order = [column if oldest_first else column.desc() for column in (RECORDS.c.occurred_at, RECORDS.c.id)]
    found: list[tuple[int, int]] = []
    for some in batched(parts, _PARTS, strict=False):
        queries = [
            select(RECORDS.c.occurred_at, RECORDS.c.id)
            .where(RECORDS.c.terminal_id == terminal, *more)
            .where(*(() if method is None else (RECORDS.c.method == method,)))
            .order_by(*order)
            .limit(limit)
            .subquery()
            for terminal, method in some
        ]
        found += (tuple(row) for row in connection.execute(union_all(*(query.select() for query in queries))))
    return [key for _, key in sorted(found, reverse=not oldest_first)[:limit]]
