"""How somebody stands on one terminal: as they should, as was confirmed, and as the terminal says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .week import Week


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is, or is to be, on one terminal under one number.

    `valid_from` and `valid_until` are instants. `hours` are by door; a door that is not in them never opens for the
    person. `credentials` are revisions (ULIDs) by slot: another card in the same slot is another revision.
    """

    enroll_id: int
    name: str
    role: int
    enabled: bool
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: Mapping[int, Week] = field(default_factory=dict)
    credentials: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a terminal says of one number; None is what it has not said, which is not the same as nothing."""

    enroll_id: int
    name: str | None = None
    role: int | None = None
    enabled: bool | None = None
    slots: frozenset[int] | None = None


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """A number that is to be gone from a terminal, until the terminal has confirmed it.

    `name` is who had it: somebody else who has got the number at the keypad meanwhile is not removed. `other_name` is
    what they may be called as well, where another name was on its way; empty for none. `holds_number` tells that nobody
    else gets the number: the terminal is ours, and may still let in by it who had it.
    """

    serial: str
    enroll_id: int
    name: str
    person_id: str
    removed_at: datetime
    other_name: str = ""
    holds_number: bool = True


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Whom a terminal has said to have, by enroll id.

    Nothing follows from who is not in a list that is not `complete`.
    """

    people: Mapping[int, Seen] = field(default_factory=dict)
    complete: bool = False
