"""The structures of the wire format.

A *structure* is a frozen dataclass whose fields say, in their metadata, the key on the wire and the kind. Keys of a
frame that no field names are kept in `extra`, so that reading a frame loses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import Any, Self, cast

from .errors import CommandInvalid
from .kinds import Kind

_WIRE = "wire"
# Unknown keys of what is held for as long as a terminal is known: firmware has some tens, and a frame room for
# megabytes.
MAX_KEPT_KEYS = 100
MAX_KEPT_CHARACTERS = 64


@dataclass(frozen=True)
class Nested[S: Structure](Kind[S]):
    """One structure inside another."""

    structure: type[S]

    def read(self, value: object) -> S | None:
        """Return the structure, also of a list that holds nothing else (field notes 11, shapes of a batch)."""
        if isinstance(value, list) and len(value) == 1:
            [value] = value
        return self.structure.parse(cast("Mapping[str, Any]", value)) if isinstance(value, dict) else None

    def write(self, name: str, value: S) -> object:
        """Return the object of the structure."""
        try:
            return value.wire()
        except CommandInvalid as err:
            raise err.within(name) from err


def wire(key: str, kind: Kind[Any], *aliases: str) -> Mapping[str, Any]:
    """Return the metadata of a field: its key on the wire, its kind, and keys that other firmware uses for it."""
    return {_WIRE: (key, kind, aliases)}


# Field name, key and kind, then all keys it may have.
type _WireField = tuple[str, str, Kind[Any], tuple[str, ...]]

_FIELDS: dict[type[Structure], tuple[_WireField, ...]] = {}


def wire_fields(structure: type[Structure]) -> tuple[_WireField, ...]:
    """Return (field name, key, kind, the key and its aliases) of every field that is on the wire."""
    if (known := _FIELDS.get(structure)) is None:
        on_wire = ((item.name, item.metadata[_WIRE]) for item in fields(structure) if _WIRE in item.metadata)
        known = _FIELDS[structure] = tuple((name, key, kind, (key, *aliases)) for name, (key, kind, aliases) in on_wire)
    return known


@dataclass(frozen=True, kw_only=True)
class Structure:
    """A group of keys with their kinds; an absent or unreadable key is None."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, frame: Mapping[str, Any]) -> Self:
        """Read the structure from a JSON object; never raises. Unreadable values stay in `extra`.

        The case of a key and spaces around it mean nothing; one that is spelt as it should be goes first (field notes
        11, keys and words).
        """
        values: dict[str, Any] = {}
        extra = dict(frame)
        missing: list[_WireField] = []
        for item in wire_fields(cls):
            name, _, kind, candidates = item
            value = None
            for candidate in candidates:
                if candidate in frame and (value := kind.read(frame[candidate])) is not None:
                    del extra[candidate]
                    break
            else:
                missing.append(item)
            values[name] = value
        if missing and extra:
            _read_other_spellings(missing, values, extra)
        values["extra"] = extra
        return cls.made(values)

    @classmethod
    def made(cls, values: dict[str, Any]) -> Self:
        """Return a structure with these values, one for each field, as they have been read."""
        # What `__init__` does for a frozen class takes longer than all the reading.
        made = object.__new__(cls)
        made.__dict__.update(cls.complete(values))
        return made

    @classmethod
    def complete(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Give absent fields the value the structure promises; a hook for subclasses."""
        return values

    def is_misread(self, *names: str) -> bool:
        """Return whether any of some fields was told and could not be read: that is not to be taken for nothing."""
        told = frozenset(map(plain, self.extra))
        fields_asked_for = (keys for name, _, _, keys in wire_fields(type(self)) if name in names)
        return any(plain(key) in told for keys in fields_asked_for for key in keys)

    def worth_keeping(self) -> Self:
        """Return the structure as it may be held for long: of `extra` with some keys, and without what they say."""
        kept = dict.fromkeys(key[:MAX_KEPT_CHARACTERS] for key in islice(self.extra, MAX_KEPT_KEYS))
        return replace(self, extra=kept)

    def wire(self) -> dict[str, Any]:
        """Return the JSON object; fields that are None are left out. Raises `CommandInvalid`."""
        frame: dict[str, Any] = {}
        for name, key, kind, _ in wire_fields(type(self)):
            if (value := getattr(self, name)) is not None:
                frame[key] = kind.write(name, value)
        return frame


def plain(key: str) -> str:
    """Return a key or a word of the protocol without what firmware puts around it, and in lower case."""
    return key.strip().lower()


def _read_other_spellings(missing: Sequence[_WireField], values: dict[str, Any], extra: dict[str, Any]) -> None:
    """Read fields from keys that are spelt differently, and take those keys out of `extra`."""
    spelt = {plain(key): key for key in reversed(extra)}
    for name, _, kind, candidates in missing:
        for candidate in candidates:
            if (key := spelt.get(plain(candidate))) in extra and (value := kind.read(extra[key])) is not None:
                values[name] = value
                del extra[key]
                break
