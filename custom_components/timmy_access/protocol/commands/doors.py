"""The doors of a terminal (specification B19, B38)."""

from dataclasses import dataclass, field
from typing import ClassVar

from ..enums import DoorControl
from ..kinds import Choice, Whole
from ..wire import wire
from .base import Command, Reply

# Doors of the largest access controller (specification B19).
MAX_DOORS = 4


@dataclass(frozen=True, kw_only=True)
class OpenDoor(Command[Reply]):
    """Release a door for the open delay of the terminal (specification B19).

    `door` is 1 to 4, also on terminals with one door, which ignore it. None opens all doors of a
    controller; it has no default, so that nobody asks for that by leaving something out (field
    notes 5, opendoor).
    """

    name: ClassVar[str] = "opendoor"
    moves_door: ClassVar[bool] = True

    door: int | None = field(metadata=wire("doornum", Whole(1, MAX_DOORS)))


@dataclass(frozen=True, kw_only=True)
class ControlDoor(Command[Reply]):
    """Put the relay into a state, restart the terminal, or end an alarm (specification B38).

    There is no way to ask which state the relay is in (field notes 5, lockctrl).
    """

    name: ClassVar[str] = "lockctrl"
    moves_door: ClassVar[bool] = True

    function: DoorControl = field(metadata=wire("fuc", Choice(frozenset(DoorControl) - {DoorControl.UNKNOWN})))
