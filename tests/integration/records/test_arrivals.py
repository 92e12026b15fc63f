"""What is held of records that have arrived."""

from datetime import UTC, datetime
from itertools import count
from weakref import ref

import pytest

from custom_components.timmy_access.protocol.messages import LogBatch, LogRecord
from custom_components.timmy_access.protocol.table import Table
from custom_components.timmy_access.records.arrivals import AT_ONCE, Arrivals
from custom_components.timmy_access.terminal.clock import TerminalClock

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
numbers = count(1)


def records(how_many: int) -> Table[LogRecord]:
    return LogBatch.parse(
        {"record": [{"enrollid": next(numbers), "time": "2026-11-25 10:00:00"} for _ in range(how_many)]}
    ).records


@pytest.mark.parametrize(("size", "held"), [(1, AT_ONCE), (2, 0), (1_000, 0)])
def test_only_of_records_that_came_alone_some_are_held(size: int, held: int) -> None:
    clock = TerminalClock(lambda: NOW, elapsed=lambda: 0.0)
    clock.connected()
    arrivals = Arrivals(clock)
    tables = []
    for _ in range(2 * AT_ONCE):
        table = records(size)
        assert arrivals.identities(table, 0) == arrivals.identities(table, 0)
        tables.append(ref(table))
        del table
    assert sum(table() is not None for table in tables) == held
