"""What an action is: a name, its fields, who may use it, and what it does to one terminal."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CODE, ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr, service

from ..const import DOMAIN
from ..errors import translated_errors
from ..hub.hub import Hub, TimmyAccessConfigEntry
from ..hub.rights import Right, async_check_right
from ..hub.terminal import Terminal
from ..terminal.devices import door_identifier


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a device is: a terminal of a listener, or one of its several doors."""

    device_id: str
    hub: Hub
    terminal: Terminal
    door: int | None


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of an action for one terminal; `data` are the checked fields without the device.

    `asked_at` is when it was called, in the loop's time.
    """

    hass: HomeAssistant
    asked_at: float
    hub: Hub
    targets: tuple[Target, ...]
    data: Mapping[str, Any]
    context: Context
    wants_response: bool

    @property
    def terminal(self) -> Terminal:
        """The terminal, of actions that are for one."""
        return self.targets[0].terminal

    @property
    def terminals(self) -> tuple[Terminal, ...]:
        """The terminals, each once."""
        return tuple(dict.fromkeys(target.terminal for target in self.targets))


type Handler = Callable[[Request], Awaitable[ServiceResponse]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action. `right` is what a user needs for it; None where the fields tell, and the handler asks.

    `several` lets it be for several terminals of one listener at a time.
    """

    name: str
    handler: Handler
    fields: Mapping[vol.Marker, Any] = field(default_factory=dict)
    right: Right | None = Right.ADMINISTER
    response: SupportsResponse = SupportsResponse.NONE
    several: bool = False

    @property
    def schema(self) -> vol.Schema:
        """The fields and the device."""
        several = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))
        return vol.Schema({vol.Required(ATTR_DEVICE_ID): several if self.several else cv.string, **self.fields})

    async def async_call(self, call: ServiceCall) -> ServiceResponse:
        """Perform the action; raises translated errors that name the terminal or the field."""
        asked_at = call.hass.loop.time()
        targets = tuple(target_of(call.hass, device_id) for device_id in cv.ensure_list(call.data[ATTR_DEVICE_ID]))
        hub = targets[0].hub
        if any(target.hub is not hub for target in targets):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="several_listeners",
                translation_placeholders={"field": ATTR_DEVICE_ID},
            )
        request = Request(
            hass=call.hass,
            asked_at=asked_at,
            hub=hub,
            targets=targets,
            data={key: value for key, value in call.data.items() if key != ATTR_DEVICE_ID},
            context=call.context,
            wants_response=call.return_response,
        )
        with translated_errors(request.terminal.name):
            if self.right is not None:
                for terminal in request.terminals:
                    await async_check_right(call.hass, call.context, self.right, terminal)
            return await self.handler(request)


async def check_code(request: Request) -> None:
    """Raise unless the terminal may open: where it has a code, persons need it (see `unlock_code`)."""
    await request.terminal.unlock_code.async_check_person(request.data.get(ATTR_CODE), request.context)


def door_unknown(terminal: Terminal, field: str, door: int) -> ServiceValidationError:
    """Return the error for a door that a terminal does not have."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="door_unknown",
        translation_placeholders={
            "door": str(door),
            "doors": str(len(terminal.coordinator.data.doors)),
            "field": field,
            "terminal": terminal.name,
        },
    )


def target_of(hass: HomeAssistant, device_id: str) -> Target:
    """Return the terminal of a device, and the door if it is one of several; raises translated errors."""
    entry: TimmyAccessConfigEntry
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id, include_child_devices=True)
    hub = entry.runtime_data
    terminal_device_id = device.parent_device_id if isinstance(device, dr.ChildDeviceEntry) else device.id
    for terminal in hub.terminals.values():
        if terminal.device_id == terminal_device_id:
            doors = terminal.coordinator.data.doors
            door = next((door for door in doors if door_identifier(terminal.serial, door) in device.identifiers), None)
            return Target(device_id=device_id, hub=hub, terminal=terminal, door=door)
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_terminal")
