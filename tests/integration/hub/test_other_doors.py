"""Emergencies and holds where doors become others: more or fewer, approved later, removed, or moved by hand."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.state import Emergency
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, Fix, MakeTerminal, connected, reload, subentry
from ..until import issues_of, listen, state_of, until, until_issue, until_state
from .test_emergencies import (
    HOLD_CLOSED,
    HOLD_OPEN,
    LOCK,
    MODE,
    NORMAL,
    SWITCH,
    act,
    admin,
    by_name,
    controlled,
    order,
    set_mode,
)

__all__ = ("admin",)  # a fixture

SECOND = "lock.front_door_door_2"


async def have_doors(hass: HomeAssistant, entry: MockConfigEntry, count: int, serial: str = FACE) -> None:
    (known,) = [one for one in entry.subentries.values() if one.unique_id == serial]
    hass.config_entries.async_update_subentry(entry, known, data={**known.data, "doors": count})
    await hass.async_block_till_done(wait_background_tasks=True)


async def hold(hass: HomeAssistant, hub: Hub, mode: str) -> Any:
    data = {"device_id": hub.terminals[FACE].device_id, "mode": mode, "duration": {"hours": 1}}
    return await hass.services.async_call(DOMAIN, "hold_door", data, blocking=True, return_response=True)


@pytest.mark.parametrize("mode", ["held_open", "held_closed"])
@pytest.mark.parametrize("timer", [True, False])
async def test_what_held_the_only_door_of_a_terminal_ends_when_it_has_two(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, mode: str, timer: bool
) -> None:
    told = listen(hass, "timmy_access_event")
    await (hold(hass, hub, mode) if timer else set_mode(hass, mode))
    await have_doors(hass, entry, 2)
    assert face.doors[1].mode == "normal"
    assert controlled(face)[1:] == [NORMAL]
    kinds = [event.data["kind"] for event in told if event.data["type"] == "hold"]
    assert kinds == (["held", "ended"] if timer else ["ended"])
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None
    assert not issues_of(hass)


@pytest.mark.parametrize(("mode", "kind"), [("held_open", "hold_open"), ("held_closed", "hold_closed")])
async def test_it_is_told_where_the_terminal_cannot_be(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, mode: str, kind: str
) -> None:
    """Also over a restart; and it is told when it is back."""
    await set_mode(hass, mode)
    await face.stop()
    await until_state(hass, LOCK, "unavailable")
    await have_doors(hass, entry, 2)
    assert await until_issue(hass, f"{kind}_not_ended_{FACE}") is not None
    await hass.config_entries.async_reload(entry.entry_id)
    assert await until_issue(hass, f"{kind}_not_ended_{FACE}") is not None
    told = len(controlled(face))
    await face.start()
    await until_issue(hass, f"{kind}_not_ended_{FACE}", present=False)
    assert controlled(face)[told:] == [NORMAL]


@pytest.mark.parametrize("restart", [False, True])
async def test_a_lockdown_of_one_door_that_becomes_two_ends_for_both(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context, restart: bool
) -> None:
    await set_mode(hass, "held_open")
    await order(hass, "lockdown", admin, device_id=hub.terminals[FACE].device_id)
    await have_doors(hass, entry, 2)
    assert face.doors[1].mode == "held_closed"
    if restart:
        hub = await reload(hass, entry, face)
    doors = hub.terminals[FACE].coordinator.data.doors
    assert [door.emergency for door in doors.values()] == [Emergency.LOCKDOWN] * 2
    assert state_of(hass, SWITCH).state == "on"
    response = await order(hass, "normal", admin)
    # It was held open, which several doors are not.
    assert by_name(response) == {
        "Front door 1": (False, "several_doors"),
        "Front door 2": (False, "several_doors"),
    }
    assert (face.doors[1].mode, controlled(face)[-1]) == ("normal", NORMAL)
    assert HOLD_OPEN not in controlled(face)[1:]
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None
    await act(hass, "open", entity_id=SECOND)


async def test_an_evacuated_door_that_becomes_two_stays_open_until_that_ends(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "evacuation", admin, device_id=hub.terminals[FACE].device_id)
    await have_doors(hass, entry, 2)
    assert controlled(face) == [HOLD_OPEN]
    assert state_of(hass, SECOND).state == "unlocked"
    await order(hass, "normal", admin)
    assert controlled(face) == [HOLD_OPEN, NORMAL]
    await until_state(hass, SECOND, "locked")


async def test_a_lockdown_of_two_doors_that_become_one_holds_it_closed(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, controller: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin, device_id=hub.terminals[CONTROLLER].device_id)
    assert controlled(controller) == []
    await have_doors(hass, entry, 1, CONTROLLER)
    assert controlled(controller) == [HOLD_CLOSED]
    response = await order(hass, "normal", admin)
    assert by_name(response) == {"Warehouse": (True, None)}
    assert controlled(controller) == [HOLD_CLOSED, NORMAL]


async def test_a_lockdown_of_another_door_than_the_one_that_is_left_holds_nothing(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, controller: VirtualTerminal, admin: Context
) -> None:
    """It is on again when that door is there again, and ends with all."""
    await order(hass, "lockdown", admin, entity_id="lock.warehouse_door_2")
    await have_doors(hass, entry, 1, CONTROLLER)
    assert controlled(controller) == []
    assert state_of(hass, SWITCH).state == "off"
    await act(hass, "open", entity_id="lock.warehouse_door_1")
    await have_doors(hass, entry, 2, CONTROLLER)
    assert state_of(hass, SWITCH).state == "on"
    await have_doors(hass, entry, 1, CONTROLLER)
    await order(hass, "normal", admin)
    await have_doors(hass, entry, 2, CONTROLLER)
    assert state_of(hass, SWITCH).state == "off"


async def test_a_lockdown_that_was_ended_for_one_door_stays_so_over_a_restart_and_holds_for_who_comes_later(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    make_terminal: MakeTerminal,
    admin: Context,
) -> None:
    await order(hass, "lockdown", admin)
    await order(hass, "normal", admin, entity_id=LOCK)
    assert controlled(face) == [HOLD_CLOSED, NORMAL]
    assert state_of(hass, SWITCH).state == "on"
    hub = await reload(hass, entry, face)
    assert controlled(face) == [HOLD_CLOSED, NORMAL]
    assert hub.terminals[FACE].coordinator.data.doors[1].emergency is None
    await act(hass, "open")
    # One that was away when it was ordered, and one that is approved only now.
    office = await connected(hass, make_terminal("tfs30", FINGER))
    assert controlled(office) == [HOLD_CLOSED]
    hass.config_entries.async_add_subentry(entry, subentry("ZX00000077", "Gate"))
    await hass.async_block_till_done()
    assert hub.terminals["ZX00000077"].coordinator.data.doors[1].emergency is Emergency.LOCKDOWN
    for device in ("ZX00000077", FINGER, CONTROLLER):
        assert state_of(hass, SWITCH).state == "on"
        await order(hass, "normal", admin, device_id=hub.terminals[device].device_id)
    # Nothing is locked down any more, and nobody who comes later is.
    assert state_of(hass, SWITCH).state == "off"
    hass.config_entries.async_add_subentry(entry, subentry("ZX00000078", "Shed"))
    await hass.async_block_till_done()
    assert hub.terminals["ZX00000078"].coordinator.data.doors[1].emergency is None


async def test_a_door_that_was_evacuated_out_of_a_lockdown_is_not_locked_down_again_by_a_restart(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin)
    await order(hass, "evacuation", admin, entity_id=LOCK)
    await order(hass, "normal", entity_id=LOCK)
    assert controlled(face) == [HOLD_CLOSED, HOLD_OPEN, NORMAL]
    hub = await reload(hass, entry, face)
    assert controlled(face) == [HOLD_CLOSED, HOLD_OPEN, NORMAL]
    assert hub.terminals[FACE].coordinator.data.doors[1].emergency is None
    assert state_of(hass, SWITCH).state == "on"


async def test_a_lockdown_of_all_doors_is_on_also_while_there_is_none(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin)
    for known in tuple(entry.subentries.values()):
        hass.config_entries.async_remove_subentry(entry, known.subentry_id)
    await hass.async_block_till_done()
    assert state_of(hass, SWITCH).state == "on"
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True, context=admin)
    assert state_of(hass, SWITCH).state == "off"
    hass.config_entries.async_add_subentry(entry, subentry("ZX00000078", "Shed"))
    await hass.async_block_till_done()
    assert hub.terminals["ZX00000078"].coordinator.data.doors[1].emergency is None


async def outcome(hass: HomeAssistant, hub: Hub) -> tuple[bool, str | None]:
    (one,) = [it for it in hub.door_orders.emergencies.outcomes(Emergency.EVACUATION) if it.terminal.serial == FACE]
    return one.confirmed, one.reason


@pytest.mark.parametrize("how", ["lock", "normal", "held_closed"])
async def test_an_evacuated_door_that_somebody_closes_is_shown_so_and_stays_so(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context, how: str
) -> None:
    await set_mode(hass, "held_open")
    await order(hass, "evacuation", admin, entity_id=LOCK)
    assert await outcome(hass, hub) == (True, None)
    await (act(hass, "lock") if how == "lock" else set_mode(hass, how))
    assert await outcome(hass, hub) == (False, "closed_again")
    assert state_of(hass, LOCK).state == "locked"
    assert state_of(hass, LOCK).attributes["emergency"] == "evacuation"
    assert not issues_of(hass)  # whoever did it knows
    hub = await reload(hass, entry, face)
    assert await outcome(hass, hub) == (False, "closed_again")
    await until_state(hass, LOCK, "locked")
    await order(hass, "normal")
    mode = "held_closed" if how == "held_closed" else "normal"
    assert (face.doors[1].mode, HOLD_OPEN in controlled(face)[2:]) == (mode, False)


async def test_an_evacuated_door_that_was_closed_is_opened_again_by_whoever_asks(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "evacuation", admin, entity_id=LOCK)
    await act(hass, "lock")
    await set_mode(hass, "held_open")
    assert await outcome(hass, hub) == (True, None)
    await act(hass, "lock")
    response = await order(hass, "evacuation", admin, entity_id=LOCK)
    assert by_name(response) == {"Front door": (True, None)}
    await order(hass, "normal")
    assert face.doors[1].mode == "normal"


async def test_an_evacuated_door_whose_terminal_may_have_lost_power_is_in_doubt(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "evacuation", admin, entity_id=LOCK)
    await face.power_cycle()
    await until(hass, LOCK, lambda state: state.state == "unknown")
    assert await outcome(hass, hub) == (False, "in_doubt")


async def test_nothing_is_held_on_a_timer_in_an_evacuation(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "evacuation", admin, entity_id=LOCK)
    with pytest.raises(HomeAssistantError) as refused:
        await hold(hass, hub, "held_closed")
    assert refused.value.translation_key == "locked_down"
    assert await outcome(hass, hub) == (True, None)


async def remove(hass: HomeAssistant, entry: MockConfigEntry, serial: str = FACE) -> ConfigSubentry:
    known: ConfigSubentry = next(one for one in entry.subentries.values() if one.unique_id == serial)
    hass.config_entries.async_remove_subentry(entry, known.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return known


@pytest.mark.parametrize("how", ["hold_open", "hold_closed", "mode", "evacuation"])
async def test_what_holds_a_door_ends_with_the_last_word_to_a_terminal_that_is_removed(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context, how: str
) -> None:
    if how == "mode":
        await set_mode(hass, "held_open")
    elif how == "evacuation":
        await order(hass, "evacuation", admin, entity_id=LOCK)
    else:
        await hold(hass, hub, how.replace("hold_", "held_"))
    session = hub.terminals[FACE].session
    await remove(hass, entry)
    assert session is not None
    assert session.ended
    assert (face.doors[1].mode, controlled(face)[1:]) == ("normal", [NORMAL])
    assert not issues_of(hass)


async def test_a_door_at_rest_is_told_nothing_when_its_terminal_is_removed(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await remove(hass, entry)
    assert controlled(face) == []
    assert not issues_of(hass)


@pytest.mark.parametrize(("mode", "kind"), [("held_open", "left_held_open"), ("held_closed", "left_held_closed")])
@pytest.mark.parametrize("fault", ["away", "refuses"])
async def test_a_door_that_stays_held_is_named_until_it_is_at_rest(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, mode: str, kind: str, fault: str
) -> None:
    await hold(hass, hub, mode)
    if fault == "away":
        await face.stop()
        await until_state(hass, LOCK, "unavailable")
    else:
        face.faults.refuse["lockctrl"] = {}
    known = await remove(hass, entry)
    issue = issues_of(hass)[f"{kind}_{FACE}"]
    assert (issue.is_persistent, issue.is_fixable) == (True, True)
    assert issue.translation_placeholders == {"name": "Front door", "serial": FACE}
    # Also over a restart, and until the terminal is approved again and has confirmed the end.
    await hass.config_entries.async_reload(entry.entry_id)
    assert f"{kind}_{FACE}" in issues_of(hass)
    face.faults.refuse.clear()
    told = len(controlled(face))
    hass.config_entries.async_add_subentry(entry, known)
    if fault == "away":
        await face.start()
    await until_issue(hass, f"{kind}_{FACE}", present=False)
    assert (face.doors[1].mode, controlled(face)[told:]) == ("normal", [NORMAL])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not issues_of(hass)


async def test_a_lockdown_is_not_ended_by_removing_the_terminal(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    await order(hass, "lockdown", admin, entity_id=LOCK)
    await remove(hass, entry)
    assert (face.doors[1].mode, controlled(face)) == ("held_closed", [HOLD_CLOSED])
    assert f"left_held_closed_{FACE}" in issues_of(hass)


async def test_a_door_that_is_left_held_by_a_listener_that_is_removed_is_named(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await hold(hass, hub, "held_open")
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert f"left_held_open_{FACE}" in issues_of(hass)


@pytest.mark.parametrize("mode", ["held_open", "held_closed"])
async def test_a_door_that_is_held_by_a_listener_that_is_disabled_is_named_until_it_is_enabled(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, mode: str
) -> None:
    until_then = (await hold(hass, hub, mode))["until"]
    issue_id = f"{mode}_disabled_{FACE}"
    assert await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    issue = issues_of(hass)[issue_id]
    assert issue.is_persistent
    assert (issue.translation_placeholders or {})["name"] == "Front door"
    assert await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert issue_id not in issues_of(hass)
    await face.wait_registered()
    await until(hass, LOCK, lambda state: state.attributes.get("held_until") == until_then)
    assert await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert [it for it in issues_of(hass) if it.startswith(("held_", "left_"))] == [f"left_{mode}_{FACE}"]


async def test_a_door_whose_terminal_is_removed_while_nothing_runs_is_named_at_the_start(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await hold(hass, hub, "held_open")
    await face.stop()
    await hass.config_entries.async_unload(entry.entry_id)
    await remove(hass, entry)
    await hass.config_entries.async_setup(entry.entry_id)
    assert issues_of(hass)[f"left_held_open_{FACE}"].translation_placeholders == {"name": "Front door", "serial": FACE}


async def test_the_fix_of_a_door_that_is_left_held_is_to_see_to_it(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, fix: Fix
) -> None:
    await hold(hass, hub, "held_open")
    face.faults.refuse["lockctrl"] = {}
    await remove(hass, entry)
    result = await fix(f"left_held_open_{FACE}", {})
    assert result["type"] == "create_entry"
    assert not issues_of(hass)


async def test_an_evacuation_in_the_middle_of_which_everything_ends_is_told_at_the_start(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context
) -> None:
    """It is on the disk, and the terminal has not been told; it is not told later, and that is not passed over."""
    await face.stop()
    await until_state(hass, LOCK, "unavailable")
    await order(hass, "evacuation", admin, entity_id=LOCK)
    await hass.config_entries.async_reload(entry.entry_id)
    issue = await until_issue(hass, f"evacuation_incomplete_{hub.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {"doors": "Front door"}
    await face.start()
    await face.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert controlled(face) == []
    await order(hass, "normal", admin)
    await until_issue(hass, f"evacuation_incomplete_{hub.entry_id}", present=False)


async def test_two_administrators_who_order_the_contrary_at_once_leave_what_was_ordered_last(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, admin: Context
) -> None:
    for first, then, mode in (("lockdown", "normal", "normal"), ("lockdown", "evacuation", "held_open")):
        asked = [hass.async_create_task(order(hass, state, admin, entity_id=LOCK)) for state in (first, then)]
        await asyncio.gather(*asked)
        await until_state(hass, MODE, mode)
        assert face.doors[1].mode == mode
        await order(hass, "normal", admin)
    await set_mode(hass, "held_open")
    asked = [hass.async_create_task(order(hass, state, admin, entity_id=LOCK)) for state in ("evacuation", "lockdown")]
    await asyncio.gather(*asked)
    await until_state(hass, MODE, "held_closed")
    assert (face.doors[1].mode, state_of(hass, LOCK).attributes["emergency"]) == ("held_closed", "lockdown")


async def test_two_administrators_who_hold_a_door_at_once_leave_what_was_asked_last(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    asked = [hass.async_create_task(hold(hass, hub, mode)) for mode in ("held_open", "held_closed")]
    _, last = await asyncio.gather(*asked)
    assert face.doors[1].mode == "held_closed"
    assert state_of(hass, LOCK).attributes["held_until"] == last["until"]


@pytest.mark.parametrize("what", ["hold", "lockdown"])
async def test_a_disk_that_is_full_in_the_middle_is_told_and_nothing_is_half_done(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, admin: Context, what: str
) -> None:
    issue_id = f"emergency_not_written_{hub.entry_id}"
    if what == "lockdown":
        await order(hass, "lockdown", admin, entity_id=LOCK)
    with patch.object(Store, "_async_write_data", side_effect=WriteError("disk full")):
        if what == "hold":
            with pytest.raises(HomeAssistantError) as refused:
                await hold(hass, hub, "held_open")
            assert refused.value.translation_key == "hold_not_written"
            assert controlled(face) == []
        else:
            assert not (await order(hass, "normal", admin))["written"]
            assert issue_id in issues_of(hass)
            assert face.doors[1].mode == "normal"
    if what == "lockdown":  # the same once more, as the issue says
        assert (await order(hass, "normal", admin))["written"]
        assert issue_id not in issues_of(hass)
        await reload(hass, entry, face)
        assert state_of(hass, SWITCH).state == "off"
