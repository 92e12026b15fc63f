"""Who is known to each terminal: the roster. Never templates, PINs or card numbers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched

from sqlalchemy import Connection, Row as ResultRow, select

from ..unhurried import unhurried
from . import names
from .errors import LedgerInvalid, Problem
from .limits import LOOKUP_VALUES
from .schema import PEOPLE
from .terminals import numbered, numbers
from .values import instant_from, instant_of, name_of, whole_of

# `backupnum` has two digits (specification, note 4).
MAX_SLOT = 99
# The document of slots has 255 characters: every slot of the protocol, four times.
MAX_SLOTS = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One person of one terminal's roster.

    `role` is the raw number of `admin`, `slots` the credentials there are, by `backupnum` (specification, note 4).
    None means that it is not known, or was not said this time and stays as it is. `updated_at` is the time of the last
    change (UTC), set by the ledger.
    """

    enroll_id: int
    name: str | None = None
    role: int | None = None
    enabled: bool | None = None
    slots: tuple[int, ...] | None = None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what the roster cannot hold; raises `LedgerInvalid` naming the field."""
        whole_of("enroll_id", self.enroll_id)
        if self.role is not None:
            whole_of("role", self.role)
        name_of("name", self.name)
        if self.slots is None:
            return
        for slot in self.slots:
            if not isinstance(slot, int) or not 0 <= slot <= MAX_SLOT:
                raise LedgerInvalid("slots", Problem.OUT_OF_RANGE, {"low": "0", "high": str(MAX_SLOT)})
        if len(set(self.slots)) > MAX_SLOTS:
            raise LedgerInvalid("slots", Problem.TOO_MANY, {"size": str(len(self.slots)), "limit": str(MAX_SLOTS)})


def people(connection: Connection, serial: str) -> tuple[Person, ...]:
    """Return the roster of a terminal, by enroll id."""
    number = numbers(connection, [serial]).get(serial)
    query = PEOPLE.select().where(PEOPLE.c.terminal_id == number).order_by(PEOPLE.c.enroll_id)
    return tuple(_person_of(row) for row in unhurried(connection.execute(query)))


def folded(said: Iterable[Person]) -> list[Person]:
    """Return what is said of each person in one piece: lists have a line a credential (specification B1)."""
    found: dict[int, Person] = {}
    for person in unhurried(said):
        known = found.get(person.enroll_id)
        found[person.enroll_id] = person if known is None else _told(known, person, complete=False)
    return list(found.values())


def merge(connection: Connection, serial: str, said: Sequence[Person], now: datetime, *, complete: bool) -> int:
    """Add to the roster what is said of people, each once, and return how many changed.

    What is not said of a person stays. Slots replace the known ones when they are `complete`, else they are added.
    """
    number = numbered(connection, serial)
    present: dict[int, Person] = {}
    for part in batched((person.enroll_id for person in said), LOOKUP_VALUES, strict=False):
        query = PEOPLE.select().where(PEOPLE.c.terminal_id == number, PEOPLE.c.enroll_id.in_(part))
        present |= {row.enroll_id: _person_of(row) for row in connection.execute(query)}
    changed: list[Person] = []
    for person in said:
        known = present.get(person.enroll_id)
        told = _told(known or Person(enroll_id=person.enroll_id), person, complete=complete)
        if told != known:
            changed.append(told)
    if changed:
        _delete(connection, number, [person.enroll_id for person in changed if person.enroll_id in present])
        connection.execute(PEOPLE.insert(), [_row_of(number, person, now) for person in changed])
        named = [names.Named(person.enroll_id, person.name, now) for person in changed if person.name]
        names.note(connection, serial, named)
    return len(changed)


def strangers(connection: Connection, serial: str, known: Collection[int], before: datetime) -> list[int]:
    """Return who is in the roster but not among the known, unless changed at or after a time."""
    number = numbers(connection, [serial]).get(serial)
    query = select(PEOPLE.c.enroll_id).where(
        PEOPLE.c.terminal_id == number, PEOPLE.c.updated_at < instant_of("before", before)
    )
    return [enroll_id for enroll_id in connection.scalars(query) if enroll_id not in known]


def forget(connection: Connection, serial: str, enroll_ids: Collection[int] | None, now: datetime) -> int:
    """Take people, or everybody, off a roster, and return how many were on it; their numbers are free from now on."""
    number = numbers(connection, [serial]).get(serial)
    if number is None:
        return 0
    if enroll_ids is None:
        enroll_ids = connection.scalars(select(PEOPLE.c.enroll_id).where(PEOPLE.c.terminal_id == number)).all()
    names.note(connection, serial, [names.Named(enroll_id, None, now) for enroll_id in enroll_ids])
    return _delete(connection, number, enroll_ids)


def _told(known: Person, said: Person, *, complete: bool) -> Person:
    """Return a person as known after something was said, with the time of what was known before."""
    slots = known.slots
    if said.slots is not None:
        slots = tuple(sorted({*said.slots, *(() if complete else slots or ())}))
    return replace(
        known,
        name=known.name if said.name is None else name_of("name", said.name),
        role=known.role if said.role is None else said.role,
        enabled=known.enabled if said.enabled is None else said.enabled,
        slots=slots,
    )


def _delete(connection: Connection, number: int, enroll_ids: Iterable[int]) -> int:
    return sum(
        connection.execute(PEOPLE.delete().where(PEOPLE.c.terminal_id == number, PEOPLE.c.enroll_id.in_(part))).rowcount
        for part in batched(enroll_ids, LOOKUP_VALUES, strict=False)
    )


def _row_of(number: int, person: Person, now: datetime) -> dict[str, object]:
    return {
        "terminal_id": number,
        "enroll_id": person.enroll_id,
        "name": person.name,
        "role": person.role,
        "enabled": person.enabled,
        "slots": None if person.slots is None else " ".join(map(str, person.slots)),
        "updated_at": instant_of("updated_at", now),
    }


def _person_of(row: ResultRow[tuple[object, ...]]) -> Person:
    return Person(
        enroll_id=row.enroll_id,
        name=row.name,
        role=row.role,
        enabled=None if row.enabled is None else bool(row.enabled),
        slots=None if row.slots is None else tuple(map(int, row.slots.split())),
        updated_at=instant_from(row.updated_at),
    )
