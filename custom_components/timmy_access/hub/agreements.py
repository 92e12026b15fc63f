"""How the terminals of a listener are with its house, by what is known of them at present."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..house.agreement import Agreement, agree
from ..house.house import House
from ..house.household import Household
from ..house.standing import Listed, Seen
from ..house.wanted import Make, Weeks, standings_wanted
from .terminal import Terminal


async def async_agreement(hass: HomeAssistant, house: House, terminal: Terminal) -> Agreement:
    """Return what is to be done on a terminal, and what its owner has to decide; raises `HouseUnknown`."""
    make = Make(doors=len(terminal.coordinator.data.doors), algorithm=terminal.fingerprint_algorithm)
    work = partial(_agreement, house.known(), terminal.serial, make, dict(house.hours.weeks), listed(terminal))
    return await hass.async_add_executor_job(work)


def listed(terminal: Terminal) -> Listed:
    """Return whom a terminal has, as far as it has told."""
    people = {
        enroll_id: Seen(
            enroll_id=enroll_id,
            name=person.name or None,
            role=person.role,
            enabled=person.enabled,
            slots=person.slots,
        )
        for enroll_id, person in terminal.roster.people.items()
    }
    return Listed(people=people, complete=terminal.roster.complete)


def _agreement(household: Household, serial: str, make: Make, weeks: Weeks, there: Listed) -> Agreement:
    wanted = standings_wanted(household, serial, make, weeks, dt_util.utcnow())
    return agree(household, serial, make.doors, wanted, there)
