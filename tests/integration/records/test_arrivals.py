"""What is held of records that have arrived."""

from datetime import UTC, datetime
from itertools import count
from weakref import ref

import pytest

from custom_components.timmy_access.protocol.messages import LogBatch, LogRecord
from custom_components.timmy_access.protocol.table import Table
from custom_components.timmy_access.records.arrivals import Arrivals
from custom_components.timmy_access.terminal.clock import TerminalClock

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
numbers = count(1)


def records(how_many: int, time: str = "2026-11-25 10:00:00") -> Table[LogRecord]:
    return LogBatch.parse({"record": [{"enrollid": next(numbers), "time": time} for _ in range(how_many)]}).records


@pytest.mark.parametrize("size", [1, 2, 1_000])
@pytest.mark.parametrize("time", ["2026-11-25 10:00:00", "?"])
def test_what_has_arrived_is_held_by_nobody_here(size: int, time: str) -> None:
    """A photo may come with it, or megabytes of what nobody knows."""
    clock = TerminalClock(lambda: NOW, elapsed=lambda: 0.0)
    clock.connected()
    arrivals = Arrivals(clock)
    tables = []
    for _ in range(3):
        table = records(size, time)
        before = arrivals.identities(table, 0)
        # Of one that came alone it is asked more than once.
        assert size > 1 or arrivals.identities(table, 0) is before
        tables.append(ref(table))
        del table
    assert [table() for table in tables] == [None] * 3
