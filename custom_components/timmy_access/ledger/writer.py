"""The one thread that writes: whatever waits is committed together."""

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import logging
from pathlib import Path
from queue import Empty, SimpleQueue
import threading
from time import monotonic
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from .database import Database
from .errors import Cause, LedgerInvalid
from .failures import Failure, failure_of, is_conflict
from .keeper import ATTEMPTS, Keeper
from .limits import Limits
from .rows import Values

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Records of one call; `ticket` is what the event loop waits for, and nothing this thread may touch."""

    ticket: Future[Any]
    serial: str
    rows: Sequence[Values]


@dataclass(frozen=True, eq=False, slots=True)
class Chore:
    """Anything else that is written, on its own."""

    ticket: Future[Any]
    work: Callable[[Database], object]


type Job = Batch | Chore
type Result = tuple[Future[Any], object]


class Desk(Protocol):
    """Whoever handed in the jobs; called in its own event loop."""

    def opened(self) -> None:
        """Hear that the database was tried for the first time."""

    def settled(self, results: Sequence[Result], rows: int, seconds: float) -> None:
        """Take the results of one commit, each a ticket with a value or an error; `rows` were written."""

    def lost(self, failure: Failure) -> None:
        """Hear that nothing can be written for now."""

    def found(self, set_aside: Path | None, identity: str | None) -> None:
        """Hear that writing works (again), which corrupt file was put aside for that, and which database it is."""


def _failure_of(err: Exception) -> Failure:
    """Return what an error means; one that no database raised is a mistake of ours, and its place is logged."""
    failure = failure_of(err)
    if failure.cause is Cause.UNKNOWN and not isinstance(err, SQLAlchemyError):
        _LOGGER.error("The ledger failed", exc_info=err)
    return failure


class Writer:
    """Takes jobs from a queue and writes them; while the database is away, looks for it with growing pauses."""

    def __init__(
        self, database: Database, limits: Limits, desk: Desk, loop: AbstractEventLoop, *, is_trial: bool
    ) -> None:
        """Prepare the thread; nothing happens before `start`."""
        self._is_trial = is_trial
        self._loop = loop
        self._database = database
        self._limits = limits
        self._desk = desk
        self._keeper = Keeper(database)
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._failure: Failure | None = None
        self._pause = limits.probe_first
        self._look_at = 0.0
        self._set_aside: Path | None = None
        # A commit that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="timmy_access ledger", daemon=True)

    def start(self) -> None:
        """Begin: open the database, then take jobs."""
        self._thread.start()

    def put(self, job: Job) -> None:
        """Queue a job."""
        self._queue.put(job)

    def stop(self, patience: float) -> bool:
        """Wait until everything queued before is done; False where that took too long. Blocks."""
        self._queue.put(None)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._look()
        self._tell(self._desk.opened)
        stopped = False
        while not stopped:
            if self._failure is not None and monotonic() >= self._look_at:
                self._look()
            jobs, stopped = self._next()
            self._work(jobs)
        try:
            self._database.close()
        except Exception as err:  # noqa: BLE001 - whatever a driver makes of a lost connection
            _LOGGER.debug("The database was not closed cleanly: %s", failure_of(err).detail)

    def _next(self) -> tuple[list[Job], bool]:
        """Wait for jobs and return all that wait, within limits; True where no more will come."""
        jobs: list[Job] = []
        rows = 0
        timeout = None if self._failure is None else max(0.0, self._look_at - monotonic())
        try:
            job = self._queue.get(timeout=timeout)
            while job is not None:
                jobs.append(job)
                rows += len(job.rows) if isinstance(job, Batch) else 1
                if rows >= self._limits.group_rows:
                    return jobs, False
                job = self._queue.get_nowait()
        except Empty:
            return jobs, False
        return jobs, True

    def _work(self, jobs: Sequence[Job]) -> None:
        if batches := [job for job in jobs if isinstance(job, Batch)]:
            self._commit(batches)
        for job in jobs:
            if isinstance(job, Chore):
                self._do(job)

    def _commit(self, batches: Sequence[Batch]) -> None:
        if self._failure is not None:
            self._fail(batches, self._failure)
            return
        begun = monotonic()
        try:
            written = self._keeper.keep([(batch.serial, batch.rows) for batch in batches])
        except Exception as err:  # noqa: BLE001 - a driver may raise anything; the thread must go on
            self._keeper.forget()
            failure = _failure_of(err)
            if not failure.own_fault:
                self._lose(failure)
                self._fail(batches, failure)
            elif len(batches) == 1:
                self._fail(batches, failure)
            else:  # one record that the database does not take must not keep out those of others
                for batch in batches:
                    self._commit([batch])
            return
        self._pause = self._limits.probe_first
        results = list(zip([batch.ticket for batch in batches], written.kept, strict=True))
        self._tell(self._desk.settled, results, written.rows, monotonic() - begun)

    def _do(self, chore: Chore) -> None:
        if self._failure is not None:
            self._fail([chore], self._failure)
            return
        try:
            result = self._insist(chore.work)
        except LedgerInvalid as err:
            self._tell(self._desk.settled, [(chore.ticket, err)], 0, 0.0)
        except Exception as err:  # noqa: BLE001 - as above
            self._keeper.forget()
            failure = _failure_of(err)
            if not failure.own_fault:
                self._lose(failure)
            self._fail([chore], failure)
        else:
            self._tell(self._desk.settled, [(chore.ticket, result)], 0, 0.0)

    def _insist(self, work: Callable[[Database], object]) -> object:
        for _ in range(1, ATTEMPTS):
            try:
                return work(self._database)
            except Exception as err:
                if not is_conflict(err):
                    raise
        return work(self._database)

    def _tell[*Ts](self, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:  # the loop is closed: nobody waits any more
            _LOGGER.debug("Nobody waits for the ledger any more")

    def _fail(self, jobs: Sequence[Job], failure: Failure) -> None:
        self._tell(self._desk.settled, [(job.ticket, failure.error()) for job in jobs], 0, 0.0)

    def _lose(self, failure: Failure) -> bool:
        """Give up on the database for now; True where a corrupt file was put aside, so that a new one can be begun."""
        if self._failure is None or self._failure.cause is not failure.cause:
            _LOGGER.warning("The ledger cannot write: %s %s", failure.cause, failure.detail)
        self._failure = failure
        self._keeper.forget()
        self._database.disconnect()
        aside = self._put_aside() if failure.cause is Cause.CORRUPT and not self._is_trial else None
        self._tell(self._desk.lost, failure)
        # At once in a new file, unless that one was no better.
        wait = 0.0 if aside and self._pause == self._limits.probe_first else self._pause
        self._look_at = monotonic() + wait
        self._pause = min(2 * self._pause, self._limits.probe_longest)
        return aside is not None and not wait

    def _put_aside(self) -> Path | None:
        try:
            aside = self._database.put_aside()
        except OSError as err:
            _LOGGER.error("The corrupt file could not be renamed: %s", err.strerror)
            return None
        if aside is not None:
            self._set_aside = aside
            _LOGGER.error("The database was corrupt and is now %s; a new one is begun", aside)
        return aside

    def _look(self) -> None:
        """See whether writing works."""
        try:
            self._insist(lambda database: database.open())
        except Exception as err:  # noqa: BLE001 - as above
            if self._lose(_failure_of(err)):
                self._look()
            return
        if self._failure is not None:
            _LOGGER.info("The ledger can write again")
        self._failure = None
        self._tell(self._desk.found, self._set_aside, self._database.identity)
