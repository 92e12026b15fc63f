"""What goes into the ledger, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

# Enroll id of door events, and of somebody who was seen but not recognised (field notes 3, special ids).
DOOR_ID = 0
STRANGER_ID = 99_999_999


class Decider(StrEnum):
    """Who decided whether somebody may pass; a terminal that did so by itself does not say what it decided."""

    AUTOMATION = "automation"
    DEFAULT = "default"
    HOUSE = "house"
    PASS = "pass"  # noqa: S105 - no secret
    TERMINAL = "terminal"


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Identity(NamedTuple):
    """What tells the records of one terminal apart; `logindex` does not (field notes 0.3).

    `apart` is 0 where the time does, and else a number that only this record has: of what cannot be read, of a clock
    that stands still, and of a time that was yet to come when the record arrived.
    """

    enroll_id: int | None
    time: datetime | None
    mode: int | None
    reader: int | None
    event: int | None
    apart: int | None = 0


class Entry(NamedTuple):
    """One record of a terminal's log, on its way into the ledger (specification A2; field notes 3).

    `enroll_id`, `mode`, `reader` (`inout`), `event` and `verify_mode` are the raw numbers, `time` is the terminal's
    own naive local time; they are None where the terminal did not say. Enroll id 0 is a door event. `occurred_at` is
    the aware instant the record is believed to be from, `received_at` the one it arrived at; `live` whether it was
    news then. `temperature` is in °C. `extra` are keys without a field, of which photos, secrets and whatever is large
    are left out. A name is cut to 255 characters. `apart` is that of `Identity`; where it is not 0 or there is no
    `time`, `occurred_at` is when it arrived, or the best that is known. `granted` and `decided_by` tell what
    became of a punch and by what (a `Decider`); they are None where that is not known.
    """

    enroll_id: int | None
    time: datetime | None
    mode: int | None
    reader: int | None
    event: int | None
    occurred_at: datetime
    received_at: datetime
    live: bool
    verify_mode: int | None = None
    name: str | None = None
    temperature: float | None = None
    extra: Mapping[str, Any] = _NOTHING
    apart: int | None = 0
    granted: bool | None = None
    decided_by: str | None = None

    def __repr__(self) -> str:
        """Tell which record it is, and nothing of what a person said or typed."""
        return f"<Entry {self.enroll_id} {self.time}>"

    @property
    def identity(self) -> Identity:
        """What tells this record from others of its terminal."""
        return Identity(self.enroll_id, self.time, self.mode, self.reader, self.event, self.apart)

    @property
    def is_time_known(self) -> bool:
        """Whether `occurred_at` is what the terminal's own clock tells."""
        return self.time is not None and self.apart == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord:
    """One record as the ledger holds it: whose, and an entry with times in UTC.

    `id` grows in the order in which records were kept. `person` is the name that was known when the record was made:
    what the terminal said, else what its roster had then; None where none is known yet, empty where it is forgotten.
    """

    id: int
    serial: str
    entry: Entry
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """For each entry, in order, whether it was new; the others were known already, or came twice in one call."""

    new: tuple[bool, ...]

    @property
    def news(self) -> int:
        """How many entries were new."""
        return sum(self.new)

    @property
    def duplicates(self) -> int:
        """How many entries were known already."""
        return len(self.new) - self.news
