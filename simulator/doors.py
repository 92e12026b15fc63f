"""The doors of a terminal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class DoorEvent(IntEnum):
    """Events of records with `enrollid` 0 (spec A2, note about the logs)."""

    CLOSED = 0
    OPENED = 1
    EXIT_BUTTON = 2
    SOFTWARE_OPEN = 3
    SOFTWARE_CLOSE = 4
    ILLEGAL_OPEN = 5
    TAMPER = 6
    ALARM = 7


ALARMS = frozenset({DoorEvent.ILLEGAL_OPEN, DoorEvent.TAMPER, DoorEvent.ALARM})
"""Events which sound the siren until `lockctrl` 6."""


@dataclass(slots=True)
class Door:
    """One lock relay."""

    number: int
    is_open: bool = False
    openings: int = 0
    mode: Literal["normal", "held_open", "held_closed"] = "normal"


class Doors:
    """The relays, which lock again by themselves."""

    def __init__(self, count: int, *, changed: Callable[[Door], None]) -> None:
        """Create locked doors; `changed` hears of each one which opens or locks."""
        self.by_number = {number: Door(number) for number in range(1, count + 1)}
        self._changed = changed
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def open(self, door: Door, seconds: float) -> bool:
        """Open a door for a while and tell whether it really opened: one held closed stays so."""
        if door.mode == "held_closed":
            return False
        self._stop_timer(door)
        self._move(door, is_open=True)
        if door.mode == "normal":
            self._timers[door.number] = asyncio.get_running_loop().call_later(seconds, self._lock_again, door)
        return True

    def hold(self, door: Door, mode: Literal["normal", "held_open", "held_closed"]) -> None:
        """Keep a door open or closed, or return it to the initial state (spec B38)."""
        self._stop_timer(door)
        door.mode = mode
        self._move(door, is_open=mode == "held_open")

    def release(self) -> None:
        """Let every relay fall back: the power is gone."""
        for door in self.by_number.values():
            self.hold(door, "normal")

    def stop_timers(self) -> None:
        """Leave no timer behind when the simulation ends."""
        for door in self.by_number.values():
            self._stop_timer(door)

    def _lock_again(self, door: Door) -> None:
        self._timers.pop(door.number, None)
        self._move(door, is_open=False)

    def _stop_timer(self, door: Door) -> None:
        if timer := self._timers.pop(door.number, None):
            timer.cancel()

    def _move(self, door: Door, *, is_open: bool) -> None:
        if is_open:
            door.openings += 1
        if door.is_open != is_open:
            door.is_open = is_open
            self._changed(door)
