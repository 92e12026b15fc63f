"""Who the people at one terminal are, and which way they go, put together."""

from collections.abc import Callable, Mapping, Sequence
from copy import replace
from typing import Any

from homeassistant.core import callback

from ..people.occupancy import Occupancy
from ..people.person_links import PersonLinks
from ..people.roster import Roster
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.moments import Moments
from .in_step import HouseRules
from .surroundings import Surroundings


@callback
def async_links(
    surroundings: Surroundings, serial: str, roster: Roster, name: Callable[[], str], rules: HouseRules
) -> PersonLinks:
    """Return which persons of Home Assistant the people of a terminal are."""
    return PersonLinks(
        surroundings.hass,
        surroundings.entry.entry_id,
        surroundings.store,
        serial,
        roster,
        name,
        rules.linked_to,
    )


@callback
def async_occupancy(
    surroundings: Surroundings,
    serials: Sequence[str],
    data: Mapping[str, Any],
    moments: Moments,
    coordinator: TerminalCoordinator,
) -> Occupancy:
    """Return what tells the roll call who passes a terminal; `serials` are its own and those it has taken over from."""

    @callback
    def _async_show(people: int | None) -> None:
        if coordinator.data.people_inside != people:
            coordinator.async_replace(replace(coordinator.data, people_inside=people))

    return Occupancy(
        surroundings.hass,
        surroundings.tasks,
        surroundings.roll_call,
        serials,
        data,
        surroundings.ledger,
        moments,
        _async_show,
        lambda: coordinator.data.online,
    )
