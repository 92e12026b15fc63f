"""What houses hold, and who changed it. What a document means is known to who wrote it.

Several Home Assistants may share one database: everything belongs to one house, and names it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import json
from typing import Any

from sqlalchemy import Column, Connection, Row as ResultRow, Table, and_, bindparam, or_, select

from .errors import LedgerInvalid, Problem
from .limits import MAX_PAGE
from .passes import keep
from .schema import (
    HOUSE_CHANGES,
    HOUSE_CREDENTIALS,
    HOUSE_GROUPS,
    HOUSE_PEOPLE,
    HOUSE_TERMINALS,
    PLACEMENTS,
    TOMBSTONES,
)
from .values import instant_from, instant_of, key_of, whole_of

# A group of many rules and doors fits; MariaDB's column holds 64 KiB.
MAX_HOUSE_DOCUMENT = 60_000
# The largest photo that a terminal takes, with what sealing adds.
MAX_SEALED = 512 * 1024


class HouseKind(StrEnum):
    """What there is in a house; each is a table."""

    PERSON = "person"
    GROUP = "group"
    CREDENTIAL = "credential"
    PLACEMENT = "placement"
    TOMBSTONE = "tombstone"
    TERMINAL = "terminal"


_TABLES: Mapping[HouseKind, Table] = {
    HouseKind.PERSON: HOUSE_PEOPLE,
    HouseKind.GROUP: HOUSE_GROUPS,
    HouseKind.CREDENTIAL: HOUSE_CREDENTIALS,
    HouseKind.PLACEMENT: PLACEMENTS,
    HouseKind.TOMBSTONE: TOMBSTONES,
    HouseKind.TERMINAL: HOUSE_TERMINALS,
}
_HOUSE = "house"

type HouseKey = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseItem:
    """One thing of a house.

    `key` are the columns that tell it from others of its kind: an id; for credentials person and slot; for placements
    and tombstones serial number and enroll id; for terminals the serial number. `document` has up to 60,000 characters
    of JSON; None is nothing there (any more), an empty one cannot be read. `sealed` are up to 512 KiB, of credentials
    alone.
    """

    kind: HouseKind
    key: HouseKey
    document: Mapping[str, Any] | None = field(repr=False)
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseChange:
    """One line of the change log: when, what was done for whom, and what else is to be told of it, without secrets."""

    changed_at: datetime
    person_id: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HouseChanges:
    """A page of the change log, newest first; `next` is where the following one begins, None at the end."""

    changes: tuple[HouseChange, ...]
    next: int | None


type Row = tuple[Table, dict[str, Any], dict[str, Any] | None]


def row_of(item: HouseItem) -> Row:
    """Return the table, the key and the values of a thing as they lie there; raises `LedgerInvalid`."""
    table = _TABLES[item.kind]
    columns = _key_columns(table)
    if len(item.key) != len(columns):
        raise LedgerInvalid("key", Problem.OUT_OF_RANGE, {"low": str(len(columns)), "high": str(len(columns))})
    key = {
        column.name: key_of(column.name, value) if isinstance(value, str) else whole_of(column.name, value)
        for column, value in zip(columns, item.key, strict=True)
    }
    if item.document is None:
        return table, key, None
    values: dict[str, Any] = {"document": _text_of(item.document)}
    if item.kind is HouseKind.CREDENTIAL:
        if item.sealed is not None and len(item.sealed) > MAX_SEALED:
            raise LedgerInvalid("sealed", Problem.TOO_LONG, {"size": str(len(item.sealed)), "limit": str(MAX_SEALED)})
        values["sealed"] = item.sealed
    return table, key, values


def row_of_change(change: HouseChange) -> dict[str, Any]:
    """Return a line of the change log as it lies there; raises `LedgerInvalid`."""
    return {
        "person_id": None if change.person_id is None else key_of("person_id", change.person_id),
        "changed_at": instant_of("changed_at", change.changed_at),
        "document": _text_of(change.document),
    }


def items(
    connection: Connection, house: str, kind: HouseKind, after: HouseKey | None, limit: int
) -> tuple[HouseItem, ...]:
    """Return the first things of a kind that a house has after a key, in the order of their keys."""
    table = _TABLES[kind]
    columns = _key_columns(table)
    query = table.select().where(table.c.house == house).order_by(*columns).limit(limit)
    if after is not None:
        first, value = columns[0], after[0]
        further = first > value
        if len(columns) > 1:
            # The second says the same of a single column, which MariaDB can look up in an index.
            query = query.where(first >= value)
            further = or_(further, and_(first == value, columns[1] > after[1]))
        query = query.where(further)
    names = [column.name for column in columns]
    return tuple(
        HouseItem(
            kind=kind,
            key=tuple(getattr(row, name) for name in names),
            document=_document_of(row.document),
            sealed=bytes(row.sealed) if kind is HouseKind.CREDENTIAL and row.sealed is not None else None,
        )
        for row in connection.execute(query)
    )


def write(
    connection: Connection,
    house: str,
    rows: Sequence[Row],
    changes: Sequence[Mapping[str, Any]],
    held: Iterable[dict[str, Any]] = (),
) -> None:
    """Write or delete things of a house, what is told of it, and the rows of passes that change with it."""
    for row in held:
        keep(connection, row)
    for table in dict.fromkeys(table for table, _, _ in rows):
        found = [(key, values) for of, key, values in rows if of is table]
        here = [table.c[name] == bindparam(f"key_{name}") for name in (_HOUSE, *found[0][0])]
        keys = [{f"key_{name}": value for name, value in {_HOUSE: house, **key}.items()} for key, _ in found]
        connection.execute(table.delete().where(*here), keys)
        if present := [{_HOUSE: house, **key, **values} for key, values in found if values is not None]:
            connection.execute(table.insert(), present)
    if changes:
        connection.execute(HOUSE_CHANGES.insert(), [{_HOUSE: house, **change} for change in changes])


def changes(
    connection: Connection, house: str, person_id: str | None = None, limit: int = 50, before: int | None = None
) -> HouseChanges:
    """Return a page of the change log of a house or of one person, of up to `limit` lines (at most 1,000)."""
    limit = max(1, min(limit, MAX_PAGE))
    query = HOUSE_CHANGES.select().where(HOUSE_CHANGES.c.house == house)
    if person_id is not None:
        query = query.where(HOUSE_CHANGES.c.person_id == person_id)
    if before is not None:
        query = query.where(HOUSE_CHANGES.c.id < before)
    rows = connection.execute(query.order_by(HOUSE_CHANGES.c.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    return HouseChanges(tuple(map(_change_of, page)), page[-1].id if len(rows) > limit else None)


def purge_changes(connection: Connection, house: str, before: datetime, rows: int) -> int:
    """Forget up to `rows` lines of the change log of a house that are older than a time, and return how many."""
    query = (
        select(HOUSE_CHANGES.c.id)
        .where(HOUSE_CHANGES.c.house == house, HOUSE_CHANGES.c.changed_at < instant_of("before", before))
        .limit(rows)
    )
    old = connection.scalars(query).all()
    if old:
        connection.execute(HOUSE_CHANGES.delete().where(HOUSE_CHANGES.c.house == house, HOUSE_CHANGES.c.id.in_(old)))
    return len(old)


def _key_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.primary_key.columns if column.name != _HOUSE]


def _text_of(document: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(document), allow_nan=False)
    except TypeError, ValueError, RecursionError:
        raise LedgerInvalid("document", Problem.NOT_A_TEXT) from None
    if len(text) > MAX_HOUSE_DOCUMENT:
        raise LedgerInvalid("document", Problem.TOO_LONG, {"size": str(len(text)), "limit": str(MAX_HOUSE_DOCUMENT)})
    return text


def _document_of(text: str) -> Mapping[str, Any]:
    """Return a document, an empty one where it is none: what one row has become keeps nobody from reading others."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _change_of(row: ResultRow[tuple[Any, ...]]) -> HouseChange:
    return HouseChange(
        changed_at=instant_from(row.changed_at), person_id=row.person_id, document=_document_of(row.document)
    )
