"""Who comes in, live changes, and terminals that reconnect in every way they know."""

import asyncio
import logging
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub import gate as gate_module, homes as homes_module, pending
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.terminal import REPEATS_AT_ONCE, REPEATS_PER_SECOND
from custom_components.timmy_access.protocol.connection import Connection
from custom_components.timmy_access.protocol.throttle import Throttle
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, MakeTerminal, connected, subentry
from ..until import state_of, until_state

pytestmark = pytest.mark.usefixtures("moments_shown")

ONLINE = "binary_sensor.front_door_connectivity"
STRANGER = "ZX99999999"


async def test_every_terminal_has_its_entities_and_only_its_own_availability(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    assert sorted(hass.states.async_entity_ids({"event", "lock"})) == [
        "event.front_door_access",
        "event.front_door_code",
        "event.front_door_door_events",
        "event.front_door_enrolment",
        "event.front_door_records",
        "event.office_access",
        "event.office_code",
        "event.office_door_events",
        "event.office_enrolment",
        "event.office_records",
        "event.warehouse_access",
        "event.warehouse_code",
        "event.warehouse_door_events",
        "event.warehouse_enrolment",
        "event.warehouse_records",
        "lock.front_door",
        "lock.office",
        "lock.warehouse_door_1",
        "lock.warehouse_door_2",
        "lock.warehouse_door_3",
        "lock.warehouse_door_4",
    ]
    assert state_of(hass, ONLINE).state == "on"
    assert state_of(hass, "lock.front_door").state == "locked"
    assert state_of(hass, "lock.office").state == "unavailable"


async def test_availability_waits_for_no_query(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.faults.silent.add("*")
    await terminal.start()
    await until_state(hass, ONLINE, "on")
    await terminal.stop()


async def test_a_refused_query_changes_nothing(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.faults.refuse["getdevlock"] = {"reason": 1}
    await connected(hass, terminal)
    assert hub.terminals[FACE].coordinator.data.open_delay == 5.0
    assert state_of(hass, ONLINE).state == "on"


async def test_the_open_delay_is_the_terminals(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.access_settings["opendelay"] = 9
    await connected(hass, terminal)
    assert hub.terminals[FACE].coordinator.data.open_delay == 9.0


async def test_an_unknown_terminal_is_refused_on_its_screen(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("tfs30", STRANGER)
    await terminal.start()
    assert await terminal.wait_refused() == f"Not admitted, see {STRANGER} in Home Assistant"
    await hass.async_block_till_done()
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["unique_id"] for flow in flows] == [STRANGER]
    assert [waiting.serial for waiting in hub.pending.async_waiting()] == [STRANGER]


async def test_repeated_registrations_make_one_card(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("tfs30", STRANGER)
    await terminal.start()
    for _ in range(3):
        await terminal.wait_received("reg", after=len(terminal.received))
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


async def test_waiting_terminals_are_bounded_and_forgotten(
    hass: HomeAssistant,
    hub: Hub,
    make_terminal: MakeTerminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pending, "MAX_PENDING", 1)
    first = make_terminal("tfs30", STRANGER)
    await first.start()
    await first.wait_refused()
    second = make_terminal("tfs30", "ZX88888888")
    await second.start()
    assert await second.wait_refused() == "Not admitted, see ZX88888888 in Home Assistant"
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    await first.stop()
    await second.stop()
    monkeypatch.setattr(pending, "FORGET_SECONDS", -1)
    assert hub.pending.async_waiting() == []
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_an_ignored_terminal_is_blocked_without_a_card(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=STRANGER, source=SOURCE_IGNORE).add_to_hass(hass)
    terminal = make_terminal("tfs30", STRANGER)
    await terminal.start()
    assert await terminal.wait_refused() == f"Not admitted, see {STRANGER} in Home Assistant"
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    assert hub.pending.async_waiting() == []


async def test_approval_lets_a_waiting_terminal_in_and_touches_nobody_else(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    make_terminal: MakeTerminal,
) -> None:
    terminal = make_terminal("tfs30", STRANGER)
    await terminal.start()
    await terminal.wait_refused()
    before = hub.terminals[FACE].session
    hass.config_entries.async_add_subentry(entry, subentry(STRANGER, "Garage"))
    await terminal.wait_registered()
    await until_state(hass, "binary_sensor.garage_connectivity", "on")
    assert hub.terminals[FACE].session is before
    assert hub.pending.async_waiting() == []
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_removal_disconnects_and_leaves_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    subentry_id = hub.terminals[FACE].subentry_id
    received = len(face.received)
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    refusal = await face.wait_received("reg", after=received)
    assert refusal["result"] is False
    await hass.async_block_till_done()
    assert FACE not in hub.terminals
    assert not [name for name in hass.states.async_entity_ids() if "front_door" in name]
    registry = dr.async_get(hass)
    assert registry.async_get_device_by_identifier((DOMAIN, FACE), entry.entry_id) is None
    # and it can be approved again
    hass.config_entries.async_add_subentry(entry, subentry(FACE, "Front door"))
    await face.wait_registered()
    await until_state(hass, ONLINE, "on")


async def test_a_new_name_is_applied_live(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    before = hub.terminals[FACE].session
    changed = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, changed, title="Main entrance")
    await hass.async_block_till_done()
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, FACE), entry.entry_id)
    assert device is not None
    assert device.name == "Main entrance"
    assert hub.terminals[FACE].session is before


async def test_a_new_port_reloads(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, unused_tcp_port: int) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, "port": unused_tcp_port})
    await hass.async_block_till_done()
    assert entry.runtime_data is not hub
    assert entry.runtime_data.listener.port == unused_tcp_port


async def test_the_area_applies_once(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    hass.config_entries.async_add_subentry(entry, subentry(STRANGER, "Garage", area_id="garage"))
    await hass.async_block_till_done()
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, STRANGER), entry.entry_id)
    assert device is not None
    assert device.area_id == "garage"
    registry.async_update_device(device.id, area_id=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    reloaded = registry.async_get(device.id)
    assert reloaded is not None
    assert reloaded.area_id is None


async def test_a_second_socket_from_the_same_address_takes_over_at_once(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    states: list[str] = []
    hass.bus.async_listen(
        "state_changed",
        lambda event: states.append(event.data["new_state"].state) if event.data["entity_id"] == ONLINE else None,
    )
    face.faults.half_open = True  # the old socket is dead, and nobody has noticed
    first = hub.terminals[FACE].session
    second = make_terminal("ai_face", FACE)
    await second.start()
    await second.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.terminals[FACE].session is not first
    assert first is not None
    assert first.ended
    assert states == []  # the late end of the old one marks nothing offline
    await hass.services.async_call("lock", "open", {"entity_id": "lock.front_door"}, blocking=True)
    assert second.doors[1].openings == 1


async def test_an_impostor_from_another_address_stays_out(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    make_terminal: MakeTerminal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    impostor = make_terminal("ai_face", FACE, source_address="127.0.0.2")
    session = hub.terminals[FACE].session
    await impostor.start()
    assert await impostor.wait_refused() == f"Not admitted, see {FACE} in Home Assistant"
    assert hub.terminals[FACE].session is session
    assert "127.0.0.2 claims to be Front door and stays out: duplicate_serial" in caplog.text


async def test_a_moved_terminal_takes_over_once_the_old_connection_is_dead(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    face.faults.half_open = True
    moved = make_terminal("ai_face", FACE, source_address="127.0.0.2")
    with (
        patch.multiple(gate_module, TAKE_OVER_PROBE_SECONDS=0.1, FRESH_SECONDS=0.0),
        patch.object(homes_module, "PATIENCE_SECONDS", 0.0),
        patch.object(Connection, "is_acknowledged", new=False),  # its network is gone
    ):
        await moved.start()
        await moved.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.terminals[FACE].coordinator.data.address == "127.0.0.2"


async def test_cut_connections_come_back(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    for close in (True, False):
        received = len(face.received)
        await face.drop(close=close)
        await until_state(hass, ONLINE, "off")
        await face.wait_received("reg", after=received)
        await until_state(hass, ONLINE, "on")


async def test_a_connection_is_logged_once_when_it_comes_and_once_when_it_goes(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(2):
        caplog.clear()
        await face.stop()
        await until_state(hass, "lock.front_door", "unavailable")
        await face.start()
        await until_state(hass, "lock.front_door", "locked")
        lines = [record.getMessage() for record in caplog.records if FACE in record.getMessage()]
        assert lines == [f"Front door ({FACE}) is no longer connected", f"Front door ({FACE}) is connected"]


async def test_two_thousand_identical_uploads_are_survived(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    upload = {"cmd": "senduser", "enrollid": 7, "name": "G", "backupnum": 0, "record": "c5"}
    received = len(finger.received)
    await asyncio.gather(*(finger.send(upload) for _ in range(2000)))
    async with asyncio.timeout(20):
        while sum(f.get("ret") == "senduser" for f in finger.received[received:]) < 2000:
            await finger.wait_received("senduser", after=len(finger.received))


async def test_unique_ids_are_stable(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    registry = er.async_get(hass)
    ids = {item.unique_id for item in er.async_entries_for_config_entry(registry, entry.entry_id)}
    assert {f"{CONTROLLER}_door3_lock", f"{FACE}_access", f"{FACE}_connectivity"} <= ids


async def test_registrations_without_end_are_answered_and_not_all_looked_at(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """All entities of a terminal look at what it tells of itself."""
    face.faults.silent.add("reg")  # else it repeats itself, and is answered, in between
    first, *others = (frame for frame in face.sent if frame.get("cmd") == "reg")
    await face.wait_for(lambda: sum(frame.get("ret") == "reg" for frame in face.received) == 1 + len(others))
    now = [0.0]
    hub.terminals[FACE]._repeats = Throttle(REPEATS_PER_SECOND, REPEATS_AT_ONCE, lambda: now[0])
    changes: list[None] = []
    coordinator = hub.terminals[FACE].coordinator
    coordinator.async_add_listener(lambda: changes.append(None))

    async def repeat(used: int) -> None:
        received = len(face.received)
        await face.send({**first, "devinfo": {**first["devinfo"], "useduser": used}})
        assert (await face.wait_received("reg", after=received))["result"]

    for used in range(5 * REPEATS_AT_ONCE):
        await repeat(used)
    assert len(changes) == REPEATS_AT_ONCE
    now[0] = 1 / REPEATS_PER_SECOND
    await repeat(4711)
    assert coordinator.data.info.users_used == 4711
