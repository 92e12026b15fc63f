"""The doors of one terminal: what we ask of their relays, and what we then know of them."""

from collections.abc import Mapping
from functools import partial

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..protocol.commands import ControlDoor, OpenDoor
from ..protocol.enums import DoorControl
from ..protocol.exchange import MoveDoor
from .coordinator import TerminalCoordinator
from .state import DoorMode, DoorPhase, DoorState

# What each mode asks of the relay, and what is known of it then.
_MODES: Mapping[DoorMode, tuple[DoorControl, DoorPhase]] = {
    DoorMode.HELD_CLOSED: (DoorControl.HOLD_CLOSED, DoorPhase.HELD_CLOSED),
    DoorMode.HELD_OPEN: (DoorControl.HOLD_OPEN, DoorPhase.HELD_OPEN),
    DoorMode.NORMAL: (DoorControl.NORMAL, DoorPhase.LOCKED),
}


class Doors:
    """Opens, holds and locks the doors of one terminal, and keeps their state.

    `asked_at` is when somebody asked, in the loop's time: what takes too long from then on does not happen (see
    `Exchange.move_door`). Every method raises the protocol's errors, and then leaves the state as it was. What the
    terminal has done is shown, also when whoever asked is gone by then.
    """

    def __init__(self, hass: HomeAssistant, coordinator: TerminalCoordinator, move: MoveDoor) -> None:
        """Use `move` to reach the terminal."""
        self._hass = hass
        self._coordinator = coordinator
        self._move = move
        self._relock: dict[int, CALLBACK_TYPE] = {}

    async def async_open(self, number: int, asked_at: float) -> None:
        """Release one door for the open delay of its terminal; asking again while it is open is fine.

        The door is always named: without a number a controller opens all of them (specification B19). One that is
        held stays so: what the terminal does with a door that is held closed, it does not tell.
        """
        before = self._coordinator.data.doors[number].phase
        if before is DoorPhase.LOCKED:
            self._async_set(number, DoorPhase.OPENING)
        try:
            await self._move(OpenDoor(door=number), asked_at, partial(self._async_opened, number))
        except BaseException:
            if self._door(number).phase is DoorPhase.OPENING:
                self._async_set(number, before)
            raise

    async def async_set_mode(self, number: int, mode: DoorMode, asked_at: float) -> None:
        """Hold the door of a one-door terminal open or closed, or no longer; the command names no door (B38)."""
        function, phase = _MODES[mode]

        @callback
        def _async_held() -> None:
            self._async_cancel_relock(number)
            self._async_set(number, phase)

        await self._move(ControlDoor(function=function), asked_at, _async_held)

    async def async_lock(self, number: int, asked_at: float) -> None:
        """Put the relay back to rest, so that the exit button and every reader keep working.

        Never forces a door closed, and does not end that somebody else has: a door that is held closed stays so.
        """
        held_closed = self._door(number).mode is DoorMode.HELD_CLOSED
        await self.async_set_mode(number, DoorMode.HELD_CLOSED if held_closed else DoorMode.NORMAL, asked_at)

    @callback
    def async_assume(self, number: int, mode: DoorMode) -> None:
        """Take over from before a restart what holds a door; the terminal cannot be asked, and nothing is sent."""
        self._async_set(number, _MODES[mode][1])

    @callback
    def async_changed_by(self, number: int, person: str | None) -> None:
        """Note who used a door last."""
        state = self._coordinator.data
        if number in state.doors:
            self._coordinator.async_replace(state.with_door(number, changed_by=person))

    @callback
    def async_resize(self, count: int) -> None:
        """Have doors 1 to `count`. Several are never held: the command would hold all of them."""
        for number in tuple(self._relock):
            if number > count:
                self._async_cancel_relock(number)
        self._coordinator.async_replace(self._coordinator.data.with_doors(count))
        if count > 1:
            self.async_release()

    @callback
    def async_release(self) -> None:
        """Forget held doors, as after a start of the terminal: its relays are at rest then."""
        state = self._coordinator.data
        for number, door in state.doors.items():
            if door.mode is not DoorMode.NORMAL:
                state = state.with_door(number, phase=DoorPhase.LOCKED)
        self._coordinator.async_replace(state)

    @callback
    def async_stop(self) -> None:
        """Cancel what is planned."""
        for number in tuple(self._relock):
            self._async_cancel_relock(number)

    def _door(self, number: int) -> DoorState:
        return self._coordinator.data.doors.get(number, DoorState())

    @callback
    def _async_opened(self, number: int) -> None:
        if self._door(number).mode is DoorMode.NORMAL:
            self._async_set(number, DoorPhase.OPEN)
            self._async_relock_later(number)

    @callback
    def _async_set(self, number: int, phase: DoorPhase) -> None:
        state = self._coordinator.data
        if number in state.doors:
            self._coordinator.async_replace(state.with_door(number, phase=phase))

    @callback
    def _async_relock_later(self, number: int) -> None:
        self._async_cancel_relock(number)

        @callback
        def _async_relock(_: object) -> None:
            self._relock.pop(number, None)
            if self._door(number).phase is DoorPhase.OPEN:
                self._async_set(number, DoorPhase.LOCKED)

        self._relock[number] = async_call_later(
            self._hass,
            self._coordinator.data.open_delay,
            HassJob(_async_relock, f"relock door {number}", cancel_on_shutdown=True),
        )

    @callback
    def _async_cancel_relock(self, number: int) -> None:
        if (cancel := self._relock.pop(number, None)) is not None:
            cancel()
