"""Why a terminal does not take what it should, in kinds that its owner can do something about."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from ..protocol.enums import CREDENTIAL_SLOTS, Credential
from ..protocol.reasons import Refusal
from ..unhurried import unhurried
from .agreement import Agreement
from .household import Household, Placement
from .plan import Shortfall
from .standing import Listed
from .wanted import Make, understands
from .zones import Unfit

# A terminal that is busy refuses too; after so many tries in a row, which take half a minute, it is told of.
TOLD_AFTER_TRIES = 3


# Why somebody is not on a terminal as they should be: a translation key after `refused_`.
WRONG_ALGORITHM = "wrong_algorithm"


class Obstacle(StrEnum):
    """What is in the way; each is a translation key of an issue after `house_`."""

    ALGORITHM = "algorithm"
    FIRMWARE = "firmware"
    FULL = "full"
    HOURS = "hours"
    REFUSED = "refused"


_OF_REFUSALS: Mapping[str, Obstacle] = {
    Refusal.NO_SPACE.value: Obstacle.FULL,
    Refusal.UNKNOWN_COMMAND.value: Obstacle.FIRMWARE,
}


def obstacle_of(placement: Placement) -> Obstacle | None:
    """Return what keeps somebody from being written; None where nothing does, or has not often enough."""
    if not placement.refused or placement.tries < TOLD_AFTER_TRIES:
        return None
    return _OF_REFUSALS.get(placement.refused, Obstacle.REFUSED)


def obstacles(
    household: Household,
    serial: str,
    make: Make,
    agreement: Agreement,
    listed: Listed,
    unfit: Mapping[int, Unfit | Shortfall],
) -> Mapping[Obstacle, frozenset[int]]:
    """Return whom a terminal does not take as it should, by what is in the way.

    Of whom the owner has to decide first is not among them. `unfit` are those whose hours it cannot hold.
    """
    found: dict[Obstacle, set[int]] = {}
    for number in unhurried(agreement.numbers - agreement.differences.keys()):
        placement = household.placements.get((serial, number))
        if placement is not None and (obstacle := obstacle_of(placement)) is not None:
            found.setdefault(obstacle, set()).add(number)
        elif number in unfit:
            obstacle = Obstacle.HOURS if isinstance(unfit[number], Unfit) else Obstacle.FIRMWARE
            found.setdefault(obstacle, set()).add(number)
    if not agreement.was_reset and (strange := not_understood(household, make, agreement.numbers, listed)):
        found[Obstacle.ALGORITHM] = strange
    return {obstacle: frozenset(numbers) for obstacle, numbers in found.items()}


def not_understood(household: Household, make: Make, numbers: Collection[int], listed: Listed) -> set[int]:
    """Return who of some people has fingerprints, and none that a terminal of a make could tell them by.

    `numbers` are their enroll ids. Whoever has a finger that was recorded there is not among them.
    """
    fingers = CREDENTIAL_SLOTS[Credential.FINGERPRINT]
    strange: set[str] = set()
    fine: set[str] = set()
    for (person_id, slot), held in unhurried(household.credentials.items()):
        if slot in fingers:
            (fine if understands(make, slot, held.algorithm) else strange).add(person_id)
    found = {household.people[it].enroll_id for it in strange - fine if it in household.people}
    there = {
        number for number in found if (seen := listed.people.get(number)) and not fingers.isdisjoint(seen.slots or ())
    }
    return (found & set(numbers)) - there
