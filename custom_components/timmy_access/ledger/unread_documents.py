"""A frame that was not understood as it may lie on a disk: without secrets and photos, and bounded.

Nobody knows what its keys mean, so whatever may be a card, a PIN or a template is left out: by parts of keys, by
length, and numbers wherever their key does not say that they are none of these. What is left out is null; so the shape
stays.
"""

from collections.abc import Mapping
import json
import re

from .limits import MAX_UNREAD_FRAME

# Frames nest at most five deep, and lists of records have up to 50 (field notes 3).
_DEEPEST = 8
_LONGEST = 256
_MAX_KEY = 64
# A longer text, or one so long without a space, is a photo, a template or a token.
_MAX_TEXT = 200
_UNBROKEN = re.compile(r"\S{40}")
# Parts of keys whose values are photos or secrets, whatever firmware calls them exactly; compared in lower case.
_SECRET = re.compile(
    "card|code|credential|face|feature|finger|image|img|iris|mifare|nfc|palm|pass|photo|pic|pin|pwd|qr|rfid|secret|snap"
    "|template|token|uid|wiegand"
)
# Under these lie records, which are lists and objects, or the value of a credential.
_RECORD = re.compile("records?|logs?")
# Parts of keys whose values are numbers and no secrets. Under any other key one of four digits may be a PIN.
_TELLING = re.compile("count|date|day|door|emp|enroll|event|id|index|inout|mode|state|status|temp|time|type|user")
_MAX_PLAIN_NUMBER = 999
# Ids have up to 30 digits (field notes 11).
_TOO_LARGE = 10**30
_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d*)?\s*")
_TIME = re.compile(r"\s*\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[T ]*[\d:.]*Z?\s*")


def document_of(frame: Mapping[str, object]) -> tuple[str, bool]:
    """Return a frame as JSON, and whether that is all of it but for secrets and photos."""
    cut: list[str] = []
    # ASCII, so that halves of surrogate pairs and NUL are escapes that every database can hold.
    document = json.dumps(_pruned("", frame, _DEEPEST, cut), separators=(",", ":"))
    if len(document) > MAX_UNREAD_FRAME:
        return json.dumps({"keys": sorted(key[:_MAX_KEY] for key in frame)[:_LONGEST]}), False
    return document, not cut


def _pruned(key: str, value: object, depth: int, cut: list[str]) -> object:
    if not isinstance(value, Mapping | list):
        return value if value is None or isinstance(value, bool) or _is_harmless(key, value) else None
    if _SECRET.search(key):
        return None
    if not depth or len(value) > _LONGEST:
        cut.append(key)
    if not depth:
        return None
    if isinstance(value, list):
        # What is in a list of values is called as the list is; what is in one of records has no name.
        inner = "" if _RECORD.fullmatch(key) else key
        return [_pruned(inner, item, depth - 1, cut) for item in value[:_LONGEST]]
    pairs = list(value.items())[:_LONGEST]
    cut += [key for name, _ in pairs if len(name) > _MAX_KEY]
    return {name[:_MAX_KEY]: _pruned(name.strip().lower(), item, depth - 1, cut) for name, item in pairs}


def _is_harmless(key: str, value: object) -> bool:
    if _SECRET.search(key) or _RECORD.fullmatch(key):
        return False
    if isinstance(value, int | float):
        return abs(value) <= _MAX_PLAIN_NUMBER or (abs(value) < _TOO_LARGE and _TELLING.search(key) is not None)
    if not isinstance(value, str) or len(value) > _MAX_TEXT or _UNBROKEN.search(value):
        return False
    if not key:  # what has no name does not say what it is
        return _TIME.fullmatch(value) is not None
    return not _NUMBER.fullmatch(value) or _TELLING.search(key) is not None
