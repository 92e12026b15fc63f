"""What is ordered of a terminal's doors for longer than a moment, and has to survive whatever may come.

A hold is for a terminal with one door: the command names no door and holds all of them (specification B38). Until when
is an instant, so that no time zone and no summer time moves it.
"""

from collections.abc import Mapping
from copy import replace
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from .state import DoorMode, Emergency

# By so much the clock may be behind when a hold was asked for: steered clocks are off by less. More is a clock that has
# lost the time, and then nobody knows whether the end has come.
CLOCK_BEHIND = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A door is held open or closed, from `since`, when it was asked for, until an instant; None for no end.

    `by` is the id of the user who asked and `name` what they are called; None for an automation. `ends_at` is the same
    end in the loop's time, which nobody sets, but which does not outlive a restart. `is_length` is whether a length of
    time was asked for since the start, and no instant.
    """

    mode: DoorMode
    since: datetime
    until: datetime | None
    by: str | None = None
    name: str | None = None
    ends_at: float | None = None
    is_length: bool = False

    def is_over(self, now: datetime, at: float) -> bool:
        """Return whether the end has come, by the clock on the wall or by the loop's time, whichever tells so first.

        A clock that is set forth does not let in anybody before a length of time is over.
        """
        if self.until is None:
            return False
        if self.ends_at is not None and at >= self.ends_at:
            return True
        return now >= self.until and not (self.is_length and self.mode is DoorMode.HELD_CLOSED)

    def left(self, now: datetime, at: float) -> float:
        """Return for how many seconds it goes on at most; infinite where it has no end."""
        ends = [float("inf")]
        if self.until is not None and not (self.is_length and self.mode is DoorMode.HELD_CLOSED):
            ends.append((self.until - now).total_seconds())
        if self.ends_at is not None:
            ends.append(self.ends_at - at)
        return min(ends)


@dataclass(frozen=True, kw_only=True)
class EmergencyOrder:
    """A lockdown or an evacuation of a terminal's doors.

    `doors` None are all, also those it gets later. `before` is what held its only door, and `hold` until when, if that
    was said. `confirmed` are the doors that were opened for an evacuation, `closed` those that somebody has closed
    since; what is closed for a lockdown is seen by their state.
    """

    kind: Emergency
    since: datetime
    by: str | None = None
    name: str | None = None
    doors: frozenset[int] | None = None
    before: DoorMode = DoorMode.NORMAL
    hold: Hold | None = None
    confirmed: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()

    def holds_for(self, door: int) -> bool:
        """Return whether it is about a door."""
        return self.doors is None or door in self.doors


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What is ordered of one terminal; at most one emergency of a kind, and no door in two."""

    hold: Hold | None = None
    emergencies: tuple[EmergencyOrder, ...] = ()

    def of(self, kind: Emergency) -> EmergencyOrder | None:
        """Return the emergency of a kind."""
        return next((order for order in self.emergencies if order.kind is kind), None)

    def at(self, door: int) -> EmergencyOrder | None:
        """Return the emergency of a door."""
        return next((order for order in self.emergencies if order.holds_for(door)), None)

    def with_emergency(self, order: EmergencyOrder, present: frozenset[int]) -> Orders:
        """Return the orders after another emergency, which takes its doors out of any other.

        `present` are the doors that the terminal has. What was before all of them is what comes back.
        """
        kept = []
        for known in self.emergencies:
            order = replace(order, before=known.before, hold=known.hold)
            if known.kind is order.kind:
                doors = None if known.doors is None or order.doors is None else known.doors | order.doors
                order = replace(order, doors=doors, confirmed=known.confirmed)
            elif rest := _those(known.doors, present) - _those(order.doors, present):
                kept.append(replace(known, doors=rest))
        return replace(self, emergencies=(*kept, order))

    def without_emergency(self, kind: Emergency, doors: frozenset[int] | None, present: frozenset[int]) -> Orders:
        """Return the orders when an emergency ends at some doors; None are all."""
        kept = []
        for known in self.emergencies:
            if known.kind is not kind:
                kept.append(known)
            elif doors is not None and (rest := _those(known.doors, present) - doors):
                kept.append(replace(known, doors=rest))
        return replace(self, emergencies=tuple(kept))


def _those(doors: frozenset[int] | None, present: frozenset[int]) -> frozenset[int]:
    return present if doors is None else doors


def mode_after(order: EmergencyOrder, at: float) -> DoorMode:
    """Return what is to hold a door when an emergency has ended: what did before, unless that has ended meanwhile.

    `at` is now in the loop's time.
    """
    is_over = order.hold is not None and order.hold.is_over(dt_util.utcnow(), at)
    return DoorMode.NORMAL if is_over else order.before


def on_the_disk(order: EmergencyOrder, at: float) -> Hold:
    """Return what a restart in the middle of the end goes on with: nothing that opens."""
    now = dt_util.utcnow()
    if mode_after(order, at) is DoorMode.HELD_CLOSED:
        return order.hold or Hold(mode=DoorMode.HELD_CLOSED, since=order.since, until=None)
    mode = DoorMode.HELD_CLOSED if order.kind is Emergency.LOCKDOWN else DoorMode.HELD_OPEN
    return ended(mode, now, order)


def ended(mode: DoorMode, at: datetime, order: Hold | EmergencyOrder) -> Hold:
    """Return a hold that has ended at an instant, of which the terminal is still to be told."""
    return Hold(mode=mode, since=order.since, until=at, by=order.by, name=order.name, ends_at=0.0)


def as_json(orders: Orders) -> dict[str, Any]:
    """Return orders as they are kept."""
    return {
        "hold": orders.hold and _hold_as_json(orders.hold),
        "emergencies": [
            {
                "kind": order.kind.value,
                "since": order.since.isoformat(),
                "by": order.by,
                "name": order.name,
                "doors": None if order.doors is None else sorted(order.doors),
                "before": order.before.value,
                "hold": order.hold and _hold_as_json(order.hold),
                "confirmed": sorted(order.confirmed),
                "closed": sorted(order.closed),
            }
            for order in orders.emergencies
        ],
    }


def from_json(kept: Mapping[str, Any], at: float) -> Orders:
    """Return orders as they were kept; `at` is now in the loop's time."""
    return Orders(
        hold=_hold_from_json(kept["hold"], at),
        emergencies=tuple(
            EmergencyOrder(
                kind=Emergency(order["kind"]),
                since=_instant(order["since"]),
                by=order["by"],
                name=order["name"],
                doors=None if order["doors"] is None else frozenset(order["doors"]),
                before=DoorMode(order["before"]),
                hold=_hold_from_json(order["hold"], at),
                confirmed=frozenset(order["confirmed"]),
                closed=frozenset(order.get("closed", ())),
            )
            for order in kept["emergencies"]
        ),
    )


def _hold_as_json(hold: Hold) -> dict[str, Any]:
    return {
        "mode": hold.mode.value,
        "since": hold.since.isoformat(),
        "until": hold.until and hold.until.isoformat(),
        "by": hold.by,
        "name": hold.name,
    }


def _hold_from_json(kept: Mapping[str, Any] | None, at: float) -> Hold | None:
    """Return a hold that goes on for what the clock on the wall says is left of it, and never for more than its length.

    A clock that has lost the time closes what was held open: nobody knows since when it should be closed.
    """
    if kept is None:
        return None
    mode, since = DoorMode(kept["mode"]), _instant(kept["since"])
    until = None if kept["until"] is None else _instant(kept["until"])
    ends_at = None
    if until is not None:
        now = dt_util.utcnow()
        has_lost_time = mode is DoorMode.HELD_OPEN and now < since - CLOCK_BEHIND
        left = timedelta(0) if has_lost_time else min(until - now, until - since)
        ends_at = at + left.total_seconds()
    return Hold(mode=mode, since=since, until=until, by=kept["by"], name=kept["name"], ends_at=ends_at)


def _instant(text: str) -> datetime:
    return dt_util.as_utc(datetime.fromisoformat(text))
