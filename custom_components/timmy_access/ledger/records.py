"""Questions about records, each within one reading transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row as ResultRow, Select, func, null, select

from ..unhurried import unhurried
from .entries import DOOR_ID, STRANGER_ID, Identity, StoredRecord
from .errors import LedgerInvalid, Problem
from .filters import Cursor, RecordFilter, conditions, from_cursor, not_refused
from .limits import LOOKUP_VALUES, MAX_PAGE
from .names import history, likeness
from .rare import Stretch, WayToFind, in_order, ways_to_find
from .rows import Row, record_of
from .schema import RECORDS
from .statements import ask, written
from .terminals import numbers, serials
from .values import MISSING, instant_from, instant_of, local_from, local_of, number_from, number_of

# Records of all terminals among which the newest of one is looked for, once at a start.
_LATELY = 1_000
_ID, _TERMINAL, _FIRST = 0, 1, 2
_SEEN = select(RECORDS.c.enroll_id, RECORDS.c.name, RECORDS.c.occurred_at, RECORDS.c.reader)
_NOBODY = frozenset({DOOR_ID, MISSING, None})
# The terminal's own and the second one.
_READERS = (0, 1)
_OLDEST_FIRST = (RECORDS.c.occurred_at, RECORDS.c.id)


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, and what to ask for to get the next one; `next` is None on the last."""

    records: tuple[StoredRecord, ...]
    next: str | None


class Asked:
    """What is asked of each record, behind its id and the number of its terminal; three columns are always among it."""

    def __init__(self, columns: Mapping[str, ColumnElement[Any]]) -> None:
        """Ask for some columns, by what they are called in a `Row`."""
        self.columns = list(columns.values())
        self.enroll_id, self.name, self.occurred_at = (
            _FIRST + list(columns).index(name) for name in ("enroll_id", "name", "occurred_at")
        )


class Found(NamedTuple):
    """The rows of a page, the serial numbers of terminals by their number, and whose rows are that say no name.

    These are by their place in the page; None where nobody is known.
    """

    serials: Mapping[int, str]
    rows: list[tuple[Any, ...]]
    names: Mapping[int, str | None]
    next: str | None


_WHOLE = Asked({name: RECORDS.c[name] for name in Row._fields})


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When somebody was at a terminal last, in UTC, and at which reader, a raw number; None where nobody asked.

    A person is an enroll id and a name: a number may be given to somebody else. The name is the one of that time, None
    where none is known.
    """

    enroll_id: int
    name: str | None
    occurred_at: datetime
    reader: int | None


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
    one page to the next. Where the filter asks what was kept after another and `up_to` is None, the order is that of
    the id, and `next` only tells that there are more: given back as `after` it raises `LedgerInvalid`.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise LedgerInvalid("limit", Problem.OUT_OF_RANGE, {"low": "1", "high": str(MAX_PAGE)})
    found = first(connection, _WHOLE, where, limit=limit, after=after, oldest_first=oldest_first, up_to=up_to)
    name, named = _WHOLE.name, found.names.get
    kept = [record_of(found.serials, row, row[name] or named(place)) for place, row in enumerate(found.rows)]
    return Page(tuple(kept), found.next)


def first(
    connection: Connection,
    asked: Asked,
    where: RecordFilter,
    *,
    limit: int,
    after: str | None = None,
    oldest_first: bool = False,
    up_to: int | None = None,
) -> Found:
    """Return the same as rows: an id, the number of a terminal, and what is asked of each record."""
    known = serials(connection)
    cursor = None if after is None else Cursor.read(after)
    # What goes on to an end, as an export does, goes through time.
    is_by_id = where.kept_after is not None and up_to is None
    if cursor is not None:
        if is_by_id:  # by a place in time some would come twice, and others never
            raise LedgerInvalid("after", Problem.NOT_A_CURSOR)
        where = from_cursor(where, cursor, oldest_first=oldest_first)
    stretch = Stretch(limit=limit + 1, after=cursor, oldest_first=oldest_first, up_to=up_to)

    found: Sequence[tuple[Any, ...]] = ()
    for way in ways_to_find(connection, where, known, stretch):
        in_turn = None if is_by_id else stretch.oldest_first
        make = partial(_listed, asked, way, limit, in_turn)
        found = ask(connection, ("page", asked, limit, in_turn, way.shape), way.values, make)
        if len(found) > limit:
            break
    rows = list(found[:limit])
    last = rows[-1] if len(found) > limit else None
    return Found(
        known,
        rows,
        _names(connection, asked, rows),
        None if last is None else str(Cursor(last[asked.occurred_at], last[_ID])),
    )


def _names(connection: Connection, asked: Asked, rows: Sequence[tuple[Any, ...]]) -> dict[int, str | None]:
    """Return whose rows are that say no name, by their place; None where nobody is known."""
    name, enroll_id, occurred_at = asked.name, asked.enroll_id, asked.occurred_at
    # Of nobody no name is known: most records without one are of doors.
    unnamed = [place for place, row in enumerate(rows) if not row[name] and row[enroll_id] not in _NOBODY]
    if not unnamed:
        return {}
    known = history(
        connection, {rows[place][_TERMINAL] for place in unnamed}, {rows[place][enroll_id] for place in unnamed}
    )
    return {
        place: known.name_at(rows[place][_TERMINAL], rows[place][enroll_id], rows[place][occurred_at])
        for place in unnamed
    }


def _listed(asked: Asked, way: WayToFind, limit: int, oldest_first: bool | None) -> Select[Any]:
    """Return the statement for the rows that are found in a way; without an order of time, the newest id first."""
    # By any other order the few that are new would be looked for among all there are.
    order = [RECORDS.c.id.desc()] if oldest_first is None else in_order(oldest_first=oldest_first)
    columns = select(RECORDS.c.id, RECORDS.c.terminal_id, *asked.columns)
    return columns.where(*way.conditions()).order_by(*order).limit(written(limit + 1))


def has(connection: Connection, serial: str, identity: Identity) -> bool:
    """Return whether a record of a terminal is kept."""
    number = numbers(connection, [serial]).get(serial)
    if number is None:
        return False
    said = (RECORDS.c[name] == value for name, value in zip(Identity._fields, _stored(identity), strict=True))
    where = (RECORDS.c.terminal_id == number, *said)
    return connection.scalar(select(func.count()).where(*where)) > 0  # type: ignore[operator]  # a count is a number


def aparts(connection: Connection, serial: str, identities: Collection[Identity]) -> dict[Identity, list[int]]:
    """Return the numbers that tell apart what is kept of some records of a terminal, by what they have in common.

    In the order in which they were kept; what is asked for has an `apart` of 0, which is what most are kept with.
    """
    number = numbers(connection, [serial]).get(serial)
    wanted = {_stored(identity): identity for identity in identities}
    found: dict[Identity, list[int]] = {}
    columns = [RECORDS.c[name] for name in Identity._fields]
    for part in batched(sorted({stored[1] for stored in wanted}), LOOKUP_VALUES, strict=False):
        query = select(*columns).where(RECORDS.c.terminal_id == number, RECORDS.c.time.in_(part)).order_by(RECORDS.c.id)
        for row in connection.execute(query):
            if (identity := wanted.get((*row[:-1], 0))) is not None:
                found.setdefault(identity, []).append(row[-1])
    return found


def last_apart(connection: Connection, serial: str) -> dict[Identity, list[int]]:
    """Return what the newest records of a terminal are told apart by, those that need it, that came at one time."""
    number = numbers(connection, [serial]).get(serial)
    newest = newest_id(connection)
    columns = [RECORDS.c[name] for name in Identity._fields]
    query = select(*columns, RECORDS.c.received_at).where(
        RECORDS.c.id > newest - _LATELY, RECORDS.c.terminal_id == number
    )
    rows = connection.execute(query.order_by(RECORDS.c.id)).all()
    found: dict[Identity, list[int]] = {}
    for enroll_id, time, mode, reader, event, apart, received_at in rows:
        if apart and received_at == rows[-1].received_at:
            shared = Identity(number_from(enroll_id), local_from(time), *map(number_from, (mode, reader, event)))
            found.setdefault(shared, []).append(apart)
    return found


def set_outcome(
    connection: Connection, serial: str, identity: Identity, *, granted: bool, decided_by: str | None
) -> None:
    """Note what became of a punch that is kept."""
    number = numbers(connection, [serial]).get(serial)
    where = (RECORDS.c[name] == value for name, value in zip(Identity._fields, _stored(identity), strict=True))
    connection.execute(
        RECORDS.update().where(RECORDS.c.terminal_id == number, *where).values(granted=granted, decided_by=decided_by)
    )


def _stored(identity: Identity) -> tuple[int, ...]:
    """Return an identity as it lies in the database."""
    return tuple(
        local_of(name, identity.time) if name == "time" else number_of(name, getattr(identity, name))
        for name in Identity._fields
    )


def newest_id(connection: Connection) -> int:
    """Return the id of the record that was kept last; 0 for none."""
    return connection.scalar(select(func.max(RECORDS.c.id))) or 0


def counts(connection: Connection, where: RecordFilter) -> dict[str, int]:
    """Return the number of records of each terminal that has any."""
    known = serials(connection)
    query = select(RECORDS.c.terminal_id, func.count()).where(*conditions(where, known)).group_by(RECORDS.c.terminal_id)
    return {known[number]: count for number, count in connection.execute(query)}


def latest_readers(connection: Connection, serial: str, since: datetime) -> tuple[LastSeen, ...]:
    """Return when and at which reader each person was last and not refused, at or after a time.

    Records that do not name one of the two readers are left out (field notes 3, inout).
    """
    number = numbers(connection, [serial]).get(serial)
    where = (*_of_people(number, since), not_refused(), RECORDS.c.reader.in_(_READERS))
    return _latest(connection, number, connection.execute(_SEEN.where(*where).order_by(*_OLDEST_FIRST)).all())


def last_seen(connection: Connection, serial: str, since: datetime) -> tuple[LastSeen, ...]:
    """Return when each person was at a terminal last, at or after a time, of what was told as it happened."""
    number = numbers(connection, [serial]).get(serial)
    where = (*_of_people(number, since), RECORDS.c.live.is_(True))
    newest = func.max(RECORDS.c.occurred_at)
    query = select(RECORDS.c.enroll_id, RECORDS.c.name, newest, null())
    found = connection.execute(query.where(*where).group_by(RECORDS.c.enroll_id, RECORDS.c.name)).all()
    # Most numbers were one person all the time; of the others each record says whose it is.
    shared = history(connection, [number] if number else (), {row[0] for row in found}).shared_since(
        instant_of("since", since)
    )
    rows = [row for row in found if row[0] not in shared]
    query = _SEEN.with_only_columns(RECORDS.c.enroll_id, RECORDS.c.name, RECORDS.c.occurred_at, null())
    for part in batched(sorted(shared), LOOKUP_VALUES, strict=False):
        rows += connection.execute(query.where(*where, RECORDS.c.enroll_id.in_(part)).order_by(*_OLDEST_FIRST))
    return _latest(connection, number, rows)


def _of_people(number: int | None, since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of what somebody did at a terminal, at or after a time."""
    return (
        RECORDS.c.terminal_id == number,
        RECORDS.c.occurred_at >= instant_of("since", since),
        RECORDS.c.enroll_id.not_in([DOOR_ID, STRANGER_ID, MISSING]),
    )


def _latest(connection: Connection, number: int | None, rows: Collection[ResultRow[Any]]) -> tuple[LastSeen, ...]:
    """Return the last of some rows of each person, who is a number and the name it had then."""
    unnamed = {row.enroll_id for row in unhurried(rows) if not row.name}
    names = history(connection, [number] if number else (), unnamed)
    found: dict[tuple[int, str], LastSeen] = {}
    for enroll_id, said, at, reader in unhurried(rows):
        name = said or names.name_at(number or 0, enroll_id, at) or None
        who = (enroll_id, likeness(name))
        occurred_at = instant_from(at)
        if who not in found or found[who].occurred_at <= occurred_at:
            found[who] = LastSeen(enroll_id, name, occurred_at, reader)
    return tuple(found.values())
