"""A connection that ends for some seconds: what shows, and what a command does meanwhile."""

import asyncio

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import AWAY_DELAY
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol import exchange
from custom_components.timmy_access.protocol.commands import GetSettings
from custom_components.timmy_access.protocol.errors import TerminalAway
from custom_components.timmy_access.terminal import presence
from custom_components.timmy_access.terminal.state import DoorPhase
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import VirtualTerminal

from ..conftest import FACE, Jump
from ..until import state_of, until_line, until_state

LOCK, CONNECTIVITY = "lock.front_door", "binary_sensor.front_door_connectivity"


async def open_door(hass: HomeAssistant) -> None:
    await hass.services.async_call("lock", "open", {"entity_id": LOCK}, blocking=True)


def openings(terminal: VirtualTerminal) -> int:
    return sum(frame.get("cmd") == "opendoor" for frame in terminal.received)


@pytest.fixture
def entry(entry: MockConfigEntry, hass: HomeAssistant) -> MockConfigEntry:
    """A listener whose terminals are expected back, as it is unless the owner chose otherwise."""
    hass.config_entries.async_update_entry(entry, options={"away_delay": AWAY_DELAY})
    return entry


@pytest.fixture
async def left(hub: Hub, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal whose connection has just ended."""
    await face.stop()
    await until_line(hub.terminals[FACE], online=False)
    return face


async def test_nothing_tells_at_once(hass: HomeAssistant, left: VirtualTerminal, jump: Jump) -> None:
    assert [state_of(hass, it).state for it in (LOCK, CONNECTIVITY)] == ["locked", "on"]
    jump(AWAY_DELAY / 2)
    await hass.async_block_till_done()
    assert [state_of(hass, it).state for it in (LOCK, CONNECTIVITY)] == ["locked", "on"]
    jump(AWAY_DELAY / 2)
    await until_state(hass, LOCK, STATE_UNAVAILABLE)
    assert state_of(hass, CONNECTIVITY).state == "off"
    assert state_of(hass, "sensor.front_door_address").state == "127.0.0.1"


async def test_who_is_back_in_time_was_never_unavailable(
    hass: HomeAssistant, hub: Hub, left: VirtualTerminal, jump: Jump
) -> None:
    await left.start()
    await until_line(hub.terminals[FACE], online=True)
    await left.wait_sent()
    jump(AWAY_DELAY)
    await hass.async_block_till_done()
    assert state_of(hass, LOCK).state == "locked"


async def test_with_zero_all_are_unavailable_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    hass.config_entries.async_update_entry(entry, options={"away_delay": 0})
    await hass.async_block_till_done()
    await face.stop()
    await until_state(hass, LOCK, STATE_UNAVAILABLE)


async def test_a_door_waits_for_its_terminal_and_opens_once(
    hass: HomeAssistant, hub: Hub, left: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long this machine takes to dial in."""
    monkeypatch.setattr(presence, "BACK_SECONDS", 30.0)
    monkeypatch.setattr(exchange, "DOOR_WRITE_SECONDS", 30.0)
    opening = hass.async_create_task(open_door(hass))
    await left.start()
    await opening
    assert openings(left) == 1
    assert state_of(hass, LOCK).state == "open"


async def test_a_door_that_waited_for_two_seconds_is_never_opened(
    hass: HomeAssistant, hub: Hub, left: VirtualTerminal, jump: Jump
) -> None:
    opening = hass.async_create_task(open_door(hass))
    await asyncio.sleep(0)
    jump(2.0)
    with pytest.raises(HomeAssistantError, match="not connected"):
        await opening
    assert hub.terminals[FACE].coordinator.data.doors[1].phase is DoorPhase.LOCKED
    await left.start()
    await until_line(hub.terminals[FACE], online=True)
    await hub.terminals[FACE].async_request(GetSettings())  # would come after it
    assert openings(left) == 0


async def test_a_door_that_was_asked_for_too_long_ago_does_not_wait(
    hass: HomeAssistant, hub: Hub, left: VirtualTerminal
) -> None:
    with pytest.raises(TerminalAway):
        await hub.terminals[FACE].doors.async_open(1, hass.loop.time() - presence.BACK_SECONDS)


async def test_a_press_that_is_cancelled_while_it_waits_opens_nothing(
    hass: HomeAssistant, hub: Hub, left: VirtualTerminal
) -> None:
    opening = hass.async_create_task(hub.terminals[FACE].doors.async_open(1, hass.loop.time()), eager_start=True)
    opening.cancel()
    await asyncio.wait((opening,))
    await left.start()
    await until_line(hub.terminals[FACE], online=True)
    await hub.terminals[FACE].async_request(GetSettings())
    assert openings(left) == 0


async def test_whoever_waits_is_told_at_once_when_the_listener_stops(
    hass: HomeAssistant, hub: Hub, left: VirtualTerminal
) -> None:
    terminal = hub.terminals[FACE]
    waiting = hass.async_create_task(terminal.async_request(GetSettings()), eager_start=True)
    terminal.async_deafen()
    with pytest.raises(TerminalAway):
        await waiting
    with pytest.raises(TerminalAway):
        await terminal.async_request(GetSettings())
