"""Who was let in last, and when.

Like events, these stay available while the terminal is offline, and survive a restart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import override

from homeassistant.components.sensor import RestoreSensor, SensorDeviceClass, SensorEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TimmyAccessConfigEntry
from .entity import TerminalEntity, async_add_terminal_entities
from .moments import Punch
from .terminal import Terminal

PARALLEL_UPDATES = 0  # read only


@dataclass(frozen=True, kw_only=True)
class PunchSensorDescription(SensorEntityDescription):
    """What a sensor shows of the latest punch."""

    value_fn: Callable[[Punch], datetime | str | None]


PUNCH_SENSORS: tuple[PunchSensorDescription, ...] = (
    PunchSensorDescription(
        key="latest_punch",
        translation_key="latest_punch",
        value_fn=lambda punch: punch.person,
    ),
    PunchSensorDescription(
        key="latest_punch_time",
        translation_key="latest_punch_time",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda punch: punch.occurred_at,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of every terminal."""
    async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [PunchSensor(terminal, description) for description in PUNCH_SENSORS],
    )


class PunchSensor(TerminalEntity, RestoreSensor):
    """One fact about the latest punch."""

    entity_description: PunchSensorDescription

    def __init__(self, terminal: Terminal, description: PunchSensorDescription) -> None:
        """Show one fact about the latest punch at a terminal."""
        super().__init__(terminal, description.key)
        self.entity_description = description
        self._restored: str | int | float | date | datetime | Decimal | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Remember the latest punch from before a restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_sensor_data()) is not None:
            self._restored = last.native_value

    @property
    @override
    def available(self) -> bool:
        """Always: a punch that happened stays a fact."""
        return True

    @property
    @override
    def native_value(self) -> str | int | float | date | datetime | Decimal | None:
        """The value."""
        punch = self.state_of_terminal.latest_punch
        return self._restored if punch is None else self.entity_description.value_fn(punch)
