"""To whom the seat of a terminal belongs: who is at its address, and answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_fire_time_changed

from custom_components.timmy_access.hub import gate as gate_module, homes as homes_module
from custom_components.timmy_access.hub.homes import SETTLED_SECONDS
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.messages import Registration
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator import Timing, VirtualTerminal

from ..conftest import FINGER, LOOPBACK, Fix, MakeTerminal, connected
from ..until import issues_of, until_issue, until_state

ONLINE = "binary_sensor.office_connectivity"
LOCK = "lock.office"
TWICE = f"duplicate_serial_{FINGER}"
ELSEWHERE = "127.0.0.2"


def impostor_of(make_terminal: MakeTerminal, **options: Any) -> VirtualTerminal:
    """Return somebody who tells all that the terminal tells."""
    return make_terminal("tfs30", FINGER, **options)


def facts_of(entry: MockConfigEntry, hub: Hub) -> dict[str, Any]:
    data = entry.subentries[hub.terminals[FINGER].subentry_id].data
    return {key: data[key] for key in ("cpu_serial", "mac") if key in data}


def settle(hass: HomeAssistant) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SETTLED_SECONDS + 1))


async def test_a_restart_gives_the_seat_to_nobody_elsewhere(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    impostor = impostor_of(make_terminal, source_address=ELSEWHERE)
    await finger.stop()
    await until_state(hass, ONLINE, "off")
    await impostor.start()
    assert await impostor.wait_refused() == f"Not admitted, see {FINGER} in Home Assistant"
    assert hub.terminals[FINGER].session is None
    assert issues_of(hass) == {}  # a terminal that moves has to wait, and nobody has to be asked about it
    await finger.start()
    await finger.wait_registered()
    assert not impostor.registered


async def test_the_terminal_takes_its_seat_back_from_elsewhere(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    impostor = impostor_of(make_terminal, source_address=ELSEWHERE)
    await finger.stop()
    with patch.object(homes_module, "PATIENCE_SECONDS", 0.0):
        await impostor.start()
        await impostor.wait_registered()
        await finger.start()
        await finger.wait_registered()
        assert await impostor.wait_refused()
    assert hub.terminals[FINGER].coordinator.data.address == LOOPBACK
    issue = await until_issue(hass, TWICE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["present_address"] == LOOPBACK
    assert issue.translation_placeholders["address"] == ELSEWHERE


async def test_a_terminal_that_has_moved_is_at_home_there_when_it_has_stayed(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    assert hub.homes.of(FINGER) == LOOPBACK
    await finger.stop()
    moved = impostor_of(make_terminal, source_address=ELSEWHERE)
    with patch.object(homes_module, "PATIENCE_SECONDS", 0.0):
        await connected(hass, moved)
    assert hub.homes.of(FINGER) == LOOPBACK
    settle(hass)
    assert hub.homes.of(FINGER) == ELSEWHERE
    assert hub.homes.is_one(ELSEWHERE)
    assert not hub.homes.is_one(LOOPBACK)
    await moved.stop()
    await finger.start()
    await finger.wait_refused()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.homes.of(FINGER) == ELSEWHERE


async def test_a_visit_pins_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    bare = impostor_of(make_terminal)
    bare.machine.cpusn = bare.machine.mac = None
    await connected(hass, bare)
    await bare.stop()
    await until_state(hass, ONLINE, "off")
    visitor = impostor_of(make_terminal)
    await connected(hass, visitor)
    await visitor.stop()
    await until_state(hass, ONLINE, "off")
    settle(hass)
    assert facts_of(entry, hub) == {}
    await connected(hass, bare)
    settle(hass)
    assert facts_of(entry, hub) == {}
    await bare.stop()
    await connected(hass, visitor)
    settle(hass)
    assert facts_of(entry, hub)["mac"] == "0001a9303032"


@pytest.mark.parametrize("fault", ["silent", "slow"])
async def test_a_terminal_that_answers_nothing_keeps_its_seat_while_its_network_answers(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal, fault: str
) -> None:
    session = hub.terminals[FINGER].session
    if fault == "silent":
        finger.faults.silent = {"getdevinfo"}
    else:
        finger.faults.delay = 1.0
    impostor = impostor_of(make_terminal, source_address=ELSEWHERE)
    with (
        patch.multiple(gate_module, TAKE_OVER_PROBE_SECONDS=0.2, FRESH_SECONDS=0.0),
        patch.object(homes_module, "PATIENCE_SECONDS", 0.0),
    ):
        await impostor.start()
        for _ in range(3):
            received = len(impostor.received)
            assert (await impostor.wait_received("reg", after=received))["result"] is False
    assert hub.terminals[FINGER].session is session


async def test_two_behind_one_address_are_told(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    session = hub.terminals[FINGER].session
    twin = impostor_of(make_terminal)
    await twin.start()
    assert await twin.wait_refused()
    issue = await until_issue(hass, TWICE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["present_address"] == issue.translation_placeholders["address"] == LOOPBACK
    assert hub.terminals[FINGER].session is session
    opened = finger.doors[1].openings
    await hass.services.async_call("lock", "open", {"entity_id": LOCK}, blocking=True)
    assert finger.doors[1].openings == opened + 1


async def test_a_connection_that_was_left_behind_makes_room_at_its_address(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    left = hub.terminals[FINGER].session
    finger.faults.half_open = True
    with patch.object(gate_module, "RETURN_PROBE_SECONDS", 0.2):
        again = impostor_of(make_terminal)
        await again.start()
        await again.wait_registered()
    session = hub.terminals[FINGER].session
    assert session is not None
    assert left is not None
    assert session is not left
    # What the old one still says changes nothing.
    for _ in range(5):
        hub.terminals[FINGER].attached(left, Registration(serial=FINGER))
    assert hub.terminals[FINGER].session is session


async def test_doors_and_news_of_a_seat_that_two_claim_are_in_doubt(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal, fix: Fix
) -> None:
    accesses = async_capture_events(hass, "timmy_access_event")
    finger.faults.half_open = True
    taker = impostor_of(make_terminal)
    with patch.object(gate_module, "RETURN_PROBE_SECONDS", 0.2):
        await taker.start()
        await taker.wait_registered()
    await finger.stop()
    finger.faults.half_open = False
    await finger.start()
    assert await finger.wait_refused()
    await until_issue(hass, TWICE)
    opened = taker.doors[1].openings
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call("lock", "open", {"entity_id": LOCK}, blocking=True)
    assert raised.value.translation_key == "seat_contested"
    assert taker.doors[1].openings == opened
    received = len(taker.received)
    taker.punch(1)
    await taker.wait_received("sendlog", after=received)
    await hass.async_block_till_done()
    assert [event for event in accesses if event.data["type"] == "access"] == []
    assert hub.terminals[FINGER].counters.no_news == 1
    # Somebody says that the other one is it.
    await fix(TWICE)
    result = await fix(TWICE, {"next_step_id": "accept"})
    assert result["type"] == "create_entry"
    await finger.wait_registered()
    await taker.stop()
    opened = finger.doors[1].openings
    await hass.services.async_call("lock", "open", {"entity_id": LOCK}, blocking=True)
    assert finger.doors[1].openings == opened + 1


async def test_whoever_stays_with_what_is_connected_ends_the_doubt(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal, fix: Fix
) -> None:
    contest = hub.terminals[FINGER].contest
    contest.async_claimed()
    assert not contest.is_open
    contest.async_taken()
    contest.async_claimed()
    assert contest.is_open
    twin = impostor_of(make_terminal, timing=replace(Timing.fast(), reg_repeat=60))
    await twin.start()
    await twin.wait_refused()
    await until_issue(hass, TWICE)
    await fix(TWICE)
    await fix(TWICE, {"next_step_id": "keep"})
    assert not contest.is_open
    async with asyncio.timeout(5):
        await hass.services.async_call("lock", "open", {"entity_id": LOCK}, blocking=True)
