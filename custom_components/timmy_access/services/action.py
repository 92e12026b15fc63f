"""What an action is: a name, its fields, who may use it, and what it does to one terminal."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CODE, ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..errors import translated_errors
from ..hub.hub import Hub
from ..hub.rights import Right, async_check_right
from ..hub.terminal import Terminal
from .checking import checked
from .each import async_each
from .labels import labelled
from .targets import TARGET_FIELDS, TARGET_KEYS, Target, async_door_targets, async_targets, target_of


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of an action for one terminal; `data` are the checked fields without the device.

    `asked_at` is when it was called, in the loop's time. `prepared` is what was found out for all terminals together
    before anything was done to the first.
    """

    hass: HomeAssistant
    asked_at: float
    hub: Hub
    targets: tuple[Target, ...]
    data: Mapping[str, Any]
    context: Context
    wants_response: bool
    prepared: Any = None

    @property
    def terminal(self) -> Terminal:
        """The terminal, of actions that are for one."""
        return self.targets[0].terminal

    @property
    def terminals(self) -> tuple[Terminal, ...]:
        """The terminals, each once."""
        return tuple(dict.fromkeys(target.terminal for target in self.targets))


type Handler = Callable[[Request], Awaitable[ServiceResponse]]
# Looks whether something can be done to all terminals, and does nothing; what it returns becomes `Request.prepared`.
type Prepare = Callable[[tuple[Request, ...]], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action. `right` is what a user needs for it; None where the fields tell, and the handler asks.

    `several` hands all terminals of one listener to the handler, and with `doors` the doors that are meant. `each` lets
    it be for any number of terminals, and calls the handler for every one of them, after `prepare` has found nothing
    wrong with any (see `each`).
    """

    name: str
    handler: Handler
    fields: Mapping[vol.Marker, Any] = field(default_factory=dict)
    right: Right | None = Right.ADMINISTER
    response: SupportsResponse = SupportsResponse.NONE
    several: bool = False
    doors: bool = False
    each: bool = False
    prepare: Prepare | None = None

    def __post_init__(self) -> None:
        """Let what is done to each of several terminals be told."""
        if self.each and self.response is SupportsResponse.NONE:
            object.__setattr__(self, "response", SupportsResponse.OPTIONAL)

    @property
    def schema(self) -> vol.Schema:
        """The fields and the device, or the target."""
        if self.each or self.several:
            return vol.Schema({**TARGET_FIELDS, **self.fields})
        return vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, **self.fields})

    def checked(self, hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return data as the action takes it; raises a translated error that names the field."""
        return checked(hass, self.name, self.schema, data)

    async def async_call(self, call: ServiceCall) -> ServiceResponse:
        """Perform the action; raises translated errors that name the terminal or the field."""
        with labelled(call.hass, self.name):
            return await self._async_call(call, call.hass.loop.time())

    async def _async_call(self, call: ServiceCall, asked_at: float) -> ServiceResponse:
        if self.each or self.several:
            targets = (async_door_targets if self.doors else async_targets)(call.hass, call.data)
        else:
            targets = (target_of(call.hass, call.data[ATTR_DEVICE_ID]),)
        if not self.each and any(target.hub is not targets[0].hub for target in targets):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="several_listeners",
                translation_placeholders={"field": ATTR_DEVICE_ID},
            )
        request = Request(
            hass=call.hass,
            asked_at=asked_at,
            hub=targets[0].hub,
            targets=targets,
            data={key: value for key, value in call.data.items() if key not in TARGET_KEYS},
            context=call.context,
            wants_response=call.return_response,
        )
        if self.right is not None:
            for terminal in request.terminals:
                await async_check_right(call.hass, call.context, self.right, terminal)
        if self.each:
            requests = tuple(replace(request, hub=target.hub, targets=(target,)) for target in targets)
            if self.prepare is not None:
                with translated_errors(request.terminal.name, request.terminal.roster.name_of):
                    prepared = await self.prepare(requests)
                requests = tuple(replace(one, prepared=prepared) for one in requests)
            # One device that is no list has always been one terminal, with the response of that.
            is_one = TARGET_KEYS & call.data.keys() == {ATTR_DEVICE_ID} and isinstance(call.data[ATTR_DEVICE_ID], str)
            return await async_each(self.name, requests, self.handler, is_one=is_one)
        with translated_errors(request.terminal.name, request.terminal.roster.name_of):
            return await self.handler(request)


def naming(request: Request) -> AbstractContextManager[None]:
    """Return a context in which errors of the protocol name the terminal of a request."""
    return translated_errors(request.terminal.name, request.terminal.roster.name_of)


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
