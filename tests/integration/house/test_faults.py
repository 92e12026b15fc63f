"""What terminals do wrong, while one is kept in step: confirmed and not stored, full, half disabled, dates not told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.house import waits, writer
from custom_components.timmy_access.house.changes import changed_person, without_person
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal
from simulator.interruption import Interruption
from simulator.lost_writes import LostWrites

from ..conftest import FACE, MakeTerminal
from ..until import issues_of
from .test_in_step import CARD, bo, have, house, until, writes
from .test_trouble import CARDS, CY, EVE, KEPT, NOON, NOW, is_buried, is_in_step, opens, settled, two

SOON = 0.2


@pytest.fixture(autouse=True)
def _tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait fractions of seconds where the house waits seconds and minutes."""
    monkeypatch.setattr(waits, "WAIT_SECONDS", (SOON,))
    monkeypatch.setattr(writer, "LOOK_AGAIN_SECONDS", SOON)


def tries(hub: Hub, number: int) -> int:
    placement = hub.house.household.placements.get((FACE, number))
    return placement.tries if placement else 0


async def test_a_removal_that_is_confirmed_and_not_done_stays_one(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Only a terminal that does not list somebody any more has lost them."""
    there = await two(hass, make_terminal)
    await have(hub, lambda _: house(bo(), CY, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7, 8))
    there.faults.lost = LostWrites(numbers=frozenset({7}))
    seen = there.commands.count
    await have(hub, lambda it: without_person(it, "bo", NOW))
    await there.wait_for(lambda: len(there.commands.named("deleteuser", after=seen)) > 2 or None)
    assert opens(there, 7)
    assert not is_buried(hub)
    there.faults.lost = None
    await until(hub, lambda: is_buried(hub))
    assert 7 not in there.users
    assert opens(there, 8)
    await settled(hass)


async def test_disabling_that_is_confirmed_and_not_done_is_not_called_done(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    await have(hub, lambda _: house(bo(), kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7))
    there.faults.lost = LostWrites(kinds=frozenset({"enabled"}))
    await have(hub, lambda it: changed_person(it, "bo", {"enabled": False}))
    await until(hub, lambda: tries(hub, 7) > 1)
    assert opens(there, 7)
    placement = hub.house.household.placements[FACE, 7]
    assert placement.refused == "without_effect"
    assert placement.confirmed is None or placement.confirmed.enabled
    there.faults.lost = None
    await until(hub, lambda: not opens(there, 7) and not tries(hub, 7))
    await settled(hass)


async def test_firmware_that_disables_by_half_lets_nobody_in_who_is_disabled(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    there.faults.splits_enabling = True
    await have(hub, lambda _: house(bo(), kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7))
    # A face of the keypad is the owner's to decide about; what closes does not wait for that.
    there.keypad.register(7, 20, "face")
    await settled(hass)
    assert opens_by_each(there, 7) == {True}
    await have(hub, lambda it: changed_person(it, "bo", {"enabled": False}))
    await settled(hass)
    assert opens_by_each(there, 7) == {False}
    there.keypad.remove(7, 20)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await have(hub, lambda it: changed_person(it, "bo", {"enabled": True}))
    await settled(hass)
    assert opens_by_each(there, 7) == {True}


def opens_by_each(terminal: VirtualTerminal, number: int) -> set[bool]:
    """Return whether a terminal lets somebody in, by each credential that they have."""
    kinds = terminal.users[number].kinds
    return {bool(terminal.machine.would_open(number, 1, NOON, [kind])) for kind in kinds}


async def test_dates_that_firmware_keeps_to_itself_are_written_once(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    there.faults.hides_dates = True
    until_then = dt_util.utcnow().replace(microsecond=0) + timedelta(days=900)
    await have(hub, lambda _: house(bo(valid_until=until_then), kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7))
    await settled(hass)
    assert opens(there, 7)
    assert not there.machine.would_open(7, 1, NOON.replace(year=2035))
    frames = len(there.received)
    await there.drop()
    await there.wait_received("getdevlock", after=frames)
    await settled(hass)
    assert not {"setuserinfo", "setuserprofile", "setuserlock"} & set(writes(there, frames))


async def test_who_finds_no_room_is_told_and_comes_when_somebody_leaves(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """The terminal promises room for thousands."""
    there = await two(hass, make_terminal)
    there.faults.capacity["user"] = 2
    await have(hub, lambda _: house(bo(), CY, replace(EVE, enabled=True), kept=KEPT, credentials=CARDS))
    await until(hub, lambda: any(tries(hub, number) > 3 for number in (7, 8, 9)))
    await hub.caretaker.watch.async_look()
    full = f"house_full_{entry.entry_id}"
    assert issues_of(hass)[full].translation_placeholders == {"count": "1", "terminals": "Front door (1)"}
    assert len(there.users) == 2
    [left_out] = {7, 8, 9} - there.users.keys()
    assert hub.house.household.placements[FACE, left_out].refused == "no_space"
    goes = next(it for it in (bo(), CY, EVE) if it.enroll_id != left_out)
    await have(hub, lambda it: without_person(it, goes.person_id, NOW))
    await until(hub, lambda: is_in_step(hub, left_out) and is_buried(hub))
    assert goes.enroll_id not in there.users
    assert opens(there, left_out)
    await settled(hass)
    await hub.caretaker.watch.async_look()
    assert full not in issues_of(hass)


async def test_what_is_done_quietly_at_the_keypad_in_the_middle_is_a_difference(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """No push tells of it: it is found when the people are read the next time, and is not written over."""
    there = await two(hass, make_terminal)
    there.faults.quiet_keypad = True
    await have(hub, lambda _: house(bo(), kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7))
    await settled(hass)

    def _at_the_keypad() -> None:
        there.keypad.rename(7, "Somebody Else")
        there.keypad.add(User(enrollid=30, name="New", credentials={CARD: 9}))

    there.faults.interruptions.append(Interruption(command="setuserinfo", act=_at_the_keypad))
    await have(hub, lambda it: replace(it, people={**it.people, "cy": CY}))
    await until(hub, lambda: is_in_step(hub, 8))
    await settled(hass)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await settled(hass)
    assert (there.users[7].name, there.users[30].name) == ("Somebody Else", "New")
    plan = hub.terminals[FACE].writer.plan
    assert plan is not None
    assert plan.agreement.differences.keys() == {7, 30}


async def test_a_reset_in_the_middle_is_asked_about_and_nobody_is_lost(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    persons = [replace(bo(), person_id=f"p{number}", name=f"P {number}", enroll_id=number) for number in range(40, 48)]
    await have(hub, lambda _: house(*persons[:6], kept=KEPT))

    def _are_there(*numbers: int) -> bool:
        placements = hub.house.household.placements
        return all((it := placements.get((FACE, number))) is not None and it.confirmed for number in numbers)

    await until(hub, lambda: _are_there(*range(40, 46)))
    await settled(hass)
    there.faults.interruptions.append(Interruption(command="setuserinfo", act="factory_reset"))
    frames = len(there.received)
    await have(hub, lambda it: replace(it, people={person.person_id: person for person in persons}))
    await there.wait_received("reg", after=frames)
    await there.wait_received("getdevlock", after=frames)
    await settled(hass)
    plan = hub.terminals[FACE].writer.plan
    assert plan is not None
    assert plan.agreement.was_reset
    assert len(hub.house.household.people) == len(persons)
    assert there.users == {}
