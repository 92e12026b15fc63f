"""Dates and hours of one person that are changed at one terminal which is kept in step are a difference."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.timmy_access.const import DOMAIN, WEEKDAYS
from custom_components.timmy_access.house import looks, permissions
from custom_components.timmy_access.house.differences import Aspect, Difference
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.week import Week
from custom_components.timmy_access.hub.agreements import async_agreement
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE
from .test_at_the_terminal import again, ask, settled
from .test_hours import follow
from .test_in_step import CARD

DAY = Week.of([[(480, 1080)]] * 7)
MORNING = Week.of([[(480, 720)]] * 7)
UNTIL = datetime(2031, 5, 31, 12, tzinfo=UTC)
GROUP = AccessGroup(group_id="day", name="Day", rules=(Rule(doors={FACE: frozenset({1})}, schedule="day"),))
BO = HousePerson(person_id="bo", name="Bo", enroll_id=7, groups=frozenset({"day"}), valid_until=UNTIL)
ZOE = HousePerson(person_id="zoe", name="Zoe", enroll_id=8, groups=frozenset({"day"}))


def there(instant: datetime) -> str:
    """Return an instant as a terminal of this time zone names it."""
    return instant.astimezone(dt_util.get_default_time_zone()).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
async def kept(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal that is in step with a house of two, who come by day; Bo until a day in May."""
    face.users.clear()
    await hub.terminals[FACE].async_refresh_people()
    house = Household(people={"bo": BO, "zoe": ZOE}, groups={"day": GROUP}, kept=frozenset({FACE}))
    follow(hub, day=DAY)
    await hub.house.keeper.async_change(lambda _: house)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert face.users[7].lock.endtime == there(UNTIL)
    assert face.users[7].lock.weekzone == face.users[8].lock.weekzone != 1
    return face


def at_the_menu(terminal: VirtualTerminal, number: int, **changes: Any) -> None:
    """Have somebody change at the terminal itself when a person may pass."""
    terminal.users[number].lock = replace(terminal.users[number].lock, **changes)


async def found(hass: HomeAssistant, hub: Hub) -> dict[int, Difference]:
    agreement = await async_agreement(hass, hub.house, hub.terminals[FACE])
    assert agreement.steps == ()
    return dict(agreement.differences)


async def aspects(hass: HomeAssistant, hub: Hub) -> dict[int, set[Aspect]]:
    return {number: set(it.aspects) for number, it in (await found(hass, hub)).items()}


async def look_again(hass: HomeAssistant, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everybody looked at as if the time for it had come."""
    with monkeypatch.context() as patch:
        patch.setattr(looks, "AGAIN_SECONDS", 0.0)
        patch.setattr(looks, "MAX_AT_ONCE", 10)
        hub.terminals[FACE].writer.async_wake()
        await hass.async_block_till_done(wait_background_tasks=True)


async def change(hass: HomeAssistant, hub: Hub, person_id: str, **changes: Any) -> None:
    await hub.house.async_update(person_id, changes, {}, (), None)
    await hass.async_block_till_done(wait_background_tasks=True)


ACTIONS: dict[str, tuple[str, dict[str, Any], set[Aspect]]] = {
    "set_user_access, dates": ("set_user_access", {"valid_until": "2030-01-31 08:00:00"}, {Aspect.DATES}),
    "set_user_access, hours": ("set_user_access", {"week_zone": 1}, {Aspect.HOURS}),
    "set_user, dates": ("set_user", {"valid_from": "2026-01-31 08:00:00"}, {Aspect.DATES}),
    "clear_user_access": ("clear_user_access", {}, {Aspect.DATES, Aspect.HOURS}),
}


@pytest.mark.parametrize("case", ACTIONS)
async def test_what_an_action_changes_at_one_terminal_is_a_difference_at_once_and_holds_until_the_owner_says(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, case: str
) -> None:
    action, data, expected = ACTIONS[case]
    before = replace(kept.users[7].lock)
    await ask(hass, hub, action, enroll_id=7, **data)
    changed = replace(kept.users[7].lock)
    assert changed != before
    assert await aspects(hass, hub) == {7: expected}
    await again(hass, hub, kept)
    await change(hass, hub, "zoe", note="something else")
    await change(hass, hub, "bo", valid_until=UNTIL + timedelta(days=1))
    assert kept.users[7].lock == changed
    assert await aspects(hass, hub) == {7: expected}
    await change(hass, hub, "bo", valid_until=UNTIL)
    await settled(hass, hub, "put_back")
    assert kept.users[7].lock == before
    assert await found(hass, hub) == {}


async def test_what_is_cleared_of_everybody_is_a_difference_of_each(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    before = {number: replace(user.lock) for number, user in kept.users.items()}
    await ask(hass, hub, "clear_all_user_access", confirm=True)
    assert await aspects(hass, hub) == {7: {Aspect.DATES, Aspect.HOURS}, 8: {Aspect.HOURS}}
    await ask(hass, hub, "settle_difference", kind="changed", choice="put_back")
    assert {number: user.lock for number, user in kept.users.items()} == before
    assert await found(hass, hub) == {}


async def test_dates_are_taken_over_for_every_terminal_and_hours_are_not(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    later = UNTIL + timedelta(days=90)
    await ask(hass, hub, "set_user_access", enroll_id=7, valid_until=there(later))
    changed = replace(kept.users[7].lock)
    await settled(hass, hub, "take_over")
    assert hub.house.household.people["bo"].valid_until == later
    assert kept.users[7].lock == changed
    assert await found(hass, hub) == {}
    await ask(hass, hub, "set_user_access", enroll_id=7, week_zone=1)
    with pytest.raises(ServiceValidationError) as caught:
        await settled(hass, hub, "take_over")
    assert caught.value.translation_key == "house_hours_are_of_groups"
    assert hub.house.household.people["bo"].groups == {"day"}
    assert await aspects(hass, hub) == {7: {Aspect.HOURS}}
    await settled(hass, hub, "leave")
    await again(hass, hub, kept)
    assert (await found(hass, hub))[7].is_left
    assert kept.users[7].lock.weekzone == 1


async def test_what_is_changed_at_the_menu_is_noticed_without_being_told(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_menu(kept, 7, endtime="2027-01-31 08:00:00")
    await look_again(hass, hub, monkeypatch)
    (difference,) = (await found(hass, hub)).values()
    assert difference.access is not None
    assert difference.access.valid_until == datetime(2027, 1, 31, 8, tzinfo=dt_util.get_default_time_zone())
    at_the_menu(kept, 7, endtime=there(UNTIL))
    await look_again(hass, hub, monkeypatch)
    assert await found(hass, hub) == {}


@pytest.mark.parametrize("menu", ["2027-01-31 08:00:00", "2099-12-31 23:59:59"])
async def test_nothing_is_written_over_what_was_changed_at_the_menu_since_it_was_looked_at(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, menu: str
) -> None:
    at_the_menu(kept, 7, endtime=menu)
    await change(hass, hub, "bo", valid_until=UNTIL + timedelta(days=365))
    assert kept.users[7].lock.endtime == menu
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}


async def test_what_closes_acts_at_once_and_never_opens_wider_than_the_menu(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    at_the_menu(kept, 7, starttime="2026-12-24 08:00:00")
    at_the_menu(kept, 7, endtime="2099-12-31 23:59:59")
    follow(hub, day=MORNING)
    await hass.async_block_till_done(wait_background_tasks=True)
    await change(hass, hub, "bo", valid_until=UNTIL - timedelta(days=30))
    lock = kept.users[7].lock
    assert (lock.starttime, lock.endtime) == ("2026-12-24 08:00:00", there(UNTIL - timedelta(days=30)))
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}
    await settled(hass, hub, "put_back")
    assert kept.users[7].lock.starttime == "2000-01-01 00:00:00"
    assert kept.users[7].lock.endtime == there(UNTIL - timedelta(days=30))
    assert await found(hass, hub) == {}


async def test_nobody_gets_more_to_open_with_while_they_may_pass_at_other_hours(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "FRESH_SECONDS", 0.0)
    at_the_menu(kept, 7, weekzone=1)
    await hub.house.vault.async_open(wanted=True, held=())
    await hub.house.async_update("bo", {}, {CARD: 4711}, (), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert CARD not in kept.users[7].credentials
    assert await aspects(hass, hub) == {7: {Aspect.HOURS}}
    await settled(hass, hub, "put_back")
    assert kept.users[7].lock.weekzone != 1
    assert kept.users[7].credentials[CARD] == 4711


async def test_other_hours_of_a_group_keep_nobody_out_for_a_moment(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    begun = len(kept.received)
    follow(hub, day=MORNING)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert kept.users[7].enabled
    assert "enableuser" not in [frame.get("cmd") for frame in kept.received[begun:]]


async def test_the_same_word_of_the_terminal_is_no_difference_in_another_time_zone(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dt_util.get_default_time_zone()
    try:
        await hass.config.async_set_time_zone("Asia/Tokyo")
        await look_again(hass, hub, monkeypatch)
        assert await found(hass, hub) == {}
    finally:
        dt_util.set_default_time_zone(before)


async def test_who_was_confirmed_before_that_was_kept_is_looked_at_and_kept_as_they_are(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _without(house: Household) -> Household:
        return replace(house, placements={key: replace(it, permit=None) for key, it in house.placements.items()})

    at_the_menu(kept, 8, weekzone=1)
    await hub.house.keeper.async_change(_without)
    await look_again(hass, hub, monkeypatch)
    assert await aspects(hass, hub) == {8: {Aspect.HOURS}}
    placements = hub.house.household.placements
    assert placements[FACE, 7].permit is not None
    assert placements[FACE, 8].permit is None


async def test_a_terminal_that_says_nothing_of_it_has_no_such_differences(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.faults.refuse["getuserlock"] = {"reason": 1, "msg": "busy"}
    await ask(hass, hub, "set_user", enroll_id=7, valid_until="2027-01-31 08:00:00")
    await look_again(hass, hub, monkeypatch)
    assert await found(hass, hub) == {}
    kept.faults.refuse.clear()
    await look_again(hass, hub, monkeypatch)
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}


async def test_whoever_looks_reads_both_words(hass: HomeAssistant, hub: Hub, kept: VirtualTerminal) -> None:
    await ask(hass, hub, "set_user_access", enroll_id=7, week_zone=1, valid_until="2027-01-31 08:00:00")
    answer: Any = await hass.services.async_call(DOMAIN, "get_differences", {}, blocking=True, return_response=True)
    (told,) = answer["differences"]
    assert told["aspects"] == ["dates", "hours"]
    assert told["house_valid_until"] == dt_util.as_local(UNTIL).isoformat()
    assert told["there_valid_from"] is None
    zone = dt_util.get_default_time_zone()
    assert told["there_valid_until"] == datetime(2027, 1, 31, 8, tzinfo=zone).isoformat()
    assert told["there_hours"] == {"1": {day: [{"from": "00:00", "to": "24:00"}] for day in WEEKDAYS}}
    assert told["house_hours"] == {"1": {day: [{"from": "08:00", "to": "18:00"}] for day in WEEKDAYS}}
