"""When a record says that it happened: in more ways to write that than one, and in none that could mean two things."""

from dataclasses import dataclass
from datetime import UTC, datetime
import re
from typing import override

from .kinds import MAX_WORD, Moment

# What comes after the time of day means nothing more: fractions of a second, and a `Z` behind local time (field notes
# 10, ISO time). Anything else there does: half a day, or a zone.
_TAIL = r"(?:\.\d{1,9})?\s*Z?\s*"
_CLOCK = r"[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?"
_YEAR_FIRST = re.compile(rf"\s*(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_CLOCK}{_TAIL}", re.ASCII)
_YEAR_LAST = re.compile(rf"\s*(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_CLOCK}{_TAIL}", re.ASCII)
_DIGITS = re.compile(r"\s*\d{10}(?:\d{3})?\s*", re.ASCII)
_MONTHS = 12
# Seconds since 1970 have ten digits from 2001 on, milliseconds thirteen.
_FIRST_SECOND, _LAST_SECOND = 1_000_000_000, 9_999_999_999
_MILLISECONDS = 1_000


@dataclass(frozen=True)
class RecordTime(Moment):
    """A time of day on a date; naive and local (field notes 0.5), but for seconds since 1970, which are an instant.

    `26/11/2026` and `11/26/2026` are one date each, `05/11/2026` could be two and is none. A date alone is no time.
    """

    @override
    def read(self, value: object) -> datetime | None:
        """Return the time, aware where it is an instant; None for what cannot be told."""
        try:
            if isinstance(value, str):
                return _read_text(value) if len(value) <= MAX_WORD else None
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _instant(float(value))
        except ValueError, OverflowError:
            pass
        return None


def _read_text(value: str) -> datetime | None:
    if _DIGITS.fullmatch(value):
        return _instant(float(value))
    if match := _YEAR_FIRST.fullmatch(value):
        year, _, month, day, hour, minute, second = match.groups()
    elif match := _YEAR_LAST.fullmatch(value):
        first, sign, other, year, hour, minute, second = match.groups()
        # Nobody writes the month first with full stops.
        if sign == "." or first == other or int(first) > _MONTHS:
            day, month = first, other
        elif int(other) > _MONTHS:
            day, month = other, first
        else:
            return None
    else:
        return None
    return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001 - naive by protocol


def _instant(number: float) -> datetime | None:
    seconds = number if number <= _LAST_SECOND else number / _MILLISECONDS
    return datetime.fromtimestamp(int(seconds), UTC) if _FIRST_SECOND <= seconds <= _LAST_SECOND else None
