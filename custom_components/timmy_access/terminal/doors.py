"""The doors of one terminal: what we ask of their relays, and what we then know of them.

Terminals forget what holds their door when they lose power, and do not tell that they did: every new connection may
come after that. What was held is in doubt then, also over a restart of Home Assistant. Only a door that was held closed
is held closed again, as long as nobody has asked for anything else: that lets in nobody, and is what was wanted last.
A door is never held open by itself.

What closes, or puts a relay to rest, can be owed (`owed`). A door that is locked down takes nothing else, but that an
administrator opens it for a moment by name.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
import logging

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..errors import DoorUnknown, LockedDown, SeveralDoors
from ..protocol.commands import ControlDoor, OpenDoor
from ..protocol.commands.base import Command, Reply
from ..protocol.commands.raw import RawCommand, RawReply
from ..protocol.enums import DoorControl
from ..protocol.errors import CommandTimeout, ProtocolError, TerminalAway, TerminalOffline
from ..protocol.exchange import Check, MoveDoor
from ..protocol.log_budget import LogBudget
from .coordinator import TerminalCoordinator
from .orders import Hold
from .owed import Owed, Tried
from .state import DoorMode, DoorPhase, DoorState, Emergency

# What each mode asks of the relay, and what is known of it then.
_MODES: Mapping[DoorMode, tuple[DoorControl, DoorPhase]] = {
    DoorMode.HELD_CLOSED: (DoorControl.HOLD_CLOSED, DoorPhase.HELD_CLOSED),
    DoorMode.HELD_OPEN: (DoorControl.HOLD_OPEN, DoorPhase.HELD_OPEN),
    DoorMode.NORMAL: (DoorControl.NORMAL, DoorPhase.LOCKED),
}

# Told which mode the terminal has confirmed, and for which hold that was asked; None where it was for none.
type ModeListener = Callable[[DoorMode, Hold | None], None]


class Doors:
    """Opens, holds and locks the doors of one terminal, and keeps their state.

    `asked_at` is when somebody asked, in the loop's time: what takes too long from then on does not happen (see
    `Exchange.move_door`). Every method raises the protocol's errors, and then leaves the state as it was, or in doubt
    where the terminal may have heard the command. What it has done is shown, also when whoever asked is gone by then.
    """

    def __init__(self, hass: HomeAssistant, coordinator: TerminalCoordinator, move: MoveDoor) -> None:
        """Use `move` to reach the terminal."""
        self._hass = hass
        self._coordinator = coordinator
        self._move = move
        self._relock: dict[int, CALLBACK_TYPE] = {}
        self._log = LogBudget(LOGGER)
        self._keeps_closed = False
        self._holding: asyncio.Task[None] | None = None
        self._owed = Owed(hass, coordinator, lambda mode, hold: self._async_control(mode, hass.loop.time(), hold))
        self._hold: Hold | None = None
        self._is_known = False
        self._listeners: list[ModeListener] = []

    async def async_open(self, number: int, asked_at: float, *checks: Check, despite_lockdown: bool = False) -> None:
        """Release one door for the open delay of its terminal; asking again while it is open is fine.

        The door is always named: without a number a controller opens all of them (specification B19). One that is
        held stays so: what the terminal does with a door that is held closed, it does not tell. `despite_lockdown` is
        for an administrator in person.
        """

        def check() -> None:
            self._check_there(number)
            if not despite_lockdown:
                self._check_free((number,))

        check()
        before = self._door(number).phase
        if before is DoorPhase.LOCKED:
            self._async_set(number, DoorPhase.OPENING)
        try:
            await self._move(OpenDoor(door=number), asked_at, partial(self._async_opened, number), check, *checks)
        except BaseException as err:
            if self._door(number).phase is DoorPhase.OPENING:
                self._async_set(number, before)
                if isinstance(err, CommandTimeout | TerminalOffline) and not isinstance(err, TerminalAway):
                    self._async_opened(number, sure=False)
            raise

    async def async_set_mode(self, mode: DoorMode, asked_at: float, hold: Hold | None = None, *checks: Check) -> None:
        """Hold the door of a one-door terminal open or closed, or no longer; `hold` is what it is for.

        The command names no door and moves all of them (B38): back to normal, that ends what each was doing.
        """
        self._check_mode(mode)
        self._async_asked(mode)
        try:
            await self._async_control(mode, asked_at, hold, *checks)
        finally:
            self._owed.async_again()

    async def async_lock(self, number: int, asked_at: float) -> None:
        """Put the relay back to rest, so that the exit button and every reader keep working.

        Never forces a door closed, and does not end that somebody else has: a door that is held closed stays so. The
        other doors of a controller are put to rest with it, and shown so.
        """
        held_closed = self._is_locked_down or self._door(number).held is DoorMode.HELD_CLOSED
        await self.async_set_mode(DoorMode.HELD_CLOSED if held_closed else DoorMode.NORMAL, asked_at)

    async def async_move_raw(self, command: RawCommand, asked_at: float) -> RawReply:
        """Send a command as somebody wrote it, and show what it has moved."""
        mode = next((mode for mode, (control, _) in _MODES.items() if control is command.control), None)
        if mode is None:
            checks = (self._check_alone,) if command.control is DoorControl.OPEN else ()
            free = partial(self._check_free, command.opens)
            return await self._move(command, asked_at, partial(self._async_all_opened, command.opens), free, *checks)
        self._check_mode(mode)
        self._async_asked(mode)
        try:
            return await self._async_move_all(command, mode, asked_at)
        finally:
            self._owed.async_again()

    @callback
    def async_listen(self, listener: ModeListener) -> None:
        """Call `listener` whenever the terminal has confirmed a mode."""
        self._listeners.append(listener)

    @callback
    def async_mark(self, emergencies: Mapping[int, Emergency]) -> None:
        """Note which doors are locked down or evacuated from this very step on; others are not any more."""
        state = self._coordinator.data
        for number, door in state.doors.items():
            if door.emergency is not (emergency := emergencies.get(number)):
                state = state.with_door(number, emergency=emergency)
        self._coordinator.async_replace(state)

    @callback
    def async_owe(self, mode: DoorMode, hold: Hold | None, tried: Tried) -> None:
        """Have the terminal told what closes its door, or puts it to rest, until it has answered."""
        self._async_asked(mode)
        self._owed.async_begin(mode, hold, tried)

    @property
    def is_owed(self) -> bool:
        """Whether the terminal is still to be told something."""
        return self._owed.mode is not None

    @callback
    def async_owe_nothing(self) -> None:
        """Tell the terminal no more what it was owed."""
        self._owed.async_end()

    @callback
    def async_assume(self, number: int, mode: DoorMode, hold: Hold | None = None) -> None:
        """Take over from before a restart what may hold a door; the terminal cannot be asked, and nothing is sent.

        A `hold` that is on a disk still holds: a door that was held closed for it is held closed again.
        """
        if self._is_known and hold is None:  # an entity remembers it that was made after the terminal has dialled in
            return
        if hold is not None:
            self._is_known = True
            self._keeps_closed = mode is DoorMode.HELD_CLOSED and len(self._coordinator.data.doors) == 1
            self._async_show_hold(hold)
        self._async_set(number, _MODES[mode][1], sure=False)

    @callback
    def async_connected(self) -> None:
        """Note a new connection of a terminal that may have lost its power since the last one."""
        self._async_doubt(DoorMode.NORMAL)
        self._async_hold_closed_again()

    @callback
    def async_started(self) -> None:
        """Note that the terminal has started anew: what it may have forgotten, it has forgotten.

        What it has done since it dialled in is in doubt: a start ends the connection, and its record may come late.
        """
        state = self._coordinator.data
        for number, door in state.doors.items():
            if door.held is DoorMode.NORMAL:
                continue
            forgotten = not door.sure and not self._keeps_closed
            state = state.with_door(number, sure=forgotten, phase=DoorPhase.LOCKED if forgotten else door.phase)
        self._coordinator.async_replace(state)
        self._async_hold_closed_again()

    @callback
    def async_changed_by(self, number: int, person: str | None) -> None:
        """Note who used a door last."""
        state = self._coordinator.data
        if number in state.doors:
            self._coordinator.async_replace(state.with_door(number, changed_by=person))

    @callback
    def async_resize(self, count: int) -> None:
        """Have doors 1 to `count`. Several are never held: the command would hold all of them.

        What held the only one holds all of them until the terminal is told otherwise.
        """
        for number in tuple(self._relock):
            if number > count:
                self._async_cancel_relock(number)
        before, first = self._coordinator.data.doors, self._door(1)
        self._coordinator.async_replace(self._coordinator.data.with_doors(count))
        if count > 1:
            self._async_cancel_holding()
            self._keeps_closed = False
            if self._owed.mode is DoorMode.HELD_CLOSED:
                self._owed.async_end()
                self._async_doubt(DoorMode.HELD_CLOSED)
            if first.held is not DoorMode.NORMAL:
                for number in self._coordinator.data.doors.keys() - before.keys():
                    self._async_set(number, first.phase, sure=first.sure)

    @callback
    def async_stop(self) -> None:
        """Cancel what is planned."""
        self._async_cancel_holding()
        self._owed.async_end()
        for number in tuple(self._relock):
            self._async_cancel_relock(number)

    def _door(self, number: int) -> DoorState:
        return self._coordinator.data.doors.get(number, DoorState())

    def _check_there(self, number: int) -> None:
        """Raise `DoorUnknown` where the terminal does not have a door, or not any more."""
        if number not in self._coordinator.data.doors:
            raise DoorUnknown(number, len(self._coordinator.data.doors))

    def _check_alone(self) -> None:
        """Raise `SeveralDoors` where a command that names no door would move others too."""
        if len(self._coordinator.data.doors) > 1:
            raise SeveralDoors

    @property
    def _is_locked_down(self) -> bool:
        return any(door.emergency is Emergency.LOCKDOWN for door in self._coordinator.data.doors.values())

    def _check_free(self, numbers: Collection[int]) -> None:
        """Raise `LockedDown` where one of the doors is."""
        doors = self._coordinator.data.doors
        if any(doors[number].emergency is Emergency.LOCKDOWN for number in doors.keys() & set(numbers)):
            raise LockedDown

    def _check_mode(self, mode: DoorMode) -> None:
        """Raise `LockedDown` where a door is, and would not be held closed any more."""
        if mode is not DoorMode.HELD_CLOSED and self._is_locked_down:
            raise LockedDown

    @callback
    def _async_asked(self, mode: DoorMode) -> None:
        """Leave what was asked before for something else."""
        self._async_cancel_holding()
        self._owed.async_pause()
        if mode is not DoorMode.HELD_CLOSED:
            self._keeps_closed = False

    async def _async_control(self, mode: DoorMode, asked_at: float, hold: Hold | None = None, *checks: Check) -> None:
        await self._async_move_all(ControlDoor(function=_MODES[mode][0]), mode, asked_at, hold, *checks)

    async def _async_move_all[R: Reply](
        self, command: Command[R], mode: DoorMode, asked_at: float, hold: Hold | None = None, *checks: Check
    ) -> R:
        alone = () if mode is DoorMode.NORMAL else (self._check_alone,)
        free = partial(self._check_mode, mode)
        try:
            moved = partial(self._async_moved, mode, hold, self._owed.begun)
            return await self._move(command, asked_at, moved, free, *alone, *checks)
        except TerminalAway:
            raise
        except asyncio.CancelledError, CommandTimeout, TerminalOffline:
            self._async_doubt(mode)  # it may have heard it
            raise

    @callback
    def _async_moved(self, mode: DoorMode, hold: Hold | None, begun: int) -> None:
        self._keeps_closed = mode is DoorMode.HELD_CLOSED
        self._is_known = True
        self._async_show_hold(hold)
        for number in self._coordinator.data.doors:
            self._async_cancel_relock(number)
            self._async_set(number, _MODES[mode][1])
        # An answer that comes late does not end that the terminal is told what was ordered since.
        if self._owed.outlasts(mode, begun):
            return
        self._owed.async_settle(mode)
        for listener in tuple(self._listeners):
            listener(mode, hold)

    @callback
    def _async_show_hold(self, hold: Hold | None) -> None:
        self._hold = hold
        state = self._coordinator.data
        until, by = (None, None) if hold is None else (hold.until, hold.name)
        for number in state.doors:
            state = state.with_door(number, held_until=until, held_by=by)
        self._coordinator.async_replace(state)

    @callback
    def _async_doubt(self, asked: DoorMode) -> None:
        """Show that it is not known whether doors are as they were, or as they were asked to be."""
        state = self._coordinator.data
        for number, door in state.doors.items():
            modes = {door.held, asked}
            if modes != {DoorMode.NORMAL}:
                mode = DoorMode.HELD_OPEN if DoorMode.HELD_OPEN in modes else DoorMode.HELD_CLOSED
                state = state.with_door(number, phase=_MODES[mode][1], sure=False)
        self._coordinator.async_replace(state)

    @callback
    def _async_hold_closed_again(self) -> None:
        self._async_cancel_holding()
        if self._owed.mode is not None:
            self._owed.async_again()
            return
        if not self._keeps_closed:
            return

        async def _async_hold() -> None:
            try:
                await self._async_control(DoorMode.HELD_CLOSED, self._hass.loop.time(), self._hold)
            except ProtocolError as err:
                self._log.log(
                    logging.WARNING, "%s may not hold its door closed any more: %s", self._coordinator.serial, err
                )

        self._holding = self._coordinator.config_entry.async_create_background_task(
            self._hass, _async_hold(), f"hold the door of {self._coordinator.serial} closed", eager_start=False
        )

    @callback
    def _async_cancel_holding(self) -> None:
        holding, self._holding = self._holding, None
        if holding is not None:
            holding.cancel()

    @callback
    def _async_all_opened(self, numbers: Iterable[int]) -> None:
        for number in self._coordinator.data.doors.keys() & set(numbers):
            self._async_opened(number)

    @callback
    def _async_opened(self, number: int, *, sure: bool = True) -> None:
        if self._door(number).held is DoorMode.NORMAL:
            self._async_set(number, DoorPhase.OPEN, sure=sure)
            self._async_relock_later(number)

    @callback
    def _async_set(self, number: int, phase: DoorPhase, *, sure: bool = True) -> None:
        state = self._coordinator.data
        if number in state.doors:
            self._coordinator.async_replace(state.with_door(number, phase=phase, sure=sure))

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
