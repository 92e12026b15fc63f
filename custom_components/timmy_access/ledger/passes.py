"""Passes for guests, and their uses. What a pass allows is its document; who wrote it knows what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
from typing import Any

from sqlalchemy import Connection, Row as ResultRow, func, select

from .columns import MAX_HASH
from .errors import LedgerInvalid, Problem
from .schema import PASS_USES, PASSES
from .terminals import numbered, serials
from .values import instant_from, instant_of, key_of, name_of, number_from, number_of

# Shorter is no hash that holds.
MIN_HASH = 16
# Doors, days, hours and a note fit several times.
MAX_DOCUMENT = 16_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """A pass. `code_hash` are the 16 to 64 bytes of a hash of its code, unique among all passes.

    `id` has up to 64 printable ASCII characters, `document` up to 16,000 characters of JSON. Times are aware, and come
    back in UTC.
    """

    id: str
    code_hash: bytes = field(repr=False)
    name: str | None
    document: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PassUse:
    """Somebody came in with a pass, at a terminal and the door of that number, if known. Kept once."""

    pass_id: str
    serial: str
    door: int | None
    used_at: datetime


def row_of(held: Pass) -> dict[str, Any]:
    """Return a pass as it lies in the database; raises `LedgerInvalid` naming the field."""
    if not isinstance(held.code_hash, bytes) or not MIN_HASH <= len(held.code_hash) <= MAX_HASH:
        raise LedgerInvalid("code_hash", Problem.OUT_OF_RANGE, {"low": str(MIN_HASH), "high": str(MAX_HASH)})
    try:
        document = json.dumps(dict(held.document), allow_nan=False)
    except TypeError, ValueError, RecursionError:
        raise LedgerInvalid("document", Problem.NOT_A_TEXT) from None
    if len(document) > MAX_DOCUMENT:
        raise LedgerInvalid("document", Problem.TOO_LONG, {"size": str(len(document)), "limit": str(MAX_DOCUMENT)})
    return {
        "id": key_of("id", held.id),
        "code_hash": held.code_hash,
        "name": name_of("name", held.name),
        "document": document,
        "created_at": instant_of("created_at", held.created_at),
        "revoked_at": None if held.revoked_at is None else instant_of("revoked_at", held.revoked_at),
    }


def passes(connection: Connection) -> tuple[Pass, ...]:
    """Return all passes, revoked ones too, in the order in which they were created."""
    return tuple(
        _pass_of(row) for row in connection.execute(PASSES.select().order_by(PASSES.c.created_at, PASSES.c.id))
    )


def keep(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a pass, new or changed; raises `LedgerInvalid` where another one has the same code.

    One that was revoked stays so, since the earliest time that anybody said: also against somebody who has not heard.
    """
    same_code = select(PASSES.c.id).where(PASSES.c.code_hash == row["code_hash"], PASSES.c.id != row["id"])
    if connection.scalar(same_code) is not None:
        raise LedgerInvalid("code_hash", Problem.TAKEN)
    known = connection.execute(select(PASSES.c.revoked_at).where(PASSES.c.id == row["id"])).first()
    if known is None:
        connection.execute(PASSES.insert().values(**row))
        return
    revoked = [at for at in (known.revoked_at, row["revoked_at"]) if at is not None]
    changed = {**row, "revoked_at": min(revoked, default=None)}
    connection.execute(PASSES.update().where(PASSES.c.id == row["id"]).values(**changed))


def check_use(use: PassUse) -> None:
    """Refuse a use that the database cannot hold; raises `LedgerInvalid` naming the field."""
    key_of("pass_id", use.pass_id)
    key_of("serial", use.serial)
    number_of("door", use.door)
    instant_of("used_at", use.used_at)


def keep_use(connection: Connection, use: PassUse) -> bool:
    """Write the use of a pass, and return whether it was new; raises `LedgerInvalid` where there is no such pass."""
    if not _is_known(connection, use.pass_id):
        raise LedgerInvalid("pass_id", Problem.NOT_KNOWN)
    row = _row_of_use(connection, use)
    same = select(func.count()).where(*(PASS_USES.c[name] == value for name, value in row.items()))
    if connection.scalar(same):
        return False
    connection.execute(PASS_USES.insert().values(**row))
    return True


def forget_use(connection: Connection, use: PassUse) -> bool:
    """Take a use back, and return whether it was there."""
    row = _row_of_use(connection, use)
    gone = connection.execute(PASS_USES.delete().where(*(PASS_USES.c[name] == value for name, value in row.items())))
    return gone.rowcount > 0


def uses(connection: Connection, pass_id: str) -> tuple[PassUse, ...]:
    """Return the uses of a pass, oldest first."""
    known = serials(connection)
    query = PASS_USES.select().where(PASS_USES.c.pass_id == pass_id).order_by(PASS_USES.c.used_at, PASS_USES.c.id)
    return tuple(
        PassUse(
            pass_id=row.pass_id,
            serial=known[row.terminal_id],
            door=number_from(row.door),
            used_at=instant_from(row.used_at),
        )
        for row in connection.execute(query)
    )


def use_counts(connection: Connection) -> dict[str, int]:
    """Return the number of uses of every pass that was used."""
    query = select(PASS_USES.c.pass_id, func.count()).group_by(PASS_USES.c.pass_id)
    return {pass_id: int(count) for pass_id, count in connection.execute(query)}


def _row_of_use(connection: Connection, use: PassUse) -> dict[str, Any]:
    return {
        "pass_id": use.pass_id,
        "terminal_id": numbered(connection, use.serial),
        "door": number_of("door", use.door),
        "used_at": instant_of("used_at", use.used_at),
    }


def _is_known(connection: Connection, pass_id: str) -> bool:
    return connection.scalar(select(func.count()).where(PASSES.c.id == pass_id)) == 1


def _pass_of(row: ResultRow[tuple[Any, ...]]) -> Pass:
    return Pass(
        id=row.id,
        code_hash=bytes(row.code_hash),
        name=row.name,
        document=json.loads(row.document),
        created_at=instant_from(row.created_at),
        revoked_at=None if row.revoked_at is None else instant_from(row.revoked_at),
    )
