"""All passes of one database, held in memory and shared by the listeners that write into it.

What closes acts in memory at once, and is then written until it is on the disk: into the database, or into the journal
while the database is away. A use of a pass that is limited is on the disk before anybody is let in with it. What opens,
a new pass or one that is extended, waits for the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import time
from types import MappingProxyType
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .. import ledger as ledger_module
from ..const import LOGGER
from ..errors import PassNotWritten, PassRevoked, PassUnknown
from ..ledger import Cause, Ledger, LedgerInvalid, LedgerUnavailable, PassUse, Problem
from ..records.patient_journal import PatientJournal
from ..terminal.patient_work import PatientWork
from .passes import Pass
from .stored_passes import held_of, line_of_revocation, line_of_use, revocation_in, stored, use_in, without_lost_uses
from .unwritten import Unwritten, waiting_revocations, waiting_uses

# A commit takes some milliseconds, on an SD card some tens; somebody stands at a door.
DATABASE_PATIENCE = 0.3
# How long somebody waits for an action that closes; it acts at once whatever comes of it.
CLOSING_PATIENCE = 3.0
# How long a reader takes a code that is held to it for one and the same scan: it reads it again while the guest still
# reaches for the handle.
REPEAT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Recent:
    """By which code, where and when (monotonic) a pass was shown last, and whether the answer is on its way."""

    digest: bytes
    serial: str
    at: float
    use: PassUse
    is_settled: bool = False

    def is_same(self, digest: bytes, serial: str) -> bool:
        """Return whether a code that is shown now is read again for the same scan."""
        return (self.digest, self.serial) == (digest, serial) and time.monotonic() - self.at < REPEAT_SECONDS


class Book:
    """The passes. Looking them up touches neither disk nor network."""

    def __init__(self, hass: HomeAssistant, ledger: Ledger, journal: Path) -> None:
        """Prepare; `async_load` has to follow. The journal lies in a file of its own."""
        self._hass = hass
        self._ledger = ledger
        self._journal = PatientJournal(hass, journal, "passes")
        self._changing = asyncio.Lock()
        self._passes: dict[str, Pass] = {}
        self._by_hash: dict[bytes, str] = {}
        self._recent: dict[str, _Recent] = {}
        self._unwritten: list[Unwritten] = []
        self._last_use = datetime.min.replace(tzinfo=UTC)
        self._listeners: list[Callable[[], None]] = []
        self._work = PatientWork(hass, ledger, self._async_catch_up, "keep passes")
        # The database that the passes were read from.
        self._read: str | None = None

    # Its life

    async def async_load(self) -> None:
        """Take over what the journal and the database know; a database that is away is tried again later."""
        for line in await self._journal.async_open(takes_room=True):
            if (use := use_in(line.content)) is not None:
                self._async_add(partial(self._async_write_use, use), line.content).slot = line.slot
            elif (revoked := revocation_in(line.content)) is not None:
                self._async_add(partial(self._async_write_revocation, *revoked), line.content).slot = line.slot
            else:
                LOGGER.warning("A line of the journal of passes is of a later version and stays there")
        self._work.async_start()
        await self._work.async_done()

    async def async_stop(self) -> None:
        """Write what waits, into the journal if need be; bounded."""
        await self._work.async_stop(DATABASE_PATIENCE)
        for unwritten in tuple(self._unwritten):
            if not await self._journal.async_put(unwritten):
                break
        await self._journal.async_close()

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever there are other passes or uses, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What is known

    @property
    def passes(self) -> Mapping[str, Pass]:
        """All passes, revoked ones too, by id."""
        return MappingProxyType(self._passes)

    def by_hash(self, digest: bytes) -> Pass | None:
        """Return the pass whose code or PIN has this hash."""
        return self._passes.get(self._by_hash.get(digest, ""))

    @callback
    def async_is_repeated(self, held: Pass, digest: bytes, serial: str) -> bool:
        """Return whether a code has just let somebody in here, and its pass has not been shown elsewhere since."""
        recent = self._recent.get(held.pass_id)
        if recent is None:
            return False
        if recent.is_same(digest, serial) and recent.is_settled:
            return True
        del self._recent[held.pass_id]
        return False

    @callback
    def async_is_being_answered(self, digest: bytes, serial: str) -> bool:
        """Return whether a code has been decided about here, and the answer may still be lost: then nobody came in."""
        recent = self._recent.get(self._by_hash.get(digest, ""))
        return recent is not None and recent.is_same(digest, serial) and not recent.is_settled

    async def async_uses(self, pass_id: str) -> Sequence[PassUse]:
        """Return when and where a pass was used; raises `LedgerUnavailable`."""
        return await self._ledger.pass_uses(pass_id)

    # What opens

    async def async_add(self, held: Pass) -> None:
        """Take a new pass once it is in the database; raises `LedgerUnavailable`."""
        async with self._changing:
            try:
                await self._ledger.keep_pass(stored(held))
            except LedgerUnavailable, asyncio.CancelledError:
                # It may be there all the same, and nobody is to come in by what they were told was not made.
                self._async_add(partial(self._async_write_revocation, held.pass_id, dt_util.utcnow()), None)
                raise
            self._async_put(held)

    async def async_extend(self, pass_id: str, **changes: Any) -> Pass:
        """Change until when or how often a pass opens, once the database has it.

        Raises `PassUnknown`, `PassRevoked` and `LedgerUnavailable`, and then nothing has changed.
        """
        async with self._changing:
            held = self._known(pass_id)
            try:
                await self._ledger.keep_pass(stored(replace(held, **changes)))
            except LedgerUnavailable, asyncio.CancelledError:  # it may be there all the same
                self._async_add(partial(self._async_write_pass, pass_id), None)
                raise
            # Used or revoked meanwhile: that stays.
            changed = replace(self._passes[pass_id], **changes)
            self._async_put(changed)
            self._recent.pop(pass_id, None)  # whoever was let in just now, was by other rules
            return changed

    async def async_replace_terminal(
        self, old: str, new: str | None, write: Callable[[Sequence[ledger_module.Pass]], Awaitable[None]]
    ) -> None:
        """Have passes open the doors of another terminal in place of those of one, once `write` has written them.

        A pass that does not name `old` stays as it is. Raises what `write` raises, and `LedgerUnavailable` where passes
        are not known yet; then nothing has changed.
        """
        async with self._changing:
            if self._read is None:
                raise LedgerUnavailable(Cause.UNREACHABLE)
            changed = [held.moved(old, new) for held in self._passes.values() if old in held.doors]
            await write([stored(held) for held in changed])
            for held in changed:  # used or revoked meanwhile: that stays
                self._async_put(replace(self._passes[held.pass_id], doors=held.doors))
                self._recent.pop(held.pass_id, None)

    # What closes

    async def async_revoke(self, pass_id: str, now: datetime) -> None:
        """Close a pass at once, and for good.

        Raises `PassUnknown`, `PassRevoked`, and `PassNotWritten` where the pass is closed and the database does not
        know it yet.
        """
        held = replace(self._known(pass_id), revoked_at=now)
        self._async_put(held)
        self._recent.pop(pass_id, None)
        unwritten = self._async_add(
            partial(self._async_write_revocation, pass_id, now), line_of_revocation(pass_id, now)
        )
        # Also where whoever wants it so is gone meanwhile, as a script that is restarted.
        seen = self._async_see_written(unwritten)
        safe = await asyncio.shield(self._hass.async_create_task(seen, "write a pass that is closed", eager_start=True))
        if not unwritten.done.done():
            raise PassNotWritten(safe=safe)

    @callback
    def async_take(self, held: Pass, digest: bytes, serial: str, door: int | None, now: datetime) -> PassUse:
        """Count a use by a code at once; it has to be written, or given back."""
        self._last_use = max(now, self._last_use + timedelta(microseconds=1))
        use = PassUse(pass_id=held.pass_id, serial=serial, door=door, used_at=self._last_use)
        self._async_count(use, 1)
        self._recent[held.pass_id] = _Recent(digest, serial, time.monotonic(), use)
        return use

    async def async_write(self, use: PassUse, patience: float = 0.0) -> bool:
        """Write a use, and return whether it is on the disk; `patience` is how much longer than usual to wait."""
        unwritten = self._async_add(partial(self._async_write_use, use), line_of_use(use))
        wait = DATABASE_PATIENCE if self._ledger.health.available else 0.0
        if await self._async_in_database(unwritten, wait) or await self._journal.async_put(unwritten):
            return True
        return patience > 0 and await self._async_in_database(unwritten, patience)

    @callback
    def async_write_later(self, use: PassUse) -> None:
        """Write a use that nobody waits for."""
        self._async_add(partial(self._async_write_use, use), line_of_use(use))

    @callback
    def async_settle(self, use: PassUse) -> None:
        """Note that a use is not given back any more: the answer is on its way."""
        recent = self._recent.get(use.pass_id)
        if recent is not None and recent.use is use:
            self._recent[use.pass_id] = replace(recent, is_settled=True)

    @callback
    def async_give_back(self, use: PassUse) -> None:
        """Count a use no more: nobody was let in."""
        self._async_count(use, -1)
        recent = self._recent.get(use.pass_id)
        if recent is not None and recent.use is use:
            del self._recent[use.pass_id]
        self._async_add(partial(self._ledger.forget_pass_use, use), None)

    # Inside

    def _known(self, pass_id: str) -> Pass:
        held = self._passes.get(pass_id)
        if held is None:
            raise PassUnknown
        if held.revoked_at is not None:
            raise PassRevoked
        return held

    @callback
    def _async_put(self, held: Pass) -> None:
        self._passes[held.pass_id] = held
        self._by_hash[held.code_hash] = held.pass_id
        if held.pin_hash is not None:
            self._by_hash[held.pin_hash] = held.pass_id
        self._async_tell()

    @callback
    def _async_count(self, use: PassUse, change: int) -> None:
        if (held := self._passes.get(use.pass_id)) is not None:
            self._passes[use.pass_id] = replace(held, uses=max(0, held.uses + change))
            self._async_tell()

    @callback
    def _async_tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @callback
    def _async_add(self, write: Callable[[], Any], line: Mapping[str, Any] | None) -> Unwritten:
        unwritten = Unwritten(write, line, asyncio.get_running_loop().create_future())
        self._unwritten.append(unwritten)
        self._work.async_now()
        return unwritten

    async def _async_see_written(self, unwritten: Unwritten) -> bool:
        """Wait for the database, or for the journal where that takes long; return whether it is on a disk."""
        return await self._async_in_database(unwritten, CLOSING_PATIENCE) or await self._journal.async_put(unwritten)

    async def _async_in_database(self, unwritten: Unwritten, patience: float) -> bool:
        if patience:
            await asyncio.wait((unwritten.done,), timeout=patience)
        return unwritten.done.done()

    async def _async_catch_up(self) -> None:
        """Write what waits and read what is not known; raises `LedgerUnavailable`."""
        self._async_begin_anew()
        await self._async_write_waiting()
        if self._read is None:
            async with self._changing:
                await self._async_read()

    async def _async_write_waiting(self) -> None:
        """Write everything in its order; raises `LedgerUnavailable`."""
        while self._unwritten:
            unwritten = self._unwritten[0]
            try:
                await unwritten.write()
            except LedgerInvalid as err:
                LOGGER.warning("The use of a pass cannot be written: %s", err)
            self._unwritten.remove(unwritten)
            if not unwritten.done.done():
                unwritten.done.set_result(None)
            await self._journal.async_strike(unwritten)

    async def _async_write_use(self, use: PassUse) -> None:
        try:
            await self._ledger.keep_pass_use(use)
        except LedgerInvalid as err:
            held = self._passes.get(use.pass_id)
            if held is None or err.problem is not Problem.NOT_KNOWN:
                raise
            # A database that was begun anew.
            await self._ledger.keep_pass(stored(held))
            await self._ledger.keep_pass_use(use)

    async def _async_write_revocation(self, pass_id: str, revoked_at: datetime) -> None:
        held = self._passes.get(pass_id)
        if held is None:
            found = {kept.id: kept for kept in await self._ledger.passes()}.get(pass_id)
            if found is None:
                return
            held = held_of(found, 0)
        await self._ledger.keep_pass(stored(replace(held, revoked_at=held.revoked_at or revoked_at)))

    async def _async_read(self) -> None:
        counts = await self._ledger.pass_use_counts()
        # What waits was counted when it was taken, or is of a process that ended before it was written.
        waiting, revoked = waiting_uses(self._unwritten), waiting_revocations(self._unwritten)
        for kept in await self._ledger.passes():
            held = held_of(kept, counts.get(kept.id, 0) + waiting[kept.id])
            known = self._passes.get(held.pass_id)
            closed_at = held.revoked_at or revoked.get(held.pass_id) or (known.revoked_at if known else None)
            uses = held.uses if known is None else max(known.uses, held.uses)
            self._async_put(replace(held, revoked_at=closed_at, uses=uses))
        self._read = self._ledger.health.identity or ""

    @callback
    def _async_begin_anew(self) -> None:
        """Have all passes written, before anything else, into a database that was made anew."""
        identity = self._ledger.health.identity or ""
        if not identity or self._read in (None, "", identity):
            return
        self._read = identity
        waiting = waiting_uses(self._unwritten)
        for held in tuple(self._passes.values()):
            self._async_put(without_lost_uses(held, waiting[held.pass_id]))
        writes = [partial(self._async_write_pass, pass_id) for pass_id in self._passes]
        future = asyncio.get_running_loop().create_future
        self._unwritten[:0] = [Unwritten(write, None, future()) for write in writes]

    async def _async_write_pass(self, pass_id: str) -> None:
        await self._ledger.keep_pass(stored(self._passes[pass_id]))
