"""All the records there are, however many: a part at a time, one by one or as rows."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func

from . import records
from .entries import StoredRecord
from .filters import RecordFilter
from .limits import EXPORT_PAGE, EXPORT_PART
from .records import Asked, Found
from .schema import RECORDS
from .statements import written
from .timesheets import Timesheets
from .values import MISSING

_EVERYTHING = RecordFilter()


class Told(NamedTuple):
    """What an export tells of a record, as `Entry` and `StoredRecord` describe it; the terminal is a number.

    Times are microseconds since 1970 in UTC: to make objects of them takes as long as all else. What is true or false
    may be 1 or 0, and where a record is of nobody, its person may be empty.
    """

    id: int
    terminal: int
    occurred_at: int
    received_at: int
    person: str | None
    enroll_id: int | None
    mode: int | None
    reader: int | None
    event: int | None
    verify_mode: int | None
    temperature: float | None
    is_time_known: bool
    granted: bool | None
    decided_by: str | None


class Part(NamedTuple):
    """Some records of an export, with the serial numbers of terminals by their number.

    Each has the values of a `Told`, without their names: to give them names takes as long as to read them.
    """

    serials: Mapping[int, str]
    rows: Sequence[tuple[Any, ...]]


def _number(name: str) -> ColumnElement[Any]:
    """Return a column of numbers in which the one that stands for none is none."""
    return func.nullif(RECORDS.c[name], written(MISSING))


# In the order of a `Told`, behind an id and a terminal.
_TOLD = Asked(
    {
        "occurred_at": RECORDS.c.occurred_at,
        "received_at": RECORDS.c.received_at,
        "name": RECORDS.c.name,
        "enroll_id": _number("enroll_id"),
        "mode": _number("mode"),
        "reader": _number("reader"),
        "event": _number("event"),
        "verify_mode": RECORDS.c.verify_mode,
        "temperature": RECORDS.c.temperature,
        "is_time_known": and_(RECORDS.c.time != written(MISSING), RECORDS.c.apart == written(0)),
        "granted": RECORDS.c.granted,
        "decided_by": RECORDS.c.decided_by,
    }
)


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
        self, make: Callable[[Part], T], where: RecordFilter = _EVERYTHING, *, oldest_first: bool = True
    ) -> AsyncGenerator[T]:
        """Yield what `make` makes of each part of all records there are at the start; it is called in a thread.

        None is made of no records, where there are none.
        """
        newest = await self._reader.ask(records.newest_id)
        after: str | None = None

        def _part(connection: Connection) -> tuple[T | None, str | None]:
            found = records.first(
                connection, _TOLD, where, limit=EXPORT_PART, after=after, oldest_first=oldest_first, up_to=newest
            )
            return (make(Part(found.serials, _named(found))) if found.rows else None), found.next

        while True:
            made, after = await self._reader.ask(_part)
            if made is not None:
                yield made
            if after is None:
                return


def _named(found: Found) -> Sequence[tuple[Any, ...]]:
    """Return rows with the names that they do not say themselves."""
    for place, name in found.names.items():
        row = found.rows[place]
        found.rows[place] = (*row[: _TOLD.name], name, *row[_TOLD.name + 1 :])
    return found.rows
