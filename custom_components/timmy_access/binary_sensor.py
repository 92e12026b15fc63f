"""Whether a terminal is connected, its door open, its housing opened, its alarm raised.

The last three follow live records only. They are on the terminal and not on a door: records do not say which door they
are about (field notes 3, event).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import RememberingEntity, TerminalEntity, async_add_terminal_entities
from .hub.hub import TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .terminal.state import TerminalState

PARALLEL_UPDATES = 0  # read only


@dataclass(frozen=True, kw_only=True)
class TerminalBinarySensorDescription(BinarySensorEntityDescription):
    """How a binary sensor reads the state of its terminal."""

    always_available: bool = False
    value_fn: Callable[[TerminalState], bool | None]


BINARY_SENSORS: tuple[TerminalBinarySensorDescription, ...] = (
    TerminalBinarySensorDescription(
        key="connectivity",
        always_available=True,
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.online,
    ),
    TerminalBinarySensorDescription(
        key="door",
        device_class=BinarySensorDeviceClass.DOOR,
        value_fn=lambda state: state.contacts.door,
    ),
)
# Keys are fields of `Contacts`.
LATCHED: tuple[TerminalBinarySensorDescription, ...] = (
    TerminalBinarySensorDescription(
        key="alarm",
        translation_key="alarm",
        device_class=BinarySensorDeviceClass.SAFETY,
        value_fn=lambda state: state.contacts.alarm,
    ),
    TerminalBinarySensorDescription(
        key="tamper",
        device_class=BinarySensorDeviceClass.TAMPER,
        value_fn=lambda state: state.contacts.tamper,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of every terminal."""
    async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [
            *(TerminalBinarySensor(terminal, description) for description in BINARY_SENSORS),
            *(LatchedBinarySensor(terminal, description) for description in LATCHED),
        ],
    )


class TerminalBinarySensor(TerminalEntity, BinarySensorEntity):
    """A yes or no about a terminal."""

    entity_description: TerminalBinarySensorDescription

    def __init__(self, terminal: Terminal, description: TerminalBinarySensorDescription) -> None:
        """Read one value of a terminal."""
        super().__init__(terminal, description.key)
        self.entity_description = description

    @property
    @override
    def available(self) -> bool:
        """Whether the value is known; that of the connection always is."""
        return self.entity_description.always_available or super().available

    @property
    @override
    def is_on(self) -> bool | None:
        """The value."""
        return self.entity_description.value_fn(self.state_of_terminal)


class LatchedBinarySensor(RememberingEntity, TerminalBinarySensor):
    """An alarm, which terminals report when it begins and not when it ends; see `Contacts` for what ends it here."""

    @override
    async def async_added_to_hass(self) -> None:
        """Remember an alarm from before a restart."""
        await super().async_added_to_hass()
        if await self.async_last_remembered():
            self.terminal.upkeep.async_assume_alarm(self.entity_description.key)

    @property
    @override
    def remembered(self) -> bool:
        """The value."""
        return bool(self.is_on)
