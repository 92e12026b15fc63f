"""Questions about records, each within one reading transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from .entries import DOOR_ID, STRANGER_ID, Identity, StoredRecord
from .errors import LedgerInvalid, Problem
from .filters import Cursor, RecordFilter, beyond, conditions
from .limits import MAX_PAGE
from .names import history
from .rows import Row, record_of
from .schema import RECORDS
from .terminals import numbers, serials
from .values import MISSING, instant_from, instant_of, local_of, number_of

_ROW = [RECORDS.c[name] for name in Row._fields]


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, and what to ask for to get the next one; `next` is None on the last."""

    records: tuple[StoredRecord, ...]
    next: str | None


def page(
    connection: Connection,
    where: RecordFilter,
    *,
    limit: int,
    after: str | None = None,
    oldest_first: bool = False,
    up_to: int | None = None,
) -> Page:
    """Return up to `limit` records after a cursor; those with an id above `up_to` are left out.

    The order is that of `occurred_at`, then of the id. Records that come in between two pages do not move others from
    one page to the next.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise LedgerInvalid("limit", Problem.OUT_OF_RANGE, {"low": "1", "high": str(MAX_PAGE)})
    known = serials(connection)
    query = select(RECORDS.c.id, RECORDS.c.terminal_id, *_ROW).where(*conditions(where, known))
    if after is not None:
        query = query.where(*beyond(Cursor.read(after), oldest_first=oldest_first))
    if up_to is not None:
        query = query.where(RECORDS.c.id <= up_to)
    order = (RECORDS.c.occurred_at, RECORDS.c.id)
    query = query.order_by(*(order if oldest_first else (column.desc() for column in order)))
    found = connection.execute(query.limit(limit + 1)).all()
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    unnamed = [row for row in rows if row.name is None]
    names = history(connection, {row.terminal_id for row in unnamed}, {row.enroll_id for row in unnamed})
    return Page(
        tuple(
            record_of(
                known[row.terminal_id],
                row.id,
                Row(*row[2:]),
                row.name or names.name_at(row.terminal_id, row.enroll_id, row.occurred_at),
            )
            for row in rows
        ),
        None if last is None else str(Cursor(last.occurred_at, last.id)),
    )


def has(connection: Connection, serial: str, identity: Identity) -> bool:
    """Return whether a record of a terminal is kept."""
    number = numbers(connection, [serial]).get(serial)
    if number is None:
        return False
    said = {name: number_of(name, getattr(identity, name)) for name in ("enroll_id", "mode", "reader", "event")}
    said["time"] = local_of("time", identity.time)
    where = (RECORDS.c.terminal_id == number, *(RECORDS.c[name] == value for name, value in said.items()))
    return connection.scalar(select(func.count()).where(*where)) > 0  # type: ignore[operator]  # a count is a number


def newest_id(connection: Connection) -> int:
    """Return the id of the record that was kept last; 0 for none."""
    return connection.scalar(select(func.max(RECORDS.c.id))) or 0


def counts(connection: Connection, where: RecordFilter) -> dict[str, int]:
    """Return the number of records of each terminal that has any."""
    known = serials(connection)
    query = select(RECORDS.c.terminal_id, func.count()).where(*conditions(where, known)).group_by(RECORDS.c.terminal_id)
    return {known[number]: count for number, count in connection.execute(query)}


def latest_readers(connection: Connection, serial: str, since: datetime) -> dict[int, tuple[datetime, int]]:
    """Return when and at which reader each person was last, at or after a time."""
    number = numbers(connection, [serial]).get(serial)
    query = (
        select(RECORDS.c.enroll_id, RECORDS.c.occurred_at, RECORDS.c.reader)
        .where(
            RECORDS.c.terminal_id == number,
            RECORDS.c.occurred_at >= instant_of("since", since),
            RECORDS.c.enroll_id.not_in([DOOR_ID, STRANGER_ID, MISSING]),
        )
        .order_by(RECORDS.c.occurred_at, RECORDS.c.id)
    )
    return {enroll_id: (instant_from(at), reader) for enroll_id, at, reader in connection.execute(query)}


def last_seen(connection: Connection, serial: str, since: datetime) -> dict[int, datetime]:
    """Return when each person was at a terminal last, at or after a time, of what was told as it happened."""
    number = numbers(connection, [serial]).get(serial)
    query = (
        select(RECORDS.c.enroll_id, func.max(RECORDS.c.occurred_at))
        .where(
            RECORDS.c.terminal_id == number,
            RECORDS.c.occurred_at >= instant_of("since", since),
            RECORDS.c.live.is_(True),
            RECORDS.c.enroll_id.not_in([DOOR_ID, STRANGER_ID, MISSING]),
        )
        .group_by(RECORDS.c.enroll_id)
    )
    return {enroll_id: instant_from(occurred_at) for enroll_id, occurred_at in connection.execute(query)}
