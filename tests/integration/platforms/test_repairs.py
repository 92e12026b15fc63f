"""Repair issues that come, are fixed, and go when their cause does."""

import asyncio
from dataclasses import replace
from datetime import timedelta
import errno
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access.const import AWAY_NOTICE, CONF_AWAY_NOTICE
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.troubles import CLOCK_PATIENCE, TAMPER_PATIENCE, TROUBLES
from custom_components.timmy_access.ledger import LedgerUnavailable
from custom_components.timmy_access.ledger.errors import Cause
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE, FINGER, LOOPBACK, Fix, MakeTerminal, connected
from ..until import issues_of, state_of, until, until_issue, until_state

AWAY_PATIENCE = timedelta(minutes=AWAY_NOTICE)
DRIFT = "sensor.front_door_clock_drift"
ONLINE = "binary_sensor.front_door_connectivity"
ASKS = f"approval_unanswered_{FACE}"
CLOCK = f"clock_wrong_{FACE}"
FULL_LOG = f"capacity_logs_{FACE}"
SILENT = f"terminal_silent_{FACE}"
TAMPER = f"tamper_stuck_{FACE}"


async def pass_time(hass: HomeAssistant, patience: timedelta) -> None:
    """Let everything fire that is due after so long; what comes of all of it is told in the next step."""
    async_fire_time_changed(hass, dt_util.utcnow() + patience + timedelta(seconds=2))
    await asyncio.sleep(0)


def placeholders(hass: HomeAssistant, issue_id: str) -> dict[str, str]:
    found = issues_of(hass)[issue_id].translation_placeholders
    assert found is not None
    return found


@pytest.fixture
async def wrong_clock(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    """A terminal that does not take over our time from the answer to its registration."""
    terminal = make_terminal("tfs30", FACE)
    terminal.machine.clock.set = lambda time: None  # type: ignore[method-assign]  # noqa: ARG005
    zone = dt_util.now().replace(tzinfo=None) - terminal.machine.clock.now()
    terminal.clock_offset = zone + timedelta(minutes=10)
    return await connected(hass, terminal)


async def test_a_clock_that_stays_wrong_is_set(
    hass: HomeAssistant, hub: Hub, wrong_clock: VirtualTerminal, fix: Fix
) -> None:
    assert issues_of(hass) == {}  # it may be right in a moment
    await pass_time(hass, CLOCK_PATIENCE)
    assert issues_of(hass) == {}  # it is asked once more
    await until_issue(hass, CLOCK)
    assert abs(int(placeholders(hass, CLOCK)["seconds"]) - 600) <= 10
    del wrong_clock.machine.clock.set
    form = await fix(CLOCK)
    assert (form["type"], form["step_id"], form["errors"]) == ("form", "confirm", {})
    assert form["description_placeholders"]["name"] == "Front door"
    result = await fix(CLOCK, {})
    assert result["type"] == "create_entry"
    assert await wrong_clock.wait_received("settime")
    assert issues_of(hass) == {}


async def test_a_clock_that_is_set_at_the_registration_is_no_issue(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("tfs30", FACE)
    terminal.clock_offset = timedelta(days=-400)
    await connected(hass, terminal)
    await until_state(hass, "sensor.front_door_clock_drift", "0")
    await pass_time(hass, CLOCK_PATIENCE)
    assert issues_of(hass) == {}


async def test_a_clock_issue_goes_when_the_next_registration_is_right(
    hass: HomeAssistant, hub: Hub, wrong_clock: VirtualTerminal
) -> None:
    await pass_time(hass, CLOCK_PATIENCE)
    await until_issue(hass, CLOCK)
    wrong_clock.clock_offset -= timedelta(minutes=10)
    await wrong_clock.drop()
    await until_issue(hass, CLOCK, present=False)


async def test_what_the_clock_shows_counts_more_than_what_a_registration_tells(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.faults.silent.add("reg")  # it does not register again meanwhile
    told = (face.machine.clock.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    await face.send({"cmd": "reg", "sn": FACE, "devinfo": {**face.machine.devinfo(), "time": told}})
    await until(hass, DRIFT, lambda state: abs(int(state.state)) > 3000)
    received = len(face.received)
    await pass_time(hass, CLOCK_PATIENCE)
    await face.wait_received("gettime", after=received)
    await until_state(hass, DRIFT, "0")
    assert issues_of(hass) == {}


async def test_a_terminal_that_does_not_tell_its_time_is_believed_what_it_registered_with(
    hass: HomeAssistant, hub: Hub, wrong_clock: VirtualTerminal
) -> None:
    wrong_clock.faults.refuse["gettime"] = {"reason": 1}
    wrong_clock.machine.clock.text = lambda: ""  # type: ignore[method-assign]
    await pass_time(hass, CLOCK_PATIENCE)
    await until_issue(hass, CLOCK)


async def test_a_question_ends_with_the_listener(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, wrong_clock: VirtualTerminal
) -> None:
    wrong_clock.faults.silent.add("gettime")
    received = len(wrong_clock.received)
    await pass_time(hass, CLOCK_PATIENCE)
    await wrong_clock.wait_received("gettime", after=received)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issues_of(hass) == {}


async def test_a_clock_outside_the_calendar_changes_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    before = hub.terminals[FACE].coordinator.data.clock_ahead
    face.machine.clock.text = lambda: "9999-12-31 23:59:59"  # type: ignore[method-assign]
    await hub.terminals[FACE].upkeep.async_read_clock()
    assert hub.terminals[FACE].coordinator.data.clock_ahead == before


@pytest.mark.parametrize("capacity", ["cards", "faces", "fingerprints", "palms", "passwords", "users"])
async def test_people_that_hardly_fit(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, capacity: str) -> None:
    coordinator = hub.terminals[FACE].coordinator

    def use(used: int) -> None:
        told: dict[str, Any] = {f"{capacity}_used": used, f"{capacity}_capacity": 100}
        coordinator.async_replace(coordinator.data.with_info(replace(coordinator.data.info, **told)))

    use(89)
    assert issues_of(hass) == {}
    use(90)
    issue_id = f"capacity_{capacity}_{FACE}"
    assert placeholders(hass, issue_id) == {"name": "Front door", "used": "90", "capacity": "100"}
    assert not issues_of(hass)[issue_id].is_fixable
    use(91)
    assert placeholders(hass, issue_id)["used"] == "91"
    use(89)
    assert issues_of(hass) == {}


@pytest.fixture
async def full_log(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    """A terminal whose log has room for one more record."""
    terminal = make_terminal("tfs30", FACE)
    terminal.machine.counters = lambda: (  # type: ignore[method-assign]
        dict(terminal.machine.users.used()) | terminal.machine.logs.used() | {"logsize": 10}
    )
    for _ in range(9):
        terminal.punch(1)
    return await connected(hass, terminal)


async def test_a_full_log_is_fetched_and_then_deleted(
    hass: HomeAssistant, hub: Hub, full_log: VirtualTerminal, fix: Fix
) -> None:
    await full_log.wait_sent()
    await until_issue(hass, FULL_LOG)
    assert placeholders(hass, FULL_LOG) == {"name": "Front door", "used": "9", "capacity": "10"}
    full_log.faults.refuse["cleanlog"] = {"reason": 1}
    form = await fix(FULL_LOG, {})
    assert form["errors"] == {"base": "failed"}
    full_log.faults.refuse.clear()
    with patch.object(hub.terminals[FACE].catching_up._ledger, "keep", side_effect=LedgerUnavailable(Cause.DISK_FULL)):
        form = await fix(FULL_LOG, {})
    assert form["errors"] == {"base": "ledger_unavailable"}
    assert len(full_log.logs) == 9
    result = await fix(FULL_LOG, {})
    assert result["type"] == "create_entry"
    assert full_log.logs == []
    received = len(full_log.received)
    await full_log.drop()
    await full_log.wait_received("getdevlock", after=received)
    assert issues_of(hass) == {}


async def test_what_a_terminal_cannot_do_now_can_be_tried_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, fix: Fix
) -> None:
    face.door_event(event=6)
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    assert issues_of(hass) == {}  # somebody may be servicing it
    await pass_time(hass, TAMPER_PATIENCE)
    assert placeholders(hass, TAMPER) == {"name": "Front door"}
    await face.stop()
    await until_state(hass, ONLINE, "off")
    form = await fix(TAMPER, {})
    assert form["errors"] == {"base": "terminal_offline"}
    await connected(hass, face)
    result = await fix(TAMPER, {})
    assert result["type"] == "create_entry"
    assert state_of(hass, "binary_sensor.front_door_tamper").state == "off"
    assert TAMPER not in issues_of(hass)


async def test_what_has_ended_meanwhile_is_not_fixed(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, fix: Fix
) -> None:
    """An alarm that a dialog of before would cancel is another one."""
    manager = hass.data["repairs"]["flow_manager"]
    face.door_event(event=6)
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    await pass_time(hass, TAMPER_PATIENCE)
    await face.stop()
    await until_state(hass, ONLINE, "off")
    await connected(hass, face)
    forms = [await fix(TAMPER) for _ in range(2)]
    assert (await manager.async_configure(forms[0]["flow_id"], {}))["type"] == "create_entry"
    await until_state(hass, "binary_sensor.front_door_tamper", "off")
    face.door_event(event=6, time=face.machine.clock.now() + timedelta(seconds=1))
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    received = len(face.received)
    assert (await manager.async_configure(forms[1]["flow_id"], {}))["reason"] == "not_asked"
    assert state_of(hass, "binary_sensor.front_door_tamper").state == "on"
    assert face.received[received:] == []


async def test_a_fix_is_for_administrators_and_takes_nothing_but_its_answers(
    hass: HomeAssistant,
    hub: Hub,
    wrong_clock: VirtualTerminal,
    finger: VirtualTerminal,
    fix: Fix,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    await pass_time(hass, CLOCK_PATIENCE)
    await until_issue(hass, CLOCK)
    form = await fix(CLOCK)
    address = "/api/repairs/issues/fix"
    visitor = await hass_client(hass_read_only_access_token)
    asked = {"handler": "timmy_access", "issue_id": CLOCK}
    assert (await visitor.post(address, json=asked)).status == HTTPStatus.UNAUTHORIZED
    for answer in ({}, {"next_step_id": "accept"}):
        response = await visitor.post(f"{address}/{form['flow_id']}", json=answer)
        assert response.status == HTTPStatus.UNAUTHORIZED
    client = await hass_client()
    for answer in ({"serial": FINGER}, {"next_step_id": "accept"}, {"next_step_id": "fill", "entry_id": hub.entry_id}):
        response = await client.post(f"{address}/{form['flow_id']}", json=answer)
        assert response.status == HTTPStatus.BAD_REQUEST
    for terminal in (wrong_clock, finger):
        assert not any(frame.get("cmd") == "settime" for frame in terminal.received)


@pytest.mark.parametrize("approval", [1, 2])
async def test_a_terminal_that_asks_in_vain_decides_by_itself_again(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, fix: Fix, approval: int
) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.machine.settings["server_verify"] = approval
    await connected(hass, terminal)
    issue = await until_issue(hass, ASKS)
    assert issue is not None
    assert (issue.severity, placeholders(hass, ASKS)) == (ir.IssueSeverity.ERROR, {"name": "Front door"})
    result = await fix(ASKS, {})
    assert result["type"] == "create_entry"
    assert terminal.machine.settings["server_verify"] == 0
    assert issues_of(hass) == {}


async def test_a_terminal_that_is_answered_asks_not_in_vain(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.server_approval = True
    await connected(hass, terminal)
    await until_issue(hass, ASKS)
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    for choice, there in (("refuse", False), ("off", True), ("grant", False)):
        hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "server_approval": choice})
        await hass.async_block_till_done()
        assert (ASKS in issues_of(hass)) is there


async def test_a_housing_that_is_closed_in_time_is_no_issue(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.door_event(event=6)
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    await hub.terminals[FACE].upkeep.async_cancel_alarm()
    await pass_time(hass, TAMPER_PATIENCE)
    assert TAMPER not in issues_of(hass)


async def test_a_terminal_that_is_away_for_some_minutes(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    await face.stop()
    await until_state(hass, ONLINE, "off")
    seen = hub.terminals[FACE].last_seen
    assert seen is not None
    await pass_time(hass, AWAY_PATIENCE)
    # and the one that has never been there
    assert {issue.translation_key for issue in issues_of(hass).values()} == {"terminal_silent"}
    assert len(issues_of(hass)) == 2
    assert placeholders(hass, SILENT) == {
        "name": "Front door",
        "last_seen": f"{dt_util.as_local(seen):%Y-%m-%d %H:%M}",
        "address": LOOPBACK,
        "near_here": "Office",
        "near_away": "—",
        "port": str(entry.data["port"]),
        "connected": "Office",
        "held_off": "—",
    }
    # What is known is followed.
    await finger.stop()
    await until_state(hass, "binary_sensor.office_connectivity", "off")
    assert placeholders(hass, SILENT)["near_away"] == "Office"
    assert placeholders(hass, SILENT)["connected"] == "—"
    await face.start()
    await until_issue(hass, SILENT, present=False)
    await face.stop()
    await until_state(hass, ONLINE, "off")
    await pass_time(hass, 2 * AWAY_PATIENCE)
    hass.config_entries.async_remove_subentry(entry, hub.terminals[FACE].subentry_id)
    await until_issue(hass, SILENT, present=False)


async def test_a_reconnect_is_no_issue_and_the_minutes_are_an_option(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    hass.config_entries.async_update_entry(entry, options={CONF_AWAY_NOTICE: 60})
    await face.stop()
    await until_state(hass, ONLINE, "off")
    await pass_time(hass, AWAY_PATIENCE)
    assert SILENT not in issues_of(hass)
    await face.start()
    await until_state(hass, ONLINE, "on")
    await pass_time(hass, timedelta(minutes=60))
    assert SILENT not in issues_of(hass)


async def test_what_was_ignored_stays_ignored_over_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    await pass_time(hass, AWAY_PATIENCE)
    ir.async_ignore_issue(hass, "timmy_access", SILENT, ignore=True)
    hass.set_state(CoreState.stopping)
    await hub.async_stop()
    assert issues_of(hass)[SILENT].dismissed_version is not None
    hass.set_state(CoreState.running)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_issues_go_with_the_listener(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    await pass_time(hass, AWAY_PATIENCE)
    assert len(issues_of(hass)) == 3
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issues_of(hass) == {}


async def test_a_fix_needs_a_running_listener(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, wrong_clock: VirtualTerminal, fix: Fix
) -> None:
    await pass_time(hass, CLOCK_PATIENCE)
    await until_issue(hass, CLOCK)
    form = await fix(CLOCK)
    await hass.config_entries.async_unload(entry.entry_id)
    result = await hass.data["repairs"]["flow_manager"].async_configure(form["flow_id"], {})
    assert result["reason"] == "not_running"


async def test_a_busy_port_is_tried_again(hass: HomeAssistant, entry: MockConfigEntry, port: int, fix: Fix) -> None:
    issue_id = f"port_in_use_{entry.entry_id}"
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, port)
    await hass.config_entries.async_setup(entry.entry_id)
    assert placeholders(hass, issue_id)["port"] == str(port)
    menu = await fix(issue_id)
    assert menu["menu_options"] == ["try_again", "move"]
    result = await fix(issue_id, {"next_step_id": "try_again"})
    assert (result["type"], result["reason"]) == ("abort", "still_not_listening")
    assert issue_id in issues_of(hass)
    server.close()
    await server.wait_closed()
    result = await fix(issue_id, {"next_step_id": "try_again"})
    assert result["type"] == "create_entry"
    assert entry.state is ConfigEntryState.LOADED
    assert issues_of(hass) == {}
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_busy_port_is_left_for_another(
    hass: HomeAssistant, entry: MockConfigEntry, port: int, unused_tcp_port: int, fix: Fix
) -> None:
    issue_id = f"port_in_use_{entry.entry_id}"
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, port)
    await hass.config_entries.async_setup(entry.entry_id)
    result = await fix(issue_id, {"next_step_id": "move"})
    assert result["type"] == "abort"
    kind, flow_id = result["next_flow"]
    assert kind == "config_flow"
    moved = await hass.config_entries.flow.async_configure(flow_id, {"port": unused_tcp_port, "host": LOOPBACK})
    assert moved["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert issues_of(hass) == {}
    assert await hass.config_entries.async_unload(entry.entry_id)
    server.close()
    await server.wait_closed()


async def test_trouble_with_listening_goes_with_the_wish_to_listen(
    hass: HomeAssistant, entry: MockConfigEntry, fix: Fix
) -> None:
    with patch(
        "custom_components.timmy_access.protocol.listener.serve",
        side_effect=PermissionError(errno.EACCES, "Permission denied"),
    ):
        await hass.config_entries.async_setup(entry.entry_id)
        issue_id = f"cannot_listen_{entry.entry_id}"
        assert placeholders(hass, issue_id)["error"] == "Home Assistant may not use this port. Choose one above 1023"
        await hass.config_entries.async_reload(entry.entry_id)
        assert issue_id in issues_of(hass)
    menus = [await fix(issue_id) for _ in range(2)]
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issues_of(hass) == {}
    await hass.config_entries.async_remove(entry.entry_id)
    flows = hass.data["repairs"]["flow_manager"]
    for menu, step in zip(menus, ("try_again", "move"), strict=True):
        result = await flows.async_configure(menu["flow_id"], {"next_step_id": step})
        assert result["reason"] == "not_running"


async def test_a_listener_that_listens_meanwhile_needs_no_second_try(
    hass: HomeAssistant, entry: MockConfigEntry, port: int, fix: Fix
) -> None:
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, port)
    await hass.config_entries.async_setup(entry.entry_id)
    menu = await fix(f"port_in_use_{entry.entry_id}")
    server.close()
    await server.wait_closed()
    await hass.config_entries.async_reload(entry.entry_id)
    hub = entry.runtime_data
    result = await hass.data["repairs"]["flow_manager"].async_configure(menu["flow_id"], {"next_step_id": "try_again"})
    assert result["type"] == "create_entry"
    assert entry.runtime_data is hub
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_damaged_log_that_was_put_aside_is_read_about_once(
    hass: HomeAssistant, entry: MockConfigEntry, hass_config_dir: str, fix: Fix
) -> None:
    await hass.async_add_executor_job(Path(hass_config_dir, "timmy_access.db").write_bytes, b"SQLite format 3\0" * 999)
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue_id = next(name for name in issues_of(hass) if name.startswith("set_aside_timmy_access.db"))
    form = await fix(issue_id)
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"]["file"].startswith(f"{hass_config_dir}/timmy_access.db")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue_id in issues_of(hass)
    result = await fix(issue_id, {})
    assert result["type"] == "create_entry"
    assert issues_of(hass) == {}
    assert await hass.config_entries.async_unload(entry.entry_id)


def test_troubles_are_alphabetical_and_each_its_own() -> None:
    kinds = [trouble.kind for trouble in TROUBLES]
    assert kinds == sorted(set(kinds))
