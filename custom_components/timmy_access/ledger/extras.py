"""What a record says that has no field: kept as a small JSON document, without secrets and without photos."""

from collections.abc import Iterable, Mapping
from itertools import islice
import json
import math
from typing import Any

# A handful of keys with short values has been seen (field notes 3, extra record keys).
MAX_EXTRA_CHARACTERS = 2_000
# A longer text is a photo, a template or somebody's joke.
MAX_TEXT = 200
MAX_ITEMS = 32
# Keys of a record that are looked at.
MAX_KEYS = 100
# Keys of all records of a call whose documents are made in the event loop: some milliseconds.
MAX_KEYS_IN_LOOP = 250
MAX_DEPTH = 4
# Numbers of more digits fit no column and no other program.
_WIDEST = 2**63 - 1

# Keys whose values are photos or secrets, whatever their size; compared in lower case.
SECRET_KEYS = frozenset(
    {
        "card",
        "cardid",
        "cardno",
        "image",
        "password",
        "photo",
        "pic",
        "pin",
        "pwd",
        "qrcode",
        "record",
        "snapshot",
        "template",
    }
)

_LEFT_OUT = object()


def document_of(extra: Mapping[str, Any]) -> str | None:
    """Return what is to be kept of a record's unknown keys; None for nothing.

    Secrets and photos are left out, and so is whatever is too large, too deep or no JSON.
    """
    if not extra:
        return None
    kept: dict[str, Any] = {}
    size = 0
    for key, value in islice(extra.items(), MAX_KEYS):
        pruned = _pruned({key: value}, MAX_DEPTH)
        if not isinstance(pruned, dict) or not pruned:
            continue
        size += len(json.dumps(pruned))
        if size > MAX_EXTRA_CHARACTERS:
            break
        kept.update(pruned)
    # ASCII, so that halves of surrogate pairs and NUL are escapes that every database can hold.
    return json.dumps(kept, separators=(",", ":")) if kept else None


def are_soon_written(extras: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether the documents of some records are made within milliseconds, by what is in them."""
    keys = 0
    for extra in filter(None, extras):
        keys += len(extra)
        if keys > MAX_KEYS_IN_LOOP or any(isinstance(value, Mapping | list | tuple) for value in extra.values()):
            return False
    return True


def extra_from(document: str | None) -> dict[str, Any]:
    """Return what `document_of` stored."""
    return {} if document is None else json.loads(document)


def _pruned(value: object, depth: int) -> object:
    match value:
        case Mapping() if depth:
            pairs = ((key, _pruned(inner, depth - 1)) for key, inner in list(value.items())[:MAX_ITEMS])
            return {key: inner for key, inner in pairs if _is_telling(key) and inner is not _LEFT_OUT}
        case list() | tuple() if depth:
            items = (_pruned(inner, depth - 1) for inner in value[:MAX_ITEMS])
            return [inner for inner in items if inner is not _LEFT_OUT]
    return value if _is_small(value) else _LEFT_OUT


def _is_telling(key: object) -> bool:
    return isinstance(key, str) and len(key) <= MAX_TEXT and key.lower() not in SECRET_KEYS


def _is_small(value: object) -> bool:
    match value:
        case int():
            return -_WIDEST <= value <= _WIDEST
        case float():
            return math.isfinite(value)  # the others are no JSON
        case str():
            return len(value) <= MAX_TEXT
    return value is None
