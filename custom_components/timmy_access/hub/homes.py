"""Where each approved terminal is at home: the address that it had for long, with nobody contesting it.

Facts that a terminal tells are no secrets, and so the address is the better witness. Whoever claims a serial number
from its terminal's address is preferred to whoever claims it from another: it may come in at once, and takes the seat
back. A terminal that has moved comes in too, when nothing has come from the old address for a while, and is at home at
the new one after it has been there for long.
"""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..protocol.hardware import HardwareFacts
from ..protocol.session import Session
from ..terminal.store import TerminalStore

# How long nothing has to come from a terminal's own address before somebody may come in from another: a terminal that
# restarts is back within half a minute.
PATIENCE_SECONDS = 60.0
# How long a connection has to last before its address and its facts are believed: whoever only pays a visit while the
# terminal is away leaves nothing, and a terminal that is back within that time finds its seat.
SETTLED_SECONDS = 600.0


class Homes:
    """The addresses of the terminals of one listener, remembered over restarts."""

    def __init__(self, hass: HomeAssistant, store: TerminalStore) -> None:
        """Start with what `store` remembers, once it is loaded."""
        self._hass = hass
        self._store = store
        self._began_at = hass.loop.time()
        self._left_at: dict[str, float] = {}
        self._settling: dict[str, CALLBACK_TYPE] = {}

    def of(self, serial: str) -> str | None:
        """Return the address of a terminal; None where none is known."""
        return self._store.homes.get(serial)

    def is_one(self, address: str) -> bool:
        """Return whether some terminal is at home at an address."""
        return address in self._store.home_addresses

    @callback
    def async_settle(self, serial: str, address: str) -> None:
        """Note that a terminal is at home at an address, and no longer at another."""
        if self.of(serial) != address:
            self._store.async_remember_home(serial, address)

    @callback
    def async_registered(
        self, serial: str, session: Session, on_settled: Callable[[HardwareFacts], None], *, again: bool
    ) -> None:
        """Note that a terminal is connected, and call `on_settled` with what it tells once that has lasted.

        With `again` it has only said so once more, and may have told more.
        """
        if again:
            if serial not in self._settling:
                on_settled(session.facts)
            return
        self.async_stop(serial)
        address = session.peer.address
        if self.of(serial) is None:
            self.async_settle(serial, address)

        @callback
        def _async_settled(_: object) -> None:
            del self._settling[serial]
            self.async_settle(serial, address)
            on_settled(session.facts)

        self._settling[serial] = async_call_later(
            self._hass, SETTLED_SECONDS, HassJob(_async_settled, f"settle {serial}", cancel_on_shutdown=True)
        )

    @callback
    def async_stop(self, serial: str) -> None:
        """Wait no longer whether a connection lasts."""
        if (stop := self._settling.pop(serial, None)) is not None:
            stop()

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget a terminal."""
        self._left_at.pop(serial, None)
        self._store.async_remember_home(serial, None)

    @callback
    def async_left(self, serial: str, session: Session) -> None:
        """Note that the connection of a terminal has ended."""
        self.async_stop(serial)
        if session.peer.address == self.of(serial):
            self._left_at[serial] = session.last_frame

    def may_come_from(self, serial: str, address: str, last_frame: float | None = None) -> bool:
        """Return whether an approved terminal may be at an address, when its own connection is no more.

        `last_frame` is when that connection, of its own address, was last heard of, where it has not ended yet.
        """
        home = self.of(serial)
        if home is None or home == address:
            return True
        left_at = self._left_at.get(serial, self._began_at) if last_frame is None else last_frame
        return self._hass.loop.time() - left_at >= PATIENCE_SECONDS
