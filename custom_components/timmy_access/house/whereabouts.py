"""Which terminals have a credential, as far as the house knows."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ..unhurried import unhurried
from .credentials import HouseCredential
from .household import Household, Placement
from .persons import HousePerson


@dataclass(frozen=True, kw_only=True)
class Unkept:
    """A credential that the vault has not got, and where it can be read."""

    person_id: str
    slot: int
    revision: str
    serial: str
    enroll_id: int

    @property
    def place(self) -> tuple[str, int]:
        """Person and slot."""
        return self.person_id, self.slot


def terminals_with(household: Household, person: HousePerson, credential: HouseCredential) -> frozenset[str]:
    """Return the terminals that have a credential: those it came from, and those on which it was confirmed."""
    confirmed = (
        serial
        for serial in household.kept
        if _has(household.placements.get((serial, person.enroll_id)), person, credential)
    )
    return credential.terminals.union(confirmed)


def nowhere(household: Household) -> frozenset[tuple[str, int]]:
    """Return the credentials, by person and slot, that no terminal has."""
    there = {
        (placement.person_id, slot, revision)
        for placement in household.placements.values()
        if placement.confirmed is not None
        for slot, revision in placement.confirmed.credentials.items()
    }
    return frozenset(
        key for key, held in household.credentials.items() if not held.terminals and (*key, held.revision) not in there
    )


def unkept(household: Household, serials: Collection[str]) -> Iterator[Unkept]:
    """Yield what the vault has not got and one of some terminals has, which are kept in step."""
    kept = household.kept & frozenset(serials)
    for (person_id, slot), held in unhurried(household.credentials.items()):
        person = household.people.get(person_id)
        if held.sealed is not None or person is None:
            continue
        for serial in sorted(terminals_with(household, person, held) & kept):
            yield Unkept(
                person_id=person_id,
                slot=slot,
                revision=held.revision,
                serial=serial,
                enroll_id=person.enroll_id,
            )


def standing_at(household: Household, serial: str, enroll_id: int) -> Placement | None:
    """Return how somebody of the house was confirmed on a terminal that is kept in step; None where nobody was."""
    placement = household.placements.get((serial, enroll_id))
    if placement is None or placement.confirmed is None or serial not in household.kept:
        return None
    person = household.people.get(placement.person_id)
    return placement if person is not None and person.enroll_id == enroll_id else None


def with_enrolled(household: Household, serial: str, credential: HouseCredential) -> Household:
    """Return a house with a credential that somebody got at a terminal, on which it is from now on.

    The same house where they do not stand there any more: then it is a difference, as whatever else is done there.
    """
    person = household.people.get(credential.person_id)
    placement = standing_at(household, serial, person.enroll_id) if person else None
    if placement is None or placement.confirmed is None:
        return household
    held = replace(credential, terminals=frozenset({serial}))
    confirmed = replace(
        placement.confirmed, credentials={**placement.confirmed.credentials, credential.slot: credential.revision}
    )
    return replace(
        household,
        credentials={**household.credentials, (credential.person_id, credential.slot): held},
        placements={
            **household.placements,
            (serial, placement.enroll_id): replace(placement, confirmed=confirmed),
        },
    )


def _has(placement: Placement | None, person: HousePerson, credential: HouseCredential) -> bool:
    return (
        placement is not None
        and placement.person_id == person.person_id
        and placement.confirmed is not None
        and placement.confirmed.credentials.get(credential.slot) == credential.revision
    )
