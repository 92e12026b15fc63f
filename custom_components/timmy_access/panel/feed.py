"""What the panel is told now and whenever it changes, until it does not want to know any more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from .request import Fields, PanelRequest, async_register, told

# Changes come many at a time; a page that moves more often than this is not read.
GATHER_SECONDS = 0.3
# One page follows a handful of feeds. Each that changes is put together anew for each that follows it, so that a page
# which begins again and again, and ends none, would keep Home Assistant busy.
MAX_FEEDS = 32
# The last thing a browser is told of a listener that is being unloaded; it asks again by and by.
AWAY: JsonValueType = {"away": True}

type Send = Callable[[JsonValueType], None]
type Start = Callable[[PanelRequest, Send], Awaitable[CALLBACK_TYPE]]


@dataclass(frozen=True, kw_only=True)
class PanelFeed:
    """A feed by its name.

    `start` tells how things stand by the function it gets, has it called whenever they change, and returns what ends
    that. A feed ends with its listener, and says so by `AWAY`.
    """

    name: str
    start: Start
    fields: Fields = field(default_factory=dict)

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Have administrators' browsers subscribe to this."""

        @websocket_api.async_response
        async def _async_handle(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
            with told(hass, connection, message):
                request = PanelRequest.of(hass, connection, message, self.fields)
                if _followed(connection) >= MAX_FEEDS:
                    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="panel_too_many_feeds")
                subscriber = _Subscriber(self.start, request, connection, message["id"])
                # Before anything is waited for: the browser may be gone by then.
                connection.subscriptions[message["id"]] = subscriber.async_end
                try:
                    await subscriber.async_begin()
                except BaseException:
                    connection.subscriptions.pop(message["id"], None)
                    subscriber.async_end()
                    raise
                connection.send_result(message["id"])
                subscriber.async_release()

        async_register(hass, self.name, _async_handle)


def _followed(connection: ActiveConnection) -> int:
    """Return how many feeds a browser follows."""
    subscribers = (getattr(end, "__self__", None) for end in connection.subscriptions.values())
    return sum(isinstance(one, _Subscriber) and not one.has_ended for one in subscribers)


class _Subscriber:
    """One browser that wants to know."""

    def __init__(self, start: Start, request: PanelRequest, connection: ActiveConnection, number: int) -> None:
        self._start = start
        self._request = request
        self._connection = connection
        self._number = number
        self._stop: CALLBACK_TYPE | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None
        self.has_ended = False
        # A browser hears first that it is subscribed, and then how things stand.
        self._held: list[JsonValueType] | None = []

    async def async_begin(self) -> None:
        """Start, and follow whether the listener stays loaded."""
        self._unsubscribe = self._request.entry.async_on_state_change(self._async_listener_changed)
        stop = await self._start(self._request, self._async_send)
        if self.has_ended:
            stop()
        else:
            self._stop = stop

    @callback
    def async_release(self) -> None:
        """Send what was held back."""
        held, self._held = self._held or [], None
        for message in held:
            self._async_send(message)

    @callback
    def async_end(self) -> None:
        """Tell nothing any more."""
        self.has_ended = True
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _async_send(self, message: JsonValueType) -> None:
        if self._held is not None:
            self._held.append(message)
        elif not self.has_ended:
            self._connection.send_message(websocket_api.event_message(self._number, message))

    @callback
    def _async_listener_changed(self) -> None:
        if not self.has_ended and self._request.entry.state is not ConfigEntryState.LOADED:
            self._async_send(AWAY)
            # Not now: Home Assistant is going through the list from which this takes itself.
            self._request.hass.loop.call_soon(self.async_end)
