"""When a browser is told: once, soon after the first of several changes."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..hub.hub import Hub
from ..hub.terminal import Terminal
from .feed import GATHER_SECONDS


class Telling:
    """Gathers what changes until it is told."""

    def __init__(self, hass: HomeAssistant, tell: Callable[[], None]) -> None:
        """Tell nothing yet; `tell` is called in the event loop."""
        self._hass = hass
        self._tell = tell
        self._soon: CALLBACK_TYPE | None = None
        self._again: CALLBACK_TYPE | None = None

    @callback
    def async_soon(self) -> None:
        """Tell soon, together with what changes meanwhile."""
        if self._soon is None:
            self._soon = self._hass.loop.call_later(GATHER_SECONDS, self.async_now).cancel

    @callback
    def async_again(self, seconds: float) -> None:
        """Tell after some time, unless it is told before: by then something is another of which nothing is heard."""
        if self._again is not None:
            self._again()
        self._again = self._hass.loop.call_later(seconds, self.async_now).cancel

    @callback
    def async_now(self) -> None:
        """Tell, and wait for nothing of before."""
        self.async_stop()
        self._tell()

    @callback
    def async_stop(self) -> None:
        """Wait for nothing any more."""
        for cancel in (self._soon, self._again):
            if cancel is not None:
                cancel()
        self._soon = self._again = None


class FollowedTerminals:
    """The terminals of a listener, and what changes of each."""

    def __init__(self, hub: Hub, added: Callable[[], None], changed: Callable[[Terminal], None]) -> None:
        """Follow none yet.

        `added` hears of new terminals and new settings, `changed` of a terminal's state and people.
        """
        self._hub = hub
        self._added = added
        self._changed = changed
        self._followed: dict[str, tuple[Terminal, tuple[CALLBACK_TYPE, ...]]] = {}
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Follow all that there are, and those to come."""
        self._unsubscribe = self._hub.async_subscribe_terminals(self._async_terminal)

    @callback
    def async_stop(self) -> None:
        """Follow none any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        for serial in tuple(self._followed):
            self._async_leave(serial)

    @callback
    def _async_terminal(self, terminal: Terminal) -> None:
        for serial in self._followed.keys() - self._hub.terminals.keys():
            self._async_leave(serial)
        known = self._followed.get(terminal.serial)
        if known is None or known[0] is not terminal:
            self._async_leave(terminal.serial)
            stops = (
                terminal.coordinator.async_add_listener(lambda: self._changed(terminal)),
                terminal.roster.async_subscribe(lambda _: self._changed(terminal)),
            )
            self._followed[terminal.serial] = (terminal, stops)
        self._added()

    @callback
    def _async_leave(self, serial: str) -> None:
        if (known := self._followed.pop(serial, None)) is not None:
            for stop in known[1]:
                stop()
