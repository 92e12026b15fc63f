"""What of a frame strangers may see."""

from collections.abc import Iterator
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol.redaction import REDACTED, partly, redacted
from custom_components.timmy_access.protocol.trace import MAX_FRAMES, MAX_KEPT_CHARACTERS, Direction, Trace

from .support import load

FRAMES = [frame["frame"] for name in ("frames.jsonl", "captures.jsonl") for frame in load(name)]
# Keys of the specification's examples that hold something about a person, or what a person wrote or made.
PERSONAL = frozenset(
    """
    card department errmsg image message msg name note passwd pin profile pwd qrcode record temp title username
    voice
    """.split()  # noqa: SIM905 - a column of words reads better
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=20,
)


def leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from leaves(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, key)
    else:
        yield key, value


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: str(frame.get("ret") or frame.get("cmd")))
def test_nothing_personal_of_any_known_frame_is_shown(frame: dict[str, Any]) -> None:
    shown = redacted(frame)
    assert [key for key, _ in leaves(shown)] == [key for key, _ in leaves(frame)]
    for key, value in leaves(shown):
        if key in PERSONAL and value is not None and not isinstance(value, bool):
            assert str(value).startswith(REDACTED), key
        if key == "sn":
            assert str(value).startswith("**")


def test_what_finds_a_fault_is_shown() -> None:
    frame = {
        "cmd": "sendlog",
        "sn": "ZX12345678",
        "count": 1,
        "record": [{"enrollid": "7", "time": "2026-11-24 12:00:00", "name": "Ada", "mode": 8, "extra": "Ada", "x": 17}],
    }
    assert redacted(frame) == {
        "cmd": "sendlog",
        "sn": "**5678",
        "count": 1,
        "record": [
            {
                "enrollid": "7",
                "time": "2026-11-24 12:00:00",
                "name": REDACTED,
                "mode": 8,
                "extra": REDACTED,
                "x": REDACTED,
            }
        ],
    }


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=6))
def test_any_frame_can_be_shown(frame: dict[str, Any]) -> None:
    json.dumps(redacted(frame))


@given(st.text(min_size=1, max_size=8).filter(lambda key: key not in redacted({key: 1})), st.integers())
def test_a_key_that_is_no_word_is_not_shown(key: str, value: int) -> None:
    assert redacted({key: value}) == {"…": REDACTED}


@given(st.text(max_size=40))
def test_of_a_serial_number_only_the_end_is_shown(serial: str) -> None:
    assert len(partly(serial)) <= len(REDACTED)
    assert serial[:-4] not in partly(serial) or len(serial) <= 10


def test_a_trace_keeps_the_latest_frames_and_of_large_ones_the_size() -> None:
    trace = Trace()
    for number in range(MAX_FRAMES + 5):
        trace.note(float(number), Direction.RECEIVED, json.dumps({"cmd": "reg", "count": number}))
    trace.note(100.0, Direction.SENT, "x" * (MAX_KEPT_CHARACTERS + 1))
    trace.note(101.0, Direction.RECEIVED, b"no JSON")
    frames = list(trace.frames())
    assert len(frames) == MAX_FRAMES
    assert (frames[0].moment, frames[0].shown) == (7.0, {"cmd": "reg", "count": 7})
    assert frames[-2].size == MAX_KEPT_CHARACTERS + 1
    assert "x" not in str(frames[-2].shown).replace("too large", "").replace("kept", "")
    assert (frames[-1].direction, frames[-1].shown) == ("received", "broken: not JSON")


@pytest.mark.parametrize("cmd", ["reg", "sendlog", "x"])
@pytest.mark.parametrize("one", [("[", "]"), ('{"count":', "}")], ids=["lists", "objects"])
def test_a_frame_without_end_can_be_shown(cmd: str, one: tuple[str, str]) -> None:
    """However deep an approved terminal nests, diagnostics can be made."""
    trace = Trace()
    deep = f"{one[0] * 900}1{one[1] * 900}"
    trace.note(
        0, Direction.RECEIVED, f'{{"cmd":"{cmd}","count":{deep},"record":{deep},"devinfo":{{"useduser":{deep}}}}}'
    )
    [frame] = trace.frames()
    assert len(json.dumps(frame.shown)) < 1000
