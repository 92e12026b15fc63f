"""All the records there are, however many: a part at a time, one by one or column by column."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from . import records
from .entries import StoredRecord
from .filters import RecordFilter
from .limits import EXPORT_PAGE, EXPORT_PART
from .records import Found
from .rows import Row
from .timesheets import Timesheets
from .values import MISSING, number_from

_EVERYTHING = RecordFilter()
_NUMBERS = ("enroll_id", "mode", "reader", "event")


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """What an export tells of some records, each a column of it, as `Entry` and `StoredRecord` describe them.

    Times are microseconds since 1970 in UTC: to make objects of them takes as long as all else.
    """

    serial: Sequence[str]
    person: Sequence[str | None]
    enroll_id: Sequence[int | None]
    mode: Sequence[int | None]
    reader: Sequence[int | None]
    event: Sequence[int | None]
    verify_mode: Sequence[int | None]
    temperature: Sequence[float | None]
    occurred_at: Sequence[int]
    received_at: Sequence[int]
    is_time_known: Sequence[bool]
    granted: Sequence[bool | None]
    decided_by: Sequence[str | None]

    def __len__(self) -> int:
        """Return how many records they are of."""
        return len(self.serial)


class Exports(Timesheets):
    """The part of a ledger that gives everything there is at the start, in the order of a list."""

    async def export(
        self, where: RecordFilter = _EVERYTHING, *, oldest_first: bool = True
    ) -> AsyncGenerator[StoredRecord]:
        """Yield all records there are at the start, however many, a few hundred in memory at a time."""
        newest = await self._reader.ask(records.newest_id)
        after: str | None = None
        while True:
            page = await self._reader.ask(
                partial(
                    records.page,
                    where=where,
                    limit=EXPORT_PAGE,
                    after=after,
                    oldest_first=oldest_first,
                    up_to=newest,
                )
            )
            for record in page.records:
                yield record
            if (after := page.next) is None:
                return

    async def export_as[T](
        self, make: Callable[[Columns], T], where: RecordFilter = _EVERYTHING, *, oldest_first: bool = True
    ) -> AsyncGenerator[T]:
        """Yield what `make` makes of each part of all records there are at the start; it is called in a thread.

        None is made of no records, where there are none.
        """
        newest = await self._reader.ask(records.newest_id)
        after: str | None = None

        def _part(connection: Connection) -> tuple[T | None, str | None]:
            found = records.first(
                connection, where, limit=EXPORT_PART, after=after, oldest_first=oldest_first, up_to=newest
            )
            return (make(_columns(found)) if found.rows else None), found.next

        while True:
            made, after = await self._reader.ask(_part)
            if made is not None:
                yield made
            if after is None:
                return


def _columns(found: Found) -> Columns:
    """Return rows, of which there are some, as columns."""
    _, terminals, *said = zip(*found.rows, strict=True)
    column = dict(zip(Row._fields, said, strict=True))
    known = found.serials
    numbers = {name: _numbers_from(column[name]) for name in _NUMBERS}
    return Columns(
        serial=[known[terminal] for terminal in terminals],
        person=found.names,
        verify_mode=column["verify_mode"],
        temperature=column["temperature"],
        occurred_at=column["occurred_at"],
        received_at=column["received_at"],
        is_time_known=[
            time != MISSING and apart == 0 for time, apart in zip(column["time"], column["apart"], strict=True)
        ],
        granted=[None if granted is None else bool(granted) for granted in column["granted"]],
        decided_by=column["decided_by"],
        **numbers,
    )


def _numbers_from(stored: Sequence[int]) -> Sequence[int | None]:
    return [number_from(number) for number in stored] if MISSING in stored else stored
