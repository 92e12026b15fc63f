"""Forgets records that are old enough."""

from datetime import datetime

from sqlalchemy import Connection, select

from .schema import RECORDS
from .values import instant_of


def purge(connection: Connection, before: datetime, rows: int) -> int:
    """Delete up to `rows` of the oldest records that occurred before a time, and return how many."""
    query = (
        select(RECORDS.c.id)
        .where(RECORDS.c.occurred_at < instant_of("before", before))
        .order_by(RECORDS.c.occurred_at)
        .limit(rows)
    )
    old = connection.scalars(query).all()
    if old:
        connection.execute(RECORDS.delete().where(RECORDS.c.id.in_(old)))
    return len(old)
