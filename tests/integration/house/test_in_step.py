"""Terminals follow the house: who is removed is gone everywhere, and who is added can pass as they may."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from custom_components.timmy_access.house.changes import without_person
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Decider
from custom_components.timmy_access.protocol.messages import STRANGER_ID
from homeassistant.core import Event, HomeAssistant, callback
from simulator import User, VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, MakeTerminal, connected
from ..services.test_actions import act

BO, CARD = "Bo Diddley", 11
EVERYWHERE = Rule(doors={FACE: frozenset({1}), FINGER: frozenset({1}), CONTROLLER: frozenset({1, 2, 3, 4})})
UNTIL = datetime(2031, 5, 1, 12, tzinfo=UTC)


def bo(**facts: object) -> HousePerson:
    return HousePerson(**{"person_id": "bo", "name": BO, "enroll_id": 7, "groups": frozenset({"all"}), **facts})  # type: ignore[arg-type]


def house(*people: HousePerson, kept: frozenset[str], **parts: object) -> Household:
    groups = {"all": AccessGroup(group_id="all", name="All", rules=(EVERYWHERE,))}
    return Household(people={it.person_id: it for it in people}, groups=groups, kept=kept, **parts)  # type: ignore[arg-type]


async def have(hub: Hub, change: Callable[[Household], Household]) -> None:
    """Have another house, as the owner's action would."""
    await hub.house.keeper.async_change(change)


async def until(hub: Hub, test: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that terminals confirm."""
    changed = asyncio.Event()
    unsubscribe = hub.house.keeper.async_subscribe(lambda _: changed.set())
    try:
        async with asyncio.timeout(seconds):
            while not test():
                changed.clear()
                await changed.wait()
    finally:
        unsubscribe()


def placed(hub: Hub, serial: str) -> Mapping[int, str]:
    """Return what of Bo a terminal has confirmed."""
    placement = hub.house.household.placements.get((serial, 7))
    return placement.confirmed.credentials if placement and placement.confirmed else {}


def commands(terminal: VirtualTerminal, after: int = 0) -> list[str]:
    return [frame["cmd"] for frame in terminal.received[after:] if "cmd" in frame]


def writes(terminal: VirtualTerminal, after: int = 0) -> list[str]:
    return [name for name in commands(terminal, after) if not name.startswith("get")]


@pytest.mark.parametrize("serial", [FACE, FINGER, CONTROLLER])
async def test_somebody_is_added_as_they_may_pass(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, serial: str
) -> None:
    profile = {FACE: "ai_face", FINGER: "tfs30", CONTROLLER: "controller4"}[serial]
    there = make_terminal(profile, serial)
    there.users.clear()
    other = make_terminal("ai_face" if serial != FACE else "tfs30", FINGER if serial == FACE else FACE)
    other.add_user(User(enrollid=7, name=BO, credentials={CARD: 4711}))
    await connected(hass, other)
    await connected(hass, there)
    held = HouseCredential(person_id="bo", slot=CARD, revision="r1", terminals=frozenset({other.serial}))
    await have(
        hub,
        lambda _: house(bo(valid_until=UNTIL), kept=frozenset({serial}), credentials={("bo", CARD): held}),
    )
    await until(hub, lambda: CARD in placed(hub, serial))
    assert there.users[7].credentials[CARD] == 4711
    user = there.users[7]
    assert (user.name, user.enabled) == (BO, True)
    assert user.lock.endtime.startswith("2031-05-01")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.terminals[serial].writer.progress == (1, 1)
    frames = len(there.received)
    hub.house.keeper.async_confirm(hub.house.household.placements[serial, 7])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert writes(there, frames) == []


async def test_somebody_is_gone_from_every_terminal(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminals = [make_terminal(*it) for it in (("ai_face", FACE), ("tfs30", FINGER), ("controller4", CONTROLLER))]
    for terminal in terminals:
        terminal.users.clear()
        terminal.add_user(User(enrollid=7, name=BO, credentials={CARD: 4711}))
        terminal.add_user(User(enrollid=8, name="Unknown", credentials={CARD: 4712}))
        await connected(hass, terminal)
    kept = frozenset({FACE, FINGER, CONTROLLER})
    held = HouseCredential(person_id="bo", slot=CARD, revision="r1", terminals=kept)
    await have(hub, lambda _: house(bo(), kept=kept, credentials={("bo", CARD): held}))
    await until(hub, lambda: all(CARD in placed(hub, serial) for serial in kept))
    away = terminals[2]
    await away.stop()
    await hass.async_block_till_done()
    await have(hub, lambda it: without_person(it, "bo", datetime(2026, 11, 1, tzinfo=UTC)))
    await until(hub, lambda: hub.house.household.tombstones.keys() == {(CONTROLLER, 7)}, seconds=2.0)
    assert not any(7 in it.users for it in terminals[:2])
    assert 7 in away.users
    frames = len(away.received)
    await away.start()
    await until(hub, lambda: not hub.house.household.tombstones)
    asked = commands(away, frames)
    before = asked[: asked.index("deleteuser")]
    assert set(before) <= {"getusername"}
    assert all(8 in it.users for it in terminals)
    await hass.async_block_till_done()


async def test_nothing_is_written_to_a_terminal_that_is_only_observed(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    frames = len(face.received)
    await have(hub, lambda _: house(bo(), kept=frozenset()))
    await hass.async_block_till_done()
    assert writes(face, frames) == []
    assert 7 not in face.users


async def test_a_terminal_that_asks_is_told_what_the_house_says(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    verdicts = hub.terminals[FACE].verdicts
    verdicts.async_apply({"server_approval": "grant_unknown"})
    assert (await verdicts.async_punch(None, 7, BO)).granted
    await have(hub, lambda _: house(bo(enabled=False), kept=frozenset({FACE})))
    assert not (await verdicts.async_punch(None, 7, BO)).granted
    await have(hub, lambda it: without_person(it, "bo", UNTIL))
    assert (FACE, 7) in hub.house.household.tombstones
    assert not (await verdicts.async_punch(None, 7, BO)).granted
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def heard(hass: HomeAssistant) -> list[tuple[str, str | None]]:
    """What becomes of codes and punches: its kind, and why; an automation lets in everybody it is asked about."""
    told: list[tuple[str, str | None]] = []

    @callback
    def _async_hear(event: Event) -> None:
        if event.data["type"] == "code":
            told.append((event.data["kind"], event.data.get("reason")))

    hass.bus.async_listen("timmy_access_event", _async_hear)
    return told


@pytest.mark.parametrize("enroll_id", [4242, STRANGER_ID, 0])
async def test_nobody_passes_who_is_neither_of_the_house_nor_of_a_terminal_that_follows_it(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, heard: list[tuple[str, str | None]], enroll_id: int
) -> None:
    """Whatever was chosen for numbers that are on no roster: no automation is asked and no default looked up."""
    terminal = hub.terminals[FACE]
    terminal.verdicts.async_apply({"server_approval": "grant_unknown", "decision_window": 0})
    assert terminal.roster.complete
    assert (await terminal.verdicts.async_punch(None, 4242, None)).granted
    await have(hub, lambda _: house(bo(), kept=frozenset({FACE})))
    decision = await terminal.verdicts.async_punch(None, enroll_id, None)
    assert (decision.granted, decision.decided_by) == (False, Decider.HOUSE)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert heard[-1] == ("refused", "person_unknown")


async def test_who_was_left_alone_on_a_terminal_passes_as_the_owner_chose(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """Ada is on the terminal and nobody of the house, and so is whoever is enrolled at its keypad."""
    terminal = hub.terminals[FACE]
    terminal.verdicts.async_apply({"server_approval": "grant", "decision_window": 0})
    await have(hub, lambda _: house(bo(), kept=frozenset({FACE})))
    assert (await terminal.verdicts.async_punch(None, 1, "Ada Lovelace")).granted
    assert not (await terminal.verdicts.async_punch(None, 60, None)).granted
    noticed = asyncio.Event()
    unsubscribe = terminal.roster.async_subscribe(lambda _: noticed.set() if 60 in terminal.roster.people else None)
    face.enrol_user(User(enrollid=60, name="Cy Twombly", credentials={CARD: 4713}))
    async with asyncio.timeout(10):
        await noticed.wait()
    unsubscribe()
    assert (await terminal.verdicts.async_punch(None, 60, None)).granted
    await act(hass, hub, FACE, "disable_user", enroll_id=60)
    assert not (await terminal.verdicts.async_punch(None, 60, None)).granted
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_roster_that_was_never_read_refuses_nobody_as_unknown(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """What could not be read is not "nobody is there": what the owner chose holds until it is."""
    terminal = hub.terminals[FACE]
    await have(hub, lambda _: house(bo(), kept=frozenset({FACE})))
    assert not terminal.roster.complete
    terminal.verdicts.async_apply({"server_approval": "grant_unknown", "decision_window": 0})
    assert (await terminal.verdicts.async_punch(None, 4242, None)).granted
    terminal.verdicts.async_apply({"server_approval": "grant", "decision_window": 0})
    assert not (await terminal.verdicts.async_punch(None, 4242, None)).granted
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_terminal_that_refuses_is_shown_and_tried_again(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = make_terminal("ai_face", FACE)
    there.users.clear()
    await connected(hass, there)
    there.faults.refuse["setuserinfo"] = {"reason": 3, "msg": "no space"}
    await have(hub, lambda _: house(bo(), kept=frozenset({FACE})))
    await until(hub, lambda: bool((it := hub.house.household.placements.get((FACE, 7))) and it.refused == "no_space"))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert 7 not in there.users
    del there.faults.refuse["setuserinfo"]
    await there.drop()
    await until(
        hub, lambda: bool((it := hub.house.household.placements[FACE, 7]).confirmed and not it.refused and not it.tries)
    )
    assert there.users[7].name == BO
    await hass.async_block_till_done(wait_background_tasks=True)
