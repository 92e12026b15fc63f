"""Buttons: restart, set the clock, cancel an alarm."""

from datetime import datetime, timedelta

import pytest

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.state import DoorMode
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator import DoorEvent, VirtualTerminal

from ..conftest import FACE, connected
from ..until import state_of, until_state

pytestmark = pytest.mark.usefixtures("all_enabled")

ONLINE = "binary_sensor.front_door_connectivity"


# What is switched off at first is shown.
pytestmark = pytest.mark.usefixtures("all_enabled")


async def press(hass: HomeAssistant, name: str, terminal: str = "front_door") -> None:
    await hass.services.async_call("button", "press", {"entity_id": f"button.{terminal}_{name}"}, blocking=True)


async def test_restart_restarts_and_the_terminal_comes_back(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    hub.terminals[FACE].doors.async_assume(1, DoorMode.HELD_CLOSED)
    face.door_event(DoorEvent.TAMPER)
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    await face.wait_sent()
    received = len(face.received)
    await press(hass, "restart")
    await face.wait_received("reg", after=received)
    await until_state(hass, ONLINE, "on")
    assert face.received[received] == {"cmd": "reboot"}
    # what a restart ends is over once the terminal is there again
    await until_state(hass, "binary_sensor.front_door_tamper", "off")
    assert state_of(hass, "select.front_door_door_mode").state == "normal"


async def test_a_connection_long_after_a_restart_proves_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.timmy_access.terminal.upkeep.RESTART_SECONDS", -1)
    face.door_event(DoorEvent.TAMPER)
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    await face.wait_sent()
    received = len(face.received)
    await press(hass, "restart")
    await face.wait_received("getdevcap", after=received)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, "binary_sensor.front_door_tamper").state == "on"


async def test_sync_clock_sends_the_local_wall_time(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.clock_offset = timedelta(hours=3)
    received = len(face.received)
    await press(hass, "sync_clock")
    command = await face.wait_received("settime", after=received)
    assert command.keys() == {"cmd", "cloudtime"}
    sent = datetime.fromisoformat(command["cloudtime"])
    assert abs(sent - dt_util.now().replace(tzinfo=None)) < timedelta(seconds=5)
    assert state_of(hass, "sensor.front_door_clock_drift").state == "0"


async def test_cancel_alarm_silences_the_terminal(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.door_event(DoorEvent.ALARM)
    face.door_event(DoorEvent.TAMPER)
    for name in ("alarm", "tamper"):
        await until_state(hass, f"binary_sensor.front_door_{name}", "on")
    assert face.alarm
    received = len(face.received)
    await press(hass, "cancel_alarm")
    assert await face.wait_received("lockctrl", after=received) == {"cmd": "lockctrl", "fuc": 6}
    assert not face.alarm
    for name in ("alarm", "tamper"):
        assert state_of(hass, f"binary_sensor.front_door_{name}").state == "off"


@pytest.mark.parametrize(("name", "command"), [("cancel_alarm", "lockctrl"), ("sync_clock", "settime")])
async def test_a_refusal_is_an_error_and_changes_nothing(
    hass: HomeAssistant, face: VirtualTerminal, name: str, command: str
) -> None:
    face.door_event(DoorEvent.ALARM)
    await until_state(hass, "binary_sensor.front_door_alarm", "on")
    face.faults.refuse[command] = {"reason": 1, "msg": "broken"}
    with pytest.raises(HomeAssistantError, match="Front door refused: broken"):
        await press(hass, name)
    assert state_of(hass, "binary_sensor.front_door_alarm").state == "on"


@pytest.mark.parametrize("name", ["cancel_alarm", "refresh_people", "restart", "sync_clock"])
async def test_who_presses_a_button_of_an_offline_terminal_is_told_and_nothing_is_sent_later(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, name: str
) -> None:
    """A button shows nothing of its terminal, and one that is greyed out would not say why."""
    await face.stop()
    await until_state(hass, "lock.front_door", STATE_UNAVAILABLE)
    pressed = state_of(hass, f"button.front_door_{name}").state
    assert pressed != STATE_UNAVAILABLE
    with pytest.raises(HomeAssistantError, match="Front door is not connected"):
        await press(hass, name)
    received = len(face.received)
    await connected(hass, face)
    asked = [frame["cmd"] for frame in face.received[received:] if "cmd" in frame]
    assert not {"lockctrl", "reboot"} & set(asked)
