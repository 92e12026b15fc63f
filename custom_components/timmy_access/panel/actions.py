"""Actions as the panel performs them: the same functions, without the event in which Home Assistant shows a call."""

from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..services import ACTIONS
from ..services.house_action import HouseAction
from .command import PanelCommand
from .request import PanelRequest

ATTR_ACTION = "action"
ATTR_WITH = "with"
_ACTIONS = {action.name: action for action in ACTIONS}


async def _perform(request: PanelRequest) -> JsonValueType:
    """Perform an action and return its response.

    A card number that is typed here goes into no event, and so into no recorder. Whether the user may is asked by the
    action itself.
    """
    action = _ACTIONS[request.data[ATTR_ACTION]]
    data: dict[str, Any] = dict(request.data[ATTR_WITH])
    if isinstance(action, HouseAction):
        data[ATTR_CONFIG_ENTRY_ID] = request.entry.entry_id
    given = action.checked(request.hass, data)
    call = ServiceCall(request.hass, DOMAIN, action.name, given, request.context, return_response=True)
    return await action.async_call(call)


COMMANDS = (
    PanelCommand(
        name="perform",
        handler=_perform,
        fields={vol.Required(ATTR_ACTION): vol.In(_ACTIONS), vol.Optional(ATTR_WITH, default=dict): dict},
    ),
)
