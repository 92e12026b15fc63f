"""What is ordered of a listener's doors for longer than a moment, put together: holds, lockdown and evacuation."""

from collections.abc import Callable, Collection

from homeassistant.core import HomeAssistant, callback

from ..terminal.tasks import Tasks
from .emergencies import Emergencies
from .holds import Holds
from .order_file import OrderFile
from .parting import async_part, async_tell_left
from .terminal import Terminal


class DoorOrders:
    """One file, and who acts on it."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, tasks: Tasks, terminals: Callable[[], Collection[Terminal]]
    ) -> None:
        """Belong to a listener; `async_load` has to follow."""
        self._hass = hass
        self._entry_id = entry_id
        self._file = OrderFile(hass, entry_id)
        self._terminals = terminals
        self.holds = Holds(hass, entry_id, tasks, self._file, terminals)
        self.emergencies = Emergencies(hass, entry_id, self._file, self.holds, terminals)

    async def async_load(self) -> None:
        """Read what is ordered; what is left of terminals that were removed while nothing ran is told."""
        await self._file.async_load()
        if async_tell_left(self._hass, self._entry_id, self._file, {it.subentry_id for it in self._terminals()}):
            await self._file.async_save()

    @callback
    def async_take_up(self, *terminals: Terminal) -> None:
        """Go on with what is ordered of terminals, before they dial in.

        Whoever has many gives all at once: what is looked at afterwards are all doors of the listener.
        """
        self._file.names.update((it.subentry_id, (it.serial, it.name)) for it in terminals)
        self.holds.async_take_up(*terminals)
        self.emergencies.async_take_up(*terminals)

    @callback
    def async_look(self, terminal: Terminal) -> None:
        """Look at a terminal that has other settings now, perhaps other doors."""
        self._file.names[terminal.subentry_id] = terminal.serial, terminal.name
        self.emergencies.async_look(terminal)
        self.holds.async_look(terminal)

    async def async_part(self, terminal: Terminal) -> None:
        """Stop and forget a terminal that is removed; what holds its door ends before, or somebody is told."""
        orders = self._file.of(terminal.subentry_id)
        self.holds.async_forget(terminal)
        self.emergencies.async_forget(terminal)
        await async_part(self._hass, self._entry_id, terminal, orders)

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Act no more, and take the issues back unless they are to wait for the next start."""
        self.holds.async_stop(clear=clear)
        self.emergencies.async_stop(clear=clear)

    async def async_close(self) -> None:
        """Leave the file to the next one: what was ordered just now is in it."""
        await self._file.async_close()
