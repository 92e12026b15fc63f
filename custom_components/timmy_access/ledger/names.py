"""Who had which number of a terminal, and since when: what a record is called does not change when people do."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, pairwise
import re
from typing import Any, NamedTuple
from unicodedata import normalize

from sqlalchemy import Connection, func, select

from ..unhurried import unhurried
from .limits import LOOKUP_VALUES
from .schema import NAMES, RECORDS
from .terminals import numbered, numbers
from .values import LOWEST, instant_of, name_of

# The first name that is ever known of a number also holds for what was before: nobody is known who had it earlier.
ALWAYS = LOWEST
# Stands for the name of a number that a list left out: its holder may be there all the same, or somebody else by then.
UNTOLD = ""


# Joiners and marks that nobody sees, and that keyboards leave out or put in.
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff]")


def likeness(name: str | None) -> str:
    """Return what two ways to write a name have in common: not the case, nor the width of letters and spaces."""
    return " ".join(_UNSEEN.sub("", normalize("NFKC", name or "")).casefold().split())


def nameless(enroll_id: object) -> str:
    """Return what data calls somebody whose name is not known; what people read or hear has a text of its own."""
    return f"User {enroll_id}"


@dataclass(frozen=True, slots=True)
class History:
    """The names of some numbers, each a list of instants and names in order.

    None is a number that was freed, and `UNTOLD` one that may have been.
    """

    names: Mapping[tuple[int, int], Sequence[tuple[int, str | None]]]

    def name_at(self, terminal: int, enroll_id: int, instant: int) -> str | None:
        """Return the name of a number at a time; None where none is known yet, an empty one where it is forgotten.

        What was after a number was freed belongs to whoever got it next, of whom the name may be learnt later.
        """
        known = self.names.get((terminal, enroll_id), ())
        place = bisect_right(known, instant, key=_since) - 1
        if place < 0:
            return "" if known else None
        name = next((name for _, name in known[place:] if name is not None), None)
        if name != UNTOLD:
            return name
        # Whoever was there before and after was there all the time.
        before = next((name for _, name in reversed(known[:place]) if name), None)
        after = next((name for _, name in known[place:] if name), None)
        return after if likeness(before) == likeness(after) else UNTOLD

    def changes(self, first: int, last: int) -> list[int]:
        """Return the instants between two at which any name changed, in order."""
        return sorted({since for known in self.names.values() for since, _ in known if first < since < last})

    def shared_since(self, first: int) -> set[int]:
        """Return the numbers of which a name has changed after an instant."""
        return {enroll_id for (_, enroll_id), known in self.names.items() if known[-1][0] > first}


def history(connection: Connection, terminals: Iterable[int], enroll_ids: Iterable[int] | None = None) -> History:
    """Return the names of all or some numbers of some terminals."""
    query = NAMES.select().where(NAMES.c.terminal_id.in_(list(terminals)))
    queries = [query]
    if enroll_ids is not None:
        wanted = batched(sorted(set(enroll_ids)), LOOKUP_VALUES, strict=False)
        queries = [query.where(NAMES.c.enroll_id.in_(part)) for part in wanted]
    found: dict[tuple[int, int], list[tuple[int, str | None]]] = {}
    for one in queries:
        ordered = one.order_by(NAMES.c.terminal_id, NAMES.c.enroll_id, NAMES.c.since)
        for row in unhurried(connection.execute(ordered)):
            found.setdefault((row.terminal_id, row.enroll_id), []).append((row.since, row.name))
    return History(found)


class Named(NamedTuple):
    """What somebody with a number is called from a time on; None frees the number, and `UNTOLD` may do so."""

    enroll_id: int
    name: str | None
    since: datetime


def note(connection: Connection, serial: str, named: Sequence[Named]) -> None:
    """Note names of the people of a terminal, in the order in which they were given."""
    number = numbered(connection, serial)
    known = history(connection, [number], {one.enroll_id for one in named}).names
    last = {enroll_id: past[-1] for (_, enroll_id), past in known.items()}
    rows: list[dict[str, Any]] = []
    for one in named:
        told = name_of("name", one.name)
        past = last.get(one.enroll_id)
        if past is not None and (told == past[1] or (told is None and past[1] == UNTOLD)):
            continue
        since = instant_of("since", one.since)
        if past is not None:
            # Two changes within one microsecond, or a clock that was set back, keep their order.
            since = max(since, past[0] + 1)
        elif told:
            since = ALWAYS
        last[one.enroll_id] = since, told
        rows.append({"terminal_id": number, "enroll_id": one.enroll_id, "since": since, "name": told})
    if rows:
        connection.execute(NAMES.insert(), rows)


def spoken_for(connection: Connection, serial: str, enroll_ids: Collection[int]) -> set[int]:
    """Return which of some numbers of a terminal the log or the names know."""
    number = numbers(connection, [serial]).get(serial)
    found: set[int] = set()
    for part in batched(enroll_ids, LOOKUP_VALUES, strict=False):
        for table, more in ((RECORDS, ()), (NAMES, (NAMES.c.name.is_not(None),))):
            found.update(
                connection.scalars(
                    select(table.c.enroll_id)
                    .where(table.c.terminal_id == number, table.c.enroll_id.in_(part), *more)
                    .distinct()
                )
            )
    return found


def forget_unused(connection: Connection, number: int) -> None:
    """Forget the names of a terminal that no kept record is old enough for.

    When they ended stays: a record of that time that is fetched once more is not the next one's.
    """
    oldest = connection.scalar(select(func.min(RECORDS.c.occurred_at)).where(RECORDS.c.terminal_id == number))
    for (_, enroll_id), known in history(connection, [number]).names.items():
        gone = [since for (since, _), (until, _) in pairwise(known) if until <= (oldest or until)]
        for part in batched(gone, LOOKUP_VALUES, strict=False):
            connection.execute(
                NAMES.delete().where(
                    NAMES.c.terminal_id == number, NAMES.c.enroll_id == enroll_id, NAMES.c.since.in_(part)
                )
            )


def _since(entry: tuple[int, str | None]) -> int:
    return entry[0]
