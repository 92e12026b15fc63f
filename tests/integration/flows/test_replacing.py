"""A terminal dies, and another one takes its place: nothing changes but the hardware."""

from collections.abc import Mapping
from copy import replace as replace_data
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.shared_books import async_acquire_book, async_release_book
from custom_components.timmy_access.house.changes import without_person
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.standing import Tombstone
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.replacement import LOOK, WRITTEN, _async_in_database
from custom_components.timmy_access.ledger import Cause, Ledger, LedgerInvalid, LedgerUnavailable, Problem
from custom_components.timmy_access.records.ledgers import async_acquire, async_release
from custom_components.timmy_access.terminal.store import Replacement
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..automation.test_triggers import trigger
from ..automations import automate
from ..conftest import ADA, CONTROLLER, FACE, FINGER, LOOPBACK, MakeTerminal, connected, settings_form
from ..guests.test_guests import make_pass
from ..house.test_actions import ask
from ..house.test_in_step import BO, CARD, UNTIL, bo, house, placed, until as until_house
from ..panel.told import asked
from ..people.test_persons import link
from ..services.test_actions import act
from ..terminal.test_moments import record, report
from ..until import state_of

pytestmark = pytest.mark.usefixtures("moments_shown")

NEW = "AYTG00000077"
NEWER = "AYTG00000088"
SECRETS: dict[str, Any] = {"card": "4711", "password": "815815"}


async def configure(hass: HomeAssistant, flow: Any, **data: Any) -> Any:
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], data)


async def wait_outside(hass: HomeAssistant, terminal: VirtualTerminal) -> VirtualTerminal:
    """Have a terminal dial in that nobody knows."""
    await terminal.start()
    await terminal.wait_refused()
    await hass.async_block_till_done()
    return terminal


async def begin(hass: HomeAssistant, entry: MockConfigEntry, serial: str) -> Any:
    """Open the menu of a terminal and choose to replace it."""
    menu = await entry.start_subentry_reconfigure_flow(hass, entry.runtime_data.terminals[serial].subentry_id)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["settings", "replace"]
    return await configure(hass, menu, next_step_id="replace")


async def replace(hass: HomeAssistant, entry: MockConfigEntry, old: str, new: str) -> Any:
    """Replace a terminal as the owner does, and return what they are told."""
    form = await begin(hass, entry, old)
    form = await configure(hass, form, serial=new)
    assert form["step_id"] == "replace_confirm"
    result = await configure(hass, form)
    await hass.async_block_till_done()
    return result


def registered(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, tuple[str, str | None]]:
    """Return the entities there are: their registry ids and devices, by entity id."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {entity.entity_id: (entity.id, entity.device_id) for entity in found}


async def admitted(hass: HomeAssistant, hub: Hub, terminal: VirtualTerminal) -> None:
    await terminal.wait_registered()
    await terminal.wait_for(lambda: hub.terminals[terminal.serial].session)
    await hass.async_block_till_done(wait_background_tasks=True)


def everything_written(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return all that is kept of a listener outside of its database, as text."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    registry = dr.async_get(hass)
    devices = [
        *dr.async_entries_for_config_entry(registry, entry.entry_id),
        *dr.async_child_entries_for_config_entry(registry, entry.entry_id),
    ]
    store = entry.runtime_data._store
    # Which serials were ours is known for good, for the records that they left.
    kept = store._data() | {"ours": None, "replacement": None}
    return repr([[it.unique_id for it in entities], devices, entry.data, kept])


async def test_a_terminal_is_replaced_and_everything_stays(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    finger = make_terminal("tfs30", FINGER)
    finger.users.clear()
    finger.add_user(User(enrollid=7, name=BO, credentials={CARD: 4711}))
    await connected(hass, finger)
    old = await connected(hass, make_terminal("ai_face", FACE))
    await link(hass, hub)
    ada = bo(person_id="ada", name=ADA, enroll_id=1)
    held = HouseCredential(person_id="bo", slot=CARD, revision="r1", terminals=frozenset({FINGER}))
    gone = bo(person_id="gone", name="Gone", enroll_id=9)
    kept = frozenset({FACE})
    await hub.house.keeper.async_change(lambda _: house(ada, bo(), gone, kept=kept, credentials={("bo", CARD): held}))
    await until_house(hub, lambda: CARD in placed(hub, FACE))
    made = await make_pass(hass, hub)
    runs = await automate(hass, scanned=trigger("code_granted", FACE, hub=hub))
    await old.stop()
    await hass.async_block_till_done()
    await hub.house.keeper.async_change(lambda it: without_person(it, "gone", UNTIL))
    before, subentry_id = registered(hass, entry), hub.terminals[FACE].subentry_id
    new = make_terminal("ai_face", NEW)
    new.users.clear()
    await wait_outside(hass, new)

    form = await begin(hass, entry, FACE)
    form = await configure(hass, form, serial=NEW)
    shown = form["description_placeholders"]
    assert (shown["old"], shown["new"], shown["address"], shown["people"]) == (FACE, NEW, LOOPBACK, "0")
    result = await configure(hass, form)
    assert result["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    await admitted(hass, hub, new)

    assert registered(hass, entry) == before
    assert FACE not in everything_written(hass, entry).replace(f"'former_serials': ['{FACE}']", "")
    subentry = entry.subentries[subentry_id]
    assert (subentry.unique_id, subentry.data["serial"], subentry.title) == (NEW, NEW, "Front door")
    device = dr.async_get(hass).async_get(hub.terminals[NEW].device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert (device.identifiers, device.serial_number) == ({(DOMAIN, NEW)}, NEW)
    assert state_of(hass, "lock.front_door").state == "locked"

    await until_house(hub, lambda: CARD in placed(hub, NEW))
    assert {number: user.name for number, user in new.users.items()} == {1: ADA, 7: BO}
    assert new.users[7].credentials[CARD] == 4711
    assert hub.house.household.tombstones.keys() == {(FACE, 9)}
    await hass.async_block_till_done(wait_background_tasks=True)
    user = await act(hass, hub, NEW, "get_user", enroll_id=1)
    assert user is not None
    assert user["person_entity_id"] == "person.ada"
    assert (await new.scan_qr(made["code"]))["access"] == 1
    await runs.until("scanned")
    await old.start()
    assert "Not admitted" in await old.wait_refused()
    assert [it.serial for it in hub.pending.async_waiting()] == [FACE]


async def test_the_log_shows_both_each_with_its_serial_number(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    old = await connected(hass, make_terminal("ai_face", FACE))
    await report(old, record())
    await old.stop()
    new = await wait_outside(hass, make_terminal("ai_face", NEW))
    await replace(hass, entry, FACE, NEW)
    hub = entry.runtime_data
    await admitted(hass, hub, new)
    await report(new, record(mode=8))
    log = await act(hass, hub, NEW, "get_logs")
    assert log is not None
    told = [(line["serial"], line["terminal"], line["person"]) for line in log["records"]]
    assert told == [(NEW, "Front door", ADA), (FACE, "Front door", ADA)]
    page = await asked(await hass_ws_client(hass), "log", serial=NEW)
    assert [line["serial"] for line in page["result"]["records"]] == [NEW, FACE]
    async_fire_time_changed(hass, dt_util.utcnow() + WRITTEN)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_doors_of_a_controller_stay_devices_of_their_own(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    before = registered(hass, entry)
    new = await wait_outside(hass, make_terminal("controller4", "ZX00000099"))
    assert (await replace(hass, entry, CONTROLLER, "ZX00000099"))["reason"] == "terminal_replaced"
    await admitted(hass, entry.runtime_data, new)
    assert {name: before[name] for name in before if "warehouse" in name} == {
        name: registered(hass, entry)[name] for name in before if "warehouse" in name
    }
    assert CONTROLLER not in everything_written(hass, entry).replace(f"'former_serials': ['{CONTROLLER}']", "")
    await hass.services.async_call("lock", "open", {"entity_id": "lock.warehouse_door_3"}, blocking=True)
    await new.wait_opened(3)


async def test_what_was_shown_is_what_is_approved(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    await wait_outside(hass, make_terminal("ai_face", NEW))
    form = await configure(hass, await begin(hass, entry, FACE), serial=NEW)
    hub.pending.async_drop(NEW)
    form = await configure(hass, form)
    assert form["errors"] == {"base": "waits_no_more"}
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await configure(hass, form))["reason"] == "entry_not_loaded"


async def test_who_is_none_of_the_waiting_is_not_taken(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    assert (await begin(hass, entry, FACE))["reason"] == "nobody_waits"
    waiting = await wait_outside(hass, make_terminal("ai_face", NEW))
    form = await begin(hass, entry, FACE)
    await waiting.stop()
    hub.pending.async_drop_all()
    await wait_outside(hass, make_terminal("ai_face", NEWER))
    form = await configure(hass, form, serial=NEW)
    form = await configure(hass, form)
    assert form["errors"] == {"base": "waits_no_more"}
    menu = await entry.start_subentry_reconfigure_flow(hass, hub.terminals[FACE].subentry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await configure(hass, menu, next_step_id="replace"))["reason"] == "entry_not_loaded"


async def test_who_is_approved_meanwhile_replaces_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    await wait_outside(hass, make_terminal("ai_face", NEW))
    form = await configure(hass, await begin(hass, entry, FACE), serial=NEW)
    add = await hass.config_entries.subentries.async_init((entry.entry_id, "terminal"), context={"source": "user"})
    await configure(hass, add, serial=NEW, name="Side door", doors=1)
    assert (await configure(hass, form))["errors"] == {"base": "already_configured"}
    await hass.async_block_till_done()
    assert entry.runtime_data.terminals.keys() == {FACE, FINGER, CONTROLLER, NEW}


async def test_a_network_of_the_old_one_holds_for_the_new_one(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    subentry_id = hub.terminals[FACE].subentry_id
    form = await settings_form(hass, entry, subentry_id)
    await configure(hass, form, name="Front door", doors=1, hold_open=False, network="10.0.0.9")
    await hass.async_block_till_done()
    await wait_outside(hass, make_terminal("ai_face", NEW))
    form = await configure(hass, await begin(hass, entry, FACE), serial=NEW)
    form = await configure(hass, form)
    assert form["errors"] == {"base": "network_of_the_old"}
    assert form["description_placeholders"]["network"] == "10.0.0.9"


async def test_without_a_database_nothing_changes(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wait_outside(hass, make_terminal("ai_face", NEW))
    form = await configure(hass, await begin(hass, entry, FACE), serial=NEW)
    before, said = registered(hass, entry), everything_written(hass, entry)

    async def _away(*_: object) -> None:
        raise LedgerUnavailable(Cause.UNREACHABLE)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep_house", _away)
        form = await configure(hass, form)
    assert form["errors"] == {"base": "database_away"}
    assert (registered(hass, entry), everything_written(hass, entry)) == (before, said)
    assert entry.runtime_data is hub
    assert (await configure(hass, form))["reason"] == "terminal_replaced"


async def test_a_database_that_goes_away_in_the_middle_delays_it_and_changes_nothing_before(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_pass(hass, hub)
    old = await connected(hass, make_terminal("ai_face", FACE))
    new = await wait_outside(hass, make_terminal("ai_face", NEW))
    before, said = registered(hass, entry), everything_written(hass, entry)

    async def _away(*_: object) -> None:
        raise LedgerUnavailable(Cause.UNREACHABLE)

    with monkeypatch.context() as patched:
        patched.setattr("custom_components.timmy_access.hub.replacement.async_replaced_in_house", _away)
        assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced_later"
        await admitted(hass, entry.runtime_data, old)
        assert registered(hass, entry) == before
        assert said.count(FACE) == everything_written(hass, entry).count(FACE)
        assert (await old.scan_qr(made["code"]))["access"] == 1
    await old.stop()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await admitted(hass, entry.runtime_data, new)
    assert registered(hass, entry) == before
    assert (await new.scan_qr(made["code"]))["access"] == 1


def plan(hub: Hub, new: str = NEW) -> Replacement:
    """Return that another terminal takes the place of the one at the front door."""
    return Replacement(
        subentry_id=hub.terminals[FACE].subentry_id,
        old=FACE,
        new=new,
        address=LOOPBACK,
        data={"model": "x", "doors": 1},
        names={},
    )


async def settle_and_start(hass: HomeAssistant, entry: MockConfigEntry) -> Hub:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    started: Hub = entry.runtime_data
    return started


@pytest.mark.parametrize("ended_after", ["plan", "database", "subentry"])
async def test_what_ends_in_the_middle_is_done_at_the_next_start(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, ended_after: str
) -> None:
    made = await make_pass(hass, hub)
    await hub.house.keeper.async_change(lambda _: house(bo(), kept=frozenset({FACE})))
    before, planned = registered(hass, entry), plan(hub)
    await hub._store.async_plan(planned)
    assert await hass.config_entries.async_unload(entry.entry_id)
    if ended_after != "plan":
        ledger = await async_acquire(hass, None)
        book = await async_acquire_book(hass, ledger)
        await _async_in_database(hass, entry, ledger, book, planned, "Front door")
        await async_release_book(hass, book)
        await async_release(hass, ledger)
    if ended_after == "subentry":
        subentry = entry.subentries[planned.subentry_id]
        data = {**subentry.data, "serial": NEW, "former_serials": [FACE], "counted_as": FACE}
        hass.config_entries.async_update_subentry(entry, subentry, data=data, unique_id=NEW)
    for _ in range(2):
        hub = await settle_and_start(hass, entry)
        assert registered(hass, entry) == before
        assert hub.terminals.keys() == {FINGER, CONTROLLER, NEW}
        assert hub.house.household.kept == {NEW}
        assert hub.passbook.passes[made["pass_id"]].doors == {NEW: frozenset({1})}
        assert {serial for rule in hub.house.household.groups["all"].rules for serial in rule.doors} == {
            NEW,
            FINGER,
            CONTROLLER,
        }
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_plan_is_dropped_when_all_files_have_it(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    await hub._store.async_plan(plan(hub))
    assert await hass.config_entries.async_reload(entry.entry_id)
    hub = entry.runtime_data
    assert hub._store.replacement is not None
    async_fire_time_changed(hass, dt_util.utcnow() + WRITTEN)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub._store.replacement is None


async def test_a_plan_waits_for_the_database(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub._store.async_plan(plan(hub))

    async def _away(*_: object) -> None:
        raise LedgerUnavailable(Cause.UNREACHABLE)

    with monkeypatch.context() as patched:
        patched.setattr("custom_components.timmy_access.hub.replacement.async_replaced_in_house", _away)
        assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.terminals.keys() == {FACE, FINGER, CONTROLLER}
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "health", replace_data(hub.ledger.health, available=False))
        async_fire_time_changed(hass, dt_util.utcnow() + LOOK)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert entry.runtime_data.terminals.keys() == {FACE, FINGER, CONTROLLER}
    async_fire_time_changed(hass, dt_util.utcnow() + 2 * LOOK)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.terminals.keys() == {NEW, FINGER, CONTROLLER}


async def test_a_plan_that_cannot_be_kept_changes_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, said = registered(hass, entry), everything_written(hass, entry)

    async def _invalid(*_: object) -> None:
        raise LedgerInvalid("document", Problem.TOO_LONG)

    await hub._store.async_plan(plan(hub))
    with monkeypatch.context() as patched:
        patched.setattr("custom_components.timmy_access.hub.replacement.async_replaced_in_house", _invalid)
        assert await hass.config_entries.async_reload(entry.entry_id)
    assert "Front door is not replaced" in caplog.text
    assert registered(hass, entry) == before
    assert everything_written(hass, entry).count(FACE) == said.count(FACE)
    await entry.runtime_data._store.async_plan(replace_data(plan(hub), subentry_id="gone"))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data._store.replacement is None
    await entry.runtime_data._store.async_plan(plan(hub, FINGER))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data._store.replacement is None
    assert registered(hass, entry) == before


async def test_the_same_machine_under_another_serial_number_loses_whom_it_was_to_lose(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    stone = Tombstone(serial=FACE, enroll_id=9, name="Gone", person_id="gone", removed_at=UNTIL)
    await hub.house.keeper.async_change(lambda _: Household(tombstones={(FACE, 9): stone}, kept=frozenset({FACE})))
    new = make_terminal("ai_face", NEW)
    new.add_user(User(enrollid=9, name="Gone", credentials={CARD: 4712}))
    await wait_outside(hass, new)
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    await admitted(hass, hub, new)
    await until_house(hub, lambda: (NEW, 9) not in hub.house.household.tombstones)
    assert 9 not in new.users
    assert 1 in new.users  # of whom the house says nothing
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_the_house_said_of_the_new_one_before_holds_no_more(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """It was a terminal of its own once: nobody passes the front door because they passed there."""
    made = await make_pass(hass, hub, CONTROLLER)
    serial = "ZX00000055"
    groups = {
        "old": AccessGroup(group_id="old", name="Old", rules=(Rule(doors={serial: frozenset({1})}),)),
        "all": AccessGroup(group_id="all", name="All", rules=(Rule(doors={FACE: frozenset({1})}),)),
    }
    stone = Tombstone(serial=serial, enroll_id=9, name="Gone", person_id="gone", removed_at=UNTIL)
    await hub.house.keeper.async_change(
        lambda _: Household(groups=groups, tombstones={(serial, 9): stone}, kept=frozenset({serial}))
    )
    held = hub.passbook.passes[made["pass_id"]]
    await hub.passbook.book.async_add(replace_data(held, doors={serial: frozenset({1})}))
    await wait_outside(hass, make_terminal("ai_face", serial))
    assert (await replace(hass, entry, FACE, serial))["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    household = hub.house.household
    assert household.groups["old"].rules == (Rule(doors={}),)
    assert household.groups["all"].rules == (Rule(doors={serial: frozenset({1})}),)
    assert household.kept == frozenset()
    assert household.tombstones == {(serial, 9): stone}
    assert hub.passbook.passes[made["pass_id"]].doors == {}
    assert (await act(hass, hub, serial, "get_passes")) == {"passes": []}


async def test_the_old_one_may_come_back_as_a_terminal_of_its_own(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    old = await connected(hass, make_terminal("ai_face", FACE))
    await report(old, record())
    await old.stop()
    await wait_outside(hass, make_terminal("ai_face", NEW))
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    await hass.async_block_till_done()
    await wait_outside(hass, old)
    add = await hass.config_entries.subentries.async_init((entry.entry_id, "terminal"), context={"source": "user"})
    await configure(hass, add, serial=FACE, name="Back door", doors=1)
    await hass.async_block_till_done()
    hub = entry.runtime_data
    await admitted(hass, hub, old)
    assert hub.terminals[NEW].identity.former_serials == ()
    counted = hub._counted()
    assert (counted[NEW].counted_as, counted[FACE].counted_as) == (FACE, f"{FACE}_2")
    before = registered(hass, entry)
    assert hub._store.replacement is not None
    await old.stop()
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert registered(hass, entry) == before


async def test_a_repaired_terminal_takes_its_place_again(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    before = registered(hass, entry)
    new = await wait_outside(hass, make_terminal("ai_face", NEW))
    await replace(hass, entry, FACE, NEW)
    await admitted(hass, entry.runtime_data, new)
    await new.stop()
    old = await wait_outside(hass, make_terminal("ai_face", FACE))
    assert (await replace(hass, entry, NEW, FACE))["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    await admitted(hass, hub, old)
    assert registered(hass, entry).keys() >= before.keys()
    assert {name: registered(hass, entry)[name] for name in before} == before
    assert hub.terminals[FACE].identity.former_serials == (NEW,)
    assert hub._counted()[FACE].counted_as == FACE


async def test_what_is_left_of_the_new_one_gives_way(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    devices, entities = dr.async_get(hass), er.async_get(hass)
    left = devices.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, NEW)}, name="Left")
    for key in ("connectivity", "door1"):
        platform = "binary_sensor" if key == "connectivity" else "lock"
        entities.async_get_or_create(platform, DOMAIN, f"{NEW}_{key}", config_entry=entry)
    before = {name: known for name, known in registered(hass, entry).items() if name.split(".")[1].startswith("front")}
    await wait_outside(hass, make_terminal("ai_face", NEW))
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    after = registered(hass, entry)
    assert {name: after[name] for name in before} == before
    assert devices.async_get(left.id) is None


async def test_one_with_fewer_doors_has_no_others(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Firmware with one door may open it whatever number it is told."""
    new = await wait_outside(hass, make_terminal("ai_face", NEW))
    before = registered(hass, entry)
    form = await configure(hass, await begin(hass, entry, CONTROLLER), serial=NEW)
    assert form["data_schema"]({}) == {"doors": 1}
    assert (await configure(hass, form, doors=1))["reason"] == "terminal_replaced"
    await hass.async_block_till_done()
    hub = entry.runtime_data
    await admitted(hass, hub, new)
    assert hub.terminals[NEW].coordinator.data.doors.keys() == {1}
    after = registered(hass, entry)
    assert after["lock.warehouse_door_1"][0] == before["lock.warehouse_door_1"][0]
    assert "lock.warehouse_door_2" not in after


async def test_what_another_administrator_has_replaced_already_is_not_replaced_again(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    first = await wait_outside(hass, make_terminal("ai_face", NEW))
    second = await wait_outside(hass, make_terminal("ai_face", NEWER))
    form = await configure(hass, await begin(hass, entry, FACE), serial=NEWER)
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    await admitted(hass, hub, first)
    await second.wait_for(lambda: hub.pending.async_waiting() or None)
    form = await configure(hass, form)
    assert form["errors"] == {"base": "waits_no_more"}
    assert form["description_placeholders"]["old"] == FACE
    assert entry.runtime_data is hub


async def test_who_is_on_a_used_terminal_is_told_and_not_written_over(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    finger = make_terminal("tfs30", FINGER)
    finger.users.clear()
    finger.add_user(User(enrollid=8, name="Grace", credentials={CARD: 4711}))
    await connected(hass, finger)
    held = HouseCredential(person_id="grace", slot=CARD, revision="r1", terminals=frozenset({FINGER}))
    grace = bo(person_id="grace", name="Grace", enroll_id=8)
    ada = bo(person_id="ada", name=ADA, enroll_id=1)
    await hub.house.keeper.async_change(
        lambda _: house(ada, bo(), grace, kept=frozenset({FACE}), credentials={("grace", CARD): held})
    )
    used = make_terminal("ai_face", NEW)
    used.add_user(User(enrollid=7, name="Eve", credentials={CARD: 666}))
    used.add_user(User(enrollid=99, name="Mallory", credentials={CARD: 667}))
    await wait_outside(hass, used)
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    await admitted(hass, hub, used)
    await until_house(hub, lambda: CARD in filled(hub, 8))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert {number: user.name for number, user in used.users.items()} == {1: ADA, 7: "Eve", 8: "Grace", 99: "Mallory"}
    assert (used.users[7].credentials, used.users[99].credentials) == ({CARD: 666}, {CARD: 667})
    told = (await ask(hass, "get_differences"))["differences"]
    assert [(it["enroll_id"], it["kind"]) for it in told] == [(7, "somebody_else"), (99, "unknown_here")]


async def test_cards_and_pins_come_from_the_vault(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    """The dead terminal was the only one that had them."""
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    hub = await settle_and_start(hass, entry)
    front = hub.terminals[FACE].device_id
    old = make_terminal("ai_face", FACE)
    old.users.clear()
    await connected(hass, old)
    await ask(hass, "set_access_group", name="Family", rules=[{"device_id": [front]}])
    await ask(hass, "add_person", name="Zoe", enroll_id=7, groups=["Family"], **SECRETS)
    await ask(hass, "keep_in_step", device_id=front, confirm=True)
    await until_house(hub, lambda: CARD in placed(hub, FACE) and 10 in placed(hub, FACE))
    await old.stop()
    new = make_terminal("ai_face", NEW)
    new.users.clear()
    await wait_outside(hass, new)
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    hub = entry.runtime_data
    await admitted(hass, hub, new)
    await until_house(hub, lambda: filled(hub, 7).keys() >= {CARD, 10})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (new.users[7].name, new.users[7].credentials) == ("Zoe", {CARD: 4711, 10: 815815})
    front_door = (await ask(hass, "get_people"))["terminals"][0]
    assert (front_door["terminal"], front_door["in_step"], front_door["people"]) == ("Front door", 1, 1)
    assert await hass.config_entries.async_unload(entry.entry_id)


def filled(hub: Hub, number: int) -> Mapping[int, str]:
    """Return what of somebody the new terminal has confirmed."""
    placement = hub.house.household.placements.get((NEW, number))
    return placement.confirmed.credentials if placement and placement.confirmed else {}
