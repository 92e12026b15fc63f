"""The hours of a schedule helper are followed, and never guessed."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.week import Week
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from ..conftest import FACE

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


async def test_a_helper_that_is_gone_has_no_hours_that_anybody_knows(
    hass: HomeAssistant, helper: str, following: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "schedule/delete", "schedule_id": "office"})
    assert (await client.receive_json())["success"]
    await hass.async_block_till_done(wait_background_tasks=True)
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
