"""Which terminals the target of a trigger or a condition means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType

from ..const import DOMAIN
from ..fields import Fields
from ..hub.hub import Hub, TimmyAccessConfigEntry
from ..hub.terminal import Terminal

type Target = Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A terminal and its listener, which runs."""

    hub: Hub
    terminal: Terminal


@callback
def async_checked(hass: HomeAssistant, config: ConfigType, options: Fields) -> ConfigType:
    """Return the configuration of a trigger or a condition with checked options; raises translated errors."""
    schema = vol.Schema({vol.Required(CONF_OPTIONS, default=dict): dict(options), vol.Optional(CONF_TARGET): dict})
    checked = cast("ConfigType", schema(config))
    async_check_target(hass, checked.get(CONF_TARGET))
    return checked


@callback
def async_check_target(hass: HomeAssistant, target: Target) -> None:
    """Raise a translated error for a target that names something else than terminals, or nothing.

    One without any choice means all terminals. Devices that are gone are borne beside others: an alarm for two doors
    must not fail because one was taken down.
    """
    selection = TargetSelection(dict(target or {}))
    if not selection.has_any_target:
        return
    registry = er.async_get(hass)
    named = set(selection.device_ids)
    for entity_id in selection.entity_ids:
        if (entity := registry.async_get(entity_id)) is not None:
            if entity.device_id is None:
                raise _error("target_not_a_terminal", entity_id)
            named.add(entity.device_id)
        elif hass.states.get(entity_id) is not None:
            raise _error("target_not_a_terminal", entity_id)
    devices = dr.async_get(hass)
    for device_id in named:
        device = devices.async_get(device_id)
        if device is None or _is_terminal(device):
            continue
        name = device.name_by_user or device.name or device_id
        if any(domain == DOMAIN for domain, _ in device.identifiers):
            raise _error("target_is_a_door", name)
        raise _error("target_not_a_terminal", name)
    if not any(
        (device := devices.async_get(device_id)) is not None and _is_terminal(device)
        for device_id in _devices(hass, selection)
    ):
        raise _error("target_without_terminal", "")


@callback
def async_is_targeted(hass: HomeAssistant, target: Target, device_id: str) -> bool:
    """Return whether a target means a terminal now; areas and labels change."""
    selection = TargetSelection(dict(target or {}))
    return not selection.has_any_target or device_id in _devices(hass, selection)


@callback
def async_place(hass: HomeAssistant, device_id: str) -> Place | None:
    """Return the terminal of a device, and its listener; None while that does not run."""
    return next((place for place in _places(hass) if place.terminal.device_id == device_id), None)


@callback
def async_targeted_terminals(hass: HomeAssistant, target: Target) -> list[Terminal | None]:
    """Return the terminals that a target means; None stands for what is not known while a listener does not run."""
    loaded = {place.terminal.device_id: place.terminal for place in _places(hass)}
    selection = TargetSelection(dict(target or {}))
    if selection.has_any_target:
        registry = dr.async_get(hass)
        return [
            loaded.get(device_id)
            for device_id in _devices(hass, selection)
            if (device := registry.async_get(device_id)) is not None and _is_terminal(device)
        ]
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    return [*loaded.values(), *(None for entry in entries if entry.state is not ConfigEntryState.LOADED)]


def _places(hass: HomeAssistant) -> Iterator[Place]:
    entry: TimmyAccessConfigEntry
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        hub = entry.runtime_data
        for terminal in hub.terminals.values():
            yield Place(hub=hub, terminal=terminal)


def _devices(hass: HomeAssistant, selection: TargetSelection) -> set[str]:
    """Return all devices that are meant, by themselves or by one of their entities."""
    selected = async_extract_referenced_entity_ids(hass, selection, primary_entities_only=False)
    registry = er.async_get(hass)
    of_entities = {
        entity.device_id
        for entity_id in selected.referenced | selected.indirectly_referenced
        if (entity := registry.async_get(entity_id)) is not None and entity.device_id is not None
    }
    return selected.referenced_devices | of_entities


def _is_terminal(device: dr.AnyDeviceEntry) -> bool:
    return not isinstance(device, dr.ChildDeviceEntry) and any(domain == DOMAIN for domain, _ in device.identifiers)


def _error(key: str, name: str) -> HomeAssistantError:
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=key, translation_placeholders={"name": name})
