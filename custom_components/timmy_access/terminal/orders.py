"""What is ordered of a terminal's doors for longer than a moment, and has to survive whatever may come.

A hold is for a terminal with one door: the command names no door and holds all of them (specification B38). Until when
is an instant, so that no time zone and no summer time moves it.
"""

from collections.abc import Mapping
from copy import replace
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from .state import DoorMode, Emergency


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A door is held open or closed, from `since`, when it was asked for, until an instant; None for no end.

    `by` is the id of the user who asked and `name` what they are called; None for an automation.
    """

    mode: DoorMode
    since: datetime
    until: datetime | None
    by: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class EmergencyOrder:
    """A lockdown or an evacuation of a terminal's doors.

    `doors` None are all, also those it gets later. `before` is what held its only door, and `hold` until when, if that
    was said. `confirmed` are the doors that were opened for an evacuation; what is closed for a lockdown is seen by
    their state.
    """

    kind: Emergency
    since: datetime
    by: str | None = None
    name: str | None = None
    doors: frozenset[int] | None = None
    before: DoorMode = DoorMode.NORMAL
    hold: Hold | None = None
    confirmed: frozenset[int] = frozenset()

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


def mode_after(order: EmergencyOrder) -> DoorMode:
    """Return what is to hold a door when an emergency has ended: what did before, unless that has ended meanwhile."""
    hold = order.hold
    is_over = hold is not None and hold.until is not None and dt_util.utcnow() >= hold.until
    return DoorMode.NORMAL if is_over else order.before


def on_the_disk(order: EmergencyOrder) -> Hold:
    """Return what a restart in the middle of the end goes on with: nothing that opens."""
    now = dt_util.utcnow()
    if mode_after(order) is DoorMode.HELD_CLOSED:
        return order.hold or Hold(mode=DoorMode.HELD_CLOSED, since=order.since, until=None)
    mode = DoorMode.HELD_CLOSED if order.kind is Emergency.LOCKDOWN else DoorMode.HELD_OPEN
    return ended(mode, now, order)


def ended(mode: DoorMode, at: datetime, order: Hold | EmergencyOrder) -> Hold:
    """Return a hold that has ended at an instant, of which the terminal is still to be told."""
    return Hold(mode=mode, since=order.since, until=at, by=order.by, name=order.name)


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
            }
            for order in orders.emergencies
        ],
    }


def from_json(kept: Mapping[str, Any]) -> Orders:
    """Return orders as they were kept."""
    return Orders(
        hold=_hold_from_json(kept["hold"]),
        emergencies=tuple(
            EmergencyOrder(
                kind=Emergency(order["kind"]),
                since=_instant(order["since"]),
                by=order["by"],
                name=order["name"],
                doors=None if order["doors"] is None else frozenset(order["doors"]),
                before=DoorMode(order["before"]),
                hold=_hold_from_json(order["hold"]),
                confirmed=frozenset(order["confirmed"]),
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


def _hold_from_json(kept: Mapping[str, Any] | None) -> Hold | None:
    if kept is None:
        return None
    return Hold(
        mode=DoorMode(kept["mode"]),
        since=_instant(kept["since"]),
        until=None if kept["until"] is None else _instant(kept["until"]),
        by=kept["by"],
        name=kept["name"],
    )


def _instant(text: str) -> datetime:
    return dt_util.as_utc(datetime.fromisoformat(text))
