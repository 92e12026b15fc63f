"""The house of one listener: held in memory, restored before the first terminal comes in, and kept in the database.

What closes acts in memory at once, and is then written until it is on the disk: into the database, or into the journal
while the database is away. What opens waits for the database. What terminals confirm is written a little later.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..const import DOMAIN, LOGGER
from ..ledger import HouseChange, HouseChanges, HouseKind, Ledger, LedgerInvalid, LedgerUnavailable
from ..records.patient_journal import PatientJournal
from ..terminal.patient_work import PatientWork
from .changes import person_of, with_doubts, with_placement, with_zones, without_placement, without_tombstone
from .closings import Closing, closing_in
from .deeds import Deed
from .errors import HouseNotWritten, HouseUnknown
from .household import Household, Placement
from .stored import Key, changed_keys, household_of, items_of

# How long somebody waits for an action that closes; it acts at once whatever comes of it.
CLOSING_PATIENCE = 3.0
# A terminal confirms some people a second; together they are one transaction. What is lost of it is read back again.
CONFIRMED_SECONDS = 1.0
# How long the last write may take when everything stops.
STOP_SECONDS = 2.0
# Making documents of more than this takes the loop longer than a few milliseconds.
MANY = 200

type Change = Callable[[Household], Household]
type HouseListener = Callable[[Household], None]


@dataclass(eq=False, slots=True)
class _Unwritten:
    """A closing that the database has not confirmed yet."""

    closing: Closing
    name: str
    done: asyncio.Future[None]
    slot: int | None = None

    @property
    def line(self) -> Mapping[str, Any]:
        """What the journal takes meanwhile."""
        return self.closing.journal_line


class HouseKeeper:
    """Holds the house. Looking at it touches neither disk nor network."""

    def __init__(self, hass: HomeAssistant, house: str, ledger: Ledger) -> None:
        """Prepare; `async_load` has to follow. `house` is the id of the listener's entry."""
        self._hass = hass
        self._house = house
        self._ledger = ledger
        self._journal = PatientJournal(hass, closings_path(hass, house), "the house")
        self._changing = asyncio.Lock()
        self._unwritten: list[_Unwritten] = []
        self._dirty: set[Key] = set()
        self._listeners: list[HouseListener] = []
        self._work = PatientWork(hass, ledger, self._async_catch_up, "keep the house")
        self.household = Household()
        self.is_known = False
        self.unreadable: frozenset[Key] = frozenset()

    # Its life

    async def async_load(self) -> None:
        """Take over what the journal and the database know; a database that is away is tried again later."""
        for line in await self._journal.async_open(takes_room=False):
            if (closing := closing_in(line.content)) is None:
                LOGGER.warning("A line of the journal of the house is of a later version and stays there")
            else:
                self._async_add(closing, "").slot = line.slot
        self._work.async_start()
        await self._work.async_done()

    async def async_stop(self) -> None:
        """Write what waits, what closes into the journal if need be; bounded. A second time does nothing."""
        was_on = self._work.is_on
        await self._work.async_stop(STOP_SECONDS)
        if not was_on:
            return
        for unwritten in tuple(self._unwritten):
            if not await self._journal.async_put(unwritten):
                break
        await self._journal.async_close()

    @callback
    def async_subscribe(self, listener: HouseListener) -> CALLBACK_TYPE:
        """Call `listener` with every other house, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What opens, or is neither

    async def async_change(self, change: Change, deeds: Sequence[Deed] = ()) -> Household:
        """Change the house, once it is so in the database; `change` may be called again, for a house of later.

        Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`, and then nothing has changed.
        """
        async with self._changing:
            if not self.is_known:
                raise HouseUnknown
            if self._unwritten:  # what was closed before this may be opened again by it
                await self._async_write_waiting()
            before = self.household
            after = change(before)
            if (keys := changed_keys(before, after)) or deeds:
                await self._async_write(after, keys, [deed.line for deed in deeds])
            if self.household is before:
                self._async_put(after)
                return self.household
            # Closed or confirmed meanwhile: that stays, also in the database.
            try:
                self._async_put(change(self.household))
            finally:
                self._dirty |= keys | changed_keys(after, self.household)
                self._work.async_now()
            return self.household

    # What closes

    async def async_close(self, closing: Closing) -> None:
        """Keep somebody out at once.

        Raises `HouseInvalid` where there is nobody of that id, and `HouseNotWritten` where it is so and the database
        does not know it yet.
        """
        name = person_of(self.household, closing.person_id).name if self.is_known else ""
        before = self.household
        unwritten = self._async_add(closing, name)
        self._async_put(before)
        self._dirty |= changed_keys(before, self.household)
        self._work.async_now()
        # Also where whoever wants it so is gone meanwhile, as a script that is restarted.
        seen = self._async_see_written(unwritten)
        safe = await asyncio.shield(self._hass.async_create_task(seen, "write who is kept out", eager_start=True))
        if not unwritten.done.done():
            raise HouseNotWritten(safe=safe)

    # What terminals confirm

    @callback
    def async_confirm(self, placement: Placement, *, quietly: bool = False) -> None:
        """Note how somebody stands on a terminal; unless they, or what is to be there, are gone meanwhile."""
        if placement.person_id in self.household.people and placement.serial in self.household.kept:
            self._async_note(
                with_placement(self.household, placement),
                (HouseKind.PLACEMENT, (placement.serial, placement.enroll_id)),
                quietly=quietly,
            )

    async def async_intend(self, serial: str, numbers: Mapping[int, str]) -> None:
        """Have it on the disk that it is not known how people, by enroll id, stand on a terminal.

        Raises `HouseUnknown` and `LedgerUnavailable`.
        """
        async with self._changing:
            if not self.is_known:
                raise HouseUnknown
            self._async_put(with_doubts(self.household, serial, numbers), quietly=True)
            await self._async_write(self.household, {(HouseKind.PLACEMENT, (serial, it)) for it in numbers}, ())

    @callback
    def async_unplace(self, serial: str, enroll_id: int, *, quietly: bool = False) -> None:
        """Note that nobody stands under a number of a terminal."""
        if (serial, enroll_id) in self.household.placements:
            self._async_note(
                without_placement(self.household, serial, enroll_id),
                (HouseKind.PLACEMENT, (serial, enroll_id)),
                quietly=quietly,
            )

    @callback
    def async_bury(self, serial: str, enroll_id: int) -> None:
        """Note that a number is gone from a terminal, which the terminal has confirmed."""
        if (serial, enroll_id) in self.household.tombstones:
            self._async_note(
                without_tombstone(self.household, serial, enroll_id), (HouseKind.TOMBSTONE, (serial, enroll_id))
            )

    @callback
    def async_take_zones(self, serial: str, zones: Iterable[int]) -> None:
        """Note which week zones of a terminal belong to the house."""
        changed = with_zones(self.household, serial, zones)
        if changed.zones != self.household.zones:
            self._async_note(changed, (HouseKind.TERMINAL, (serial,)))

    # What was done

    async def async_changes(self, person_id: str | None, *, limit: int, before: int | None = None) -> HouseChanges:
        """Return a page of the change log (`Ledger.house_changes`); raises `LedgerUnavailable`."""
        return await self._ledger.house_changes(self._house, person_id, limit=limit, before=before)

    async def async_purge_changes(self, before: datetime) -> None:
        """Forget what was done before a time; raises `LedgerUnavailable`."""
        await self._ledger.purge_house_changes(self._house, before)

    # Inside

    @callback
    def _async_put(self, household: Household, *, quietly: bool = False) -> None:
        for unwritten in self._unwritten:
            household = unwritten.closing.apply(household)
        if household is self.household:
            return
        self.household = household
        for listener in () if quietly else tuple(self._listeners):
            listener(household)

    @callback
    def _async_note(self, household: Household, key: Key, *, quietly: bool = False) -> None:
        self._dirty.add(key)
        self._async_put(household, quietly=quietly)
        self._work.async_within(CONFIRMED_SECONDS)

    @callback
    def _async_add(self, closing: Closing, name: str) -> _Unwritten:
        unwritten = _Unwritten(closing, name, asyncio.get_running_loop().create_future())
        self._unwritten.append(unwritten)
        return unwritten

    async def _async_see_written(self, unwritten: _Unwritten) -> bool:
        """Wait for the database, or for the journal where that takes long; return whether it is on a disk."""
        if self._ledger.health.available:
            await asyncio.wait((unwritten.done,), timeout=CLOSING_PATIENCE)
        return unwritten.done.done() or await self._journal.async_put(unwritten)

    async def _async_write(self, household: Household, keys: set[Key], lines: Sequence[HouseChange]) -> None:
        """Write some things as a house has them; what is not known to be written is written again as it was."""
        keys -= self.unreadable
        try:
            if len(keys) > MANY:
                items = await self._hass.async_add_executor_job(items_of, household, tuple(keys))
            else:
                items = items_of(household, keys)
            await self._ledger.keep_house(self._house, items, lines)
        except LedgerUnavailable:
            self._dirty |= keys
            self._work.async_again()
            raise
        except asyncio.CancelledError:  # whoever waited does no more: it may be written, and may not be
            self._dirty |= keys
            self._work.async_now()
            raise

    async def _async_catch_up(self) -> None:
        """Read what is not known and write what waits; raises `LedgerUnavailable`."""
        async with self._changing:
            if not self.is_known:
                await self._async_read()
            if self._unwritten or self._dirty:
                await self._async_write_waiting()

    async def _async_read(self) -> None:
        items = await self._ledger.house(self._house)
        restored = await self._hass.async_add_executor_job(household_of, items)
        self.unreadable = restored.unreadable
        if restored.unreadable:
            LOGGER.error("%d entries of the house cannot be understood and stay as they are", len(restored.unreadable))
        self.is_known = True
        before = restored.household
        for unwritten in self._unwritten:
            person = before.people.get(unwritten.closing.person_id)
            unwritten.name = unwritten.name or (person.name if person else "")
        self.household = before
        closed = before
        for unwritten in self._unwritten:
            closed = unwritten.closing.apply(closed)
        self._dirty |= changed_keys(before, closed)
        self.household = closed
        for listener in tuple(self._listeners):
            listener(closed)

    async def _async_write_waiting(self) -> None:
        """Write everything that waits in one transaction; raises `LedgerUnavailable`."""
        closings = tuple(self._unwritten)
        keys, self._dirty = self._dirty, set()
        lines = [one.closing.deed(one.name).line for one in closings]
        try:
            await self._async_write(self.household, set(keys), lines)
        except LedgerInvalid as err:  # it would be refused for ever
            LOGGER.error("The house cannot be written: %s", err)
        except LedgerUnavailable:
            self._dirty |= keys
            raise
        for unwritten in closings:
            self._unwritten.remove(unwritten)
            if not unwritten.done.done():
                unwritten.done.set_result(None)
        for unwritten in closings:
            await self._journal.async_strike(unwritten)


def closings_path(hass: HomeAssistant, house: str) -> Path:
    """Return where the journal of a house lies: in Home Assistant's own storage, also for a database on a server."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{house}.closings"))
