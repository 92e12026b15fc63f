"""What outlives the process: a database in memory and a journal on the disk, either of which may have its troubles."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, override

from custom_components.timmy_access.ledger import (
    Cause,
    Entry,
    Health,
    HouseItem,
    Identity,
    Kept,
    LastSeen,
    LedgerInvalid,
    LedgerUnavailable,
    Pass,
    PassUse,
    Person,
    Problem,
    Tally,
)
from custom_components.timmy_access.records.journal import Journal, Line

# How long the real ledger lets a caller wait, and how long it takes to close.
COMMIT_SECONDS = 10.0
CLOSE_SECONDS = 4.0
# A slow disk: so long before a commit, and as long after it until it is known.
SLOWNESS = 0.1


class Mode(StrEnum):
    """How a database or a disk is."""

    AWAY = "away"
    HANGS = "hangs"
    LOST = "lost"  # what is written is written, and nobody hears of it
    SLOW = "slow"
    WELL = "well"


class Disk:
    """What is written. Whoever writes is gone after a kill, with what had not been written by then."""

    def __init__(self) -> None:
        self.mode = Mode.WELL
        self.journal = Mode.WELL
        self.passes: dict[str, Pass] = {}
        self.uses: set[PassUse] = set()
        self.records: set[tuple[str, Identity]] = set()
        self.people: dict[str, dict[int, Person]] = {}
        self.ledgers: list[MemoryLedger] = []
        self.hung: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()

    def become(self, mode: Mode) -> None:
        """Have the database in another mode."""
        self.mode = mode
        for ledger in tuple(self.ledgers):
            ledger.disk_changed()

    def journal_becomes(self, mode: Mode) -> None:
        """Have the disk of the journal in another mode."""
        self.journal = mode
        while self.hung and mode is not Mode.HANGS:
            _finish(*self.hung.popleft())

    def execute[R](self, work: Callable[..., R], *arguments: Any) -> asyncio.Future[R]:
        """Do what else a thread would; one that uses the journal hangs where that does."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        job = partial(work, *arguments)
        if isinstance(getattr(work, "__self__", None), Journal) and self.journal is Mode.HANGS:
            self.hung.append((future, job))
        else:
            _finish(future, job)
        return future

    def kill(self) -> None:
        """Let nobody write any more who has written so far."""
        for ledger in self.ledgers:
            ledger.dead = True
            ledger.queue.clear()
        self.ledgers.clear()
        self.hung.clear()


class TroubledJournal(Journal):
    """The real journal on a disk that may refuse to write."""

    disk: Disk

    @override
    def open(self) -> list[Line]:
        self._check()
        return super().open()

    @override
    def _write(self, slot: int, line: bytes) -> None:
        self._check()
        super()._write(slot, line)

    def _check(self) -> None:
        if self.disk.journal is Mode.AWAY:
            raise OSError(28, "No space left on device")


@dataclass(eq=False)
class _Job:
    work: Callable[[], Any]
    done: asyncio.Future[Any]
    is_heard: bool = True


class MemoryLedger:
    """Does what `Ledger` does for the parts that decide at doors."""

    def __init__(self, disk: Disk, url: Any) -> None:
        self.name = str(url)
        self.dead = False
        self.queue: deque[_Job] = deque()
        self._disk = disk
        self._listeners: list[Callable[[Health], None]] = []
        self.health = Health(available=True, since=datetime.now(UTC))
        disk.ledgers.append(self)

    # Its life

    async def start(self) -> None:
        self._note(available=self._disk.mode is not Mode.AWAY)

    async def close(self) -> None:
        if self._disk.mode is Mode.HANGS and self.queue:
            await asyncio.wait([job.done for job in self.queue], timeout=CLOSE_SECONDS)
        self._run()
        for job in self.queue:
            _fail(job.done, Cause.CLOSED)
        self.queue.clear()
        if self in self._disk.ledgers:
            self._disk.ledgers.remove(self)
        self.dead = True

    def subscribe(self, listener: Callable[[Health], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def disk_changed(self) -> None:
        if self._disk.mode is Mode.AWAY:
            while self.queue:
                _fail(self.queue.popleft().done, Cause.UNREACHABLE)
        elif self._disk.mode is not Mode.HANGS:
            self._run()
            self._note(available=True)

    # Records and people

    async def keep(self, serial: str, entries: Sequence[Entry]) -> Kept:
        keys = [(serial, entry.identity) for entry in entries]

        def _keep() -> Kept:
            new = tuple(key not in self._disk.records for key in keys)
            self._disk.records.update(keys)
            return Kept(new)

        kept: Kept = await self._write(_keep)
        return kept

    async def has(self, serial: str, identity: Identity) -> bool:
        known: bool = await self._read(lambda: (serial, identity) in self._disk.records)
        return known

    async def last_apart(self, _: str) -> dict[Identity, list[int]]:
        await self._read(lambda: None)
        return {}

    async def set_outcome(self, *_: Any, **__: Any) -> None:
        await self._write(lambda: None)

    async def count(self, *_: Any) -> Mapping[str, int]:
        await self._read(lambda: None)
        return {}

    async def unread_tally(self, _: str) -> Tally:
        await self._read(lambda: None)
        return Tally()

    async def unread(self, *_: Any) -> tuple[()]:
        await self._read(lambda: None)
        return ()

    async def people(self, serial: str) -> tuple[Person, ...]:
        people: tuple[Person, ...] = await self._read(lambda: tuple(self._disk.people.get(serial, {}).values()))
        return people

    async def update_people(self, *_: Any) -> None:
        await self._write(lambda: None)

    async def forget_people(self, *_: Any) -> int:
        await self._write(lambda: None)
        return 0

    async def last_seen(self, *_: Any) -> tuple[LastSeen, ...]:
        await self._read(lambda: None)
        return ()

    # Passes

    async def passes(self) -> tuple[Pass, ...]:
        passes: tuple[Pass, ...] = await self._read(lambda: tuple(self._disk.passes.values()))
        return passes

    async def keep_pass(self, held: Pass) -> None:
        def _keep() -> None:
            known = self._disk.passes.get(held.id)
            said = (held.revoked_at, None if known is None else known.revoked_at)
            revoked = [at for at in said if at is not None]
            self._disk.passes[held.id] = replace(held, revoked_at=min(revoked, default=None))

        await self._write(_keep)

    async def keep_pass_use(self, use: PassUse) -> bool:
        def _keep() -> bool:
            if use.pass_id not in self._disk.passes:
                raise LedgerInvalid("pass_id", Problem.NOT_KNOWN)
            new = use not in self._disk.uses
            self._disk.uses.add(use)
            return new

        new: bool = await self._write(_keep)
        return new

    async def forget_pass_use(self, use: PassUse) -> bool:
        await self._write(lambda: self._disk.uses.discard(use))
        return True

    async def pass_use_counts(self) -> dict[str, int]:
        def _count() -> dict[str, int]:
            counts: dict[str, int] = {}
            for use in self._disk.uses:
                counts[use.pass_id] = counts.get(use.pass_id, 0) + 1
            return counts

        counts: dict[str, int] = await self._read(_count)
        return counts

    # Inside

    async def _write(self, work: Callable[[], Any]) -> Any:
        self._check()
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future(), is_heard=self._disk.mode is not Mode.LOST)
        self.queue.append(job)
        if self._disk.mode is Mode.SLOW:
            loop.call_later(SLOWNESS, self._run, job)
        elif self._disk.mode is not Mode.HANGS:
            self._run(job)
        if self._disk.mode is Mode.SLOW:
            await asyncio.sleep(2 * SLOWNESS)
        await asyncio.wait((job.done,), timeout=COMMIT_SECONDS)
        if not job.done.done() or not job.is_heard:
            self._note(available=False)
            raise LedgerUnavailable(Cause.SLOW)
        return job.done.result()

    # The house, of which nothing is kept

    async def house(self, _: str) -> tuple[HouseItem, ...]:
        await self._read(lambda: None)
        return ()

    async def keep_house(self, *_: Any) -> None:
        await self._write(lambda: None)

    async def _read(self, work: Callable[[], Any]) -> Any:
        self._check()
        if self._disk.mode is Mode.HANGS:
            return await self._write(work)
        found = work()
        await asyncio.sleep(SLOWNESS if self._disk.mode is Mode.SLOW else 0)
        return found

    def _check(self) -> None:
        if self.dead:
            raise LedgerUnavailable(Cause.CLOSED)
        if self._disk.mode is Mode.AWAY:
            self._note(available=False)
            raise LedgerUnavailable(Cause.UNREACHABLE)

    def _run(self, up_to: _Job | None = None) -> None:
        """Commit what waits, in its order."""
        if self.dead or self._disk.mode in (Mode.HANGS, Mode.AWAY) or (up_to and up_to not in self.queue):
            return
        while self.queue:
            job = self.queue.popleft()
            _finish(job.done, job.work)
            if job is up_to:
                return

    def _note(self, *, available: bool) -> None:
        if available != self.health.available:
            self.health = Health(available=available, since=datetime.now(UTC))
            for listener in tuple(self._listeners):
                listener(self.health)


def _finish(future: asyncio.Future[Any], work: Callable[[], Any]) -> None:
    """Do something, whether or not anybody still waits for what comes of it."""
    try:
        result = work()
    except Exception as err:  # noqa: BLE001 - it is whoever waits who hears of it
        if not future.done():
            future.set_exception(err)
            future.exception()
    else:
        if not future.done():
            future.set_result(result)


def _fail(future: asyncio.Future[Any], cause: Cause) -> None:
    if not future.done():
        future.set_exception(LedgerUnavailable(cause))
        future.exception()
