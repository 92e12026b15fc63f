"""Actions for doors, beyond what a lock entity can do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.lock import DOMAIN as LOCK_DOMAIN
from homeassistant.const import ATTR_CODE
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv, entity_registry as er

from ..const import DOMAIN
from ..fields import ATTR_DOOR, DOOR_FUNCTIONS, whole, word
from ..hub.terminal import Terminal
from ..protocol.enums import DoorControl
from ..terminal.state import DoorMode
from .action import Action, Request, check_code, door_unknown

ATTR_ALL_DOORS = "all_doors"
ATTR_FUNCTION = "function"
_ONLY_DOOR = 1
# What each function of specification B38 is here, so that locks and contacts stay in step.
_FUNCTIONS: Mapping[DoorControl, Callable[[Terminal, float], Awaitable[None]]] = {
    DoorControl.CANCEL_ALARM: lambda terminal, _: terminal.upkeep.async_cancel_alarm(),
    DoorControl.HOLD_CLOSED: lambda terminal, asked_at: terminal.doors.async_set_mode(
        _ONLY_DOOR, DoorMode.HELD_CLOSED, asked_at
    ),
    DoorControl.HOLD_OPEN: lambda terminal, asked_at: terminal.doors.async_set_mode(
        _ONLY_DOOR, DoorMode.HELD_OPEN, asked_at
    ),
    DoorControl.NORMAL: lambda terminal, asked_at: terminal.doors.async_set_mode(_ONLY_DOOR, DoorMode.NORMAL, asked_at),
    DoorControl.OPEN: lambda terminal, asked_at: terminal.doors.async_open(_ONLY_DOOR, asked_at),
    DoorControl.RESTART: lambda terminal, _: terminal.upkeep.async_restart(),
}
# The command does not say which door (specification B38): with several, nobody knows what it moves.
_OPENING = frozenset({DoorControl.HOLD_OPEN, DoorControl.OPEN})
_ONE_DOOR = frozenset({DoorControl.HOLD_CLOSED, DoorControl.HOLD_OPEN, DoorControl.OPEN})


async def _open_door(request: Request) -> None:
    doors = request.terminal.coordinator.data.doors
    if request.data[ATTR_ALL_DOORS]:
        if ATTR_DOOR in request.data:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="door_or_all")
        numbers = list(doors)
    elif ATTR_DOOR in request.data:
        numbers = [request.data[ATTR_DOOR]]
    else:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_door_named")
    for number in numbers:
        if number not in doors:
            raise door_unknown(request.terminal, ATTR_DOOR, number)
        await _check_permission(request, number)
    await check_code(request)
    # All are asked for at once, each on its own: a door that fails keeps no other closed, and none opens late.
    results = await asyncio.gather(
        *(request.terminal.doors.async_open(number, request.asked_at) for number in numbers), return_exceptions=True
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _control_door(request: Request) -> None:
    terminal, function = request.terminal, request.data[ATTR_FUNCTION]
    if function in _ONE_DOOR and len(terminal.coordinator.data.doors) > 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="needs_one_door",
            translation_placeholders={"terminal": terminal.name},
        )
    if function in _OPENING:
        await check_code(request)
    await _FUNCTIONS[function](terminal, request.asked_at)


async def _check_permission(request: Request, number: int) -> None:
    """Raise unless the user may control the lock of the door, as for the lock's own actions."""
    if request.context.user_id is None:
        return
    user = await request.hass.auth.async_get_user(request.context.user_id)
    if user is None:
        raise UnknownUser(context=request.context, permission=POLICY_CONTROL, user_id=request.context.user_id)
    entity_id = er.async_get(request.hass).async_get_entity_id(
        LOCK_DOMAIN, DOMAIN, f"{request.terminal.serial}_door{number}_lock"
    )
    if entity_id is None or not user.permissions.check_entity(entity_id, POLICY_CONTROL):
        raise Unauthorized(
            context=request.context,
            entity_id=entity_id,
            permission=POLICY_CONTROL,
            user_id=request.context.user_id,
        )


ACTIONS = (
    Action(
        name="control_door",
        handler=_control_door,
        fields={vol.Optional(ATTR_CODE): cv.string, vol.Required(ATTR_FUNCTION): word(DOOR_FUNCTIONS)},
    ),
    Action(
        name="open_door",
        handler=_open_door,
        fields={
            vol.Optional(ATTR_ALL_DOORS, default=False): cv.boolean,
            vol.Optional(ATTR_CODE): cv.string,
            vol.Optional(ATTR_DOOR): whole,
        },
        admin=False,
    ),
)
