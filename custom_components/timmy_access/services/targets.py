"""Which terminals an action is for: devices, entities, areas, floors and labels."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er, service
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import DOMAIN
from ..hub.hub import Hub, TimmyAccessConfigEntry
from ..hub.terminal import Terminal
from ..terminal.devices import door_identifier


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a device is: a terminal of a listener, or one of its several doors."""

    device_id: str
    hub: Hub
    terminal: Terminal
    door: int | None


_LISTED = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))


def _one_or_several(value: Any) -> Any:
    return value if isinstance(value, str) else _LISTED(value)


# A terminal with one door has no device for it.
ONLY_DOOR = 1

# One device by itself, as actions have always taken it, or as many of all sorts as wanted.
TARGET_FIELDS: Mapping[vol.Marker, Any] = {
    vol.Optional(ATTR_DEVICE_ID): _one_or_several,
    **{vol.Optional(key): _LISTED for key in (ATTR_AREA_ID, ATTR_ENTITY_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID)},
}
TARGET_KEYS = frozenset(str(key) for key in TARGET_FIELDS)


def target_of(hass: HomeAssistant, device_id: str) -> Target:
    """Return the terminal of a device, and the door if it is one of several; raises translated errors."""
    entry: TimmyAccessConfigEntry
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id, include_child_devices=True)
    hub = entry.runtime_data
    terminal_device_id = device.parent_device_id if isinstance(device, dr.ChildDeviceEntry) else device.id
    for terminal in hub.terminals.values():
        if terminal.device_id == terminal_device_id:
            doors = terminal.coordinator.data.doors
            door = next((door for door in doors if door_identifier(terminal.serial, door) in device.identifiers), None)
            return Target(device_id=device_id, hub=hub, terminal=terminal, door=door)
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_terminal")


@callback
def async_targets(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return every terminal that is meant, once; raises translated errors for whatever is named and none of ours.

    Of an area, a floor and a label only what is ours is meant, and there has to be some in each.
    """
    found: dict[Terminal, Target] = {}
    for target in _meant(hass, data, _ours_in):
        found.setdefault(target.terminal, target)
    return tuple(found.values())


@callback
def async_door_targets(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return every terminal, for all its doors, and every single door that is meant; raises as `async_targets` does.

    Of a terminal with several doors, an area means those that are in it: the terminal may hang in another room than
    they, and nobody has named what is there.
    """
    return tuple({target.device_id: target for target in _meant(hass, data, _doors_in)}.values())


def _meant(
    hass: HomeAssistant, data: Mapping[str, Any], look: Callable[[HomeAssistant, Mapping[str, list[str]]], list[str]]
) -> Iterator[Target]:
    is_empty = True
    registry = er.async_get(hass)
    for device_id in cv.ensure_list(data.get(ATTR_DEVICE_ID, [])):
        is_empty = False
        yield target_of(hass, device_id)
    for entity_id in data.get(ATTR_ENTITY_ID, ()):
        entity = registry.async_get(entity_id)
        if entity is None or entity.platform != DOMAIN or entity.device_id is None:
            raise _none("target_not_a_terminal", entity_id)
        is_empty = False
        yield target_of(hass, entity.device_id)
    for key in (ATTR_AREA_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID):
        for chosen in data.get(key, ()):
            devices = look(hass, {key: [chosen]})
            if not devices:
                raise _none("target_without_terminal", chosen)
            is_empty = False
            for device_id in devices:
                yield target_of(hass, device_id)
    if is_empty:
        raise _none("target_missing", "")


def _doors_in(hass: HomeAssistant, chosen: Mapping[str, list[str]]) -> list[str]:
    """Return the devices of doors that are there, and of terminals that have one."""
    return [
        device_id
        for device_id in _ours_in(hass, chosen)
        if (target := target_of(hass, device_id)).door is not None
        or len(target.terminal.coordinator.data.doors) == ONLY_DOOR
    ]


def _ours_in(hass: HomeAssistant, chosen: Mapping[str, list[str]]) -> list[str]:
    """Return the devices of terminals and doors of running listeners that are in an area, on a floor, or labelled."""
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(chosen)), primary_entities_only=False)
    entities, devices = er.async_get(hass), dr.async_get(hass)
    found = set(selected.referenced_devices)
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = entities.async_get(entity_id)
        if entity is not None and entity.platform == DOMAIN and entity.device_id is not None:
            found.add(entity.device_id)
    known = {
        terminal.device_id
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        for terminal in entry.runtime_data.terminals.values()
    }
    return sorted(
        device_id
        for device_id in found
        if (device := devices.async_get(device_id)) is not None
        and (device.parent_device_id if isinstance(device, dr.ChildDeviceEntry) else device.id) in known
    )


def _none(key: str, name: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"name": name}
    )
