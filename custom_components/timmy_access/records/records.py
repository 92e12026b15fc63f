"""What one terminal reports: kept first, then told, each thing once.

Two lanes: what has just happened is told to Home Assistant; what is older is kept, counted, and never acts on anything.
So is what no door of people could make: more news in a second than `NEWS_PER_SECOND`.
Nothing is acknowledged that is not on the disk. A disk that hesitates does not hold up what people wait for: after
`TELLING_PATIENCE` a live record is told without it, and remembered, so that it is not told twice.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..errors import LogAllowanceUsedUp
from ..ledger import Decider, Identity, Kept, Ledger, LedgerUnavailable
from ..ledger.limits import MAX_ENTRIES
from ..protocol.counters import Counters
from ..protocol.messages import LogBatch, LogRecord
from ..protocol.shared import outcome_of
from ..protocol.table import Table
from ..protocol.throttle import Throttle
from ..protocol.unread import Unread
from ..terminal.clock import Placed, TerminalClock
from ..terminal.tasks import Tasks
from .allowance import Allowance
from .answered import Answered
from .arrivals import Arrivals, shared_of
from .entries import entries_of
from .outcomes import Outcomes
from .unread import UnreadStore

# A commit takes some milliseconds, on an SD card some tens; somebody may be waiting for a light to go on.
TELLING_PATIENCE = 0.5
# Reading one row takes a millisecond; somebody stands at a door.
LOOK_PATIENCE = 1.0
# Terminals send an unacknowledged batch of up to 50 records again and again (field notes 0.2); this many batches are
# recognised without asking the database.
REMEMBERED = 20 * 50
# News of one terminal: nobody passes a reader faster, and each costs Home Assistant some milliseconds. A frame of live
# records has up to 50 (field notes 3). Punches and doors are counted apart, so that none of them hides an alarm.
NEWS_PER_SECOND = 20.0
NEWS_AT_ONCE = 50


@dataclass(slots=True, eq=False)
class _Pending:
    """A record that could not be kept yet; its place in time does not move when the terminal sends it again."""

    placed: Placed
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    """Records that came together, what tells each from others of its terminal, and where each belongs in time."""

    records: Table[LogRecord]
    identities: Sequence[Identity]
    placed: Sequence[Placed]


type LiveTeller = Callable[[LogRecord, Placed], None]
type HistoryTeller = Callable[[Sequence[datetime], Sequence[tuple[LogRecord, Placed]]], None]


class Records:
    """Keeps the records of one terminal, and sorts them into the two lanes."""

    def __init__(
        self,
        hass: HomeAssistant,
        serial: str,
        ledger: Ledger,
        clock: TerminalClock,
        counters: Counters,
        answered: Answered,
        unread: UnreadStore,
        *,
        live: LiveTeller,
        history: HistoryTeller,
        doubted: Callable[[], bool],
        on_kept: Callable[[], None],
        asks: Callable[[], bool],
        tasks: Tasks,
    ) -> None:
        """Keep in `ledger`; tell `live` what has just happened, and `history` when everything else did, each once.

        What comes while `doubted` is no news. `on_kept` is called after every commit that had something new, also of
        what became of a punch. `asks` tells whether the terminal asks who may pass; else it has decided that by itself.
        """
        self._serial = serial
        self._ledger = ledger
        self._clock = clock
        self._counters = counters
        self._answered = answered
        self._unread = unread
        self._live = live
        self._history = history
        self._doubted = doubted
        self._on_kept = on_kept
        self._asks = asks
        self._arrivals = Arrivals(clock)
        self._kept: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self.outcomes = Outcomes(hass, tasks, ledger, serial, self._kept, on_kept)
        self._pending: OrderedDict[Identity, _Pending] = OrderedDict()
        self.allowance = Allowance(serial)
        self._punches = Throttle(NEWS_PER_SECOND, NEWS_AT_ONCE)
        self._door_news = Throttle(NEWS_PER_SECOND, NEWS_AT_ONCE)
        self._news: deque[tuple[LogRecord, Placed]] = deque()

    @property
    def is_doubted(self) -> bool:
        """Whether nothing that the terminal tells is news."""
        return self._doubted()

    async def async_restore(self) -> None:
        """Take over from before a restart what may come again; raises `LedgerUnavailable`."""
        self._arrivals.restore(await self._ledger.last_apart(self._serial))

    async def async_take(self, batch: LogBatch) -> Kept | None:
        """Take what the terminal has sent, and return what of it was new to the ledger; then it may be forgotten there.

        None when not all of it is kept, what was not understood too, also because the terminal has added so many today.
        """
        records, identities = batch.records, self._arrivals.identities(batch.records, batch.log_index)
        if all(identity in self._kept for identity in identities) and self._unread.holds(batch.unread):
            self._remember(identities)
            self._counters.duplicates += len(records)
            return Kept((False,) * len(records))
        frame = _Frame(records, identities, self._place(identities))
        if not self.allowance.async_allows():
            self._tell_unkept(frame)
            return None
        keeping = self._async_keep(records, identities, frame.placed, batch.unread)
        try:
            if any(place.live for place in frame.placed):
                kept = await self._async_tell_in_time(keeping, frame)
            else:
                kept = await keeping
        except LedgerUnavailable:
            self._tell_unkept(frame)
            return None
        # When the acknowledgement is on its way: the terminal does not wait for whoever listens.
        asyncio.get_running_loop().call_soon(self._tell, frame, kept)
        return kept

    async def _async_tell_in_time(self, keeping: Coroutine[Any, Any, Kept], frame: _Frame) -> Kept:
        """Wait until records are kept; tell what is live when that takes too long."""
        task = asyncio.create_task(keeping, name=f"keep {self._serial}")
        try:
            await asyncio.wait((task,), timeout=TELLING_PATIENCE)
            if not task.done():
                self._tell_unkept(frame)
            return await outcome_of(task)
        except asyncio.CancelledError:
            # The connection is gone. What came over it may be kept all the same, and is no news when it comes again,
            # nor when the disk is back.
            if not task.done():
                self._tell_unkept(frame)
            task.add_done_callback(partial(self._tell_after_all, frame))
            raise

    @property
    def has_left_out(self) -> bool:
        """Return whether the terminal has said what there was no room for; only its own log has it."""
        return self._unread.tally.left_out > 0

    def question_in(self, batch: LogBatch) -> LogRecord | None:
        """Return the record that may ask whether somebody may pass: a single punch that is not known yet."""
        if len(batch.records) != 1:
            return None
        record = batch.records[0]
        if record.enroll_id is None or record.is_door_event:
            return None
        [identity] = self._arrivals.identities(batch.records, batch.log_index)
        pending = self._pending.get(identity)
        known = identity in self._kept or identity in self._answered or (pending is not None and pending.told)
        return None if known else record

    def answer(self, batch: LogBatch) -> Placed:
        """Note that a question is answered, which it is once, and return when it was asked."""
        identities = self._arrivals.identities(batch.records, batch.log_index)
        [identity] = identities
        self._answered.note(identity)
        return self._wait_for(identity, *self._place(identities)).placed

    @callback
    def async_note_outcome(self, batch: LogBatch, *, granted: bool, decided_by: Decider | None) -> None:
        """Keep what became of a punch that was asked about, as soon as the punch itself is kept."""
        [identity] = self._arrivals.identities(batch.records, batch.log_index)
        self.outcomes.async_note(identity, granted=granted, decided_by=decided_by)

    async def async_is_new(self, batch: LogBatch) -> bool:
        """Return whether a single record has not been answered about before Home Assistant started.

        By its ledger, which is asked for some seconds after that; one that cannot be read does not say so.
        """
        if not self._answered.is_forgetful:
            return True
        [identity] = self._arrivals.identities(batch.records, batch.log_index)
        try:
            async with asyncio.timeout(LOOK_PATIENCE):
                return not await self._ledger.has(self._serial, identity)
        except LedgerUnavailable, TimeoutError:
            return False

    async def async_take_history(self, records: Table[LogRecord], unread: Sequence[Unread] = ()) -> Kept:
        """Keep what was asked for and not sent: never told, whatever its time.

        Raises `LedgerUnavailable`, and `LogAllowanceUsedUp` where the terminal has added so many today.
        """
        if not self.allowance.async_allows():
            raise LogAllowanceUsedUp
        placed = [Placed(instant, live=False) for instant in self._clock.instants(records.column("time"))]
        shared = shared_of(records)
        identities = self._arrivals.fetched(shared, await self._ledger.aparts(self._serial, shared))
        kept = await self._async_keep(records, identities, placed, unread)
        self._remember(identities)
        return kept

    def _place(self, identities: Sequence[Identity]) -> list[Placed]:
        """Return where the records of a frame belong in time; those that are known to wait stay where they are."""
        if self._pending.keys().isdisjoint(identities):
            return self._place_new(identities, len(identities))
        pending = [self._pending.get(identity) for identity in identities]
        new = iter(
            self._place_new(
                [identity for identity, one in zip(identities, pending, strict=True) if one is None], len(identities)
            )
        )
        return [next(new) if one is None else one.placed for one in pending]

    def _place_new(self, identities: Sequence[Identity], records_in_frame: int) -> list[Placed]:
        placed = self._clock.place([time for _, time, *_ in identities], records_in_frame)
        if len(identities) == records_in_frame == 1 and self._arrivals.stands(identities[0]):
            placed = [self._clock.place_by_arrival()]
        for index, ((enroll_id, *_), place) in enumerate(zip(identities, placed, strict=True)):
            if place.live and identities[index] not in self._kept:
                news = self._door_news if enroll_id == 0 else self._punches
                if self._doubted() or not news.spend(1):
                    self._counters.no_news += 1
                    placed[index] = place._replace(live=False)
        return placed

    def _wait_for(self, identity: Identity, placed: Placed) -> _Pending:
        """Remember a record that is not kept yet."""
        pending = self._pending.setdefault(identity, _Pending(placed))
        self._pending.move_to_end(identity)
        if len(self._pending) > REMEMBERED:
            self._pending.popitem(last=False)
        return pending

    def _remember(self, identities: Sequence[Identity]) -> None:
        """Remember what is kept."""
        self._arrivals.kept(identities)
        if self._pending:
            for identity in identities:
                self._pending.pop(identity, None)
        for known in self._kept.keys() & identities:
            del self._kept[known]
        # As plain tuples, of which the garbage collector lets go: others that live for a while make it walk through all
        # of Home Assistant during a backlog. As many are forgotten as came, for the same reason.
        self._kept.update(dict.fromkeys(map(tuple, identities)))
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        self.outcomes.async_look()

    async def _async_keep(
        self,
        records: Table[LogRecord],
        identities: Sequence[Identity],
        placed: Sequence[Placed],
        unread: Sequence[Unread],
    ) -> Kept:
        received_at = dt_util.utcnow()
        if unread:
            await self._unread.async_keep(unread, identities, received_at)
        by_itself = None if self._asks() else Decider.TERMINAL
        entries = entries_of(records, identities, placed, received_at, by_itself)
        new: list[bool] = []
        for part in batched(entries, MAX_ENTRIES, strict=False):
            new += (await self._ledger.keep(self._serial, part)).new
        if any(new):
            self.allowance.async_use(sum(new))
            self._on_kept()
        return Kept(tuple(new))

    def _tell_after_all(self, frame: _Frame, task: asyncio.Task[Kept]) -> None:
        """Tell what nobody waited for."""
        if not task.cancelled():
            if task.exception() is None:
                self._tell(frame, task.result())
            else:
                self._tell_unkept(frame)

    def _tell_unkept(self, frame: _Frame) -> None:
        """Tell what is live before it is kept, once; what is old can wait."""
        news: list[tuple[LogRecord, Placed]] = []
        for index, (identity, place) in enumerate(zip(frame.identities, frame.placed, strict=True)):
            pending = self._wait_for(identity, place)
            if place.live and not pending.told and identity not in self._kept:
                pending.told = True
                news.append((frame.records[index], place))
        asyncio.get_running_loop().call_soon(self._tell_live, news)

    def _tell(self, frame: _Frame, kept: Kept) -> None:
        """Tell each record that is new, once, and remember that all of them are kept."""
        told = self._kept.keys() & frame.identities
        if self._pending:
            told |= {identity for identity in frame.identities if (one := self._pending.get(identity)) and one.told}
        untold: Sequence[int] = range(len(kept.new))
        if told:
            untold = [index for index in untold if frame.identities[index] not in told]
        new = [index for index in untold if kept.new[index]]
        self._counters.duplicates += len(untold) - len(new)
        live = [index for index in new if frame.placed[index].live]
        history = [index for index in new if not frame.placed[index].live]
        self._remember(frame.identities)
        self._counters.history += len(history)
        if history:
            doors = [] if self._doubted() else [index for index in history if frame.identities[index][0] == 0]
            self._history(
                [frame.placed[index].occurred_at for index in history],
                [(frame.records[index], frame.placed[index]) for index in doors],
            )
        self._tell_live([(frame.records[index], frame.placed[index]) for index in live])

    def _tell_live(self, news: Sequence[tuple[LogRecord, Placed]]) -> None:
        """Tell news now; those that come together one by one, with the event loop free between them."""
        if len(news) == 1:
            self._live(*news[0])
            return
        is_idle = not self._news
        self._news.extend(news)
        if is_idle and self._news:
            self._tell_next()

    def _tell_next(self) -> None:
        record, placed = self._news[0]
        asyncio.get_running_loop().call_soon(self._tell_rest)
        self._live(record, placed)

    def _tell_rest(self) -> None:
        self._news.popleft()
        if self._news:
            self._tell_next()
