"""People as the list of a terminal tells them: no template, no card number, no password."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeIs

from ..ledger.people import MAX_SLOT, MAX_SLOTS
from ..protocol.commands.people import UserSlot
from ..protocol.enums import Credential


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person on one terminal.

    `name` is as the terminal has it, and is written back so; `Roster.name_of` is what may be shown. `role` is the raw
    number of `protocol.enums.Role`, `slots` are the credentials as `backupnum` numbers, and
    `enabled` is None where the terminal does not tell. No template, no card number, no password.
    """

    enroll_id: int
    name: str = ""
    role: int | None = None
    enabled: bool | None = None
    slots: frozenset[int] = frozenset()

    @property
    def credentials(self) -> Mapping[str, int]:
        """How many credentials of each kind there are, by the word for the kind."""
        counts: dict[str, int] = {}
        for slot in sorted(self.slots):
            kind = Credential.of(slot).name.lower()
            counts[kind] = counts.get(kind, 0) + 1
        return counts


def is_slot(number: int | None) -> TypeIs[int]:
    """Return whether the ledger can keep a slot; what else a terminal says is no credential."""
    return number is not None and 0 <= number <= MAX_SLOT


def people_of(rows: Iterable[UserSlot]) -> dict[int, Person]:
    """Return one person for all rows of one enroll id; the empty slot of a person without credential is none."""
    slots: dict[int, set[int]] = {}
    roles: dict[int, int | None] = {}
    for row in rows:
        if row.enroll_id is not None and row.enroll_id > 0:
            slots.setdefault(row.enroll_id, set())
            roles.setdefault(row.enroll_id, row.role)
            if is_slot(row.backup_number) and len(slots[row.enroll_id]) < MAX_SLOTS:
                slots[row.enroll_id].add(row.backup_number)
    return {
        enroll_id: Person(enroll_id=enroll_id, role=roles[enroll_id], slots=frozenset(numbers))
        for enroll_id, numbers in slots.items()
    }
