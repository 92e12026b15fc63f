"""What one terminal reports: kept first, then told, each thing once.

Two lanes: what has just happened is told to Home Assistant; what is older is kept, counted, and never acts on anything.
Nothing is acknowledged that is not on the disk. A disk that hesitates does not hold up what people wait for: after
`TELLING_PATIENCE` a live record is told without it, and remembered, so that it is not told twice.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, repeat
from typing import Any

from homeassistant.util import dt as dt_util

from .clock import Placed, TerminalClock
from .ledger import Entry, Identity, Kept, Ledger, LedgerUnavailable
from .ledger.limits import MAX_ENTRIES
from .protocol.counters import Counters
from .protocol.messages import LogRecord
from .protocol.peer import printable
from .protocol.table import Table

# A commit takes some milliseconds, on an SD card some tens; somebody may be waiting for a light to go on.
TELLING_PATIENCE = 0.5
# Terminals send an unacknowledged batch of up to 50 records again and again (field notes 0.2); this many batches are
# recognised without asking the database.
REMEMBERED = 20 * 50


type _Identity = tuple[int | None, datetime | None, int | None, int | None, int | None]


@dataclass(slots=True)
class _Known:
    """What became of a record; its place in time does not move when the terminal sends it again."""

    placed: Placed
    kept: bool = False
    told: bool = False


type LiveTeller = Callable[[LogRecord, Placed], None]
type HistoryTeller = Callable[[Sequence[datetime]], None]


class Records:
    """Keeps the records of one terminal, and sorts them into the two lanes."""

    def __init__(
        self,
        serial: str,
        ledger: Ledger,
        clock: TerminalClock,
        counters: Counters,
        *,
        live: LiveTeller,
        history: HistoryTeller,
        on_kept: Callable[[], None],
    ) -> None:
        """Keep in `ledger`; tell `live` what has just happened, and `history` when everything else did, each once.

        `on_kept` is called after every commit that had something new.
        """
        self._serial = serial
        self._ledger = ledger
        self._clock = clock
        self._counters = counters
        self._live = live
        self._history = history
        self._on_kept = on_kept
        self._memory: OrderedDict[_Identity, _Known] = OrderedDict()

    async def async_take(self, records: Table[LogRecord]) -> bool:
        """Take what the terminal has sent; True when all of it is kept, and the terminal may forget it."""
        known = self._recall(records)
        if all(one.kept for one in known):
            self._counters.duplicates += len(records)
            return True
        keeping = self._async_keep(records, [one.placed for one in known])
        try:
            if any(one.placed.live for one in known):
                kept = await self._async_tell_in_time(keeping, records, known)
            else:
                kept = await keeping
        except LedgerUnavailable:
            self._tell(records, known, None)
            return False
        self._tell(records, known, kept)
        for one in known:
            one.kept = True
        return True

    async def _async_tell_in_time(
        self, keeping: Coroutine[Any, Any, Kept], records: Table[LogRecord], known: Sequence[_Known]
    ) -> Kept:
        """Tell what is live, when the disk takes its time."""
        task = asyncio.create_task(keeping)
        try:
            await asyncio.wait((task,), timeout=TELLING_PATIENCE)
            if not task.done():
                self._tell(records, known, None)
            return await task
        except asyncio.CancelledError:
            task.cancel()
            raise

    def question_in(self, records: Table[LogRecord]) -> tuple[LogRecord, Placed] | None:
        """Return the record that asks whether somebody may pass, and when that is.

        It is a single punch of just now that has not been told.
        """
        if len(records) != 1:
            return None
        record = records[0]
        if record.enroll_id is None or record.is_door_event:
            return None
        known = self._recall(records)[0]
        return (record, known.placed) if known.placed.live and not known.kept and not known.told else None

    async def async_take_history(self, records: Table[LogRecord]) -> Kept:
        """Keep what was asked for and not sent: never told, whatever its time; raises `LedgerUnavailable`."""
        placed = [Placed(self._clock.instant(time), live=False) for time in records.column("time")]
        kept = await self._async_keep(records, placed)
        for identity, place in zip(_identities_of(records), placed, strict=True):
            self._memory[identity] = _Known(place, kept=True, told=True)
        self._forget()
        return kept

    def _recall(self, records: Table[LogRecord]) -> list[_Known]:
        """Return what is known of each record, which for a new one is where it belongs in time."""
        memory = self._memory
        identities = _identities_of(records)
        new = [identity for identity in identities if identity not in memory]
        if len(new) < len(identities):
            for identity in identities:
                if identity in memory:
                    memory.move_to_end(identity)
        for identity, place in zip(new, self._clock.place([one[1] for one in new], len(records)), strict=True):
            memory.setdefault(identity, _Known(place))
        known = [memory[identity] for identity in identities]
        self._forget()
        return known

    def _forget(self) -> None:
        """Forget what is beyond the limit, oldest first: as many as came, so that nothing piles up.

        What does makes the garbage collector walk through all of Home Assistant.
        """
        while len(self._memory) > REMEMBERED:
            self._memory.popitem(last=False)

    async def _async_keep(self, records: Table[LogRecord], placed: Sequence[Placed]) -> Kept:
        entries = _entries_of(records, placed, dt_util.utcnow())
        new: list[bool] = []
        for part in batched(entries, MAX_ENTRIES, strict=False):
            new += (await self._ledger.keep(self._serial, part)).new
        if any(new):
            self._on_kept()
        return Kept(tuple(new))

    def _tell(self, records: Table[LogRecord], known: Sequence[_Known], kept: Kept | None) -> None:
        """Tell each record once; without `kept`, only what is live, for old records can wait until they are kept.

        They are told when the acknowledgement is on its way: the terminal does not wait for whoever listens.
        """
        live: list[tuple[LogRecord, Placed]] = []
        history: list[datetime] = []
        for index, one in enumerate(known):
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
                live.append((records[index], one.placed))
            else:
                history.append(one.placed.occurred_at)
        self._counters.history += len(history)
        if live or history:
            asyncio.get_running_loop().call_soon(self._tell_all, live, history)

    def _tell_all(self, live: Sequence[tuple[LogRecord, Placed]], history: Sequence[datetime]) -> None:
        for record, placed in live:
            self._live(record, placed)
        if history:
            self._history(history)


def _identities_of(records: Table[LogRecord]) -> list[_Identity]:
    """Return what tells each record from others of its terminal (field notes 0.3)."""
    return list(zip(*map(records.column, Identity._fields), strict=True))


def _entries_of(records: Table[LogRecord], placed: Sequence[Placed], received_at: datetime) -> list[Entry]:
    columns = zip(
        *map(records.column, Identity._fields),
        [place.occurred_at for place in placed],
        repeat(received_at),
        [place.live for place in placed],
        records.column("verify_mode"),
        [printable(name) if name else None for name in records.column("name")],
        records.column("temperature"),
        records.column("extra"),
        strict=False,
    )
    return [Entry._make(column) for column in columns]
