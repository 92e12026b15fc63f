"""What people have put right in the hours: punches that are missing, and records that are not to count.

The records themselves never change. A correction that is taken back stays, with who took it back.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row as ResultRow, select

from .entries import DOOR_ID, STRANGER_ID
from .errors import LedgerInvalid, Problem
from .schema import CORRECTIONS, RECORDS
from .stretches import Way
from .terminals import numbered, numbers, serials
from .values import MAX_NAME, MISSING, instant_from, instant_of, key_of, name_of, whole_of

# Enroll ids of which nobody has hours.
_NOBODY = (DOOR_ID, STRANGER_ID, MISSING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """One correction of the hours of somebody at a terminal, by number and the name they have there.

    With a `record`, the id of one, that record does not count; without, a punch `at` an aware time is added, on its
    way in or out, or as if nobody knew. `made_by` and `removed_by` are ids of users, None for an automation. `id` is
    given when it is kept.
    """

    serial: str
    enroll_id: int
    at: datetime
    reason: str
    made_at: datetime
    made_by: str | None = None
    name: str | None = None
    way: Way | None = None
    record: int | None = None
    id: int = 0
    removed_at: datetime | None = None
    removed_by: str | None = None


def check(correction: Correction) -> None:
    """Refuse what the database cannot hold, and a correction without a reason; raises `LedgerInvalid`."""
    key_of("serial", correction.serial)
    if whole_of("enroll_id", correction.enroll_id) in _NOBODY:
        raise LedgerInvalid("enroll_id", Problem.NOT_KNOWN)
    instant_of("at", correction.at)
    instant_of("made_at", correction.made_at)
    if not isinstance(correction.reason, str) or not correction.reason.strip():
        raise LedgerInvalid("reason", Problem.NOT_A_TEXT)
    if len(correction.reason) > MAX_NAME:
        size = {"size": str(len(correction.reason)), "limit": str(MAX_NAME)}
        raise LedgerInvalid("reason", Problem.TOO_LONG, size)


def add(connection: Connection, correction: Correction) -> int:
    """Write a correction and return its id; the same one twice is one."""
    number = numbered(connection, correction.serial)
    row = {
        "terminal_id": number,
        "enroll_id": correction.enroll_id,
        "name": name_of("name", correction.name),
        "occurred_at": instant_of("at", correction.at),
        "record_id": correction.record,
        "way": correction.way,
        "reason": name_of("reason", correction.reason.strip()),
        "made_at": instant_of("made_at", correction.made_at),
        "made_by": correction.made_by,
    }
    table = CORRECTIONS.c
    same = [table[name] == row[name] for name in ("terminal_id", "enroll_id", "occurred_at")]
    same += [table.removed_at.is_(None), table.record_id.is_not_distinct_from(correction.record)]
    query = select(table.id).where(*same)
    known = connection.scalar(query)
    if known is None:
        connection.execute(CORRECTIONS.insert().values(**row))
        known = connection.scalars(query).one()
    return int(known)


def leave_out(connection: Connection, wanted: Collection[str], record: int, correction: Correction) -> int:
    """Leave a record of some terminals out, as the correction says otherwise; raises `LedgerInvalid` for none such."""
    row = RECORDS.c
    query = select(row.terminal_id, row.enroll_id, row.name, row.occurred_at).where(
        row.id == record, row.terminal_id.in_(list(numbers(connection, wanted).values()))
    )
    found = connection.execute(query).first()
    if found is None or found.enroll_id in _NOBODY:
        raise LedgerInvalid("record_id", Problem.NOT_KNOWN)
    of_record = replace(
        correction,
        serial=serials(connection)[found.terminal_id],
        enroll_id=found.enroll_id,
        name=found.name,
        at=instant_from(found.occurred_at),
        record=record,
        way=None,
    )
    return add(connection, of_record)


def withdraw(
    connection: Connection, wanted: Collection[str], correction_id: int, now: datetime, by: str | None
) -> bool:
    """Take a correction of some terminals back, and return whether it was not before; raises `LedgerInvalid`."""
    here = [CORRECTIONS.c.id == correction_id, _among(connection, wanted)]
    if connection.scalar(select(CORRECTIONS.c.id).where(*here)) is None:
        raise LedgerInvalid("correction_id", Problem.NOT_KNOWN)
    change = CORRECTIONS.update().where(*here, CORRECTIONS.c.removed_at.is_(None))
    return connection.execute(change.values(removed_at=instant_of("now", now), removed_by=by)).rowcount > 0


def corrections(
    connection: Connection, wanted: Collection[str], since: datetime, until: datetime, *, removed: bool = True
) -> tuple[Correction, ...]:
    """Return the corrections of some terminals for a time, in the order in which they were made."""
    known = serials(connection)
    query = CORRECTIONS.select().where(
        _among(connection, wanted),
        CORRECTIONS.c.occurred_at >= instant_of("since", since),
        CORRECTIONS.c.occurred_at < instant_of("until", until),
    )
    if not removed:
        query = query.where(CORRECTIONS.c.removed_at.is_(None))
    return tuple(
        _correction_of(known[row.terminal_id], row) for row in connection.execute(query.order_by(CORRECTIONS.c.id))
    )


def purge(connection: Connection, serial: str, before: datetime) -> None:
    """Forget the corrections of a terminal whose records are forgotten: of and from before a time.

    What was put right later stays for as long as a record that arrived then would.
    """
    limit, table = instant_of("before", before), CORRECTIONS.c
    number = numbers(connection, [serial]).get(serial)
    connection.execute(
        CORRECTIONS.delete().where(table.terminal_id == number, table.occurred_at < limit, table.made_at < limit)
    )


def _among(connection: Connection, wanted: Collection[str]) -> ColumnElement[bool]:
    return CORRECTIONS.c.terminal_id.in_(list(numbers(connection, wanted).values()))


def _correction_of(serial: str, row: ResultRow[tuple[Any, ...]]) -> Correction:
    return Correction(
        id=row.id,
        serial=serial,
        enroll_id=row.enroll_id,
        name=row.name,
        at=instant_from(row.occurred_at),
        way=None if row.way is None else Way(row.way),
        record=row.record_id,
        reason=row.reason,
        made_at=instant_from(row.made_at),
        made_by=row.made_by,
        removed_at=None if row.removed_at is None else instant_from(row.removed_at),
        removed_by=row.removed_by,
    )
