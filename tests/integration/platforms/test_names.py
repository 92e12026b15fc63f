"""New names of entities are for new entities: who has one keeps its id, whatever it is called now."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..conftest import FACE, MakeTerminal, connected

# What was called otherwise once, by platform and the end of the unique ID, with the id of that time.
FORMER = (
    ("event", "door", "event.front_door_door"),
    ("number", "access_times", "number.front_door_accesses_allowed"),
    ("number", "alarm_delay", "number.front_door_door_alarm_delay"),
    ("number", "device_id", "number.front_door_device_id"),
    ("number", "punch_times", "number.front_door_punches_allowed"),
    ("select", "door_sensor", "select.front_door_door_sensor_type"),
)


@pytest.mark.usefixtures("all_enabled")
async def test_a_new_name_changes_no_id(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    (terminal,) = (it for it in entry.subentries.values() if it.unique_id == FACE)
    registry = er.async_get(hass)
    for platform, key, entity_id in FORMER:
        made = registry.async_get_or_create(
            platform,
            DOMAIN,
            f"{FACE}_{key}",
            config_entry=entry,
            config_subentry_id=terminal.subentry_id,
            suggested_object_id=entity_id.partition(".")[2],
        )
        assert made.entity_id == entity_id
    before = {it.id for it in er.async_entries_for_config_entry(registry, entry.entry_id)}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await connected(hass, make_terminal("ai_face", FACE))
    for platform, key, entity_id in FORMER:
        assert registry.async_get_entity_id(platform, DOMAIN, f"{FACE}_{key}") == entity_id
        assert registry.entities[entity_id].id in before
        assert hass.states.get(entity_id) is not None
    assert hass.states.get("select.front_door_door_sensor_type").name == "Front door Door contact type"  # type: ignore[union-attr]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_an_area_shows_no_button_for_alarms(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    """What is a setting or a diagnosis is on the page of the device alone; so it is of those who have had one."""
    (terminal,) = (it for it in entry.subentries.values() if it.unique_id == FACE)
    registry = er.async_get(hass)
    registry.async_get_or_create(
        "button", DOMAIN, f"{FACE}_cancel_alarm", config_entry=entry, config_subentry_id=terminal.subentry_id
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    entity_id = registry.async_get_entity_id("button", DOMAIN, f"{FACE}_cancel_alarm")
    assert registry.entities[entity_id or ""].entity_category is EntityCategory.CONFIG
    assert await hass.config_entries.async_unload(entry.entry_id)
