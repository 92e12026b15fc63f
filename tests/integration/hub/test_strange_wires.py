"""Firmware that writes its frames strangely is understood all the same, and what cannot be understood does nothing."""

from dataclasses import fields
from pathlib import Path

import pytest

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import RecordFilter
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal
from simulator.faults import Faults

from ..conftest import ADA, FACE, MakeTerminal, connected
from ..services.test_actions import act
from ..until import state_of, until, until_state

LOCK, ACCESS = "lock.front_door", "event.front_door_access"
TESTS = Path(__file__).parents[2]
# What is no misbehaviour by itself.
NOT_FAULTS = frozenset({"watcher"})

pytestmark = pytest.mark.usefixtures("moments_shown")


@pytest.mark.parametrize(
    ("fault", "is_from_the_first"),
    [
        ("as_cmd", True),
        ("binary", True),
        ("duplicate", True),
        ("no_sn", False),  # nobody is let in who does not say who it is
        ("trailing_comma", True),
        ("wrong_type", True),
    ],
)
async def test_it_is_served_as_any_other(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, fault: str, is_from_the_first: bool
) -> None:
    face = make_terminal("ai_face", FACE)
    setattr(face.faults, fault, is_from_the_first)
    await connected(hass, face)
    setattr(face.faults, fault, True)
    await until_state(hass, LOCK, "locked")
    await act(hass, hub, FACE, "open_door")
    await face.wait_opened(1)
    face.punch(1)
    await face.wait_sent()
    await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert face.doors[1].openings == 2  # by the command, and by the punch
    assert await punches(hub) == 1


async def punches(hub: Hub) -> int:
    return len((await hub.ledger.records(RecordFilter(serials=[FACE], enroll_ids=[1]))).records)


async def test_a_clock_that_is_lost_with_the_power_is_set_and_what_it_said_is_kept_and_is_no_news(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.faults.loses_clock = True
    await face.lose_power()
    await until_state(hass, LOCK, "unavailable")
    face.punch(1)
    before = state_of(hass, ACCESS).attributes.get("person")
    await connected(hass, face)
    await face.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, ACCESS).attributes.get("person") == before
    assert await punches(hub) == 1
    face.punch(1)
    await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
    await face.wait_sent()
    assert await punches(hub) == 2


async def test_frames_that_end_in_the_middle_do_nothing_until_they_are_whole(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    face = make_terminal("ai_face", FACE)
    face.faults.malformed = True
    await face.start()
    await face.wait_for(lambda: face.sent or None)
    face.punch(1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.terminals[FACE].session is None
    assert state_of(hass, LOCK).state == "unavailable"
    assert await punches(hub) == 0
    face.faults.malformed = False
    await face.wait_registered(timeout=10)
    await until_state(hass, LOCK, "locked")
    await face.wait_sent()
    assert await punches(hub) == 1


def test_each_fault_of_a_terminal_is_met_by_the_integration() -> None:
    """Not only by the tests of the simulator itself."""
    text = "\n".join(
        path.read_text()
        for folder in ("browser", "house", "integration", "promises")
        for path in sorted((TESTS / folder).rglob("*.py"))
    )
    names = {one.name for one in fields(Faults)} - NOT_FAULTS
    unmet = {name for name in names if not any(said in text for said in (f"faults.{name}", f'"{name}"', f"({name}="))}
    assert unmet == set()
