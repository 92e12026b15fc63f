"""The house is there before the first terminal is, closes at once, and is written until it is on the disk."""

import asyncio
from collections.abc import Callable, Sequence
from copy import replace
from datetime import UTC, datetime, timedelta
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.house import keeper as keeper_module
from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.changes import with_people, with_terminal
from custom_components.timmy_access.house.deeds import told
from custom_components.timmy_access.house.errors import HouseInvalid, HouseNotWritten, HouseUnknown
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.house import House
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.standing import Standing
from custom_components.timmy_access.house.stored import changed_keys, household_of, items_of
from custom_components.timmy_access.house.week import ALWAYS
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, Ledger, LedgerUnavailable
from custom_components.timmy_access.protocol.listener import Listener
from custom_components.timmy_access.records.journal import Journal, Line
from custom_components.timmy_access.records.patient_journal import PatientJournal
from custom_components.timmy_access.terminal import patient_work
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..conftest import FACE, FINGER
from ..until import SECONDS

ADA = HousePerson(person_id="ada", name="Ada", enroll_id=1)
EVE = HousePerson(person_id="eve", name="Eve", enroll_id=2)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Disk:
    """A database that takes nothing of the house while it is away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_away = False
        self.hanging: asyncio.Event | None = None
        self.begun = asyncio.Event()
        for name in ("house", "keep_house"):
            monkeypatch.setattr(Ledger, name, self._faulty(getattr(Ledger, name)))
        monkeypatch.setattr(keeper_module, "CLOSING_PATIENCE", 0.2)
        monkeypatch.setattr(patient_work, "AGAIN_SECONDS", 0.05)

    def _faulty(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def _do(ledger: Ledger, *arguments: Any) -> Any:
            self.begun.set()
            if self.hanging is not None:
                await self.hanging.wait()
            if self.is_away:
                raise LedgerUnavailable(Cause.UNREACHABLE)
            return await method(ledger, *arguments)

        return _do


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def lies(hub: Hub, entry: MockConfigEntry) -> Household:
    """Return the house as the database has it."""
    return household_of(await hub.ledger.house(entry.entry_id)).household


async def written(hub: Hub) -> None:
    """Let everything be written that waits."""
    keeper = hub.house.keeper
    async with asyncio.timeout(SECONDS):
        await keeper._work.async_done()
    assert not keeper._unwritten
    assert not keeper._dirty


async def reloaded(hass: HomeAssistant, entry: MockConfigEntry) -> Hub:
    assert await hass.config_entries.async_reload(entry.entry_id)
    hub: Hub = entry.runtime_data
    return hub


async def both(hub: Hub) -> None:
    await hub.house.async_add([Arrival(person=ADA), Arrival(person=EVE)], "user")
    await hub.house.keeper.async_change(lambda house: with_terminal(house, FACE, kept=True))


def placement(person: HousePerson, serial: str = FACE) -> Placement:
    standing = Standing(enroll_id=person.enroll_id, name=person.name, role=0, enabled=True, hours={1: ALWAYS})
    return Placement(serial=serial, enroll_id=person.enroll_id, person_id=person.person_id, confirmed=standing)


def undated(hub: Hub) -> dict[str, HousePerson]:
    """Return the people of the house; of those who are disabled it is known since when."""
    people = hub.house.household.people
    assert all((person.disabled_at is None) == person.enabled for person in people.values())
    return {key: replace(person, disabled_at=None) for key, person in people.items()}


async def test_a_house_is_there_before_the_listener_is(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await both(hub)
    hub.house.keeper.async_confirm(placement(ADA))
    hub.house.keeper.async_take_zones(FACE, {3})
    house = hub.house.household
    order: list[str | bool] = []
    load, start = House.async_load, Listener.start

    async def _load(house: House) -> None:
        await load(house)
        order.append(house.keeper.is_known)

    async def _start(listener: Listener) -> None:
        order.append("listening")
        await start(listener)

    monkeypatch.setattr(House, "async_load", _load)
    monkeypatch.setattr(Listener, "start", _start)
    again = await reloaded(hass, entry)
    assert again.house.household == house
    assert order == [True, "listening"]
    assert house.placements.keys() == {(FACE, 1)}


async def test_who_did_what_for_whom_is_told(hub: Hub) -> None:
    await both(hub)
    await hub.house.async_update("ada", {"name": "Ada L", "note": "x"}, {}, (), "admin")
    await hub.house.async_update("ada", {"enabled": False}, {}, (), None)
    await hub.house.async_remove("eve", "admin")
    lines = (await hub.house.keeper.async_changes("ada", limit=10)).changes
    assert [told(line) for line in lines] == [
        {"did": "disabled", "by": None, "name": "Ada L", "fields": ["enabled"]},
        {"did": "changed", "by": "admin", "name": "Ada L", "fields": ["name", "note"]},
        {"did": "added", "by": "user", "name": "Ada", "fields": []},
    ]
    removed = (await hub.house.keeper.async_changes("eve", limit=1)).changes[0]
    assert told(removed) == {"did": "removed", "by": "admin", "name": "Eve", "fields": []}


async def test_nothing_opens_that_is_not_in_the_database(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    await both(hub)
    house = hub.house.household
    disk.is_away = True
    with pytest.raises(LedgerUnavailable):
        await hub.house.async_update("ada", {"note": "x"}, {}, (), None)
    assert hub.house.household == house
    disk.is_away = False
    await written(hub)
    assert await lies(hub, entry) == house


async def test_what_closes_acts_while_the_database_is_away_and_outlives_a_restart(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    await both(hub)
    told_of: list[Household] = []
    hub.house.keeper.async_subscribe(told_of.append)
    disk.is_away = True
    with pytest.raises(HouseNotWritten) as caught:
        await hub.house.async_remove("eve", "admin")
    assert caught.value.safe
    with pytest.raises(HouseNotWritten):
        await hub.house.async_disable("ada", "admin")
    assert undated(hub) == {"ada": replace(ADA, enabled=False)}
    assert hub.house.household.tombstones.keys() == {(FACE, 2)}
    assert told_of[-1] is hub.house.household
    hub = await reloaded(hass, entry)
    assert not hub.house.keeper.is_known
    assert hub.house.household == Household()
    with pytest.raises(HouseUnknown):
        await hub.house.async_update("ada", {"enabled": True}, {}, (), None)
    known = asyncio.Event()
    hub.house.keeper.async_subscribe(lambda _: known.set())
    disk.is_away = False
    async with asyncio.timeout(SECONDS):
        await known.wait()  # by itself
    await written(hub)
    assert undated(hub) == {"ada": replace(ADA, enabled=False)}
    assert (await lies(hub, entry)).tombstones.keys() == {(FACE, 2)}
    assert await lies(hub, entry) == hub.house.household
    lines = (await hub.house.keeper.async_changes("eve", limit=9)).changes
    assert [told(line)["did"] for line in lines] == ["removed", "added"]
    # It is struck out: nothing of it is done to who comes back.
    await hub.house.async_update("ada", {"enabled": True}, {}, (), None)
    hub = await reloaded(hass, entry)
    assert hub.house.household.people["ada"].enabled


async def test_who_is_disabled_while_something_else_is_written_stays_so(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    """Also against a change that was begun before it and is done after it."""
    await both(hub)
    disk.hanging = asyncio.Event()
    disk.begun.clear()
    change = hass.async_create_task(hub.house.async_update("ada", {"note": "x", "enabled": True}, {}, (), None))
    await disk.begun.wait()
    with pytest.raises(HouseNotWritten):
        await hub.house.async_disable("ada", None)
    with pytest.raises(HouseNotWritten):
        await hub.house.async_remove("eve", None)
    assert not hub.house.household.people["ada"].enabled
    hub.house.keeper.async_confirm(placement(ADA))
    disk.hanging.set()
    await change
    await written(hub)
    assert undated(hub) == {"ada": replace(ADA, note="x", enabled=False)}
    assert hub.house.household.placements == {(FACE, 1): placement(ADA)}
    assert await lies(hub, entry) == hub.house.household


async def test_a_change_of_somebody_who_is_removed_meanwhile_brings_nobody_back(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    await both(hub)
    disk.hanging = asyncio.Event()
    disk.begun.clear()
    change = hass.async_create_task(hub.house.async_update("eve", {"note": "x"}, {}, (), None))
    await disk.begun.wait()
    with pytest.raises(HouseNotWritten):
        await hub.house.async_remove("eve", None)
    disk.hanging.set()
    with pytest.raises(HouseInvalid):
        await change
    await written(hub)
    assert hub.house.household.people == {"ada": ADA}
    assert await lies(hub, entry) == hub.house.household


async def test_a_table_that_was_read_before_opens_nothing_that_was_closed_since(hub: Hub) -> None:
    """Two administrators at once: one imports a large table, the other one disables, narrows and removes."""
    await both(hub)
    ada, eve = hub.house.household.people["ada"], hub.house.household.people["eve"]
    read = Arrival(person=replace(ada, note="from the table"), before=ada)
    gone = Arrival(person=replace(eve, note="from the table"), before=eve)
    await hub.house.async_disable("ada", None)
    await hub.house.async_update("ada", {"valid_until": NOW}, {}, (), None)
    await hub.house.async_remove("eve", None)
    with pytest.raises(HouseInvalid) as caught:
        await hub.house.async_add([read, gone], None)
    assert (caught.value.field, caught.value.placeholders) == ("person", {"value": "Eve"})
    await hub.house.async_add([read], None)
    assert undated(hub) == {"ada": replace(ada, enabled=False, valid_until=NOW, note="from the table")}


async def test_a_group_that_is_renamed_keeps_what_was_closed_since(hub: Hub) -> None:
    wide = AccessGroup(group_id="g", name="G", rules=(Rule(doors={FACE: frozenset({1})}),))
    await hub.house.async_set_group(wide, None)
    await hub.house.async_set_group(replace(wide, rules=()), None, wide)
    await hub.house.async_set_group(replace(wide, name="H"), None, wide)
    assert hub.house.household.groups == {"g": AccessGroup(group_id="g", name="H")}
    await hub.house.async_remove_group("g", None)
    with pytest.raises(HouseInvalid):
        await hub.house.async_set_group(replace(wide, name="I"), None, wide)
    assert hub.house.household.groups == {}


async def test_what_terminals_confirm_is_written_together(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry
) -> None:
    await both(hub)
    keeper = hub.house.keeper
    await hub.house.async_remove("eve", None)
    keeper.async_confirm(placement(ADA))
    keeper.async_confirm(placement(EVE))  # who is not of the house any more
    keeper.async_confirm(placement(ADA, FINGER))  # a terminal that is only observed
    keeper.async_bury(FACE, 2)
    keeper.async_bury(FINGER, 2)
    assert hub.house.household.placements.keys() == {(FACE, 1)}
    assert not hub.house.household.tombstones
    await written(hub)
    assert await lies(hub, entry) == hub.house.household
    keeper.async_unplace(FACE, 1)
    await written(hub)
    assert await lies(hub, entry) == hub.house.household
    assert not hub.house.household.placements


async def test_a_terminal_that_is_removed_is_not_kept_in_step(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry
) -> None:
    await both(hub)
    subentry = next(one for one in entry.subentries.values() if one.unique_id == FACE)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.kept == frozenset()


async def removed_while_away(hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk) -> None:
    """Have a terminal removed that is kept in step, of which the house cannot be told until the database is back."""
    await both(hub)
    disk.is_away = True
    subentry = next(one for one in entry.subentries.values() if one.unique_id == FACE)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.kept == {FACE}
    disk.is_away = False


async def test_a_terminal_that_was_removed_while_the_database_was_away_is_only_observed_again(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    await removed_while_away(hass, hub, entry, disk)
    hub = await reloaded(hass, entry)
    assert hub.house.household.kept == frozenset()
    assert (await lies(hub, entry)).kept == frozenset()


async def test_a_terminal_that_was_removed_is_forgotten_by_itself_when_the_database_is_back(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    await removed_while_away(hass, hub, entry, disk)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=patient_work.AGAIN_SECONDS))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.kept == frozenset()
    assert (await lies(hub, entry)).kept == frozenset()


async def test_a_removed_listener_leaves_no_key_and_no_journal(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk, hass_storage: dict[str, Any]
) -> None:
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert f"{DOMAIN}.{entry.entry_id}.vault" in hass_storage
    await both(hub)
    disk.is_away = True
    with pytest.raises(HouseNotWritten):
        await hub.house.async_remove("eve", None)
    path = keeper_module.closings_path(hass, entry.entry_id)
    assert path.exists()
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert not path.exists()
    assert f"{DOMAIN}.{entry.entry_id}.vault" not in hass_storage


async def test_five_thousand_people_are_restored_without_holding_up_the_loop(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry
) -> None:
    """What takes long is not done in the loop: while it goes on, others get their turn again and again."""
    people = [
        HousePerson(person_id=f"p{number}", name=f"Person {number}", enroll_id=number) for number in range(1, 5001)
    ]
    house = with_people(Household(), people)
    await hub.ledger.keep_house(entry.entry_id, items_of(house, changed_keys(Household(), house)))
    turns: list[float] = []

    async def _take_turns() -> None:
        while True:
            turns.append(time.monotonic())
            await asyncio.sleep(0.001)

    turning = hass.async_create_background_task(_take_turns(), "turns")
    keeper = keeper_module.HouseKeeper(hass, entry.entry_id, hub.ledger)
    await keeper.async_load()
    turning.cancel()
    await keeper.async_stop()
    assert len(keeper.household.people) == 5000
    assert len(turns) > 3


async def test_who_is_stopped_while_the_journal_is_opened_reads_nothing_any_more(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = keeper_module.HouseKeeper(hass, entry.entry_id, hub.ledger)
    opening, may_go_on = asyncio.Event(), asyncio.Event()
    open_journal = PatientJournal.async_open

    async def _open(self: PatientJournal, *, takes_room: bool) -> Sequence[Line]:
        opening.set()
        await may_go_on.wait()
        return await open_journal(self, takes_room=takes_room)

    monkeypatch.setattr(PatientJournal, "async_open", _open)
    loading = hass.async_create_task(keeper.async_load())
    await opening.wait()
    await keeper.async_stop()
    may_go_on.set()
    await loading
    assert not keeper.is_known


async def test_a_closing_is_written_though_whoever_writes_it_is_cancelled(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    """A script that is restarted ends in the middle of its action, which has to write first what was closed before."""
    await both(hub)
    disk.is_away = True
    with pytest.raises(HouseNotWritten):
        await hub.house.async_remove("eve", None)
    with pytest.raises(HouseNotWritten):
        await hub.house.async_disable("ada", None)
    disk.is_away = False
    disk.hanging = asyncio.Event()
    disk.begun.clear()
    change = hass.async_create_task(hub.house.async_set_group(AccessGroup(group_id="g", name="G"), None))
    await disk.begun.wait()
    change.cancel()
    await asyncio.wait((change,))
    disk.hanging.set()
    await written(hub)
    assert await lies(hub, entry) == hub.house.household
    hub = await reloaded(hass, entry)
    assert undated(hub) == {"ada": replace(ADA, enabled=False)}
    assert hub.house.household.tombstones.keys() == {(FACE, 2)}


async def test_what_is_cancelled_while_it_is_written_has_changed_nothing(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database has it by then: whoever is disabled is not let in again by the next start."""
    await both(hub)
    await hub.house.async_disable("ada", None)
    keep, kept = Ledger.keep_house, asyncio.Event()

    async def _cancelled(*arguments: Any) -> None:
        await keep(*arguments)
        kept.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep_house", _cancelled)
        change = hass.async_create_task(hub.house.async_update("ada", {"enabled": True}, {}, (), None))
        await kept.wait()
    change.cancel()
    await asyncio.wait((change,))
    assert not hub.house.household.people["ada"].enabled
    await hub.house.async_update("ada", {"enabled": False}, {}, (), None)
    await written(hub)
    assert await lies(hub, entry) == hub.house.household


async def test_who_is_removed_is_so_on_the_disk_though_whoever_removes_them_is_cancelled(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, disk: Disk
) -> None:
    await both(hub)
    disk.hanging = asyncio.Event()
    disk.begun.clear()
    removing = hass.async_create_task(hub.house.async_remove("eve", None))
    await disk.begun.wait()
    removing.cancel()
    await asyncio.wait((removing,))
    await hass.async_block_till_done()
    journal = Journal(keeper_module.closings_path(hass, entry.entry_id))
    (line,) = await hass.async_add_executor_job(journal.open)
    assert (line.content["how"], line.content["person_id"]) == ("remove", "eve")
    await hass.async_add_executor_job(journal.close)
    disk.hanging.set()
    await written(hub)
