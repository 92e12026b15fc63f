"""Text on the wire <-> one JSON object a frame.

Terminals send UTF-8 text frames that hold one JSON object (specification, note 2). What they send besides (field
notes 0.8, 1 and 10): trailing commas, duplicate keys, control characters inside strings, GBK instead of UTF-8, and
binary frames that hold JSON. All of these are understood; everything else is one `MalformedFrame`.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
import json
import re
from typing import Any

import orjson

from .effort import Effort
from .errors import MalformedFrame

type Frame = dict[str, Any]

# A terminal of this family nests at most five deep (setdevlock day zones). The tolerant parser is recursive, and this
# keeps a hostile frame from reaching the interpreter's recursion limit.
MAX_DEPTH = 32
# Values of a frame, counted by the commas and brackets in it: a page of 50 records has some 500, a table of time zones
# 2,000. More would keep the event loop for longer than a few milliseconds.
MAX_VALUES = 20_000
# Objects and lists of a frame, whose number is what the garbage collector has to do with: each of as many items as
# a list may have holds one, which is more than any terminal has been seen to send.
MAX_OBJECTS = 2_500
# Items of a list: terminals send up to 50 records at a time, and 40 people (field notes 3 and 5). Room for firmware
# that sends its whole log of a day, and nothing for one that never ends.
MAX_ITEMS = 1_000
# Quotes and backslashes that the tolerant reader looks at one by one. Base64 in which each slash is escaped has one in
# 64 characters, and so has a photo as large as a frame may be.
MAX_TOLERATED_MARKS = 80_000
# Frames above this are read tolerantly beside the event loop; one of this size takes a few milliseconds.
MAX_TOLERATED_IN_LOOP = 16 * 1024
# Even beside it, one step through a frame of this size keeps others waiting for some ten milliseconds. Frames with
# photos have some 300 kB (field notes 10).
MAX_TOLERATED = 2 * 1024 * 1024

# The keys whose values say what a frame is.
_WORDS = ("cmd", "ret")

# JSON strings are skipped whole, so that a comma inside a name is never touched. One that never ends is skipped to the
# end of the frame: the search must not start anew at each of its quotes.
_STRING = r'"(?:[^"\\]++|\\.)*+"?'
_STRING_OR_TRAILING_COMMA = re.compile(rf"{_STRING}|,(?=\s*+[\]}}])", re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)


def decode(data: str | bytes) -> Frame:
    """Return the JSON object of one frame, text or binary.

    Raises `MalformedFrame`, and nothing else, whatever the peer sent; also for more values than firmware sends.
    """
    check_size(data)
    try:
        frame = orjson.loads(data)
    except ValueError:
        frame = _decode_tolerantly(data)
    return _trimmed(_checked(frame))


async def decode_fairly(
    data: str | bytes, effort: Effort | None = None, beside: ThreadPoolExecutor | None = None
) -> Frame:
    """Return and raise as `decode`; what takes long is done `beside` the event loop, and counted as `effort`."""
    if len(data) <= MAX_TOLERATED_IN_LOOP:
        return decode(data)
    check_size(data)
    try:
        frame = orjson.loads(data)
    except ValueError:
        frame = await asyncio.get_running_loop().run_in_executor(beside, _decode_beside, data, effort)
    return _trimmed(_checked(frame))


def _decode_beside(data: str | bytes, effort: Effort | None) -> object:
    with effort.measured() if effort else nullcontext():
        return _decode_tolerantly(data)


def _trimmed(frame: Frame) -> Frame:
    """Return a frame whose keys have no spaces around them, and whose words that say what it is are as they should be.

    Case means nothing in those (field notes 11, keys and words); of other keys, whoever reads them sees to that.
    """
    if any(key != key.strip() for key in frame):
        # A key that is right as it is wins over one that only looks like it.
        frame = {key.strip(): value for key, value in frame.items()} | {
            key: value for key, value in frame.items() if key == key.strip()
        }
    if frame.keys().isdisjoint(_WORDS):
        for spelt in [key for key in frame if key.lower() in _WORDS]:
            frame.setdefault(spelt.lower(), frame.pop(spelt))
    for key in _WORDS:
        if isinstance(word := frame.get(key), str) and word != (meant := word.strip().lower()):
            frame[key] = meant
    return frame


def encode(frame: Frame) -> str:
    """Return the frame as the compact UTF-8 text terminals take."""
    return orjson.dumps(frame).decode()


def check_size(data: str | bytes) -> None:
    """Raise `MalformedFrame` for a text that holds more values than firmware sends."""
    if len(data) <= MAX_OBJECTS:
        return
    objects = objects_in(data)
    if objects > MAX_OBJECTS or objects + _count(data, ",") > MAX_VALUES:
        raise MalformedFrame("more values than firmware sends")


def objects_in(data: str | bytes) -> int:
    """Return how many objects and lists a text holds at most: what looks like one inside of a string counts too."""
    return _count(data, "[{")


def _checked(frame: object) -> Frame:
    if not isinstance(frame, dict):
        raise MalformedFrame("not a JSON object")
    if any(isinstance(value, list) and len(value) > MAX_ITEMS for value in frame.values()):
        raise MalformedFrame("a longer list than firmware sends")
    return frame


def _count(data: str | bytes, marks: str) -> int:
    if isinstance(data, str):
        return sum(map(data.count, marks))
    return sum(map(data.count, marks.encode()))


def _decode_tolerantly(data: str | bytes) -> object:
    if len(data) > MAX_TOLERATED:
        raise MalformedFrame("not JSON, and too long to find out why")
    if len(data) > MAX_TOLERATED_MARKS and _count(data, '"\\]}') > MAX_TOLERATED_MARKS:
        raise MalformedFrame("not JSON, and too long to find out why")
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
