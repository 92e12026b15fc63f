"""Records of a kind of which a terminal may have few, or none, among millions of others.

Ordered by time they would be looked for among all there are. By the index of terminals and methods each terminal's are
found at once, in their order; of these parts the first are taken. So it is with a few of many terminals.

Many parts take long, even to be understood: 100 of them 80 ms in PostgreSQL. What is asked for is mostly not that rare,
so the nearest records of all are looked through before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import batched, product

from sqlalchemy import ColumnElement, Connection, select, union_all

from .columns import DOOR_METHOD
from .entries import DOOR_ID
from .filters import RecordFilter, RecordKind, conditions
from .schema import RECORDS

# Parts a statement; SQLite takes 500 at most, and a long statement takes long to be understood.
_PARTS = 100
# Parts that are asked for at once; of more the nearest records are looked through before.
_QUICK = 4
# Records that are looked through for each that is wanted: one of twenty houses finds its page among half of them.
_NEAR = 40
# Of a smaller share of the terminals the log is put together from parts; of a larger one most of what is there is
# wanted, and the rest is left out on the way.
_FEW = 4

# A terminal and a method by their numbers; None is any method.
type Part = tuple[int, int | None]


def ways_to_find(
    connection: Connection,
    where: RecordFilter,
    serials: Mapping[int, str],
    more: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    oldest_first: bool,
) -> Iterator[list[ColumnElement[bool]]]:
    """Yield a filter as conditions, of which the first that let `limit` records through, or the last, are right.

    `more` are conditions that say where a page begins, and `serials` those of all terminals by number.
    """
    if (parts := _parts_among(where, serials)) is None:
        yield [*_conditions_in_order(where, serials), *more]
        return
    if len(parts) > _QUICK:
        nearby, is_all = _conditions_nearby(connection, where, serials, more, limit=limit, oldest_first=oldest_first)
        yield [*nearby, *more]
        if is_all:
            return
    rest = [*_conditions_of_parts(where, serials), *more]
    yield [RECORDS.c.id.in_(_first_ids(connection, parts, rest, limit=limit, oldest_first=oldest_first))]


def _parts_among(where: RecordFilter, serials: Mapping[int, str]) -> list[Part] | None:
    """Return the parts from which the records of a filter are taken; None where one index gives them in their order."""
    if where.enroll_ids is not None or where.kept_after is not None:
        return None
    terminals = _terminals(where, serials)
    if where.kind is RecordKind.DOOR and len(terminals) == len(serials):
        return None  # by the index of persons, of which a door is none
    methods = (DOOR_METHOD,) if where.kind is RecordKind.DOOR else where.methods
    if methods is not None:
        return list(product(terminals, frozenset(methods)))
    if where.serials is None or len(terminals) <= 1 or len(terminals) * _FEW > len(serials):
        return None
    return [(terminal, None) for terminal in terminals]


def in_order(*, oldest_first: bool) -> list[ColumnElement[int]]:
    """Return the order of a list: that of `occurred_at`, then of the id."""
    return [column if oldest_first else column.desc() for column in (RECORDS.c.occurred_at, RECORDS.c.id)]


def _conditions_of_parts(where: RecordFilter, serials: Mapping[int, str]) -> list[ColumnElement[bool]]:
    """Return a filter as conditions for what is left of its parts.

    That a door is nobody, its method says; PostgreSQL would look for the doors of one terminal among all there are.
    """
    if where.kind is not RecordKind.DOOR:
        return conditions(replace(where, serials=None), serials)
    return [*conditions(replace(where, serials=None, kind=None), serials), RECORDS.c.enroll_id + 0 == DOOR_ID]


def _conditions_in_order(where: RecordFilter, serials: Mapping[int, str]) -> list[ColumnElement[bool]]:
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
    return _conditions_in_order(where, serials)


def _terminals(where: RecordFilter, serials: Mapping[int, str]) -> list[int]:
    wanted = None if where.serials is None else frozenset(where.serials)
    return [number for number, serial in serials.items() if wanted is None or serial in wanted]


def _conditions_nearby(
    connection: Connection,
    where: RecordFilter,
    serials: Mapping[int, str],
    more: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    oldest_first: bool,
) -> tuple[list[ColumnElement[bool]], bool]:
    """Return a filter as conditions for the nearest records of all, and whether these are all there are."""
    time = RECORDS.c.occurred_at
    of_time = conditions(RecordFilter(since=where.since, until=where.until), serials)
    query = select(time).where(*of_time, *more).order_by(time if oldest_first else time.desc())
    last = connection.scalar(query.offset(limit * _NEAR).limit(1))
    if last is None:
        return _conditions_in_order(where, serials), True
    # Of two bounds of a side SQLite would take the wider one.
    bounded = replace(where, until=None) if oldest_first else replace(where, since=None)
    return [*_conditions_in_order(bounded, serials), time <= last if oldest_first else time >= last], False


def _first_ids(
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
    order = in_order(oldest_first=oldest_first)
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
