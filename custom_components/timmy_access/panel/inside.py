"""Who is inside, by name, and who has been found safe."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.json import JsonObjectType

from ..hub.hub import Hub
from ..services.roll_call import described_roll_call
from .command import PanelCommand
from .feed import PanelFeed, Send
from .request import PanelRequest
from .telling import FollowedTerminals, Telling


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell the whole list as `get_roll_call` does, now and whenever it is another."""
    told = Inside(request.hass, request.hub, send)
    told.async_start()
    return told.async_stop


class Inside:
    """What one browser knows of who is inside."""

    def __init__(self, hass: HomeAssistant, hub: Hub, send: Send) -> None:
        """Know nothing; `send` tells the browser."""
        self._hub = hub
        self._send = send
        self._sent: JsonObjectType | None = None
        self._uncertain: tuple[str, ...] = ()
        self._telling = Telling(hass, self._async_tell)
        # A terminal may also have another name.
        self._terminals = FollowedTerminals(hub, self._telling.async_soon, lambda _: self._async_look())
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it."""
        self._unsubscribe = self._hub.roll_call.async_subscribe(self._telling.async_soon)
        self._terminals.async_start()
        self._telling.async_now()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._terminals.async_stop()
        self._telling.async_stop()

    @callback
    def _async_look(self) -> None:
        """Tell whether a terminal has gone away or is back; all else of its state is nothing to this."""
        uncertain = self._hub.roll_call.uncertain
        if uncertain != self._uncertain:
            self._telling.async_soon()

    @callback
    def _async_tell(self) -> None:
        self._uncertain = self._hub.roll_call.uncertain
        said = described_roll_call(self._hub)
        # That it counts from a later moment is no news.
        if self._sent is None or {**said, "counted_since": ""} != {**self._sent, "counted_since": ""}:
            self._sent = said
            self._send(said)


COMMANDS: tuple[PanelCommand | PanelFeed, ...] = (PanelFeed(name="inside", start=_start),)
