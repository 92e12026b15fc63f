"""What one terminal reports: kept first, then told, each thing once.

Two lanes: what has just happened is told to Home Assistant; what is older is kept, counted, and never acts on anything.
Nothing is acknowledged that is not on the disk. A disk that hesitates does not hold up what people wait for: after
`TELLING_PATIENCE` a live record is told without it, and remembered, so that it is not told twice.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(slots=True)
class _Known:
    """What became of a record; its place in time does not move when the terminal sends it again."""

    placed: Placed
    kept: bool = False
    told: bool = False


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
        self._memory: OrderedDict[Identity, _Known] = OrderedDict()

    async def async_take(self, records: Sequence[LogRecord]) -> bool:
        """Take what the terminal has sent; True when all of it is kept, and the terminal may forget it."""
        known = [self._recall(record, len(records)) for record in records]
        if all(one.kept for one in known):
            self._counters.duplicates += len(records)
            return True
        keeping = asyncio.create_task(self._async_keep(records, [one.placed for one in known], dt_util.utcnow()))
        try:
            if any(one.placed.live for one in known):
                await asyncio.wait((keeping,), timeout=TELLING_PATIENCE)
                if not keeping.done():
                    self._tell(records, known, None)
            kept = await keeping
        except LedgerUnavailable:
            self._tell(records, known, None)
            return False
        except asyncio.CancelledError:
            keeping.cancel()
            raise
        self._tell(records, known, kept)
        for one in known:
            one.kept = True
        return True

    def question_in(self, records: Sequence[LogRecord]) -> tuple[LogRecord, Placed] | None:
        """Return the record that asks whether somebody may pass, and when that is.

        It is a single punch of just now that has not been told.
        """
        if len(records) != 1:
            return None
        record = records[0]
        if record.enroll_id is None or record.is_door_event:
            return None
        known = self._recall(record, 1)
        return (record, known.placed) if known.placed.live and not known.kept and not known.told else None

    async def async_take_history(self, records: Sequence[LogRecord]) -> Kept:
        """Keep what was asked for and not sent: never told, whatever its time; raises `LedgerUnavailable`."""
        placed = [Placed(occurred_at=self._clock.instant(record.time), live=False) for record in records]
        kept = await self._async_keep(records, placed, dt_util.utcnow())
        for record, place in zip(records, placed, strict=True):
            self._remember(identity_of(record), _Known(place, kept=True, told=True))
        return kept

    def _recall(self, record: LogRecord, records_in_frame: int) -> _Known:
        """Return what is known of a record, which for a new one is where it belongs in time."""
        identity = identity_of(record)
        if (known := self._memory.pop(identity, None)) is None:
            known = _Known(self._clock.place(record.time, records_in_frame))
        self._remember(identity, known)
        return known

    def _remember(self, identity: Identity, known: _Known) -> None:
        self._memory[identity] = known
        # One goes for each that comes: forgetting many at once would make the garbage collector walk through all of
        # Home Assistant.
        if len(self._memory) > REMEMBERED:
            self._memory.popitem(last=False)

    async def _async_keep(self, records: Sequence[LogRecord], placed: Sequence[Placed], now: datetime) -> Kept:
        entries = [_entry_of(record, place, now) for record, place in zip(records, placed, strict=True)]
        new: list[bool] = []
        for part in batched(entries, MAX_ENTRIES, strict=False):
            new += (await self._ledger.keep(self._serial, part)).new
        if any(new):
            self._on_kept()
        return Kept(tuple(new))

    def _tell(self, records: Sequence[LogRecord], known: Sequence[_Known], kept: Kept | None) -> None:
        """Tell each record once; without `kept`, only what is live, for old records can wait until they are kept.

        They are told when the acknowledgement is on its way: the terminal does not wait for whoever listens.
        """
        news: list[tuple[Teller, LogRecord, Placed]] = []
        for index, (record, one) in enumerate(zip(records, known, strict=True)):
            if one.told:
                continue
            if kept is None:
                if not one.placed.live:
                    continue
            elif not kept.new[index]:
                self._counters.duplicates += 1
                continue
            one.told = True
            if one.placed.live:
                news.append((self._live, record, one.placed))
            else:
                self._counters.history += 1
                news.append((self._history, record, one.placed))
        if news:
            asyncio.get_running_loop().call_soon(_tell_all, news)


def _tell_all(news: Sequence[tuple[Teller, LogRecord, Placed]]) -> None:
    for teller, record, placed in news:
        teller(record, placed)


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
