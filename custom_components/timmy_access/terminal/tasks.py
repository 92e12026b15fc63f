"""Work of a listener that goes on beside what began it."""

from asyncio import Task
from collections.abc import Coroutine
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback


class Tasks:
    """Begins work that does not outlive its listener."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Belong to a listener."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_start[R](self, work: Coroutine[Any, Any, R], name: str, *, eager: bool = True) -> Task[R]:
        """Do something beside; it is cancelled when the listener stops.

        With `eager` its first part, up to where it waits, is done at once.
        """
        return self._entry.async_create_background_task(self._hass, work, name, eager_start=eager)

    @callback
    def async_see_through[R](self, work: Coroutine[Any, Any, R], name: str) -> Task[R]:
        """Do something beside that is waited for when the listener stops."""
        return self._entry.async_create_task(self._hass, work, name)
