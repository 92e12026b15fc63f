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
from ..hub import Hub
from ..terminal import Terminal


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of an action for one terminal; `data` are the checked fields without the device."""

    hass: HomeAssistant
    hub: Hub
    terminals: tuple[Terminal, ...]
    data: Mapping[str, Any]
    context: Context
    wants_response: bool

    @property
    def terminal(self) -> Terminal:
        """The terminal, of actions that are for one."""
        return self.terminals[0]


type Handler = Callable[[Request], Awaitable[ServiceResponse]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action. `admin` keeps it from users who are not administrators; automations may always use it.

    `several` lets it be for several terminals of one listener at a time.
    """

    name: str
    handler: Handler
    fields: Mapping[vol.Marker, Any] = field(default_factory=dict)
    admin: bool = True
    response: SupportsResponse = SupportsResponse.NONE
    several: bool = False

    @property
    def schema(self) -> vol.Schema:
        """The fields and the device."""
        several = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))
        return vol.Schema({vol.Required(ATTR_DEVICE_ID): several if self.several else cv.string, **self.fields})

    async def async_call(self, call: ServiceCall) -> ServiceResponse:
        """Perform the action; raises translated errors that name the terminal or the field."""
        found = [hub_and_terminal_of(call.hass, device_id) for device_id in cv.ensure_list(call.data[ATTR_DEVICE_ID])]
        hub, terminals = found[0][0], tuple(dict.fromkeys(terminal for _, terminal in found))
        if any(other is not hub for other, _ in found):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="several_listeners",
                translation_placeholders={"field": ATTR_DEVICE_ID},
            )
        request = Request(
            hass=call.hass,
            hub=hub,
            terminals=terminals,
            data={key: value for key, value in call.data.items() if key != ATTR_DEVICE_ID},
            context=call.context,
            wants_response=call.return_response,
        )
        with translated_errors(terminals[0].name):
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
    return hub_and_terminal_of(hass, device_id)[1]


def hub_and_terminal_of(hass: HomeAssistant, device_id: str) -> tuple[Hub, Terminal]:
    """Return the terminal of a device and its hub; raises translated errors."""
    entry: TimmyAccessConfigEntry
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id, include_child_devices=True)
    if isinstance(device, dr.ChildDeviceEntry):
        device_id = device.parent_device_id
    for terminal in entry.runtime_data.terminals.values():
        if terminal.device_id == device_id:
            return entry.runtime_data, terminal
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_terminal")
