"""Whatever a peer sends is a dictionary or a malformed frame, and every dictionary can be read."""

from contextlib import suppress
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol.codec import decode, encode
from custom_components.timmy_access.protocol.commands import COMMANDS
from custom_components.timmy_access.protocol.errors import MalformedFrame
from custom_components.timmy_access.protocol.messages import MESSAGES
from custom_components.timmy_access.protocol.wire import Structure, wire_fields

from .support import load, parse

TEXTS = [json.dumps(line["frame"]) for line in load("frames.jsonl") + load("captures.jsonl")]
CLASSES: list[type[Structure]] = [*{*MESSAGES.values()}, *{command.reply for command in COMMANDS.values()}]

characters = st.characters(exclude_categories=["Cs"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(characters), inner, max_size=4),
    max_leaves=12,
)
# Spaces around keys, and around the words that say what a frame is, are taken away.
objects = st.dictionaries(st.text(characters).map(str.strip).filter(lambda key: key not in ("cmd", "ret")), values)
# Characters that mean something to JSON, so that the tolerant parser gets its share.
json_like = st.text(st.sampled_from('{}[]",:\\ \t\n0123456789.-eEtruefalsnINy\x00\ufeff'))


def _decode(data: str | bytes) -> dict[str, Any] | None:
    try:
        frame = decode(data)
    except MalformedFrame:
        return None
    assert isinstance(frame, dict)
    return frame


@given(st.binary() | st.text() | json_like | json_like.map(str.encode))
def test_anything_is_an_object_or_malformed(data: str | bytes) -> None:
    _decode(data)


@given(objects)
def test_objects_come_back_as_they_were(frame: dict[str, Any]) -> None:
    assert decode(encode(frame)) == frame
    assert decode(encode(frame).encode()) == frame


@given(objects)
def test_objects_come_back_through_the_tolerant_parser(frame: dict[str, Any]) -> None:
    assert decode(f"\ufeff{json.dumps(frame)[:-1]}{',' if frame else ''}}}\0") == frame


@given(st.data())
def test_damaged_frames_are_read_or_malformed(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    damaged = text[:start] + data.draw(json_like | st.text(max_size=4)) + text[end:]
    frame = _decode(damaged)
    if frame is not None and isinstance(frame.get("ret") or frame.get("cmd"), str):
        parse(frame)


@given(st.data())
def test_any_object_is_read_by_every_class(data: st.DataObject) -> None:
    structure = data.draw(st.sampled_from(CLASSES))
    keys = [key for _, key, _, _ in wire_fields(structure)]
    nested = st.lists(st.dictionaries(st.sampled_from([*keys, "enrollid", "time", "temp"]), values), max_size=3)
    frame = data.draw(st.dictionaries(st.sampled_from(keys) | st.text(), values | nested))
    read = structure.parse(frame)
    repr(read)
    for name in ("method", "door_event", "is_valid", "rows"):
        with suppress(AttributeError):
            getattr(read, name)


HOSTILE_SIZE = 2_000_000


@pytest.mark.parametrize(
    "seed",
    ['\\"', '"a",', ",", '{"a":', "[", "1", ",\t"],
    ids=["text", "no colons", "commas", "deep", "brackets", "digits", "blanks"],
)
@pytest.mark.parametrize("start", ["", '"', "{"])
def test_hostile_frames_cost_little(start: str, seed: str) -> None:
    """Work that grows with the square of a frame would not end within the time limit of a test."""
    assert _decode(start + seed * (HOSTILE_SIZE // len(seed))) is None
