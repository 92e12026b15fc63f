"""What is done at one terminal that is kept in step is seen by the house, and what closes stays closed."""

from typing import Any

import pytest

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.differences import Aspect, DifferenceKind
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.hub.agreements import async_agreement
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER

BO = HousePerson(person_id="bo", name="Bo", enroll_id=7, groups=frozenset({"all"}))
ZOE = HousePerson(person_id="zoe", name="Zoe", enroll_id=8, groups=frozenset({"all"}))
GROUP = AccessGroup(group_id="all", name="All", rules=(Rule(doors={FACE: frozenset({1}), FINGER: frozenset({1})}),))


@pytest.fixture
async def kept(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal that is in step with a house of two."""
    face.users.clear()
    await hub.terminals[FACE].async_refresh_people()
    house = Household(people={"bo": BO, "zoe": ZOE}, groups={"all": GROUP}, kept=frozenset({FACE}))
    await hub.house.keeper.async_change(lambda _: house)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert {user.name for user in face.users.values()} == {"Bo", "Zoe"}
    return face


async def ask(hass: HomeAssistant, hub: Hub, action: str, **data: Any) -> None:
    """Ask for something at the terminal, and let the house do what it makes of it."""
    await hass.services.async_call(DOMAIN, action, {"device_id": hub.terminals[FACE].device_id, **data}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def again(hass: HomeAssistant, hub: Hub, terminal: VirtualTerminal) -> None:
    """Have the terminal dial in anew, and everything compared once more."""
    await terminal.drop()
    await terminal.wait_registered(timeout=10)
    await terminal.wait_received("getdevlock", timeout=10)
    await hass.async_block_till_done(wait_background_tasks=True)


async def found(hass: HomeAssistant, hub: Hub) -> dict[int, DifferenceKind]:
    """Return the differences of the terminal by number."""
    agreement = await async_agreement(hass, hub.house, hub.terminals[FACE])
    assert agreement.steps == ()
    return {number: difference.kind for number, difference in agreement.differences.items()}


async def settled(hass: HomeAssistant, hub: Hub, choice: str) -> None:
    """Decide about what is different with Bo."""
    await ask(hass, hub, "settle_difference", enroll_id=7, choice=choice)


async def test_who_is_disabled_at_a_terminal_stays_so_until_the_owner_says(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    await ask(hass, hub, "disable_user", enroll_id=7)
    assert not kept.users[7].enabled
    assert await found(hass, hub) == {7: DifferenceKind.CHANGED}
    agreement = await async_agreement(hass, hub.house, hub.terminals[FACE])
    assert agreement.differences[7].aspects == {Aspect.ENABLED}
    await again(hass, hub, kept)
    await hub.house.async_update("zoe", {"note": "something else"}, {}, (), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not kept.users[7].enabled
    assert hub.house.household.people["bo"].enabled
    await settled(hass, hub, "take_over")
    assert not hub.house.household.people["bo"].enabled
    assert not kept.users[7].enabled
    assert await found(hass, hub) == {}


async def test_who_is_disabled_at_a_terminal_is_let_in_again_when_the_house_holds(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    await ask(hass, hub, "disable_user", enroll_id=7)
    await settled(hass, hub, "put_back")
    assert kept.users[7].enabled
    assert await found(hass, hub) == {}


async def test_who_is_deleted_at_a_terminal_is_not_added_again_by_itself(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    await ask(hass, hub, "delete_user", enroll_id=7)
    assert 7 not in kept.users
    await again(hass, hub, kept)
    assert 7 not in kept.users
    assert await found(hass, hub) == {7: DifferenceKind.DELETED_HERE}
    await settled(hass, hub, "put_back")
    assert kept.users[7].name == "Bo"
    assert await found(hass, hub) == {}


async def test_who_is_deleted_at_a_terminal_and_taken_over_is_gone_from_the_house(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    await ask(hass, hub, "delete_user", enroll_id=7)
    await settled(hass, hub, "take_over")
    assert set(hub.house.household.people) == {"zoe"}
    assert set(kept.users) == {8}


async def test_who_is_enabled_at_a_terminal_and_not_in_the_house_is_disabled_again(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    await hub.house.async_disable("bo", None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not kept.users[7].enabled
    await ask(hass, hub, "enable_user", enroll_id=7)
    assert not kept.users[7].enabled
    assert await found(hass, hub) in ({}, {7: DifferenceKind.CHANGED})


@pytest.mark.parametrize(("action", "kind"), [("delete_user", "deleted_here"), ("disable_user", "changed")])
async def test_what_closes_stays_closed_while_a_terminal_refuses_something_else(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, action: str, kind: str
) -> None:
    kept.faults.refuse["setusername"] = {"reason": 1, "msg": "no"}
    kept.faults.refuse["setuserinfo"] = {"reason": 1, "msg": "no"}
    await hub.house.async_update("bo", {"name": "Bobby"}, {}, (), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.placements[FACE, 7].tries
    await ask(hass, hub, action, enroll_id=7)
    kept.faults.refuse.clear()
    await again(hass, hub, kept)
    assert 7 not in kept.users or not kept.users[7].enabled
    assert (await found(hass, hub))[7].value == kind


async def test_how_everybody_is_on_a_terminal_is_told_with_the_reason(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    async def _told() -> tuple[dict[str, tuple[str, str | None]], tuple[int, int]]:
        answer: Any = await hass.services.async_call(DOMAIN, "get_people", {}, blocking=True, return_response=True)
        device_id = hub.terminals[FACE].device_id
        states = {
            person["name"]: (place["state"], place["reason"])
            for person in answer["people"]
            for place in person["placements"]
            if place["device_id"] == device_id
        }
        (progress,) = (it for it in answer["terminals"] if it["device_id"] == device_id)
        assert progress["kept_in_step"]
        return states, (progress["in_step"], progress["people"])

    assert await _told() == ({"Bo": ("in_step", None), "Zoe": ("in_step", None)}, (2, 2))
    await ask(hass, hub, "disable_user", enroll_id=7)
    kept.faults.refuse["setuserinfo"] = {"reason": 3, "msg": "no space"}
    max_ = HousePerson(person_id="max", name="Max", enroll_id=9, groups=frozenset({"all"}))
    await hub.house.async_add([Arrival(person=max_)], None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await _told() == (
        {"Bo": ("differs", "changed"), "Zoe": ("in_step", None), "Max": ("refused", "no_space")},
        (1, 3),
    )
    await kept.stop()
    await hass.async_block_till_done()
    await hub.house.async_update("zoe", {"name": "Zoe Zimt"}, {}, (), None)
    states, progress = await _told()
    assert states["Zoe Zimt"] == ("waiting", None)
    assert progress == (0, 3)


async def test_differences_are_decided_all_of_a_kind_and_what_is_left_alone_stays_as_it_is(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    kept.add_user(User(enrollid=20, name="Eve"))
    kept.add_user(User(enrollid=21, name="Max"))
    kept.users[8].name = "Somebody Else"
    await ask(hass, hub, "delete_user", enroll_id=7)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    unknown = dict.fromkeys((20, 21), DifferenceKind.UNKNOWN_HERE)
    others = {7: DifferenceKind.DELETED_HERE, 8: DifferenceKind.CHANGED}
    assert await found(hass, hub) == unknown | others
    await ask(hass, hub, "settle_difference", kind="changed", choice="leave")
    await ask(hass, hub, "settle_difference", kind="unknown_here", choice="put_back")
    assert set(kept.users) == {8}
    assert await found(hass, hub) == others
    await ask(hass, hub, "settle_difference", kind="deleted_here", choice="put_back")
    await again(hass, hub, kept)
    assert {number: user.name for number, user in kept.users.items()} == {7: "Bo", 8: "Somebody Else"}
    (left,) = (await async_agreement(hass, hub.house, hub.terminals[FACE])).differences.values()
    assert (left.enroll_id, left.is_left) == (8, True)
