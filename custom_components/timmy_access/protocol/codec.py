"""Text on the wire <-> one JSON object a frame.

Terminals send UTF-8 text frames that hold one JSON object (specification, note 2). What they send besides (field
notes 0.8, 1 and 10): trailing commas, duplicate keys, control characters inside strings, GBK instead of UTF-8, and
binary frames that hold JSON. All of these are understood; everything else is one `MalformedFrame`.
"""

import json
import re
from typing import Any

import orjson

from .errors import MalformedFrame

type Frame = dict[str, Any]

# A terminal of this family nests at most five deep (setdevlock day zones). The tolerant parser is recursive, and this
# keeps a hostile frame from reaching the interpreter's recursion limit.
MAX_DEPTH = 32

# JSON strings are skipped whole, so that a comma inside a name is never touched. One that never ends is skipped to the
# end of the frame: the search must not start anew at each of its quotes.
_STRING = r'"(?:[^"\\]++|\\.)*+"?'
_STRING_OR_TRAILING_COMMA = re.compile(rf"{_STRING}|,(?=\s*+[\]}}])", re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)


def decode(data: str | bytes) -> Frame:
    """Return the JSON object of one frame, text or binary.

    Raises `MalformedFrame`, and nothing else, whatever the peer sent.
    """
    try:
        frame = orjson.loads(data)
    except ValueError:
        frame = _decode_tolerantly(data)
    if not isinstance(frame, dict):
        raise MalformedFrame("not a JSON object")
    return _trimmed(frame)


def _trimmed(frame: Frame) -> Frame:
    """Return a frame whose keys, and the words that say what it is, have no spaces around them."""
    if any(key != key.strip() for key in frame):
        # A key that is right as it is wins over one that only looks like it.
        frame = {key.strip(): value for key, value in frame.items()} | {
            key: value for key, value in frame.items() if key == key.strip()
        }
    for key in ("cmd", "ret"):
        if isinstance(word := frame.get(key), str) and word != word.strip():
            frame[key] = word.strip()
    return frame


def encode(frame: Frame) -> str:
    """Return the frame as the compact UTF-8 text terminals take."""
    return orjson.dumps(frame).decode()


def _decode_tolerantly(data: str | bytes) -> object:
    text = _as_text(data) if isinstance(data, bytes) else data
    text = text.strip("\ufeff\0 \t\r\n")
    if _depth(text) > MAX_DEPTH:
        raise MalformedFrame("nested too deep")
    text = _STRING_OR_TRAILING_COMMA.sub(lambda match: match[0] if match[0] != "," else "", text)
    try:
        return json.loads(text, strict=False, parse_constant=_refuse_constant)
    except ValueError as err:
        raise MalformedFrame("not JSON") from err


def _as_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        # Each string by itself: one that is broken, or of another encoding, leaves the others as they are.
        return '"'.join(map(_piece_as_text, data.split(b'"')))


def _piece_as_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as err:
        # A character that begins and does not end was cut; what is no UTF-8 at all is GBK.
        is_cut = err.reason == "unexpected end of data"
        return data.decode("utf-8" if is_cut else "gb18030", errors="replace")


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> object:
    raise MalformedFrame(f"{name} is no JSON")
