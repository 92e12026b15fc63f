"""Terminals that dial in to one listener and are approved at another one of this Home Assistant: people are told."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_PORT
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN, SUBENTRY_TERMINAL
from ..issues import async_clear, async_raise
from ..protocol.messages import Registration
from ..protocol.peer import Peer
from .pending import FORGET_SECONDS

KIND = "terminal_elsewhere"

type IsConnected = Callable[[ConfigEntry, str], bool]


class Elsewhere:
    """Who came to the wrong listener; one issue a terminal, which goes when nobody comes any more."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, is_connected: IsConnected) -> None:
        """Belong to a listener; `is_connected` tells whether another one has a terminal at present."""
        self._hass = hass
        self._entry = entry
        self._is_connected = is_connected
        self._told: dict[str, CALLBACK_TYPE] = {}

    @callback
    def async_note(self, registration: Registration, peer: Peer) -> bool:
        """Tell of a terminal that is approved at another listener, and return whether it is.

        Where that listener has it at present, whoever comes here is somebody else, and is not told of.
        """
        serial = registration.serial
        if (found := self._find(serial)) is None:
            return False
        entry, subentry = found
        if not self._is_connected(entry, serial):
            self._async_tell(serial, subentry.title, entry, peer)
        return True

    @callback
    def has(self, serial: str) -> bool:
        """Return whether a terminal is approved at another listener."""
        return self._find(serial) is not None

    @callback
    def async_stop(self) -> None:
        """Tell of nobody any more."""
        for serial in tuple(self._told):
            self._async_end(serial)

    def _find(self, serial: str) -> tuple[ConfigEntry, ConfigSubentry] | None:
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            for subentry in entry.get_subentries_of_type(SUBENTRY_TERMINAL):
                if entry is not self._entry and subentry.unique_id == serial:
                    return entry, subentry
        return None

    @callback
    def _async_tell(self, serial: str, name: str, there: ConfigEntry, peer: Peer) -> None:
        async_raise(
            self._hass,
            self._entry.entry_id,
            KIND,
            serial,
            placeholders={
                "address": peer.address,
                "here": self._entry.title,
                "name": name,
                "port": str(there.data[CONF_PORT]),
                "serial": serial,
                "there": there.title,
            },
            fixable=False,
        )
        if (cancel := self._told.get(serial)) is not None:
            cancel()

        @callback
        def _async_gone(_: object) -> None:
            self._async_end(serial)

        self._told[serial] = async_call_later(
            self._hass, FORGET_SECONDS, HassJob(_async_gone, f"{serial} elsewhere", cancel_on_shutdown=True)
        )

    @callback
    def _async_end(self, serial: str) -> None:
        self._told.pop(serial)()
        async_clear(self._hass, KIND, serial)
