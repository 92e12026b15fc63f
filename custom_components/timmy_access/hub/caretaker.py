"""What looks after the house of a listener: how its terminals stand, what is missing in the vault, and what to tell."""

from collections.abc import Callable, Mapping

from homeassistant.core import HomeAssistant, callback

from ..house.house import House
from ..terminal.tasks import Tasks
from .gathering import Gathering
from .house_issues import HouseIssues
from .house_watch import HouseWatch
from .noticed import Noticed
from .terminal import Terminal


class Caretaker:
    """Begins and ends together what watches over one house."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        tasks: Tasks,
        house: House,
        terminals: Callable[[], Mapping[str, Terminal]],
    ) -> None:
        """Look at nothing until `async_start`; `terminals` are the approved ones, by serial number."""
        self.noticed = Noticed(hass, entry_id)
        self.watch = HouseWatch(hass, tasks, house, self.noticed)
        self._issues = HouseIssues(
            hass, entry_id, house, self.watch, lambda: {serial: it.name for serial, it in terminals().items()}
        )
        self._gathering = Gathering(hass, tasks, house, self.watch, terminals)

    @callback
    def async_start(self) -> None:
        """Look now, and whenever something changes."""
        self.watch.async_start()
        self._issues.async_start()
        self._gathering.async_start()

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Look no more; `clear` takes away what was told."""
        self._gathering.async_stop()
        self.watch.async_stop()
        self._issues.async_stop(clear=clear)

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget a terminal that is gone."""
        self.watch.async_forget(serial)
        self.noticed.async_forget(serial)
