"""What is lost when the database is another one than before, at the same place: told until somebody has settled it."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import LOGGER
from ..issues import async_raise
from ..ledger import Health, Ledger, LedgerUnavailable
from ..protocol.errors import ProtocolError
from ..terminal.store import KnownDatabase, TerminalStore
from .terminal import Terminal


class Loss(StrEnum):
    """What is lost; each is the translation key of an issue."""

    # People and passes are still known, and are written into the new one.
    HISTORY = "database_begun_anew"
    # It happened while nobody was there to remember them.
    HISTORY_AND_PASSES = "database_replaced"


class BegunAnew:
    """Compares the database of one listener with the one it knew before, over restarts too.

    A file that was deleted or put aside, or a server's database that was made anew, has another identity. Another
    database that was chosen in the options is no loss: the old one is where it was.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str, ledger: Ledger, store: TerminalStore) -> None:
        """Compare nothing yet."""
        self._hass = hass
        self._entry_id = entry_id
        self._ledger = ledger
        self._store = store
        # Whether it has been there in this run, so that its people and passes are known.
        self._was_seen = False

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Compare now, and whenever the database is there again, until the returned function is called."""
        self._async_look(self._ledger.health)
        return self._ledger.subscribe(self._async_look)

    @callback
    def _async_look(self, health: Health) -> None:
        if not health.available or health.identity is None:
            return
        present = KnownDatabase(name=self._ledger.name, identity=health.identity)
        was_seen, self._was_seen = self._was_seen, True
        if (known := self._store.database) == present:
            return
        self._store.async_remember_database(present)
        if known is None or known.name != present.name:
            return
        LOGGER.error("%s is not the database that it was: what it held is not there", present.name)
        async_raise(
            self._hass,
            self._entry_id,
            Loss.HISTORY if was_seen else Loss.HISTORY_AND_PASSES,
            self._entry_id,
            placeholders={"database": present.name},
            persistent=True,
            severity=ir.IssueSeverity.ERROR,
        )


async def async_fetch_all(terminals: Iterable[Terminal]) -> list[str]:
    """Fetch the logs of all terminals together, and return the names of those of which not all could be had."""
    asked = tuple(terminals)
    complete = await asyncio.gather(*map(_async_fetch, asked))
    return [terminal.name for terminal, is_complete in zip(asked, complete, strict=True) if not is_complete]


async def _async_fetch(terminal: Terminal) -> bool:
    try:
        return (await terminal.catching_up.async_fetch()).complete
    except (LedgerUnavailable, ProtocolError) as err:
        LOGGER.debug("The log of %s was not fetched: %s", terminal.serial, err)
        return False
