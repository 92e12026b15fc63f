"""What is longer than anything a terminal says: never looked at one character after the other."""

from typing import Any

import pytest

from custom_components.timmy_access.protocol.kinds import (
    MAX_TEXT,
    MAX_WHOLE,
    MAX_WORD,
    Day,
    Kind,
    Moment,
    Number,
    Text,
    Truth,
    Whole,
)
from custom_components.timmy_access.protocol.messages import SERIAL, DeviceInfo, LogBatch, LogRecord, Photo
from custom_components.timmy_access.protocol.wire import MAX_KEPT_CHARACTERS, MAX_KEPT_KEYS

WORDS = ((Whole(), "7", 7), (Number(), "1.5", 1.5), (Truth(), "1", True))
DAY = "2026-11-26 08:00:00"


@pytest.mark.parametrize(("kind", "word", "meant"), [*WORDS, (Day(), DAY, Day().read(DAY))])
def test_a_word_has_room_for_spaces_and_no_end_of_them(kind: Kind[Any], word: str, meant: object) -> None:
    assert kind.read(word.rjust(MAX_WORD)) == meant
    assert kind.read(word.rjust(MAX_WORD + 1)) is None
    assert kind.read_all([word.rjust(MAX_WORD + 1)] * 2) == [None, None]


def test_a_time_of_many_spaces_is_none() -> None:
    assert Moment().read(DAY.rjust(MAX_WORD)) == Moment().read(DAY)
    assert Moment().read_all([DAY, DAY.rjust(MAX_WORD + 1)]) == [Moment().read(DAY), None]


@pytest.mark.parametrize("kind", [Text(8), SERIAL])
def test_a_text_is_as_long_as_that_of_a_terminal_at_most(kind: Text) -> None:
    assert kind.read("X" * MAX_TEXT) == "X" * MAX_TEXT
    assert kind.read("X" * (MAX_TEXT + 1)) is None
    assert kind.read(-MAX_WHOLE) == str(-MAX_WHOLE)
    assert kind.read(10**4000) is None  # to write it down takes longer than to read it


def test_a_photo_may_be_as_large_as_a_frame_and_its_prefix_may_not() -> None:
    photo = "A" * 2_000_000
    assert Photo(8).read(f"data:image/jpeg;base64,{photo}") == photo
    assert Photo(8).read(f"{' ' * 2_000_000}data:,{photo}") == f"{' ' * 2_000_000}data:,{photo}"


def test_what_was_not_looked_at_is_kept_as_it_came() -> None:
    record = {"enrollid": 7, "time": " " * 1_000 + DAY, "name": "x" * (MAX_TEXT + 1), "temp": "9" * 1_000}
    [read] = LogBatch.parse({"record": [record]}).records
    assert isinstance(read, LogRecord)
    assert (read.enroll_id, read.time, read.name, read.temperature) == (7, None, None, None)
    assert read.extra == {key: value for key, value in record.items() if key != "enrollid"}


def test_of_what_is_held_for_long_unknown_keys_are_few_and_say_nothing() -> None:
    said = {"modelname": "AiFace", **{f"{number:0100}": "x" * 1_000 for number in range(1_000)}}
    kept = DeviceInfo.parse(said).worth_keeping()
    assert kept.model == "AiFace"
    assert len(kept.extra) <= MAX_KEPT_KEYS
    assert set(map(len, kept.extra)) == {MAX_KEPT_CHARACTERS}
    assert set(kept.extra.values()) == {None}
