"""New terminals that are kept in step from the first, where that was chosen at approval and nobody is on them."""

from collections.abc import Callable, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..const import CONF_KEEP_IN_STEP, LOGGER
from ..house.errors import HouseInvalid, HouseUnknown
from ..house.house import House
from ..ledger import LedgerUnavailable
from ..protocol.errors import ProtocolError
from ..protocol.session import Session
from ..terminal.tasks import Tasks
from .house_watch import HouseWatch
from .taking_stock import async_present
from .terminal import Terminal


class Newcomers:
    """Waits until a new terminal has told everybody who is on it.

    Where that is nobody, there is nothing that its owner would have to decide about first. Otherwise it is only
    observed, and the panel shows what would become of its people.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        tasks: Tasks,
        house: House,
        watch: HouseWatch,
        terminals: Callable[[], Mapping[str, Terminal]],
    ) -> None:
        """Look at nothing until `async_start`; `terminals` are the approved ones, by serial number."""
        self._hass = hass
        self._entry = entry
        self._tasks = tasks
        self._house = house
        self._watch = watch
        self._terminals = terminals
        self._under_way: set[str] = set()
        # What is not told over a connection is not asked for again over it: meanwhile nothing else could be asked, not
        # even to open a door.
        self._in_vain: dict[str, Session | None] = {}
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Look now, and whenever house or terminals are others."""
        self._unsubscribe = self._watch.async_subscribe(self._async_look)
        self._async_look()

    @callback
    def async_stop(self) -> None:
        """Look no more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _async_look(self) -> None:
        if not self._house.keeper.is_known:
            return
        for serial, terminal in self._terminals().items():
            if self._chosen_by(terminal) is None or not terminal.roster.is_whole or serial in self._under_way:
                continue
            if terminal.session is not None and self._in_vain.get(serial) is not terminal.session:
                self._under_way.add(serial)
                self._tasks.async_start(self._async_decide(terminal), f"keep {serial} in step", eager=False)

    def _chosen_by(self, terminal: Terminal) -> str | None:
        """Return the id of the user who chose it, empty where that is not known; None where nobody did."""
        subentry = self._entry.subentries.get(terminal.subentry_id)
        chosen: str | None = None if subentry is None else subentry.data.get(CONF_KEEP_IN_STEP)
        return chosen

    async def _async_decide(self, terminal: Terminal) -> None:
        session = terminal.session
        try:
            present = await async_present(self._hass, terminal, self._house)
            taking = await self._hass.async_add_executor_job(self._house.preview, present)
            # Somebody may have been enrolled, or it removed, while it was asked.
            by = self._chosen_by(terminal)
            if by is None or not terminal.roster.is_whole:
                return
            if present.people or terminal.roster.people:
                LOGGER.warning("%s is only observed, because there are people on it", terminal.name)
            elif terminal.serial not in self._house.known().kept:
                await self._house.async_take_over(taking, terminal.name, by or None)
            self._async_decided(terminal)
        except (HouseInvalid, HouseUnknown, LedgerUnavailable, ProtocolError) as err:
            if isinstance(err, ProtocolError):
                self._in_vain[terminal.serial] = session
            LOGGER.debug("%s is not kept in step yet: %s", terminal.name, err)
        finally:
            self._under_way.discard(terminal.serial)

    @callback
    def _async_decided(self, terminal: Terminal) -> None:
        if (subentry := self._entry.subentries.get(terminal.subentry_id)) is not None:
            data = {key: value for key, value in subentry.data.items() if key != CONF_KEEP_IN_STEP}
            self._hass.config_entries.async_update_subentry(self._entry, subentry, data=data)
