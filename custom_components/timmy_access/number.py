"""Settings of a terminal that are numbers."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SettingDescription, SettingEntity, async_add_reported_entities
from .hub.hub import TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .terminal.settings import ACCESS, DEVICE

# Every terminal has its own queue, in which doors go first; one that does not answer must not hold up another's.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TerminalNumberDescription(SettingDescription, NumberEntityDescription):
    """A setting that is a number; what it may be is on its sheet."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    mode: NumberMode | None = NumberMode.BOX


NUMBERS: tuple[TerminalNumberDescription, ...] = (
    TerminalNumberDescription(
        key="access_times",
        translation_key="access_times",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
    TerminalNumberDescription(
        key="alarm_delay",
        translation_key="alarm_delay",
        entity_registry_enabled_default=False,
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        sheet=ACCESS,
    ),
    TerminalNumberDescription(
        key="device_id",
        translation_key="device_id",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="fingerprints_per_user",
        translation_key="fingerprints_per_user",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="language",
        translation_key="language",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="log_warning",
        translation_key="log_warning",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="open_delay",
        translation_key="open_delay",
        device_class=NumberDeviceClass.DURATION,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        sheet=ACCESS,
    ),
    TerminalNumberDescription(
        key="people_together",
        translation_key="people_together",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
    TerminalNumberDescription(
        key="punch_times",
        translation_key="punch_times",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
    TerminalNumberDescription(
        key="reverify_time",
        translation_key="reverify_time",
        device_class=NumberDeviceClass.DURATION,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="screensaver_delay",
        translation_key="screensaver_delay",
        device_class=NumberDeviceClass.DURATION,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="server_approval_timeout",
        translation_key="server_approval_timeout",
        device_class=NumberDeviceClass.DURATION,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        sheet=DEVICE,
    ),
    TerminalNumberDescription(
        key="tries_before_alarm",
        translation_key="tries_before_alarm",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
    TerminalNumberDescription(
        key="volume",
        translation_key="volume",
        entity_registry_enabled_default=False,
        mode=NumberMode.SLIDER,
        sheet=DEVICE,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers that each terminal reports."""
    await async_add_reported_entities(hass, entry, async_add_entities, Platform.NUMBER, NUMBERS, TerminalNumber)


class TerminalNumber(SettingEntity, NumberEntity):
    """A number in the settings of a terminal."""

    entity_description: TerminalNumberDescription
    _attr_native_step = 1

    def __init__(self, terminal: Terminal, description: TerminalNumberDescription) -> None:
        """Show and change one number."""
        super().__init__(terminal, description)
        limits = description.sheet.limits(description.key)
        self._attr_native_min_value = limits.low
        self._attr_native_max_value = limits.high

    @property
    @override
    def native_value(self) -> int | None:
        """The value."""
        return self.setting

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write the value; one with a fraction is refused and not rounded."""
        await self.async_change(int(value) if value.is_integer() else value)
