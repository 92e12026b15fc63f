"""The door mode: what holds the only door of a terminal, in step with its lock, and unknown where it is in doubt."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol import exchange
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, MakeTerminal, connected
from ..until import state_of, until_state

MODE = "select.front_door_door_mode"
LOCK = "lock.front_door"


async def hold(hass: HomeAssistant, option: str) -> None:
    await hass.services.async_call("select", "select_option", {"entity_id": MODE, "option": option}, blocking=True)


async def act(hass: HomeAssistant, action: str) -> None:
    await hass.services.async_call("lock", action, {"entity_id": LOCK}, blocking=True)


async def connected_again(hass: HomeAssistant, terminal: VirtualTerminal) -> None:
    """Wait until a terminal that lost its power has answered the first questions."""
    received = len(terminal.received)
    await terminal.wait_received("getdevlock", after=received)
    await hass.async_block_till_done(wait_background_tasks=True)


def controlled(terminal: VirtualTerminal) -> list[dict[str, Any]]:
    return [frame for frame in terminal.received if frame.get("cmd") == "lockctrl"]


@pytest.mark.parametrize(
    ("mode", "function", "lock"),
    [("held_open", 1, "unlocked"), ("held_closed", 2, "locked"), ("normal", 4, "locked")],
)
async def test_a_mode_is_sent_once_and_the_lock_follows(
    hass: HomeAssistant, face: VirtualTerminal, mode: str, function: int, lock: str
) -> None:
    state = state_of(hass, MODE)
    assert (state.state, state.attributes["assumed_state"]) == ("normal", True)
    await hold(hass, mode)
    assert controlled(face) == [{"cmd": "lockctrl", "fuc": function}]
    assert face.doors[1].mode == mode
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == (mode, lock)


async def test_locking_ends_holding_open(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_open")
    await act(hass, "lock")
    assert (state_of(hass, MODE).state, face.doors[1].mode) == ("normal", "normal")


async def test_locking_a_door_that_is_held_closed_keeps_it_so(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_closed")
    await act(hass, "lock")
    assert (state_of(hass, MODE).state, face.doors[1].mode) == ("held_closed", "held_closed")


async def test_opening_a_door_that_is_held_closed_claims_nothing(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_closed")
    await act(hass, "open")
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("held_closed", "locked")
    assert not face.doors[1].is_open


async def test_unlocking_for_good_shows_as_a_mode(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "hold_open": True})
    await hass.async_block_till_done()
    await act(hass, "unlock")
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("held_open", "unlocked")


@pytest.mark.parametrize(
    ("kept", "mode", "lock"),
    [
        ({"value": "held_open"}, "unknown", "unknown"),
        ({"value": "held_closed"}, "unknown", "locked"),
        ({"value": "normal"}, "normal", "locked"),
        ({"value": "ajar"}, "normal", "locked"),
        ({}, "normal", "locked"),
    ],
)
async def test_a_mode_from_before_a_restart_is_in_doubt_and_not_sent(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    kept: dict[str, str],
    mode: str,
    lock: str,
) -> None:
    """The terminal was offline when Home Assistant stopped, so that the state alone says nothing."""
    mock_restore_cache_with_extra_data(hass, [(State(MODE, STATE_UNAVAILABLE), kept)])
    assert await hass.config_entries.async_setup(entry.entry_id)
    terminal = await connected(hass, make_terminal("ai_face", FACE))
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == (mode, lock)
    assert controlled(terminal) == []
    (kept_again,) = [
        entity.remembered for entity in hass.data["select"].entities if entity.entity_id == MODE
    ]  # it is no more certain after the next restart
    assert kept_again == (kept.get("value") if mode == "unknown" else "normal")
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_mode_is_in_doubt_after_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await hold(hass, "held_closed")
    received = len(face.received)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await face.wait_received("getdevcap", after=received)
    await until_state(hass, MODE, "unknown")
    assert len(controlled(face)) == 1
    await act(hass, "lock")  # what was asked for last is asked for again
    assert (state_of(hass, MODE).state, face.doors[1].mode) == ("held_closed", "held_closed")


async def test_a_door_that_was_held_closed_is_held_closed_again_after_a_power_cut(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await hold(hass, "held_closed")
    for _ in range(2):
        received = len(face.received)
        await face.power_cycle()
        await face.wait_received("lockctrl", after=received)
        await until_state(hass, MODE, "held_closed")
        assert face.doors[1].mode == "held_closed"
    await hold(hass, "normal")
    await face.power_cycle()
    await connected_again(hass, face)
    assert (state_of(hass, MODE).state, len(controlled(face))) == ("normal", 4)


async def test_a_door_that_was_held_open_is_unknown_after_a_power_cut_and_not_opened(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await hold(hass, "held_open")
    await face.power_cycle()
    await connected_again(hass, face)
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("unknown", "unknown")
    assert (len(controlled(face)), face.doors[1].mode) == (1, "normal")
    await act(hass, "lock")
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("normal", "locked")


async def test_a_door_that_cannot_be_held_closed_again_is_unknown(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_closed")
    face.faults.refuse["lockctrl"] = {"reason": 1}
    await face.power_cycle()
    await face.wait_for(lambda: len(controlled(face)) == 2)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("unknown", "locked")


async def test_what_somebody_else_wants_meanwhile_is_not_undone(hass: HomeAssistant, face: VirtualTerminal) -> None:
    """Somebody releases the door while the terminal is away."""
    await hold(hass, "held_closed")
    face.faults.refuse["lockctrl"] = {"reason": 1}
    with pytest.raises(HomeAssistantError):
        await hold(hass, "normal")
    face.faults.refuse.clear()
    await face.power_cycle()
    await connected_again(hass, face)
    assert (state_of(hass, MODE).state, len(controlled(face))) == ("unknown", 2)


async def test_a_start_of_the_terminal_ends_that_it_holds_the_door_open(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await hold(hass, "held_open")
    await face.power_cycle()
    await connected_again(hass, face)
    assert state_of(hass, MODE).state == "unknown"
    face.door_event(8)
    await until_state(hass, MODE, "normal")


async def test_a_start_that_is_told_late_leaves_in_doubt_what_was_asked_for_since(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await hold(hass, "held_open")
    face.door_event(8)
    await until_state(hass, MODE, "unknown")
    assert face.doors[1].mode == "held_open"


async def test_a_start_of_the_terminal_does_not_end_that_the_door_is_held_closed(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await hold(hass, "held_closed")
    face.door_event(8)
    await face.wait_for(lambda: len(controlled(face)) == 2)
    await until_state(hass, MODE, "held_closed")


async def test_a_refused_mode_is_an_error_and_changes_nothing(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_open")
    face.faults.refuse["lockctrl"] = {"reason": 1, "msg": "no relay"}
    with pytest.raises(HomeAssistantError, match="Front door refused: no relay"):
        await hold(hass, "held_closed")
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("held_open", "unlocked")


async def test_silence_is_an_error_and_leaves_in_doubt_what_holds_the_door(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DOOR_ANSWER_SECONDS", 0.1)
    face.faults.silent.add("lockctrl")
    received = len(face.received)
    with pytest.raises(HomeAssistantError, match="did not answer"):
        await hold(hass, "held_open")
    await face.wait_received("getdevcap", after=received)  # it has dialled in again
    await until_state(hass, MODE, "unknown")
    assert state_of(hass, LOCK).state == "unknown"
    assert len(controlled(face)) == 1


async def test_an_offline_terminal_has_no_mode(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_closed")
    await face.stop()
    await until_state(hass, MODE, STATE_UNAVAILABLE)


async def test_only_terminals_with_one_door_have_a_mode(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, controller: VirtualTerminal
) -> None:
    registry = er.async_get(hass)
    assert not registry.async_get_entity_id("select", "timmy_access", f"{CONTROLLER}_door_mode")
    await hold(hass, "held_closed")
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    for doors, there in ((4, False), (1, True)):
        hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "doors": doors})
        await hass.async_block_till_done()
        assert bool(registry.async_get_entity_id("select", "timmy_access", f"{FACE}_door_mode")) is there
        assert (hass.states.get(MODE) is not None) is there
    # with more doors than one the command would have been about all of them
    assert state_of(hass, MODE).state == "normal"


@pytest.mark.parametrize(
    ("command", "mode", "lock"),
    [
        ({"cmd": "lockctrl", "fuc": 1}, "held_open", "unlocked"),
        ({"cmd": " LockCtrl ", "fuc": 2}, "held_closed", "locked"),
        ({"cmd": "lockctrl", "fuc": 4}, "normal", "locked"),
        ({"cmd": "lockctrl", "fuc": 3}, "normal", "open"),
        ({"cmd": "opendoor", "doornum": 1}, "normal", "open"),
        ({"cmd": "lockctrl", "fuc": 6}, "normal", "locked"),
    ],
)
async def test_what_a_raw_command_moves_is_shown(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, command: dict[str, Any], mode: str, lock: str
) -> None:
    data = {"device_id": hub.terminals[FACE].device_id, "command": command}
    answer = await hass.services.async_call("timmy_access", "send_command", data, blocking=True, return_response=True)
    assert answer is not None
    assert answer["reply"]["result"] is True  # type: ignore[index,call-overload]
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == (mode, lock)
    assert face.doors[1].mode == mode


@pytest.mark.parametrize("function", [1, 2, 3])
async def test_a_raw_command_that_names_no_door_moves_not_several(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal, function: int
) -> None:
    data = {"device_id": hub.terminals[CONTROLLER].device_id, "command": {"cmd": "lockctrl", "fuc": function}}
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call("timmy_access", "send_command", data, blocking=True)
    assert refused.value.translation_key == "needs_one_door"
    assert controlled(controller) == []


async def test_a_door_that_is_held_open_is_not_left_so_when_it_becomes_one_of_several(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    """Nobody could end it any more: of several doors none is held."""
    await hold(hass, "held_open")
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    received = len(face.received)
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "doors": 2})
    assert (await face.wait_received("lockctrl", after=received))["fuc"] == 4
    assert face.doors[1].mode == "normal"
