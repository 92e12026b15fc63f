"""How times, numbers and texts lie in the database, and which of them it takes."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
import re
from typing import Any

from .errors import LedgerInvalid, Problem

# Whole numbers are signed 64 bits in every database. The lowest stands for a missing value where a column may not be
# empty: NULLs are all different to a unique index. It is not -2**63, which PostgreSQL does not read as a bigint.
MISSING = -(2**63 - 1)
LOWEST, HIGHEST = MISSING + 1, 2**63 - 1

# Characters of a person's name; the longest in the protocol's texts are cut to it.
MAX_NAME = 255
# Serial numbers have up to 32 characters in the protocol, ids of passes are of our own making.
MAX_KEY = 64
_KEY = re.compile(rf"[!-~](?:[ -~]{{0,{MAX_KEY - 2}}}[!-~])?")
# What PostgreSQL or UTF-8 cannot hold: NUL, and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - terminals speak naive local time
# Times of it take half as long as making a difference of each number.
_MICROSECOND, _SECOND = timedelta(microseconds=1), timedelta(seconds=1)
SECOND = 1_000_000
HOUR = 3_600 * SECOND


def number_of(field: str, value: int | None) -> int:
    """Return a whole number that may be missing as it lies in a column that may not be empty."""
    if value is None:
        return MISSING
    # The usual case first: this is asked four times a record.
    return value if type(value) is int and LOWEST <= value <= HIGHEST else whole_of(field, value)


def whole_of(field: str, value: int) -> int:
    """Return a whole number of 64 bits; raises `LedgerInvalid` naming the field."""
    if not isinstance(value, int):
        raise LedgerInvalid(field, Problem.NOT_A_NUMBER)
    if not LOWEST <= value <= HIGHEST:
        raise LedgerInvalid(field, Problem.OUT_OF_RANGE, {"low": str(LOWEST), "high": str(HIGHEST)})
    return int(value)


def number_from(stored: int) -> int | None:
    """Return what `number_of` stored."""
    return None if stored == MISSING else stored


def instant_of(field: str, value: datetime) -> int:
    """Return an aware time as microseconds since 1970 in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise LedgerInvalid(field, Problem.NOT_A_DATE)
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def instants_of(values: Sequence[object]) -> list[int] | None:
    """Return what `instant_of` makes of each of many; None where it has to be asked."""
    since = _since(_EPOCH, values)
    if since is None:
        return None
    return [(one.days * 86_400 + one.seconds) * SECOND + one.microseconds for one in since]


def instant_from(stored: int) -> datetime:
    """Return what `instant_of` stored, in UTC."""
    return _EPOCH + _MICROSECOND * stored


def local_of(field: str, value: datetime | None) -> int:
    """Return a terminal's naive local time as seconds since 1970 of the same naive clock."""
    if value is None:
        return MISSING
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise LedgerInvalid(field, Problem.NOT_A_DATE)
    since = value - _LOCAL_EPOCH
    return since.days * 86_400 + since.seconds


def locals_of(values: Sequence[object]) -> list[int] | None:
    """Return what `local_of` makes of each of many; None where it has to be asked."""
    since = _since(_LOCAL_EPOCH, values)
    return None if since is None else [one.days * 86_400 + one.seconds for one in since]


def local_from(stored: int) -> datetime | None:
    """Return what `local_of` stored."""
    return None if stored == MISSING else _LOCAL_EPOCH + _SECOND * stored


def name_of(field: str, value: str | None) -> str | None:
    """Return a person's name as every database can hold it, cut to `MAX_NAME` characters."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise LedgerInvalid(field, Problem.NOT_A_TEXT)
    cut = value[:MAX_NAME]
    return cut if cut.isascii() and "\0" not in cut else _UNSTORABLE.sub("�", cut)


def key_of(field: str, value: str) -> str:
    """Return a serial number or an id: 1 to `MAX_KEY` printable ASCII characters without spaces around them."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise LedgerInvalid(field, Problem.NOT_A_TEXT)
    return value


def few(field: str, values: Collection[object], limit: int) -> None:
    """Refuse a collection of more than `limit` values."""
    if len(values) > limit:
        raise LedgerInvalid(field, Problem.TOO_MANY, {"size": str(len(values)), "limit": str(limit)})


def _since(epoch: datetime, values: Sequence[Any]) -> list[timedelta] | None:
    """Return how long after `epoch` times are; None unless all are, and aware as `epoch` is."""
    if set(map(type, values)) != {datetime}:
        return None
    try:
        return [value - epoch for value in values]
    except TypeError:
        return None
