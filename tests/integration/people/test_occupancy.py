"""How many people are inside: counted by two readers, from live punches, late records and decisions at the door."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, Ledger, LedgerUnavailable
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator import User, VirtualTerminal
from simulator.clock import local_now

from ..conftest import FACE, reload
from ..until import until_state

SENSOR = "sensor.front_door_people_inside"
IN, OUT = 1, 0


@pytest.fixture
async def counting(hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal whose second reader is outside."""
    for enroll_id, name in ((2, "Grace"), (3, "Alan")):
        face.add_user(User(enrollid=enroll_id, name=name))
    choose(hass, entry, entry_reader="second")
    await until_state(hass, SENSOR, "0")
    return face


def choose(hass: HomeAssistant, entry: MockConfigEntry, **settings: str) -> None:
    (subentry,) = [subentry for subentry in entry.subentries.values() if subentry.unique_id == FACE]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **settings})


@pytest.mark.usefixtures("face")
async def test_nobody_counts_unless_told_to(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    assert er.async_get(hass).async_get(SENSOR) is None


async def test_people_come_and_go(hass: HomeAssistant, counting: VirtualTerminal) -> None:
    counting.punch(2, inout=IN)
    await until_state(hass, SENSOR, "1")
    counting.punch(3, inout=IN)
    await until_state(hass, SENSOR, "2")
    counting.punch(2, inout=OUT)
    await until_state(hass, SENSOR, "1")
    counting.punch(1, inout=OUT)  # went in behind somebody else
    counting.punch(3, inout=OUT)
    await until_state(hass, SENSOR, "0")


async def test_who_gets_the_number_of_somebody_inside_is_one_more(
    hass: HomeAssistant, hub: Hub, counting: VirtualTerminal
) -> None:
    counting.punch(2, inout=IN)
    await until_state(hass, SENSOR, "1")
    roster = hub.terminals[FACE].roster
    roster.async_forget([2])
    roster.async_note(2, name="Bruno")
    counting.add_user(User(enrollid=2, name="Bruno"))
    counting.punch(2, inout=IN, mode=1)
    await until_state(hass, SENSOR, "2")
    roster.async_note(2, name="BRUNO\u3000")
    counting.add_user(User(enrollid=2, name="BRUNO\u3000"))
    counting.punch(2, inout=OUT)
    await until_state(hass, SENSOR, "1")


async def test_what_came_in_late_counts_too(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, counting: VirtualTerminal
) -> None:
    counting.punch(2, inout=IN)
    await until_state(hass, SENSOR, "1")
    await counting.stop()
    before = local_now() - timedelta(hours=1)
    counting.punch(3, inout=IN, time=before)
    await counting.start()
    await counting.wait_sent()
    await reload(hass, entry, counting)
    await until_state(hass, SENSOR, "2")


async def test_whoever_came_in_long_ago_is_forgotten(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    counting.punch(2, inout=IN, time=local_now() - timedelta(hours=40))
    counting.punch(3, inout=IN)
    await until_state(hass, SENSOR, "1")
    await reload(hass, entry, counting)
    await until_state(hass, SENSOR, "1")


@pytest.mark.parametrize(("approval", "inside"), [("grant", "1"), ("refuse", "0")])
async def test_only_who_was_let_in_is_inside(
    hass: HomeAssistant, hub: Hub, counting: VirtualTerminal, approval: str, inside: str
) -> None:
    counting.server_approval = True
    hub.terminals[FACE].verdicts.async_apply({"server_approval": approval, "decision_window": 0.05})
    counting.punch(1, inout=IN)
    await counting.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    await until_state(hass, SENSOR, inside)


async def test_a_ledger_that_is_away_changes_nothing(hass: HomeAssistant, hub: Hub, counting: VirtualTerminal) -> None:
    counting.punch(2, inout=IN)
    await until_state(hass, SENSOR, "1")
    await hub.ledger.close()
    await hub.terminals[FACE]._occupancy.async_count()
    await until_state(hass, SENSOR, "1")


async def test_who_comes_in_while_the_database_is_away_stays_counted_when_it_can_be_read(
    hass: HomeAssistant, hub: Hub, counting: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their punches are kept later, when the terminal sends them again: until then only what was told knows of them."""
    occupancy = hub.terminals[FACE]._occupancy
    counting.punch(2, inout=IN)
    await until_state(hass, SENSOR, "1")

    async def _away(*_: object, **__: object) -> None:
        raise LedgerUnavailable(Cause.UNREACHABLE)

    monkeypatch.setattr(Ledger, "keep", _away)
    counting.punch(3, inout=IN)
    await until_state(hass, SENSOR, "2")
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "latest_readers", _away)
        await occupancy.async_count()
    await occupancy.async_count()
    assert {number for number, _ in hub.roll_call.inside} == {2, 3}
    counting.punch(3, inout=OUT, mode=1)
    await until_state(hass, SENSOR, "1")
    await occupancy.async_count()
    assert {number for number, _ in hub.roll_call.inside} == {2}


async def test_what_is_asked_for_while_it_is_counted_is_counted_too(
    hass: HomeAssistant, hub: Hub, counting: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes in late while the log is read may not be in what was read."""
    occupancy = hub.terminals[FACE]._occupancy
    reading, let_go, read = asyncio.Event(), asyncio.Event(), 0
    latest_readers: Callable[..., Any] = Ledger.latest_readers

    async def _slow(self: Ledger, *arguments: Any) -> Any:
        nonlocal read
        read += 1
        found = await latest_readers(self, *arguments)
        if read == 1:
            reading.set()
            await let_go.wait()
        return found

    monkeypatch.setattr(Ledger, "latest_readers", _slow)
    first = hass.async_create_task(occupancy.async_count())
    await reading.wait()
    occupancy._async_ask()
    let_go.set()
    await first
    await hass.async_block_till_done(wait_background_tasks=True)
    assert read == 2


async def test_the_choice_may_be_taken_back(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    choose(hass, entry, entry_reader="none")
    await until_state(hass, SENSOR, "unknown")
