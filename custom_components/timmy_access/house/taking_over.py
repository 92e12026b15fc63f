"""What is on a terminal becomes the house, in such a way that nothing changes at a door."""

from collections.abc import Iterator, Mapping
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..ledger import likeness
from ..people.names import is_same_name
from ..unhurried import unhurried
from .changes import with_group, with_terminal
from .credentials import HouseCredential
from .directory import Directory
from .errors import HouseInvalid
from .groups import MAX_NAME, AccessGroup, Rule
from .household import Household
from .persons import HousePerson
from .standing import Seen
from .wanted import UNTOLD, Make, algorithm_of


@dataclass(frozen=True, kw_only=True)
class Permitted:
    """What a terminal says of when somebody may pass: at every hour, and from when until when."""

    always: bool
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class Left(StrEnum):
    """Why somebody on a terminal is not taken over, and is left as they are."""

    ANOTHER_NAME = "another_name"
    LEAVING = "leaving"
    NAMELESS = "nameless"
    NARROWER = "narrower"
    NOT_POSSIBLE = "not_possible"
    NOT_READ = "not_read"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, kw_only=True)
class Present:
    """A terminal as it is: its name, its doors, and who is on it, by enroll id.

    `permitted` are those whose permission could be read. `make` is what it can hold.
    `departed` are the names (`ledger.likeness`) of who has been removed from the house, wherever they were.
    """

    serial: str
    name: str
    doors: frozenset[int]
    people: Mapping[int, Seen]
    permitted: Mapping[int, Permitted]
    make: Make = UNTOLD
    departed: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class TakingOver:
    """What would become of the people of one terminal.

    `added` are new people of the house, `joined` are people of the house that are on this terminal too, both in the
    group of the terminal. `same` are in it already. `left` are those who are not taken over, by enroll id: nothing is
    written over them. `missing` are people of the house whose groups let them in here, and who are not here yet.
    """

    serial: str
    group: AccessGroup | None
    added: tuple[HousePerson, ...] = ()
    joined: tuple[HousePerson, ...] = ()
    same: tuple[HousePerson, ...] = ()
    left: Mapping[int, Left] = field(default_factory=dict)
    missing: tuple[HousePerson, ...] = ()
    credentials: tuple[HouseCredential, ...] = ()


def preview(household: Household, present: Present, ids: Iterator[str]) -> TakingOver:
    """Return what would become of a terminal's people; `ids` gives ULIDs, without end.

    The same number with the same name is one person. Another name, and number or name of somebody who has left, are
    decided by the owner. Whoever may pass less than always here is not made to pass always.
    """
    by_number = {person.enroll_id: person for person in household.people.values()}
    leaving = {
        stone.enroll_id
        for stone in household.tombstones.values()
        if stone.holds_number or stone.serial == present.serial
    }
    group = _group_of(household, present, ids)
    added: list[HousePerson] = []
    joined: list[HousePerson] = []
    same: list[HousePerson] = []
    left: dict[int, Left] = {}
    for enroll_id, seen in unhurried(sorted(present.people.items())):
        known, permitted = by_number.get(enroll_id), present.permitted.get(enroll_id)
        has_left = enroll_id in leaving or (known is None and likeness(seen.name) in present.departed)
        if (reason := _reason(seen, known, permitted, group, has_left=has_left)) is not None:
            left[enroll_id] = reason
        elif known is None:
            try:
                added.append(_person_of(seen, permitted, group, ids))
            except HouseInvalid:
                left[enroll_id] = Left.NOT_POSSIBLE
        elif group.group_id in known.groups:
            same.append(known)
        else:
            joined.append(replace(known, groups=known.groups | {group.group_id}))
    everybody = (*added, *joined, *same)
    missing = tuple(
        person
        for person in household.people.values()
        if person.enroll_id not in present.people and _has_a_door(household, person, present.serial)
    )
    return TakingOver(
        serial=present.serial,
        group=group if added or joined else None,
        added=tuple(added),
        joined=tuple(joined),
        same=tuple(same),
        left=left,
        missing=missing,
        credentials=tuple(
            credential
            for person in everybody
            for slot in sorted(present.people[person.enroll_id].slots or ())
            if (credential := _credential_of(household, present, person, slot, ids)) is not None
        ),
    )


def taken_over(household: Household, taking: TakingOver) -> Household:
    """Return the house with the people of a terminal, which is kept in step from then on; raises `HouseInvalid`."""
    after = household
    if taking.group is not None:
        after = with_group(after, taking.group)
    directory = Directory.of(after)
    people = dict(after.people)
    for person in taking.added:  # two of a name may be on one terminal, and both pass
        directory.check(person, same_name=True)
        directory.add(person)
        people[person.person_id] = person
    for person in taking.joined:
        if (known := people.get(person.person_id)) is not None:
            people[person.person_id] = replace(known, groups=known.groups | person.groups)
    after = replace(after, people=people)
    credentials = {(held.person_id, held.slot): held for held in taking.credentials if held.person_id in after.people}
    after = replace(after, credentials={**after.credentials, **credentials})
    return with_terminal(after, taking.serial, kept=True)


def _reason(
    seen: Seen,
    known: HousePerson | None,
    permitted: Permitted | None,
    group: AccessGroup,
    *,
    has_left: bool,
) -> Left | None:
    reasons = (
        (not (seen.name or "").strip(), Left.NAMELESS),
        (has_left, Left.LEAVING),
        (known is not None and not is_same_name(seen.name or "", known.name), Left.ANOTHER_NAME),
        (known is not None and not _is_alike(seen, known), Left.OTHERWISE),
    )
    reason = next((reason for holds, reason in reasons if holds), None)
    if reason is not None or (known is not None and group.group_id in known.groups):
        return reason
    if permitted is None:
        return Left.NOT_READ
    return None if permitted.always and _has_no_other_dates(permitted, known) else Left.NARROWER


def _is_alike(seen: Seen, known: HousePerson) -> bool:
    return seen.role in (None, known.role) and seen.enabled in (None, known.enabled)


def _has_no_other_dates(permitted: Permitted, known: HousePerson | None) -> bool:
    dates = (permitted.valid_from, permitted.valid_until)
    return known is None or not any(dates) or dates == (known.valid_from, known.valid_until)


def _person_of(seen: Seen, permitted: Permitted | None, group: AccessGroup, ids: Iterator[str]) -> HousePerson:
    return HousePerson(
        person_id=next(ids),
        name=(seen.name or "").strip(),
        enroll_id=seen.enroll_id,
        enabled=seen.enabled is not False,
        valid_from=permitted.valid_from if permitted else None,
        valid_until=permitted.valid_until if permitted else None,
        role=seen.role or 0,
        groups=frozenset({group.group_id}),
    )


def _credential_of(
    household: Household, present: Present, person: HousePerson, slot: int, ids: Iterator[str]
) -> HouseCredential | None:
    """Return a credential that a terminal has; one in the slot of another terminal's is taken for the same."""
    held = household.credentials.get((person.person_id, slot))
    if held is None:
        return HouseCredential(
            person_id=person.person_id,
            slot=slot,
            revision=next(ids),
            algorithm=algorithm_of(present.make, slot),
            terminals=frozenset({present.serial}),
        )
    if present.serial in held.terminals:
        return None
    return replace(held, terminals=held.terminals | {present.serial})


def _group_of(household: Household, present: Present, ids: Iterator[str]) -> AccessGroup:
    """Return the group that is all doors of a terminal at every hour: the one there is, or a new one."""
    rules = (Rule(doors={present.serial: present.doors}),)
    for group in household.groups.values():
        if group.rules == rules:
            return group
    taken = {likeness(group.name) for group in household.groups.values()}
    names = (present.name[:MAX_NAME], *(f"{present.name[: MAX_NAME - 4]} {number}" for number in range(2, 1000)))
    name = next(name for name in names if likeness(name) not in taken)
    return AccessGroup(group_id=next(ids), name=name, rules=rules)


def _has_a_door(household: Household, person: HousePerson, serial: str) -> bool:
    return any(
        rule.doors.get(serial)
        for group_id in person.groups
        if (group := household.groups.get(group_id)) is not None
        for rule in group.rules
    )
