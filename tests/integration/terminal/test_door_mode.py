"""The door mode: what holds the only door of a terminal, in step with its lock, and never sent by itself."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol import exchange
from custom_components.timmy_access.terminal.state import DoorMode
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
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
        ({"value": "held_open"}, "held_open", "unlocked"),
        ({"value": "held_closed"}, "held_closed", "locked"),
        ({"value": "normal"}, "normal", "locked"),
        ({"value": "ajar"}, "normal", "locked"),
        ({}, "normal", "locked"),
    ],
)
async def test_a_mode_is_remembered_over_a_restart_and_not_sent(
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
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_mode_is_kept_over_a_reload(hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal) -> None:
    await hold(hass, "held_closed")
    received = len(face.received)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await face.wait_received("getdevcap", after=received)
    await until_state(hass, MODE, "held_closed")
    assert len(controlled(face)) == 1


@pytest.mark.parametrize("mode", [DoorMode.HELD_CLOSED, DoorMode.HELD_OPEN])
async def test_a_start_of_the_terminal_ends_the_mode(
    hass: HomeAssistant, face: VirtualTerminal, mode: DoorMode
) -> None:
    await hold(hass, mode)
    face.door_event(8)
    await until_state(hass, MODE, "normal")


async def test_a_refused_mode_is_an_error_and_changes_nothing(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hold(hass, "held_open")
    face.faults.refuse["lockctrl"] = {"reason": 1, "msg": "no relay"}
    with pytest.raises(HomeAssistantError, match="Front door refused: no relay"):
        await hold(hass, "held_closed")
    assert (state_of(hass, MODE).state, state_of(hass, LOCK).state) == ("held_open", "unlocked")


async def test_silence_is_an_error_and_changes_nothing(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DOOR_ANSWER_SECONDS", 0.1)
    face.faults.silent.add("lockctrl")
    received = len(face.received)
    with pytest.raises(HomeAssistantError, match="did not answer"):
        await hold(hass, "held_open")
    await face.wait_received("getdevcap", after=received)  # it has dialled in again
    await until_state(hass, MODE, "normal")
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
