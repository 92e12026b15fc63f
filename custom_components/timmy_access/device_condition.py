"""Conditions of a device, for the editor: people and groups are chosen from lists that know them (`device_trigger`)."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, CONF_CONDITION, CONF_DEVICE_ID, CONF_DOMAIN, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.condition import ATTR_BEHAVIOR, BEHAVIOR_ANY, ConditionCheckerType, ConditionConfig
from homeassistant.helpers.config_validation import DEVICE_CONDITION_BASE_SCHEMA
from homeassistant.helpers.selector import DurationSelector, DurationSelectorConfig
from homeassistant.helpers.typing import ConfigType, TemplateVarsType

from .automation.conditions import CONDITIONS, CONF_WITHIN, conditions
from .automation.offers import async_selectors
from .automation.targets import async_place
from .const import DOMAIN

WAS_SEEN = "person_was_seen"
OFFERED = ("person", "group", "person_entity_id")
_CHOSEN: Mapping[vol.Marker, Any] = {
    key: check
    for description in CONDITIONS
    if description.key == WAS_SEEN
    for key, check in description.fields.items()
    if str(key) in (*OFFERED, CONF_WITHIN)
}
CONDITION_SCHEMA = DEVICE_CONDITION_BASE_SCHEMA.extend({vol.Required(CONF_TYPE): WAS_SEEN, **_CHOSEN})


async def async_get_conditions(hass: HomeAssistant, device_id: str) -> list[dict[str, Any]]:
    """Return the conditions of a terminal."""
    if async_place(hass, device_id) is None:
        return []
    return [{CONF_CONDITION: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id, CONF_TYPE: WAS_SEEN}]


async def async_get_condition_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, vol.Schema]:
    """Return what can be chosen for a condition now."""
    selectors = await async_selectors(hass, config[CONF_DEVICE_ID], OFFERED, {})
    return {
        "extra_fields": vol.Schema(
            {
                vol.Required(CONF_WITHIN): DurationSelector(DurationSelectorConfig(enable_day=True)),
                **{vol.Optional(name): selector for name, selector in selectors.items()},
            }
        )
    }


@callback
def async_condition_from_config(hass: HomeAssistant, config: ConfigType) -> ConditionCheckerType:
    """Return what tells whether a condition holds."""
    options = {name: config[name] for name in (*OFFERED, CONF_WITHIN) if name in config}
    condition = conditions()[WAS_SEEN](
        hass,
        ConditionConfig(
            options={ATTR_BEHAVIOR: BEHAVIOR_ANY, **options}, target={ATTR_DEVICE_ID: [config[CONF_DEVICE_ID]]}
        ),
    )

    @callback
    def _holds(_: HomeAssistant, __: TemplateVarsType) -> bool:
        return condition.holds()

    return _holds
