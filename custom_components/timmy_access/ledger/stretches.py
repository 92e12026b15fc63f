"""From the punches of one person on one day to how long they were there. Nothing here asks a database, nor a clock.

A punch that is missing is marked and never guessed: the hours of that day are then not known.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from .values import LOWEST, SECOND

# Whoever holds a card up again because the door was slow does so within seconds; nobody works less than a minute.
DOUBLE = 60 * SECOND


class Way(StrEnum):
    """Which way somebody went through a door."""

    IN = "in"
    OUT = "out"


class Standing(StrEnum):
    """What is known of the hours of a day: all, or that somebody is still there, or that a punch is missing."""

    COMPLETE = "complete"
    MISSING = "missing"
    RUNNING = "running"


# A punch: when, in microseconds since 1970 in UTC; by what it is told apart, the id of a record, or the negative one of
# a correction that added it; the way, as text, if that is known; and a number for where it was. Half a million of them
# are a month of a busy building: plain tuples take a third of the time, and of numbers and plain text alone they are
# nothing that Python's garbage collector walks through.
type Stamp = tuple[int, int, str | None, int]
# Time that somebody was there, in microseconds; a side at which the punch is missing is None.
type Stretch = tuple[int | None, int | None]


class Reckoned(NamedTuple):
    """What the punches of a day come to.

    `counted` are those that count, in order. `stretches` are empty where it cannot be told which of the punches is
    missing. `worked` are microseconds, None where they are not known (yet).
    """

    counted: Sequence[Stamp]
    stretches: Sequence[Stretch]
    standing: Standing
    worked: int | None


def reckoned(stamps: Iterable[Stamp], *, is_over: bool = True) -> Reckoned:
    """Return what punches of one day, in order, come to; whoever came and has not gone is there until it is over."""
    counted = without_doubles(stamps)
    stretches, worked, gaps = _stretches(counted)
    if not gaps:
        return Reckoned(counted, stretches, Standing.COMPLETE, worked)
    if not is_over and gaps == 1 and stretches[-1][1] is None:
        return Reckoned(counted, stretches, Standing.RUNNING, None)
    # Which punch it is that is missing can be told only where readers say which way people go.
    is_told = all(way is not None for _, _, way, _ in counted)
    return Reckoned(counted, stretches if is_told else (), Standing.MISSING, None)


def without_doubles(stamps: Iterable[Stamp]) -> list[Stamp]:
    """Return punches without those that say once more, within a short time, what the one before says."""
    counted: list[Stamp] = []
    last_at = LOWEST
    last_way: str | None = None
    for stamp in stamps:
        at, _, way, _ = stamp
        if at - last_at < DOUBLE:
            if way is None or way == last_way:
                continue
            if last_way is None:
                before = counted[-1]
                counted[-1] = (last_at, before[1], way, before[3])
                last_way = way
                continue
        counted.append(stamp)
        last_at, last_way = at, way
    return counted


def _stretches(counted: Iterable[Stamp]) -> tuple[list[Stretch], int, int]:
    """Pair punches: by the way where that is known, else whoever is there goes, and whoever is not comes.

    Also returns the time of what is whole, and how many punches are missing.
    """
    found: list[Stretch] = []
    begin: int | None = None
    worked = gaps = 0
    for at, _, way, _ in counted:
        if begin is None:
            if way == Way.OUT:
                found.append((None, at))
                gaps += 1
            else:
                begin = at
        elif way == Way.IN:
            found.append((begin, None))
            gaps += 1
            begin = at
        else:
            found.append((begin, at))
            worked += at - begin
            begin = None
    if begin is not None:
        found.append((begin, None))
        gaps += 1
    return found, worked, gaps
