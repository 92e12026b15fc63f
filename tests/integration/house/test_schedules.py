"""The hours of a schedule helper are followed, and never guessed."""

from dataclasses import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.week import ALWAYS, NEVER, Week
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..conftest import FACE, MakeTerminal, reload
from .test_hours import at
from .test_in_step import CARD, bo, until
from .test_issues import shown
from .test_trouble import CARDS, KEPT, is_in_step, settled, two

MORNING = [{"from": "08:00:00", "to": "12:30:00"}]
NONE: dict[str, Any] = {}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def week(**days: list[tuple[int, int]]) -> Week:
    return Week.of(days.get(day, []) for day in DAYS)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """A helper waits for its next hour, also when Home Assistant stops."""
    return True


@pytest.fixture
async def helper(hass: HomeAssistant, hass_storage: dict[str, Any]) -> str:
    """Return the registry id of a helper that somebody made."""
    hass_storage["schedule"] = {
        "key": "schedule",
        "version": 1,
        "minor_version": 1,
        "data": {"items": [{"id": "office", "name": "Office hours", "monday": MORNING}]},
    }
    assert await async_setup_component(hass, "schedule", {})
    entity = er.async_get(hass).async_get("schedule.office_hours")
    assert entity is not None
    return entity.id


@pytest.fixture
async def following(hass: HomeAssistant, helper: str, hub: Hub) -> Hub:
    rule = Rule(doors={FACE: frozenset({1})}, schedule=helper)
    await hub.house.async_set_group(AccessGroup(group_id="staff", name="Staff", rules=(rule,)), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    return hub


async def test_hours_that_are_edited_are_followed_on_every_day(
    hass: HomeAssistant, helper: str, following: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    hours = following.house.hours
    assert hours.weeks == {helper: week(monday=[(480, 750)])}
    heard: list[int] = []
    hours.async_subscribe(lambda: heard.append(1))
    client = await hass_ws_client(hass)
    for day in DAYS:
        spans = [{"from": "00:00:20", "to": "01:00:59"}, {"from": "22:00:00", "to": "24:00:00"}]
        await client.send_json_auto_id(
            {"type": "schedule/update", "schedule_id": "office", "name": "Office hours", day: spans}
        )
        assert (await client.receive_json())["success"]
        await hass.async_block_till_done(wait_background_tasks=True)
        # Terminals know no seconds: what is left out of a minute is left out.
        assert hours.weeks == {helper: week(**{day: [(1, 60), (1320, 1440)]})}
    assert len(heard) == len(DAYS)


async def test_a_helper_is_followed_through_another_name(
    hass: HomeAssistant, helper: str, following: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    er.async_get(hass).async_update_entity("schedule.office_hours", new_entity_id="schedule.shop")
    await hass.async_block_till_done(wait_background_tasks=True)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "schedule/update", "schedule_id": "office", "name": "Shop", "sunday": MORNING}
    )
    assert (await client.receive_json())["success"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert following.house.hours.weeks == {helper: week(sunday=[(480, 750)])}


async def test_a_helper_that_is_deleted_lets_nobody_in_and_is_told(
    hass: HomeAssistant, helper: str, following: Hub, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    await following.caretaker.watch.async_look()
    assert "house_hours_gone" not in shown(hass, entry)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "schedule/delete", "schedule_id": "office"})
    assert (await client.receive_json())["success"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert following.house.hours.weeks == {helper: NEVER}
    await following.caretaker.watch.async_look()
    assert shown(hass, entry)["house_hours_gone"] == {"groups": "Staff"}


async def test_a_helper_that_is_disabled_lets_nobody_in_until_it_is_enabled(
    hass: HomeAssistant, helper: str, following: Hub
) -> None:
    entities = er.async_get(hass)
    entities.async_update_entity("schedule.office_hours", disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert following.house.hours.weeks == {helper: NEVER}
    entities.async_update_entity("schedule.office_hours", disabled_by=None)
    await hass.async_block_till_done(wait_background_tasks=True)
    # Until Home Assistant has loaded it again nobody knows its hours.
    assert following.house.hours.weeks == {helper: None}


async def test_a_helper_that_nobody_refers_to_is_not_followed(hass: HomeAssistant, helper: str, following: Hub) -> None:
    await following.house.async_remove_group("staff", None)
    assert following.house.hours.weeks == NONE


async def test_a_helper_that_comes_later_is_read_then(
    hass: HomeAssistant, hub: Hub, hass_storage: dict[str, Any]
) -> None:
    entity = er.async_get(hass).async_get_or_create(
        "schedule", "schedule", "office", object_id_base="Office hours", suggested_object_id="office_hours"
    )
    rule = Rule(doors={FACE: frozenset({1})}, schedule=entity.id)
    await hub.house.async_set_group(AccessGroup(group_id="staff", name="Staff", rules=(rule,)), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.hours.weeks == {entity.id: None}
    config = {"schedule": {"office": {"name": "Office hours", "monday": [{"from": "08:00", "to": "12:30"}]}}}
    assert await async_setup_component(hass, "schedule", config)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.hours.weeks == {entity.id: week(monday=[(480, 750)])}


async def test_a_terminal_and_the_verdict_follow_a_helper_from_its_making_to_its_end(
    hass: HomeAssistant,
    helper: str,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Made, edited while Home Assistant runs, kept over a restart, deleted: on the terminal, and for whoever asks."""
    there: VirtualTerminal = await two(hass, make_terminal)
    client = await hass_ws_client(hass)

    async def edit(**days: Any) -> None:
        await client.send_json_auto_id(
            {"type": "schedule/update", "schedule_id": "office", "name": "Office hours", **days}
        )
        assert (await client.receive_json())["success"]
        await settled(hass)

    async def is_let_in(it: Hub) -> bool:
        verdicts = it.terminals[FACE].verdicts
        verdicts.async_apply({"server_approval": "grant", "decision_window": 0})
        return (await verdicts.async_punch(None, 7, bo().name)).granted

    rule = Rule(doors={FACE: frozenset({1})}, schedule=helper)
    await hub.house.keeper.async_change(
        lambda house: replace(
            house,
            groups={"staff": AccessGroup(group_id="staff", name="Staff", rules=(rule,))},
            people={"bo": bo(groups=frozenset({"staff"}))},
            credentials=CARDS,
            kept=KEPT,
        )
    )
    await until(hub, lambda: is_in_step(hub, 7))
    await settled(hass)
    assert (bool(there.would_open(7, 1, at(9))), bool(there.would_open(7, 1, at(15)))) == (True, False)
    assert there.users[7].credentials[CARD]

    await edit(**{day: [{"from": "00:00:00", "to": "24:00:00"}] for day in DAYS})
    assert hub.house.hours.weeks == {helper: ALWAYS}
    await there.wait_for(lambda: there.would_open(7, 1, at(15)) or None)
    assert await is_let_in(hub)

    hub = await reload(hass, entry, there)
    await settled(hass)
    assert hub.house.hours.weeks == {helper: ALWAYS}
    assert await is_let_in(hub)

    await client.send_json_auto_id({"type": "schedule/delete", "schedule_id": "office"})
    assert (await client.receive_json())["success"]
    await there.wait_for(lambda: not there.would_open(7, 1, at(9)) or None)
    await settled(hass)
    assert not await is_let_in(hub)
    assert 7 in there.users  # who has no hours keeps their fingers and cards
    assert there.users[7].credentials[CARD]


async def test_what_other_hours_allowed_is_not_taken_for_those_of_a_helper_that_is_gone(
    hass: HomeAssistant, helper: str, hub: Hub, make_terminal: MakeTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    """Somebody who passed always by another group, and is taken out of it, does not keep that."""
    there = await two(hass, make_terminal)
    office = AccessGroup(group_id="s", name="S", rules=(Rule(doors={FACE: frozenset({1})}, schedule=helper),))
    always = AccessGroup(group_id="a", name="A", rules=(Rule(doors={FACE: frozenset({1})}),))
    await hub.house.keeper.async_change(
        lambda house: replace(
            house,
            groups={"s": office, "a": always},
            people={"bo": bo(groups=frozenset({"s", "a"}))},
            credentials=CARDS,
            kept=KEPT,
        )
    )
    await until(hub, lambda: is_in_step(hub, 7))
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "schedule/delete", "schedule_id": "office"})
    assert (await client.receive_json())["success"]
    await settled(hass)
    assert there.would_open(7, 1, at(9))
    await hub.house.async_update("bo", {"groups": frozenset({"s"})}, {}, (), None)
    await there.wait_for(lambda: not there.would_open(7, 1, at(9)) or None)
    await settled(hass)
