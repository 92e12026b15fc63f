"""What all entities of terminals and doors have in common."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import TerminalCoordinator, TimmyAccessConfigEntry
from .devices import door_device_info, terminal_device_info
from .state import DoorState, TerminalState
from .terminal import Terminal


class TerminalEntity(CoordinatorEntity[TerminalCoordinator]):
    """An entity of a terminal; available while the terminal is connected."""

    _attr_device_info: ChildDeviceInfo | DeviceInfo
    _attr_has_entity_name = True

    def __init__(self, terminal: Terminal, key: str) -> None:
        """Belong to a terminal, as its `key`."""
        super().__init__(terminal.coordinator)
        self.terminal = terminal
        self._attr_unique_id = f"{terminal.serial}_{key}"
        self._attr_device_info = terminal_device_info(terminal.serial)

    @property
    @override
    def available(self) -> bool:
        """Whether the terminal is connected; nothing else makes it unavailable."""
        return self.state_of_terminal.online

    @property
    def state_of_terminal(self) -> TerminalState:
        """The present state of the terminal."""
        return self.coordinator.data


class DoorEntity(TerminalEntity):
    """An entity of one door."""

    def __init__(self, terminal: Terminal, door: int, key: str) -> None:
        """Belong to a door, as its `key`."""
        super().__init__(terminal, f"door{door}_{key}")
        self.door = door
        self._attr_device_info = door_device_info(
            terminal.serial, door, len(terminal.coordinator.data.doors), terminal.device_id
        )

    @property
    @override
    def available(self) -> bool:
        """Whether the terminal is connected and still has this door."""
        return super().available and self.door in self.state_of_terminal.doors

    @property
    def state_of_door(self) -> DoorState:
        """The present state of the door."""
        return self.state_of_terminal.doors.get(self.door, DoorState())


@callback
def async_add_terminal_entities(
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    build: Callable[[Terminal], Iterable[Entity]],
) -> None:
    """Add the entities that `build` returns for each terminal: now, and as terminals and doors are added later."""
    added: dict[str, set[str | None]] = {}

    @callback
    def _async_add(terminal: Terminal) -> None:
        entities = list(build(terminal))
        before = added.get(terminal.subentry_id, set())
        added[terminal.subentry_id] = {entity.unique_id for entity in entities}
        if new := [entity for entity in entities if entity.unique_id not in before]:
            async_add_entities(new, config_subentry_id=terminal.subentry_id)

    entry.async_on_unload(entry.runtime_data.async_subscribe_terminals(_async_add))
