"""Somebody of the house."""

from dataclasses import dataclass, field
from datetime import datetime

from ..protocol.commands.kinds import MAX_ENROLL_ID, MAX_NAME_BYTES
from ..protocol.enums import Role
from ..protocol.messages import STRANGER_ID
from .errors import HouseInvalid, Problem

# A remark, not a document.
MAX_NOTE = 500


@dataclass(frozen=True, kw_only=True)
class HousePerson:
    """One person and what holds for them on every terminal.

    `person_id` is a ULID. `enroll_id` is their number on every terminal, `linked_to` the registry id of a person in
    Home Assistant. `valid_from` and `valid_until` are instants. `groups` are ids of access groups; a person without one
    passes nowhere. `disabled_at` is when somebody was disabled last, as far as that is known. Raises `HouseInvalid`,
    which names the field.
    """

    person_id: str
    name: str
    enroll_id: int
    linked_to: str | None = None
    enabled: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    role: int = Role.USER.value
    groups: frozenset[str] = field(default_factory=frozenset)
    note: str = ""
    disabled_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what no terminal takes."""
        if not self.name.strip():
            raise HouseInvalid("name", Problem.EMPTY)
        if (size := len(self.name.encode())) > MAX_NAME_BYTES:
            raise HouseInvalid("name", Problem.TOO_LONG, {"limit": str(MAX_NAME_BYTES), "size": str(size)})
        if len(self.note) > MAX_NOTE:
            raise HouseInvalid("note", Problem.TOO_LONG, {"limit": str(MAX_NOTE), "size": str(len(self.note))})
        # One number is whoever a terminal does not know (specification A2).
        if not 1 <= self.enroll_id <= MAX_ENROLL_ID or self.enroll_id == STRANGER_ID:
            raise HouseInvalid("enroll_id", Problem.OUT_OF_RANGE, {"low": "1", "high": str(MAX_ENROLL_ID)})
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise HouseInvalid("valid_until", Problem.ENDS_BEFORE)

    def is_valid(self, now: datetime) -> bool:
        """Return whether they are enabled and their dates hold at an instant."""
        return (
            self.enabled
            and (self.valid_from is None or self.valid_from <= now)
            and (self.valid_until is None or now < self.valid_until)
        )
