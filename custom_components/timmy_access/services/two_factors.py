"""Actions that ask for two factors for a time, and then for what was before."""

from collections.abc import Awaitable, Callable
from functools import partial

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, ATTR_MODE
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonValueType

from ..errors import translated_errors
from ..hub.terminal import Terminal
from ..terminal.two_factors import TWO_FACTOR_MODES, Outcome
from .action import Action, Request

REFUSED = "refused"


async def _require(request: Request) -> ServiceResponse:
    mode = request.data.get(ATTR_MODE)
    return await _everywhere(request, lambda terminal: terminal.two_factors.async_require(mode))


async def _end(request: Request) -> ServiceResponse:
    return await _everywhere(request, lambda terminal: terminal.two_factors.async_end())


async def _everywhere(request: Request, change: Callable[[Terminal], Awaitable[Outcome]]) -> ServiceResponse:
    """Change every terminal, whatever becomes of another; raises the first error where nobody wants an answer."""
    answers: list[JsonValueType] = []
    first: HomeAssistantError | None = None
    for terminal in request.terminals:
        outcome, message = REFUSED, None
        try:
            with translated_errors(terminal.name):
                outcome = await change(terminal)
        except HomeAssistantError as err:
            first, message = first or err, str(err)
        answers.append(
            {ATTR_DEVICE_ID: terminal.device_id, "terminal": terminal.name, "outcome": str(outcome), "message": message}
        )
    if first is not None and not request.wants_response:
        raise first
    return {"terminals": answers}


_action = partial(Action, response=SupportsResponse.OPTIONAL, several=True)

ACTIONS = (
    _action(name="end_two_factors", handler=_end),
    _action(
        name="require_two_factors",
        handler=_require,
        fields={vol.Optional(ATTR_MODE): vol.In(list(TWO_FACTOR_MODES))},
    ),
)
