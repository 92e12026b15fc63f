"""What looks after the house of a listener: how its terminals stand, what is missing in the vault, and what to tell."""

from collections.abc import Callable, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..house.house import House
from ..terminal.tasks import Tasks
from .away import AwayWatch
from .gathering import Gathering
from .house_issues import HouseIssues
from .house_watch import HouseWatch
from .newcomers import Newcomers
from .noticed import Noticed
from .terminal import Terminal


class Caretaker:
    """Begins and ends together what watches over one house."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        tasks: Tasks,
        house: House,
        terminals: Callable[[], Mapping[str, Terminal]],
        home_of: Callable[[str], str | None],
    ) -> None:
        """Look at nothing until `async_start`; `terminals` are the approved ones, by serial number.

        `home_of` tells the address at which one was last at home.
        """
        entry_id = entry.entry_id
        self.noticed = Noticed(hass, entry_id)
        self.watch = HouseWatch(hass, tasks, house, self.noticed)
        self._issues = HouseIssues(
            hass, entry_id, house, self.watch, lambda: {serial: it.name for serial, it in terminals().items()}
        )
        self._away = AwayWatch(hass, entry, terminals, home_of)
        self._gathering = Gathering(hass, tasks, house, self.watch, terminals)
        self._newcomers = Newcomers(hass, entry, tasks, house, self.watch, terminals)

    @callback
    def async_start(self) -> None:
        """Look now, and whenever something changes."""
        self.watch.async_start()
        self._issues.async_start()
        self._gathering.async_start()
        self._newcomers.async_start()

    @callback
    def async_terminal(self, terminal: Terminal) -> None:
        """Look after a terminal too."""
        self.watch.async_terminal(terminal)
        self._away.async_terminal(terminal)

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Look no more; `clear` takes away what was told."""
        self._newcomers.async_stop()
        self._gathering.async_stop()
        self._away.async_stop(clear=clear)
        self.watch.async_stop()
        self._issues.async_stop(clear=clear)

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget a terminal that is gone."""
        self.watch.async_forget(serial)
        self._away.async_forget(serial)
        self.noticed.async_forget(serial)
