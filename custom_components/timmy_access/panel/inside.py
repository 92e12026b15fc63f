"""Who is inside, by name, and who has been found safe."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.json import JsonObjectType

from ..hub.hub import Hub
from ..hub.terminal import Terminal
from ..services.roll_call import described_roll_call
from .command import PanelCommand
from .feed import GATHER_SECONDS, PanelFeed, Send
from .request import PanelRequest


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell the whole list as `get_roll_call` does, now and whenever it is another."""
    told = Inside(request.hass, request.hub, send)
    told.async_start()
    return told.async_stop


class Inside:
    """What one browser knows of who is inside."""

    def __init__(self, hass: HomeAssistant, hub: Hub, send: Send) -> None:
        """Know nothing; `send` tells the browser."""
        self._hass = hass
        self._hub = hub
        self._send = send
        self._sent: JsonObjectType | None = None
        self._uncertain: tuple[str, ...] = ()
        self._followed: dict[Terminal, CALLBACK_TYPE] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it."""
        self._unsubscribe = [
            self._hub.roll_call.async_subscribe(self._async_soon),
            self._hub.async_subscribe_terminals(self._async_terminal),
        ]
        self._async_tell()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        while self._followed:
            self._followed.popitem()[1]()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_terminal(self, terminal: Terminal) -> None:
        if terminal not in self._followed:
            self._followed[terminal] = terminal.coordinator.async_add_listener(self._async_look)
        self._async_soon()  # it may have another name

    @callback
    def _async_look(self) -> None:
        """Tell whether a terminal has gone away or is back; all else of its state is nothing to this."""
        uncertain = self._hub.roll_call.uncertain
        if uncertain != self._uncertain:
            self._async_soon()

    @callback
    def _async_soon(self) -> None:
        if self._cancel is None:
            self._cancel = self._hass.loop.call_later(GATHER_SECONDS, self._async_tell).cancel

    @callback
    def _async_tell(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._uncertain = self._hub.roll_call.uncertain
        said = described_roll_call(self._hub)
        # That it counts from a later moment is no news.
        if self._sent is None or {**said, "counted_since": ""} != {**self._sent, "counted_since": ""}:
            self._sent = said
            self._send(said)


COMMANDS: tuple[PanelCommand | PanelFeed, ...] = (PanelFeed(name="inside", start=_start),)
