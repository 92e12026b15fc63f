"""Values that no field is made for, where in data they are put, and what of them must not come back."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from custom_components.timmy_access.protocol.peer import is_printable

type Path = tuple[Any, ...]

# Longer than any text of ours with what is filled in.
MAX_TEXT = 2_000
# Longer than anything that people type, and shorter than what Home Assistant takes in one message.
LONG = "long" * 25_000
MARKUP = "<img src=x onerror=alert(1)>[x](http://a)"
DEPTH = 800
# In short each place gets one value of so many, and each value comes to one of so many places.
TURNS = 4


def deep(kind: type[list[Any] | dict[str, Any]]) -> Any:
    """Return something in something, and so on."""
    made: Any = "end"
    for _ in range(DEPTH):
        made = [made] if kind is list else {"a": made}
    return made


# What JSON can carry; YAML and templates carry more.
JSON: Mapping[str, Any] = {
    "nothing": None,
    "empty": "",
    "blank": " \t ",
    "nul": "a\x00b",
    "control": "a\x1b[31mb\r\nc",
    "turned": "a\u202eb\u2066c",
    "long": LONG,
    "markup": MARKUP,
    "path": "../../../etc/passwd",
    "absolute": "/etc/passwd",
    "slash": "a/b",
    "nul in a path": "/etc/\x00",
    "format": "{0.__class__} %s %(a)s {a}",
    "template": "{{ 1/0 }}",
    "letters of a formula": "=1+1",
    "minus": -1,
    "zero": 0,
    "31 bits": 2**31,
    "63 bits": 2**63,
    "64 bits": 2**64 - 1,
    "least": -(2**63),
    "part": 0.5,
    "huge": 1e308,
    "true": True,
    "list": [],
    "list of nothing": [None],
    "list of lists": [["a"], {"b": []}],
    "many": ["x"] * 5_000,
    "mapping": {},
    "mapping of mappings": {"a": {"b": {}}, "": None},
    "deep list": deep(list),
    "deep mapping": deep(dict),
    "last day": "9999-12-31",
    "first day": "0001-01-01",
    "last second": "9999-12-31T23:59:59",
    "first second": "0001-01-01T00:00:00+14:00",
    "no day": "2026-02-30",
    "many digits": "9" * 5_000,
    "long ago": "1970-01-02",
    "far ahead": "8999-12-30",
    "seconds of ages": 10**12,
    "other digits": "١٢٣",
    "superscript": "²",
    "wide name of a file": "\U00020000" * 120,
    "zone of an address": "fe80::1%a\x00b",
    "long zone of an address": "fe80::1%" + "a" * 100,
}
NASTY: Mapping[str, Any] = {
    **JSON,
    "70 bits": 2**70,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "bytes": b"\xff",
    "half a character": "a\ud800",
    "number as a key": {1: 2, None: 3},
    "date": date(2026, 1, 1),
    "date and time": datetime(2026, 1, 1, 12),  # noqa: DTZ001 - as YAML reads it
    "last moment": datetime.max,  # noqa: DTZ901 - the same
    "length of time": timedelta.max,
}


def unreadable(text: str) -> str | None:
    """Return what is wrong with a text that somebody is shown."""
    if len(text) > MAX_TEXT:
        return f"{len(text)} letters: {text[:100]}"
    return None if is_printable(text) else f"cannot be read: {text[:200]!r}"


def some(values: Mapping[str, Any], number: int, *, is_long: bool) -> list[tuple[str, Any]]:
    """Return the values for a place: all of them, or in short those whose turn it is."""
    return list(values.items()) if is_long else list(values.items())[number % TURNS :: TURNS]


def places(data: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where something is in data: every key and every entry, those inside of others too."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield (*path, number)
            yield from places(value, (*path, number))


def put(data: Any, path: Path, value: Any) -> Any:
    """Return data with something else at a place."""
    if not path:
        return value
    first, *rest = path
    if isinstance(data, Mapping):
        return {**data, first: put(data.get(first), tuple(rest), value)}
    return [put(it, tuple(rest), value) if number == first else it for number, it in enumerate(data)]
