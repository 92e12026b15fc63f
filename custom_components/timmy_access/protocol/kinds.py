"""The values of the wire format: lenient to read, strict to write.

A *kind* is one sort of value (a whole number, a text of so many bytes, a naive local time). It reads whatever a
terminal may send for it and answers None when nothing sensible can be read; it writes only what a terminal may be
sent and raises `CommandInvalid` otherwise.
"""

from dataclasses import dataclass
from datetime import date, datetime
import math
import re
from typing import Any, cast, override

from .errors import CommandInvalid, Problem

# Menus have user ids of up to 30 digits, filled up with zeros in front (field notes 11, ids).
_DIGITS = re.compile(r"\s*[+-]?(?:0*+\d{1,19}|0+)(?:\.0*)?\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MOMENT = re.compile(
    r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?"
    # What follows must not change it, as `PM` would.
    r"(?:\.\d*)?\s*(?:Z|[+-]\d\d:?\d\d)?\s*"
)
# What nearly all send, read twenty times as fast: one a line.
_USUAL_MOMENTS = re.compile(r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n)+", re.ASCII)
# Whole numbers on the wire; terminals hold enroll ids of up to twelve digits (field notes 5, enrollid) and the widest
# card numbers in 64 bits.
MAX_WHOLE = 2**63 - 1
# Characters of a number, a truth or a time, spaces included: a frame has room for megabytes, and whatever looks at each
# of them would keep the event loop.
MAX_WORD = 64
# Characters of a text; the longest that are seen are payloads of QR codes, of some 4,000.
MAX_TEXT = 16 * 1024


class Kind[T]:
    """One sort of value."""

    def read(self, value: object) -> T | None:
        """Return the value a terminal meant, None when it cannot be told."""
        raise NotImplementedError

    def read_all(self, values: list[Any]) -> list[T | None]:
        """Return what each value of a column meant."""
        read = self.read
        return [read(value) for value in values]

    def write(self, name: str, value: T) -> object:
        """Return the value as it goes on the wire; raises `CommandInvalid` naming the field."""
        raise NotImplementedError


@dataclass(frozen=True)
class Whole(Kind[int]):
    """A whole number between two bounds; may be read from a text, a boolean or a float."""

    low: int = 0
    high: int = MAX_WHOLE

    def read(self, value: object) -> int | None:
        """Return any whole number of 64 bits: `low` and `high` bind only what we send."""
        if type(value) is int and -MAX_WHOLE < value <= MAX_WHOLE:
            return value
        if isinstance(value, str) and len(value) <= MAX_WORD and _DIGITS.fullmatch(value):
            value = int(value.partition(".")[0])
        elif isinstance(value, float) and math.isfinite(value) and value == int(value):
            value = int(value)
        if isinstance(value, int) and -MAX_WHOLE < value <= MAX_WHOLE:
            return int(value)
        return None

    @override
    def read_all(self, values: list[Any]) -> list[int | None]:
        """Return the numbers; a column that is in order is seen to be so at once."""
        if set(map(type, values)) == {int} and min(values) > -MAX_WHOLE and max(values) <= MAX_WHOLE:
            return values
        return super().read_all(values)

    def write(self, name: str, value: int) -> object:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise CommandInvalid(name, Problem.NOT_A_NUMBER)
        if not self.low <= value <= self.high:
            raise CommandInvalid(
                name,
                Problem.OUT_OF_RANGE,
                {"low": str(self.low), "high": str(self.high)},
            )
        return value


@dataclass(frozen=True)
class EnrollId(Whole):
    """The number of a person on a terminal, also as a text, with zeros in front that mean nothing (field notes 6, 11).

    What is yes or no is nobody's number.
    """

    @override
    def read(self, value: object) -> int | None:
        """Return the number."""
        return None if isinstance(value, bool) else super().read(value)


@dataclass(frozen=True)
class Choice(Kind[int]):
    """A whole number out of a table that may have gaps."""

    values: frozenset[int]

    def read(self, value: object) -> int | None:
        """Return any whole number."""
        return Whole().read(value)

    def write(self, name: str, value: int) -> object:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int) or value not in self.values:
            choices = ", ".join(str(choice) for choice in sorted(self.values))
            raise CommandInvalid(name, Problem.NOT_A_CHOICE, {"choices": choices})
        return int(value)


@dataclass(frozen=True)
class Number(Kind[float]):
    """A number with a fraction; read only."""

    def read(self, value: object) -> float | None:
        """Return the number, also from a text."""
        if isinstance(value, str):
            if len(value) > MAX_WORD:
                return None
            try:
                value = float(value)
            except ValueError:
                return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Truth(Kind[bool]):
    """Yes or no. Firmware takes and sends both true/false and 1/0 (field notes 5, setdevlock)."""

    as_number: bool = True

    def read(self, value: object) -> bool | None:
        """Return the truth, also from a number or a text."""
        if isinstance(value, str):
            if len(value) > MAX_WORD:
                return None
            return {"1": True, "true": True, "0": False, "false": False}.get(value.strip().lower())
        number = Whole().read(value)
        return None if number is None else number != 0

    def write(self, name: str, value: bool) -> object:
        """Return 1 or 0, or true or false where the specification shows that."""
        if not isinstance(value, bool):
            raise CommandInvalid(name, Problem.NOT_A_TRUTH)
        return int(value) if self.as_number else value


@dataclass(frozen=True)
class Text(Kind[str]):
    """A text of at most `limit` bytes in UTF-8."""

    limit: int

    def read(self, value: object) -> str | None:
        """Return the text, also from a number; None for one that is longer than any terminal's."""
        if isinstance(value, str):
            return value if len(value) <= MAX_TEXT else None
        if isinstance(value, float) or (type(value) is int and -MAX_WHOLE <= value <= MAX_WHOLE):
            return str(value)
        return None

    def write(self, name: str, value: str) -> object:
        """Return the text."""
        if not isinstance(value, str) or _CONTROL.search(value):
            raise CommandInvalid(name, Problem.NOT_A_TEXT)
        try:
            size = len(value.encode())
        except UnicodeEncodeError as err:  # half of a surrogate pair
            raise CommandInvalid(name, Problem.NOT_A_TEXT) from err
        if size > self.limit:
            raise CommandInvalid(
                name,
                Problem.TOO_LONG,
                {"limit": str(self.limit), "size": str(size)},
            )
        return value


@dataclass(frozen=True)
class Formatted(Kind[str]):
    """A text of a fixed form, such as a stretch of the day; `example` shows the form."""

    form: re.Pattern[str]
    example: str

    def read(self, value: object) -> str | None:
        """Return any text: the form binds only what we send."""
        return value.strip() if isinstance(value, str) and len(value) <= MAX_TEXT else None

    def write(self, name: str, value: str) -> object:
        """Return the text."""
        if not isinstance(value, str) or not self.form.fullmatch(value):
            raise CommandInvalid(name, Problem.NOT_A_TEXT, {"example": self.example})
        return value


@dataclass(frozen=True)
class Moment(Kind[datetime]):
    """A naive local time, `YYYY-MM-DD HH:MM:SS` (field notes 0.5)."""

    def read(self, value: object) -> datetime | None:
        """Return the time; `T` and `Z` are seen in the field and mean nothing more."""
        if not isinstance(value, str) or len(value) > MAX_WORD:
            return None
        try:
            if _USUAL_MOMENTS.fullmatch(f"{value}\n"):
                return datetime.fromisoformat(value)
            if not (match := _MOMENT.fullmatch(value)):
                return None
            return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 - naive by protocol
        except ValueError:
            return None

    @override
    def read_all(self, values: list[Any]) -> list[datetime | None]:
        """Return the times; a column that is in order is seen to be so at once."""
        try:
            if _USUAL_MOMENTS.fullmatch("\n".join([*values, ""])):
                return list(map(datetime.fromisoformat, values))
        except TypeError, ValueError:
            pass
        return super().read_all(values)

    def write(self, name: str, value: datetime) -> object:
        """Return the text of the time."""
        if not isinstance(value, datetime) or value.tzinfo is not None:
            raise CommandInvalid(name, Problem.NOT_A_DATE)
        return value.isoformat(" ", "seconds")


@dataclass(frozen=True)
class Day(Kind[date]):
    """A date, `YYYY-MM-DD`."""

    def read(self, value: object) -> date | None:
        """Return the date."""
        moment = Moment().read(value)
        return None if moment is None else moment.date()

    def write(self, name: str, value: date) -> object:
        """Return the text of the date."""
        if isinstance(value, datetime) or not isinstance(value, date):
            raise CommandInvalid(name, Problem.NOT_A_DATE)
        return value.isoformat()


@dataclass(frozen=True)
class Opaque(Kind[Any]):
    """A value that is passed on as it is: templates, and keys whose types differ between firmwares."""

    def read(self, value: object) -> object:
        """Return the value."""
        return value

    def write(self, name: str, value: Any) -> object:  # noqa: ARG002 - any JSON value
        """Return the value."""
        return value


@dataclass(frozen=True)
class Many[T](Kind[tuple[T, ...]]):
    """A list of values of one kind; on the way out not empty and at most `limit` long."""

    kind: Kind[T]
    limit: int
    least: int = 1

    def read(self, value: object) -> tuple[T, ...] | None:
        """Return the list; None where any of it cannot be read, as the others would move into its place.

        One item is a list of one, and an object of nothing but items is a list of those (field notes 11, shapes).
        """
        if value is None:
            return None
        if not isinstance(value, list):
            if value in ("", {}):
                value = []
            elif isinstance(value, dict) and self.kind.read(value) is None:
                value = list(value.values())
            else:
                value = [value]
        items = [self.kind.read(item) for item in value]
        return None if any(item is None for item in items) else tuple(cast("list[T]", items))

    def write(self, name: str, value: tuple[T, ...]) -> object:
        """Return the list."""
        if len(value) < self.least:
            raise CommandInvalid(name, Problem.TOO_FEW, {"least": str(self.least)})
        if len(value) > self.limit:
            raise CommandInvalid(
                name,
                Problem.TOO_MANY,
                {"limit": str(self.limit), "size": str(len(value))},
            )
        return [self.kind.write(f"{name}[{index}]", item) for index, item in enumerate(value)]


@dataclass(frozen=True)
class Keyed[T](Kind[T]):
    """A value that lies alone in an object, under one key: `{"day": 1}` (specification B20); or without the object."""

    key: str
    kind: Kind[T]

    def read(self, value: object) -> T | None:
        """Return the value in the object; the case of the key and spaces around it mean nothing."""
        if not isinstance(value, dict):
            # Of several lists around one value it cannot be told which are left out.
            return None if isinstance(self.kind, Many) and not isinstance(value, list) else self.kind.read(value)
        if self.key not in value:
            value = {key.strip().lower(): item for key, item in value.items()}
        return self.kind.read(value.get(self.key))

    def write(self, name: str, value: T) -> object:
        """Return the object."""
        return {self.key: self.kind.write(name, value)}
