"""Which terminals do not follow what was asked, as they are only observed: whoever asks is told, and may turn it on."""

from collections.abc import Iterable

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..house.groups import AccessGroup
from ..house.household import Household
from ..house.persons import HousePerson
from ..people.names import is_same_name
from .house_action import HouseRequest

ATTR_OBSERVED = "observed"


def doors_of(household: Household, person: HousePerson | None) -> frozenset[str]:
    """Return the serial numbers of the terminals where somebody has a door."""
    if person is None:
        return frozenset()
    return terminals_of(group for it in person.groups if (group := household.groups.get(it)) is not None)


def terminals_of(groups: Iterable[AccessGroup]) -> frozenset[str]:
    """Return the serial numbers of the terminals that groups have a door of."""
    return frozenset(
        serial for group in groups for rule in group.rules for serial, doors in rule.doors.items() if doors
    )


def terminals_that_list(request: HouseRequest, person: HousePerson | None) -> frozenset[str]:
    """Return the serial numbers of the terminals that have said to have somebody, by number and name."""
    if person is None:
        return frozenset()
    return frozenset(
        terminal.serial
        for terminal in request.hub.terminals.values()
        if (there := terminal.roster.people.get(person.enroll_id)) is not None
        and is_same_name(there.name or person.name, person.name)
    )


def observed(request: HouseRequest, serials: Iterable[str]) -> JsonObjectType:
    """Return, for an answer, those of some terminals to which nothing is written, as `keep_in_step` takes them."""
    kept, asked = request.house.household.kept, frozenset(serials)
    found: list[JsonValueType] = [
        {"terminal": terminal.name, ATTR_DEVICE_ID: terminal.device_id}
        for terminal in request.hub.terminals.values()
        if terminal.serial in asked and terminal.serial not in kept
    ]
    return {ATTR_OBSERVED: found}
