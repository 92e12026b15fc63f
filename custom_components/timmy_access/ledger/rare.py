"""Records of a kind of which a terminal may have few, or none, among millions of others.

Ordered by time they would be looked for among all there are. By the index of terminals and methods each terminal's are
found at once, in their order; of these parts the first are taken. So it is with a few of many terminals.

Many parts take long, even to be understood: 100 of them 80 ms in PostgreSQL. What is asked for is mostly not that rare,
so the nearest records of all are looked through before. Up to where is asked for in a statement of its own: MariaDB
reads all there are where it has to find that out while it looks.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched, product
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, select, union_all

from .columns import DOOR_METHOD
from .entries import DOOR_ID
from .filters import Cursor, RecordFilter, RecordKind, among, beyond, conditions, shape_of
from .schema import RECORDS
from .statements import ask, bound, written

# Parts a statement; SQLite takes 500 at most, and a long statement takes long to be understood.
_PARTS = 100
# Records that are looked through for each that is wanted, in turn: what every tenth record is, is found with little
# work, and one of twenty houses finds its page among half of the second ones.
_NEAR = (10, 40)
# Of a smaller share of the terminals the log is put together from parts; of a larger one most of what is there is
# wanted, and the rest is left out on the way.
_FEW = 4

# A terminal and a method by their numbers; None is any method.
type Part = tuple[int, int | None]
type _Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which stretch of a list is asked for: `limit` records after a cursor, of those with an id up to `up_to`."""

    limit: int
    after: Cursor | None = None
    oldest_first: bool = False
    up_to: int | None = None

    @property
    def shape(self) -> Hashable:
        """All that a statement is made from, but for the values that are bound in it."""
        return self.limit, self.after is None, self.oldest_first, self.up_to is None

    @property
    def values(self) -> dict[str, int]:
        """The values that are bound in a statement."""
        found: dict[str, int] = {}
        if self.after is not None:
            found["at"], found["key"] = self.after
        if self.up_to is not None:
            found["up_to"] = self.up_to
        return found

    def conditions(self) -> _Conditions:
        """Return the conditions that say where it begins, and what is too new."""
        found = [] if self.after is None else beyond(self.after, oldest_first=self.oldest_first)
        if self.up_to is not None:
            found.append(RECORDS.c.id <= bound("up_to", self.up_to))
        return found


@dataclass(frozen=True, slots=True)
class WayToFind:
    """Conditions, made when they are wanted, with the shape that they follow from and the values bound in them."""

    shape: Hashable
    values: Mapping[str, int]
    conditions: Callable[[], _Conditions]


def ways_to_find(
    connection: Connection, where: RecordFilter, serials: Mapping[int, str], stretch: Stretch
) -> Iterator[WayToFind]:
    """Yield a filter as conditions, of which the first that let enough records through, or the last, are right.

    Where there is none, nothing is found.
    `serials` are those of all terminals by number.
    """
    terminals = _terminals(where, serials)
    if (parts := _parts_among(where, terminals, len(serials))) is None:
        yield _in_order(where, terminals, serials, stretch)
        return
    for near in _NEAR if len(parts) > 1 else ():
        last = _nearest(connection, where, stretch, stretch.limit * near)
        if last is None:
            yield _in_order(where, terminals, serials, stretch)
            return
        yield _nearby(where, terminals, serials, stretch, last)
    if ids := _first_ids(connection, where, parts, terminals, serials, stretch):
        yield _of_ids(ids, stretch.limit)


def _in_order(where: RecordFilter, terminals: Sequence[int], serials: Mapping[int, str], stretch: Stretch) -> WayToFind:
    shape, values = shape_of(where, terminals, len(serials))
    return WayToFind(
        ("in order", shape, stretch.shape),
        {**values, **stretch.values},
        lambda: [*_conditions_in_order(where, serials), *stretch.conditions()],
    )


def _nearby(
    where: RecordFilter, terminals: Sequence[int], serials: Mapping[int, str], stretch: Stretch, last: int
) -> WayToFind:
    """Return a way to look through the nearest records of all, up to a time."""
    # Of two bounds of a side SQLite would take the wider one.
    bounded = replace(where, until=None) if stretch.oldest_first else replace(where, since=None)
    shape, values = shape_of(bounded, terminals, len(serials))
    time, near = RECORDS.c.occurred_at, bound("near", last)
    return WayToFind(
        ("nearby", shape, stretch.shape),
        {**values, **stretch.values, "near": last},
        lambda: [
            *_conditions_in_order(bounded, serials),
            time <= near if stretch.oldest_first else time >= near,
            *stretch.conditions(),
        ],
    )


def _of_ids(ids: Sequence[int], limit: int) -> WayToFind:
    """Return a way to find records by their ids."""
    # A statement for each number of them would be many.
    size = min(limit, 1 << (len(ids) - 1).bit_length())
    values = {f"id_{place}": ids[min(place, len(ids) - 1)] for place in range(size)}
    return WayToFind(
        ("ids", size),
        values,
        lambda: [RECORDS.c.id.in_([bound(name, value) for name, value in values.items()])],
    )


def _parts_among(where: RecordFilter, terminals: Sequence[int], known: int) -> list[Part] | None:
    """Return the parts from which the records of a filter are taken; None where one index gives them in their order."""
    if where.enroll_ids is not None or where.kept_after is not None:
        return None
    if where.kind is RecordKind.DOOR and len(terminals) == known:
        return None  # by the index of persons, of which a door is none
    methods = (DOOR_METHOD,) if where.kind is RecordKind.DOOR else where.methods
    if methods is not None:
        parts: list[Part] = list(product(terminals, frozenset(methods)))
        is_in_order = len(parts) == 1 and where.serials is not None and where.kind is not RecordKind.DOOR
        return None if is_in_order else parts
    if where.serials is None or len(terminals) <= 1 or len(terminals) * _FEW > known:
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
        found.append(among("terminal", RECORDS.c.terminal_id + 0, terminals))
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


def _nearest(connection: Connection, where: RecordFilter, stretch: Stretch, records: int) -> int | None:
    """Return the time up to which the nearest records of all are looked through; None where there are no more."""
    time = RECORDS.c.occurred_at
    of_time = RecordFilter(since=where.since, until=where.until)
    shape, values = shape_of(of_time, (), 0)
    order = time if stretch.oldest_first else time.desc()
    found = ask(
        connection,
        ("nearest", records, shape, stretch.shape),
        {**values, **stretch.values},
        lambda: (
            select(time)
            .where(*conditions(of_time, {}), *stretch.conditions())
            .order_by(order)
            .offset(written(records))
            .limit(written(1))
        ),
    )
    return found[0][0] if found else None


def _first_ids(
    connection: Connection,
    where: RecordFilter,
    parts: Sequence[Part],
    terminals: Sequence[int],
    serials: Mapping[int, str],
    stretch: Stretch,
) -> list[int]:
    """Return the ids of the first records of some parts, in order, as many as are wanted.

    The order is that of `occurred_at`, then of the id.
    """
    shape, values = shape_of(replace(where, serials=None), terminals, len(serials))
    found: list[tuple[Any, ...]] = []
    for some in batched(parts, _PARTS, strict=False):
        bounds = {
            f"{name}_{place}": number
            for place, part in enumerate(some)
            for name, number in zip(("of", "by"), part, strict=True)
            if number is not None
        }
        found += ask(
            connection,
            ("parts", shape, stretch.shape, tuple(bounds)),
            {**values, **stretch.values, **bounds},
            partial(_union, where, some, serials, stretch),
        )
    return [key for _, key in sorted(found, reverse=not stretch.oldest_first)[: stretch.limit]]


def _union(
    where: RecordFilter, parts: Sequence[Part], serials: Mapping[int, str], stretch: Stretch
) -> CompoundSelect[Any]:
    rest = [*_conditions_of_parts(where, serials), *stretch.conditions()]
    order = in_order(oldest_first=stretch.oldest_first)
    queries = [
        select(RECORDS.c.occurred_at, RECORDS.c.id)
        .where(RECORDS.c.terminal_id == bound(f"of_{place}", terminal), *rest)
        .where(*(() if method is None else (RECORDS.c.method == bound(f"by_{place}", method),)))
        .order_by(*order)
        .limit(written(stretch.limit))
        .subquery()
        for place, (terminal, method) in enumerate(parts)
    ]
    return union_all(*(query.select() for query in queries))
