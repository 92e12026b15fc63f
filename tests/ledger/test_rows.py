"""Entries become rows column by column, and say there what they say alone."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, strategies as st

from custom_components.timmy_access.ledger import Entry
from custom_components.timmy_access.ledger.rows import Row, rows_of
from custom_components.timmy_access.ledger.values import (
    HIGHEST,
    LOWEST,
    MAX_NAME,
    instant_of,
    instants_of,
    local_of,
    locals_of,
)

numbers = st.none() | st.sampled_from([0, 1, True, LOWEST, HIGHEST]) | st.integers(0, 99_999_999)
naive = st.none() | st.datetimes()
aware = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
names = st.none() | st.sampled_from(["", "Ada", "Ödön", "\0", "\ud800", "x" * (MAX_NAME + 1), "ä" * (MAX_NAME + 1)])
entries = st.builds(
    Entry,
    enroll_id=numbers,
    time=naive,
    mode=numbers,
    reader=numbers,
    event=numbers,
    occurred_at=aware,
    received_at=aware,
    live=st.booleans(),
    apart=numbers,
    granted=st.none() | st.booleans(),
    decided_by=st.none() | st.sampled_from(["automation", "pass"]),
    verify_mode=numbers,
    name=names,
    temperature=st.none() | st.sampled_from([36, 36.0, 36.5, -0.0]),
    extra=st.sampled_from([{}, {"aliasid": "7"}, {"image": "secret"}]),
)


@given(st.lists(entries, min_size=1, max_size=6), st.integers(1, 3))
def test_rows_say_together_what_they_say_alone(said: list[Entry], times: int) -> None:
    together: list[Any] = rows_of(said * times)
    alone = [row for entry in said for row in rows_of([entry])] * times
    assert together == alone
    assert {len(row) for row in together} == {len(Row._fields)}
    assert {type(row[1]) for row in together} == {int}


@given(st.lists(st.datetimes(timezones=st.just(UTC)) | aware, min_size=1), st.lists(st.datetimes(), min_size=1))
def test_times_are_stored_together_as_alone(instants: list[datetime], local: list[datetime]) -> None:
    assert instants_of(instants) == [instant_of("occurred_at", instant) for instant in instants]
    assert locals_of(local) == [local_of("time", time) for time in local]
    assert instants_of([*instants, local[0]]) is None
    assert locals_of([*local, instants[0]]) is None
    assert locals_of([*local, None]) is None


def test_nothing_becomes_no_rows() -> None:
    assert rows_of([]) == []


def test_an_entry_shows_nothing_of_anybody() -> None:
    entry = Entry(7, None, 1, 0, 0, datetime.now(UTC), datetime.now(UTC), live=True, name="Ada", extra={"pin": "1234"})
    assert repr(entry) == "<Entry 7 None>"
