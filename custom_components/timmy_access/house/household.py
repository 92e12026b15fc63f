"""All that the house holds at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .credentials import HouseCredential
from .groups import AccessGroup
from .permits import Permit
from .persons import HousePerson
from .standing import Standing, Tombstone


@dataclass(frozen=True, kw_only=True)
class Placement:
    """One number on one terminal that is kept in step.

    `confirmed` is what was written and read back, or taken over; None before the first time. `permit` is how the
    terminal said then when they may pass; None where that was not asked yet, or where with `tries` what it says by now
    may be of the house. `refused` is a word for why the terminal does not take what it should, `tries` how often in a
    row.
    """

    serial: str
    enroll_id: int
    person_id: str
    confirmed: Standing | None = None
    permit: Permit | None = None
    refused: str | None = None
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class Household:
    """People, groups and what was confirmed where. Replaced, never changed.

    People and groups are by their ids, credentials by person and slot, placements and tombstones by serial number and
    enroll id. `kept` are the terminals that are kept in step; all others are only observed. `zones` are the numbers of
    week zones by serial number that belong to the house. `left` are the differences, by terminal and number, that the
    owner leaves as they are.
    """

    people: Mapping[str, HousePerson] = field(default_factory=dict)
    groups: Mapping[str, AccessGroup] = field(default_factory=dict)
    credentials: Mapping[tuple[str, int], HouseCredential] = field(default_factory=dict)
    placements: Mapping[tuple[str, int], Placement] = field(default_factory=dict)
    tombstones: Mapping[tuple[str, int], Tombstone] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    zones: Mapping[str, frozenset[int]] = field(default_factory=dict)
    left: frozenset[tuple[str, int]] = frozenset()
