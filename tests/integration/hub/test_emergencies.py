"""Lockdown and evacuation: what holds from which step on, what is told again and what is not, and what comes back."""

import asyncio
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.errors import LockedDown
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.order_file import OrderFile
from custom_components.timmy_access.terminal.state import Emergency
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, MakeTerminal, connected
from ..until import issues_of, listen, state_of, until_issue, until_state

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
    assert face.doors[1].mode == "normal"
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
