"""Hours of people on a terminal: followed while it was away, kept where nobody knows them, and never too wide."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
import threading
from typing import Any

import pytest

from custom_components.timmy_access.house import writer
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.plan import Plan, Shortfall, plan
from custom_components.timmy_access.house.week import ALWAYS, Week
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.placements import async_placements
from homeassistant.core import HomeAssistant
from simulator import User, VirtualTerminal

from ..conftest import FACE, MakeTerminal, connected
from ..services.test_actions import act
from .test_in_step import BO, CARD, bo, have, until, writes
from .test_trouble import CARDS, KEPT, at_each_command, is_in_step, settled, two

MONDAY = datetime(2026, 11, 2)  # noqa: DTZ001 - a terminal's
DAY = Week.of([[(480, 1080)]] * 7)
MORNING = Week.of([[(480, 720)]] * 7)
SIX_SPANS = Week.of([[(60 * hour, 60 * hour + 30) for hour in range(8, 20, 2)]] * 7)


def at(hour: int) -> datetime:
    return MONDAY + timedelta(hours=hour)


async def told_of(hass: HomeAssistant, hub: Hub, number: int) -> tuple[str, str | None]:
    """Return how somebody is on the terminal, as whoever looks is told, and why."""
    found = await async_placements(hass, hub.house, [hub.terminals[FACE]])
    return found[0].placed[number].state.value, found[0].placed[number].reason


def follow(hub: Hub, **weeks: Week | None) -> None:
    """Have schedules with these hours, as helpers would say."""
    hub.house.hours._weeks = dict(weeks)
    for listener in tuple(hub.house.hours._listeners):
        listener()


def at_some_hours(*schedules: str) -> Callable[[Household], Household]:
    """Return a house in which somebody may come by each schedule, beginning with Bo and number 7."""
    groups = {
        schedule: AccessGroup(
            group_id=schedule, name=schedule, rules=(Rule(doors={FACE: frozenset({1})}, schedule=schedule),)
        )
        for schedule in schedules
    }
    people = [
        bo(groups=frozenset({schedules[0]})),
        *(
            HousePerson(person_id=it, name=f"Person {it}", enroll_id=number, groups=frozenset({it}))
            for number, it in enumerate(schedules[1:], 50)
        ),
    ]
    return lambda house: Household(
        people={it.person_id: it for it in people}, groups=groups, kept=KEPT, credentials=CARDS, zones=house.zones
    )


@pytest.fixture
async def there(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    return await two(hass, make_terminal)


async def test_hours_that_got_narrower_while_a_terminal_was_away_hold_when_it_is_back(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal
) -> None:
    follow(hub, s=DAY)
    await have(hub, at_some_hours("s"))
    await until(hub, lambda: is_in_step(hub, 7))
    assert (bool(there.would_open(7, 1, at(9))), bool(there.would_open(7, 1, at(15)))) == (True, True)
    assert not there.would_open(7, 1, at(20))
    await settled(hass)
    await there.lose_power()
    await settled(hass)
    follow(hub, s=MORNING)
    await connected(hass, there)
    await there.wait_for(lambda: not there.would_open(7, 1, at(15)) or None)
    await settled(hass)
    assert there.would_open(7, 1, at(9))
    frames = len(there.received)
    # A helper that is gone says nothing: what held last is left alone.
    follow(hub, s=None)
    await settled(hass)
    assert writes(there, frames) == []
    assert there.would_open(7, 1, at(9))
    assert not there.would_open(7, 1, at(15))


async def test_who_has_more_hours_in_a_day_than_fit_is_not_let_in_at_all(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal
) -> None:
    follow(hub, s=SIX_SPANS)
    await have(hub, at_some_hours("s"))
    await until(hub, lambda: is_in_step(hub, 7))
    await settled(hass)
    assert not any(there.would_open(7, 1, at(hour)) for hour in range(24))
    assert await told_of(hass, hub, 7) == ("refused", "too_many_spans")
    follow(hub, s=MORNING)
    await there.wait_for(lambda: there.would_open(7, 1, at(9)) or None)
    assert not there.would_open(7, 1, at(15))
    await settled(hass)
    assert await told_of(hass, hub, 7) == ("in_step", None)


async def test_who_cannot_be_let_in_for_want_of_room_is_told_before_anything_is_written(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal
) -> None:
    schedules = tuple(f"s{number}" for number in range(9))
    follow(hub, **{it: Week.of([[(60 * hour, 60 * hour + 60)]] * 7) for hour, it in enumerate(schedules, 8)})
    follow(hub, **{**hub.house.hours.weeks, "s0": SIX_SPANS})
    await have(hub, lambda it: replace(at_some_hours(*schedules)(it), kept=frozenset()))
    frames = len(there.received)
    look = await act(hass, hub, FACE, "keep_in_step")
    assert look is not None
    told = {it["enroll_id"]: (it["name"], it["reason"]) for it in look["unfit"]}
    assert told[7] == (BO, "too_many_spans")
    # Eight weeks are left, and the first of the eight numbers is what people get who are added at the keypad.
    assert [reason for number, (_, reason) in told.items() if number != 7] == ["too_many_weeks"]
    await settled(hass)
    assert writes(there, frames) == []
    assert not hub.house.household.kept
    follow(hub, **dict.fromkeys(schedules, DAY))
    look = await act(hass, hub, FACE, "keep_in_step", confirm=True)
    assert look is not None
    assert look["unfit"] == []
    await until(hub, lambda: is_in_step(hub, 7))
    await settled(hass)


async def test_of_more_weeks_than_fit_those_that_do_hold(hass: HomeAssistant, hub: Hub, there: VirtualTerminal) -> None:
    schedules = tuple(f"s{number}" for number in range(10))
    follow(hub, **{it: Week.of([[(60 * hour, 60 * hour + 60)]] * 7) for hour, it in enumerate(schedules, 8)})
    await have(hub, at_some_hours(*schedules))
    numbers = (7, *range(50, 59))

    def _all_there() -> bool:
        placements = hub.house.household.placements
        return all((it := placements.get((FACE, number))) and it.confirmed and not it.tries for number in numbers)

    await until(hub, _all_there)
    await settled(hass)
    planned = hub.terminals[FACE].writer.plan
    assert planned is not None
    assert planned.unfit
    assert len(planned.unfit) < len(numbers)
    for own, number in enumerate(numbers, 8):
        assert there.users[number].enabled == (number not in planned.unfit)
        # A card is a way in.
        there.users[number].credentials[CARD] = number
        opened = [hour for hour in range(24) if there.would_open(number, 1, at(hour) + timedelta(minutes=30))]
        assert opened == ([] if number in planned.unfit else [own])


async def test_a_large_house_is_compared_beside_the_loop_and_anew_when_it_changes_meanwhile(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MANY", 0)
    threads: list[int] = []

    def _plan(household: Household, *others: Any) -> Plan:
        if "bo" in household.people:
            if not threads:
                disabled = replace(household, people={"bo": bo(enabled=False, groups=frozenset({"s"}))})
                hass.loop.call_soon_threadsafe(hub.house.keeper._async_put, disabled)
            threads.append(threading.get_ident())
        return plan(household, *others)

    monkeypatch.setattr(writer, "plan", _plan)
    opened: list[int] = []
    at_each_command(there, lambda: opened.append(1) if there.would_open(7, 1, at(9)) else None)
    follow(hub, s=ALWAYS)
    await have(hub, at_some_hours("s"))
    await until(hub, lambda: is_in_step(hub, 7))
    await settled(hass)
    assert len(threads) > 1
    assert threading.get_ident() not in threads
    assert not opened
    assert not there.would_open(7, 1, at(9))


@pytest.mark.parametrize("told", [{"holidays": [{"name": "Xmas", "dayzone": "three"}]}, {"nopentime": "always"}])
async def test_day_zones_that_something_unread_may_name_are_not_written(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal, told: dict[str, Any]
) -> None:
    there.machine.holidays = told.get("holidays", [])
    there.machine.access_settings.update({key: value for key, value in told.items() if key != "holidays"})
    before = there.machine.access_settings["dayzone"]
    follow(hub, s=DAY)
    await have(hub, at_some_hours("s"))
    await settled(hass)
    assert there.machine.access_settings["dayzone"] == before
    assert not there.would_open(7, 1, at(9))


@pytest.mark.parametrize("told", [{"weekzone": "all"}, {"dayzone": {"1": "always"}}])
async def test_tables_that_cannot_be_read_are_not_taken_for_none(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal, told: dict[str, Any]
) -> None:
    """Nobody with hours is let in, nothing is written over, the reason is told, and they are asked for again."""
    settings = there.machine.access_settings
    fine = dict(settings)
    settings.update(told)
    follow(hub, s=DAY)
    await have(hub, at_some_hours("s"))
    await settled(hass)
    assert {key: settings[key] for key in told} == told
    assert 7 not in there.users or not there.users[7].enabled
    planned = hub.terminals[FACE].writer.plan
    assert planned is not None
    assert planned.unfit == {7: Shortfall.HOURS_MISREAD}
    assert await told_of(hass, hub, 7) == ("refused", "hours_misread")
    settings.update(fine)
    await there.lose_power()
    await settled(hass)
    await connected(hass, there)
    await there.wait_for(lambda: there.would_open(7, 1, at(9)) or None)
    assert not there.would_open(7, 1, at(20))
    await settled(hass)


async def test_week_zones_of_others_that_cannot_be_read_keep_every_table_as_it_is(
    hass: HomeAssistant, hub: Hub, there: VirtualTerminal
) -> None:
    """Whoever is no person of the house may use any of them."""
    there.add_user(User(enrollid=60, name="Keypad 60", credentials={CARD: 1}))
    there.users[60].lock = replace(there.users[60].lock, weekzone="three")  # type: ignore[arg-type]  # as some may tell
    before = [dict(it) for it in there.machine.access_settings["weekzone"]]
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    follow(hub, s=DAY)
    await have(hub, at_some_hours("s"))
    await settled(hass)
    assert [dict(it) for it in there.machine.access_settings["weekzone"]] == before
    assert 7 not in there.users or not there.users[7].enabled
    assert there.users[60].enabled
