"""Terminals as devices; several doors of one as child devices with an area each."""

from collections.abc import Mapping, Sequence
import re
from typing import Any, cast
from urllib.parse import quote

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import CONNECTION_NETWORK_MAC, ChildDeviceInfo, DeviceInfo, format_mac

from ..const import CONF_DOOR_NAMES, CONF_DOORS, DOMAIN, PANEL_URL_PATH
from ..protocol.messages import DeviceInfo as TerminalFacts
from ..protocol.peer import as_text

MANUFACTURER = "Timmy"
# What a MAC address looks like once Home Assistant has formatted it; prototypes report other texts (field notes 2).
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


def terminal_identifier(serial: str) -> tuple[str, str]:
    """Return the registry identifier of a terminal."""
    return (DOMAIN, serial)


def door_identifier(serial: str, door: int) -> tuple[str, str]:
    """Return the registry identifier of a door."""
    return (DOMAIN, f"{serial}_door{door}")


def panel_address(serial: str) -> str:
    """Return where the device page's *Visit* leads: the terminal in the panel, which leads on to its log.

    Devices of doors have no such link in Home Assistant; theirs is that of the terminal, whose parts they are.
    """
    return f"homeassistant://{PANEL_URL_PATH}/terminals/{quote(serial, safe='')}"


def terminal_device_info(serial: str) -> DeviceInfo:
    """Return what links an entity to its terminal; the rest is registered by `async_register_terminal`."""
    return DeviceInfo(identifiers={terminal_identifier(serial)})


def door_device_info(serial: str, door: int, doors: int, terminal_device_id: str) -> ChildDeviceInfo | DeviceInfo:
    """Return what links an entity to its door; the only door of a terminal is the terminal itself."""
    if doors == 1:
        return terminal_device_info(serial)
    return ChildDeviceInfo(
        identifiers={door_identifier(serial, door)},
        parent_device_id=terminal_device_id,
        translation_key="door",
        translation_placeholders={"number": str(door)},
    )


@callback
def async_register_terminal(
    hass: HomeAssistant,
    entry_id: str,
    subentry_id: str,
    serial: str,
    name: str,
    facts: TerminalFacts,
    *,
    area_id: str | None = None,
) -> str:
    """Create or update the device of a terminal and return its id.

    The area applies only when the device is created: afterwards it belongs to the user.
    """
    registry = dr.async_get(hass)
    known = registry.async_get_device_by_identifier(terminal_identifier(serial), entry_id)
    device = registry.async_get_or_create(
        config_entry_id=entry_id,
        config_subentry_id=subentry_id,
        identifiers={terminal_identifier(serial)},
        configuration_url=panel_address(serial),
        connections=_connections(registry, entry_id, serial, facts),
        manufacturer=MANUFACTURER,
        model=_shown(facts.model),
        name=name,
        serial_number=serial,
        sw_version=_shown(facts.firmware),
    )
    if known is None and area_id is not None:
        registry.async_update_device(device.id, area_id=area_id)
    return device.id


@callback
def async_place_doors(
    hass: HomeAssistant, entry_id: str, subentry_id: str, serial: str, data: Mapping[str, Any]
) -> None:
    """Have a device for each of several doors and none for a single one; entities of door 1 move along.

    Doors that the terminal no longer has are removed with their entities. Names that were chosen, from the first door
    on, apply only when a device is created: afterwards they belong to the user.
    """
    doors: int = data[CONF_DOORS]
    names: Sequence[str] = data.get(CONF_DOOR_NAMES, ())
    registry = dr.async_get(hass)
    terminal = registry.async_get_device_by_identifier(terminal_identifier(serial), entry_id)
    if terminal is None:
        return
    wanted = range(1, doors + 1) if doors > 1 else range(0)
    first = terminal.id
    # All that is looked through is the terminal's own: each of hundreds would look through the whole building.
    for door in wanted:
        info = door_device_info(serial, door, doors, terminal.id)
        known = registry.async_get_child_device_by_identifier(door_identifier(serial, door), entry_id)
        child = registry.async_get_or_create_child(
            config_entry_id=entry_id, config_subentry_id=subentry_id, **cast("ChildDeviceInfo", info)
        )
        if known is None and (name := "".join(names[door - 1 : door])):
            registry.async_update_child_device(child.id, name_by_user=name)
        if door == 1:
            first = child.id
    entities = er.async_get(hass)
    children = dr.async_entries_for_parent_device(registry, terminal.id)
    for device_id in {terminal.id, *(child.id for child in children)} - {first}:
        for entity in er.async_entries_for_device(entities, device_id, include_disabled_entities=True):
            if entity.unique_id.startswith(f"{serial}_door1_"):
                entities.async_update_entity(entity.entity_id, device_id=first)
    kept = {door_identifier(serial, door) for door in wanted}
    for child in children:
        if not child.identifiers & kept:
            registry.async_remove_device(child.id)


@callback
def async_replace_terminal(hass: HomeAssistant, entry_id: str, subentry_id: str, old: str, new: str) -> None:
    """Have the devices and entities of a terminal belong to the one that takes its place; a second time does nothing.

    What is left of the new one from when it was a terminal of its own goes.
    """
    registry, entities = dr.async_get(hass), er.async_get(hass)
    for entity in er.async_entries_for_config_entry(entities, entry_id):
        if entity.config_subentry_id != subentry_id or not entity.unique_id.startswith(f"{old}_"):
            continue
        unique_id = _renamed(entity.unique_id, old, new)
        if (left_entity := entities.async_get_entity_id(entity.domain, DOMAIN, unique_id)) is not None:
            entities.async_remove(left_entity)
        entities.async_update_entity(entity.entity_id, new_unique_id=unique_id)
    left = registry.async_get_device_by_identifier(terminal_identifier(new), entry_id)
    if left is not None and left.config_subentry_id != subentry_id:
        registry.async_remove_device(left.id)
    for child in dr.async_child_entries_for_config_entry(registry, entry_id):
        if child.config_subentry_id == subentry_id:
            identifiers = {(domain, _renamed(name, old, new)) for domain, name in child.identifiers}
            registry.async_update_child_device(child.id, new_identifiers=identifiers)
    device = registry.async_get_device_by_identifier(terminal_identifier(old), entry_id)
    if device is not None and device.config_subentry_id == subentry_id:
        registry.async_update_device(
            device.id,
            configuration_url=panel_address(new),
            new_identifiers={terminal_identifier(new)},
            new_connections=set(),
            serial_number=new,
            sw_version=None,
        )


def _renamed(name: str, old: str, new: str) -> str:
    return f"{new}_{name.removeprefix(f'{old}_')}" if name.startswith(f"{old}_") else name


def _connections(registry: dr.DeviceRegistry, entry_id: str, serial: str, facts: TerminalFacts) -> set[tuple[str, str]]:
    mac = format_mac(facts.mac or "")
    if not _MAC.fullmatch(mac):
        return set()
    connection = (CONNECTION_NETWORK_MAC, mac)
    # Prototypes have the one the factory left in all of them (field notes 2); a device has it for itself.
    holder = registry.async_get_device_by_connection(connection, entry_id)
    shared = holder is not None and terminal_identifier(serial) not in holder.identifiers
    return set() if shared else {connection}


def _shown(text: str | None) -> str | None:
    return as_text(text) if text else None
