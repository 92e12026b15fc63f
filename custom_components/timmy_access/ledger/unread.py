"""What a terminal said and nobody understood: kept as it came until somebody does, but for secrets and photos."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
import hashlib
from itertools import batched
import json
from typing import Any

from sqlalchemy import Connection, Row as ResultRow, select

from .entries import Identity
from .limits import LOOKUP_VALUES, MAX_UNREAD, MAX_UNREAD_CHARACTERS
from .schema import RECORDS, UNREAD, UNREAD_TALLY
from .terminals import numbered, numbers
from .unread_documents import document_of
from .values import instant_from, instant_of, local_of, number_of

# Characters of the word that says how to read a frame; a word of the protocol has at most 16 letters.
MAX_WORD = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadFrame:
    """A frame of which not all was understood, on its way into the ledger.

    `word` says how to read it. `kept_as` is the identity of the record that was kept of it, of the same `received_at`;
    None where none was.
    """

    word: str
    frame: Mapping[str, Any] = field(repr=False)
    received_at: datetime
    kept_as: Identity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredUnread:
    """A frame as the ledger holds it; `id` grows in the order in which they were kept."""

    id: int
    word: str
    frame: Mapping[str, Any] = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many frames of a terminal are kept unread, and of how many there is not all, as there was no room."""

    kept: int = 0
    left_out: int = 0


def keep(connection: Connection, serial: str, frames: Sequence[UnreadFrame]) -> Tally:
    """Write what is new of some frames, as far as there is room, and return how many there are now."""
    number = numbered(connection, serial)
    rows: dict[bytes, dict[str, Any]] = {}
    cut: set[bytes] = set()
    for said in frames:
        document, whole = document_of(said.frame)
        word = said.word[:MAX_WORD]
        key = hashlib.sha256(json.dumps([serial, word, document]).encode()).digest()
        rows.setdefault(
            key,
            {
                "terminal_id": number,
                "digest": key,
                "word": word,
                "document": document,
                "kept_as": None if said.kept_as is None else json.dumps(_stored(said.kept_as)),
                "received_at": instant_of("received_at", said.received_at),
            },
        )
        if not whole:
            cut.add(key)
    for part in batched(tuple(rows), LOOKUP_VALUES, strict=False):
        for known in connection.scalars(select(UNREAD.c.digest).where(UNREAD.c.digest.in_(part))):
            del rows[bytes(known)]
    kept, characters, left_out = _counts(connection, number)
    written: list[dict[str, Any]] = []
    for key, row in rows.items():
        size = len(row["document"])
        fits = kept < MAX_UNREAD and characters + size <= MAX_UNREAD_CHARACTERS
        if fits:
            written.append(row)
            kept, characters = kept + 1, characters + size
        if not fits or key in cut:
            left_out += 1
    if written:
        connection.execute(UNREAD.insert(), written)
    if rows:
        _note(connection, number, kept, characters, left_out)
    return Tally(kept, left_out)


def page(connection: Connection, serial: str, after: int, limit: int) -> tuple[StoredUnread, ...]:
    """Return the next frames of a terminal after an id."""
    number = numbers(connection, [serial]).get(serial)
    query = UNREAD.select().where(UNREAD.c.terminal_id == number, UNREAD.c.id > after)
    return tuple(
        StoredUnread(
            id=row.id, word=row.word, frame=json.loads(row.document), received_at=instant_from(row.received_at)
        )
        for row in connection.execute(query.order_by(UNREAD.c.id).limit(limit))
    )


def forget(connection: Connection, serial: str, ids: Iterable[int]) -> Tally:
    """Take out frames that have been understood, and the records that were kept of a part of them."""
    number = numbers(connection, [serial]).get(serial)
    for part in batched(ids, LOOKUP_VALUES, strict=False):
        rows = connection.execute(UNREAD.select().where(UNREAD.c.terminal_id == number, UNREAD.c.id.in_(part))).all()
        for row in rows:
            if row.kept_as is not None:
                # One of another frame is not of this one.
                names = zip(("time", *_NUMBERS), json.loads(row.kept_as), strict=True)
                same = [RECORDS.c[name] == value for name, value in names]
                where = (RECORDS.c.terminal_id == number, RECORDS.c.received_at == row.received_at, *same)
                connection.execute(RECORDS.delete().where(*where))
        _take_out(connection, rows)
    return tally(connection, serial)


def purge(connection: Connection, serial: str, before: datetime, rows: int) -> int:
    """Forget up to so many frames of a terminal that arrived before a time, and return how many that were."""
    number = numbers(connection, [serial]).get(serial)
    query = UNREAD.select().where(UNREAD.c.terminal_id == number, UNREAD.c.received_at < instant_of("before", before))
    old = connection.execute(query.order_by(UNREAD.c.id).limit(rows)).all()
    _take_out(connection, old)
    return len(old)


def tally(connection: Connection, serial: str) -> Tally:
    """Return how many frames of a terminal are kept unread, and how many could not be."""
    kept, _, left_out = _counts(connection, numbers(connection, [serial]).get(serial))
    return Tally(kept, left_out)


_NUMBERS = ("enroll_id", "mode", "reader", "event", "apart")


def _stored(identity: Identity) -> list[int]:
    return [local_of("time", identity.time), *(number_of(name, getattr(identity, name)) for name in _NUMBERS)]


def _take_out(connection: Connection, rows: Sequence[ResultRow[Any]]) -> None:
    if not rows:
        return
    number = rows[0].terminal_id
    for part in batched([row.id for row in rows], LOOKUP_VALUES, strict=False):
        connection.execute(UNREAD.delete().where(UNREAD.c.id.in_(part)))
    kept, characters, left_out = _counts(connection, number)
    kept = max(0, kept - len(rows))
    characters = max(0, characters - sum(len(row.document) for row in rows))
    # What there was no room for is told of for as long as there is anything of that time.
    _note(connection, number, kept, characters, left_out if kept else 0)


def _counts(connection: Connection, number: int | None) -> tuple[int, int, int]:
    row = connection.execute(UNREAD_TALLY.select().where(UNREAD_TALLY.c.terminal_id == number)).first()
    return (0, 0, 0) if row is None else (row.kept, row.characters, row.left_out)


def _note(connection: Connection, number: int, kept: int, characters: int, left_out: int) -> None:
    connection.execute(UNREAD_TALLY.delete().where(UNREAD_TALLY.c.terminal_id == number))
    connection.execute(
        UNREAD_TALLY.insert().values(terminal_id=number, kept=kept, characters=characters, left_out=left_out)
    )
