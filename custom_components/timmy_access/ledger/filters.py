"""Which records somebody asks for."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
import re
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, tuple_

from .entries import DOOR_ID
from .errors import LedgerInvalid, Problem
from .limits import MAX_FILTER_VALUES
from .schema import RECORDS
from .statements import bound
from .values import MISSING, few, instant_of, whole_of

_CURSOR = re.compile(r"(-?\d{1,18})\.(\d{1,18})", re.ASCII)


class RecordKind(StrEnum):
    """What a record is about; one without an enroll id is about neither."""

    DOOR = "door"
    PUNCH = "punch"


@dataclass(frozen=True, kw_only=True)
class RecordFilter:
    """All that is given must hold; None asks for nothing.

    `since` (included) and `until` (not included) are aware times and mean `occurred_at`. `modes` are raw numbers;
    `methods` are the numbers of `verify_mode` where a record has one, else of its mode. `kept_after` is the id of a
    record: a page of those that were kept later is in the order of that, last first, and has no second one.
    """

    serials: Collection[str] | None = None
    enroll_ids: Collection[int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    modes: Collection[int] | None = None
    methods: Collection[int] | None = None
    kind: RecordKind | None = None
    kept_after: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no record could be compared with; raises `LedgerInvalid` naming the field."""
        for name in ("serials", "enroll_ids", "modes", "methods"):
            values = getattr(self, name)
            if values is None:
                continue
            few(name, values, MAX_FILTER_VALUES)
            for value in values:
                if name != "serials":
                    whole_of(name, value)
                elif isinstance(values, str):  # a collection of letters, to Python
                    raise LedgerInvalid(name, Problem.NOT_A_TEXT)
        if self.kept_after is not None:
            whole_of("kept_after", self.kept_after)
        for name in ("since", "until"):
            if (value := getattr(self, name)) is not None:
                instant_of(name, value)


class Cursor(NamedTuple):
    """The place of a record in the order of a list."""

    occurred_at: int
    id: int

    def __str__(self) -> str:
        """Return it as callers hand it back."""
        return f"{self.occurred_at}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Return what `str` made of one; raises `LedgerInvalid`."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise LedgerInvalid("after", Problem.NOT_A_CURSOR)
        return cls(int(match[1]), int(match[2]))


def conditions(where: RecordFilter, serials: Mapping[int, str]) -> list[ColumnElement[bool]]:
    """Return a filter as conditions on the table of records; `serials` are those of all terminals by number."""
    column = RECORDS.c
    found: list[ColumnElement[bool]] = []
    if where.serials is not None:
        wanted = frozenset(where.serials)
        # What was kept last is at the end of the table; by the index of a terminal all that it ever told is sorted.
        terminal = column.terminal_id if where.kept_after is None else column.terminal_id + 0
        found.append(among("terminal", terminal, [number for number, serial in serials.items() if serial in wanted]))
    if where.enroll_ids is not None:
        found.append(among("enroll_id", column.enroll_id, where.enroll_ids))
    if where.since is not None:
        found.append(column.occurred_at >= bound("since", instant_of("since", where.since)))
    if where.until is not None:
        found.append(column.occurred_at < bound("until", instant_of("until", where.until)))
    if where.kept_after is not None:
        found.append(column.id > bound("kept_after", where.kept_after))
    if where.modes is not None:
        found.append(among("mode", column.mode, where.modes))
    if where.methods is not None:
        found.append(among("method", column.method, where.methods))
    if where.kind is RecordKind.DOOR:
        found.append(column.enroll_id == DOOR_ID)
    elif where.kind is RecordKind.PUNCH:
        found.append(column.enroll_id.not_in([DOOR_ID, MISSING]))
    return found


def not_refused() -> ColumnElement[bool]:
    """Return the condition that nobody was refused, as far as is known."""
    return or_(RECORDS.c.granted.is_(None), RECORDS.c.granted.is_(True))


def from_cursor(where: RecordFilter, cursor: Cursor, *, oldest_first: bool) -> RecordFilter:
    """Return a filter without its bound that `beyond` says more closely.

    Of two bounds of a column SQLite looks up the first one, and would walk from there to the cursor for every page.
    """
    if oldest_first:
        is_closer = where.since is not None and cursor.occurred_at >= instant_of("since", where.since)
        return replace(where, since=None) if is_closer else where
    is_closer = where.until is not None and cursor.occurred_at < instant_of("until", where.until)
    return replace(where, until=None) if is_closer else where


def beyond(cursor: Cursor, *, oldest_first: bool) -> list[ColumnElement[bool]]:
    """Return the conditions for what comes after a cursor.

    The first one alone would do; the second says the same of a single column, which MariaDB can look up in an index.
    """
    at = bound("at", cursor.occurred_at)
    place, last = tuple_(RECORDS.c.occurred_at, RECORDS.c.id), tuple_(at, bound("key", cursor.id))
    if oldest_first:
        return [place > last, RECORDS.c.occurred_at >= at]
    return [place < last, RECORDS.c.occurred_at <= at]


def among(name: str, column: Any, values: Collection[int]) -> ColumnElement[bool]:
    """Return an equality where there is one value, which is bound: indexes then give the order, too."""
    distinct = list(dict.fromkeys(values))
    condition: ColumnElement[bool] = column == bound(name, distinct[0]) if len(distinct) == 1 else column.in_(distinct)
    return condition


def shape_of(where: RecordFilter, terminals: Sequence[int], known: int) -> tuple[Hashable, dict[str, int]]:
    """Return what the conditions of a filter are made from, but for the values that are bound in them, and these.

    `terminals` are the numbers of those that are asked for, of so many that are `known`.
    """
    values: dict[str, int] = {}
    said: list[Hashable] = [where.kind, known]
    for name, wanted in (
        ("terminal", None if where.serials is None else terminals),
        ("enroll_id", where.enroll_ids),
        ("mode", where.modes),
        ("method", where.methods),
    ):
        distinct = None if wanted is None else tuple(dict.fromkeys(wanted))
        if distinct is not None and len(distinct) == 1:
            values[name] = distinct[0]
            said.append(name)
        else:
            said.append(distinct)
    for name, moment in (("since", where.since), ("until", where.until)):
        if moment is not None:
            values[name] = instant_of(name, moment)
            said.append(name)
    if where.kept_after is not None:
        values["kept_after"] = where.kept_after
        said.append("kept_after")
    return tuple(said), values
