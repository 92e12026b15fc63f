"""Power cuts, ends of Home Assistant, other firmware and people at the keypad, while a terminal is kept in step."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access.house import intents, writer
from custom_components.timmy_access.house.changes import changed_person, with_terminal, without_person
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, Ledger, LedgerUnavailable
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal
from simulator.interruption import Interruption
from simulator.lost_writes import LostWrites

from ..conftest import FACE, FINGER, MakeTerminal, connected
from .test_in_step import BO, CARD, bo, have, house, placed, until, writes

KEPT = frozenset({FACE})
NOW = datetime(2026, 11, 2, tzinfo=UTC)
NOON = datetime(2026, 11, 2, 12)  # noqa: DTZ001 - a terminal's
CY = HousePerson(person_id="cy", name="Cy Twombly", enroll_id=8, groups=frozenset({"all"}))
EVE = HousePerson(person_id="eve", name="Eve Arden", enroll_id=9, groups=frozenset({"all"}), enabled=False)
CARDS = {
    (person_id, CARD): HouseCredential(person_id=person_id, slot=CARD, revision="r1", terminals=frozenset({FINGER}))
    for person_id in ("bo", "cy", "eve")
}
# A house of three takes fewer commands than this.
MANY_COMMANDS = 120


def opens(terminal: VirtualTerminal, number: int) -> bool:
    return bool(terminal.would_open(number, 1, NOON))


def is_in_step(hub: Hub, *numbers: int) -> bool:
    placements = hub.house.household.placements
    return all(
        (it := placements.get((FACE, number))) is not None
        and it.confirmed is not None
        and CARD in it.confirmed.credentials
        and not it.tries
        for number in numbers
    )


def is_buried(hub: Hub) -> bool:
    return all(serial != FACE for serial, _ in hub.house.household.tombstones)


def at_each_command(terminal: VirtualTerminal, act: Callable[[], None]) -> None:
    for stored in (True, False):
        terminal.faults.interruptions += [
            Interruption(command="*", nth=nth, act=act, stored=stored) for nth in range(1, MANY_COMMANDS)
        ]


async def two(hass: HomeAssistant, make_terminal: MakeTerminal, **options: Any) -> VirtualTerminal:
    """Return the terminal that is kept in step, without anybody; another one has everybody's card."""
    holder = make_terminal("tfs30", FINGER)
    for number, name in ((7, BO), (8, CY.name), (9, EVE.name)):
        holder.add_user(User(enrollid=number, name=name, credentials={CARD: 4700 + number}))
    await connected(hass, holder)
    there = make_terminal("ai_face", FACE, **options)
    there.users.clear()
    return await connected(hass, there)


async def settled(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("nth", range(1, 26, 4))
async def test_a_power_cut_at_any_command_changes_nothing_about_how_it_ends(
    hass: HomeAssistant,
    hub: Hub,
    make_terminal: MakeTerminal,
    monkeypatch: pytest.MonkeyPatch,
    nth: int,
    stored: bool,
) -> None:
    # What a terminal says to hold is of before its people were removed, and then its list is not known to be whole.
    monkeypatch.setattr(writer, "LOOK_AGAIN_SECONDS", 0.2)
    there = await two(hass, make_terminal)
    await have(hub, lambda _: house(CY, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 8))
    await settled(hass)
    assert opens(there, 8)
    wrong: list[int] = []
    confirmed: set[int] = set()
    cut: list[int] = []

    def _look() -> None:
        if opens(there, 9):
            wrong.append(9)

    def _cut() -> None:
        confirmed.update(number for number in (7, 9) if is_in_step(hub, number))
        cut.append(there.commands.count)

    at_each_command(there, _look)
    there.faults.interruptions += [
        Interruption(command="*", nth=nth, act=_cut, stored=stored),
        Interruption(command="*", nth=nth, stored=stored),
    ]
    everybody = {"bo": bo(), "cy": CY, "eve": EVE}
    await have(hub, lambda it: without_person(replace(it, people=everybody, credentials=CARDS), "cy", NOW))
    await until(hub, lambda: is_in_step(hub, 7, 9) and is_buried(hub))
    await settled(hass)
    assert not wrong
    assert not opens(there, 9)
    assert not opens(there, 8)
    assert opens(there, 7)
    if cut:
        again = [it.name for it in there.commands.named(after=cut[0]) if it.frame.get("enrollid") in confirmed]
        assert not [name for name in again if not name.startswith("get")]
    frames = len(there.received)
    await there.drop()
    await there.wait_received("getdevlock", after=frames)
    await settled(hass)
    assert not {"setuserinfo", "setuserprofile", "setuserlock", "deleteuser", "enableuser"} & set(writes(there, frames))


class Grave:
    """Ends Home Assistant without a word: from then on nothing is written."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> None:
        self._hass = hass
        self._entry = entry
        self.is_dead = False
        keep = Ledger.keep_house

        async def _keep(ledger: Ledger, *arguments: Any) -> None:
            if self.is_dead:
                raise LedgerUnavailable(Cause.UNREACHABLE)
            await keep(ledger, *arguments)

        monkeypatch.setattr(Ledger, "keep_house", _keep)

    def kill(self) -> None:
        self.is_dead = True

    async def restart(self) -> Hub:
        assert await self._hass.config_entries.async_unload(self._entry.entry_id)
        self.is_dead = False
        assert await self._hass.config_entries.async_setup(self._entry.entry_id)
        hub: Hub = self._entry.runtime_data
        return hub


@pytest.fixture
def grave(hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> Grave:
    return Grave(hass, entry, monkeypatch)


@pytest.mark.parametrize("stored", [True, False])
async def test_who_was_being_enabled_when_it_ended_is_disabled_when_that_is_wanted(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, grave: Grave, stored: bool
) -> None:
    there = await two(hass, make_terminal)
    await have(hub, lambda _: house(EVE, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 9))
    await settled(hass)
    await hub.house.keeper._work.async_done()
    there.faults.interruptions += [
        Interruption(command="enableuser", act=grave.kill, stored=stored),
        Interruption(command="enableuser", stored=stored, away=60.0),
    ]
    frames = len(there.received)
    await have(hub, lambda it: changed_person(it, "eve", {"enabled": True}))
    await there.wait_received("enableuser", after=frames)
    await there.stop()
    again = await grave.restart()
    await have(again, lambda it: changed_person(it, "eve", {"enabled": False}))
    await connected(hass, there)
    await until(again, lambda: is_in_step(again, 9))
    await settled(hass)
    assert not opens(there, 9)


@pytest.mark.parametrize("nth", range(1, 20, 3))
async def test_the_rest_is_done_after_an_end_at_any_command(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, grave: Grave, nth: int
) -> None:
    there = await two(hass, make_terminal)
    wrong: list[int] = []
    at_each_command(there, lambda: wrong.append(9) if opens(there, 9) else None)
    there.faults.interruptions += [
        Interruption(command="*", nth=nth, act=grave.kill),
        Interruption(command="*", nth=nth, away=60.0),
    ]
    seen = there.commands.count
    await have(hub, lambda _: house(bo(), EVE, kept=KEPT, credentials=CARDS))
    await there.wait_for(lambda: there.commands.count >= seen + nth or None)
    await there.stop()
    again = await grave.restart()
    holder = make_terminal("tfs30", FINGER)
    for number, name in ((7, BO), (9, EVE.name)):
        holder.add_user(User(enrollid=number, name=name, credentials={CARD: 4700 + number}))
    await connected(hass, there)
    await until(again, lambda: is_in_step(again, 7, 9))
    await settled(hass)
    assert not wrong
    assert opens(there, 7)
    assert not opens(there, 9)


@pytest.mark.parametrize("nth", [1, 3, 5, 7, 9, 11])
async def test_nothing_is_written_from_the_step_in_which_it_is_kept_in_step_no_more(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, nth: int
) -> None:
    there = await two(hass, make_terminal)
    stopped: list[int] = []

    def _stop() -> None:
        keeper = hub.house.keeper
        keeper._async_put(with_terminal(keeper.household, FACE, kept=False))
        stopped.append(len(there.received))

    there.faults.interruptions.append(Interruption(command="*", nth=nth, act=_stop))
    await have(hub, lambda _: house(bo(), CY, EVE, kept=KEPT, credentials=CARDS))
    await there.wait_for(lambda: stopped or None)
    await settled(hass)
    assert writes(there, stopped[0]) == []
    frames = len(there.received)
    await there.drop()
    await there.wait_received("getdevlock", after=frames)
    await have(hub, lambda it: without_person(it, "cy", NOW))
    await settled(hass)
    assert not {"setuserinfo", "setuserprofile", "setuserlock", "deleteuser", "enableuser"} & set(writes(there, frames))
    await have(hub, lambda it: with_terminal(it, FACE, kept=True))
    await until(hub, lambda: is_in_step(hub, 7, 9) and is_buried(hub))
    assert opens(there, 7)
    await settled(hass)


async def test_who_expires_is_disabled_where_firmware_has_no_dates(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    there.faults.lacks.add("dates")
    await have(hub, lambda _: house(bo(), kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7))
    assert opens(there, 7)
    await have(hub, lambda it: changed_person(it, "bo", {"valid_until": NOW - timedelta(days=900)}))
    await until(hub, lambda: not opens(there, 7))
    await settled(hass)
    assert 7 in there.users


async def test_a_day_that_comes_and_goes_is_followed_where_firmware_has_no_dates(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Nobody changes anything: time alone lets somebody in, and keeps them out again."""
    there = await two(hass, make_terminal)
    there.faults.lacks.add("dates")
    now = dt_util.utcnow()
    dated = bo(valid_from=now + timedelta(days=1), valid_until=now + timedelta(days=2))
    await have(hub, lambda _: house(dated, CY, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7, 8))
    await settled(hass)
    assert (opens(there, 7), opens(there, 8)) == (False, True)
    for days, passes in ((1.5, True), (2.5, False)):
        hub.terminals[FACE].writer._now = lambda days=days: now + timedelta(days=days)  # type: ignore[misc]  # its clock
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=writer.LOOK_AGAIN_SECONDS + 1))
        await settled(hass)
        assert (opens(there, 7), opens(there, 8)) == (passes, True)
    assert there.users[7].credentials[CARD] == 4707


@pytest.mark.parametrize("lacks", ["names", "user_locks", "week_zones"])
async def test_firmware_without_something_has_everybody_all_the_same(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, lacks: str
) -> None:
    there = await two(hass, make_terminal)
    there.faults.lacks.add(lacks)
    await have(hub, lambda _: house(bo(), EVE, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7, 9))
    await settled(hass)
    assert opens(there, 7)
    assert not opens(there, 9)
    await have(hub, lambda it: without_person(it, "bo", NOW))
    await until(hub, lambda: is_buried(hub))
    assert 7 not in there.users
    await settled(hass)


async def refused(hub: Hub, word: str) -> None:
    await until(hub, lambda: (it := hub.house.household.placements.get((FACE, 7))) is not None and it.refused == word)


@pytest.mark.parametrize(
    ("fault", "value", "word"),
    [
        ("lost", LostWrites(kinds=frozenset({"card"})), "without_effect"),
        ("capacity", {"card": 0}, "no_space"),
        ("refuse_kinds", {"card": {"reason": 3, "msg": "no space"}}, "no_space"),
    ],
)
async def test_a_credential_that_a_terminal_does_not_keep_is_told_with_a_word_and_tried_again(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, fault: str, value: Any, word: str
) -> None:
    there = await two(hass, make_terminal)
    before = getattr(there.faults, fault)
    setattr(there.faults, fault, value)
    await have(hub, lambda _: house(bo(), kept=KEPT, credentials=CARDS))
    await refused(hub, word)
    await settled(hass)
    assert CARD not in placed(hub, FACE)
    assert not opens(there, 7)
    seen = there.commands.count
    hub.house.keeper.async_confirm(hub.house.household.placements[FACE, 7])
    await settled(hass)
    assert not there.commands.named("setuserinfo", after=seen)  # it waits
    setattr(there.faults, fault, before)
    await there.drop()
    await until(hub, lambda: is_in_step(hub, 7))
    assert opens(there, 7)
    await settled(hass)


async def test_what_somebody_does_at_the_keypad_is_a_difference_and_who_is_removed_goes_first(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    await have(hub, lambda _: house(bo(), CY, EVE, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 7, 8, 9))
    await settled(hass)
    await there.lose_power()
    await settled(hass)
    there.users[7].name = "Somebody Else"
    there.users[7].credentials[20] = "face"
    del there.users[9]
    there.add_user(User(enrollid=30, name="New", credentials={CARD: 9}))
    await have(hub, lambda it: without_person(it, "cy", NOW))
    seen = there.commands.count
    await connected(hass, there)
    await until(hub, lambda: is_buried(hub))
    await settled(hass)
    assert 8 not in there.users
    removal = there.commands.first("deleteuser", after=seen)
    assert removal
    assert {it.name for it in there.commands.named(after=seen) if it.order < removal.order} <= {"getusername"}
    assert (there.users[7].name, there.users[30].name, 9 in there.users) == ("Somebody Else", "New", False)
    plan = hub.terminals[FACE].writer.plan
    assert plan is not None
    assert plan.agreement.differences.keys() == {7, 9, 30}


async def test_a_terminal_that_was_reset_is_left_alone_until_the_owner_says(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = await two(hass, make_terminal)
    people = [replace(bo(), person_id=f"p{number}", name=f"P {number}", enroll_id=number) for number in range(40, 46)]
    await have(hub, lambda _: house(*people, kept=KEPT))

    def _all_there(house: Household) -> bool:
        return all((it := house.placements.get((FACE, number))) and it.confirmed for number in range(40, 46))

    await until(hub, lambda: _all_there(hub.house.household))
    await settled(hass)
    frames = len(there.received)
    await there.factory_reset()
    await there.wait_received("getdevlock", after=frames)
    await settled(hass)
    assert not {"setuserinfo", "setuserprofile", "setuserlock", "deleteuser", "enableuser"} & set(writes(there, frames))
    plan = hub.terminals[FACE].writer.plan
    assert plan is not None
    assert plan.agreement.was_reset
    assert len(hub.house.household.people) == len(people)
    assert _all_there(hub.house.household)


async def test_a_database_that_hangs_holds_up_no_removal_and_nothing_opens_before_it_is_noted(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "PATIENCE", 0.3)
    monkeypatch.setattr(intents, "CLOSING_PATIENCE", 0.1)
    monkeypatch.setattr(writer, "LOOK_AGAIN_SECONDS", 0.2)
    there = await two(hass, make_terminal)
    await have(hub, lambda _: house(CY, EVE, kept=KEPT, credentials=CARDS))
    await until(hub, lambda: is_in_step(hub, 8, 9))
    await settled(hass)
    await hub.house.keeper._work.async_done()
    keep, hanging = Ledger.keep_house, asyncio.Event()

    async def _keep(ledger: Ledger, *arguments: Any) -> None:
        await hanging.wait()
        await keep(ledger, *arguments)

    monkeypatch.setattr(Ledger, "keep_house", _keep)
    seen = there.commands.count
    changed = changed_person(without_person(hub.house.household, "cy", NOW), "eve", {"enabled": True})
    hub.house.keeper._async_put(changed)
    await until(hub, lambda: is_buried(hub))
    assert 8 not in there.users
    # Looked at again and again meanwhile.
    await there.wait_for(lambda: len(there.commands.named("getdevlock", after=seen)) > 2 or None)
    assert not there.commands.named("enableuser", after=seen)
    assert not opens(there, 9)
    hanging.set()
    await until(hub, lambda: opens(there, 9) and is_in_step(hub, 9))
    await settled(hass)
