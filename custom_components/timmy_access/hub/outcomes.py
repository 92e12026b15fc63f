"""What became of doors for which something was ordered, and who has ordered it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..terminal.state import DoorMode
from .terminal import Terminal

# What a door of several is, which no command holds (specification B38).
SEVERAL_DOORS = "several_doors"

# The doors of terminals; None are all of one.
type Doors = Mapping[Terminal, frozenset[int] | None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one door. `reason` is a word for why it is not `confirmed`."""

    terminal: Terminal
    door: int
    confirmed: bool
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who orders: the id of a user and what they are called; None for an automation."""

    by: str | None = None
    name: str | None = None


def described(outcome: Outcome) -> JsonObjectType:
    """Return a door's name, and whether it is confirmed, or in a word why not."""
    return {
        "terminal": outcome.terminal.name,
        "name": name_of(outcome),
        "confirmed": outcome.confirmed,
        "reason": outcome.reason,
    }


def check_confirmed(outcomes: Iterable[Outcome]) -> None:
    """Raise a translated error that names the doors which have not done what was ordered, and could have."""
    failed = [outcome for outcome in outcomes if not outcome.confirmed and outcome.reason != SEVERAL_DOORS]
    if failed:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="emergency_unconfirmed",
            translation_placeholders={"doors": ", ".join(name_of(outcome) for outcome in failed)},
        )


def name_of(outcome: Outcome) -> str:
    """Return what a door is called: its terminal, and its number where there are several."""
    terminal = outcome.terminal
    return terminal.name if is_alone(terminal) else f"{terminal.name} {outcome.door}"


def is_alone(terminal: Terminal) -> bool:
    """Return whether the terminal has one door, which can be held."""
    return len(terminal.coordinator.data.doors) == 1


def is_closed(terminal: Terminal) -> bool:
    """Return whether the only door of a terminal is held closed, as far as that can be known."""
    return terminal.coordinator.data.doors[1].mode is DoorMode.HELD_CLOSED


def held(terminal: Terminal) -> DoorMode:
    """Return what holds the doors of a terminal, or may; one command holds all of them (specification B38)."""
    modes = {door.held for door in terminal.coordinator.data.doors.values()}
    return next((mode for mode in (DoorMode.HELD_OPEN, DoorMode.HELD_CLOSED) if mode in modes), DoorMode.NORMAL)


def mode_before(terminal: Terminal) -> DoorMode:
    """Return what is to hold the only door of a terminal again after an emergency.

    What may be held open is not opened again, and what may be held closed is closed again.
    """
    if not is_alone(terminal):
        return DoorMode.NORMAL
    door = terminal.coordinator.data.doors[1]
    if door.mode is None:
        return DoorMode.HELD_CLOSED if door.held is DoorMode.HELD_CLOSED else DoorMode.NORMAL
    return door.mode
