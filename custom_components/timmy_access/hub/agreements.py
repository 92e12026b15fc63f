"""How the terminals of a listener are with its house, by what is known of them at present."""

from collections.abc import Callable, Collection, Mapping
from copy import replace
from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..house.agreement import Agreement, agree, unsure_at
from ..house.house import House
from ..house.household import Household
from ..house.permits import Permits
from ..house.standing import Listed, Seen
from ..house.wanted import Make, Weeks, standings_wanted
from ..people.listed_people import Person
from ..people.people import EMPTY_SLOT
from ..unhurried import unhurried
from .in_step import make_of
from .terminal import Terminal


async def async_agreement(hass: HomeAssistant, house: House, terminal: Terminal) -> Agreement:
    """Return what is to be done on a terminal, and what its owner has to decide; raises `HouseUnknown`."""
    work = partial(
        _agreement,
        house.known(),
        terminal.serial,
        make_of(terminal),
        dict(house.hours.weeks),
        known_of(house, terminal),
        terminal.writer.permits,
    )
    return await hass.async_add_executor_job(work)


def listed(terminal: Terminal) -> Listed:
    """Return whom a terminal has, as far as it has told."""
    return _listed(terminal.roster.people, complete=terminal.roster.complete)


def known_of(house: House, terminal: Terminal) -> Callable[[], Listed]:
    """Return what tells, in any thread, whom a terminal has, without fingers of which it is not known whether they are.

    Terminals list slot 0 for people without any credential too: what is not known is no difference.
    """
    people = dict(terminal.roster.people)
    fingers = frozenset(filter(terminal.writer.has_finger, people))
    return partial(_known, house.household, terminal.serial, people, fingers, complete=terminal.roster.complete)


def _listed(people: Mapping[int, Person], *, complete: bool) -> Listed:
    seen = {
        enroll_id: Seen(
            enroll_id=enroll_id,
            name=person.name or None,
            role=person.role,
            enabled=person.enabled,
            slots=person.slots,
        )
        for enroll_id, person in unhurried(people.items())
    }
    return Listed(people=seen, complete=complete)


def _known(
    household: Household, serial: str, told: Mapping[int, Person], fingers: Collection[int], *, complete: bool
) -> Listed:
    there, placements = _listed(told, complete=complete), household.placements
    people = dict(there.people)
    for number, seen in unhurried(there.people.items()):
        placement = placements.get((serial, number))
        confirmed = placement.confirmed.credentials if placement and placement.confirmed else {}
        if EMPTY_SLOT in (seen.slots or ()) and EMPTY_SLOT not in confirmed and number not in fingers:
            people[number] = replace(seen, slots=(seen.slots or frozenset()) - {EMPTY_SLOT})
    return Listed(people=people, complete=there.complete)


def _agreement(
    household: Household, serial: str, make: Make, weeks: Weeks, known: Callable[[], Listed], permits: Permits
) -> Agreement:
    wanted = standings_wanted(household, serial, make, weeks, dt_util.utcnow())
    return agree(household, serial, make.doors, wanted, known(), unsure_at(household, serial), permits)
