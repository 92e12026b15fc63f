"""Peers that the listener turns away because of where they come from, and the word to people about them.

They have claimed nothing, so all that is known is an address: one of the internet, which says that the port is open to
it, or one of another network that the owner does not allow. Each of the two is one repair issue, whoever comes.
"""

from dataclasses import dataclass
from enum import StrEnum

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..issues import async_clear, async_raise
from ..protocol.networks import PRIVATE, Networks
from ..protocol.peer import Peer

# The whole internet may knock; people need to know that it can, and from where it did last, once a day.
CHANGE_SECONDS = 24 * 3600.0
# Scanners find an open port within hours and come back daily. After a week without anybody it is closed, and whoever
# looks at Home Assistant at weekends has seen it.
FORGET_SECONDS = 7 * 24 * 3600.0


class Origin(StrEnum):
    """Where somebody came from: translation keys of repair issues."""

    ELSEWHERE = "reached_from_elsewhere"
    INTERNET = "reached_from_internet"


@dataclass
class _Shown:
    peer: Peer
    changed_at: float
    came_at: float
    cancel: CALLBACK_TYPE | None = None


class Outsiders:
    """Who was turned away at the ports of one listener; at most one issue an origin, changed at most once a day."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nobody turned away."""
        self._hass = hass
        self._entry_id = entry_id
        self._shown: dict[Origin, _Shown] = {}

    @callback
    def async_turned_away(self, peer: Peer, port: int) -> None:
        """Tell of a peer, unless that was done within a day."""
        origin = Origin.ELSEWHERE if PRIVATE.admits(peer.address) else Origin.INTERNET
        now = self._hass.loop.time()
        if (shown := self._shown.get(origin)) is None:
            shown = self._shown[origin] = _Shown(peer, now, now)
            self._async_show(origin, peer, port)
            self._async_watch(origin, FORGET_SECONDS)
        elif now - shown.changed_at >= CHANGE_SECONDS:
            shown.peer, shown.changed_at = peer, now
            self._async_show(origin, peer, port)
        shown.came_at = now

    @callback
    def async_allowed(self, networks: Networks) -> None:
        """End the issues about peers that may come in now; whoever still may not is a new one."""
        for origin, shown in tuple(self._shown.items()):
            if networks.admits(shown.peer.address):
                self._async_end(origin)

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Stop watching, and take the issues back unless they are to wait for the next start."""
        for origin, shown in tuple(self._shown.items()):
            if clear:
                self._async_end(origin)
            elif shown.cancel is not None:
                shown.cancel()
                shown.cancel = None

    @callback
    def _async_show(self, origin: Origin, peer: Peer, port: int) -> None:
        LOGGER.warning("%s reached port %d and was turned away: %s", peer.address, port, origin.value)
        async_raise(
            self._hass,
            self._entry_id,
            origin.value,
            self._entry_id,
            placeholders={"address": peer.address, "port": str(port)},
            fixable=False,
        )

    @callback
    def _async_watch(self, origin: Origin, seconds: float) -> None:
        @callback
        def _async_look(_: object) -> None:
            quiet = self._hass.loop.time() - self._shown[origin].came_at
            if quiet >= FORGET_SECONDS:
                self._async_end(origin)
            else:
                self._async_watch(origin, FORGET_SECONDS - quiet)

        self._shown[origin].cancel = async_call_later(
            self._hass, seconds, HassJob(_async_look, f"outsiders {origin}", cancel_on_shutdown=True)
        )

    @callback
    def _async_end(self, origin: Origin) -> None:
        if (cancel := self._shown.pop(origin).cancel) is not None:
            cancel()
        async_clear(self._hass, origin.value, self._entry_id)
