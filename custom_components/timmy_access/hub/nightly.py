"""What is done once a day: compare the terminals' logs with the ledger, and let go of what is old enough."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..house.keeper import HouseKeeper
from ..ledger import Ledger, LedgerUnavailable
from ..protocol.errors import ProtocolError
from ..records.reading import serials_of
from ..terminal.store import Reconciled, TerminalStore
from ..terminal.tasks import Tasks
from .terminal import Terminal

# When nobody comes in, and after the hour in which clocks are changed.
HOUR, MINUTE = 3, 40


class Nightly:
    """The daily round over the terminals of one listener, one after the other."""

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        ledger: Ledger,
        store: TerminalStore,
        terminals: Callable[[], Iterable[Terminal]],
        house: HouseKeeper,
        is_elsewhere: Callable[[str], bool],
    ) -> None:
        """Prepare; `is_elsewhere` tells whether a terminal is another listener's.

        `keep_days` are the days records are kept for, None is for ever.
        """
        self._hass = hass
        self._tasks = tasks
        self._ledger = ledger
        self._store = store
        self._terminals = terminals
        self._house = house
        self._is_elsewhere = is_elsewhere
        self.keep_days: int | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Go round every night until the returned function is called."""
        return async_track_time_change(self._hass, self._async_due, hour=HOUR, minute=MINUTE, second=0)

    async def async_round(self) -> None:
        """Go round once."""
        for terminal in tuple(self._terminals()):
            try:
                fetched = await terminal.catching_up.async_reconcile(self._oldest_day())
            except (LedgerUnavailable, ProtocolError) as err:
                LOGGER.debug("The log of %s was not compared: %s", terminal.serial, err)
                continue
            if fetched is not None:
                LOGGER.info("%s had %d records that were missing", terminal.name, fetched.new)
        try:
            await self._async_purge()
        except LedgerUnavailable as err:
            LOGGER.debug("Old records were not deleted: %s", err)

    @callback
    def _async_due(self, _: datetime) -> None:
        self._tasks.async_start(self.async_round(), "nightly round")

    def _oldest_day(self) -> date | None:
        return None if self.keep_days is None else dt_util.now().date() - timedelta(days=self.keep_days)

    async def _async_purge(self) -> None:
        """Delete what is older than is kept of our own terminals: others who share the database keep theirs.

        Terminals may still count what was deleted, which is then no difference.
        """
        if self.keep_days is None:
            return
        serials = serials_of(self._terminals())
        before = dt_util.utcnow() - timedelta(days=self.keep_days)
        await self._house.async_purge_changes(before)
        purged = await self._ledger.purge(serials, before)
        for serial, gone in purged.items():
            if known := self._store.reconciled(serial):
                self._store.async_remember(serial, Reconciled(deficit=known.deficit + gone, day=known.day))
        await self._async_purge_left(before)

    async def _async_purge_left(self, before: datetime) -> None:
        """Delete what is older than is kept of terminals that were ours.

        Whoever has one of them now keeps what it has said since it left us.
        """
        for serial, left in self._store.left.items():
            if not self._is_elsewhere(serial):
                await self._ledger.purge([serial], min(before, left))
                if left > before:
                    continue
            self._store.async_forget_left(serial)
