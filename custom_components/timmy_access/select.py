"""What holds the door, and settings of a terminal that are a choice."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import (
    RememberingEntity,
    SettingDescription,
    SettingEntity,
    async_add_reported_entities,
    async_add_terminal_entities,
    unique_id,
)
from .errors import translated_errors
from .hub.hub import TimmyAccessConfigEntry
from .hub.rights import Right
from .hub.terminal import Terminal
from .terminal.choices import CHOICES, SERVER_APPROVAL
from .terminal.settings import ACCESS, DEVICE
from .terminal.state import DoorMode, DoorState, TerminalState
from .terminal.verify_modes import verify_modes

# Every terminal has its own queue, in which doors go first; one that does not answer must not hold up another's.
PARALLEL_UPDATES = 0

DOOR_MODE = "door_mode"
# `lockctrl` names no door and holds all of them (specification B38): it is for terminals that have one.
ONLY_DOOR = 1


def _always(table: Mapping[int, str]) -> Callable[[TerminalState], Mapping[int, str]]:
    """Return a table that holds for every terminal."""
    return lambda _: table


@dataclass(frozen=True, kw_only=True)
class TerminalSelectDescription(SettingDescription, SelectEntityDescription):
    """A setting that is a choice, and what its numbers mean."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    options_fn: Callable[[TerminalState], Mapping[int, str]]


SELECTS: tuple[TerminalSelectDescription, ...] = (
    TerminalSelectDescription(
        key="alarm_input",
        translation_key="alarm_input",
        entity_registry_enabled_default=False,
        options_fn=_always(CHOICES["alarm_input"]),
        sheet=ACCESS,
    ),
    TerminalSelectDescription(
        key="anti_passback",
        translation_key="anti_passback",
        entity_registry_enabled_default=False,
        options_fn=_always(CHOICES["anti_passback"]),
        sheet=ACCESS,
    ),
    TerminalSelectDescription(
        key="door_sensor",
        translation_key="door_sensor",
        entity_registry_enabled_default=False,
        options_fn=_always(CHOICES["door_sensor"]),
        sheet=ACCESS,
    ),
    TerminalSelectDescription(
        key="duress",
        translation_key="duress",
        entity_registry_enabled_default=False,
        options_fn=_always(CHOICES["duress"]),
        sheet=ACCESS,
    ),
    TerminalSelectDescription(
        key="server_approval",
        translation_key="server_approval",
        entity_registry_enabled_default=False,
        options_fn=_always(SERVER_APPROVAL),
        sheet=DEVICE,
    ),
    TerminalSelectDescription(
        key="verify_mode",
        translation_key="verify_mode",
        entity_registry_enabled_default=False,
        options_fn=lambda state: verify_modes(state.info),
        sheet=DEVICE,
    ),
    TerminalSelectDescription(
        key="wiegand_format",
        translation_key="wiegand_format",
        entity_registry_enabled_default=False,
        options_fn=_always(CHOICES["wiegand_format"]),
        sheet=ACCESS,
    ),
    TerminalSelectDescription(
        key="wiegand_output",
        translation_key="wiegand_output",
        entity_registry_enabled_default=False,
        options_fn=_always(CHOICES["wiegand_output"]),
        sheet=ACCESS,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choices that each terminal reports, and the door mode of terminals with one door."""

    @callback
    def _door_modes(terminal: Terminal) -> Iterable[DoorModeSelect]:
        if len(terminal.coordinator.data.doors) == ONLY_DOOR:
            return [DoorModeSelect(terminal)]
        registry = er.async_get(hass)
        if entity_id := registry.async_get_entity_id(Platform.SELECT, DOMAIN, unique_id(terminal, DOOR_MODE)):
            registry.async_remove(entity_id)
        return []

    await async_add_terminal_entities(entry, async_add_entities, _door_modes)
    await async_add_reported_entities(hass, entry, async_add_entities, Platform.SELECT, SELECTS, TerminalSelect)


class TerminalSelect(SettingEntity, SelectEntity):
    """A choice in the settings of a terminal."""

    entity_description: TerminalSelectDescription

    @property
    @override
    def options(self) -> list[str]:
        """What can be chosen."""
        return list(self._table.values())

    @property
    @override
    def current_option(self) -> str | None:
        """What is chosen; None for a number that has no meaning here."""
        return None if self.setting is None else self._table.get(self.setting)

    @override
    async def async_select_option(self, option: str) -> None:
        """Write the number of an option."""
        await self.async_change(next(number for number, name in self._table.items() if name == option))

    @property
    def _table(self) -> Mapping[int, str]:
        return self.entity_description.options_fn(self.state_of_terminal)


class DoorModeSelect(RememberingEntity, SelectEntity):
    """What holds the only door of a terminal. Assumed: terminals take a mode and never tell it.

    Unknown once the terminal may have forgotten it (see `Doors`).
    """

    _attr_assumed_state = True
    _attr_translation_key = DOOR_MODE

    def __init__(self, terminal: Terminal) -> None:
        """Control the only door."""
        super().__init__(terminal, DOOR_MODE)
        self._attr_options = [mode.value for mode in (DoorMode.NORMAL, DoorMode.HELD_OPEN, DoorMode.HELD_CLOSED)]

    @override
    async def async_added_to_hass(self) -> None:
        """Remember what held the door before a restart; nothing is sent."""
        await super().async_added_to_hass()
        if (mode := await self.async_last_remembered()) in {DoorMode.HELD_CLOSED, DoorMode.HELD_OPEN}:
            self.terminal.doors.async_assume(ONLY_DOOR, DoorMode(mode))

    @property
    @override
    def remembered(self) -> str:
        """The mode, also one that is in doubt: it is no more certain after a restart."""
        return self._door.held.value

    @property
    @override
    def current_option(self) -> str | None:
        """The mode that was asked for last; None where it is in doubt."""
        mode = self._door.mode
        return None if mode is None else mode.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Hold the door, or no longer; no person holds a door open here that needs a code, as there is no field."""
        asked_at, context = self.hass.loop.time(), self._context
        await self.async_check_right(Right.ADMINISTER)
        with translated_errors(self.terminal.name):
            if option == DoorMode.HELD_OPEN:
                await self.terminal.unlock_code.async_check_person(None, context)
            await self.terminal.doors.async_set_mode(DoorMode(option), asked_at)

    @property
    def _door(self) -> DoorState:
        return self.state_of_terminal.doors.get(ONLY_DOOR, DoorState())
