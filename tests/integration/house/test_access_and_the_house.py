"""What the house does never loses what somebody has changed at one terminal, nor opens wider because of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.timmy_access.house.differences import Aspect
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.week import Week
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import FACE
from .test_access_at_the_terminal import DAY, UNTIL, aspects, at_the_menu, change, found, kept, look_again, there
from .test_at_the_terminal import again, ask, settled
from .test_hours import follow
from .test_in_step import CARD

__all__ = ["kept"]

EVENING = Week.of([[(60, 1400)]] * 7)
# The year in which dates of terminals end says that there is no end, and no terminal holds a part of a second.
LAST_YEAR, FIRST_YEAR = datetime(2099, 6, 1, tzinfo=UTC), datetime(2000, 6, 1, tzinfo=UTC)
FRACTION = datetime(2030, 5, 31, 12, 0, 0, 500, tzinfo=UTC)


async def test_dates_that_have_nothing_in_common_with_those_before_are_not_written_over_the_menu(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_menu(kept, 7, endtime="2027-01-31 08:00:00")
    await look_again(hass, hub, monkeypatch)
    await change(hass, hub, "bo", valid_from=UNTIL + timedelta(days=30), valid_until=UNTIL + timedelta(days=60))
    await again(hass, hub, kept)
    assert not kept.users[7].enabled
    assert kept.users[7].lock.endtime == "2027-01-31 08:00:00"
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}
    await settled(hass, hub, "put_back")
    assert kept.users[7].enabled
    assert kept.users[7].lock.endtime == there(UNTIL + timedelta(days=60))
    assert await found(hass, hub) == {}


async def test_who_is_disabled_and_let_in_again_has_what_was_changed_at_the_menu_until_the_owner_says(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_menu(kept, 7, endtime="2027-01-31 08:00:00")
    await look_again(hass, hub, monkeypatch)
    await hub.house.async_disable("bo", None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not kept.users[7].enabled
    await change(hass, hub, "bo", enabled=True)
    assert kept.users[7].lock.endtime == "2027-01-31 08:00:00"
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}
    await settled(hass, hub, "put_back")
    assert kept.users[7].enabled
    assert kept.users[7].lock.endtime == there(UNTIL)


async def test_who_is_disabled_and_let_in_again_is_no_difference_by_that(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    cy = HousePerson(person_id="cy", name="Cy", enroll_id=9, groups=frozenset({"day"}), enabled=False)
    await hub.house.keeper.async_change(lambda house: replace(house, people={**house.people, "cy": cy}))
    await hass.async_block_till_done(wait_background_tasks=True)
    await hub.house.async_disable("bo", None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not kept.users[7].enabled
    follow(hub, day=EVENING)
    await hass.async_block_till_done(wait_background_tasks=True)
    for person_id in ("bo", "cy"):
        await change(hass, hub, person_id, enabled=True)
    await look_again(hass, hub, monkeypatch)
    assert await found(hass, hub) == {}
    assert all(kept.users[number].enabled for number in (7, 8, 9))
    assert kept.users[7].lock.weekzone == kept.users[9].lock.weekzone == kept.users[8].lock.weekzone


async def test_a_week_zone_that_somebody_was_given_at_the_menu_is_not_filled_with_hours_of_others(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = kept.users[7].lock.weekzone + 1
    at_the_menu(kept, 7, weekzone=free)
    await look_again(hass, hub, monkeypatch)
    group = AccessGroup(group_id="eve", name="Eve", rules=(Rule(doors={FACE: frozenset({1})}, schedule="eve"),))
    cy = HousePerson(person_id="cy", name="Cy", enroll_id=9, groups=frozenset({"eve"}))
    follow(hub, day=DAY, eve=EVENING)
    await hub.house.keeper.async_change(
        lambda house: replace(house, people={**house.people, "cy": cy}, groups={**house.groups, "eve": group})
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert kept.users[9].lock.weekzone not in (1, free, kept.users[8].lock.weekzone)
    assert await aspects(hass, hub) == {7: {Aspect.HOURS}}


async def test_what_closes_goes_by_what_the_menu_says_now_and_not_when_it_was_looked_at(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_menu(kept, 7, endtime="2028-01-31 08:00:00")
    await look_again(hass, hub, monkeypatch)
    at_the_menu(kept, 7, starttime="2026-12-24 08:00:00", endtime="2026-12-31 08:00:00")
    await change(hass, hub, "bo", valid_until=datetime(2027, 6, 1, tzinfo=UTC))
    lock = kept.users[7].lock
    assert (lock.starttime, lock.endtime) == ("2026-12-24 08:00:00", "2026-12-31 08:00:00")
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}


@pytest.mark.parametrize("valid_until", [LAST_YEAR, FRACTION])
async def test_dates_that_a_terminal_cannot_tell_back_are_no_difference_after_an_update(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch, valid_until: datetime
) -> None:
    def _without(house: Household) -> Household:
        return replace(house, placements={key: replace(it, permit=None) for key, it in house.placements.items()})

    await change(hass, hub, "bo", valid_from=FIRST_YEAR, valid_until=valid_until)
    await hub.house.keeper.async_change(_without)
    await look_again(hass, hub, monkeypatch)
    assert await found(hass, hub) == {}


@pytest.mark.parametrize("valid_until", [LAST_YEAR, FRACTION])
@pytest.mark.parametrize("valid_from", [FIRST_YEAR, FRACTION - timedelta(days=900)])
async def test_what_closes_comes_to_an_end_with_dates_that_a_terminal_cannot_tell_back(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, valid_from: datetime, valid_until: datetime
) -> None:
    await ask(hass, hub, "set_user_access", enroll_id=8, valid_from="2026-01-31 08:00:00")
    await change(hass, hub, "zoe", valid_from=valid_from, valid_until=valid_until)
    # Where the house begins later than the menu, all that was changed there is taken away, and nothing differs.
    assert await aspects(hass, hub) == ({8: {Aspect.DATES}} if valid_from == FIRST_YEAR else {})


async def test_an_hour_that_comes_twice_is_no_difference(hass: HomeAssistant, hub: Hub, kept: VirtualTerminal) -> None:
    before = hass.config.time_zone
    await hass.config.async_set_time_zone("Europe/Berlin")
    try:
        await change(hass, hub, "bo", valid_until=datetime(2030, 10, 27, 1, 30, tzinfo=UTC))
        assert kept.users[7].lock.endtime == "2030-10-27 02:30:00"
        assert hub.house.household.placements[FACE, 7].refused is None
        assert await found(hass, hub) == {}
    finally:
        await hass.config.async_set_time_zone(before)


async def test_who_has_a_credential_that_is_refused_for_ever_keeps_what_was_changed_at_the_terminal(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    kept.faults.refuse_kinds["card"] = {"reason": 3, "msg": "full"}
    await hub.house.vault.async_open(wanted=True, held=())
    await hub.house.async_update("bo", {}, {CARD: 4711}, (), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.placements[FACE, 7].tries
    await ask(hass, hub, "set_user_access", enroll_id=7, valid_until="2027-01-31 08:00:00")
    await again(hass, hub, kept)
    kept.faults.refuse_kinds.clear()
    await again(hass, hub, kept)
    assert kept.users[7].lock.endtime == "2027-01-31 08:00:00"
    assert CARD not in kept.users[7].credentials
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}
    await settled(hass, hub, "put_back")
    assert kept.users[7].lock.endtime == there(UNTIL)
    assert CARD in kept.users[7].credentials
    assert await found(hass, hub) == {}


async def test_what_closes_and_is_refused_does_not_have_the_house_write_over_the_menu(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_menu(kept, 7, starttime="2026-12-24 08:00:00")
    await look_again(hass, hub, monkeypatch)
    kept.faults.refuse["setuserlock"] = {"reason": 1, "msg": "busy"}
    await change(hass, hub, "bo", valid_until=UNTIL - timedelta(days=30))
    kept.faults.refuse.clear()
    await again(hass, hub, kept)
    lock = kept.users[7].lock
    assert (lock.starttime, lock.endtime) == ("2026-12-24 08:00:00", there(UNTIL - timedelta(days=30)))
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}


async def test_hours_get_wider_for_nobody_whose_dates_were_changed_at_the_menu_since_they_were_looked_at(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    zone = kept.users[7].lock.weekzone
    before = kept.machine.access_settings["weekzone"][zone - 1]
    at_the_menu(kept, 7, endtime="2099-12-31 23:59:59")
    follow(hub, day=EVENING)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert kept.users[7].lock.weekzone == zone
    assert kept.machine.access_settings["weekzone"][zone - 1] == before
    assert kept.users[8].lock.weekzone != zone
    assert await aspects(hass, hub) == {7: {Aspect.DATES}}
    await settled(hass, hub, "put_back")
    assert kept.users[7].lock.weekzone == kept.users[8].lock.weekzone
    assert await found(hass, hub) == {}


async def test_what_was_left_is_shown_again_where_the_owner_lets_somebody_in_again(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal
) -> None:
    await ask(hass, hub, "set_user_access", enroll_id=7, week_zone=1)
    await settled(hass, hub, "leave")
    assert (await found(hass, hub))[7].is_left
    await hub.house.async_disable("bo", None)
    await hass.async_block_till_done(wait_background_tasks=True)
    await change(hass, hub, "bo", enabled=True)
    assert not (await found(hass, hub))[7].is_left
    await settled(hass, hub, "put_back")
    assert kept.users[7].enabled
    assert kept.users[7].lock.weekzone == kept.users[8].lock.weekzone
