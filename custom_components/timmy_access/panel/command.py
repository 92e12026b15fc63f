"""A question of the panel that is answered once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.json import JsonValueType

from .request import Fields, PanelRequest, async_register, told


@dataclass(frozen=True, kw_only=True)
class PanelCommand:
    """A question by its name; `fields` check the `data` of the message.

    What the handler raises reaches the browser with its translation key; what was typed stands in no log.
    """

    name: str
    handler: Callable[[PanelRequest], Awaitable[JsonValueType]]
    fields: Fields = field(default_factory=dict)

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Have administrators' browsers ask this."""

        @websocket_api.async_response
        async def _async_handle(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
            with told(hass, connection, message):
                request = PanelRequest.of(hass, connection, message, self.fields)
                connection.send_result(message["id"], await self.handler(request))

        async_register(hass, self.name, _async_handle)
