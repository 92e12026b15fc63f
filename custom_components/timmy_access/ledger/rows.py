"""Entries as they lie in the database, made column by column: much of a column is alike, and looked at once."""

from collections.abc import Callable, Mapping, Sequence
import math
from typing import Any, NamedTuple

from .entries import Entry, StoredRecord
from .errors import LedgerInvalid, Problem
from .extras import document_of, extra_from
from .limits import MAX_ENTRIES
from .values import (
    HIGHEST,
    LOWEST,
    MAX_NAME,
    MISSING,
    few,
    instant_from,
    instant_of,
    instants_of,
    local_from,
    local_of,
    locals_of,
    name_of,
    number_of,
)


class Row(NamedTuple):
    """An entry as it lies in the database, but for its terminal; the first six columns are its identity."""

    time: int
    enroll_id: int
    mode: int
    reader: int
    event: int
    apart: int
    verify_mode: int | None
    name: str | None
    temperature: float | None
    extra: str | None
    occurred_at: int
    received_at: int
    live: bool
    granted: bool | None
    decided_by: str | None


# The values of a `Row` on their way in, without their names: a tenth of the time that a record takes.
type Values = tuple[
    int,
    int,
    int,
    int,
    int,
    int,
    int | None,
    str | None,
    float | None,
    str | None,
    int,
    int,
    bool,
    bool | None,
    str | None,
]

type _Store = Callable[[str, Any], object]
# Gives a whole column as it lies in the database; None where each value is to be looked at.
type _StoreAll = Callable[[Sequence[Any]], Sequence[object] | None]


def rows_of(entries: Sequence[Entry]) -> list[Values]:
    """Return entries as rows; raises `LedgerInvalid` naming the entry and the field, or for more than `MAX_ENTRIES`."""
    few("entries", entries, MAX_ENTRIES)
    if not entries:
        return []
    said = dict(zip(Entry._fields, zip(*entries, strict=True), strict=True))
    columns = [_stored(name, said[name], of, all_of) for name, (of, all_of) in _COLUMNS.items()]
    return list(zip(*columns, strict=True))


def record_of(serials: Mapping[int, str], row: Sequence[Any], person: str | None) -> StoredRecord:
    """Return an id, the number of a terminal and the values of a `Row` as a record of a person of that name."""
    # At once: a page is fifty of these, and each slice or call takes a twentieth of its time.
    key, terminal, time, enroll_id, mode, reader, event, apart, verify_mode, name, temperature, extra, *when = row
    occurred_at, received_at, live, granted, decided_by = when
    # In the order of the fields: by their names it takes longer.
    entry = Entry(
        None if enroll_id == MISSING else enroll_id,
        local_from(time),
        None if mode == MISSING else mode,
        None if reader == MISSING else reader,
        None if event == MISSING else event,
        instant_from(occurred_at),
        instant_from(received_at),
        bool(live),
        verify_mode,
        name,
        temperature,
        extra_from(extra),
        None if apart == MISSING else apart,
        None if granted is None else bool(granted),
        decided_by,
    )
    return StoredRecord(id=key, serial=serials[terminal], entry=entry, person=person)


def _stored(field: str, values: Sequence[Any], of: _Store, all_of: _StoreAll | None) -> Sequence[object]:
    """Return a column as it lies in the database; raises `LedgerInvalid`."""
    if all_of is not None and (whole := all_of(values)) is not None:
        return whole
    alike = values.count(values[0]) == len(values)
    stored: list[object] = []
    try:
        for value in values[:1] if alike else values:
            stored.append(of(field, value))  # noqa: PERF401 - its length tells which value is wrong
    except LedgerInvalid as err:
        raise err.within(f"entries[{len(stored)}]") from None
    return stored * len(values) if alike else stored


def _numbers_of(values: Sequence[Any]) -> Sequence[object] | None:
    is_stored = set(map(type, values)) == {int} and min(values) >= LOWEST and max(values) <= HIGHEST
    return values if is_stored else None


def _names_of(values: Sequence[Any]) -> Sequence[object] | None:
    if set(map(type, values)) != {str} or max(map(len, values)) > MAX_NAME:
        return None
    text = "".join(values)
    return values if text.isascii() and "\0" not in text else None


def _optional_number_of(field: str, value: int | None) -> int | None:
    return None if value is None else number_of(field, value)


def _temperature_of(field: str, value: float | None) -> float | None:
    if value is None or (isinstance(value, (int, float)) and math.isfinite(value)):
        return value
    raise LedgerInvalid(field, Problem.NOT_A_NUMBER)


def _extra_of(_: str, value: Mapping[str, Any]) -> str | None:
    return document_of(value)


def _truth_of(_: str, value: object) -> object:
    return value


# How the columns of a `Row`, in their order, are stored, and all of one at once where that is known.
_COLUMNS: Mapping[str, tuple[_Store, _StoreAll | None]] = {
    "time": (local_of, locals_of),
    "enroll_id": (number_of, _numbers_of),
    "mode": (number_of, None),
    "reader": (number_of, None),
    "event": (number_of, None),
    "apart": (number_of, None),
    "verify_mode": (_optional_number_of, None),
    "name": (name_of, _names_of),
    "temperature": (_temperature_of, None),
    "extra": (_extra_of, None),
    "occurred_at": (instant_of, instants_of),
    "received_at": (instant_of, None),
    "live": (_truth_of, None),
    "granted": (_truth_of, None),
    "decided_by": (_truth_of, None),
}
