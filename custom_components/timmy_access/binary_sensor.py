"""Whether a terminal is connected."""

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

from .coordinator import TimmyAccessConfigEntry
from .entity import TerminalEntity, async_add_terminal_entities
from .state import TerminalState
from .terminal import Terminal

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
        lambda terminal: [TerminalBinarySensor(terminal, description) for description in BINARY_SENSORS],
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
