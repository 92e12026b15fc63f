"""Lockdown and evacuation: what an administrator orders for many doors at once, until it is ended.

A lockdown holds from the very step in which it is ordered: nobody is let in by a decision made here, and nothing opens
but what an administrator opens by name. What the terminals have to do for it, hold their doors closed, is told them
until they have answered, also those that are away. An evacuation opens: each door is told once, at once or never, and
what was not confirmed is said and not done later.

Both are on the disk before a terminal hears of them, unless the disk takes too long; the file has no part in whether a
door is closed now, only in whether that outlives a restart, and where it does not, that is said. The end brings back
what was before, door by door: what closes is told until it is answered, what opens once. Whoever closes an evacuated
door has said what comes back there.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from copy import replace
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..issues import async_clear, async_raise
from ..protocol.errors import ProtocolError
from ..terminal.moments import EmergencyKind, EmergencyMoment
from ..terminal.orders import EmergencyOrder, Hold, Orders, ended, mode_after, on_the_disk
from ..terminal.state import DoorMode, DoorState, Emergency
from .confirmations import Confirmations
from .holds import Holds
from .order_file import OrderFile
from .outcomes import Doors, Outcome, Who, held, is_alone, is_closed, mode_before
from .terminal import Terminal
from .unbroken import unbroken

# How long doors wait for the disk, which takes milliseconds; a door that opens must be told within two seconds.
DISK_SECONDS = 1.0
# How long whoever orders waits for what the terminals answer; they go on beside.
ANSWER_SECONDS = 5.0
ISSUE_NOT_WRITTEN = "emergency_not_written"


class Emergencies:
    """The lockdown and the evacuation of one listener's doors."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        file: OrderFile,
        holds: Holds,
        terminals: Callable[[], Collection[Terminal]],
    ) -> None:
        """Order nothing; `file` has what is ordered."""
        self._hass = hass
        self._entry_id = entry_id
        self._file = file
        self._holds = holds
        self._terminals = terminals
        self._confirmations = Confirmations(hass, entry_id, file, terminals)
        # The doors of each terminal as they were looked at last.
        self._doors: dict[str, Mapping[int, DoorState]] = {}
        # Terminals that are told as soon as the disk has it.
        self._unwritten: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    # What is

    def is_on(self, kind: Emergency, doors: Doors | None = None) -> bool:
        """Return whether it is ordered for any of the doors, or any at all, those that are yet to come among them."""
        everywhere = self._file.everywhere
        if doors is None:
            return self.order(kind) is not None or (everywhere is not None and everywhere["kind"] == kind.value)
        orders = [(self._file.of(it.subentry_id).of(kind), numbers) for it, numbers in doors.items()]
        return any(
            order is not None and (numbers is None or any(order.holds_for(door) for door in numbers))
            for order, numbers in orders
        )

    def order(self, kind: Emergency) -> EmergencyOrder | None:
        """Return the first of its orders: since when it is, and who has asked."""
        orders = [
            order
            for terminal in self._terminals()
            if (order := self._file.of(terminal.subentry_id).of(kind)) is not None
            and any(order.holds_for(door) for door in terminal.coordinator.data.doors)
        ]
        return min(orders, key=lambda order: order.since, default=None)

    def outcomes(self, kind: Emergency) -> list[Outcome]:
        """Return how it stands with each of its doors."""
        return self._confirmations.outcomes(kind)

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever something was ordered, ended or confirmed."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What is ordered

    @unbroken
    async def async_begin(self, kind: Emergency, doors: Doors, who: Who, asked_at: float, *, all_doors: bool) -> bool:
        """Order it for doors, None for all of a terminal; `all_doors` also for those of terminals yet to come.

        Return whether it is on the disk. `outcomes` tells what became of each door. `asked_at` is when somebody asked,
        in the loop's time.
        """
        since = dt_util.utcnow()
        self._unwritten.update(terminal.subentry_id for terminal in doors)
        for terminal, numbers in doors.items():
            self._async_order(terminal, kind, numbers, who, since)
        self._file.settle_everywhere((it.subentry_id for it in self._terminals()), (it.subentry_id for it in doors))
        if all_doors:
            self._file.everywhere = {"kind": kind.value, "by": who.by, "name": who.name, "since": since.isoformat()}
        self._async_changed()
        is_written = await self.async_write()
        self._unwritten.difference_update(terminal.subentry_id for terminal in doors)
        act = self._async_lock_down if kind is Emergency.LOCKDOWN else self._async_open
        await self._async_all(partial(act, terminal, asked_at) for terminal in doors)
        self._async_publish(EmergencyKind(kind.value), doors, who, self.outcomes(kind))
        return is_written

    @unbroken
    async def async_end(self, kind: Emergency, doors: Doors, who: Who, asked_at: float) -> tuple[list[Outcome], bool]:
        """End it for doors, and bring back what was before; return what became of each, and whether it is written."""
        before: dict[Terminal, EmergencyOrder] = {}
        ordered: dict[Terminal, EmergencyOrder] = {}
        touched: list[tuple[Terminal, int]] = []
        for terminal, numbers in doors.items():
            orders = self._file.of(terminal.subentry_id)
            if (order := orders.of(kind)) is None:
                continue
            ordered[terminal] = order
            present = frozenset(terminal.coordinator.data.doors)
            left = orders.without_emergency(kind, numbers, present)
            touched += [(terminal, door) for door in sorted(present) if order.holds_for(door) and not left.at(door)]
            self._file.put(terminal.subentry_id, left)
            if is_alone(terminal):
                if not left.at(1):
                    before[terminal] = order
                    self._holds.async_put(terminal, on_the_disk(order, self._hass.loop.time()))
            elif not left.emergencies and (mode := held(terminal)) is not DoorMode.NORMAL:
                before[terminal] = replace(order, before=DoorMode.NORMAL, hold=None)
                self._holds.async_put(terminal, ended(mode, dt_util.utcnow(), order))
        self._file.settle_everywhere((it.subentry_id for it in self._terminals()), (it.subentry_id for it in doors))
        is_written = await self.async_write()
        for terminal in doors:
            self._async_mark(terminal)
        await self._async_all(partial(self._async_bring_back, it, order, asked_at) for it, order in before.items())
        outcomes = [
            self._confirmations.came_back(terminal, door, ordered[terminal], before.get(terminal))
            for terminal, door in touched
        ]
        self._async_publish(EmergencyKind.ENDED, doors, who, outcomes)
        self._async_changed()
        return outcomes, is_written

    async def async_write(self) -> bool:
        """Write what is ordered; return whether it is on the disk, and say so where that takes too long or fails."""
        writing = self._hass.async_create_task(
            self._file.async_save(), "write what is ordered of doors", eager_start=True
        )
        await asyncio.wait((writing,), timeout=DISK_SECONDS)
        is_written = writing.done() and not writing.cancelled() and writing.exception() is None and writing.result()
        if is_written:
            async_clear(self._hass, ISSUE_NOT_WRITTEN, self._entry_id)
        else:
            async_raise(
                self._hass,
                self._entry_id,
                ISSUE_NOT_WRITTEN,
                self._entry_id,
                placeholders={},
                fixable=False,
                severity=ir.IssueSeverity.ERROR,
            )
        return is_written

    # Its life

    @callback
    def async_take_up(self, *terminals: Terminal) -> None:
        """Go on with what was ordered before a restart, or for all doors, before the terminals dial in."""
        for terminal in terminals:
            self._async_assume(terminal)
        self.async_look(*terminals)

    def _async_assume(self, terminal: Terminal) -> None:
        orders = self._file.of(terminal.subentry_id)
        terminal.coordinator.async_add_listener(partial(self._async_state, terminal))
        terminal.doors.async_listen(partial(self._async_moved, terminal))
        everywhere = self._file.meant_for(terminal.subentry_id) or {}
        if everywhere.get("kind") == Emergency.LOCKDOWN.value:
            who = Who(by=everywhere["by"], name=everywhere["name"])
            self._async_order(terminal, Emergency.LOCKDOWN, None, who, dt_util.utcnow())
            self._holds.async_save_soon()
        if (order := orders.of(Emergency.EVACUATION)) is not None:
            self._confirmations.async_missed(terminal, order)
        # What it may have been told before; to open it is not told again.
        if (order := orders.at(1)) is not None and 1 not in order.closed and is_alone(terminal):
            evacuated = order.kind is Emergency.EVACUATION
            terminal.doors.async_assume(1, DoorMode.HELD_OPEN if evacuated else DoorMode.HELD_CLOSED)

    @callback
    def async_look(self, *terminals: Terminal) -> None:
        """Note what is ordered of the doors that terminals have now."""
        for terminal in terminals:
            self._async_mark(terminal)
            order = self._file.of(terminal.subentry_id).of(Emergency.LOCKDOWN)
            is_open = is_alone(terminal) and not is_closed(terminal) and terminal.subentry_id not in self._unwritten
            if order is not None and order.holds_for(1) and is_open and not terminal.doors.is_owed:
                self._async_owe_closed(terminal)
        self._async_changed()

    @callback
    def _async_state(self, terminal: Terminal) -> None:
        """Look at doors that are not as they were; a door in doubt is to be held closed again."""
        doors = terminal.coordinator.data.doors
        if self._doors.get(terminal.subentry_id) is not doors:
            self._doors[terminal.subentry_id] = doors
            if self._file.of(terminal.subentry_id).emergencies:
                self.async_look(terminal)

    @callback
    def _async_moved(self, terminal: Terminal, mode: DoorMode, hold: Hold | None) -> None:
        """Note that an evacuated door was closed, or opened again, by whoever has asked for that."""
        orders = self._file.of(terminal.subentry_id)
        order = orders.of(Emergency.EVACUATION)
        if order is None or not is_alone(terminal) or not order.holds_for(1):
            return
        if mode is DoorMode.HELD_OPEN:
            order = replace(order, confirmed=order.confirmed | {1}, closed=order.closed - {1})
        else:
            order = replace(order, before=mode, hold=hold, confirmed=order.confirmed - {1}, closed=order.closed | {1})
        self._async_put(terminal, order)

    @callback
    def _async_put(self, terminal: Terminal, order: EmergencyOrder) -> None:
        """Have an order in the place of the one of its kind."""
        orders = self._file.of(terminal.subentry_id)
        kept = tuple(one for one in orders.emergencies if one.kind is not order.kind)
        self._file.put(terminal.subentry_id, replace(orders, emergencies=(*kept, order)))
        self._holds.async_save_soon()
        self._async_changed()

    @callback
    def async_forget(self, terminal: Terminal) -> None:
        """Forget a terminal that is removed."""
        self._file.put(terminal.subentry_id, Orders())
        self._holds.async_save_soon()
        self._async_changed()

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Take the issues back unless they are to wait for the next start."""
        if clear:
            self._confirmations.async_clear()
            async_clear(self._hass, ISSUE_NOT_WRITTEN, self._entry_id)

    # Inside

    @callback
    def _async_order(
        self, terminal: Terminal, kind: Emergency, doors: frozenset[int] | None, who: Who, at: datetime
    ) -> None:
        orders = self._file.of(terminal.subentry_id)
        state = terminal.coordinator.data
        before = DoorMode.NORMAL if self._holds.is_ending(terminal) else mode_before(terminal)
        order = EmergencyOrder(
            kind=kind,
            since=at,
            by=who.by,
            name=who.name,
            doors=None if is_alone(terminal) else doors,
            before=before,
            hold=orders.hold if orders.hold is not None and orders.hold.mode is before else None,
        )
        self._holds.async_put(terminal, None)
        orders = replace(orders, hold=None)
        self._file.put(terminal.subentry_id, orders.with_emergency(order, frozenset(state.doors)))
        terminal.doors.async_owe_nothing()
        self._async_mark(terminal)

    @callback
    def _async_mark(self, terminal: Terminal) -> None:
        orders = self._file.of(terminal.subentry_id)
        doors = terminal.coordinator.data.doors
        terminal.doors.async_mark({door: order.kind for door in doors if (order := orders.at(door)) is not None})

    async def _async_all(self, work: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Do all of it at once, and wait for the answers for a while; a command goes on beside until it has its own."""
        tasks = [self._hass.async_create_task(one(), "an emergency", eager_start=True) for one in work]
        if tasks:
            await asyncio.wait(tasks, timeout=ANSWER_SECONDS)

    async def _async_lock_down(self, terminal: Terminal, _: float) -> None:
        order = self._file.of(terminal.subentry_id).of(Emergency.LOCKDOWN)
        if order is not None and order.holds_for(1) and is_alone(terminal):  # nobody has ended it meanwhile
            await _async_wait(self._async_owe_closed(terminal))

    @callback
    def _async_owe_closed(self, terminal: Terminal) -> asyncio.Event:
        """Have the door of a terminal held closed, however often it has to be told; return what is set after a try."""
        has_tried = asyncio.Event()

        @callback
        def _async_tried(error: ProtocolError | None) -> None:
            self._async_note(terminal, 1, error)
            has_tried.set()

        terminal.doors.async_owe(DoorMode.HELD_CLOSED, None, _async_tried)
        return has_tried

    async def _async_open(self, terminal: Terminal, asked_at: float) -> None:
        """Open the doors of a terminal, each once."""
        order = self._file.of(terminal.subentry_id).of(Emergency.EVACUATION)
        if order is None:
            return
        numbers = [door for door in terminal.coordinator.data.doors if order.holds_for(door)]
        await asyncio.gather(*(self._async_open_one(terminal, door, asked_at) for door in numbers))

    async def _async_open_one(self, terminal: Terminal, door: int, asked_at: float) -> None:
        try:
            if is_alone(terminal):
                await terminal.doors.async_set_mode(DoorMode.HELD_OPEN, asked_at)
            else:
                await terminal.doors.async_open(door, asked_at)
        except ProtocolError as err:
            self._async_note(terminal, door, err)
            return
        if (order := self._file.of(terminal.subentry_id).of(Emergency.EVACUATION)) is not None:
            self._async_put(terminal, replace(order, confirmed=order.confirmed | {door}))
        self._async_note(terminal, door, None)

    async def _async_bring_back(self, terminal: Terminal, order: EmergencyOrder, asked_at: float) -> None:
        """Have a door as it was before: what was held open is opened once, by whoever has ended this just now."""
        if (mode := mode_after(order, self._hass.loop.time())) is DoorMode.NORMAL:
            await _async_wait(self._holds.async_end(terminal))
        elif mode is DoorMode.HELD_CLOSED:
            has_tried = asyncio.Event()

            @callback
            def _async_tried(error: ProtocolError | None) -> None:
                self._async_note(terminal, 1, error)
                has_tried.set()

            terminal.doors.async_owe(mode, self._holds.of(terminal), _async_tried)
            await _async_wait(has_tried)
        else:
            to_rest = self._holds.of(terminal)
            self._holds.async_put(terminal, None)  # on the disk it stays until the door is open
            try:
                if order.hold is None:
                    await terminal.doors.async_set_mode(mode, asked_at)
                else:
                    await self._holds.async_hold(terminal, order.hold, asked_at)
            except ProtocolError as err:
                self._async_note(terminal, 1, err)
                self._holds.async_put(terminal, to_rest)
                self._holds.async_end(terminal)
            self._holds.async_save_soon()

    @callback
    def _async_note(self, terminal: Terminal, door: int, error: ProtocolError | None) -> None:
        self._confirmations.async_note(terminal, door, error)
        self._async_changed()

    @callback
    def _async_changed(self) -> None:
        """Tell whoever listens, and say which doors have not done what was ordered."""
        for listener in tuple(self._listeners):
            listener()
        self._confirmations.async_tell()

    @callback
    def _async_publish(self, kind: EmergencyKind, doors: Doors, who: Who, outcomes: Iterable[Outcome]) -> None:
        """Tell each terminal's part, once it is known."""
        told = tuple(outcomes)
        for terminal in doors:
            its = [outcome for outcome in told if outcome.terminal is terminal]
            terminal.moments.async_publish(
                EmergencyMoment(
                    kind=kind,
                    occurred_at=dt_util.utcnow(),
                    confirmed=tuple(outcome.door for outcome in its if outcome.confirmed),
                    unconfirmed=tuple(outcome.door for outcome in its if not outcome.confirmed),
                    by=who.by,
                    name=who.name,
                )
            )


async def _async_wait(tried: asyncio.Event) -> None:
    """Wait for a first try, for as long as whoever orders waits."""
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            await tried.wait()
