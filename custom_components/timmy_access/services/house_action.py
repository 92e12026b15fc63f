"""What an action for the whole house is: it is for a listener, and not for one terminal."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv, service

from ..const import DOMAIN
from ..errors import translated_errors
from ..fields import ATTR_CARD, ATTR_PASSWORD, digits, pin
from ..house.house import House
from ..house.refusals import translated_refusals
from ..hub.hub import Hub, TimmyAccessConfigEntry
from ..hub.rights import Right, async_check_administrator
from .action import Handler, Request
from .checking import checked
from .labels import labelled
from .secrets import async_fill_in

# What may be named in place of being said (`secrets`).
_SECRETS = {ATTR_CARD: digits, ATTR_PASSWORD: pin}


@dataclass(frozen=True, kw_only=True)
class HouseRequest:
    """One call of an action for a house; `data` are the checked fields without the listener."""

    hass: HomeAssistant
    hub: Hub
    data: Mapping[str, Any]
    context: Context
    wants_response: bool = False

    @property
    def house(self) -> House:
        """The house."""
        return self.hub.house

    @property
    def by(self) -> str | None:
        """The id of the user who asks, None for an automation."""
        return self.context.user_id


@dataclass(frozen=True, kw_only=True)
class HouseAction:
    """One action. All are for administrators: they say who may pass."""

    name: str
    handler: Callable[[HouseRequest], Awaitable[ServiceResponse]]
    fields: Mapping[vol.Marker, Any] = field(default_factory=dict)
    response: SupportsResponse = SupportsResponse.NONE
    right: Right | None = Right.ADMINISTER

    @property
    def schema(self) -> vol.Schema:
        """The fields and the listener, which need not be named where there is only one."""
        return vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, **self.fields})

    def checked(self, hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return data as the action takes it; raises a translated error that names the field."""
        return checked(hass, self.name, self.schema, data)

    async def async_call(self, call: ServiceCall) -> ServiceResponse:
        """Perform the action; raises translated errors that name the field."""
        with labelled(call.hass, self.name):
            return await self._async_call(call)

    async def _async_call(self, call: ServiceCall) -> ServiceResponse:
        entry: TimmyAccessConfigEntry = service.async_get_config_entry(
            call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
        )
        await async_check_administrator(call.hass, call.context, entry.title)
        data = await async_fill_in(call.hass, call.data, _SECRETS)
        data.pop(ATTR_CONFIG_ENTRY_ID, None)
        request = HouseRequest(
            hass=call.hass,
            hub=entry.runtime_data,
            data=data,
            context=call.context,
            wants_response=call.return_response,
        )
        with translated_errors(entry.title), translated_refusals():
            return await self.handler(request)


def of_the_house(handler: Handler) -> Handler:
    """Return a handler for a terminal whose errors of the house are translated too."""

    @wraps(handler)
    async def _handle(request: Request) -> ServiceResponse:
        with translated_refusals():
            return await handler(request)

    return _handle
