"""Reading the keys of a command as firmware does: lenient about types, strict about ranges."""

from datetime import datetime
from typing import Any

from .clock import parse
from .errors import PARAMETER, RefusedError
from .wire import Frame

LARGEST_ENROLLID = 999_999_999_999


def whole(value: object, low: int, high: int) -> int:
    """Return a number in a range; booleans count as 0 and 1 (spec B17, tips), digits in a string are read too."""
    try:
        number = int(value) if isinstance(value, bool | int | str) else None
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise RefusedError(1, PARAMETER)
    return number


def text(value: object, longest: int = 4096) -> str:
    """Return a string of at most so many bytes."""
    if not isinstance(value, str) or len(value.encode()) > longest:
        raise RefusedError(1, PARAMETER)
    return value


def listing(value: object, longest: int) -> list[Any]:
    """Return an array of at most so many items."""
    if not isinstance(value, list) or len(value) > longest:
        raise RefusedError(1, PARAMETER)
    return value


def mapping(value: object) -> dict[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise RefusedError(1, PARAMETER)
    return value


def records(command: Frame, longest: int) -> list[dict[str, Any]]:
    """Return the array of a command whose `count` must be right (field notes 5, setuserlock)."""
    found = [mapping(item) for item in listing(command.get("record"), longest)]
    if whole(command.get("count"), 0, longest) != len(found):
        raise RefusedError(1, PARAMETER)
    return found


def enrollid(command: Frame, *, lowest: int = 1) -> int:
    """Return whom a command is about; the misspelt key of spec B8 is understood too."""
    return whole(command.get("enrollid", command.get("enrolled")), lowest, LARGEST_ENROLLID)


def moment(value: object) -> datetime:
    """Return a date and time; dates without leading zeros occur in spec B11."""
    try:
        day, _, clock = text(value).strip().partition(" ")
        if "T" not in day:
            day = "-".join(part.zfill(2) for part in day.split("-"))
        return parse(f"{day} {clock}".strip())
    except ValueError:
        raise RefusedError(1, PARAMETER) from None


def truth(value: object) -> bool:
    """Tell whether a server said yes: `true`, 1 and "1" are the same to a terminal (field notes 3)."""
    return value is True or value == 1 or (isinstance(value, str) and value.strip().lower() in {"1", "true"})
