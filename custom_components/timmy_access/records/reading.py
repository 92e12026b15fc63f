"""Records of the ledger in words that people read."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..ledger import Entry, StoredRecord, nameless
from ..protocol.enums import DoorEvent, Reader, VerifyMethod
from ..protocol.messages import STRANGER_ID
from ..terminal.moments import METHODS, AccessKind, DoorKind, access_kind

# The words that records can be looked up by; the others are not a single number each.
READABLE_METHODS: Mapping[str, frozenset[int]] = {
    kind.value: frozenset(method.value for method, found in METHODS.items() if found is kind)
    for kind in AccessKind
    if kind in METHODS.values()
}


# What became of a punch; a terminal that decides by itself does not tell.
_OUTCOMES: Mapping[bool | None, str] = {None: "unknown", False: "refused", True: "granted"}


def methods_of(word: str) -> frozenset[int]:
    """Return the numbers of a method."""
    return READABLE_METHODS[word]


class Seat(Protocol):
    """What was where a terminal is before."""

    @property
    def former_serials(self) -> tuple[str, ...]:
        """Whose place the terminal has taken."""


class Named(Protocol):
    """A terminal by its name, which knows the names of its people."""

    serial: str
    name: str

    @property
    def identity(self) -> Seat:
        """What it is known by."""

    def name_of(self, enroll_id: int | None) -> str | None:
        """Return a person's name, None where there is none."""


def serials_of(terminals: Iterable[Named]) -> list[str]:
    """Return whose records are those of some terminals: their own, and those of whose place they have taken."""
    return [serial for terminal in terminals for serial in (terminal.serial, *terminal.identity.former_serials)]


class Readable:
    """Turns records into words, with the names that people had when the records were made."""

    def __init__(self, terminals: Iterable[Named]) -> None:
        """Know some terminals by their names."""
        self._terminals = {terminal.serial: terminal for terminal in terminals}
        self._names = {
            serial: terminal.name for terminal in self._terminals.values() for serial in serials_of((terminal,))
        }

    def record(self, record: StoredRecord) -> JsonObjectType:
        """Return a record as an object of plain values; times are local, with their zone.

        Where the time is not known, the record occurred before it arrived, and nobody can tell when.
        """
        entry = record.entry
        is_door = entry.enroll_id == 0
        return {
            "occurred_at": dt_util.as_local(entry.occurred_at).isoformat(),
            "terminal": self.terminal(record.serial),
            "serial": record.serial,
            "kind": "door" if is_door else "punch",
            "person": None if is_door else self._person(record),
            "enroll_id": None if is_door else entry.enroll_id,
            "method": None if is_door else _method(entry),
            "door_event": _door_event(entry.event) if is_door else None,
            "reader": Reader(-1 if entry.reader is None else entry.reader).name.lower(),
            "function_key": None if is_door else entry.event,
            "temperature": entry.temperature,
            "live": entry.live,
            "time_known": entry.is_time_known,
            "arrived_at": dt_util.as_local(entry.received_at).isoformat(),
            "outcome": None if is_door else _OUTCOMES[entry.granted],
            "decided_by": None if is_door else entry.decided_by,
        }

    def person(self, serial: str, enroll_id: int, name: str | None) -> str:
        """Return what somebody is called whose name was that; the roster is asked only where the log knows none yet."""
        terminal = self._terminals.get(serial)
        known = terminal.name_of(enroll_id) if terminal and name is None else name
        return known or nameless(enroll_id)

    def terminal(self, serial: str) -> str:
        """Return what a terminal is called; one that is gone is called by its serial number."""
        return self._names.get(serial, serial)

    def _person(self, record: StoredRecord) -> str | None:
        enroll_id = record.entry.enroll_id
        if enroll_id is None or enroll_id == STRANGER_ID:
            return None
        return self.person(record.serial, enroll_id, record.person)


def _method(entry: Entry) -> str:
    if entry.enroll_id == STRANGER_ID:
        return AccessKind.UNRECOGNISED.value
    method = VerifyMethod(entry.verify_mode or VerifyMethod.UNKNOWN)
    if method is VerifyMethod.UNKNOWN:
        method = VerifyMethod(entry.mode or VerifyMethod.UNKNOWN)
    return access_kind(method).value


def _door_event(number: int | None) -> str | None:
    event = DoorEvent(-1 if number is None else number)
    return None if event is DoorEvent.UNKNOWN else DoorKind[event.name].value
