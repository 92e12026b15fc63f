"""Where a terminal and the house say different things, and the owner has to say which holds."""

from dataclasses import dataclass, field
from enum import StrEnum

from .permits import Access, Permit
from .standing import Seen, Standing


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
    DATES = "dates"
    ENABLED = "enabled"
    HOURS = "hours"
    NAME = "name"
    ROLE = "role"


# When somebody may pass.
ACCESS = frozenset({Aspect.DATES, Aspect.HOURS})


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One number on one terminal, which is not written over until the owner has decided.

    `enroll_id` is 0 where the terminal as a whole is meant. `person_id` is who has the number in the house, `seen`
    what the terminal says of it. Where dates or hours are different, `wanted` is how they are to stand, `access` when
    they may pass by the terminal's word, and `permit` that word itself. `is_left` tells that the owner leaves it as it
    is.
    """

    serial: str
    enroll_id: int
    kind: DifferenceKind
    person_id: str | None = None
    seen: Seen | None = None
    aspects: frozenset[Aspect] = field(default_factory=frozenset)
    wanted: Standing | None = None
    access: Access | None = None
    permit: Permit | None = None
    is_left: bool = False
