"""Whose the punches of a time are, with what people have put right: the person is a number and its name of then."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from operator import itemgetter

from sqlalchemy import Connection, select

from ..unhurried import unhurried
from .corrections import Correction, corrections
from .entries import STRANGER_ID
from .filters import RecordFilter, RecordKind, conditions, not_refused
from .names import History, likeness
from .rare import conditions_of_time
from .schema import RECORDS
from .stretches import Stamp, Way
from .values import instant_from, instant_of

# Main unit and attached reader (field notes 3, inout); what else firmware tells says nothing of a way.
_READERS = (0, 1)
# Punches between two looks at the clock: a tenth of a millisecond.
_SOME = 100
# Names of numbers at terminals that are known from one part to the next, in some ten megabytes: more than people who go
# through all doors of a building. A house with more of them says them anew.
_KEPT_PLACES = 50_000


# Where a punch was, a serial number, and what the person was called there. Python's garbage collector does not walk
# through plain tuples of text; thousands of what it does would make it walk through all of Home Assistant.
type Source = tuple[str, str | None]


@dataclass(slots=True)
class Present:
    """The punches of one person, in order; `corrected` has those that people have put right, by the punch's key."""

    enroll_id: int
    sources: list[Source] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    left_out: list[Stamp] = field(default_factory=list)
    corrected: dict[int, Correction] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all punches, but not where they may come from."""
        self.stamps.clear()
        self.left_out, self.corrected = [], {}

    def between(self, begin: int, end: int) -> Present:
        """Return what is of a time."""
        stamps = self.stamps[bisect_left(self.stamps, (begin,)) : bisect_left(self.stamps, (end,))]
        if not self.corrected:
            return Present(self.enroll_id, self.sources, stamps)
        left_out = [stamp for stamp in self.left_out if begin <= stamp[0] < end]
        keys = {stamp[1] for stamp in (*stamps, *left_out)}
        corrected = {key: one for key, one in self.corrected.items() if key in keys}
        return Present(self.enroll_id, self.sources, stamps, left_out, corrected)


# Time and key: what tells a way is no order.
moment = itemgetter(0, 1)

# A number, and what the ways to write its name have in common; without one, the terminal.
type Who = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for, `known` being all terminals and `wanted` those of them, and what people were called.

    `alike` is `likeness`, which remembers: most names are said in every part, and at several terminals.
    """

    where: RecordFilter
    entries: Mapping[str, int]
    known: Mapping[int, str]
    wanted: Mapping[int, str]
    names: History
    alike: Callable[[str | None], str] = field(default_factory=lambda: cache(likeness))

    def within(self, begin: int, end: int) -> RecordFilter:
        """Return the filter for a part of the time: one bound on each side, of two the database may take the wider."""
        since, until, where = instant_from(begin), instant_from(end), self.where
        return replace(
            where,
            since=since if where.since is None else max(since, where.since),
            until=until if where.until is None else min(until, where.until),
        )


# Where punches of one name of a number at a terminal go: who it is, and which source of theirs; numbers, as above.
type _Place = tuple[int, int]


class Presence:
    """The punches of everybody, in one part after the other of the time that was asked for."""

    def __init__(self, asked: Asked) -> None:
        """Begin with nobody."""
        self._asked = asked
        self._ways = {number: _ways(asked.entries.get(serial)) for number, serial in asked.wanted.items()}
        self._forget()

    def within(self, connection: Connection, begin: int, end: int) -> Mapping[Who, Present]:
        """Return the punches of a part of the time, of two instants; they are gone when the next part is asked for."""
        where = self._asked.within(begin, end)
        self.clear()
        if len(self._places) > _KEPT_PLACES:
            self._forget()
        self._take(_punches(connection, where, self._asked.known))
        self._put_right(_corrections(connection, where, self._asked.wanted))
        found: dict[Who, Present] = {}
        for who, number in unhurried(self._numbers.items()):
            one = self._everybody[number]
            # No two have the same key, so the way, which is no order, is never compared.
            one.stamps.sort()
            if one.stamps or one.left_out:
                found[who] = one
        return found

    def clear(self) -> None:
        """Forget all punches; to do so of a hundred thousand at once takes as long as many of them take to count."""
        for one in unhurried(self._everybody):
            one.clear()

    def _forget(self) -> None:
        self._everybody: list[Present] = []
        self._stamps: list[list[Stamp]] = []
        self._numbers: dict[Who, int] = {}
        self._places: dict[tuple[int, int, str | None], _Place] = {}

    def _take(self, punches: Iterable[Sequence[_Punch]]) -> None:
        """Add what terminals have told."""
        places, stamps, all_ways = self._places, self._stamps, self._ways
        unnamed: defaultdict[tuple[int, int], list[_Moment]] = defaultdict(list)
        for portion in unhurried(punches):
            for terminal, enroll_id, said, at, key, reader in portion:
                if not said:
                    unnamed[terminal, enroll_id].append((at, key, reader))
                    continue
                if (place := places.get((terminal, enroll_id, said))) is None:
                    place = self._place(terminal, enroll_id, said)
                number, source = place
                stamps[number].append((at, key, all_ways[terminal].get(reader), source))
        for terminal, enroll_id in unhurried(tuple(unnamed)):
            moments, ways = unnamed.pop((terminal, enroll_id)), all_ways[terminal]
            for name, some in _named(self._asked.names, (terminal, enroll_id), moments):
                number, source = self._place(terminal, enroll_id, name)
                stamps[number] += [(at, key, ways.get(reader), source) for at, key, reader in some]

    def _put_right(self, made: Sequence[Correction]) -> None:
        """Leave out and add what people have said, in the order in which they did."""
        if left_out := {one.record: one for one in made if one.record is not None}:
            enroll_ids = {one.enroll_id for one in left_out.values()}
            for one in unhurried(self._everybody):
                if one.enroll_id not in enroll_ids:
                    continue
                one.left_out = sorted((stamp for stamp in one.stamps if stamp[1] in left_out), key=moment)
                one.corrected = {key: left_out[key] for _, key, _, _ in one.left_out}
                one.stamps[:] = [stamp for stamp in one.stamps if stamp[1] not in left_out]
        numbers = {serial: number for number, serial in self._asked.wanted.items()}
        for added in made:
            if added.record is None:
                terminal, at = numbers[added.serial], instant_of("at", added.at)
                name = added.name or self._asked.names.name_at(terminal, added.enroll_id, at)
                number, source = self._place(terminal, added.enroll_id, name)
                one = self._everybody[number]
                one.stamps.append((at, -added.id, None if added.way is None else added.way.value, source))
                one.corrected[-added.id] = added

    def _place(self, terminal: int, enroll_id: int, name: str | None) -> _Place:
        """Return where punches go that a number of a terminal made under a name."""
        if (place := self._places.get((terminal, enroll_id, name))) is not None:
            return place
        who = enroll_id, self._asked.alike(name) or f"\0{terminal}"
        if (number := self._numbers.get(who)) is None:
            one = Present(enroll_id)
            number = self._numbers[who] = len(self._everybody)
            self._everybody.append(one)
            self._stamps.append(one.stamps)
        sources = self._everybody[number].sources
        place = self._places[terminal, enroll_id, name] = number, len(sources)
        sources.append((self._asked.wanted[terminal], name))
        return place


def _corrections(connection: Connection, where: RecordFilter, wanted: Mapping[int, str]) -> list[Correction]:
    """Return the corrections that hold for a time, of which a filter says both ends."""
    if where.since is None or where.until is None:
        raise ValueError("a part of the time has two ends")
    return [
        one
        for one in corrections(connection, list(wanted.values()), where.since, where.until, removed=False)
        if where.enroll_ids is None or one.enroll_id in where.enroll_ids
    ]


# Terminal, number, the name that was said, time, id and reader.
type _Punch = tuple[int, int, str | None, int, int, int]
# Of these the last three.
type _Moment = tuple[int, int, int]


def _punches(connection: Connection, where: RecordFilter, known: Mapping[int, str]) -> Iterator[Sequence[_Punch]]:
    """Yield some at a time terminal, number, the name that was said, time, id and reader of the punches of a filter."""
    row = RECORDS.c
    query = select(row.terminal_id, row.enroll_id, row.name, row.occurred_at, row.id, row.reader).where(
        *conditions_of_time(where, known),
        *conditions(RecordFilter(kind=RecordKind.PUNCH), known),
        row.enroll_id != STRANGER_ID,
        not_refused(),
    )
    # As the driver gives them: to make rows of them takes longer than all the rest. And a few at a time: the garbage
    # collector walks through what is alive.
    with closing(connection.execute(query)) as found:
        while some := found.cursor.fetchmany(_SOME):
            yield some


def _named(
    names: History, number: tuple[int, int], punches: list[_Moment]
) -> Iterable[tuple[str | None, list[_Moment]]]:
    """Return punches that say no name by those that a number of a terminal had when they were made."""
    low, high = min(punches)[0], max(punches)[0]
    if not any(low < since <= high for since, _ in names.names.get(number, ())):
        return [(names.name_at(*number, punches[0][0]), punches)]
    found: dict[str | None, list[_Moment]] = {}
    for punch in punches:
        found.setdefault(names.name_at(*number, punch[0]), []).append(punch)
    return found.items()


def _ways(entry: int | None) -> Mapping[int, str]:
    """Return the ways of the readers of a terminal, of which one is known to let in, as text by raw numbers."""
    return {} if entry is None else {reader: Way.IN.value if reader == entry else Way.OUT.value for reader in _READERS}
