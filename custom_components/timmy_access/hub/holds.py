"""Doors on a timer: they are held open or closed until an instant, and that always ends.

Until when is on the disk before the terminal is told to hold its door. The end puts the relay to rest, which opens
nothing: so it is told late, and again, until the terminal has answered. That ends a door that is held open by closing
it; one that is held closed is locked as before it was held, and lets pass whom the terminal lets pass, which somebody
has asked for with the hold.

The clock on the wall says when, so that a restart changes nothing. It may be set meanwhile: a door is not held for
longer than was asked for, whichever clock tells so first. One that is held closed for a length of time is so for no
less.
"""

import asyncio
from collections.abc import Callable, Collection
from copy import replace
from functools import partial

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..errors import HoldNotWritten, LockedDown
from ..issues import DATA_SERIAL, async_clear, async_raise
from ..protocol.errors import CommandTimeout, ProtocolError, TerminalAway, TerminalBusy, TerminalOffline
from ..terminal.moments import HoldKind, HoldMoment
from ..terminal.orders import Hold, ended
from ..terminal.state import DoorMode
from ..terminal.tasks import Tasks
from .order_file import OrderFile
from .outcomes import held, is_alone
from .parting import DISABLED_ISSUES, async_left, async_settled
from .terminal import Terminal

# A clock that is set is noticed within this; a door's end is told within two seconds.
LOOK_SECONDS = 1.0
# Within this an end is confirmed, or a repair issue says so.
END_SECONDS = 2.0
ISSUES = {DoorMode.HELD_OPEN: "hold_open_not_ended", DoorMode.HELD_CLOSED: "hold_closed_not_ended"}


class Holds:
    """The holds of one listener's terminals."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        tasks: Tasks,
        file: OrderFile,
        terminals: Callable[[], Collection[Terminal]],
    ) -> None:
        """Hold nothing yet; `file` has what is ordered."""
        self._hass = hass
        self._entry_id = entry_id
        self._tasks = tasks
        self._file = file
        self._terminals = terminals
        self._turns: dict[str, asyncio.Lock] = {}
        # What calls off the patience with an end, and what is set once the terminal has been told of it, by subentry.
        self._ending: dict[str, tuple[CALLBACK_TYPE, asyncio.Event]] = {}
        self._look: CALLBACK_TYPE | None = None
        self._is_stopped = False

    def of(self, terminal: Terminal) -> Hold | None:
        """Return what holds the door of a terminal, if that is on a timer."""
        return self._file.of(terminal.subentry_id).hold

    @callback
    def async_take_up(self, *terminals: Terminal) -> None:
        """Go on with what was ordered of terminals before a restart, before they dial in."""
        for terminal in terminals:
            self._async_assume(terminal)
        self._async_watch()

    @callback
    def _async_assume(self, terminal: Terminal) -> None:
        """Have a terminal as it was before a restart."""
        for kind in DISABLED_ISSUES.values():
            async_clear(self._hass, kind, terminal.serial)
        terminal.doors.async_listen(partial(self._async_moved, terminal))
        if (left := async_left(self._hass, terminal.serial)) is not None and self.of(terminal) is None:
            # It was removed while its door was held, and is approved again.
            now = dt_util.utcnow()
            self.async_put(terminal, ended(left, now, Hold(mode=left, since=now, until=now)))
            self.async_save_soon()
        if (hold := self.of(terminal)) is not None:
            for door in terminal.coordinator.data.doors:
                terminal.doors.async_assume(door, hold.mode, hold)

    @callback
    def async_look(self, terminal: Terminal) -> None:
        """Put to rest what has become a terminal with several doors, as those are not held (specification B38).

        In an emergency nothing is moved: what holds them is noted, and put to rest when that has ended.
        """
        known, mode = self.of(terminal), held(terminal)
        if is_alone(terminal) or terminal.subentry_id in self._ending or (known is None and mode is DoorMode.NORMAL):
            return
        now = dt_util.utcnow()
        if known is None:
            known = Hold(mode=mode, since=now, until=None)
        is_emergency = bool(self._file.of(terminal.subentry_id).emergencies)
        self._async_put(terminal, known if is_emergency else ended(known.mode, now, known))
        self.async_save_soon()

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """End nothing any more, and take the issues back unless they are to wait for the next start."""
        self._is_stopped = True
        if self._look is not None:
            self._look()
            self._look = None
        entry = self._hass.config_entries.async_get_entry(self._entry_id)
        is_disabled = entry is not None and entry.disabled_by is not None
        for terminal in self._terminals():
            self._async_stop_ending(terminal, clear=clear)
            if is_disabled and (hold := self.of(terminal)) is not None:
                self._async_raise(terminal, hold, DISABLED_ISSUES[hold.mode], persistent=True)

    @callback
    def async_forget(self, terminal: Terminal) -> None:
        """Forget a terminal that is removed."""
        self._async_stop_ending(terminal, clear=True)
        self._turns.pop(terminal.subentry_id, None)

    async def async_hold(self, terminal: Terminal, hold: Hold, asked_at: float) -> None:
        """Hold the door of a terminal until an instant; `asked_at` is when somebody asked, in the loop's time.

        Raises `HoldNotWritten` and the protocol's errors. What held the door before goes on where nothing was sent. A
        terminal that may have heard is told the end.
        """
        async with self._turns.setdefault(terminal.subentry_id, asyncio.Lock()):
            before = self.of(terminal)
            self._async_put(terminal, hold)
            may_be_heard = False
            try:
                await self._async_write(terminal)
                may_be_heard = True
                goes_on = partial(self._check_goes_on, terminal, hold)
                await terminal.doors.async_set_mode(hold.mode, asked_at, hold, goes_on)
            except BaseException as err:
                in_doubt = isinstance(err, CommandTimeout | TerminalOffline | asyncio.CancelledError)
                may_be_heard = may_be_heard and in_doubt and not isinstance(err, TerminalAway)
                if not may_be_heard and self.of(terminal) is hold:
                    self._async_put(terminal, before)
                    self.async_save_soon()
                raise
        self._async_tell(terminal, HoldKind.HELD, hold)

    async def _async_write(self, terminal: Terminal) -> None:
        """Have on the disk what is to hold a door; raises `HoldNotWritten`, and `LockedDown` in an emergency."""
        if self._file.of(terminal.subentry_id).emergencies:
            raise LockedDown
        if not await self._file.async_save():
            raise HoldNotWritten

    def _check_goes_on(self, terminal: Terminal, hold: Hold) -> None:
        """Raise `TerminalBusy` where the end has come before the terminal was told of the beginning."""
        if self.of(terminal) is not hold or hold.is_over(dt_util.utcnow(), self._hass.loop.time()):
            raise TerminalBusy(hold.mode)

    @callback
    def async_put(self, terminal: Terminal, hold: Hold | None) -> None:
        """Have another hold on a terminal, of which it has not been told yet; who calls writes it."""
        self._file.put(terminal.subentry_id, replace(self._file.of(terminal.subentry_id), hold=hold))
        self._async_stop_ending(terminal, clear=True)

    def is_ending(self, terminal: Terminal) -> bool:
        """Return whether the end of what holds the door has come, and the terminal has not confirmed it."""
        return terminal.subentry_id in self._ending

    @callback
    def async_end(self, terminal: Terminal) -> asyncio.Event:
        """End what is over; return what is set once the terminal has been told."""
        self._async_watch()
        if (ending := self._ending.get(terminal.subentry_id)) is not None:
            return ending[1]
        done = asyncio.Event()
        done.set()
        return done

    @callback
    def async_save_soon(self) -> None:
        """Write what is ordered; a listener that stops waits for that."""
        self._tasks.async_see_through(self._async_save(), "write what is ordered of doors")

    async def _async_save(self) -> None:
        await self._file.async_save()

    @callback
    def _async_put(self, terminal: Terminal, hold: Hold | None) -> None:
        self.async_put(terminal, hold)
        self._async_watch()

    @callback
    def _async_watch(self, _: object = None) -> None:
        """End what is over, and look again when the next end comes, or soon where the clock is set."""
        if self._look is not None:
            self._look()
            self._look = None
        if self._is_stopped:
            return
        now, at, soonest = dt_util.utcnow(), self._hass.loop.time(), None
        for terminal in self._terminals():
            hold = self.of(terminal)
            if hold is None or hold.until is None or terminal.subentry_id in self._ending:
                continue
            if hold.is_over(now, at):
                self._async_end(terminal, hold)
                continue
            left = hold.left(now, at)
            soonest = left if soonest is None else min(soonest, left)
        if soonest is not None:
            job = HassJob(self._async_watch, "doors on a timer", cancel_on_shutdown=True)
            self._look = async_call_later(self._hass, min(max(soonest, 0.0), LOOK_SECONDS), job)

    @callback
    def _async_end(self, terminal: Terminal, hold: Hold) -> None:
        """Put the door to rest, and say so where that is not confirmed at once."""
        has_tried = asyncio.Event()

        @callback
        def _async_late(_: object) -> None:
            self._async_complain(terminal, hold)

        @callback
        def _async_tried(error: ProtocolError | None) -> None:
            has_tried.set()
            if error is not None:
                self._async_complain(terminal, hold)

        job = HassJob(_async_late, "a door's end", cancel_on_shutdown=True)
        self._ending[terminal.subentry_id] = async_call_later(self._hass, END_SECONDS, job), has_tried
        terminal.doors.async_owe(DoorMode.NORMAL, None, _async_tried)

    @callback
    def _async_complain(self, terminal: Terminal, hold: Hold) -> None:
        if not self._is_stopped and self.of(terminal) is hold:
            self._async_raise(terminal, hold, ISSUES[hold.mode])

    @callback
    def _async_raise(self, terminal: Terminal, hold: Hold, kind: str, *, persistent: bool = False) -> None:
        until = dt_util.as_local(hold.until or hold.since)
        async_raise(
            self._hass,
            self._entry_id,
            kind,
            terminal.serial,
            placeholders={"name": terminal.name, "until": f"{until:%Y-%m-%d %H:%M:%S}"},
            fixable=False,
            persistent=persistent,
            severity=ir.IssueSeverity.ERROR,
            data={DATA_SERIAL: terminal.serial},
        )

    @callback
    def _async_stop_ending(self, terminal: Terminal, *, clear: bool) -> None:
        if (ending := self._ending.pop(terminal.subentry_id, None)) is not None:
            ending[0]()
        if clear:
            for kind in ISSUES.values():
                async_clear(self._hass, kind, terminal.serial)

    @callback
    def _async_moved(self, terminal: Terminal, _: DoorMode, hold: Hold | None) -> None:
        """Note that a terminal has confirmed a mode: whatever was not for the hold takes its place."""
        async_settled(self._hass, (terminal.serial,))
        known = self.of(terminal)
        if self._file.of(terminal.subentry_id).emergencies or known is hold:
            if hold is not None and terminal.subentry_id in self._ending:  # its end came before this answer
                self._async_stop_ending(terminal, clear=False)
                self._async_watch()
            return
        if hold is not None and (known is None or known.since <= hold.since):
            self._async_put(terminal, hold)
            self.async_save_soon()
        elif hold is None and known is not None:
            was_over = terminal.subentry_id in self._ending
            self._async_put(terminal, None)
            self.async_save_soon()
            self._async_tell(terminal, HoldKind.ENDED if was_over else HoldKind.REPLACED, known)

    @callback
    def _async_tell(self, terminal: Terminal, kind: HoldKind, hold: Hold) -> None:
        if hold.until is not None:
            terminal.moments.async_publish(
                HoldMoment(
                    kind=kind,
                    occurred_at=dt_util.utcnow(),
                    mode=hold.mode.value,
                    until=hold.until,
                    by=hold.by,
                    name=hold.name,
                )
            )
