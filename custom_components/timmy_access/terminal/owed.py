"""What a terminal is owed: that it is told what closes its door, or puts it to rest, until it has answered.

However late that is, it opens nothing: at rest a relay is locked. What opens is never owed.
"""

import asyncio
from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant, callback

from ..protocol.errors import ProtocolError, TerminalAway
from .coordinator import TerminalCoordinator
from .orders import Hold
from .state import DoorMode

# A terminal that is there and does not do it is told again after so long; refusing takes it milliseconds.
AGAIN_SECONDS = 5.0

# Told after each try what went wrong, None where the terminal has answered.
type Tried = Callable[[ProtocolError | None], None]


class Owed:
    """At most one mode that the only door of a terminal is to have."""

    def __init__(
        self,
        hass: HomeAssistant,
        coordinator: TerminalCoordinator,
        tell: Callable[[DoorMode, Hold | None], Awaitable[None]],
    ) -> None:
        """Owe nothing; `tell` tells the terminal, and raises the protocol's errors."""
        self._hass = hass
        self._coordinator = coordinator
        self._tell = tell
        self._hold: Hold | None = None
        self._tried: Tried | None = None
        self._telling: asyncio.Task[None] | None = None
        self.mode: DoorMode | None = None

    @callback
    def async_begin(self, mode: DoorMode, hold: Hold | None, tried: Tried) -> None:
        """Tell the terminal from now on; `hold` is what it is for."""
        self.mode, self._hold, self._tried = mode, hold, tried
        self.async_again()

    @callback
    def async_again(self) -> None:
        """Tell it at once, if anything is owed: there is a new connection, or nothing else is being asked any more."""
        self.async_pause()
        if self.mode is not None:
            self._telling = self._coordinator.config_entry.async_create_background_task(
                self._hass, self._async_tell(), f"what is owed to {self._coordinator.serial}", eager_start=False
            )

    @callback
    def async_pause(self) -> None:
        """Tell it nothing while something else is asked of it, which may take the place of this."""
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()

    @callback
    def async_settle(self, mode: DoorMode) -> None:
        """Note that the terminal has confirmed a mode: this one, or a newer one that takes its place."""
        owed = self.mode
        self.mode = self._hold = self._tried = None
        if owed is not mode:
            self.async_pause()

    @callback
    def async_end(self) -> None:
        """Owe nothing any more."""
        self.mode = self._hold = self._tried = None
        self.async_pause()

    async def _async_tell(self) -> None:
        while (mode := self.mode) is not None:
            hold, tried = self._hold, self._tried
            error: ProtocolError | None = None
            try:
                await self._tell(mode, hold)
            except ProtocolError as err:
                error = err
            if tried is not None:
                tried(error)
            if error is None or isinstance(error, TerminalAway):  # which is told when it is back
                return
            await asyncio.sleep(AGAIN_SECONDS)
