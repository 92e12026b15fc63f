"""How many records each hour has, for statistics that are corrected when old records come in late."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from ..unhurried import unhurried
from .entries import DOOR_ID
from .filters import RecordFilter, conditions
from .records import newest_id
from .schema import IDENTITY, META, RECORDS
from .terminals import serials
from .values import HOUR, instant_from


@dataclass(frozen=True, slots=True)
class HourCount:
    """The records of one terminal that occurred within the hour that begins at `start` (UTC)."""

    serial: str
    start: datetime
    punches: int
    door_events: int


@dataclass(frozen=True, slots=True)
class HourCounts:
    """The hours to be counted anew, in order, and what to ask with the next time: the id, and of which database."""

    identity: str
    newest_id: int
    hours: tuple[HourCount, ...]


def hour_counts(
    connection: Connection,
    since_id: int,
    wanted: Collection[str] | None,
    identity: str | None,
    together: Collection[Collection[str]] = (),
) -> HourCounts:
    """Return what changed after a record id; an id of another database, or of a later state of this one, means all.

    For each terminal with newer records: all hours that have any, from the first that a newer record fell into. Sums
    that run on from hour to hour can then be written anew from there. Where several make one sum (`together`), all of
    them from the first hour of any.
    """
    newest = newest_id(connection)
    present = connection.scalar(select(META.c.value).where(META.c.name == IDENTITY)) or ""
    if newest < since_id or identity not in (None, present):
        since_id = 0
    known = serials(connection)
    # A sum, not the column: SQLite would walk the whole index of terminals and times, for it has them in order.
    terminal = RECORDS.c.terminal_id + 0
    changed = (
        select(terminal, func.min(RECORDS.c.occurred_at))
        .where(RECORDS.c.id > since_id, *conditions(RecordFilter(serials=wanted), known))
        .group_by(terminal)
    )
    hours: list[HourCount] = []
    # Rest of a division that is never negative: clocks that lost the time show 1970, which may be before it in UTC.
    start = (RECORDS.c.occurred_at - (RECORDS.c.occurred_at % HOUR + HOUR) % HOUR).label("start")
    firsts = {known[number]: first for number, first in connection.execute(changed).all()}
    for group in together:
        if begins := [firsts[serial] for serial in group if serial in firsts]:
            firsts |= dict.fromkeys({*known.values()} & {*group}, min(begins))
    numbers = {serial: number for number, serial in known.items()}
    for serial, first in firsts.items():
        counted = (
            select(
                start,
                func.count(),
                func.sum(case((RECORDS.c.enroll_id == DOOR_ID, 1), else_=0)),
            )
            .where(RECORDS.c.terminal_id == numbers[serial], RECORDS.c.occurred_at >= first - first % HOUR)
            .group_by(start)
            .order_by(start)
        )
        for begins, count, door_events in unhurried(connection.execute(counted)):
            hours.append(HourCount(serial, instant_from(begins), count - int(door_events), int(door_events)))
    return HourCounts(present, newest, tuple(hours))
