"""Which doors of a listener somebody means who names devices, locks, areas and labels."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import DOMAIN
from ..terminal.devices import door_identifier
from .outcomes import Doors, is_alone
from .terminal import Terminal


@callback
def async_chosen_doors(
    hass: HomeAssistant, entry_id: str, terminals: Mapping[str, Terminal], target: Mapping[str, Any]
) -> Doors:
    """Return the doors that a target means, None for all of a terminal; without any choice all doors.

    A terminal that is named itself means all its doors; one in an area only the doors that are there too. Raises a
    translated error for a device or an entity that is no door here, and where there is none at all.
    """
    selection = TargetSelection(dict(target))
    if not selection.has_any_target:
        return dict.fromkeys(terminals.values())
    selected = async_extract_referenced_entity_ids(hass, selection, primary_entities_only=False)
    entity_ids = selected.referenced | selected.indirectly_referenced
    entities, devices = er.async_get(hass), dr.async_get(hass)
    doors: dict[Terminal, frozenset[int] | None] = {}
    unknown = set(selection.device_ids) | set(selection.entity_ids)
    for terminal in terminals.values():
        meant: set[int] = set()
        for door in terminal.coordinator.data.doors:
            device = devices.async_get_child_device_by_identifier(door_identifier(terminal.serial, door), entry_id)
            lock = entities.async_get_entity_id(Platform.LOCK, DOMAIN, f"{terminal.serial}_door{door}_lock")
            named = {lock, None if device is None else device.id}
            unknown -= named
            if named & (entity_ids | selected.referenced_devices):
                meant.add(door)
        unknown.discard(terminal.device_id)
        if terminal.device_id in selection.device_ids or (
            is_alone(terminal) and terminal.device_id in selected.referenced_devices
        ):
            doors[terminal] = None
        elif meant:
            doors[terminal] = frozenset(meant)
    if unknown:
        raise _error("target_not_a_terminal", min(unknown))
    if not doors:
        raise _error("target_without_terminal", "")
    return doors


def _error(key: str, name: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"field": "target", "name": name}
    )
