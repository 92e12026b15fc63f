"""The state of one terminal: frozen, and replaced as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from .moments import Punch
from .protocol.messages import DeviceInfo


class DoorPhase(StrEnum):
    """What we know of the relay of a door; the protocol has no way to ask (field notes 5, lockctrl)."""

    HELD_OPEN = "held_open"
    LOCKED = "locked"
    OPEN = "open"
    OPENING = "opening"


@dataclass(frozen=True, kw_only=True)
class DoorState:
    """One door. At rest its relay is locked."""

    phase: DoorPhase = DoorPhase.LOCKED
    changed_by: str | None = None


# The delay of terminals that do not tell theirs; 5 s is what the specification's example shows (B20).
DEFAULT_OPEN_DELAY = 5.0


@dataclass(frozen=True, kw_only=True)
class TerminalState:
    """One terminal as Home Assistant shows it."""

    address: str | None = None
    doors: Mapping[int, DoorState] = field(default_factory=lambda: MappingProxyType({}))
    info: DeviceInfo = field(default_factory=DeviceInfo)
    latest_punch: Punch | None = None
    online: bool = False
    open_delay: float = DEFAULT_OPEN_DELAY

    def with_doors(self, count: int) -> TerminalState:
        """Return the state with doors 1 to `count`; doors that stay keep theirs."""
        doors = {number: self.doors.get(number, DoorState()) for number in range(1, count + 1)}
        return replace(self, doors=MappingProxyType(doors))

    def with_door(self, number: int, **changes: DoorPhase | str | None) -> TerminalState:
        """Return the state with one door changed."""
        door = replace(self.doors[number], **changes)  # type: ignore[arg-type]
        return replace(self, doors=MappingProxyType({**self.doors, number: door}))
