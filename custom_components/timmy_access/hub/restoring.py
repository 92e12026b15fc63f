"""What a terminal takes over from before a restart, as soon as the database can be read."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant, callback

from ..ledger import Ledger
from ..terminal.patient_work import PatientWork
from ..terminal.tasks import Tasks


class Restoring:
    """Has each piece of a terminal taken over once, in their order.

    A piece raises `LedgerUnavailable` where the database is away: then it and those after it are done when that is
    back. Until then what they know is unknown, and what has happened meanwhile goes before what they bring.
    """

    def __init__(
        self, hass: HomeAssistant, tasks: Tasks, ledger: Ledger, serial: str, *pieces: Callable[[], Awaitable[None]]
    ) -> None:
        """Take over nothing yet."""
        self._left = list(pieces)
        self._work = PatientWork(hass, ledger, self._async_restore, f"restore {serial}", tasks.async_start)

    async def async_begin(self) -> None:
        """Take over what can be read now, and the rest later."""
        self._work.async_start()
        await self._work.async_done()

    @callback
    def async_stop(self) -> None:
        """Take over nothing more."""
        self._work.async_cancel()

    async def _async_restore(self) -> None:
        while self._left:
            await self._left[0]()
            del self._left[:1]
