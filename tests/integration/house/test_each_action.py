"""Whatever an action changes of somebody at one terminal that is kept in step, the house sees, and hides nothing."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.timmy_access.const import WEEKDAYS
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.hub.agreements import async_agreement
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, MakeTerminal, connected
from .test_at_the_terminal import BO, ZOE, again, ask
from .test_in_step import CARD

# What each does to somebody of the house, by number, or to whom it brings.
ACTIONS: Mapping[str, tuple[str, dict[str, Any], int]] = {
    "somebody new": ("add_user", {"name": "New", "enroll_id": 30, "credential": "card", "value": "4711"}, 30),
    "a name": ("set_user_names", {"names": [{"enroll_id": 7, "name": "Somebody Else"}]}, 7),
    "a card": ("set_credential", {"enroll_id": 7, "credential": "card", "value": "4712"}, 7),
    "a role": ("set_user", {"enroll_id": 7, "name": "Bo", "role": "administrator"}, 7),
    "no card": ("delete_credential", {"enroll_id": 7, "credential": "card"}, 7),
    "dates": ("set_user", {"enroll_id": 7, "valid_until": "2030-01-31 08:00:00"}, 7),
    "hours": ("set_user_access", {"enroll_id": 7, "week_zone": 3}, 7),
    "raw hours": (
        "send_command",
        {"command": {"cmd": "setuserlock", "count": 1, "record": [{"enrollid": 7, "weekzone": 3, "group": 0}]}},
        7,
    ),
    "disabled": ("disable_user", {"enroll_id": 7}, 7),
    "gone": ("delete_user", {"enroll_id": 7}, 7),
    "a copy": ("copy_user", {"enroll_id": 40, "to": ["FACE"]}, 40),
    "a raw command": (
        "send_command",
        {"command": {"cmd": "setusername", "count": 1, "record": [{"enrollid": 7, "name": "Somebody Else"}]}},
        7,
    ),
}


def seen(terminal: VirtualTerminal, number: int) -> object:
    """Return what a terminal has of somebody, as it tells it."""
    user = terminal.users.get(number)
    if user is None:
        return None
    return user.name, user.admin, user.enabled, dict(user.credentials), user.lock.endtime, user.lock.weekzone


@pytest.fixture
async def kept(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal) -> VirtualTerminal:
    """A terminal that is in step with a house of two, beside one that is not."""
    other = make_terminal("tfs30", FINGER)
    other.add_user(User(enrollid=40, name="Elsewhere", credentials={CARD: 40}))
    await connected(hass, other)
    face.users.clear()
    face.add_user(User(enrollid=7, name="Bo", credentials={CARD: 7}))
    front = hub.terminals[FACE]
    await front.async_refresh_people(all_names=True)
    group = AccessGroup(group_id="all", name="All", rules=(Rule(doors={FACE: frozenset({1})}),))
    await hub.house.keeper.async_change(
        lambda _: Household(people={"bo": BO, "zoe": ZOE}, groups={"all": group}, kept=frozenset({FACE}))
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert face.users[8].name == "Zoe"
    return face


@pytest.mark.parametrize("what", ACTIONS)
async def test_it_is_a_difference_or_taken_over(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, what: str
) -> None:
    action, data, number = ACTIONS[what]
    agreement = await async_agreement(hass, hub.house, hub.terminals[FACE])
    mornings = {"3": {day: [{"from": "08:00", "to": "12:00"}] for day in WEEKDAYS}}
    await ask(hass, hub, "set_access_settings", week_zones=mornings)
    if agreement.differences:  # the card that is only here
        await ask(hass, hub, "settle_difference", choice="take_over")
    agreement = await async_agreement(hass, hub.house, hub.terminals[FACE])
    assert (agreement.differences, agreement.steps) == ({}, ())
    house, before = hub.house.household, seen(kept, number)
    source = FINGER if action == "copy_user" else FACE
    meant = {**data, "to": [hub.terminals[FACE].device_id]} if action == "copy_user" else data
    await hass.services.async_call(
        "timmy_access",
        action,
        {"device_id": hub.terminals[source].device_id, **meant},
        blocking=True,
        return_response=hass.services.supports_response("timmy_access", action).value != "none",
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    done = seen(kept, number)
    assert done != before
    await again(hass, hub, kept)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    agreement = await async_agreement(hass, hub.house, hub.terminals[FACE])
    is_taken_over = (hub.house.household.people, hub.house.household.credentials) != (house.people, house.credentials)
    assert seen(kept, number) == done
    assert number in agreement.differences or is_taken_over
