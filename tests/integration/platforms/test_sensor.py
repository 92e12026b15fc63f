"""Sensors: how full a terminal is and how it is doing; only what it reports."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from custom_components.timmy_access import sensor
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE, MakeTerminal, connected
from ..until import state_of, until, until_state

USERS = "sensor.front_door_people"
DRIFT = "sensor.front_door_clock_drift"
LAST_SEEN = "sensor.front_door_last_seen"
TEMPERATURE = "sensor.front_door_latest_punch_temperature"


@pytest.mark.usefixtures("all_enabled")
async def test_counts_say_how_much_is_used(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("ai_face", FACE)
    for number in range(2, 102):
        terminal.add_user(User(enrollid=number, name=f"P{number}", credentials={0: "aa", 11: 100 + number}))
    await connected(hass, terminal)
    state = state_of(hass, USERS)
    assert state.state == "101"
    assert (state.attributes["capacity"], state.attributes["used_percentage"]) == (5000, 2.0)
    assert state_of(hass, "sensor.front_door_cards").state == "100"
    assert state_of(hass, "sensor.front_door_fingerprints").state == "100"
    assert state_of(hass, "sensor.front_door_pins").state == "0"
    assert "capacity" not in state_of(hass, "sensor.front_door_unsent_log_records").attributes


async def test_hardware_that_is_not_there_is_not_counted(hass: HomeAssistant, finger: VirtualTerminal) -> None:
    registry = er.async_get(hass)
    there = {
        entity.unique_id.removeprefix(f"{finger.serial}_")
        for entity in registry.entities.values()
        if entity.unique_id.startswith(finger.serial) and entity.domain == "sensor"
    }
    assert {"cards", "fingerprints", "logs", "passwords", "unsent_logs", "users"} <= there
    assert not {"faces", "latest_punch_temperature", "palms"} & there


async def test_what_only_the_capacity_tells_is_shown_too(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Some firmware says next to nothing when it registers (field notes 2)."""
    terminal = make_terminal("ai_face", FACE)
    terminal.machine.devinfo = lambda: {"modelname": "AiFace"}  # type: ignore[method-assign]
    await connected(hass, terminal)
    assert state_of(hass, USERS).state == "1"
    received = len(terminal.received)
    await terminal.wait_received("reg", after=received)  # the next heartbeat does not take it away
    await hass.async_block_till_done()
    assert state_of(hass, USERS).state == "1"
    assert hass.states.get(DRIFT) is None  # the time it does not tell


async def test_counts_follow_the_terminal(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.add_user(User(enrollid=2, name="Grace"))
    await until_state(hass, USERS, "2")
    await face.stop()
    await until_state(hass, USERS, STATE_UNAVAILABLE)


async def test_drift_is_how_far_the_clock_was_ahead(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("tfs30", FACE)  # registers once a connection
    zone = dt_util.now().replace(tzinfo=None) - datetime.now()  # noqa: DTZ005 - the simulator's own wall clock
    terminal.clock_offset = zone + timedelta(minutes=10)
    terminal.faults.refuse["gettime"] = {}
    await connected(hass, terminal)
    assert abs(int(state_of(hass, DRIFT).state) - 600) <= 10
    received = len(terminal.received)
    await terminal.drop()
    await terminal.wait_received("getdevcap", after=received)
    await until_state(hass, DRIFT, "0")  # the answer to the first registration has set it


async def test_temperature_appears_with_the_first_one(hass: HomeAssistant, face: VirtualTerminal) -> None:
    assert hass.states.get(TEMPERATURE) is None
    face.punch(1, temp=365)
    state = await until_state(hass, TEMPERATURE, "36.5")
    assert state.attributes["unit_of_measurement"] == "°C"
    face.punch(1, event=1)
    await until_state(hass, TEMPERATURE, STATE_UNKNOWN)


@pytest.fixture
def writes(hass: HomeAssistant) -> list[str]:
    """States of the last-seen sensor as they are written."""
    seen: list[str] = []

    @callback
    def _note(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == LAST_SEEN and (state := event.data["new_state"]) is not None:
            seen.append(state.state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, _note)
    return seen


@pytest.mark.usefixtures("all_enabled")
async def test_frames_do_not_write_last_seen(hass: HomeAssistant, writes: list[str], face: VirtualTerminal) -> None:
    for event in range(5):
        face.punch(1, event=event)
    await face.wait_sent()
    await hass.async_block_till_done()
    assert writes == [STATE_UNKNOWN]  # when it was added


@pytest.mark.usefixtures("all_enabled")
async def test_last_seen_stays_while_the_terminal_is_away(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = await connected(hass, make_terminal("ai_face", FACE))
    entity = hass.data["entity_components"]["sensor"].get_entity(LAST_SEEN)
    assert isinstance(entity, sensor.LastSeenSensor)
    entity._async_look(dt_util.utcnow())
    assert_recent(state_of(hass, LAST_SEEN))
    await terminal.stop()
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    before = hub.terminals[FACE].last_seen
    entity._async_look(dt_util.utcnow())
    assert hub.terminals[FACE].last_seen == before
    assert_recent(state_of(hass, LAST_SEEN))  # it matters most while the terminal is offline


@pytest.mark.usefixtures("all_enabled")
async def test_last_seen_comes_by_itself(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    monkeypatch.setattr(sensor, "LAST_SEEN_INTERVAL", timedelta(seconds=0.2))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await connected(hass, make_terminal("ai_face", FACE))
    assert_recent(await until(hass, LAST_SEEN, lambda state: state.state != STATE_UNKNOWN))
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_last_seen_is_remembered_over_a_restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    seen = datetime(2026, 11, 1, 12, 0, tzinfo=dt_util.UTC)
    stored: dict[str, Any] = {
        "native_value": {"__type": "<class 'datetime.datetime'>", "isoformat": seen.isoformat()},
        "native_unit_of_measurement": None,
    }
    mock_restore_cache_with_extra_data(hass, [(State(LAST_SEEN, seen.isoformat()), stored)])
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert state_of(hass, LAST_SEEN).state == seen.isoformat()
    assert await hass.config_entries.async_unload(entry.entry_id)


def assert_recent(state: State) -> None:
    seen = dt_util.parse_datetime(state.state)
    assert seen is not None
    assert abs(dt_util.utcnow() - seen) < timedelta(seconds=30)
