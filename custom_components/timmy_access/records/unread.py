"""What one terminal said and was not understood: kept before it is acknowledged, told of, and read again."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ..ledger import Cause, Identity, Ledger, LedgerUnavailable, StoredUnread, Tally, UnreadFrame
from ..ledger.limits import MAX_ENTRIES
from ..protocol.log_budget import LogBudget
from ..protocol.messages import LogBatch, LogRecord, UserUpload
from ..protocol.table import Table
from ..protocol.throttle import Throttle
from ..protocol.unread import Unread
from ..protocol.wire import plain
from ..terminal.clock import Placed, TerminalClock
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.patient_work import PatientWork
from ..terminal.tasks import Tasks
from .arrivals import shared_of
from .entries import entries_of

# As long as a commit of records may take: a terminal waits about 20 s for its acknowledgement (field notes 1, silence).
PATIENCE = 10.0
# Frames that are recognised without asking the database; terminals repeat one at a time (field notes 0.2).
REMEMBERED = 1_000
# Pushes nobody knows that are being kept at the same time. A database that hangs must not pile them up; one that comes
# on top is not acknowledged, and comes again.
MAX_SETTING_ASIDE = 4

# All entities look at a change of the state, and the repair issue is written anew: so many changes at once, and then
# one in so many seconds.
SHOWN_AT_ONCE = 10
SHOWN_SECONDS = 10.0

_LOG_WORDS = frozenset({"getalllog", "getnewlog", "sendlog", "sendrtlog"})
_USER_WORDS = frozenset({"sendface", "senduser", "senduserinfo", "senduserpic"})


class UnreadStore:
    """What is kept unread of one terminal.

    Where the database does not take it, nothing is acknowledged, and the terminal says it again. Where there is no room
    for more, that is counted and told of, and the frame is acknowledged: otherwise the terminal would repeat it for
    ever, and keep back all that comes after it.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        clock: TerminalClock,
        tasks: Tasks,
        coordinator: TerminalCoordinator,
        log: LogBudget,
        on_kept: Callable[[], None],
    ) -> None:
        """Keep in `ledger`, show how much it is, and call `on_kept` when records of it were understood at last."""
        self._serial = coordinator.serial
        self._coordinator = coordinator
        self._ledger = ledger
        self._clock = clock
        self._tasks = tasks
        self._log = log
        self._on_kept = on_kept
        self._held: OrderedDict[int, None] = OrderedDict()
        self._setting_aside = 0
        self._shows = Throttle(1 / SHOWN_SECONDS, SHOWN_AT_ONCE)
        self._is_late = False
        self.tally = Tally()
        self._is_restored = False
        name = f"read again what {self._serial} said"
        self._work = PatientWork(hass, ledger, self._async_read_again, name, tasks.async_start)

    def holds(self, unread: Iterable[Unread]) -> bool:
        """Return whether all of it is known to be kept."""
        return all(_key_of(one.word, one.frame) in self._held for one in unread)

    async def async_keep(self, unread: Sequence[Unread], identities: Sequence[Any], received_at: datetime) -> None:
        """Keep what was not understood, or count it where there is no room; raises `LedgerUnavailable`.

        `identities` are those of the records that it came with.
        """
        frames = [
            UnreadFrame(
                word=one.word,
                frame=one.frame,
                received_at=received_at,
                kept_as=None if one.row is None else Identity(*identities[one.row]),
            )
            for one in unread
        ]
        try:
            async with asyncio.timeout(PATIENCE):
                for part in batched(frames, MAX_ENTRIES, strict=False):
                    self._tell(await self._ledger.keep_unread(self._serial, part))
        except TimeoutError:
            raise LedgerUnavailable(Cause.SLOW, "a commit took too long") from None
        for one in unread:
            self._remember(_key_of(one.word, one.frame))

    async def async_set_aside(self, unread: Unread, received_at: datetime) -> bool:
        """Keep a push that nobody knows; False, and it is not acknowledged, where that cannot be done now.

        Of one that names nobody and holds no list, each form is kept once: it was told of, and may come every minute.
        """
        matters = any(isinstance(value, list | dict) or plain(key) == "enrollid" for key, value in unread.frame.items())
        key = _key_of(unread.word, unread.frame if matters else sorted(unread.frame))
        if key in self._held:
            return True
        if self._setting_aside >= MAX_SETTING_ASIDE:
            return False
        self._setting_aside += 1
        try:
            await self.async_keep([unread], (), received_at)
        except LedgerUnavailable:
            return False
        finally:
            self._setting_aside -= 1
        self._remember(key)
        return True

    async def async_restore(self) -> None:
        """Read again what is kept, once; as long as the ledger is away, later."""
        self._work.async_start()
        self._work.async_now()

    @callback
    def async_stop(self) -> None:
        """Read nothing again any more."""
        self._work.async_cancel()

    async def _async_read_again(self) -> None:
        if self._is_restored:
            return
        self._tell(await self._ledger.unread_tally(self._serial))
        after = 0
        while page := await self._ledger.unread(self._serial, after):
            after = page[-1].id
            await self._async_take(page)
        self._is_restored = True

    async def _async_take(self, page: Sequence[StoredUnread]) -> None:
        """Keep the records of what is understood, which then is unread no more."""
        understood: list[int] = []
        for stored in page:
            records = _read(stored)
            if records is None:
                continue
            understood.append(stored.id)
            placed = [Placed(instant, live=False) for instant in self._clock.instants(records.column("time"))]
            entries = entries_of(
                records, self._told_apart(records, stored.received_at), placed, stored.received_at, None
            )
            for part in batched(entries, MAX_ENTRIES, strict=False):
                if any((await self._ledger.keep(self._serial, part)).new):
                    self._on_kept()
        if understood:
            self._log.log(logging.INFO, "%d frames of %s are understood at last", len(understood), self._serial)
            self._tell(await self._ledger.forget_unread(self._serial, understood))

    def _told_apart(self, records: Table[LogRecord], received_at: datetime) -> list[Identity]:
        """Return what tells records apart; where their time does not, when they arrived."""
        shared = shared_of(records)
        arrived = round(received_at.timestamp() * 1_000_000)
        nothing_told = self._clock.tells_nothing([one.time for one in shared])
        return [
            one._replace(apart=arrived + index if untold else 0)
            for index, (one, untold) in enumerate(zip(shared, nothing_told, strict=True))
        ]

    def _remember(self, key: int) -> None:
        self._held[key] = None
        if len(self._held) > REMEMBERED:
            self._held.popitem(last=False)

    def _tell(self, tally: Tally) -> None:
        before = self.tally
        if tally.kept and not before.kept:
            self._log.log(
                logging.WARNING,
                "%s said something that is not understood wholly; it is kept, to be read again by a later version",
                self._serial,
            )
        if tally.left_out and not before.left_out:
            self._log.log(logging.ERROR, "There is no room for all that %s said and is not understood", self._serial)
        if tally == before:
            return
        self.tally = tally
        if self._shows.spend(1):
            self._show()
        elif not self._is_late:
            self._is_late = True
            self._tasks.async_start(self._async_show_later(), f"show what {self._serial} said")

    async def _async_show_later(self) -> None:
        await asyncio.sleep(SHOWN_SECONDS)
        self._is_late = False
        self._show()

    def _show(self) -> None:
        if self.tally != self._coordinator.data.unread:
            self._coordinator.async_replace(replace(self._coordinator.data, unread=self.tally))


def _read(stored: StoredUnread) -> Table[LogRecord] | None:
    """Return the records of a frame that is understood, which may be none; None where it still is not."""
    if stored.word in _USER_WORDS:
        # Who is on a terminal is read from there with each connection.
        return None if UserUpload.parse(stored.frame).is_partly_read else LogBatch.parse({}).records
    if stored.word not in _LOG_WORDS:
        return None
    batch = LogBatch.parse(stored.frame)
    return batch.records if batch.records and not batch.unread else None


def _key_of(word: str, frame: object) -> int:
    return hash((word, repr(frame)))
