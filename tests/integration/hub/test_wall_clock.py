"""What has just happened is told from what waited in a terminal, also where clocks are changed."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.clock import local_naive
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..automations import automate
from ..conftest import ADA, FACE, FINGER, reload
from ..until import listen

EVENT = "timmy_access_event"
GRANTED = {"trigger": "timmy_access.access_granted"}


def told_time(terminal: VirtualTerminal) -> list[dict[str, Any]]:
    return [frame for frame in terminal.received if frame.get("cmd") == "settime"]


async def push(terminal: VirtualTerminal, *ago: float, ahead: timedelta = timedelta(0)) -> None:
    """Hand in punches of so many seconds ago by a clock that is wrong, and wait until they are acknowledged."""
    for index, seconds in enumerate(ago):
        shown = f"{local_naive(dt_util.utcnow() - timedelta(seconds=seconds) + ahead):%Y-%m-%d %H:%M:%S}"
        record = {"enrollid": 1, "time": shown, "mode": 8, "inout": 0, "event": 0}
        received = len(terminal.received)
        batch = {"cmd": "sendlog", "sn": terminal.serial, "count": 1, "logindex": index, "record": [record]}
        await terminal.send(batch)
        await terminal.wait_received("sendlog", after=received)


async def test_what_was_made_while_nobody_listened_triggers_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    """However young it is: the terminal hands it in seconds after Home Assistant is back."""
    runs = await automate(hass, granted=GRANTED)
    hub = await reload(hass, entry, face)
    hub.terminals[FACE].clock.live_window = timedelta(minutes=10)
    await push(face, 12, 8, 6)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.names == []
    assert await hub.ledger.count() == {FACE: 3}
    face.punch(1)
    await runs.until("granted")


async def test_another_time_zone_is_told_to_all_who_are_connected(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    at_each = {
        serial: {**GRANTED, "target": {"device_id": hub.terminals[serial].device_id}} for serial in (FACE, FINGER)
    }
    runs = await automate(hass, **at_each)
    await hass.config.async_update(time_zone="Asia/Kathmandu")
    await face.wait_received("settime")
    await finger.wait_received("settime")
    await hass.async_block_till_done(wait_background_tasks=True)
    for terminal in (face, finger):
        [told] = told_time(terminal)
        assert told["cloudtime"].startswith(f"{dt_util.now():%Y-%m-%d %H:}")
        terminal.punch(1)
    await runs.until(FACE, FINGER)
    await hass.config.async_update(elevation=100)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told_time(face)) == 1


async def test_a_terminal_that_does_not_hear_of_the_new_time_is_understood(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """Until it says that it has taken over ours, its times are those of what it was told."""
    heard = listen(hass, EVENT)
    face.faults.refuse["settime"] = {"reason": 1}
    before = dt_util.now().utcoffset()
    assert before is not None
    await hass.config.async_update(time_zone="Asia/Kathmandu")
    ahead = before - (dt_util.now().utcoffset() or timedelta(0))
    await face.wait_received("settime")
    await push(face, 0, ahead=ahead)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data["person"] for event in heard if event.data["type"] == "access"] == [ADA]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York"])
async def test_what_waits_from_another_zone_keeps_its_time_and_is_no_news(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, zone: str
) -> None:
    """What the terminal goes by is remembered, also where it never shows its time."""
    runs = await automate(hass, granted=GRANTED)
    before = dt_util.now().utcoffset() or timedelta(0)
    await hass.config.async_update(time_zone=zone)
    hub = await reload(hass, entry, face)
    ahead = before - (dt_util.now().utcoffset() or timedelta(0))
    clock = hub.terminals[FACE].clock
    made_at = dt_util.utcnow().replace(microsecond=0) - timedelta(seconds=6)
    shown = local_naive(made_at) + ahead
    assert [place.occurred_at for place in clock.place([shown], 1)] == [made_at]
    await push(face, 6, ahead=ahead)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.names == []
    [record] = [record async for record in hub.ledger.export()]
    assert abs(record.entry.occurred_at - made_at) <= timedelta(seconds=5)


async def test_a_terminal_that_reports_what_is_yet_to_come_is_told_the_time_once(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    finger.faults.refuse["settime"] = {"reason": 1}
    await push(finger, 3, 2, 1, ahead=timedelta(hours=1))
    await finger.wait_received("settime")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told_time(finger)) == 1
    assert hub.terminals[FINGER].coordinator.data.online


async def test_a_fingerprint_terminal_in_winter_time(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    """It cannot be asked what it shows, and takes over what it is told."""
    heard = listen(hass, EVENT)
    finger.clock_offset += timedelta(hours=1)
    await push(finger, 0, ahead=timedelta(hours=1))
    await finger.wait_received("settime")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not heard
    finger.punch(1)
    await finger.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data["kind"] for event in heard if event.data["type"] == "access"]
