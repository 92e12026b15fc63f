"""The dearest frames that a search has found (`benchmarks/costs.py`): how much work each is, by counts."""

import gc
import random
import threading
from unittest.mock import patch

import orjson
import pytest

from benchmarks.dear import MOST_BYTES, Dear, mutated
from custom_components.timmy_access.protocol import codec
from custom_components.timmy_access.protocol.codec import MAX_ITEMS, MAX_TOLERATED, decode, decode_fairly
from custom_components.timmy_access.protocol.errors import MalformedFrame
from custom_components.timmy_access.protocol.kinds import Moment
from custom_components.timmy_access.protocol.messages import LogBatch, LogRecord

SERIAL = "ZYTI00000002"

# By the processor time of a step of the event loop, each with what it takes for the dearest of its sort.
ODD_RECORDS = (
    Dear(items=1_000, known=4, value="odd moment"),
    Dear(items=1_000, known=2, unknown=16, key_length=8, value="text"),
    Dear(items=1_000, known=3, value="odd moment", size=4_000),
    Dear(items=500, known=9, value="spaces", size=800),
    Dear(items=900, known=8, value="long number"),
)
MANY_KEYS = (
    Dear(items=1_000, known=2, unknown=16, key_length=8, value="moment"),
    Dear(items=1_000, known=0, unknown=17, key_length=4),
    Dear(items=1_000, known=5, unknown=9, value="moment"),
)
BROKEN = (
    Dear(place="top", known=1, unknown=18_000, key_length=8, value="text", broken="infinite"),
    Dear(place="record", items=1_000, value="odd moment", broken="half"),
)
MANY = (
    Dear(place="deep", items=600, depth=30, broken="comma"),
    Dear(place="deep", items=600, depth=30),
    Dear(items=1_000, known=2, value="list", size=1),
)
ENDLESS = Dear(place="top", known=1, value="text", size=4_000_000, broken="comma")


def said(dear: Dear) -> bytes:
    return dear.message(SERIAL, MOST_BYTES)


@pytest.mark.parametrize("dear", ODD_RECORDS)
def test_each_record_is_read_twice_at_most_and_each_time_once_in_each(dear: Dear) -> None:
    frame = decode(said(dear))
    records = len(frame["record"])
    with (
        patch.object(LogRecord, "parse", side_effect=LogRecord.parse) as parsed,
        patch.object(Moment, "read", autospec=True, side_effect=Moment.read) as read,
    ):
        batch = LogBatch.parse(frame)
    assert len(batch.records) == records <= MAX_ITEMS
    assert parsed.call_count <= records
    assert read.call_count <= 2 * records


@pytest.mark.parametrize("dear", BROKEN)
async def test_what_is_broken_and_large_is_read_beside_the_event_loop(dear: Dear) -> None:
    threads = []

    def _decode(data: str | bytes) -> object:
        threads.append(threading.get_ident())
        return tolerantly(data)

    tolerantly = codec._decode_tolerantly
    with patch.object(codec, "_decode_tolerantly", _decode):
        try:
            await decode_fairly(said(dear))
        except MalformedFrame:
            assert dear.broken == "infinite"
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


@pytest.mark.parametrize("dear", MANY)
async def test_what_holds_more_objects_than_firmware_sends_is_only_counted(dear: Dear) -> None:
    with (
        patch.object(codec, "orjson") as library,
        patch.object(codec, "_decode_tolerantly") as read,
        pytest.raises(MalformedFrame),
    ):
        await decode_fairly(said(dear))
    assert not library.mock_calls
    assert not read.called


@pytest.mark.parametrize("dear", MANY_KEYS)
def test_of_records_with_unknown_keys_few_objects_are_held(dear: Dear) -> None:
    """What the garbage collector would look at: the record, and where it was not understood what tells of that."""
    frame = decode(said(dear))
    records = len(frame["record"])
    gc.collect()
    before = len(gc.get_objects())
    batch = LogBatch.parse(frame)
    after = len(gc.get_objects())
    assert len(batch.records) == records
    assert after - before <= 3 * len(batch.unread) + 100


async def test_what_is_broken_and_endless_is_not_looked_through() -> None:
    data = said(ENDLESS)
    assert MAX_TOLERATED < len(data) <= MOST_BYTES
    with patch.object(codec, "_depth") as looked, pytest.raises(MalformedFrame):
        await decode_fairly(data)
    assert not looked.called


def test_whatever_the_search_makes_a_peer_can_send() -> None:
    luck = random.Random(1)  # noqa: S311 - not for secrets
    dear = Dear()
    for _ in range(60):
        dear = mutated(dear, luck)
        assert len(said(dear)) <= MOST_BYTES
        if not dear.broken and dear.place != "deep":
            assert orjson.loads(said(dear))
