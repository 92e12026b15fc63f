"""Times of records, in the ways that firmware writes them."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol.messages import LogBatch
from custom_components.timmy_access.protocol.record_time import RecordTime

EIGHT = datetime(2026, 11, 26, 8, 0, 0)  # noqa: DTZ001 - naive by protocol


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-26 08:00:00",
        "2026-11-26T08:00:00Z",
        "2026-11-26 08:00:00.123",
        "2026/11/26 08:00:00",
        "2026.11.26 8:00",
        "26/11/2026 08:00",
        "11/26/2026 08:00:00",
        "26.11.2026 08:00:00",
        "26-11-2026 08:00:00",
    ],
)
def test_a_time_that_can_mean_one_thing_is_read(written: str) -> None:
    assert RecordTime().read(written) == EIGHT


@pytest.mark.parametrize("written", [1795680000, "1795680000", 1795680000.0, 1795680000123, "1795680000123"])
def test_seconds_since_1970_are_an_instant(written: object) -> None:
    assert RecordTime().read(written) == datetime(2026, 11, 26, 8, 0, 0, tzinfo=UTC)


def test_what_looks_the_same_the_other_way_round_is_read() -> None:
    assert RecordTime().read("05/05/2026 08:00") == datetime(2026, 5, 5, 8, 0)  # noqa: DTZ001 - naive by protocol


@pytest.mark.parametrize(
    "written",
    [
        "0000-00-00 00:00:00",
        "2026-13-01 08:00:00",
        "2026-02-30 08:00:00",
        "05/11/2026 08:00",
        "2026-11-26",
        "2026-11-26 08",
        "2026-11-26 08:00:00 PM",
        "2026-11-26 08:00:00+05:00",
        "26/11-2026 08:00",
        "",
        " ",
        "now",
        0,
        -1,
        1,
        True,
        None,
        [],
        1e300,
        float("nan"),
        "9" * 5000,
    ],
)
def test_what_cannot_be_told_is_not_known_and_not_lost(written: object) -> None:
    assert RecordTime().read(written) is None
    [record] = LogBatch.parse({"record": [{"enrollid": 1, "time": written}]}).records
    assert record.time is None
    assert "time" in record.extra


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.none(), st.booleans()))
def test_anything_may_be_said(written: object) -> None:
    read = RecordTime().read(written)
    assert read is None or 1 <= read.year <= 9999
