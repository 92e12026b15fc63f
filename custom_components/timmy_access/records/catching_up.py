"""Getting from a terminal what the ledger does not have: on request, and by comparing counts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from homeassistant.util import dt as dt_util

from ..errors import LogsIncomplete
from ..ledger import Ledger, RecordFilter
from ..protocol.commands import CleanLogs, GetAllLogs, GetCapacity, GetNewLogs
from ..protocol.commands.base import Page, Paged
from ..protocol.commands.device import Capacity
from ..protocol.commands.logs import LogPage
from ..protocol.messages import LogRecord
from ..protocol.table import Table
from ..protocol.turns import Priority
from ..terminal.line import Line
from ..terminal.store import Reconciled, TerminalStore
from .records import Records

# A record of a late evening may carry the day before, by a clock that was behind.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """How many records a terminal told, how many of them were new, and whether that was all it has."""

    records: int
    new: int
    complete: bool


class CatchingUp:
    """Fetches the log of one terminal. Nothing that was fetched is ever told as news.

    Raises the protocol's errors and `LedgerUnavailable`.
    """

    def __init__(self, line: Line, ledger: Ledger, records: Records, store: TerminalStore, serial: str) -> None:
        """Use `line` to reach the terminal, and `records` to keep what it tells."""
        self._line = line
        self._ledger = ledger
        self._records = records
        self._store = store
        self._serial = serial

    async def async_fetch(self, since: date | None = None, until: date | None = None) -> Fetched:
        """Fetch the records of some days, both included, or all of them."""
        return await self._async_read(GetAllLogs(since=since, until=until))

    async def async_reconcile(self, oldest: date | None) -> Fetched | None:
        """Fetch what may be missing, unless the terminal counts as many more records than the ledger as the last time.

        What is older than `oldest` is not wanted any more.
        """
        known = self._store.reconciled(self._serial)
        capacity = await self._line.async_request(GetCapacity(), Priority.BULK)
        missing = await self._async_deficit(capacity) - (known.deficit if known else 0)
        fetched = None
        # Fewer than before: the log was cleared at the terminal or begins anew, and its count no longer tells.
        if missing or not _tells_by_count(capacity):
            since = date.fromisoformat(known.day) - OVERLAP if known else oldest
            fetched = await self.async_fetch(since)
            if known and fetched.complete and fetched.new < missing:
                fetched = await self.async_fetch(oldest)
            if not fetched.complete:
                return fetched
        await self.async_note_deficit()
        return fetched

    async def async_note_deficit(self) -> None:
        """Remember how the counts compare now, when everything has been fetched."""
        capacity = await self._line.async_request(GetCapacity(), Priority.BULK)
        self._store.async_remember(
            self._serial,
            Reconciled(deficit=await self._async_deficit(capacity), day=dt_util.now().date().isoformat()),
        )

    async def async_delete_logs(self) -> None:
        """Delete the terminal's log, once all of it is in the ledger (specification B12).

        Raises `LogsIncomplete` where that is not sure, and then deletes nothing.
        """
        fetched = await self.async_fetch()
        new = await self._async_read(GetNewLogs())
        unsent = (await self._line.async_request(GetCapacity())).logs_unsent
        if not (fetched.complete and new.complete) or unsent or self._records.has_left_out:
            raise LogsIncomplete
        await self._line.async_request(CleanLogs())
        self._store.async_remember(
            self._serial, Reconciled(deficit=-await self._async_count(), day=dt_util.now().date().isoformat())
        )

    async def _async_read(self, command: Paged[LogPage]) -> Fetched:
        records = new = 0

        async def _take(page: Page) -> None:
            nonlocal records, new
            kept = await self._records.async_take_history(
                cast("Table[LogRecord]", page.rows), cast("LogPage", page).unread
            )
            records += len(kept.new)
            new += kept.news

        listing = await self._line.async_read_list(command, Priority.BULK, _take)
        return Fetched(records=records, new=new, complete=listing.complete)

    async def _async_deficit(self, capacity: Capacity) -> int:
        return 0 if capacity.logs_used is None else capacity.logs_used - await self._async_count()

    async def _async_count(self) -> int:
        return (await self._ledger.count(RecordFilter(serials=[self._serial]))).get(self._serial, 0)


def _tells_by_count(capacity: Capacity) -> bool:
    """Return whether a terminal that has more records counts more: a log that is full has new ones over old ones."""
    used, room = capacity.logs_used, capacity.logs_capacity
    return used is not None and bool(room) and used < cast("int", room)
