"""One push coordinator per terminal."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..const import DOMAIN, LOGGER
from .state import TerminalState


class TerminalCoordinator(DataUpdateCoordinator[TerminalState]):
    """Holds the frozen state of one terminal. Terminals push; nothing is polled."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        serial: str,
        state: TerminalState,
    ) -> None:
        """Start with a terminal that has not dialled in yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} {serial}",
            update_interval=None,
            always_update=False,
        )
        self.serial = serial
        self.data = state

    @callback
    def async_replace(self, state: TerminalState) -> None:
        """Show a new state; one that equals the present one changes nothing."""
        if state != self.data:
            self.async_set_updated_data(state)
