"""The state of one terminal: frozen, and replaced as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from ..ledger import Tally
from ..protocol.commands import AccessSettings, Settings
from ..protocol.messages import DeviceInfo
from ..protocol.wire import wire_fields
from .contacts import Contacts
from .moments import Punch


class DoorPhase(StrEnum):
    """What we know of the relay of a door; the protocol has no way to ask (field notes 5, lockctrl)."""

    HELD_CLOSED = "held_closed"
    HELD_OPEN = "held_open"
    LOCKED = "locked"
    OPEN = "open"
    OPENING = "opening"


class DoorMode(StrEnum):
    """What holds a door, beyond the moment in which it is released (specification B38)."""

    HELD_CLOSED = "held_closed"
    HELD_OPEN = "held_open"
    NORMAL = "normal"


class Emergency(StrEnum):
    """What an administrator has ordered for a door, until it is ended."""

    EVACUATION = "evacuation"
    LOCKDOWN = "lockdown"


_HELD = {DoorPhase.HELD_CLOSED: DoorMode.HELD_CLOSED, DoorPhase.HELD_OPEN: DoorMode.HELD_OPEN}


@dataclass(frozen=True, kw_only=True)
class DoorState:
    """One door. At rest its relay is locked.

    It is not `sure` where the terminal may have forgotten what holds the door, or may not have heard what was asked of
    it. Then `phase` is the most open of what it may be. `held_until` is when what holds it ends, where that was said,
    and `held_by` the name of who asked for it.
    """

    phase: DoorPhase = DoorPhase.LOCKED
    changed_by: str | None = None
    sure: bool = True
    emergency: Emergency | None = None
    held_until: datetime | None = None
    held_by: str | None = None

    @property
    def held(self) -> DoorMode:
        """What holds the door, or may."""
        return _HELD.get(self.phase, DoorMode.NORMAL)

    @property
    def mode(self) -> DoorMode | None:
        """What holds the door; None where that is not known."""
        return self.held if self.sure or self.phase not in _HELD else None


# The type of a door's contact where there is none (specification B20).
NO_DOOR_SENSOR = 0
# The delay of terminals that do not tell theirs; 5 s is what the specification's example shows (B20).
DEFAULT_OPEN_DELAY = 5.0


@dataclass(frozen=True, kw_only=True)
class TerminalState:
    """One terminal as Home Assistant shows it.

    * `access_settings`, `settings`: as the terminal told them last; None until it has.
    * `clock_ahead`: seconds by which its clock was ahead when it was last looked at; None where it does not tell.
    * `has_code`: whether people need a code to open its doors from here.
    * `is_decided_about`: whether somebody here decides about punches, if the terminal asks.
    * `is_expected`: whether its connection ended so short a time ago that it is most likely about to be back.
    * `pins_guessed`: whether somebody has tried so many wrong PINs lately that there was a pause.
    * `people_inside`: how many came in and have not gone out; None where nobody said which reader is the way in.
    * `records_ahead`: whether it has reported what is yet to come, and its clock was not seen to be right since.
    * `unread`: how much of what it said is kept without being understood.
    * `info`: what it is and how full it is; what a message leaves out stays as it was said before.
    """

    access_settings: AccessSettings | None = None
    address: str | None = None
    clock_ahead: int | None = None
    contacts: Contacts = field(default_factory=Contacts)
    doors: Mapping[int, DoorState] = field(default_factory=lambda: MappingProxyType({}))
    has_code: bool = False
    is_decided_about: bool = False
    is_expected: bool = False
    info: DeviceInfo = field(default_factory=DeviceInfo)
    latest_punch: Punch | None = None
    online: bool = False
    people_inside: int | None = None
    pins_guessed: bool = False
    records_ahead: bool = False
    settings: Settings | None = None
    unread: Tally = field(default_factory=Tally)

    @property
    def is_here(self) -> bool:
        """Whether it is connected, or most likely about to be again."""
        return self.online or self.is_expected

    @property
    def has_contact(self) -> bool | None:
        """Whether a contact tells if the door is open: what was chosen as its type says so (specification B20).

        Of a terminal that does not tell the type, a contact that has moved proves itself; else it is not known.
        """
        told = self.access_settings.door_sensor if self.access_settings else None
        if told is not None:
            return told != NO_DOOR_SENSOR
        return True if self.contacts.door_moved_at is not None else None

    @property
    def open_delay(self) -> float:
        """Seconds a door stays released."""
        told = self.access_settings.open_delay if self.access_settings else None
        return float(told or DEFAULT_OPEN_DELAY)

    def with_doors(self, count: int) -> TerminalState:
        """Return the state with doors 1 to `count`; doors that stay keep theirs."""
        doors = {number: self.doors.get(number, DoorState()) for number in range(1, count + 1)}
        return replace(self, doors=MappingProxyType(doors))

    def with_door(self, number: int, **changes: DoorPhase | datetime | str | bool | None) -> TerminalState:
        """Return the state with one door changed."""
        door = replace(self.doors[number], **changes)  # type: ignore[arg-type]
        return replace(self, doors=MappingProxyType({**self.doors, number: door}))

    def with_info(self, info: DeviceInfo) -> TerminalState:
        """Return the state with what `info` says; the time in it is out of date at once and left out."""
        said = {name: value for name, *_ in wire_fields(DeviceInfo) if (value := getattr(info, name)) is not None}
        return replace(self, info=replace(self.info, **said | {"time": None}))

    def connected(
        self, address: str, info: DeviceInfo, drift: timedelta | None, *, forgets_contact: bool
    ) -> TerminalState:
        """Return the state with a new connection, or one that registers again.

        `drift` is by how much its clock is behind; None where that is not known. With `forgets_contact` it is not known
        any more whether the door is open.
        """
        state = self.with_info(info)
        return replace(
            state,
            online=True,
            is_expected=False,
            address=address,
            contacts=state.contacts.door_forgotten() if forgets_contact else state.contacts,
            records_ahead=state.records_ahead and drift != timedelta(0),
            clock_ahead=None if drift is None else -round(drift.total_seconds()),
            info=replace(state.info, extra=info.worth_keeping().extra),
        )
