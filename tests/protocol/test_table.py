"""A list that is read column by column says what its records say one by one."""

import gc
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.timmy_access.protocol.codec import MAX_ITEMS, MAX_VALUES, decode
from custom_components.timmy_access.protocol.kinds import MAX_WHOLE
from custom_components.timmy_access.protocol.messages import LOG_RECORDS, LogBatch, LogRecord
from custom_components.timmy_access.protocol.table import Table
from custom_components.timmy_access.protocol.wire import wire_fields

USUAL = {"enrollid": 7, "time": "2026-11-25 10:00:00", "mode": 8, "inout": 0, "event": 0, "name": "Ada", "temp": 36.5}
# What terminals send for one key or another, and what none would.
values = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 8, MAX_WHOLE, MAX_WHOLE + 1, 2**64, 36.5, 365, 1.0, float("inf")),
        *("", "0", "12", " 7 ", "36.5", "3650", "Ada", "\n", "2026-11-25 10:00:00", "2026-11-25T10:00:00Z"),
        *("2026-02-30 10:00:00", "2026-11-25 10:00:00\n2026-11-25 10:00:00", "2026/1/2", "data:image/jpeg;base64,QQ=="),
        *([], [1], {}, {"a": 1}),
    ]
)
keys = st.sampled_from([key for _, key, _, _ in wire_fields(LogRecord)] + ["aliasid", "extra", "note"])
changes = st.dictionaries(keys, values, max_size=4)
# Mostly alike, as in a backlog; some without this or that.
items = st.tuples(changes, st.booleans()).map(lambda made: {**USUAL, **made[0]} if made[1] else made[0])


def _shown(record: LogRecord) -> str:
    return repr(sorted(vars(record).items()))


@given(st.lists(items, max_size=6))
def test_a_table_reads_what_its_records_say(objects: list[dict[str, Any]]) -> None:
    table = Table.read(LogRecord, objects)
    records = [LogRecord.parse(item) for item in objects]
    assert list(map(_shown, table)) == list(map(_shown, records))
    for name, *_ in wire_fields(LogRecord):
        assert repr(list(table.column(name))) == repr([getattr(record, name) for record in records])
    assert repr(list(table.column("extra"))) == repr([record.extra for record in records])


@given(st.lists(items, min_size=1, max_size=3))
def test_reading_changes_nothing_of_the_frame(objects: list[dict[str, Any]]) -> None:
    before = repr(objects)
    Table.read(LogRecord, objects)
    assert repr(objects) == before


def test_a_table_is_a_sequence() -> None:
    objects = [{**USUAL, "enrollid": number} for number in range(1, 5)]
    table = LogBatch.parse({"cmd": "sendlog", "record": [objects[0], "no record", *objects[1:]]}).records
    assert len(table) == 4
    assert [record.enroll_id for record in table[1:3]] == [2, 3]
    assert table[-1].enroll_id == 4
    assert table == Table.read(LogRecord, objects)
    assert table != Table.read(LogRecord, objects[:3])
    assert table != tuple(table)
    with pytest.raises(IndexError):
        table[4]
    with pytest.raises(TypeError):
        hash(table)


def test_a_table_is_written_as_it_was_read() -> None:
    objects: list[dict[str, Any]] = [{"enrollid": 7, "name": "Ada", "image": "QQ=="}, {"enrollid": 0, "event": 5}]
    assert LOG_RECORDS.write("record", Table.read(LogRecord, objects)) == objects


def test_a_table_shows_nothing_of_anybody() -> None:
    assert repr(Table.read(LogRecord, [USUAL])) == "<1 LogRecord>"


def test_of_keys_that_no_field_has_no_second_object_is_held() -> None:
    objects = [{**USUAL, f"note{number}": "kept"} for number in range(100)]
    table = Table.read(LogRecord, objects)
    assert table[7].extra == {"note7": "kept"}
    held = [table._columns, *table._columns.values(), table._others]
    inner = [one for part in held for one in gc.get_referents(part)]
    assert not [one for one in inner if isinstance(one, dict)]


@pytest.mark.parametrize(("notes", "records"), [(5, 900), (40, 0)], ids=["as many as may be", "more"])
def test_json_in_a_text_holds_no_more_than_a_frame_may(notes: int, records: int) -> None:
    """Also where the text writes its commas and brackets so that nobody who counts those of the frame sees them."""
    objects = [{**USUAL, "enrollid": number + 1} | {f"note{note}": 0 for note in range(notes)} for number in range(900)]
    assert len(objects) <= MAX_ITEMS
    text = orjson.dumps(objects).decode()
    assert (text.count(",") > MAX_VALUES) is (records == 0)
    hidden = orjson.dumps(text).decode()
    for mark in ",[{":
        hidden = hidden.replace(mark, f"\\u{ord(mark):04x}")
    batch = LogBatch.parse(decode(f'{{"cmd": "sendlog", "record": {hidden}}}'))
    assert len(batch.records) == records
    assert [unread.frame for unread in batch.unread] == ([] if records else [{"record": text}])
