"""Settings of a terminal that are on or off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo as DeviceEntryInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .entity import SettingDescription, SettingEntity, async_add_reported_entities, async_leave_to_owner
from .hub.hub import TimmyAccessConfigEntry
from .hub.outcomes import Who, check_confirmed, described
from .hub.rights import async_check_administrator, async_check_in_person, async_name_of
from .hub.terminal import Terminal
from .terminal.settings import ACCESS, DEVICE
from .terminal.state import Emergency

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
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
    TerminalSwitchDescription(
        key="wiegand_card",
        translation_key="wiegand_card",
        entity_registry_enabled_default=False,
        sheet=ACCESS,
    ),
)


LOCKDOWN = SwitchEntityDescription(key="lockdown", translation_key="lockdown")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the lockdown of all doors, and the switches that each terminal reports."""
    lockdown = [LockdownSwitch(entry, LOCKDOWN)]

    @callback
    def _async_add_lockdown(_: Terminal) -> None:
        """Show it once there is a terminal: whoever sets up a listener has no house to name yet."""
        if lockdown:
            async_add_entities(tuple(lockdown))
            lockdown.clear()

    entry.async_on_unload(entry.runtime_data.async_subscribe_terminals(_async_add_lockdown))
    async_add_reported_entities(hass, entry, async_add_entities, Platform.SWITCH, SWITCHES, TerminalSwitch)


class LockdownSwitch(SwitchEntity):
    """Whether doors are locked down; switching it on locks down all of a listener's, and off ends it for all.

    Its attributes say who has asked since when, and which doors have confirmed that they are held closed.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: TimmyAccessConfigEntry, description: SwitchEntityDescription) -> None:
        """Lock down the doors of a listener."""
        self.entity_description = description
        self._hub = entry.runtime_data
        self._emergencies = entry.runtime_data.door_orders.emergencies
        self._shown: object = None
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceEntryInfo(
            identifiers={(DOMAIN, entry.entry_id)}, entry_type=DeviceEntryType.SERVICE, name=entry.title
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is ordered."""
        async_leave_to_owner(self)
        self.async_on_remove(self._emergencies.async_subscribe(self._async_look))

    @callback
    def _async_look(self) -> None:
        """Show what is another."""
        shown = (self.is_on, self.extra_state_attributes)
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()

    @property
    @override
    def is_on(self) -> bool:
        """Whether any door is locked down."""
        return self._emergencies.is_on(Emergency.LOCKDOWN)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Who has asked since when, and which doors are held closed, as far as that is confirmed."""
        if (order := self._emergencies.order(Emergency.LOCKDOWN)) is None:
            return None
        outcomes = self._emergencies.outcomes(Emergency.LOCKDOWN)
        return {
            "asked_by": order.name,
            "confirmed": [described(outcome)["name"] for outcome in outcomes if outcome.confirmed],
            "since": dt_util.as_local(order.since).isoformat(),
            "unconfirmed": [described(outcome)["name"] for outcome in outcomes if not outcome.confirmed],
        }

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Lock down all doors."""
        asked_at, context = self.hass.loop.time(), self._context
        if context is not None:
            await async_check_administrator(self.hass, context, self._hub.title)
        doors = dict.fromkeys(self._hub.terminals.values())
        await self._emergencies.async_begin(
            Emergency.LOCKDOWN, doors, await self._async_who(), asked_at, all_doors=True
        )
        check_confirmed(self._emergencies.outcomes(Emergency.LOCKDOWN))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """End the lockdown of all doors, and bring back what was before."""
        asked_at = self.hass.loop.time()
        await async_check_in_person(self.hass, self._context, self._hub.title)
        doors = dict.fromkeys(self._hub.terminals.values())
        outcomes, _ = await self._emergencies.async_end(Emergency.LOCKDOWN, doors, await self._async_who(), asked_at)
        check_confirmed(outcomes)

    async def _async_who(self) -> Who:
        by = None if self._context is None else self._context.user_id
        return Who(by=by, name=await async_name_of(self.hass, by))


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
