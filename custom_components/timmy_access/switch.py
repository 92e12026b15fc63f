"""Settings of a terminal that are on or off."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SettingDescription, SettingEntity, async_add_reported_entities
from .hub.hub import TimmyAccessConfigEntry
from .terminal.settings import ACCESS, DEVICE

# Every terminal has its own queue, in which doors go first; one that does not answer must not hold up another's.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TerminalSwitchDescription(SettingDescription, SwitchEntityDescription):
    """A setting that is on or off."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG


SWITCHES: tuple[TerminalSwitchDescription, ...] = (
    TerminalSwitchDescription(
        key="interlock",
        translation_key="interlock",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
    TerminalSwitchDescription(
        key="menu_locked",
        translation_key="menu_locked",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalSwitchDescription(
        key="open_for_strangers",
        translation_key="open_for_strangers",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalSwitchDescription(
        key="punch_photos",
        translation_key="punch_photos",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalSwitchDescription(
        key="sleep",
        translation_key="sleep",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalSwitchDescription(
        key="stranger_photos",
        translation_key="stranger_photos",
        entity_registry_enabled_default=False,
        sheet=DEVICE,
    ),
    TerminalSwitchDescription(
        key="tamper",
        translation_key="tamper",
        sheet=ACCESS,
    ),
    TerminalSwitchDescription(
        key="wiegand_card",
        translation_key="wiegand_card",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches that each terminal reports."""
    async_add_reported_entities(hass, entry, async_add_entities, Platform.SWITCH, SWITCHES, TerminalSwitch)


class TerminalSwitch(SettingEntity, SwitchEntity):
    """An on or off in the settings of a terminal."""

    entity_description: TerminalSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """The value."""
        return None if self.setting is None else bool(self.setting)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Write on."""
        await self.async_change(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Write off."""
        await self.async_change(value=False)
