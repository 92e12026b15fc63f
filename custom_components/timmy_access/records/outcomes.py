"""What became of punches that a terminal asked about, until that is kept with them."""

from collections import OrderedDict
from collections.abc import Callable, Container

from homeassistant.core import HomeAssistant, callback

from ..ledger import Decider, Identity, Ledger
from ..terminal.patient_work import PatientWork
from ..terminal.tasks import Tasks

# Punches are asked about one at a time; these are of an hour in which the database was away.
REMEMBERED = 1_000


class Outcomes:
    """Keeps what became of the punches of one terminal.

    A punch whose record is not kept has nothing that an outcome could be kept with. Of one that is kept while nothing
    is known of its outcome, that is unknown.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        ledger: Ledger,
        serial: str,
        kept: Container[tuple[object, ...]],
        on_kept: Callable[[], None],
    ) -> None:
        """Keep in `ledger` what became of those that are in `kept`, and call `on_kept` after each."""
        self._ledger = ledger
        self._serial = serial
        self._kept = kept
        self._on_kept = on_kept
        self._waiting: OrderedDict[Identity, tuple[bool, Decider | None]] = OrderedDict()
        name = f"keep what became of punches of {serial}"
        self._work = PatientWork(hass, ledger, self._async_write, name, tasks.async_see_through)
        self._work.async_start()

    @callback
    def async_note(self, identity: Identity, *, granted: bool, decided_by: Decider | None) -> None:
        """Keep an outcome, as soon as its punch is kept."""
        self._waiting[identity] = (granted, decided_by)
        if len(self._waiting) > REMEMBERED:
            self._waiting.popitem(last=False)
        self.async_look()

    @callback
    def async_look(self) -> None:
        """Keep the outcomes of what has been kept meanwhile."""
        if any(identity in self._kept for identity in self._waiting):
            self._work.async_now()

    async def async_stop(self) -> None:
        """Keep what waits; a second time does nothing."""
        await self._work.async_stop()

    async def _async_write(self) -> None:
        """Write what can be; raises `LedgerUnavailable`."""
        for identity, outcome in tuple(self._waiting.items()):
            if identity in self._kept:
                granted, decided_by = outcome
                await self._ledger.set_outcome(self._serial, identity, granted=granted, decided_by=decided_by)
                # What has become of it since then has asked for another turn.
                if self._waiting.get(identity) is outcome:
                    del self._waiting[identity]
                self._on_kept()
