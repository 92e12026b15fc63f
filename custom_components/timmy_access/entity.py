"""What all entities of terminals and doors have in common."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any, Protocol, override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.helpers.typing import UNDEFINED
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .errors import translated_errors
from .hub.hub import TimmyAccessConfigEntry
from .hub.rights import Right, async_check_right
from .hub.terminal import Terminal
from .services.labels import labelled
from .terminal.coordinator import TerminalCoordinator
from .terminal.devices import door_device_info, terminal_device_info
from .terminal.settings import Sheet
from .terminal.state import DoorState, TerminalState

# The assistant that Home Assistant exposes entities to by itself, and what says in their options whether it does.
_ASSIST = "conversation"
_SHOULD_EXPOSE = "should_expose"
# Terminals whose entities of one platform are made in one step of the event loop; those of a hundred take 50 ms.
_TERMINALS_A_STEP = 10


@callback
def async_leave_to_owner(entity: Entity) -> None:
    """Leave it to the owner whether Assist may know of an entity that Home Assistant would expose by itself.

    Whether a door stands open, a lockdown and a person's temperature are nothing for everybody in earshot. Locks are
    not exposed either before the owner says so, and what was chosen before stays.
    """
    known = entity.registry_entry
    if known is not None and _SHOULD_EXPOSE not in known.options.get(_ASSIST, {}):
        options = {**known.options.get(_ASSIST, {}), _SHOULD_EXPOSE: False}
        er.async_get(entity.hass).async_update_entity_options(known.entity_id, _ASSIST, options)


def unique_id(terminal: Terminal, key: str) -> str:
    """Return what identifies an entity of a terminal."""
    return f"{terminal.serial}_{key}"


class TerminalEntity(CoordinatorEntity[TerminalCoordinator]):
    """An entity of a terminal; available while the terminal is there."""

    _attr_device_info: ChildDeviceInfo | DeviceInfo
    _attr_has_entity_name = True

    def __init__(self, terminal: Terminal, key: str) -> None:
        """Belong to a terminal, as its `key`."""
        super().__init__(terminal.coordinator)
        self.terminal = terminal
        self._attr_unique_id = unique_id(terminal, key)
        self._attr_device_info = terminal_device_info(terminal.serial)

    @property
    @override
    def available(self) -> bool:
        """Whether the terminal is connected, or was until just now; nothing else makes it unavailable."""
        return self.state_of_terminal.is_here

    async def async_check_right(self, right: Right) -> bool:
        """Return if whoever asked for what is being done now may do it with the terminal; raises `NotAllowed`.

        True is an administrator in person.
        """
        return await async_check_right(self.hass, self._context, right, self.terminal)

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
        """Whether the terminal is there and still has this door."""
        return super().available and self.door in self.state_of_terminal.doors

    @override
    async def async_check_right(self, right: Right) -> bool:
        """Return if whoever asked for what is being done now may do it with the door; raises `NotAllowed`.

        True is an administrator in person.
        """
        return await async_check_right(self.hass, self._context, right, self.terminal, (self.door,))

    @property
    def state_of_door(self) -> DoorState:
        """The present state of the door."""
        return self.state_of_terminal.doors.get(self.door, DoorState())


@dataclass(frozen=True, kw_only=True)
class SettingDescription(EntityDescription):
    """A setting of a terminal: the sheet it is on, and as its key the name it has there."""

    sheet: Sheet

    def reported_fn(self, state: TerminalState) -> bool:
        """Return whether the terminal tells it."""
        return self.sheet.value(state, self.key) is not None


class SettingEntity(TerminalEntity):
    """A setting of a terminal, as the terminal told it last."""

    entity_description: SettingDescription

    def __init__(self, terminal: Terminal, description: SettingDescription) -> None:
        """Show and change one setting."""
        super().__init__(terminal, description.key)
        self.entity_description = description

    @property
    def setting(self) -> int | bool | None:
        """The value; None where the terminal does not tell it."""
        return self.entity_description.sheet.value(self.state_of_terminal, self.entity_description.key)

    async def async_change(self, value: float) -> None:
        """Write the value to the terminal; an error leaves what there is."""
        await self.async_check_right(Right.ADMINISTER)
        name = None if self.name is UNDEFINED else self.name
        with labelled(self.hass, label=name), translated_errors(self.terminal.name):
            await self.terminal.settings.async_write(self.entity_description.sheet, self.entity_description.key, value)


class RememberingEntity(TerminalEntity, RestoreEntity):
    """An entity whose value no terminal can be asked for: it is kept over a restart, even of an offline terminal."""

    @property
    def remembered(self) -> Mapping[str, Any] | str | bool | None:
        """The value to keep."""
        raise NotImplementedError

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """The value, which the state does not have while the terminal is offline."""
        return RestoredExtraData({"value": self.remembered})

    async def async_last_remembered(self) -> Any:
        """Return the value from before the restart; None without one."""
        last = await self.async_get_last_extra_data()
        return last.as_dict().get("value") if last is not None else None


async def async_with_each_terminal(entry: TimmyAccessConfigEntry, listener: Callable[[Terminal], None]) -> None:
    """Call `listener` with every terminal, some in each step of the event loop, and whenever one is added or changed.

    The entities of a whole building, made in one step, would hold up everybody who stands at a door meanwhile.
    """
    hub = entry.runtime_data
    entry.async_on_unload(hub.async_subscribe_terminals(listener, later=True))
    for some in batched(tuple(hub.terminals.values()), _TERMINALS_A_STEP, strict=False):
        for terminal in some:
            if hub.terminals.get(terminal.serial) is terminal:  # and has not been removed meanwhile
                listener(terminal)
        await asyncio.sleep(0)


async def async_add_terminal_entities(
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

    await async_with_each_terminal(entry, _async_add)


class ReportedDescription(Protocol):
    """An entity that only those terminals have that report its value."""

    @property
    def key(self) -> str:
        """Its name among the entities of the terminal."""

    def reported_fn(self, state: TerminalState) -> bool:
        """Return whether the terminal has reported the value."""


async def async_add_reported_entities[D: ReportedDescription](
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    descriptions: Iterable[D],
    make: Callable[[Terminal, D], Entity],
) -> None:
    """Add the described entities of each terminal as soon as it reports their values.

    What it reported before a restart is known to the registry, and is there at once.
    """
    registry = er.async_get(hass)
    missing: dict[str, list[D]] = {}

    @callback
    def _async_look(terminal: Terminal, *, at_first: bool = False) -> None:
        state = terminal.coordinator.data
        found = [
            description
            for description in missing[terminal.subentry_id]
            if description.reported_fn(state)
            or (at_first and registry.async_get_entity_id(platform, DOMAIN, unique_id(terminal, description.key)))
        ]
        if found:
            missing[terminal.subentry_id] = [one for one in missing[terminal.subentry_id] if one not in found]
            async_add_entities(
                [make(terminal, description) for description in found], config_subentry_id=terminal.subentry_id
            )

    @callback
    def _async_watch(terminal: Terminal) -> None:
        if terminal.subentry_id not in missing:
            missing[terminal.subentry_id] = list(descriptions)
            _async_look(terminal, at_first=True)
            entry.async_on_unload(terminal.coordinator.async_add_listener(partial(_async_look, terminal)))

    await async_with_each_terminal(entry, _async_watch)
