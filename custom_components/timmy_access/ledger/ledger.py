"""The durable access log: what a terminal ever reported, exactly once."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import batched

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from . import corrections, houses, names, passes, people, records, unread
from .database import Database
from .databases import database_at
from .entries import Entry, Identity, Kept, StoredRecord
from .errors import LedgerUnavailable
from .exports import Exports
from .extras import are_soon_written
from .filters import RecordFilter
from .health import Counters, Health
from .hourly import HourCounts, hour_counts
from .houses import HouseChange, HouseChanges, HouseItem, HouseKind
from .intake import HealthListener, Intake
from .limits import HOUSE_ROWS, MAX_ENTRIES, MAX_PEOPLE, PEOPLE_ROWS, UNREAD_PAGE, Limits
from .names import Named
from .passes import Pass, PassUse
from .people import Person
from .reader import Reader
from .records import LastSeen, Page
from .retention import purge, purge_names
from .rows import rows_of
from .unread import StoredUnread, Tally, UnreadFrame
from .url import shown_url
from .values import few, instant_of, key_of, whole_of

_EVERYTHING = RecordFilter()


class Ledger(Exports):
    """One database of records, rosters and passes. For one event loop; start it once, and close it.

    Everything that writes returns after the commit and raises `LedgerUnavailable` where nothing is known to be
    written. Everything that takes values raises `LedgerInvalid` before anything happens.
    """

    def __init__(self, url: str | URL, limits: Limits | None = None, *, is_trial: bool = False) -> None:
        """Prepare a ledger at a URL (see `url`). Nothing is opened yet.

        A trial leaves a corrupt file where it is: nobody has said yet that it is ours.
        """
        self.name = shown_url(url)
        self._limits = limits or Limits()
        self._database = database_at(url, self._limits)
        self._intake = Intake(self._database, self._limits, is_trial=is_trial)
        self._reader = Reader(self._database, self._limits, self._verify)

    def __repr__(self) -> str:
        """Show where the database is, and no secrets."""
        return f"<Ledger {self.name}>"

    # Its life

    async def start(self) -> None:
        """Open the database. What cannot be opened is no error: `health` tells why, and it is looked at again.

        It may be away, too new or somebody else's, which is left as it is, or no database at all; or its driver is
        missing.
        """
        try:
            await self._intake.start()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Write what is queued and close the database, within the limit."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limits.close
        await self._reader.close(self._limits.close / 2)
        await self._intake.close(deadline - loop.time())

    @property
    def health(self) -> Health:
        """Whether records can be kept, and why not."""
        return self._intake.health

    @property
    def counters(self) -> Counters:
        """What has been done so far."""
        return self._intake.counters

    def subscribe(self, listener: HealthListener) -> Callable[[], None]:
        """Call `listener` in the event loop with every change of health until the returned function is called."""
        return self._intake.subscribe(listener)

    # Records

    async def keep(self, serial: str, entries: Sequence[Entry]) -> Kept:
        """Keep what a terminal reported, up to 1,000 entries; only then may it be acknowledged.

        All or nothing of one call is kept. Records that are known already stay as they are.
        """
        key_of("serial", serial)
        if are_soon_written(entry.extra for entry in entries):
            rows = rows_of(entries)
        else:
            rows = await asyncio.get_running_loop().run_in_executor(None, rows_of, entries)
        return await self._intake.keep(serial, rows) if rows else Kept(())

    async def records(
        self,
        where: RecordFilter = _EVERYTHING,
        *,
        limit: int = 50,
        after: str | None = None,
        oldest_first: bool = False,
    ) -> Page:
        """Return up to `limit` records (at most 1,000), newest first; `after` is the `next` of the page before."""
        return await self._reader.ask(
            partial(records.page, where=where, limit=limit, after=after, oldest_first=oldest_first)
        )

    async def has(self, serial: str, identity: Identity) -> bool:
        """Return whether a record of a terminal is kept."""
        return await self._reader.ask(partial(records.has, serial=serial, identity=identity))

    async def aparts(self, serial: str, identities: Collection[Identity]) -> dict[Identity, list[int]]:
        """Return what tells apart the kept records that have identities in common, as `records.aparts` says."""
        return await self._reader.ask(partial(records.aparts, serial=serial, identities=identities))

    async def last_apart(self, serial: str) -> dict[Identity, list[int]]:
        """Return by what those of a terminal's last records are told apart that need it, by what they are otherwise."""
        return await self._reader.ask(partial(records.last_apart, serial=serial))

    async def set_outcome(self, serial: str, identity: Identity, *, granted: bool, decided_by: str | None) -> None:
        """Note what became of a punch that is kept, and who decided that; one that is not kept is no error."""
        await self._write(
            partial(records.set_outcome, serial=serial, identity=identity, granted=granted, decided_by=decided_by)
        )

    async def newest(self, where: RecordFilter = _EVERYTHING) -> StoredRecord | None:
        """Return the record that occurred last."""
        return next(iter((await self.records(where, limit=1)).records), None)

    async def oldest(self, where: RecordFilter = _EVERYTHING) -> StoredRecord | None:
        """Return the record that occurred first."""
        return next(iter((await self.records(where, limit=1, oldest_first=True)).records), None)

    async def count(self, where: RecordFilter = _EVERYTHING) -> dict[str, int]:
        """Return how many records each terminal has, without those that have none."""
        return await self._reader.ask(partial(records.counts, where=where))

    async def last_seen(self, serial: str, since: datetime) -> tuple[LastSeen, ...]:
        """Return when each person was at a terminal last, at or after an aware time.

        Only what was told as it happened counts.
        """
        return await self._reader.ask(partial(records.last_seen, serial=serial, since=since))

    async def latest_readers(self, serial: str, since: datetime) -> tuple[LastSeen, ...]:
        """Return when and at which reader each person was last, at or after an aware time.

        What came in late counts too; whom the terminal did not recognise does not.
        """
        return await self._reader.ask(partial(records.latest_readers, serial=serial, since=since))

    async def hours(
        self,
        since_id: int = 0,
        serials: Collection[str] | None = None,
        *,
        identity: str | None = None,
        together: Collection[Collection[str]] = (),
    ) -> HourCounts:
        """Return the hours whose counts changed after a record id, and all later ones (see `hourly`).

        `identity` is that of the database which the id is from, as told with it; None is this one. `together` are
        serial numbers of which one sum is made.
        """
        whole_of("since_id", since_id)
        counts = partial(hour_counts, since_id=since_id, wanted=serials, identity=identity, together=together)
        return await self._reader.ask(counts)

    async def purge(self, serials: Collection[str], before: datetime) -> dict[str, int]:
        """Delete the records of some terminals that occurred and arrived before an aware time, a part at a time.

        So is what arrived then and was not understood, and what was put right then. Returns how many, by serial number
        of those that lost any.
        """
        instant_of("before", before)
        deleted: dict[str, int] = {}
        for serial in dict.fromkeys(key_of("serials", serial) for serial in serials):
            after: tuple[int, int] | None = None
            while True:
                step = await self._write(
                    partial(purge, serial=serial, before=before, rows=self._limits.purge_rows, after=after)
                )
                if step.deleted:
                    deleted[serial] = deleted.get(serial, 0) + step.deleted
                if (after := step.next) is None:
                    break
            old = partial(unread.purge, serial=serial, before=before, rows=self._limits.purge_rows)
            while await self._write(old) == self._limits.purge_rows:
                pass
            await self._write(partial(corrections.purge, serial=serial, before=before))
        if deleted:
            await self._write(partial(purge_names, serials=list(deleted)))
        return deleted

    # What was not understood

    async def keep_unread(self, serial: str, frames: Sequence[UnreadFrame]) -> Tally:
        """Keep frames that were not understood wholly, up to 1,000; only then may they be acknowledged.

        Those that are known already stay as they are. What there is no room for is counted in the same transaction.
        """
        key_of("serial", serial)
        few("frames", frames, MAX_ENTRIES)
        return await self._write(partial(unread.keep, serial=serial, frames=frames))

    async def unread(self, serial: str, after: int = 0) -> tuple[StoredUnread, ...]:
        """Return the next frames of a terminal after an id, up to `UNREAD_PAGE`, in the order in which they came."""
        return await self._reader.ask(partial(unread.page, serial=serial, after=after, limit=UNREAD_PAGE))

    async def forget_unread(self, serial: str, ids: Sequence[int]) -> Tally:
        """Take out frames whose records have been kept, together with what was kept of a part of them."""
        return await self._write(partial(unread.forget, serial=serial, ids=ids))

    async def unread_tally(self, serial: str) -> Tally:
        """Return how many frames of a terminal are kept unread."""
        return await self._reader.ask(partial(unread.tally, serial=serial))

    # People

    async def people(self, serial: str) -> tuple[Person, ...]:
        """Return a terminal's roster, by enroll id."""
        return await self._reader.ask(partial(people.people, serial=serial))

    async def keep_people(self, serial: str, said: Sequence[Person], *, complete: bool) -> None:
        """Take what a list says of a terminal's people.

        Only a complete one takes away: people who are not on it, and slots that it does not name. A long list is
        written in parts; where that fails halfway, nobody has been taken away.
        """
        key_of("serial", serial)
        few("people", said, MAX_PEOPLE)
        now = datetime.now(UTC)
        folded = await asyncio.to_thread(people.folded, said)
        for part in batched(folded, PEOPLE_ROWS, strict=False):
            await self._write(partial(people.merge, serial=serial, said=part, now=now, complete=complete))
        if complete:
            known = {person.enroll_id for person in folded}
            gone = await self._write(partial(people.strangers, serial=serial, known=known, before=now))
            for part_gone in batched(gone, PEOPLE_ROWS, strict=False):
                await self.forget_people(serial, part_gone)

    async def update_people(self, serial: str, said: Sequence[Person], named: Sequence[Named] = ()) -> None:
        """Write how people stand now, with all the slots they have, and what names were given before, in order."""
        key_of("serial", serial)
        few("people", said, MAX_PEOPLE)
        for names_part in batched(named, PEOPLE_ROWS, strict=False):
            await self._write(partial(names.note, serial=serial, named=names_part))
        now = datetime.now(UTC)
        for part in batched(said, PEOPLE_ROWS, strict=False):
            await self._write(partial(people.merge, serial=serial, said=part, now=now, complete=True))

    async def keep_person(self, serial: str, said: Person, *, complete: bool) -> None:
        """Take what is said of one person; `complete` tells whether `slots` are all there are, or are to be added."""
        key_of("serial", serial)
        await self._write(partial(people.merge, serial=serial, said=[said], now=datetime.now(UTC), complete=complete))

    async def forget_person(self, serial: str, enroll_id: int) -> bool:
        """Take one person off a terminal's roster; False where they were not on it. Records stay."""
        return await self.forget_people(serial, [enroll_id]) > 0

    async def forget_people(self, serial: str, enroll_ids: Collection[int] | None = None) -> int:
        """Take people, or everybody, off a terminal's roster, and return how many were on it. Records stay."""
        for enroll_id in enroll_ids or ():
            whole_of("enroll_id", enroll_id)
        return await self._write(partial(people.forget, serial=serial, enroll_ids=enroll_ids, now=datetime.now(UTC)))

    async def spoken_for(self, serial: str, enroll_ids: Collection[int]) -> set[int]:
        """Return which of some enroll ids the log of a terminal knows, also of people who are gone."""
        return await self._reader.ask(partial(names.spoken_for, serial=serial, enroll_ids=enroll_ids))

    # Passes

    async def passes(self) -> tuple[Pass, ...]:
        """Return all passes, revoked ones too."""
        return await self._reader.ask(passes.passes)

    async def keep_pass(self, held: Pass) -> None:
        """Write a pass, new or changed; raises `LedgerInvalid` where another one has the same code.

        One that was revoked stays so.
        """
        await self._write(partial(passes.keep, row=passes.row_of(held)))

    async def keep_pass_use(self, use: PassUse) -> bool:
        """Write the use of a pass, once, and return whether it was new; raises `LedgerInvalid` for an unknown pass."""
        passes.check_use(use)
        return await self._write(partial(passes.keep_use, use=use))

    async def forget_pass_use(self, use: PassUse) -> bool:
        """Take the use of a pass back, because nobody was let in, and return whether it was there."""
        passes.check_use(use)
        return await self._write(partial(passes.forget_use, use=use))

    async def pass_uses(self, pass_id: str) -> tuple[PassUse, ...]:
        """Return the uses of a pass, oldest first."""
        return await self._reader.ask(partial(passes.uses, pass_id=pass_id))

    async def pass_use_counts(self) -> dict[str, int]:
        """Return how often each pass was used, by its id; one that never was is left out."""
        return await self._reader.ask(passes.use_counts)

    # Houses

    async def house(self, house: str) -> tuple[HouseItem, ...]:
        """Return everything that a house holds; it is read a part at a time."""
        found: list[HouseItem] = []
        for kind in HouseKind:
            after = None
            while part := await self._reader.ask(
                partial(houses.items, house=house, kind=kind, after=after, limit=HOUSE_ROWS)
            ):
                found += part
                after = part[-1].key
        return tuple(found)

    async def keep_house(
        self, house: str, items: Sequence[HouseItem], changes: Sequence[HouseChange] = (), held: Sequence[Pass] = ()
    ) -> None:
        """Write, or delete, some things of a house, what is told of it, and passes with it: all or nothing."""
        key_of("house", house)
        few("items", items, MAX_PEOPLE)
        rows = await asyncio.to_thread(lambda: list(map(houses.row_of, items)))
        told, passes_too = list(map(houses.row_of_change, changes)), list(map(passes.row_of, held))
        await self._write(partial(houses.write, house=house, rows=rows, changes=told, held=passes_too))

    async def house_changes(
        self, house: str, person_id: str | None = None, *, limit: int = 50, before: int | None = None
    ) -> HouseChanges:
        """Return a page of who changed what in a house, or for one person of it, newest first.

        `before` is the `next` of the page before; a page has at most 1,000 lines.
        """
        return await self._reader.ask(
            partial(houses.changes, house=house, person_id=person_id, limit=limit, before=before)
        )

    async def purge_house_changes(self, house: str, before: datetime) -> int:
        """Forget what was changed in a house before an aware time, and return how many lines."""
        gone, rows = 0, self._limits.purge_rows
        while step := await self._write(partial(houses.purge_changes, house=house, before=before, rows=rows)):
            gone += step
        return gone

    # Backup

    async def begin_backup(self) -> None:
        """Let the files be copied byte by byte until `end_backup`, while records are kept.

        What was kept before is in the main file, which does not change; what comes in goes to the log beside it. A
        server is not copied, and nothing happens. Raises `LedgerUnavailable` where another program holds the file.
        """
        await self._intake.do(lambda database: database.begin_backup())

    async def end_backup(self) -> None:
        """Undo `begin_backup`, also when the database is away: then as soon as it is back. Harmless without it."""
        self._database.end_backup()
        with suppress(LedgerUnavailable):
            await self._write(lambda _: None)

    async def _verify(self) -> None:
        await self._intake.do(lambda database: database.verify())

    async def _write[T](self, work: Callable[[Connection], T]) -> T:
        def _within(database: Database) -> T:
            with database.writing() as connection:
                return work(connection)

        return await self._intake.do(_within)
