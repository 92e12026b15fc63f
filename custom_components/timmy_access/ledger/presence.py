"""Whose the punches of a time are, with what people have put right: the person is a number and its name of then."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import batched
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


# Where punches of one name of a number at a terminal go: which list it is, and which source; numbers, as above.
type _Place = tuple[int, int]


def present(connection: Connection, asked: Asked, where: RecordFilter) -> Mapping[Who, Present]:
    """Return the punches of everybody within a part of what was asked for, as a filter."""
    gathered = _Gathered(asked)
    gathered.take(_punches(connection, where, asked.known))
    gathered.put_right(_corrections(connection, where, asked.wanted))
    for one in gathered.people.values():
        one.stamps.sort(key=moment)
    return gathered.people


class _Gathered:
    """The punches of people, as they are found."""

    def __init__(self, asked: Asked) -> None:
        self.people: dict[Who, Present] = {}
        self._asked = asked
        self._ways = {number: _ways(asked.entries.get(serial)) for number, serial in asked.wanted.items()}

    def take(self, punches: Iterable[_Punch]) -> None:
        """Add what terminals have told."""
        places: dict[tuple[int, int, str], _Place] = {}
        lists: list[list[Stamp]] = []
        numbers: dict[int, int] = {}
        unnamed: defaultdict[tuple[int, int], list[_Moment]] = defaultdict(list)
        for portion in unhurried(batched(punches, _SOME, strict=False)):
            for terminal, enroll_id, said, at, key, reader in portion:
                if not said:
                    unnamed[terminal, enroll_id].append((at, key, reader))
                    continue
                if (place := places.get((terminal, enroll_id, said))) is None:
                    one, source = self._person(terminal, enroll_id, said)
                    number = numbers.setdefault(id(one), len(lists))
                    if number == len(lists):
                        lists.append(one.stamps)
                    place = places[terminal, enroll_id, said] = number, source
                number, source = place
                lists[number].append((at, key, self._ways[terminal].get(reader), source))
        for (terminal, enroll_id), moments in unnamed.items():
            ways = self._ways[terminal]
            for name, some in _named(self._asked.names, (terminal, enroll_id), moments):
                one, source = self._person(terminal, enroll_id, name)
                one.stamps += [(at, key, ways.get(reader), source) for at, key, reader in some]

    def put_right(self, made: Sequence[Correction]) -> None:
        """Leave out and add what people have said, in the order in which they did."""
        if left_out := {one.record: one for one in made if one.record is not None}:
            for one in self.people.values():
                one.left_out = sorted((stamp for stamp in one.stamps if stamp[1] in left_out), key=moment)
                one.corrected = {key: left_out[key] for _, key, _, _ in one.left_out}
                one.stamps = [stamp for stamp in one.stamps if stamp[1] not in left_out]
        numbers = {serial: number for number, serial in self._asked.wanted.items()}
        for added in made:
            if added.record is None:
                terminal, at = numbers[added.serial], instant_of("at", added.at)
                name = added.name or self._asked.names.name_at(terminal, added.enroll_id, at)
                one, source = self._person(terminal, added.enroll_id, name)
                one.stamps.append((at, -added.id, None if added.way is None else added.way.value, source))
                one.corrected[-added.id] = added

    def _person(self, terminal: int, enroll_id: int, name: str | None) -> tuple[Present, int]:
        """Return a person, and the number of a new source of theirs."""
        who = enroll_id, self._asked.alike(name) or f"\0{terminal}"
        if (one := self.people.get(who)) is None:
            one = self.people[who] = Present(enroll_id)
        one.sources.append((self._asked.wanted[terminal], name))
        return one, len(one.sources) - 1


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


def _punches(connection: Connection, where: RecordFilter, known: Mapping[int, str]) -> Sequence[_Punch]:
    """Return terminal, number, the name that was said, time, id and reader of the punches of a filter."""
    row = RECORDS.c
    query = select(row.terminal_id, row.enroll_id, row.name, row.occurred_at, row.id, row.reader).where(
        *conditions_of_time(where, known),
        *conditions(RecordFilter(kind=RecordKind.PUNCH), known),
        row.enroll_id != STRANGER_ID,
        not_refused(),
    )
    # As the driver gives them: to make rows of them takes longer than all the rest.
    found: Sequence[_Punch] = connection.execute(query).cursor.fetchall()
    return found


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
