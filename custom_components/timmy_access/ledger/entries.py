"""What goes into the ledger, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
import math
from typing import Any, NamedTuple

from .errors import LedgerInvalid, Problem
from .extras import document_of, extra_from
from .limits import MAX_ENTRIES
from .values import few, instant_from, instant_of, local_from, local_of, name_of, number_from, number_of

# Enroll id of door events, and of somebody who was seen but not recognised (field notes 3, special ids).
DOOR_ID = 0
STRANGER_ID = 99_999_999


class Identity(NamedTuple):
    """What tells the records of one terminal apart; `logindex` does not (field notes 0.3)."""

    enroll_id: int | None
    time: datetime | None
    mode: int | None
    reader: int | None
    event: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One record of a terminal's log, on its way into the ledger (specification A2; field notes 3).

    `enroll_id`, `mode`, `reader` (`inout`), `event` and `verify_mode` are the raw numbers, `time` is the terminal's
    own naive local time; they are None where the terminal did not say. Enroll id 0 is a door event. `occurred_at` is
    the aware instant the record is believed to be from, `received_at` the one it arrived at; `live` whether it was
    news then. `temperature` is in °C. `extra` are keys without a field, of which photos, secrets and whatever is large
    are left out. A name is cut to 255 characters.
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
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def identity(self) -> Identity:
        """What tells this record from others of its terminal."""
        return Identity(self.enroll_id, self.time, self.mode, self.reader, self.event)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord(Entry):
    """One record as the ledger holds it; times are in UTC. `id` grows in the order in which records were kept."""

    id: int
    serial: str


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


class Row(NamedTuple):
    """An entry as it lies in the database, but for its terminal; the first five columns are its identity."""

    time: int
    enroll_id: int
    mode: int
    reader: int
    event: int
    verify_mode: int | None
    name: str | None
    temperature: float | None
    extra: str | None
    occurred_at: int
    received_at: int
    live: bool


# The values of a `Row` on their way in, without its name: a tenth of the time that a record takes.
type Values = tuple[int, int, int, int, int, int | None, str | None, float | None, str | None, int, int, bool]


def rows_of(entries: Sequence[Entry]) -> list[Values]:
    """Return entries as rows; raises `LedgerInvalid` naming the entry and the field, or for more than `MAX_ENTRIES`."""
    few("entries", entries, MAX_ENTRIES)
    rows = []
    for index, entry in enumerate(entries):
        try:
            rows.append(_row_of(entry))
        except LedgerInvalid as err:
            raise err.within(f"entries[{index}]") from None
    return rows


def identity_of(time: int, enroll_id: int, mode: int, reader: int, event: int) -> Identity:
    """Return the identity that the first columns of a row hold."""
    return Identity(
        number_from(enroll_id), local_from(time), number_from(mode), number_from(reader), number_from(event)
    )


def record_of(serial: str, key: int, row: Row) -> StoredRecord:
    """Return a row as a record."""
    return StoredRecord(
        id=key,
        serial=serial,
        enroll_id=number_from(row.enroll_id),
        time=local_from(row.time),
        mode=number_from(row.mode),
        reader=number_from(row.reader),
        event=number_from(row.event),
        occurred_at=instant_from(row.occurred_at),
        received_at=instant_from(row.received_at),
        live=bool(row.live),
        verify_mode=row.verify_mode,
        name=row.name,
        temperature=row.temperature,
        extra=extra_from(row.extra),
    )


def _row_of(entry: Entry) -> Values:
    temperature = entry.temperature
    if temperature is not None and not (isinstance(temperature, (int, float)) and math.isfinite(temperature)):
        raise LedgerInvalid("temperature", Problem.NOT_A_NUMBER)
    verify_mode = entry.verify_mode
    return (
        local_of("time", entry.time),
        number_of("enroll_id", entry.enroll_id),
        number_of("mode", entry.mode),
        number_of("reader", entry.reader),
        number_of("event", entry.event),
        None if verify_mode is None else number_of("verify_mode", verify_mode),
        name_of("name", entry.name),
        temperature,
        document_of(entry.extra),
        instant_of("occurred_at", entry.occurred_at),
        instant_of("received_at", entry.received_at),
        entry.live,
    )
