"""Triggers of a device, for the editor: people, groups and passes are chosen from lists that know them.

They are the triggers of `automation.triggers` at one terminal, with forms that are filled in when they are asked for;
`triggers.yaml`, which describes the others, is a file and knows nobody.
"""

from collections.abc import Mapping
from typing import Any, cast

import voluptuous as vol

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.const import ATTR_DEVICE_ID, CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE
from homeassistant.core import CALLBACK_TYPE, Context, HassJob, HomeAssistant, callback
from homeassistant.helpers.trigger import TriggerActionRunner, TriggerActionType, TriggerConfig, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .automation.offers import async_selectors
from .automation.targets import async_check_target, async_place
from .automation.triggers import CODE_SOURCES, METHODS, READERS, TRIGGERS, triggers
from .const import DOMAIN
from .fields import Fields

# Those that are about somebody, each with the fields to choose; the first is asked first.
OFFERED: Mapping[str, tuple[str, ...]] = {
    "access_granted": ("person", "group", "person_entity_id", "method", "reader"),
    "access_refused": ("person", "group", "person_entity_id", "reader"),
    "access_requested": ("person", "group", "person_entity_id", "reader"),
    "code_granted": ("pass_name", "source"),
}
# Fields that are words: the key of their translations, and the words.
_WORDS = {
    "method": ("access_method", METHODS),
    "reader": ("reader", READERS),
    "source": ("code_source", CODE_SOURCES),
}
_FIELDS: Mapping[str, Fields] = {
    description.key: {key: check for key, check in description.fields.items() if str(key) in OFFERED[description.key]}
    for description in TRIGGERS
    if description.key in OFFERED
}


def _belonging(config: ConfigType) -> ConfigType:
    """Return the configuration of a trigger, if its fields are those of its type."""
    return cast("ConfigType", _SCHEMAS[config[CONF_TYPE]](config))


_SCHEMAS: Mapping[str, vol.Schema] = {
    key: DEVICE_TRIGGER_BASE_SCHEMA.extend({vol.Required(CONF_TYPE): key, **fields}) for key, fields in _FIELDS.items()
}
TRIGGER_SCHEMA = vol.All(vol.Schema({vol.Required(CONF_TYPE): vol.In(OFFERED)}, extra=vol.ALLOW_EXTRA), _belonging)


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, Any]]:
    """Return the triggers of a terminal; doors have none, as terminals do not tell at which of them it was."""
    if async_place(hass, device_id) is None:
        return []
    return [
        {CONF_PLATFORM: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id, CONF_TYPE: key} for key in OFFERED
    ]


async def async_get_trigger_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, vol.Schema]:
    """Return what can be chosen for a trigger now."""
    selectors = await async_selectors(hass, config[CONF_DEVICE_ID], OFFERED[config[CONF_TYPE]], _WORDS)
    return {"extra_fields": vol.Schema({vol.Optional(name): selector for name, selector in selectors.items()})}


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Wait for what a trigger is about; raises a translated error for a device that is no terminal."""
    key: str = config[CONF_TYPE]
    target = {ATTR_DEVICE_ID: [config[CONF_DEVICE_ID]]}
    async_check_target(hass, target)
    options = {name: config[name] for name in OFFERED[key] if name in config}
    trigger = triggers()[key](hass, TriggerConfig(key=key, target=target, options=options))
    job = HassJob(action, f"{key} of a device")
    about = {**trigger_info["trigger_data"], CONF_PLATFORM: "device", CONF_DOMAIN: DOMAIN, CONF_TYPE: key}

    @callback
    def _run(facts: dict[str, Any], description: str, context: Context | None = None) -> Any:
        return hass.async_run_hass_job(job, {"trigger": {**about, **facts, "description": description}}, context)

    return await trigger.async_attach_runner(cast("TriggerActionRunner", _run))
