"""What is ordered of doors for longer than a moment, as whoever orders it knows: holds on a timer, and lockdowns.

Judged is what is sent. What is not certain, as something failed in the middle, is looked up when a listener starts.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.outcomes import Doors, Who
from custom_components.timmy_access.protocol.exchange import DOOR_WRITE_SECONDS
from custom_components.timmy_access.terminal.orders import Hold
from custom_components.timmy_access.terminal.state import DoorMode, Emergency
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .wires import HOLD_CLOSED, HOLD_OPEN, NORMAL, Firmware, Origin

LITTLE = 1e-6
# An end is told within two seconds, or a repair issue says so; and somebody has to look.
TOLD_SECONDS = 2.0 + 1.0
# Repair issues that say that a door may be held open.
SAID = ("hold_open_not_ended", "left_held_open")


@dataclass(eq=False)
class Ordering(Origin):
    """Somebody holds a door (`mode`), locks down, or ends that; at a terminal, or everywhere."""

    what: str
    serials: tuple[str, ...]
    mode: DoorMode = DoorMode.NORMAL
    until: datetime | None = None
    sent: int = 0


@dataclass(eq=False)
class Ordered:
    """What is ordered of the doors of all listeners."""

    locked: set[str] = field(default_factory=set)
    # Listeners whose doors yet to come are locked down too, but for terminals for which it was ended.
    everywhere: dict[int, set[str]] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    # What was confirmed and goes on until an instant, as long as nobody asks for anything else.
    standing: dict[str, tuple[DoorMode, datetime]] = field(default_factory=dict)
    # Until when a door may be held open, of all who have asked.
    open_until: dict[str, datetime] = field(default_factory=dict)
    overdue: dict[str, float] = field(default_factory=dict)

    def judge(self, serial: str, frame: dict[str, Any], origin: Origin | None, now: datetime, at: float) -> str | None:
        """Return what is wrong with a command that holds a door, if anything."""
        function = frame.get("fuc")
        mode, until = self.standing.get(serial, (DoorMode.NORMAL, now))
        is_closed = serial in self.locked or serial in self.doubtful or mode is DoorMode.HELD_CLOSED
        wrong = {
            "a door that is locked down is moved": serial in self.locked and function != HOLD_CLOSED,
            "a hold ends early": function == NORMAL and mode is not DoorMode.NORMAL and now < until,
            "nobody has asked to hold a door closed": function == HOLD_CLOSED
            and not is_closed
            and not isinstance(origin, Ordering),
            "nobody has asked to move a door like that": function not in (HOLD_OPEN, HOLD_CLOSED, NORMAL),
        }
        if (what := next((what for what, is_so in wrong.items() if is_so), None)) is not None:
            return what
        return self._wrong_to_open(serial, origin, now, at) if function == HOLD_OPEN else None

    def _wrong_to_open(self, serial: str, origin: Origin | None, now: datetime, at: float) -> str | None:
        if not isinstance(origin, Ordering) or serial not in origin.serials or origin.asked_at is None:
            return "nobody has asked to hold a door open"
        origin.sent += 1
        is_asked = origin.what == "hold" and origin.mode is DoorMode.HELD_OPEN
        was_open = origin.what != "hold" and self.open_until.get(serial, now) > now
        wrong = {
            "a door is held open late": at - origin.asked_at > DOOR_WRITE_SECONDS + LITTLE,
            "a door is held open twice for one call": origin.sent > len(origin.serials),
            "a door is held open that should be closed": not is_asked and not was_open,
        }
        return next((what for what, is_so in wrong.items() if is_so), None)

    def look(
        self, hass: HomeAssistant, firmware: Firmware, *, is_served: bool, now: datetime, idle: float
    ) -> str | None:
        """Return whether a door has been held open for too long while nobody was told."""
        serial = firmware.serial
        said = any(ir.async_get(hass).async_get_issue(DOMAIN, f"{kind}_{serial}") for kind in SAID)
        is_wrong = firmware.mode == "held_open" and now > self.open_until.get(serial, now) and not said and is_served
        if not is_wrong or serial in self.locked:
            self.overdue.pop(serial, None)
            return None
        since = self.overdue.setdefault(serial, idle)
        return f"the door of {serial} is held open for too long" if idle - since > TOLD_SECONDS else None

    async def hold(self, hub: Hub, order: Ordering, now: datetime, at: float) -> None:
        """Hold the door of a terminal."""
        (serial,) = order.serials
        assert order.until is not None
        if (terminal := hub.terminals.get(serial)) is None:
            return
        self.standing.pop(serial, None)
        if order.mode is DoorMode.HELD_OPEN:
            self.open_until[serial] = max(order.until, self.open_until.get(serial, order.until))
        ends_at = at + (order.until - now).total_seconds()
        hold = Hold(mode=order.mode, since=now, until=order.until, ends_at=ends_at, is_length=True)
        assert order.asked_at is not None
        self.doubtful.add(serial)
        await hub.door_orders.holds.async_hold(terminal, hold, order.asked_at)
        if hub.door_orders.holds.of(terminal) is hold:
            self.standing[serial] = (order.mode, order.until)

    async def lock_down(self, hub: Hub, number: int, order: Ordering, *, everywhere: bool) -> None:
        """Lock down the doors of terminals."""
        doors = self._doors(hub, order)
        assert order.asked_at is not None
        self._begin(order)
        self.locked.update(order.serials)
        if everywhere:
            self.everywhere[number] = set()
        emergencies = hub.door_orders.emergencies
        if await emergencies.async_begin(Emergency.LOCKDOWN, doors, Who(), order.asked_at, all_doors=everywhere):
            self.doubtful.difference_update(order.serials)

    async def end(self, hub: Hub, number: int, order: Ordering) -> None:
        """End the lockdown of terminals."""
        doors = self._doors(hub, order)
        assert order.asked_at is not None
        self._begin(order)
        self.locked.difference_update(order.serials)
        if number in self.everywhere:
            self.everywhere[number].update(order.serials)
            if not any(serial in self.locked for serial in hub.terminals):
                del self.everywhere[number]
        _, written = await hub.door_orders.emergencies.async_end(Emergency.LOCKDOWN, doors, Who(), order.asked_at)
        if written:
            self.doubtful.difference_update(order.serials)

    def added(self, number: int, serial: str) -> None:
        """Note that a terminal was approved again."""
        self.locked.discard(serial)
        self.standing.pop(serial, None)
        if number in self.everywhere and serial not in self.everywhere[number]:
            self.locked.add(serial)

    def started(self, number: int, hub: Hub) -> None:
        """Look up what is not certain."""
        file = hub.door_orders.emergencies._file
        for serial in self.doubtful & hub.terminals.keys():
            self.standing.pop(serial, None)
            is_locked = file.of(serial).of(Emergency.LOCKDOWN) is not None
            (self.locked.add if is_locked else self.locked.discard)(serial)
        if self.doubtful & hub.terminals.keys() or number in self.everywhere:
            if file.everywhere is None:
                self.everywhere.pop(number, None)
            else:
                self.everywhere[number] = set(file.everywhere.get("but", ()))

    def _begin(self, order: Ordering) -> None:
        self.doubtful.update(order.serials)
        for serial in order.serials:
            self.standing.pop(serial, None)

    @staticmethod
    def _doors(hub: Hub, order: Ordering) -> Doors:
        order.serials = tuple(serial for serial in order.serials if serial in hub.terminals)
        return {hub.terminals[serial]: None for serial in order.serials}


def seconds_from(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
