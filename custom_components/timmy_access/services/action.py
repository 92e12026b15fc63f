"""What an action is: a name, its fields, who may use it, and what it does to one terminal."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr, service

from ..const import DOMAIN
from ..coordinator import TimmyAccessConfigEntry
from ..errors import translated_errors
from ..terminal import Terminal


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of an action for one terminal; `data` are the checked fields without the device."""

    hass: HomeAssistant
    terminal: Terminal
    data: Mapping[str, Any]
    context: Context
    wants_response: bool


type Handler = Callable[[Request], Awaitable[ServiceResponse]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action. `admin` keeps it from users who are not administrators; automations may always use it."""

    name: str
    handler: Handler
    fields: Mapping[vol.Marker, Any] = field(default_factory=dict)
    admin: bool = True
    response: SupportsResponse = SupportsResponse.NONE

    @property
    def schema(self) -> vol.Schema:
        """The fields and the device."""
        return vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, **self.fields})

    async def async_call(self, call: ServiceCall) -> ServiceResponse:
        """Perform the action; raises translated errors that name the terminal or the field."""
        terminal = terminal_of(call.hass, call.data[ATTR_DEVICE_ID])
        request = Request(
            hass=call.hass,
            terminal=terminal,
            data={key: value for key, value in call.data.items() if key != ATTR_DEVICE_ID},
            context=call.context,
            wants_response=call.return_response,
        )
        with translated_errors(terminal.name):
            return await self.handler(request)


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


def terminal_of(hass: HomeAssistant, device_id: str) -> Terminal:
    """Return the terminal of a device, which may also be one of its doors; raises translated errors."""
    entry: TimmyAccessConfigEntry
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id, include_child_devices=True)
    if isinstance(device, dr.ChildDeviceEntry):
        device_id = device.parent_device_id
    for terminal in entry.runtime_data.terminals.values():
        if terminal.device_id == device_id:
            return terminal
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_terminal")
