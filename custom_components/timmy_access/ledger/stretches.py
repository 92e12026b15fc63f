"""From the punches of one person on one day to how long they were there. Nothing here asks a database, nor a clock.

A punch that is missing is marked and never guessed: the hours of that day are then not known.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from .values import SECOND

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


class Stamp(NamedTuple):
    """A punch: when, in microseconds since 1970 in UTC, by which it is told apart, and the way if that is known.

    `key` is the id of a record, or the negative one of a correction that added the punch; `source` says where it was.
    """

    at: int
    key: int
    way: Way | None = None
    source: int = 0


class Stretch(NamedTuple):
    """Time that somebody was there, in microseconds; a side at which the punch is missing is None."""

    begin: int | None
    end: int | None


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
    stretches = _stretches(counted)
    if all(begin is not None and end is not None for begin, end in stretches):
        worked = sum((end or 0) - (begin or 0) for begin, end in stretches)
        return Reckoned(counted, stretches, Standing.COMPLETE, worked)
    *before, last = stretches
    if not is_over and last.begin is not None and all(None not in one for one in before):
        return Reckoned(counted, stretches, Standing.RUNNING, None)
    # Which punch it is that is missing can be told only where readers say which way people go.
    is_told = all(stamp.way is not None for stamp in counted)
    return Reckoned(counted, stretches if is_told else (), Standing.MISSING, None)


def without_doubles(stamps: Iterable[Stamp]) -> list[Stamp]:
    """Return punches without those that say once more, within a short time, what the one before says."""
    counted: list[Stamp] = []
    for stamp in stamps:
        if not counted or stamp.at - counted[-1].at >= DOUBLE:
            counted.append(stamp)
            continue
        last = counted[-1]
        if last.way is None and stamp.way is not None:
            counted[-1] = last._replace(way=stamp.way)
        elif last.way is not stamp.way and stamp.way is not None:
            counted.append(stamp)
    return counted


def _stretches(counted: Iterable[Stamp]) -> list[Stretch]:
    """Pair punches: by the way where that is known, else whoever is there goes, and whoever is not comes."""
    found: list[Stretch] = []
    begin: int | None = None
    for at, _, way, _ in counted:
        if way is Way.IN or (way is None and begin is None):
            if begin is not None:
                found.append(Stretch(begin, None))
            begin = at
        else:
            found.append(Stretch(begin, at))
            begin = None
    if begin is not None:
        found.append(Stretch(begin, None))
    return found
