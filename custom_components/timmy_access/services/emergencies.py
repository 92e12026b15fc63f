"""The action for a lockdown and an evacuation, and for the end of either."""

from collections.abc import Iterable

import voluptuous as vol

from homeassistant.const import ATTR_AREA_ID, ATTR_CODE, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_LABEL_ID
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..fields import ATTR_DOOR, word
from ..hub.chosen_doors import async_chosen_doors
from ..hub.outcomes import Doors, Outcome, Who, check_confirmed, described
from ..hub.rights import async_check_in_person, async_name_of
from ..terminal.state import Emergency
from .house_action import HouseAction, HouseRequest

ATTR_STATE = "state"
ATTR_WRITTEN = "written"
NORMAL = "normal"
_TARGETS = (ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_LABEL_ID)
_IDS = vol.All(cv.ensure_list, [cv.string])


async def _emergency(request: HouseRequest) -> ServiceResponse:
    hub, kind = request.hub, request.data[ATTR_STATE]
    asked_at = request.hass.loop.time()
    target = {key: ids for key in _TARGETS if (ids := request.data.get(key))}
    if not target and any(key in request.data for key in _TARGETS):  # a template that has found nothing
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="target_missing")
    doors = async_chosen_doors(request.hass, hub.entry_id, hub.terminals, target)
    who = Who(by=request.by, name=await async_name_of(request.hass, request.by))
    emergencies = hub.door_orders.emergencies
    if kind is None:
        return await _end(request, doors, who, asked_at)
    if kind is Emergency.EVACUATION:
        for terminal in doors:
            await terminal.unlock_code.async_check_person(request.data.get(ATTR_CODE), request.context)
    written = await emergencies.async_begin(kind, doors, who, asked_at, all_doors=not target)
    return _response(request, (it for it in emergencies.outcomes(kind) if it.terminal in doors), written=written)


async def _end(request: HouseRequest, doors: Doors, who: Who, asked_at: float) -> ServiceResponse:
    """End what is on; a lockdown only where an administrator asks in person."""
    emergencies = request.hub.door_orders.emergencies
    if emergencies.is_on(Emergency.LOCKDOWN, doors):
        await async_check_in_person(request.hass, request.context, request.hub.title)
    kinds = [kind for kind in Emergency if emergencies.is_on(kind, doors)]
    # Whoever asks once more, as the disk did not take it before, has it written.
    outcomes, written = [], bool(kinds) or await emergencies.async_write()
    for kind in kinds:
        ended, is_written = await emergencies.async_end(kind, doors, who, asked_at)
        outcomes += ended
        written = written and is_written
    return _response(request, outcomes, written=written)


def _response(request: HouseRequest, outcomes: Iterable[Outcome], *, written: bool) -> ServiceResponse:
    outcomes = list(outcomes)
    if not request.wants_response:
        check_confirmed(outcomes)
        return None
    doors: list[JsonObjectType] = [
        {ATTR_DEVICE_ID: outcome.terminal.device_id, ATTR_DOOR: outcome.door, **described(outcome)}
        for outcome in outcomes
    ]
    return {"doors": list(doors), ATTR_WRITTEN: written}


ACTIONS = (
    HouseAction(
        name="emergency",
        handler=_emergency,
        fields={
            **{vol.Optional(target): _IDS for target in _TARGETS},
            vol.Optional(ATTR_CODE): cv.string,
            vol.Required(ATTR_STATE): word({NORMAL: None, **{kind.value: kind for kind in Emergency}}),
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
