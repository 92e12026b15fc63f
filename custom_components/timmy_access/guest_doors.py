"""Which doors open for a pass."""

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER
from .coordinator import TerminalCoordinator, TimmyAccessConfigEntry
from .doors import Doors
from .protocol.errors import ProtocolError
from .verdicts import Decision


class GuestDoors:
    """Opens the doors of one terminal that a pass is for, where the terminal cannot."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: TimmyAccessConfigEntry,
        coordinator: TerminalCoordinator,
        doors: Doors,
        serial: str,
    ) -> None:
        """Use the doors of a terminal."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._doors = doors
        self._serial = serial

    @callback
    def async_let_in(self, decision: Decision) -> bool:
        """Return whether the terminal itself is to open.

        A pass for some doors of several opens just those, by name: what a controller opens by itself, it does not say.
        """
        held, doors = decision.held, self._coordinator.data.doors
        if not decision.granted or held is None or held.doors[self._serial] >= doors.keys():
            return decision.granted
        for number in held.doors[self._serial] & doors.keys():
            self._entry.async_create_background_task(
                self._hass, self._async_open(number), f"open door {number} of {self._serial}"
            )
        return False

    async def _async_open(self, number: int) -> None:
        try:
            await self._doors.async_open(number)
        except ProtocolError as err:
            LOGGER.warning("Door %d of %s did not open for a pass: %s", number, self._serial, err)
