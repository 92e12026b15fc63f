"""How fast a terminal may talk: counted for the terminal and not for a connection of it."""

from functools import partial
from unittest.mock import patch

import orjson
import pytest

from custom_components.timmy_access.protocol import codec, pace as pace_module
from custom_components.timmy_access.protocol.codec import MAX_ITEMS, MAX_OBJECTS, decode, decode_fairly, encode
from custom_components.timmy_access.protocol.errors import MalformedFrame
from custom_components.timmy_access.protocol.pace import MAX_OBJECTS_AT_ONCE, MAX_OBJECTS_PER_SECOND, Pace
from custom_components.timmy_access.protocol.throttle import Throttle

from .conftest import NOW, Desk, Dial

HEARTBEAT = {"cmd": "heartbeat"}
# What terminals send at a time (field notes 3).
USUAL = 50


@pytest.fixture(autouse=True)
def standing_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass for what limits a terminal, however slow this machine is."""
    monkeypatch.setattr(pace_module, "Throttle", partial(Throttle, now=lambda: 0.0))


def records(count: int) -> bytes:
    one = {"enrollid": 7, "time": NOW, "mode": 1, "inout": 0, "event": 0}
    return encode({"cmd": "sendlog", "count": count, "logindex": 1, "record": [one] * count}).encode()


def test_a_backlog_of_usual_frames_is_not_counted_by_its_objects() -> None:
    pace, frame = Pace(), records(USUAL)
    assert not any(pace.rest(frame) for _ in range(3 * MAX_OBJECTS_AT_ONCE // USUAL))


def test_larger_frames_are_taken_as_fast_as_their_objects_allow() -> None:
    pace, frame = Pace(), records(MAX_ITEMS)
    while not (rest := pace.rest(frame)):
        pass
    assert rest <= (MAX_ITEMS + 2) / MAX_OBJECTS_PER_SECOND


def test_what_a_frame_hides_in_a_text_counts_too() -> None:
    pace = Pace()
    for _ in range(MAX_OBJECTS_AT_ONCE // MAX_ITEMS):
        pace.found(MAX_ITEMS)
        assert not pace.rest(b"{}")
    pace.found(MAX_ITEMS)
    assert pace.rest(b"{}")
    assert not pace.rest(b"{}")


async def test_records_in_a_text_are_counted(dial: Dial, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "MAX_OBJECTS_PER_SECOND", 10_000)
    monkeypatch.setattr(pace_module, "MAX_OBJECTS_AT_ONCE", 2 * USUAL)
    desk.pace = Pace()
    terminal = await (await dial()).register()
    hidden = orjson.dumps(orjson.dumps(orjson.loads(records(4 * USUAL))["record"]).decode()).decode()
    await terminal.say(f'{{"cmd":"sendlog","logindex":1,"record":{hidden.replace("{", chr(92) + "u007b")}}}')
    assert (await terminal.hear())["ret"] == "sendlog"
    await terminal.say(HEARTBEAT)
    assert (await terminal.hear())["ret"] == "heartbeat"
    assert desk.counters.slowed_down == 1


async def test_who_dials_in_again_gains_nothing(dial: Dial, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "MAX_FRAMES_PER_SECOND", 100)
    desk.pace = Pace()
    terminal = await (await dial()).register()
    for _ in range(100):
        await terminal.say(HEARTBEAT)
        await terminal.hear()
    assert desk.counters.slowed_down == 0
    terminal = await (await dial()).register()
    await terminal.say(HEARTBEAT)
    await terminal.hear()
    await terminal.say(HEARTBEAT)
    await terminal.hear()
    assert desk.counters.slowed_down


@pytest.mark.parametrize(
    "frame",
    [
        b'{"cmd":"x","a":[' + b",".join([b"[" * 30 + b"]" * 30] * 84) + b"]}",
        b'{"cmd":"sendlog","record":[' + b",".join([b'{"a":[1,2],"b":{"c":1}}'] * 900) + b"]}",
    ],
    ids=["deep", "nested"],
)
async def test_a_frame_of_many_objects_is_refused_before_any_is_made(frame: bytes) -> None:
    assert codec.objects_in(frame) > MAX_OBJECTS
    with patch.object(codec, "orjson") as library:
        with pytest.raises(MalformedFrame):
            decode(frame)
        with pytest.raises(MalformedFrame):
            await decode_fairly(frame)
    assert not library.mock_calls


def test_a_frame_of_as_many_records_as_may_be_is_read_with_something_in_each() -> None:
    frame = decode(encode({"cmd": "sendlog", "record": [{"enrollid": 1, "note": {"msg": "x"}}] * MAX_ITEMS}))
    assert len(frame["record"]) == MAX_ITEMS
