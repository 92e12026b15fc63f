"""One action for several terminals: each is asked by itself, and what became of each is told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from homeassistant.core import HomeAssistant, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..errors import translated_errors
from ..hub.terminal import Terminal
from .labels import told, with_label

ATTR_ERROR = "error"
ATTR_NAME = "name"
ATTR_RESULT = "result"
ATTR_TERMINALS = "terminals"
DONE = "done"
FAILED = "failed"


class Asked(Protocol):
    """One call for one terminal, as far as it matters here."""

    @property
    def hass(self) -> HomeAssistant:
        """Home Assistant."""

    @property
    def terminal(self) -> Terminal:
        """The terminal."""

    @property
    def wants_response(self) -> bool:
        """Whether somebody looks at what is returned."""


async def async_each[A: Asked](
    action: str, requests: tuple[A, ...], handler: Callable[[A], Awaitable[ServiceResponse]], *, is_one: bool
) -> ServiceResponse:
    """Have a handler do its work at every terminal, at the same time: one that is away holds up no other.

    What takes a door away from somebody has to reach those terminals that are there. With `is_one` the only terminal's
    response, or error, is that of the action. Otherwise the response tells of each by its device; where nobody looks at
    it, one error names every terminal that failed, and why.
    """
    if is_one:
        (request,) = requests
        with translated_errors(request.terminal.name, request.terminal.roster.name_of):
            response = await handler(request)
        return response if response is not None or not request.wants_response else _done(request, None)
    outcomes = await asyncio.gather(*(_outcome(action, request, handler) for request in requests))
    failed = [(request, error) for request, (_, error) in zip(requests, outcomes, strict=True) if error is not None]
    if failed and (len(failed) == len(requests) == 1):
        raise failed[0][1]
    if failed and not requests[0].wants_response:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={
                "failed": str(len(failed)),
                "of": str(len(requests)),
                "failures": " ".join(_sentence(request, error) for request, error in failed),
            },
        )
    if not requests[0].wants_response:
        return None
    return {
        ATTR_TERMINALS: {
            request.terminal.device_id: _described(request, response, error)
            for request, (response, error) in zip(requests, outcomes, strict=True)
        }
    }


async def _outcome[A: Asked](
    action: str, request: A, handler: Callable[[A], Awaitable[ServiceResponse]]
) -> tuple[ServiceResponse, HomeAssistantError | None]:
    try:
        with translated_errors(request.terminal.name, request.terminal.roster.name_of):
            return await handler(request), None
    except HomeAssistantError as err:
        with_label(request.hass, err, action)
        return None, err


def _sentence(request: Asked, error: HomeAssistantError) -> str:
    """Return why a terminal failed, with its name in front where the text has none."""
    text, name = told(request.hass, error), request.terminal.name
    return f"{text}." if name in text else f"{name}: {text}."


def _described(request: Asked, response: ServiceResponse, error: HomeAssistantError | None) -> JsonValueType:
    described: JsonObjectType = {ATTR_NAME: request.terminal.name, ATTR_RESULT: FAILED if error else DONE}
    if error is not None:
        described[ATTR_ERROR] = told(request.hass, error)
    return {**(response or {}), **described}


def _done(request: Asked, response: ServiceResponse) -> ServiceResponse:
    return {ATTR_TERMINALS: {request.terminal.device_id: _described(request, response, None)}}
