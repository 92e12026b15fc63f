"""Actions for doors, beyond what a lock entity can do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import voluptuous as vol

from homeassistant.const import ATTR_CODE
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..fields import ATTR_DOOR, DOOR_FUNCTIONS, whole, word, yes_or_no
from ..hub.rights import Right, async_check_right
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
    DoorControl.HOLD_CLOSED: lambda terminal, asked_at: terminal.doors.async_set_mode(DoorMode.HELD_CLOSED, asked_at),
    DoorControl.HOLD_OPEN: lambda terminal, asked_at: terminal.doors.async_set_mode(DoorMode.HELD_OPEN, asked_at),
    DoorControl.NORMAL: lambda terminal, asked_at: terminal.doors.async_set_mode(DoorMode.NORMAL, asked_at),
    DoorControl.OPEN: lambda terminal, asked_at: terminal.doors.async_open(_ONLY_DOOR, asked_at),
    DoorControl.RESTART: lambda terminal, _: terminal.upkeep.async_restart(),
}
# Whatever is not here is for administrators.
_RIGHTS: Mapping[DoorControl, Right] = {
    DoorControl.CANCEL_ALARM: Right.CANCEL_ALARM,
    DoorControl.OPEN: Right.OPEN,
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
    elif len(doors) == 1:
        numbers = list(doors)
    elif (door := request.targets[0].door) is not None:
        numbers = [door]  # the device of a door names it
    else:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_door_named",
            translation_placeholders={"doors": str(len(doors)), "terminal": request.terminal.name},
        )
    for number in numbers:
        if number not in doors:
            raise door_unknown(request.terminal, ATTR_DOOR, number)
    in_person = await async_check_right(request.hass, request.context, Right.OPEN, request.terminal, numbers)
    # In a lockdown a door opens only by its name.
    named = in_person and not request.data[ATTR_ALL_DOORS]
    await check_code(request)
    # All are asked for at once, each on its own: a door that fails keeps no other closed, and none opens late.
    results = await asyncio.gather(
        *(request.terminal.doors.async_open(number, request.asked_at, despite_lockdown=named) for number in numbers),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result


def check_one_door(request: Request, function: DoorControl | None) -> None:
    """Raise where a command that names no door would move several."""
    if function in _ONE_DOOR and len(request.terminal.coordinator.data.doors) > 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="needs_one_door",
            translation_placeholders={"terminal": request.terminal.name},
        )


async def _control_door(request: Request) -> None:
    terminal, function = request.terminal, request.data[ATTR_FUNCTION]
    await async_check_right(request.hass, request.context, _RIGHTS.get(function, Right.ADMINISTER), terminal)
    check_one_door(request, function)
    if function in _OPENING:
        await check_code(request)
    await _FUNCTIONS[function](terminal, request.asked_at)


ACTIONS = (
    Action(
        name="control_door",
        handler=_control_door,
        fields={vol.Optional(ATTR_CODE): cv.string, vol.Required(ATTR_FUNCTION): word(DOOR_FUNCTIONS)},
        right=None,
    ),
    Action(
        name="open_door",
        handler=_open_door,
        fields={
            vol.Optional(ATTR_ALL_DOORS, default=False): yes_or_no,
            vol.Optional(ATTR_CODE): cv.string,
            vol.Optional(ATTR_DOOR): whole,
        },
        right=None,
    ),
)
