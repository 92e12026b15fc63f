"""Whether a terminal is connected, its door open, its housing opened, its alarm raised.

The last three follow what the terminal tells, alarms only what it tells of just now. They are on the terminal and not
on a door: records do not say which door they are about (field notes 3, event).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .entity import (
    RememberingEntity,
    TerminalEntity,
    async_add_terminal_entities,
    async_leave_to_owner,
    async_with_each_terminal,
    unique_id,
)
from .hub.hub import TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .terminal.contacts import CONTACT_KNOWN
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
        value_fn=lambda state: state.is_here,
    ),
)
DOOR = TerminalBinarySensorDescription(
    key="door",
    device_class=BinarySensorDeviceClass.DOOR,
    value_fn=lambda state: state.contacts.door,
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
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of every terminal."""
    await async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [
            *(TerminalBinarySensor(terminal, description) for description in BINARY_SENSORS),
            *(LatchedBinarySensor(terminal, description) for description in LATCHED),
        ],
    )
    await _async_add_contacts(hass, entry, async_add_entities)


async def _async_add_contacts(
    hass: HomeAssistant, entry: TimmyAccessConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the door's contact of each terminal that has one, and take it away where that is chosen to be none.

    One that the registry knows is there at once, also while its terminal has not told its type since a restart.
    """
    registry = er.async_get(hass)
    followed: set[str] = set()
    shown: set[str] = set()

    @callback
    def _async_look(terminal: Terminal) -> None:
        entity_id = registry.async_get_entity_id(Platform.BINARY_SENSOR, DOMAIN, unique_id(terminal, DOOR.key))
        has_contact = terminal.coordinator.data.has_contact
        if has_contact is False:
            shown.discard(terminal.subentry_id)
            if entity_id is not None:
                registry.async_remove(entity_id)
        elif terminal.subentry_id not in shown and (has_contact or entity_id is not None):
            shown.add(terminal.subentry_id)
            async_add_entities([DoorContact(terminal)], config_subentry_id=terminal.subentry_id)

    @callback
    def _async_follow(terminal: Terminal) -> None:
        if terminal.subentry_id not in followed:
            followed.add(terminal.subentry_id)
            _async_look(terminal)
            entry.async_on_unload(terminal.coordinator.async_add_listener(partial(_async_look, terminal)))

    await async_with_each_terminal(entry, _async_follow)


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


class DoorContact(RememberingEntity, TerminalBinarySensor):
    """Whether the door is open, which terminals tell when it moves and cannot be asked for."""

    def __init__(self, terminal: Terminal) -> None:
        """Read the contact of a terminal."""
        super().__init__(terminal, DOOR)

    @override
    async def async_added_to_hass(self) -> None:
        """Assume the door to be as it was before a restart, until the terminal tells."""
        await super().async_added_to_hass()
        async_leave_to_owner(self)
        last = await self.async_last_remembered()
        if isinstance(last, dict) and (moved_at := dt_util.parse_datetime(last["moved_at"])) is not None:
            self.terminal.upkeep.async_assume_door(is_open=last["open"], moved_at=moved_at)

    @property
    @override
    def assumed_state(self) -> bool:
        """Whether the door may have moved since, as far as the terminal has told."""
        return self.state_of_terminal.contacts.door_assumed

    @property
    @override
    def remembered(self) -> Mapping[str, Any] | None:
        """How the door is and since when; it is not known where the terminal has been away for long."""
        contacts, seen = self.state_of_terminal.contacts, self.terminal.last_seen
        if contacts.door_moved_at is None:
            return None
        is_known = seen is None or dt_util.utcnow() - seen <= CONTACT_KNOWN
        return {"moved_at": contacts.door_moved_at.isoformat(), "open": contacts.door if is_known else None}
