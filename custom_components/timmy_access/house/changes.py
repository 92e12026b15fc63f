"""From one house to the next: every change there is, as a pure function.

Each raises `HouseInvalid` where the house cannot be so.
"""

from collections.abc import Collection, Iterable, Mapping
from copy import replace
from dataclasses import fields
from datetime import datetime
from typing import Any

from ..ledger import likeness
from ..protocol.enums import Credential
from .arrivals import Arrival
from .credentials import HouseCredential
from .directory import Directory
from .errors import HouseInvalid, Problem
from .groups import AccessGroup
from .household import Household, Placement
from .persons import HousePerson
from .standing import Tombstone
from .whereabouts import nowhere

# What terminals hold at most (`people.roster.MAX_PEOPLE`), and as many as the house keeps in memory.
MAX_PEOPLE = 50_000
# Groups are chosen from a list by people.
MAX_GROUPS = 200


def person_of(household: Household, person_id: str) -> HousePerson:
    """Return somebody by their id."""
    if (person := household.people.get(person_id)) is None:
        raise HouseInvalid("person", Problem.NOT_KNOWN, {"value": person_id})
    return person


def group_of(household: Household, group_id: str) -> AccessGroup:
    """Return a group by its id."""
    if (group := household.groups.get(group_id)) is None:
        raise HouseInvalid("group", Problem.NOT_KNOWN, {"value": group_id})
    return group


def with_person(household: Household, person: HousePerson, *, same_name: bool = False) -> Household:
    """Return a house with somebody, who is new or has changed; `same_name` allows that somebody else has the name."""
    return with_people(household, (person,), same_name=same_name)


def with_people(household: Household, people: Iterable[HousePerson], *, same_name: bool = False) -> Household:
    """Return a house with some people, who are new or have changed."""
    directory, after, left = Directory.of(household), dict(household.people), household.left
    for person in people:
        _check_groups(household, person.groups)
        known = after.get(person.person_id)
        if known is not None and known.enroll_id != person.enroll_id:
            # Terminals would take it for somebody else.
            raise HouseInvalid(
                "enroll_id", Problem.NUMBER_IN_USE, {"number": str(known.enroll_id), "holder": known.name}
            )
        keeps_name = known is not None and likeness(known.name) == likeness(person.name)
        directory.check(person, same_name=same_name or keeps_name)
        directory.add(person)
        after[person.person_id] = person
        if known is not None and person.enabled and not known.enabled:
            # Where they are left as they are they do not come in again: that is decided anew.
            left = frozenset(key for key in left if key[1] != person.enroll_id)
    if len(after) > MAX_PEOPLE:
        raise HouseInvalid("person", Problem.TOO_MANY, {"limit": str(MAX_PEOPLE), "size": str(len(after))})
    return replace(household, people=after, left=left if left != household.left else household.left)


def with_arrivals(household: Household, arrivals: Iterable[Arrival], *, same_name: bool = False) -> Household:
    """Return a house with people who come, or who change from how they were: nobody comes back by that."""

    def _person(arrival: Arrival) -> HousePerson:
        before = arrival.before
        if before is None:
            return arrival.person
        if (now := household.people.get(before.person_id)) is None:
            raise HouseInvalid("person", Problem.NOT_KNOWN, {"value": before.name})
        return rebased(now, before, arrival.person)

    return with_people(household, map(_person, arrivals), same_name=same_name)


def rebased[T: (AccessGroup, HousePerson)](now: T, before: T, after: T) -> T:
    """Return something as it is, with what somebody changed of it who knew it as it was before."""
    values = {field.name: getattr(after, field.name) for field in fields(after)}
    return replace(now, **{name: value for name, value in values.items() if value != getattr(before, name)})


def changed_person(
    household: Household, person_id: str, changes: Mapping[str, Any], *, same_name: bool = False
) -> Household:
    """Return a house in which some fields of somebody are others."""
    return with_person(household, replace(person_of(household, person_id), **changes), same_name=same_name)


def without_person(household: Household, person_id: str, removed_at: datetime) -> Household:
    """Return a house without somebody, who is to be gone from each terminal that has or may have them."""
    person = person_of(household, person_id)
    number = person.enroll_id
    tombstones = {
        (serial, number): Tombstone(
            serial=serial,
            enroll_id=number,
            # What the terminal calls them: another name may not have got there, and it may have.
            name=placed.confirmed.name
            if (placed := household.placements.get((serial, number))) and placed.confirmed
            else person.name,
            person_id=person_id,
            removed_at=removed_at,
            other_name=person.name if placed and placed.confirmed and placed.confirmed.name != person.name else "",
        )
        for serial in terminals_of(household, person_id)
    }
    return replace(
        household,
        people={key: value for key, value in household.people.items() if key != person_id},
        credentials={key: value for key, value in household.credentials.items() if key[0] != person_id},
        placements={key: value for key, value in household.placements.items() if value.person_id != person_id},
        tombstones={**household.tombstones, **tombstones},
        left=frozenset(key for key in household.left if key not in tombstones),
    )


def terminals_of(household: Household, person_id: str) -> frozenset[str]:
    """Return the terminals that have somebody or may have them: all that are kept in step, and those that once were."""
    placed = (place.serial for place in household.placements.values() if place.person_id == person_id)
    carried = (
        serial for key, held in household.credentials.items() if key[0] == person_id for serial in held.terminals
    )
    return household.kept.union(placed, carried)


def with_group(household: Household, group: AccessGroup) -> Household:
    """Return a house with a group, which is new or has changed."""
    if group.group_id not in household.groups and len(household.groups) >= MAX_GROUPS:
        raise HouseInvalid("group", Problem.TOO_MANY, {"limit": str(MAX_GROUPS), "size": str(MAX_GROUPS + 1)})
    for other in household.groups.values():
        if other.group_id != group.group_id and likeness(other.name) == likeness(group.name):
            raise HouseInvalid("name", Problem.GROUP_NAME_IN_USE, {"holder": other.name})
    return replace(household, groups={**household.groups, group.group_id: group})


def without_group(household: Household, group_id: str) -> Household:
    """Return a house without a group; whoever was in it passes by their other groups alone."""
    group_of(household, group_id)
    return replace(
        household,
        groups={key: value for key, value in household.groups.items() if key != group_id},
        people={
            key: replace(person, groups=person.groups - {group_id}) if group_id in person.groups else person
            for key, person in household.people.items()
        },
    )


def with_credential(household: Household, credential: HouseCredential) -> Household:
    """Return a house with a credential, new or in place of the one in its slot; no two people have the same one."""
    return with_credentials(household, (credential,))


def with_credentials(household: Household, credentials: Iterable[HouseCredential]) -> Household:
    """Return a house with some credentials (`with_credential`)."""
    after, holders = dict(household.credentials), _holders(household)
    for credential in credentials:
        person_of(household, credential.person_id)
        if credential.mark is not None:
            holder = holders.setdefault((credential.slot, credential.mark), credential.person_id)
            if holder != credential.person_id:
                raise in_use(credential.slot, household.people[holder].name)
        after[credential.person_id, credential.slot] = credential
    return replace(household, credentials=after)


def in_use(slot: int, holder: str) -> HouseInvalid:
    """Return the error for a credential that somebody else has."""
    if slot == Credential.PASSWORD.value:
        return HouseInvalid("password", Problem.PIN_IN_USE, {"holder": holder})
    return HouseInvalid("card", Problem.CARD_IN_USE, {"holder": holder})


def holder_of(household: Household, slot: int, mark: bytes) -> str | None:
    """Return the id of who has what leaves a mark."""
    return _holders(household).get((slot, mark))


def _holders(household: Household) -> dict[tuple[int, bytes], str]:
    return {
        (slot, held.mark): person_id
        for (person_id, slot), held in household.credentials.items()
        if held.mark is not None and person_id in household.people
    }


def without_credential(household: Household, person_id: str, slot: int) -> Household:
    """Return a house in which somebody does not have a credential."""
    if (person_id, slot) not in household.credentials:
        raise HouseInvalid("credential", Problem.NOT_KNOWN, {"value": str(slot)})
    kept = {key: value for key, value in household.credentials.items() if key != (person_id, slot)}
    return replace(household, credentials=kept)


def without_contents(household: Household) -> Household:
    """Return a house whose vault is empty; a credential that no terminal has is gone with it."""
    gone = nowhere(household)
    return replace(
        household,
        credentials={
            key: replace(held, sealed=None, mark=None) if held.sealed is not None or held.mark is not None else held
            for key, held in household.credentials.items()
            if held.sealed is None or key not in gone
        },
    )


def with_placement(household: Household, placement: Placement) -> Household:
    """Return a house that knows how somebody stands on a terminal."""
    key = (placement.serial, placement.enroll_id)
    return replace(household, placements={**household.placements, key: placement})


def with_doubts(household: Household, serial: str, numbers: Mapping[int, str]) -> Household:
    """Return a house that is not sure how these people, by enroll id, stand on a terminal that it keeps in step."""
    placements = dict(household.placements)
    for number, person_id in numbers.items() if serial in household.kept else ():
        before = placements.get((serial, number)) or Placement(serial=serial, enroll_id=number, person_id=person_id)
        if before.person_id in household.people and not before.tries:
            placements[serial, number] = replace(before, tries=1)
    return replace(household, placements=placements)


def without_placement(household: Household, serial: str, enroll_id: int) -> Household:
    """Return a house that does not say how a number stands on a terminal."""
    kept = {key: value for key, value in household.placements.items() if key != (serial, enroll_id)}
    return replace(household, placements=kept)


def without_tombstone(household: Household, serial: str, enroll_id: int) -> Household:
    """Return a house in which a terminal has confirmed that a number is gone."""
    kept = {key: value for key, value in household.tombstones.items() if key != (serial, enroll_id)}
    return replace(household, tombstones=kept)


def with_terminal(household: Household, serial: str, *, kept: bool) -> Household:
    """Return a house that keeps a terminal in step, or only observes it."""
    return replace(household, kept=household.kept | {serial} if kept else household.kept - {serial})


def with_ours(household: Household, serials: Collection[str]) -> Household:
    """Return a house whose terminals are these; the same house where that makes no difference.

    Who has left holds their number as long as a terminal that is ours may let them in by it. One that is removed has
    nothing to say any more; should it come back, it first loses whom it was to lose.
    """
    changed = {
        key: replace(stone, holds_number=stone.serial in serials)
        for key, stone in household.tombstones.items()
        if stone.holds_number != (stone.serial in serials)
    }
    return replace(household, tombstones={**household.tombstones, **changed}) if changed else household


def with_zones(household: Household, serial: str, zones: Iterable[int]) -> Household:
    """Return a house to which these week zones of a terminal belong."""
    return replace(household, zones={**household.zones, serial: frozenset(zones)})


def without_terminal(household: Household, serial: str) -> Household:
    """Return a house without a terminal. Who was to be gone from it still is, should it come back.

    A credential that it was the last to have is gone with it, unless the vault holds it.
    """
    after = replace(
        household,
        kept=household.kept - {serial},
        zones={key: value for key, value in household.zones.items() if key != serial},
        placements={key: value for key, value in household.placements.items() if key[0] != serial},
        left=frozenset(key for key in household.left if key[0] != serial),
        credentials={
            key: replace(held, terminals=held.terminals - {serial}) if serial in held.terminals else held
            for key, held in household.credentials.items()
        },
    )
    lost = nowhere(after) - nowhere(household)
    credentials = {key: held for key, held in after.credentials.items() if held.sealed is not None or key not in lost}
    return replace(after, credentials=credentials)


def with_left(household: Household, serial: str, enroll_id: int, *, left: bool) -> Household:
    """Return a house whose owner leaves a difference as it is, or does not any more."""
    key = (serial, enroll_id)
    return replace(household, left=household.left | {key} if left else household.left - {key})


def _check_groups(household: Household, groups: Iterable[str]) -> None:
    for group_id in groups:
        if group_id not in household.groups:
            raise HouseInvalid("groups", Problem.NOT_KNOWN, {"value": group_id})
