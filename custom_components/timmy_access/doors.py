"""The doors of one terminal: what we ask of their relays, and what we then know of them."""

from collections.abc import Awaitable, Callable

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .coordinator import TerminalCoordinator
from .protocol.commands import ControlDoor, OpenDoor
from .protocol.commands.base import Command, Reply
from .protocol.enums import DoorControl
from .state import DoorPhase

type Send = Callable[[Command[Reply]], Awaitable[Reply]]


class Doors:
    """Opens, holds and locks the doors of one terminal, and keeps their state.

    Every method raises the protocol's errors, and then leaves the state as it was.
    """

    def __init__(self, hass: HomeAssistant, coordinator: TerminalCoordinator, send: Send) -> None:
        """Use `send` to reach the terminal."""
        self._hass = hass
        self._coordinator = coordinator
        self._send = send
        self._relock: dict[int, CALLBACK_TYPE] = {}

    async def async_open(self, number: int) -> None:
        """Release one door for the open delay of its terminal; asking again while it is open is fine.

        The door is always named: without a number a controller opens all of them (specification B19).
        """
        before = self._coordinator.data.doors[number].phase
        if before is DoorPhase.LOCKED:
            self._async_set(number, DoorPhase.OPENING)
        try:
            await self._send(OpenDoor(door=number))
        except BaseException:
            if self._phase(number) is DoorPhase.OPENING:
                self._async_set(number, before)
            raise
        if self._phase(number) is not DoorPhase.HELD_OPEN:
            self._async_set(number, DoorPhase.OPEN)
            self._async_relock_later(number)

    async def async_hold_open(self, number: int) -> None:
        """Hold the door of a one-door terminal open until it is locked again (specification B38)."""
        await self._send(ControlDoor(function=DoorControl.HOLD_OPEN))
        self._async_cancel_relock(number)
        self._async_set(number, DoorPhase.HELD_OPEN)

    async def async_lock(self, number: int) -> None:
        """Put the relay back to rest; never forced closed, so that the exit button and every reader keep working."""
        await self._send(ControlDoor(function=DoorControl.NORMAL))
        self._async_cancel_relock(number)
        self._async_set(number, DoorPhase.LOCKED)

    async def async_control(self, function: DoorControl) -> None:
        """Perform one of the six functions of specification B38 on the only door of a terminal."""
        await self._send(ControlDoor(function=function))

    @callback
    def async_assume_held_open(self, number: int) -> None:
        """Take over from before a restart that a door is held open; the terminal cannot be asked."""
        self._async_set(number, DoorPhase.HELD_OPEN)

    @callback
    def async_changed_by(self, number: int, person: str | None) -> None:
        """Note who used a door last."""
        state = self._coordinator.data
        if number in state.doors:
            self._coordinator.async_replace(state.with_door(number, changed_by=person))

    @callback
    def async_resize(self, count: int) -> None:
        """Have doors 1 to `count`."""
        for number in tuple(self._relock):
            if number > count:
                self._async_cancel_relock(number)
        self._coordinator.async_replace(self._coordinator.data.with_doors(count))

    @callback
    def async_restarted(self) -> None:
        """Forget held doors: a terminal that starts anew has its relays at rest."""
        state = self._coordinator.data
        for number, door in state.doors.items():
            if door.phase is DoorPhase.HELD_OPEN:
                state = state.with_door(number, phase=DoorPhase.LOCKED)
        self._coordinator.async_replace(state)

    @callback
    def async_stop(self) -> None:
        """Cancel what is planned."""
        for number in tuple(self._relock):
            self._async_cancel_relock(number)

    def _phase(self, number: int) -> DoorPhase | None:
        door = self._coordinator.data.doors.get(number)
        return door.phase if door else None

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
            if self._phase(number) is DoorPhase.OPEN:
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
