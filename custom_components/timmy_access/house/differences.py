"""Where a terminal and the house say different things, and the owner has to say which holds."""

from dataclasses import dataclass, field
from enum import StrEnum

from .standing import Seen


class DifferenceKind(StrEnum):
    """What is different; each is a translation key of the integration after `difference_`."""

    CHANGED = "changed"
    DELETED_HERE = "deleted_here"
    SOMEBODY_ELSE = "somebody_else"
    UNKNOWN_HERE = "unknown_here"
    WAS_RESET = "was_reset"


class Aspect(StrEnum):
    """What of somebody is different."""

    CREDENTIALS = "credentials"
    ENABLED = "enabled"
    NAME = "name"
    ROLE = "role"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One number on one terminal, which is not written over until the owner has decided.

    `enroll_id` is 0 where the terminal as a whole is meant. `person_id` is who has the number in the house, `seen`
    what the terminal says of it. `is_left` tells that the owner leaves it as it is.
    """

    serial: str
    enroll_id: int
    kind: DifferenceKind
    person_id: str | None = None
    seen: Seen | None = None
    aspects: frozenset[Aspect] = field(default_factory=frozenset)
    is_left: bool = False
