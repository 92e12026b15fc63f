"""Lockdown and evacuation: what holds from which step on, what is told again and what is not, and what comes back."""

import asyncio
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.errors import LockedDown
from custom_components.timmy_access.guests.decisions import Decision
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.order_file import OrderFile
from custom_components.timmy_access.terminal.moments import CodeSource
from custom_components.timmy_access.terminal.state import Emergency
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, restore_state
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, MakeTerminal, connected
from ..until import issues_of, listen, state_of, until_event, until_issue, until_state

SWITCH = "switch.timmy_access_lockdown"
LOCK, MODE = "lock.front_door", "select.front_door_door_mode"
HOLD_OPEN, HOLD_CLOSED, NORMAL = 1, 2, 4


@pytest.fixture
def admin(hass: HomeAssistant) -> Context:
    return Context(user_id=MockUser(id="admin", name="Ada", is_owner=True).add_to_hass(hass).id)


@pytest.fixture
def resident(hass: HomeAssistant) -> Context:
    user = MockUser(id="resident").add_to_hass(hass)
    user.mock_policy({"entities": True})
    return Context(user_id=user.id)


async def order(hass: HomeAssistant, state: str, context: Context | None = None, **data: Any) -> Mapping[str, Any]:
    response = await hass.services.async_call(
        DOMAIN, "emergency", {"state": state, **data}, blocking=True, context=context, return_response=True
    )
    assert response is not None
    return response


async def act(hass: HomeAssistant, action: str, context: Context | None = None, entity_id: str = LOCK) -> None:
    await hass.services.async_call("lock", action, {"entity_id": entity_id}, blocking=True, context=context)


async def set_mode(hass: HomeAssistant, option: str, context: Context | None = None) -> None:
    await hass.services.async_call(
        "select", "select_option", {"entity_id": MODE, "option": option}, blocking=True, context=context
    )


def controlled(terminal: VirtualTerminal) -> list[int]:
    return [frame["fuc"] for frame in terminal.received if frame.get("cmd") == "lockctrl"]


def by_name(response: Mapping[str, Any]) -> dict[str, tuple[bool, str | None]]:
    return {door["name"]: (door["confirmed"], door["reason"]) for door in response["doors"]}


async def test_for_each_door_it_is_told_what_was_confirmed(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, controller: VirtualTerminal, admin: Context
) -> None:
    """The office is away, and the doors of the warehouse are several, which no command holds."""
    told = listen(hass, "timmy_access_event")
    response = await order(hass, "lockdown", admin)
    assert response["written"]
    assert by_name(response) == {
        "Front door": (True, None),
        "Office": (False, "offline"),
        **{f"Warehouse {door}": (False, "several_doors") for door in range(1, 5)},
    }
    state = await until_state(hass, SWITCH, "on")
    assert (state.attributes["asked_by"], state.attributes["confirmed"]) == ("Ada", ["Front door"])
    assert "Office" in state.attributes["unconfirmed"]
    assert state_of(hass, LOCK).attributes["emergency"] == "lockdown"
    issue = await until_issue(hass, f"lockdown_incomplete_{hub.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {"doors": "Office"}
    kinds = {event.data["name"]: event.data for event in told if event.data["type"] == "emergency"}
    assert (kinds["Front door"]["confirmed"], kinds["Office"]["unconfirmed"]) == ([1], [1])
    assert controlled(controller) == []


async def test_a_terminal_that_was_away_gets_it_first_of_all_when_it_dials_in(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin)
    office = await connected(hass, make_terminal("tfs30", FINGER))
    commands = [frame["cmd"] for frame in office.received if "cmd" in frame]
    assert commands[0] == "lockctrl"
    assert controlled(office) == [HOLD_CLOSED]
    assert "Office" in state_of(hass, SWITCH).attributes["confirmed"]


async def test_it_holds_over_a_restart_and_a_power_cut(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin)
    await hass.config_entries.async_reload(entry.entry_id)
    await until_state(hass, MODE, "held_closed")
    assert state_of(hass, SWITCH).state == "on"
    await face.power_cycle()
    await face.wait_received("lockctrl", after=len(face.received))
    await until_state(hass, MODE, "held_closed")
    with pytest.raises(Unauthorized):
        await act(hass, "open")


@pytest.mark.parametrize("approval", ["grant", "grant_unknown"])
async def test_nobody_is_let_in_whatever_else_says_so(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context, approval: str
) -> None:
    terminal = hub.terminals[FACE]
    terminal.verdicts.async_apply({"decision_window": 0, "server_approval": approval})
    await terminal.async_refresh_people(all_names=True)
    made = await hass.services.async_call(
        DOMAIN,
        "create_pass",
        {"device_id": terminal.device_id, "name": "Guest", "with_pin": True, "include_secrets": True},
        blocking=True,
        return_response=True,
    )
    assert made is not None
    await order(hass, "lockdown", admin)
    told = listen(hass, "timmy_access_event")
    assert (await face.scan_qr(str(made["code"])))["access"] == 0
    assert (await face.enter_pin(str(made["pin"])))["access"] == 0
    decision = await terminal.verdicts.async_punch(None, 1, "Ada")
    assert not decision.granted
    await hass.async_block_till_done()
    codes = [event.data for event in told if event.data["type"] == "code"]
    assert {(code["kind"], code["reason"]) for code in codes} == {("refused", "lockdown")}
    await order(hass, "normal", admin)
    assert (await face.scan_qr(str(made["code"])))["access"] == 1


async def test_an_automation_that_has_granted_lets_in_nobody_once_it_is_ordered(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    asked = listen(hass, "timmy_access_event")
    scanning = hass.async_create_task(face.scan_qr("nobody knows this"))
    scanned = await until_event(hass, lambda event: event.data.get("kind") == "scanned")
    hub.terminals[FACE].doors.async_mark({1: Emergency.LOCKDOWN})
    await hass.services.async_call(
        DOMAIN,
        "reply_qr_code",
        {
            "device_id": hub.terminals[FACE].device_id,
            "request_id": scanned.data["request_id"],
            "access": True,
        },
        blocking=True,
    )
    assert (await scanning)["access"] == 0
    await hass.async_block_till_done()
    assert "granted" not in {event.data["kind"] for event in asked}


async def test_only_an_administrator_opens_in_a_lockdown_by_name(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context, resident: Context
) -> None:
    await order(hass, "lockdown", admin)
    received = len(face.received)
    for context in (None, resident):
        for action in ("open", "unlock"):
            with pytest.raises(Unauthorized) as refused:
                await act(hass, action, context)
            assert refused.value.translation_key == "lockdown_administrators_only"
    with pytest.raises(Unauthorized):
        await act(hass, "lock", resident)
    with pytest.raises(HomeAssistantError) as locked:
        await act(hass, "unlock", admin)
    assert locked.value.translation_key == "locked_down"
    for option in ("normal", "held_open"):
        with pytest.raises(HomeAssistantError):
            await set_mode(hass, option, admin)
    for command in ({"cmd": "opendoor", "doornum": 1}, {"cmd": "lockctrl", "fuc": 4}, {"cmd": "lockctrl", "fuc": 3}):
        with pytest.raises(HomeAssistantError):
            await hass.services.async_call(
                DOMAIN,
                "send_command",
                {"device_id": hub.terminals[FACE].device_id, "command": command},
                blocking=True,
                context=admin,
                return_response=True,
            )
    assert [frame for frame in face.received[received:] if frame.get("cmd") in ("lockctrl", "opendoor")] == []
    await act(hass, "open", admin)
    assert [frame["doornum"] for frame in face.received if frame.get("cmd") == "opendoor"] == [1]
    await act(hass, "lock")
    assert controlled(face) == [HOLD_CLOSED, HOLD_CLOSED]


async def test_all_doors_at_once_are_not_opened_by_name(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin)
    data = {"device_id": hub.terminals[CONTROLLER].device_id}
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "open_door", {**data, "all_doors": True}, blocking=True, context=admin)
    await hass.services.async_call(DOMAIN, "open_door", {**data, "door": 3}, blocking=True, context=admin)
    assert [door.openings for door in controller.doors.values()] == [0, 0, 1, 0]


async def test_a_press_that_waits_for_its_turn_opens_nothing_once_it_is_ordered(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    terminal = hub.terminals[FACE]
    checked: list[bool] = []
    move = terminal.async_move_door

    async def _wait(command: Any, asked_at: float, on_moved: Any = None, *checks: Any) -> Any:
        if command.name == "opendoor":
            checked.append(True)
            terminal.doors.async_mark({1: Emergency.LOCKDOWN})
        return await move(command, asked_at, on_moved, *checks)

    with patch.object(terminal.doors, "_move", _wait), pytest.raises(LockedDown):
        await terminal.doors.async_open(1, hass.loop.time())
    assert checked
    assert "opendoor" not in {frame.get("cmd") for frame in face.received}


async def test_nobody_but_an_administrator_in_person_ends_it(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context, resident: Context
) -> None:
    await order(hass, "lockdown")  # an automation may begin it
    for context in (None, resident):
        with pytest.raises(Unauthorized):
            await order(hass, "normal", context)
        with pytest.raises(Unauthorized):
            await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True, context=context)
    with pytest.raises(Unauthorized):
        await order(hass, "lockdown", resident)
    assert state_of(hass, SWITCH).state == "on"
    response = await order(hass, "normal", admin)
    assert by_name(response)["Front door"] == (True, None)
    assert state_of(hass, SWITCH).state == "off"
    assert controlled(face) == [HOLD_CLOSED, NORMAL]
    await act(hass, "open")


@pytest.mark.parametrize("before", ["normal", "held_open", "held_closed"])
async def test_its_end_brings_back_what_was_before(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context, before: str
) -> None:
    await set_mode(hass, before)
    await order(hass, "lockdown", admin, device_id=hub.terminals[FACE].device_id)
    assert face.doors[1].mode == "held_closed"
    response = await order(hass, "normal", admin)
    assert by_name(response) == {"Front door": (True, None)}
    assert (face.doors[1].mode, state_of(hass, MODE).state) == (before, before)


async def test_a_hold_that_would_have_ended_meanwhile_has_ended(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    terminal = hub.terminals[FACE]
    data = {"device_id": terminal.device_id, "mode": "held_open", "duration": {"milliseconds": 500}}
    await hass.services.async_call(DOMAIN, "hold_door", data, blocking=True)
    hold = hub.door_orders.holds.of(terminal)
    assert hold is not None
    await order(hass, "lockdown", admin, entity_id=LOCK)
    with patch("custom_components.timmy_access.terminal.orders.dt_util.utcnow", return_value=hold.until):
        await order(hass, "normal", admin)
    assert (face.doors[1].mode, controlled(face)[-1]) == ("normal", NORMAL)


async def test_a_hold_goes_on_where_it_has_not_ended(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    data = {"device_id": hub.terminals[FACE].device_id, "mode": "held_open", "duration": {"hours": 1}}
    held = await hass.services.async_call(DOMAIN, "hold_door", data, blocking=True, return_response=True)
    assert held is not None
    await order(hass, "lockdown", admin)
    assert "held_until" not in state_of(hass, LOCK).attributes
    await order(hass, "normal", admin)
    assert face.doors[1].mode == "held_open"
    assert state_of(hass, LOCK).attributes["held_until"] == held["until"]


async def test_what_was_held_open_and_cannot_be_opened_at_the_end_is_not_opened_later(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    await set_mode(hass, "held_open")
    await order(hass, "lockdown", admin, entity_id=LOCK)
    await face.stop()
    await until_state(hass, LOCK, "unavailable")
    response = await order(hass, "normal", admin)
    assert by_name(response) == {"Front door": (False, "offline")}
    assert await until_issue(hass, f"hold_closed_not_ended_{FACE}") is not None
    await face.start()
    await until_state(hass, MODE, "normal")
    assert controlled(face)[-1] == NORMAL
    await until_issue(hass, f"hold_closed_not_ended_{FACE}", present=False)


async def test_an_evacuation_opens_each_door_once_and_never_later(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    controller: VirtualTerminal,
    make_terminal: MakeTerminal,
    admin: Context,
) -> None:
    response = await order(hass, "evacuation", admin)
    assert by_name(response) == {
        "Front door": (True, None),
        "Office": (False, "offline"),
        **{f"Warehouse {door}": (True, None) for door in range(1, 5)},
    }
    assert face.doors[1].mode == "held_open"
    assert [door.openings for door in controller.doors.values()] == [1, 1, 1, 1]
    assert await until_issue(hass, f"evacuation_incomplete_{hub.entry_id}") is not None
    office = await connected(hass, make_terminal("tfs30", FINGER))
    assert {frame.get("cmd") for frame in office.received}.isdisjoint({"lockctrl", "opendoor"})
    await order(hass, "normal")  # an automation may close again
    assert controlled(face) == [HOLD_OPEN, NORMAL]
    await until_issue(hass, f"evacuation_incomplete_{hub.entry_id}", present=False)
    await office.wait_received("lockctrl", after=0)
    assert controlled(office) == [NORMAL]


async def test_an_evacuation_of_one_door_leaves_the_lockdown_of_the_others(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal, admin: Context
) -> None:
    terminal = hub.terminals[CONTROLLER]
    await order(hass, "lockdown", admin, device_id=terminal.device_id)
    await order(hass, "evacuation", admin, entity_id=["lock.warehouse_door_2"])
    assert [door.openings for door in controller.doors.values()] == [0, 1, 0, 0]
    kinds = [door.emergency for _, door in sorted(terminal.coordinator.data.doors.items())]
    assert kinds == [Emergency.LOCKDOWN, Emergency.EVACUATION, Emergency.LOCKDOWN, Emergency.LOCKDOWN]


async def test_an_area_means_the_doors_that_are_there(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal, admin: Context
) -> None:
    area = ar.async_get(hass).async_create("Lobby")
    dr.async_get(hass).async_update_device(hub.terminals[FACE].device_id, area_id=area.id)
    response = await order(hass, "lockdown", admin, area_id=area.id)
    assert by_name(response) == {"Front door": (True, None)}
    assert controlled(finger) == []


async def test_what_is_no_door_is_told_and_changes_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    for data in ({"device_id": "nobody"}, {"entity_id": "light.kitchen"}, {"area_id": "nowhere"}):
        with pytest.raises(ServiceValidationError):
            await order(hass, "lockdown", admin, **data)
    assert controlled(face) == []
    assert state_of(hass, SWITCH).state == "off"


async def test_it_holds_at_once_though_no_disk_takes_it_and_that_is_told(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    never = asyncio.Event()

    async def _hang(_: OrderFile) -> bool:
        return await never.wait()

    with (
        patch("custom_components.timmy_access.hub.emergencies.DISK_SECONDS", 0.01),
        patch.object(OrderFile, "async_save", _hang),
    ):
        response = await order(hass, "lockdown", admin)
    assert not response["written"]
    assert by_name(response)["Front door"] == (True, None)
    assert f"emergency_not_written_{hub.entry_id}" in issues_of(hass)
    never.set()
    await order(hass, "lockdown", admin)
    assert f"emergency_not_written_{hub.entry_id}" not in issues_of(hass)


async def test_a_terminal_that_refuses_is_told_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    face.faults.refuse["lockctrl"] = {}
    with (
        patch("custom_components.timmy_access.terminal.owed.AGAIN_SECONDS", 0.05),
        pytest.raises(HomeAssistantError) as told,
    ):
        await hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True, context=admin)
    assert told.value.translation_key == "emergency_unconfirmed"
    face.faults.refuse.clear()
    await until_state(hass, MODE, "held_closed")


async def test_a_terminal_that_is_approved_in_a_lockdown_of_all_doors_is_locked_down(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, admin: Context
) -> None:
    subentry = next(one for one in entry.subentries.values() if one.unique_id == FACE)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await order(hass, "lockdown", admin)
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    assert hub.terminals[FACE].coordinator.data.doors[1].emergency is Emergency.LOCKDOWN


async def test_an_evacuation_that_is_ended_before_the_terminal_has_answered_leaves_no_door_open(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    face.faults.delay = 2.0
    begun = hass.async_create_task(order(hass, "evacuation", admin, entity_id=LOCK), eager_start=True)
    await face.wait_received("lockctrl", after=0)
    await order(hass, "normal", admin)
    await begun
    await until_state(hass, MODE, "normal")
    assert (face.doors[1].mode, controlled(face)[-1]) == ("normal", NORMAL)
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None


@pytest.mark.parametrize("state", ["lockdown", "evacuation", "normal"])
@pytest.mark.parametrize("field", ["area_id", "device_id", "entity_id", "label_id"])
async def test_a_target_that_holds_nothing_is_not_everything(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    controller: VirtualTerminal,
    admin: Context,
    state: str,
    field: str,
) -> None:
    """A template that finds no door gives an empty list."""
    if state == "normal":
        await order(hass, "lockdown", admin, entity_id=LOCK)
    told = controlled(face)
    with pytest.raises(ServiceValidationError) as refused:
        await order(hass, state, admin, **{field: []})
    assert refused.value.translation_key == "target_missing"
    assert controlled(face) == told
    assert [door.openings for door in controller.doors.values()] == [0, 0, 0, 0]


async def test_a_lockdown_goes_on_when_the_automation_that_began_it_is_gone(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    """One that runs again ends its former run, in whichever step that is."""
    writes, goes_on, save = asyncio.Event(), asyncio.Event(), OrderFile.async_save

    async def _slow(file: OrderFile) -> bool:
        writes.set()
        await goes_on.wait()
        return await save(file)

    with patch.object(OrderFile, "async_save", _slow):
        for state, mode, switch in (("lockdown", "held_closed", "on"), ("normal", "normal", "off")):
            asked = hass.async_create_task(order(hass, state, admin), eager_start=True)
            await writes.wait()
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            goes_on.set()
            await until_state(hass, MODE, mode)
            await until_state(hass, SWITCH, switch)
            assert face.doors[1].mode == mode
            writes.clear()
            goes_on.clear()
    assert "emergency" not in state_of(hass, LOCK).attributes
    await act(hass, "open")


async def test_what_was_to_be_held_closed_is_so_again_though_that_was_in_doubt(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    data = {"device_id": hub.terminals[FACE].device_id, "mode": "held_closed", "duration": {"hours": 1}}
    held = await hass.services.async_call(DOMAIN, "hold_door", data, blocking=True, return_response=True)
    assert held is not None
    await face.stop()
    await hass.config_entries.async_reload(entry.entry_id)
    await order(hass, "lockdown", admin)
    await connected(hass, face)
    await until_state(hass, MODE, "held_closed")
    response = await order(hass, "normal", admin)
    assert by_name(response)["Front door"] == (True, None)
    assert (face.doors[1].mode, state_of(hass, MODE).state) == ("held_closed", "held_closed")
    assert state_of(hass, LOCK).attributes["held_until"] == held["until"]


async def test_a_hold_that_was_refused_for_a_lockdown_does_not_come_back_with_its_end(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    await set_mode(hass, "held_closed")
    writes, goes_on, save = asyncio.Event(), asyncio.Event(), OrderFile.async_save

    async def _slow(file: OrderFile) -> bool:
        writes.set()
        await goes_on.wait()
        return await save(file)

    data = {"device_id": hub.terminals[FACE].device_id, "mode": "held_open", "duration": {"hours": 1}}
    with patch.object(OrderFile, "async_save", _slow):
        asked = hass.async_create_task(hass.services.async_call(DOMAIN, "hold_door", data, blocking=True))
        await writes.wait()
        locked = hass.async_create_task(order(hass, "lockdown", admin), eager_start=True)
        goes_on.set()
        await locked
    with pytest.raises(HomeAssistantError) as refused:
        await asked
    assert refused.value.translation_key == "locked_down"
    await order(hass, "normal", admin)
    assert (face.doors[1].mode, state_of(hass, MODE).state) == ("held_closed", "held_closed")
    assert "held_until" not in state_of(hass, LOCK).attributes
    assert HOLD_OPEN not in controlled(face)


async def test_an_administrator_who_asked_before_it_was_ordered_opens_nothing_in_it(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    terminal = hub.terminals[FACE]
    move = terminal.async_move_door

    async def _wait(command: Any, *args: Any) -> Any:
        if command.name == "opendoor":
            await order(hass, "lockdown", admin)
        return await move(command, *args)

    with patch.object(terminal.doors, "_move", _wait), pytest.raises(HomeAssistantError) as refused:
        await act(hass, "open", admin)
    assert refused.value.translation_key == "locked_down"
    assert "opendoor" not in {frame.get("cmd") for frame in face.received}
    await act(hass, "open", admin)  # now they know
    assert [frame["doornum"] for frame in face.received if frame.get("cmd") == "opendoor"] == [1]


async def test_an_evacuated_door_is_not_opened_again_and_not_shown_as_locked(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    """Home Assistant ends without a word, and the terminal loses its power: whether the door is open is not known."""
    await order(hass, "evacuation", admin, entity_id=LOCK)
    assert controlled(face) == [HOLD_OPEN]
    await hass.config_entries.async_unload(entry.entry_id)
    restore_state.async_get(hass).last_states.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await face.wait_registered()
    await until_state(hass, LOCK, "unknown")
    await face.power_cycle()
    await face.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, LOCK).state == "unknown"
    assert controlled(face) == [HOLD_OPEN]
    await order(hass, "normal", admin, entity_id=LOCK)
    assert (controlled(face), face.doors[1].mode) == ([HOLD_OPEN, NORMAL], "normal")


async def test_an_answer_of_an_automation_that_comes_after_it_was_ordered_lets_in_nobody(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    terminal = hub.terminals[FACE]
    terminal.verdicts.async_apply({"server_approval": "grant", "decision_window": 4})
    asked: asyncio.Future[str] = hass.loop.create_future()

    @callback
    def _heard(event: Event) -> None:
        if (request_id := event.data.get("request_id")) and not asked.done():
            asked.set_result(request_id)

    hass.bus.async_listen("timmy_access_event", _heard)
    now = dt_util.now()
    record = {"enrollid": 1, "time": f"{now:%Y-%m-%d %H:%M:%S}", "mode": 8, "inout": 0, "event": 0}
    received = len(face.received)
    await face.send({"cmd": "sendlog", "sn": FACE, "count": 1, "logindex": 9, "record": [record]})
    request_id = await asked
    await order(hass, "lockdown", admin, entity_id=LOCK)
    terminal.verdicts.async_reply(CodeSource.PUNCH, Decision(granted=True), request_id)

    def _answer() -> Mapping[str, Any] | None:  # what the door did is acknowledged without one
        answers = (frame for frame in face.received[received:] if frame.get("ret") == "sendlog" and "access" in frame)
        return next(answers, None)

    assert (await face.wait_for(_answer))["access"] == 0


async def test_what_is_ordered_while_the_listener_starts_anew_is_ordered_after_that_too(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    """The next one reads the file; it must not do so before the former has written what it was told."""
    writes, goes_on, save, close = asyncio.Event(), asyncio.Event(), Store.async_save, OrderFile.async_close

    async def _slow(store: Store[Any], data: Any) -> None:
        if store.key.endswith(".doors"):
            writes.set()
            await goes_on.wait()
        await save(store, data)

    async def _close(file: OrderFile) -> None:
        goes_on.set()
        await close(file)

    with patch.object(Store, "async_save", _slow), patch.object(OrderFile, "async_close", _close):
        asked = hass.async_create_task(order(hass, "lockdown", admin, entity_id=LOCK), eager_start=True)
        await writes.wait()
        await hass.config_entries.async_reload(entry.entry_id)
        assert (await asked)["written"]
    await face.wait_registered()
    await until_state(hass, MODE, "held_closed")
    assert face.doors[1].mode == "held_closed"
    assert state_of(hass, LOCK).attributes["emergency"] == "lockdown"
    file = hub.door_orders.emergencies._file
    assert not await file.async_save()
