"""One fact of one terminal as an entity; the platforms beside this file are written by whoever measures."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

type SetUp = Callable[[HomeAssistant, ConfigEntry, AddConfigEntryEntitiesCallback], Awaitable[None]]


class Fact(Entity):
    """Shows what it was told."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, number: int, fact: Mapping[str, Any]) -> None:
        """Belong to a terminal by its number."""
        self._attr_unique_id = f"{number}_{fact['key']}"
        self._attr_name = fact["name"]
        self._attr_device_info = DeviceInfo(identifiers={("bench_least", str(number))}, name=f"Terminal {number}")
        self._attr_entity_registry_enabled_default = fact["enabled"]
        self._attr_state = fact["state"]
        self._attr_extra_state_attributes = dict(fact["attributes"])


def set_up_of(platform: str) -> SetUp:
    """Return what sets up a platform."""

    async def async_setup_entry(
        _: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
    ) -> None:
        facts = [fact for fact in entry.data["facts"] if fact["platform"] == platform]
        for number in range(entry.data["terminals"]):
            async_add_entities([Fact(number, fact) for fact in facts])

    return async_setup_entry
