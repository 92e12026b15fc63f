"""What follows for the house from what the owner says about a difference."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ..ledger import nameless
from ..people.names import is_same_name
from ..protocol.enums import Role
from .access import as_told
from .agreement import UNKNOWN_REVISION
from .changes import without_person
from .credentials import HouseCredential
from .differences import ACCESS, Aspect, Difference, DifferenceKind
from .errors import HouseInvalid, Problem
from .groups import AccessGroup
from .household import Household, Placement
from .permits import Access
from .persons import HousePerson
from .standing import Seen, Standing, Tombstone
from .wanted import UNTOLD, Make, algorithm_of


class Choice(StrEnum):
    """What the owner says."""

    LEAVE = "leave"
    PUT_BACK = "put_back"
    TAKE_OVER = "take_over"


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """A decision about one difference.

    `groups` are those that somebody gets who is taken over; they must have a door of the terminal, which is of `make`.
    `new_id` makes identifiers (ULIDs).
    """

    difference: Difference
    choice: Choice
    now: datetime
    new_id: Callable[[], str]
    groups: frozenset[str] = frozenset()
    make: Make = UNTOLD


def settle(household: Household, settlement: Settlement) -> Household:
    """Return the house after a decision; terminals follow it. Raises `HouseInvalid`, and then nothing changes.

    To put the house's word back makes what the terminal says the confirmed, so that what the house wants is written.
    """
    difference = settlement.difference
    key = (difference.serial, difference.enroll_id)
    if settlement.choice is Choice.LEAVE:
        return replace(household, left=household.left | {key})
    settled = replace(household, left=household.left - {key})
    if settlement.choice is Choice.PUT_BACK:
        return _PUT_BACK[difference.kind](settled, settlement)
    return _TAKE_OVER[difference.kind](settled, settlement)


def _remove_there(household: Household, settlement: Settlement) -> Household:
    difference = settlement.difference
    key = (difference.serial, difference.enroll_id)
    tombstone = Tombstone(
        serial=difference.serial,
        enroll_id=difference.enroll_id,
        name=(difference.seen and difference.seen.name) or "",
        person_id=difference.person_id or "",
        removed_at=settlement.now,
    )
    return replace(
        household,
        placements=_without(household.placements, (key,)),
        tombstones={**household.tombstones, key: tombstone},
    )


def _write_again(household: Household, settlement: Settlement) -> Household:
    """Take what a terminal says for confirmed, and what it does not say for unknown: all of it is written again.

    Under another name it may be somebody else, with other credentials in the same slots.
    """
    difference = settlement.difference
    placement = household.placements.get((difference.serial, difference.enroll_id))
    if placement is None or placement.confirmed is None or difference.seen is None:
        return household
    confirmed = _as_told(placement.confirmed, difference.seen, difference.access)
    if Aspect.NAME in difference.aspects:
        confirmed = replace(confirmed, credentials=dict.fromkeys(confirmed.credentials, UNKNOWN_REVISION))
    permit = None if difference.aspects & ACCESS else placement.permit
    return _placed(household, replace(placement, confirmed=confirmed, permit=permit, refused=None, tries=1))


def _add_again(household: Household, settlement: Settlement) -> Household:
    key = (settlement.difference.serial, settlement.difference.enroll_id)
    return replace(household, placements=_without(household.placements, (key,)))


def _fill_again(household: Household, settlement: Settlement) -> Household:
    serial = settlement.difference.serial
    return replace(
        household, placements=_without(household.placements, [it for it in household.placements if it[0] == serial])
    )


def _take_over_person(household: Household, settlement: Settlement) -> Household:
    """Make whoever is on the terminal somebody of the house."""
    difference = settlement.difference
    serial, number = difference.serial, difference.enroll_id
    seen = difference.seen or Seen(enroll_id=number)
    groups = frozenset(settlement.groups)
    if not any(_reaches(household.groups.get(group), serial) for group in groups):
        raise HouseInvalid("groups", Problem.EMPTY)
    holder = next((person for person in household.people.values() if person.enroll_id == number), None)
    if holder is not None and not is_same_name(seen.name or "", holder.name):
        raise HouseInvalid("enroll_id", Problem.NUMBER_IN_USE, {"holder": holder.name})
    if holder is None:
        holder = HousePerson(
            person_id=settlement.new_id(),
            name=seen.name or nameless(number),
            enroll_id=number,
            role=Role.USER.value if seen.role is None else seen.role,
            enabled=seen.enabled is not False,
        )
    person = replace(holder, groups=holder.groups | groups)
    key = (serial, number)
    house = replace(
        household,
        people={**household.people, person.person_id: person},
        tombstones=_without(household.tombstones, (key,)),
        placements=_without(household.placements, (key,)),
    )
    return _with_credentials(house, person.person_id, seen.slots or (), settlement)


def _take_over_name(household: Household, settlement: Settlement) -> Household:
    """Take somebody who has the number on the terminal for the person of the house, who has another name by now."""
    difference = settlement.difference
    key = (difference.serial, difference.enroll_id)
    person = household.people.get(difference.person_id or "")
    if person is None:
        return _take_over_person(household, settlement)
    if key in household.tombstones:
        raise HouseInvalid("enroll_id", Problem.NUMBER_IN_USE, {"holder": person.name})
    name = (difference.seen and difference.seen.name) or person.name
    return replace(
        household,
        people={**household.people, person.person_id: replace(person, name=name)},
        placements=_without(household.placements, (key,)),
    )


def _take_over_change(household: Household, settlement: Settlement) -> Household:
    """Make the house what the terminal says of somebody, everywhere.

    Hours come from groups, which others have too: what is said of them at one terminal cannot be taken over.
    """
    difference = settlement.difference
    seen, placement = difference.seen, household.placements.get((difference.serial, difference.enroll_id))
    person = household.people.get(difference.person_id or "")
    if seen is None or person is None or placement is None or placement.confirmed is None:
        return household
    aspects = difference.aspects
    if Aspect.HOURS in aspects:
        raise HouseInvalid("groups", Problem.HOURS_ARE_OF_GROUPS, {"name": person.name})
    dates = difference.access if Aspect.DATES in aspects else None
    person = replace(
        person,
        name=seen.name if seen.name and Aspect.NAME in aspects else person.name,
        role=seen.role if seen.role is not None and Aspect.ROLE in aspects else person.role,
        enabled=seen.enabled if seen.enabled is not None and Aspect.ENABLED in aspects else person.enabled,
        valid_from=dates.valid_from if dates else person.valid_from,
        valid_until=dates.valid_until if dates else person.valid_until,
    )
    house = replace(household, people={**household.people, person.person_id: person})
    confirmed = _as_told(placement.confirmed, seen, difference.access)
    if Aspect.CREDENTIALS in aspects and seen.slots is not None:
        gone = [
            (person.person_id, slot)
            for slot in placement.confirmed.credentials.keys() - seen.slots
            if (person.person_id, slot) in house.credentials
        ]
        house = replace(house, credentials=_without(house.credentials, gone))
        house = _with_credentials(
            house, person.person_id, seen.slots - placement.confirmed.credentials.keys(), settlement
        )
        held = {
            slot: house.credentials[person.person_id, slot].revision
            if difference.serial in house.credentials[person.person_id, slot].terminals
            else revision
            for slot, revision in confirmed.credentials.items()
            if (person.person_id, slot) in house.credentials
        }
        confirmed = replace(confirmed, credentials=held)
    permit = difference.permit or placement.permit
    return _placed(house, replace(placement, confirmed=confirmed, permit=permit, refused=None, tries=0))


def _take_over_deletion(household: Household, settlement: Settlement) -> Household:
    person_id = settlement.difference.person_id
    return household if person_id is None else without_person(household, person_id, settlement.now)


def _take_over_emptiness(household: Household, settlement: Settlement) -> Household:
    """Have nobody belong on the terminal."""
    serial = settlement.difference.serial
    groups = {
        group_id: replace(
            group, rules=tuple(replace(rule, doors=_without(rule.doors, (serial,))) for rule in group.rules)
        )
        for group_id, group in household.groups.items()
    }
    return replace(_fill_again(household, settlement), groups=groups)


type _Settle = Callable[[Household, Settlement], Household]

_PUT_BACK: Mapping[DifferenceKind, _Settle] = {
    DifferenceKind.CHANGED: _write_again,
    DifferenceKind.DELETED_HERE: _add_again,
    DifferenceKind.SOMEBODY_ELSE: _remove_there,
    DifferenceKind.UNKNOWN_HERE: _remove_there,
    DifferenceKind.WAS_RESET: _fill_again,
}
_TAKE_OVER: Mapping[DifferenceKind, _Settle] = {
    DifferenceKind.CHANGED: _take_over_change,
    DifferenceKind.DELETED_HERE: _take_over_deletion,
    DifferenceKind.SOMEBODY_ELSE: _take_over_name,
    DifferenceKind.UNKNOWN_HERE: _take_over_person,
    DifferenceKind.WAS_RESET: _take_over_emptiness,
}


def _as_told(confirmed: Standing, seen: Seen, access: Access | None) -> Standing:
    """Return how somebody stands by the terminal's word; credentials that appeared there are not known ones."""
    slots = confirmed.credentials.keys() if seen.slots is None else seen.slots
    return replace(
        confirmed if access is None else as_told(confirmed, access),
        name=seen.name or confirmed.name,
        role=confirmed.role if seen.role is None else seen.role,
        enabled=confirmed.enabled if seen.enabled is None else seen.enabled,
        credentials={slot: confirmed.credentials.get(slot, UNKNOWN_REVISION) for slot in slots},
    )


def _with_credentials(
    household: Household, person_id: str, slots: Collection[int], settlement: Settlement
) -> Household:
    """Note credentials that one terminal has; where the house has others of the same slot, those stay."""
    added = {
        (person_id, slot): HouseCredential(
            person_id=person_id,
            slot=slot,
            revision=settlement.new_id(),
            algorithm=algorithm_of(settlement.make, slot),
            terminals=frozenset({settlement.difference.serial}),
        )
        for slot in slots
        if (person_id, slot) not in household.credentials
    }
    return replace(household, credentials={**household.credentials, **added})


def _placed(household: Household, placement: Placement) -> Household:
    key = (placement.serial, placement.enroll_id)
    return replace(household, placements={**household.placements, key: placement})


def _reaches(group: AccessGroup | None, serial: str) -> bool:
    return group is not None and any(rule.doors.get(serial) for rule in group.rules)


def _without[K, V](mapping: Mapping[K, V], keys: Collection[K]) -> dict[K, V]:
    return {key: value for key, value in mapping.items() if key not in keys}
