"""What waits to be written, as the event loop sees it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .database import Database
from .entries import Kept
from .errors import Cause, LedgerUnavailable
from .failures import Failure
from .health import Counters, Health
from .limits import Limits
from .rows import Values
from .writer import Batch, Chore, Job, Result, Writer

_LOGGER = logging.getLogger(__name__)

type HealthListener = Callable[[Health], None]


class Intake:
    """Hands jobs to the writer and its answers back, and knows how the ledger is. For one event loop."""

    def __init__(self, database: Database, limits: Limits, *, is_trial: bool) -> None:
        """Prepare; nothing is opened before `start`."""
        self._is_trial = is_trial
        self._database = database
        self._limits = limits
        self._writer: Writer | None = None
        self._opened: asyncio.Future[None] | None = None
        # Who waits for how many rows.
        self._waiting: dict[asyncio.Future[Any], int] = {}
        self._queued = 0
        self._room = asyncio.Event()
        # What the writer lost the database of, and whether it takes too long over something.
        self._lost: Failure | None = Failure(Cause.CLOSED, "not started")
        self._overdue = False
        self._set_aside: Path | None = None
        self._identity: str | None = None
        self._listeners: list[HealthListener] = []
        self._failures: Counter[Cause] = Counter()
        self._kept = self._duplicates = self._commits = self._largest = 0
        self._last_commit = 0.0
        self.health = Health(available=False, since=datetime.now(UTC), cause=Cause.CLOSED, detail="not started")

    async def start(self) -> None:
        """Start the writer and wait for its first look at the database, which `health` tells of."""
        loop = asyncio.get_running_loop()
        self._opened = loop.create_future()
        self._writer = Writer(self._database, self._limits, self, loop, is_trial=self._is_trial)
        self._writer.start()
        try:
            async with asyncio.timeout(self._limits.commit):
                await self._opened
        except TimeoutError:
            if self._lost is not None and self._lost.cause is Cause.CLOSED:
                self.lost(Failure(Cause.SLOW, "the database was not opened in time"))

    async def keep(self, serial: str, rows: Sequence[Values]) -> Kept:
        """Return once rows are committed; raises `LedgerUnavailable`, at once while the ledger is not available."""
        try:
            async with asyncio.timeout(self._limits.commit):
                kept: Kept = await self._submit(Batch(self._ticket(), serial, rows), len(rows))
        except TimeoutError:
            # What is queued may still be written, and its end shows that the writer is well.
            self._overdue = bool(self._waiting)
            self._refresh()
            self._failures[Cause.SLOW] += 1
            raise LedgerUnavailable(Cause.SLOW, "a commit took too long") from None
        except LedgerUnavailable as err:
            self._failures[err.cause] += 1
            raise
        return kept

    async def do[T](self, work: Callable[[Database], T]) -> T:
        """Return what a piece of work returns that the writer does on its own; raises what that raises."""
        try:
            async with asyncio.timeout(self._limits.chore):
                done: T = await self._submit(Chore(self._ticket(), work), 1)
        except TimeoutError:
            self._failures[Cause.SLOW] += 1
            raise LedgerUnavailable(Cause.SLOW, "the work took too long") from None
        except LedgerUnavailable as err:
            self._failures[err.cause] += 1
            raise
        return done

    async def close(self, patience: float) -> None:
        """Take nothing more, and wait until everything queued is written; who waits for longer than that fails."""
        writer, self._writer = self._writer, None
        self._lost = Failure(Cause.CLOSED, "closed")
        self._refresh()
        self._room.set()
        if writer is not None:
            await asyncio.get_running_loop().run_in_executor(None, writer.stop, patience)
        for ticket in tuple(self._waiting):
            if not ticket.done():
                _fail(ticket, LedgerUnavailable(Cause.CLOSED, "closed before it was written"))

    def subscribe(self, listener: HealthListener) -> Callable[[], None]:
        """Call `listener` with every change of health until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def counters(self) -> Counters:
        """What has been done so far."""
        return Counters(
            kept=self._kept,
            duplicates=self._duplicates,
            commits=self._commits,
            largest_commit=self._largest,
            last_commit=self._last_commit,
            queue_length=self._queued,
            failures=MappingProxyType(dict(self._failures)),
        )

    # What the writer says (writer.Desk)

    def opened(self) -> None:
        """Let `start` return."""
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)

    def settled(self, results: Sequence[Result], rows: int, seconds: float) -> None:
        """Wake whoever waited for a commit."""
        for ticket, value in results:
            self._queued -= self._waiting.pop(ticket, 0)
            if isinstance(value, Kept):
                self._kept += value.news
                self._duplicates += value.duplicates
            if ticket.done():
                continue  # nobody waits any more
            if isinstance(value, Exception):
                _fail(ticket, value)
            else:
                ticket.set_result(value)
        if rows:
            self._commits += 1
            self._largest = max(self._largest, rows)
            self._last_commit = seconds
        if self._queued < self._limits.queued_rows:
            self._room.set()
        if self._overdue:
            self._overdue = False
            self._refresh()

    def lost(self, failure: Failure) -> None:
        """Note why nothing can be written for now."""
        if self._writer is not None:
            self._lost = failure
            self._refresh()

    def found(self, set_aside: Path | None, identity: str | None) -> None:
        """Note that the database is back."""
        if self._writer is not None:
            self._lost = None
            self._set_aside, self._identity = set_aside, identity
            self._refresh()

    def _ticket(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    async def _submit(self, job: Job, size: int) -> Any:
        writer = self._admit()
        while self._queued >= self._limits.queued_rows:
            self._room.clear()
            await self._room.wait()
            writer = self._admit()
        self._waiting[job.ticket] = size
        self._queued += size
        writer.put(job)
        return await job.ticket

    def _admit(self) -> Writer:
        """Return the writer; raises while nothing can be written."""
        if self._writer is None or self.health.cause is not None:
            raise LedgerUnavailable(self.health.cause or Cause.CLOSED, self.health.detail)
        return self._writer

    def _refresh(self) -> None:
        """Say how the ledger is, if that is news."""
        failure = self._lost or (Failure(Cause.SLOW, "a commit takes too long") if self._overdue else None)
        health = Health(
            available=failure is None,
            since=datetime.now(UTC),
            cause=failure.cause if failure else None,
            detail=failure.detail if failure else "",
            set_aside=self._set_aside,
            identity=self._identity,
        )
        if replace(health, since=self.health.since) == self.health:
            return
        self.health = health
        for listener in tuple(self._listeners):
            try:
                listener(health)
            except Exception:
                _LOGGER.exception("A listener failed on the health of the ledger")


def _fail(ticket: asyncio.Future[Any], error: Exception) -> None:
    """Raise where a ticket is waited for; where nobody waits any more, the error is known all the same."""
    ticket.set_exception(error)
    ticket.exception()
