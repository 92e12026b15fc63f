"""What one terminal reports: kept first, then told, each thing once.

Two lanes: what has just happened is told to Home Assistant; what is older is kept, counted, and never acts on anything.
Nothing is acknowledged that is not on the disk. A disk that hesitates does not hold up what people wait for: after
`TELLING_PATIENCE` a live record is told without it, and remembered, so that it is not told twice.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import batched

from homeassistant.util import dt as dt_util

from .clock import Placed, TerminalClock
from .ledger import Entry, Identity, Kept, Ledger, LedgerUnavailable
from .ledger.limits import MAX_ENTRIES
from .protocol.counters import Counters
from .protocol.messages import LogRecord
from .protocol.peer import printable

# A commit takes some milliseconds, on an SD card some tens; somebody may be waiting for a light to go on.
TELLING_PATIENCE = 0.5
# Terminals send an unacknowledged batch of up to 50 records again and again (field notes 0.2); this many batches are
# recognised without asking the database.
REMEMBERED = 20 * 50

type Teller = Callable[[LogRecord, Placed], None]


class Records:
    """Keeps the records of one terminal, and sorts them into the two lanes."""

    def __init__(
        self,
        serial: str,
        ledger: Ledger,
        clock: TerminalClock,
        counters: Counters,
        *,
        live: Teller,
        history: Teller,
        on_kept: Callable[[], None],
    ) -> None:
        """Keep in `ledger`; tell `live` what has just happened and `history` what has not, each record once.

        `on_kept` is called after every commit that had something new.
        """
        self._serial = serial
        self._ledger = ledger
        self._clock = clock
        self._counters = counters
        self._live = live
        self._history = history
        self._on_kept = on_kept
        self._kept: OrderedDict[Identity, None] = OrderedDict()
        self._told: OrderedDict[Identity, None] = OrderedDict()
        self._placed: OrderedDict[Identity, Placed] = OrderedDict()

    async def async_take(self, records: Sequence[LogRecord]) -> bool:
        """Take what the terminal has sent; True when all of it is kept, and the terminal may forget it."""
        if all(identity_of(record) in self._kept for record in records):
            self._counters.duplicates += len(records)
            return True
        now = dt_util.utcnow()
        placed = [self._placed_once(record, len(records)) for record in records]
        keeping = asyncio.create_task(self._async_keep(records, placed, now))
        try:
            if any(place.live for place in placed):
                await asyncio.wait((keeping,), timeout=TELLING_PATIENCE)
                if not keeping.done():
                    self._tell(records, placed, None)
            kept = await keeping
        except LedgerUnavailable:
            self._tell(records, placed, None)
            return False
        except asyncio.CancelledError:
            keeping.cancel()
            raise
        self._tell(records, placed, kept)
        _remember(self._kept, dict.fromkeys(map(identity_of, records)))
        return True

    def question_in(self, records: Sequence[LogRecord]) -> LogRecord | None:
        """Return the record that asks whether somebody may pass: a single punch of just now that has not been told."""
        if len(records) != 1:
            return None
        record = records[0]
        is_person = record.enroll_id is not None and not record.is_door_event
        if not is_person or identity_of(record) in self._told or identity_of(record) in self._kept:
            return None
        return record if self._placed_once(record, 1).live else None

    async def async_take_history(self, records: Sequence[LogRecord]) -> Kept:
        """Keep what was asked for and not sent: never told, whatever its time; raises `LedgerUnavailable`."""
        now = dt_util.utcnow()
        placed = [Placed(occurred_at=self._clock.instant(record.time), live=False) for record in records]
        kept = await self._async_keep(records, placed, now)
        identities = dict.fromkeys(map(identity_of, records))
        _remember(self._kept, identities)
        _remember(self._told, identities)
        return kept

    def _placed_once(self, record: LogRecord, records_in_frame: int) -> Placed:
        """Return a record's place in time, which does not move when the terminal sends it again."""
        identity = identity_of(record)
        if (placed := self._placed.get(identity)) is None:
            placed = self._clock.place(record.time, records_in_frame)
            _remember(self._placed, {identity: placed})
        return placed

    async def _async_keep(self, records: Sequence[LogRecord], placed: Sequence[Placed], now: datetime) -> Kept:
        entries = [_entry_of(record, place, now) for record, place in zip(records, placed, strict=True)]
        new: list[bool] = []
        for part in batched(entries, MAX_ENTRIES, strict=False):
            new += (await self._ledger.keep(self._serial, part)).new
        if any(new):
            self._on_kept()
        return Kept(tuple(new))

    def _tell(self, records: Iterable[LogRecord], placed: Sequence[Placed], kept: Kept | None) -> None:
        """Tell each record once; without `kept`, only what is live, for old records can wait until they are kept."""
        for index, (record, place) in enumerate(zip(records, placed, strict=True)):
            identity = identity_of(record)
            if identity in self._told:
                continue
            if kept is None:
                if not place.live:
                    continue
            elif not kept.new[index]:
                self._counters.duplicates += 1
                continue
            _remember(self._told, {identity: None})
            if place.live:
                self._live(record, place)
            else:
                self._counters.history += 1
                self._history(record, place)


def identity_of(record: LogRecord) -> Identity:
    """Return what tells a record from others of its terminal (field notes 0.3)."""
    return Identity(record.enroll_id, record.time, record.mode, record.reader, record.event)


def _entry_of(record: LogRecord, place: Placed, received_at: datetime) -> Entry:
    return Entry(
        enroll_id=record.enroll_id,
        time=record.time,
        mode=record.mode,
        reader=record.reader,
        event=record.event,
        occurred_at=place.occurred_at,
        received_at=received_at,
        live=place.live,
        verify_mode=record.verify_mode,
        name=printable(record.name) if record.name else None,
        temperature=record.temperature,
        extra=record.extra,
    )


def _remember[T](known: OrderedDict[Identity, T], more: Mapping[Identity, T]) -> None:
    for identity, value in more.items():
        known[identity] = value
        known.move_to_end(identity)
    while len(known) > REMEMBERED:
        known.popitem(last=False)
