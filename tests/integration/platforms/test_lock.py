"""Doors as locks: exactly the named door opens, and the state says what is known."""

import asyncio
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed, mock_restore_cache

from custom_components.timmy_access.errors import translated_errors
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol import exchange
from custom_components.timmy_access.protocol.commands import GetSettings, GetTime
from custom_components.timmy_access.terminal.state import DoorMode, DoorPhase
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, fit_contact
from ..until import listen, state_of, until, until_event, until_state

FRONT = "lock.front_door"
DOOR_3 = "lock.warehouse_door_3"
MOVING = {"lockctrl", "opendoor"}


def mode(terminal: VirtualTerminal) -> str:
    return terminal.doors[1].mode


async def act(hass: HomeAssistant, action: str, entity_id: str) -> None:
    await hass.services.async_call("lock", action, {"entity_id": entity_id}, blocking=True)


def openings(terminal: VirtualTerminal) -> dict[int, int]:
    return {number: door.openings for number, door in terminal.doors.items()}


def commands(terminal: VirtualTerminal, name: str) -> list[dict[str, Any]]:
    return [frame for frame in terminal.received if frame.get("cmd") == name]


def is_shown(event: Event, entity_id: str, state: str) -> bool:
    return event.event_type == "state_changed" and (event.data["entity_id"], event.data["new_state"].state) == (
        entity_id,
        state,
    )


async def test_open_opens_exactly_the_named_door_and_it_locks_again(
    hass: HomeAssistant, controller: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    assert state_of(hass, DOOR_3).state == "locked"
    await act(hass, "open", DOOR_3)
    await controller.wait_opened(3)
    assert openings(controller) == {1: 0, 2: 0, 3: 1, 4: 0}
    assert commands(controller, "opendoor") == [{"cmd": "opendoor", "doornum": 3}]
    assert state_of(hass, DOOR_3).state == "open"
    assert state_of(hass, "lock.warehouse_door_2").state == "locked"
    await controller.wait_sent()  # nothing of the terminal may be under way when time jumps
    freezer.tick(controller.access_settings["opendelay"] + 1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert state_of(hass, DOOR_3).state == "locked"


async def test_a_one_door_terminal_is_told_its_door_too(hass: HomeAssistant, finger: VirtualTerminal) -> None:
    await act(hass, "open", "lock.office")
    assert commands(finger, "opendoor") == [{"cmd": "opendoor", "doornum": 1}]
    assert finger.doors[1].openings == 1


async def test_the_states_while_opening(hass: HomeAssistant, face: VirtualTerminal) -> None:
    changes = listen(hass, "state_changed")
    await act(hass, "open", FRONT)
    await hass.async_block_till_done()
    states = [change.data["new_state"].state for change in changes if change.data["entity_id"] == FRONT]
    assert states == ["open"]


async def test_opening_an_open_door_is_fine_and_prolongs_it(
    hass: HomeAssistant, finger: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    delay = finger.access_settings["opendelay"]
    await act(hass, "open", "lock.office")
    await finger.wait_sent()  # nothing of the terminal may be under way when time jumps
    freezer.tick(delay - 1)
    async_fire_time_changed(hass)
    await act(hass, "open", "lock.office")
    await finger.wait_sent()
    assert state_of(hass, "lock.office").state == "open"
    freezer.tick(delay - 1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert state_of(hass, "lock.office").state == "open"
    freezer.tick(2)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert state_of(hass, "lock.office").state == "locked"
    assert finger.doors[1].openings == 2


async def test_unlock_releases_for_a_moment_by_default(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await act(hass, "unlock", FRONT)
    assert state_of(hass, FRONT).state == "open"
    assert commands(face, "lockctrl") == []


async def test_a_lock_is_assumed_until_a_contact_tells_of_its_door(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, controller: VirtualTerminal
) -> None:
    await fit_contact(hass, hub, controller)
    assert state_of(hass, FRONT).attributes["assumed_state"] is True
    for terminal in (face, controller):
        terminal.door_event(0)
        await terminal.wait_sent()
    await until(hass, FRONT, lambda state: "assumed_state" not in state.attributes)
    await until_state(hass, "binary_sensor.warehouse_door", "off")
    assert state_of(hass, DOOR_3).attributes["assumed_state"] is True  # of which door it was, is not told


async def test_locking_one_door_of_several_shows_what_became_of_the_others(
    hass: HomeAssistant, controller: VirtualTerminal
) -> None:
    """The command names no door, and puts every relay to rest."""
    for number in (2, 3):
        await act(hass, "open", f"lock.warehouse_door_{number}")
        await controller.wait_opened(number)
    await act(hass, "lock", "lock.warehouse_door_1")
    assert commands(controller, "lockctrl") == [{"cmd": "lockctrl", "fuc": 4}]
    for number, door in controller.doors.items():
        assert (state_of(hass, f"lock.warehouse_door_{number}").state, door.is_open) == ("locked", False)


async def test_lock_puts_the_relay_back_and_never_forces_it(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await act(hass, "open", FRONT)
    await act(hass, "lock", FRONT)
    assert state_of(hass, FRONT).state == "locked"
    assert commands(face, "lockctrl") == [{"cmd": "lockctrl", "fuc": 4}]


async def test_unlock_holds_open_where_the_owner_chose_so(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hub: Hub
) -> None:
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "hold_open": True})
    await hass.async_block_till_done()
    await act(hass, "unlock", FRONT)
    assert state_of(hass, FRONT).state == "unlocked"
    assert mode(face) == "held_open"
    await act(hass, "open", FRONT)  # a door that is held open stays so
    assert state_of(hass, FRONT).state == "unlocked"
    await act(hass, "lock", FRONT)
    assert state_of(hass, FRONT).state == "locked"
    assert mode(face) == "normal"


@pytest.mark.parametrize("before", ["unlocked", "unknown"])
async def test_a_held_door_is_in_doubt_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, before: str
) -> None:
    mock_restore_cache(hass, [State(FRONT, before), State("lock.office", before)])
    for subentry in entry.subentries.values():
        if subentry.unique_id == FACE:
            hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "hold_open": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    hub: Hub = entry.runtime_data
    doors = {serial: hub.terminals[serial].coordinator.data.doors[1] for serial in (FACE, FINGER)}
    assert (doors[FACE].phase, doors[FACE].sure) == ("held_open", False)
    assert (doors[FINGER].phase, doors[FINGER].sure) == ("locked", True)
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_restart_of_the_terminal_ends_the_holding(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    hub.terminals[FACE].doors.async_assume(1, DoorMode.HELD_OPEN)
    face.door_event(8)
    await face.wait_sent()
    await until_state(hass, FRONT, "locked")


async def test_a_refusal_is_an_error_and_the_lock_goes_back(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.faults.refuse["opendoor"] = {"reason": 1, "msg": "door is broken"}
    with pytest.raises(HomeAssistantError, match="Front door refused: door is broken"):
        await act(hass, "open", FRONT)
    assert state_of(hass, FRONT).state == "locked"


async def test_silence_is_an_error_and_the_door_is_not_asked_again(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DOOR_ANSWER_SECONDS", 0.1)
    face.faults.silent.add("opendoor")
    received = len(face.received)
    with pytest.raises(HomeAssistantError, match="did not answer"):
        await act(hass, "open", FRONT)
    await face.wait_received("reg", after=received)  # it has dialled in again
    await until_state(hass, FRONT, "unknown")  # it may have opened
    await until_state(hass, FRONT, "locked")
    assert len(commands(face, "opendoor")) == 1


async def test_a_busy_terminal_is_an_error_and_nothing_opens_late(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DOOR_WRITE_SECONDS", 0.05)
    monkeypatch.setattr(GetSettings, "timeout", 0.2)
    face.faults.silent.add("getdevinfo")
    received = len(face.received)
    blocking = hass.async_create_task(hub.terminals[FACE].async_request(GetSettings()))
    await face.wait_received("getdevinfo", after=received)
    with pytest.raises(HomeAssistantError, match="busy"):
        await act(hass, "open", FRONT)
    assert state_of(hass, FRONT).state == "locked"
    with pytest.raises(Exception, match="no answer"):
        await blocking
    assert commands(face, "opendoor") == []


async def test_a_second_press_does_not_cut_the_terminal_off(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """In a script that restarts, the first is cancelled while the terminal opens."""
    press = {"action": "lock.open", "target": {"entity_id": FRONT}}
    assert await async_setup_component(hass, "script", {"script": {"press": {"mode": "restart", "sequence": [press]}}})
    session = hub.terminals[FACE].session
    face.faults.delay = 0.1
    received = len(face.received)
    for _ in range(2):
        await hass.services.async_call("script", "turn_on", {"entity_id": "script.press"}, blocking=True)
        await face.wait_received("opendoor", after=received)
    await face.wait_for(lambda: face.doors[1].openings == 2)
    await hass.async_block_till_done()
    assert len(commands(face, "opendoor")) == 2
    assert hub.terminals[FACE].session is session
    assert state_of(hass, FRONT).state == "open"


@pytest.mark.parametrize(
    ("action", "entity_id", "data", "state"),
    [
        ("lock.open", FRONT, {}, "open"),
        ("select.select_option", "select.front_door_door_mode", {"option": "held_open"}, "unlocked"),
    ],
)
async def test_what_the_terminal_has_done_is_shown_also_to_nobody(
    hass: HomeAssistant, face: VirtualTerminal, action: str, entity_id: str, data: dict[str, Any], state: str
) -> None:
    """Whoever asked is gone before the terminal answers."""
    face.faults.delay = 0.1
    received = len(face.received)
    # Looked for from before: it is locked again after a while.
    shown = hass.async_create_task(until_event(hass, lambda event: is_shown(event, FRONT, state)))
    domain, _, name = action.partition(".")
    calling = hass.async_create_task(
        hass.services.async_call(domain, name, {"entity_id": entity_id, **data}, blocking=True)
    )
    await face.wait_for(lambda: any(frame["cmd"] in MOVING for frame in face.received[received:]))
    calling.cancel()
    await shown


async def test_a_press_that_is_cancelled_while_the_terminal_is_busy_opens_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.faults.silent.add("getdevinfo")
    received = len(face.received)
    blocking = hass.async_create_task(hub.terminals[FACE].async_request(GetSettings()))
    await face.wait_received("getdevinfo", after=received)
    waits = asyncio.Event()
    remove = hub.terminals[FACE].coordinator.async_add_listener(waits.set)
    pressing = hass.async_create_task(act(hass, "open", FRONT))
    await waits.wait()
    remove()
    assert hub.terminals[FACE].coordinator.data.doors[1].phase is DoorPhase.OPENING
    pressing.cancel()
    await asyncio.wait((pressing,))
    assert hub.terminals[FACE].coordinator.data.doors[1].phase is DoorPhase.LOCKED
    await face.send({"ret": "getdevinfo", "result": True})
    await blocking
    await hub.terminals[FACE].async_request(GetTime())
    assert commands(face, "opendoor") == []


async def test_an_offline_terminal_is_unavailable_and_opens_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    await face.stop()
    await until_state(hass, FRONT, STATE_UNAVAILABLE)
    with pytest.raises(HomeAssistantError, match="not connected"), translated_errors("Front door"):
        await hub.terminals[FACE].doors.async_open(1, hass.loop.time())
    assert state_of(hass, "binary_sensor.office_connectivity").state == "off"


async def test_a_silent_terminal_does_not_hold_up_another(
    hass: HomeAssistant, face: VirtualTerminal, controller: VirtualTerminal
) -> None:
    face.faults.silent.add("opendoor")
    received = len(face.received)
    waiting = hass.async_create_task(act(hass, "open", FRONT))
    await face.wait_received("opendoor", after=received)
    await act(hass, "open", DOOR_3)
    assert openings(controller)[3] == 1
    assert not waiting.done()
    await face.drop()
    with pytest.raises(HomeAssistantError, match="not connected"):
        await waiting


async def test_who_came_in_is_shown_on_the_only_door(
    hass: HomeAssistant, face: VirtualTerminal, controller: VirtualTerminal
) -> None:
    face.punch(1)
    controller.punch(1)
    await face.wait_sent()
    await controller.wait_sent()
    await hass.async_block_till_done()
    assert state_of(hass, FRONT).attributes["changed_by"] == "Ada Lovelace"
    assert state_of(hass, DOOR_3).attributes.get("changed_by") is None


async def test_fewer_doors_remove_the_locks_and_more_bring_them(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, controller: VirtualTerminal
) -> None:
    subentry = entry.subentries[hub.terminals[CONTROLLER].subentry_id]
    await act(hass, "open", DOOR_3)
    for doors in (2, 4):
        hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "doors": doors})
        await hass.async_block_till_done()
        locks = [
            entity_id for entity_id in hass.states.async_entity_ids("lock") if entity_id.startswith("lock.warehouse")
        ]
        assert len(locks) == doors
    assert controller.registered  # and the connection stayed
    assert state_of(hass, DOOR_3).state == "locked"
