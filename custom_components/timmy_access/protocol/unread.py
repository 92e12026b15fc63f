"""What a terminal said and was not understood wholly, so that it is not lost when it is acknowledged.

A frame may claim more records than could be read of it, a record may not say who it is about, or when (field notes 3
and 11). What is understood of it is kept in the log; all of it is kept as it came besides, to be read again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .table import Table
from .wire import Structure

# Of a frame, what says what it is and nothing that happened.
_ENVELOPE = frozenset({"cloudtime", "cmd", "count", "logindex", "result", "ret", "sn"})
# How the word begins of what a terminal tells of its own accord, and of what it asks for (field notes 1, dialects).
_TELLS = "send"
_ASKS = ("check", "get", "ota")
# What tells a record from others of its terminal (field notes 0.3); a key here that could not be read may be all that
# is different between two.
IDENTITY = {"enroll_id": "enrollid", "time": "time", "mode": "mode", "reader": "inout", "event": "event"}


@dataclass(frozen=True)
class Unread:
    """A frame, or as much of one as was not understood, under the word that says how to read it.

    `row` is which of the records it came with it is, where a part of it was understood; None where nothing was.
    """

    word: str
    frame: Mapping[str, Any] = field(repr=False)
    row: int | None = None


def is_question(frame: Mapping[str, Any]) -> bool:
    """Return whether a frame of a word that nobody knows asks for something; what tells something must not come again.

    One that says nothing but its word, and is no push by that, has nothing to lose.
    """
    word = str(frame.get("cmd", "")).strip().lower()
    is_empty = all(key.strip().lower() in _ENVELOPE or value in (None, "", [], {}) for key, value in frame.items())
    return word.startswith(_ASKS) or (is_empty and not word.startswith(_TELLS))


def unread_records(word: str, records: Table[Any]) -> Iterator[Unread]:
    """Yield the records of a list that do not say who and when in words that are understood."""
    for stray in records.strays:
        yield Unread(word, {"record": [stray]})
    if not records.strays and records.tells(IDENTITY):
        return
    told = zip(*(records.column(name) for name in IDENTITY), strict=True)
    for index, (values, time, item) in enumerate(zip(told, records.column("time"), records.items, strict=True)):
        # A record is made of those that need a closer look.
        if None in values and (time is None or is_partly_read(records[index])):
            yield Unread(word, {"record": [item]}, index)


def is_partly_read(record: Structure) -> bool:
    """Return whether a record may be taken for another one, by what could be read of it."""
    said = vars(record)
    extra = {key.strip().lower(): value for key, value in record.extra.items() if value is not None}
    if said["time"] is None or (said["enroll_id"] is None and extra):
        return True
    return any(said[name] is None and key in extra for name, key in IDENTITY.items())


def unread_rest(word: str, extra: Mapping[str, Any], count: int | None, records: Table[Any] | None) -> Iterator[Unread]:
    """Yield what a frame holds besides its records, where that may be records too: `extra` are keys without a field."""
    found = 0 if records is None else len(records) + len(records.strays)
    rest = {
        key: value
        for key, value in extra.items()
        if key.strip().lower() not in _ENVELOPE and value not in (None, "", [], {})
    }
    missing = max(0, (count or 0) - found)
    if missing or any(isinstance(value, list | dict) for value in rest.values()) or (rest and not found):
        yield Unread(word, {**rest, **({"count": missing} if missing else {})})
