"""What a person asks of a terminal as a machine: start anew, take over our time, be quiet."""

from dataclasses import replace
from datetime import datetime

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..protocol.commands import ControlDoor, GetTime, Restart, SetTime
from ..protocol.enums import DoorControl
from ..protocol.exchange import Request
from ..protocol.turns import Priority
from .clock import TerminalClock, local_naive
from .coordinator import TerminalCoordinator
from .doors import Doors
from .moments import DoorKind
from .wrong_stretch import DRIFT_TOLERANCE

# Terminals dial in again 10 to 20 s after a restart (field notes 1, reboot); a connection much later than that proves
# no restart.
RESTART_SECONDS = 120.0


class Upkeep:
    """Commands about the terminal itself, and what they change; every method raises the protocol's errors."""

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: TerminalCoordinator,
        clock: TerminalClock,
        doors: Doors,
        request: Request,
    ) -> None:
        """Use `request` to reach the terminal."""
        self._hass = hass
        self._coordinator = coordinator
        self._clock = clock
        self._doors = doors
        self._request = request
        self._restarted_at: float | None = None

    async def async_restart(self) -> None:
        """Restart the terminal, which gives no answer but dials in again (specification B14)."""
        await self._request(Restart())
        self._restarted_at = self._hass.loop.time()

    async def async_set_clock(self) -> None:
        """Set the clock of the terminal to our local wall time (specification B16)."""
        await self._request(SetTime(time=local_naive(dt_util.utcnow())))
        self._clock.told()
        if self._coordinator.data.clock_ahead is not None:
            self._coordinator.async_replace(replace(self._coordinator.data, clock_ahead=0))

    async def async_read_clock(self) -> None:
        """Look whether a terminal that tells its time has taken over ours, which every registration tells it."""
        if self._coordinator.data.clock_ahead is not None or self._coordinator.data.records_ahead:
            await self.async_compare_clock(Priority.BULK)

    async def async_compare_clock(self, priority: Priority = Priority.INTERACTIVE) -> None:
        """Look how far ahead the terminal's clock is (specification B15)."""
        shown = (await self._request(GetTime(), priority)).time
        if shown is None:
            return
        try:
            ahead = self._clock.compared(shown)
        except OverflowError:  # outside the calendar
            return
        seconds = 0 if abs(ahead) <= DRIFT_TOLERANCE else round(ahead.total_seconds())
        state = self._coordinator.data
        self._coordinator.async_replace(
            replace(state, clock_ahead=seconds, records_ahead=state.records_ahead and bool(seconds))
        )

    async def async_correct_clock(self) -> None:
        """Set the clock, and look whether the terminal has taken that over."""
        await self.async_set_clock()
        await self.async_compare_clock()

    async def async_cancel_alarm(self) -> None:
        """End an alarm (specification B38)."""
        await self._request(ControlDoor(function=DoorControl.CANCEL_ALARM))
        state = self._coordinator.data
        self._coordinator.async_replace(replace(state, contacts=state.contacts.cancelled()))

    @callback
    def async_assume_alarm(self, contact: str) -> None:
        """Take over from before a restart that a contact, a field of `Contacts`, has raised an alarm."""
        state = self._coordinator.data
        self._coordinator.async_replace(
            replace(state, contacts=state.contacts.after(DoorKind(contact), dt_util.utcnow()))
        )

    @callback
    def async_assume_door(self, *, is_open: bool | None, moved_at: datetime) -> None:
        """Take over from before a restart what the contact of the door showed last."""
        state = self._coordinator.data
        contacts = state.contacts.restored(is_open=is_open, moved_at=moved_at)
        self._coordinator.async_replace(replace(state, contacts=contacts))

    @callback
    def async_connected(self) -> None:
        """Note a new connection: soon after a restart that was asked for, it ends what a restart ends."""
        restarted_at, self._restarted_at = self._restarted_at, None
        if restarted_at is not None and self._hass.loop.time() - restarted_at <= RESTART_SECONDS:
            self.async_started()

    @callback
    def async_started(self) -> None:
        """Note that the terminal has started anew: nothing sounds, and what held its door is forgotten."""
        state = self._coordinator.data
        self._coordinator.async_replace(replace(state, contacts=state.contacts.after(DoorKind.BOOT, dt_util.utcnow())))
        self._doors.async_started()
