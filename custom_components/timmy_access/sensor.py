"""When and where a terminal was last seen; who was let in last, and when; how full a terminal is, and how it is doing.

What is known of the latest punch stays available while the terminal is offline, as events do, and survives a restart;
so does when the terminal was last seen. How much of its memory is used are attributes of each count: so the device
page has one line each, and an automation can still wait for the share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, override

from homeassistant.components.sensor import (
    ATTR_STATE_CLASS,
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfTemperature, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo as DeviceEntryInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval

from .const import DOMAIN
from .entity import TerminalEntity, async_add_reported_entities, async_add_terminal_entities, async_leave_to_owner
from .hub.hub import Hub, TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .protocol.messages import DeviceInfo
from .terminal.moments import Punch
from .terminal.state import TerminalState

PARALLEL_UPDATES = 0  # read only

# Frames come many times a minute; a state that is written and recorded with each would cost more than it tells.
LAST_SEEN_INTERVAL = timedelta(minutes=1)

PERCENT = 100

# Activity leaves out sensors that have this attribute, whatever it says. Without it, each minute and each punch would
# make a line there that tells nothing; Home Assistant has no other way for a state that is no number.
SILENT: Final = {ATTR_STATE_CLASS: None}


@dataclass(frozen=True, kw_only=True)
class PunchSensorDescription(SensorEntityDescription):
    """What a sensor shows of the latest punch.

    Off at first: the lock's `changed_by`, triggers, events on the bus and the lines of Activity tell the same.
    """

    entity_registry_enabled_default: bool = False
    value_fn: Callable[[Punch], datetime | float | str | None]

    def reported_fn(self, state: TerminalState) -> bool:
        """Return whether the latest punch has it."""
        return state.latest_punch is not None and self.value_fn(state.latest_punch) is not None


@dataclass(frozen=True, kw_only=True)
class TerminalSensorDescription(SensorEntityDescription):
    """What a sensor shows of a terminal, while it is connected."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    capacity_fn: Callable[[DeviceInfo], int | None] = lambda _: None
    value_fn: Callable[[TerminalState], int | None]

    def reported_fn(self, state: TerminalState) -> bool:
        """Return whether the terminal reports it: one that has room for none has not got the hardware."""
        return self.value_fn(state) is not None and self.capacity_fn(state.info) != 0


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
MEASURED_PUNCH_SENSORS: tuple[PunchSensorDescription, ...] = (
    PunchSensorDescription(
        key="latest_punch_temperature",
        translation_key="latest_punch_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        entity_registry_enabled_default=True,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
        value_fn=lambda punch: punch.temperature,
    ),
)
TERMINAL_SENSORS: tuple[TerminalSensorDescription, ...] = (
    TerminalSensorDescription(
        key="cards",
        translation_key="cards",
        capacity_fn=lambda info: info.cards_capacity,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.cards_used,
    ),
    TerminalSensorDescription(
        key="clock_drift",
        translation_key="clock_drift",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value_fn=lambda state: state.clock_ahead,
    ),
    TerminalSensorDescription(
        key="faces",
        translation_key="faces",
        capacity_fn=lambda info: info.faces_capacity,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.faces_used,
    ),
    TerminalSensorDescription(
        key="fingerprints",
        translation_key="fingerprints",
        capacity_fn=lambda info: info.fingerprints_capacity,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.fingerprints_used,
    ),
    TerminalSensorDescription(
        key="logs",
        translation_key="logs",
        capacity_fn=lambda info: info.logs_capacity,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.logs_used,
    ),
    TerminalSensorDescription(
        key="palms",
        translation_key="palms",
        capacity_fn=lambda info: info.palms_capacity,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.palms_used,
    ),
    TerminalSensorDescription(
        key="passwords",
        translation_key="passwords",
        capacity_fn=lambda info: info.passwords_capacity,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.passwords_used,
    ),
    TerminalSensorDescription(
        key="people_inside",
        translation_key="people_inside",
        entity_category=None,
        value_fn=lambda state: state.people_inside,
    ),
    TerminalSensorDescription(
        key="unsent_logs",
        translation_key="unsent_logs",
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.info.logs_unsent,
    ),
    TerminalSensorDescription(
        key="users",
        translation_key="users",
        capacity_fn=lambda info: info.users_capacity,
        value_fn=lambda state: state.info.users_used,
    ),
)
LAST_SEEN = SensorEntityDescription(
    key="last_seen",
    translation_key="last_seen",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
)
ADDRESS = SensorEntityDescription(
    key="address",
    translation_key="address",
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the house, of every terminal, and those that only some report."""
    house = [HouseSensor(entry, description) for description in HOUSE_SENSORS]

    @callback
    def _async_add_house(_: Terminal) -> None:
        """Show the house once there is a terminal: whoever sets up a listener has no house to name yet."""
        if house:
            async_add_entities(tuple(house))
            house.clear()

    entry.async_on_unload(entry.runtime_data.async_subscribe_terminals(_async_add_house))
    await async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [
            LastSeenSensor(terminal, LAST_SEEN),
            AddressSensor(terminal, ADDRESS),
            *(PunchSensor(terminal, description) for description in PUNCH_SENSORS),
        ],
    )
    add_reported = async_add_reported_entities
    await add_reported(hass, entry, async_add_entities, Platform.SENSOR, MEASURED_PUNCH_SENSORS, PunchSensor)
    await add_reported(hass, entry, async_add_entities, Platform.SENSOR, TERMINAL_SENSORS, TerminalSensor)


@dataclass(frozen=True, kw_only=True)
class HouseSensorDescription(SensorEntityDescription):
    """What a sensor shows of a whole house."""

    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    value_fn: Callable[[Hub], int | None]


HOUSE_SENSORS = (
    HouseSensorDescription(
        key="house_differences",
        translation_key="house_differences",
        value_fn=lambda hub: counts.differences if (counts := hub.caretaker.watch.counts) else None,
    ),
    HouseSensorDescription(
        key="house_people",
        translation_key="house_people",
        value_fn=lambda hub: len(hub.house.household.people),
    ),
    HouseSensorDescription(
        key="house_waiting",
        translation_key="house_waiting",
        value_fn=lambda hub: counts.waiting if (counts := hub.caretaker.watch.counts) else None,
    ),
)


class HouseSensor(SensorEntity):
    """One number about the house of a listener, which is a service."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description: HouseSensorDescription

    def __init__(self, entry: TimmyAccessConfigEntry, description: HouseSensorDescription) -> None:
        """Show one number about the house of a listener."""
        self.entity_description = description
        self._hub = entry.runtime_data
        self._shown: tuple[bool, int | None] | None = None
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceEntryInfo(
            identifiers={(DOMAIN, entry.entry_id)}, entry_type=DeviceEntryType.SERVICE, name=entry.title
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the house."""
        self.async_on_remove(self._hub.caretaker.watch.async_subscribe(self._async_look))
        self.async_on_remove(self._hub.house.keeper.async_subscribe(lambda _: self._async_look()))

    @callback
    def _async_look(self) -> None:
        """Show what is another number; a house that is written changes many times a second."""
        shown = (self.available, self.native_value)
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Whether the house is known."""
        return self._hub.house.keeper.is_known

    @property
    @override
    def native_value(self) -> int | None:
        """The value."""
        return self.entity_description.value_fn(self._hub)


class TerminalSensor(TerminalEntity, SensorEntity):
    """One number about a terminal."""

    entity_description: TerminalSensorDescription

    def __init__(self, terminal: Terminal, description: TerminalSensorDescription) -> None:
        """Show one number about a terminal."""
        super().__init__(terminal, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> int | None:
        """The value."""
        return self.entity_description.value_fn(self.state_of_terminal)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """How many fit, and how much of that is used, in per cent."""
        used, capacity = self.native_value, self.entity_description.capacity_fn(self.state_of_terminal.info)
        if used is None or not capacity:
            return None
        return {"capacity": capacity, "used_percentage": round(PERCENT * used / capacity, 1)}


class LastSeenSensor(TerminalEntity, RestoreSensor):
    """When the latest frame of a terminal came; looked at once a minute."""

    _attr_extra_state_attributes = SILENT

    def __init__(self, terminal: Terminal, description: SensorEntityDescription) -> None:
        """Show when a terminal was last seen."""
        super().__init__(terminal, description.key)
        self.entity_description = description

    @override
    async def async_added_to_hass(self) -> None:
        """Remember from before a restart, and look once a minute."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_sensor_data()) is not None:
            self._attr_native_value = last.native_value
        self._async_look()
        self.async_on_remove(
            async_track_time_interval(
                self.hass, self._async_look, LAST_SEEN_INTERVAL, name="last seen", cancel_on_shutdown=True
            )
        )

    @property
    @override
    def available(self) -> bool:
        """Always: it matters most while the terminal is offline."""
        return True

    @callback
    def _async_look(self, now: datetime | None = None) -> None:
        if (seen := self.terminal.last_seen) is not None:
            self._attr_native_value = seen
        if now is not None:
            self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Ignore the state of the terminal: the minute decides."""


class RememberedSensor(TerminalEntity, RestoreSensor):
    """What is known of a terminal also while it is offline, and from before a restart."""

    def __init__(self, terminal: Terminal, description: SensorEntityDescription) -> None:
        """Show what the terminal told last."""
        super().__init__(terminal, description.key)
        self.entity_description = description
        self._restored: str | int | float | date | datetime | Decimal | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Remember from before a restart."""
        await super().async_added_to_hass()
        async_leave_to_owner(self)
        if (last := await self.async_get_last_sensor_data()) is not None:
            self._restored = last.native_value

    @property
    @override
    def available(self) -> bool:
        """Always: what happened stays a fact, and whoever looks for a terminal wants to know where it was."""
        return True


class AddressSensor(RememberedSensor):
    """From which address a terminal dialled in last."""

    @property
    @override
    def native_value(self) -> str | int | float | date | datetime | Decimal | None:
        """The address."""
        return self.state_of_terminal.address or self._restored


class PunchSensor(RememberedSensor):
    """One fact about the latest punch."""

    _attr_extra_state_attributes = SILENT

    entity_description: PunchSensorDescription

    @property
    @override
    def native_value(self) -> str | int | float | date | datetime | Decimal | None:
        """The value."""
        punch = self.state_of_terminal.latest_punch
        return self._restored if punch is None else self.entity_description.value_fn(punch)
