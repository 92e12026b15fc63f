"""Forgets records that are old enough."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, tuple_

from .names import forget_unused
from .schema import RECORDS
from .terminals import numbers
from .values import instant_of


@dataclass(frozen=True, slots=True)
class Step:
    """How many records a step deleted, and after which time and id the next one goes on; None is the end."""

    deleted: int
    next: tuple[int, int] | None


def purge(
    connection: Connection, serial: str, before: datetime, rows: int, after: tuple[int, int] | None = None
) -> Step:
    """Look at the next `rows` records of a terminal that occurred before a time; delete those that arrived before it.

    A record that came in late, or with the time of a clock that was wrong, stays as long as one that is of today.
    """
    number = numbers(connection, [serial]).get(serial)
    limit = instant_of("before", before)
    query = (
        select(RECORDS.c.id, RECORDS.c.occurred_at, RECORDS.c.received_at)
        .where(RECORDS.c.terminal_id == number, RECORDS.c.occurred_at < limit)
        .order_by(RECORDS.c.occurred_at, RECORDS.c.id)
        .limit(rows)
    )
    if after is not None:
        # The second says the same of a single column, which MariaDB can look up in an index.
        query = query.where(tuple_(RECORDS.c.occurred_at, RECORDS.c.id) > after, RECORDS.c.occurred_at >= after[0])
    seen = connection.execute(query).all()
    if old := [row.id for row in seen if row.received_at < limit]:
        connection.execute(RECORDS.delete().where(RECORDS.c.terminal_id == number, RECORDS.c.id.in_(old)))
    return Step(len(old), (seen[-1].occurred_at, seen[-1].id) if len(seen) == rows else None)


def purge_names(connection: Connection, serials: Collection[str]) -> None:
    """Forget the names that no kept record and nobody on a roster of these terminals needs any more."""
    for number in numbers(connection, serials).values():
        forget_unused(connection, number)
