"""How fast the ledger keeps records, beside the fastest loop that makes the same promise.

    .venv/bin/python -m benchmarks.ledger_ingest [--records 100000] [--folder FOLDER]

Both write the same records, 50 a call, each call awaited, into SQLite files with `synchronous=FULL`, the same table and
the same indexes. The bare loop has only what the promise needs: a thread hop, a transaction and one `executemany` a
call. The two take turns, so that a busy machine slows both. A third part keeps records of ten terminals at once.

Ends with 1 where the ledger is slower than the limit allows, or holds the event loop for longer.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
import sys
import tempfile
from time import perf_counter

from custom_components.timmy_access.ledger import Entry, Ledger
from custom_components.timmy_access.ledger.rows import rows_of
from custom_components.timmy_access.ledger.url import FILE_NAME

from .durable import SERIAL, entry, make_database
from .inserts import BareInserts

RECORDS = 100_000
# Records a frame (field notes 3).
CALL = 50
ROUNDS = 10
TERMINALS = 10
# What the ledger may cost: it checks, looks after several writers and tells of failures, the bare loop does not.
LEAST_SHARE = 0.7
LONGEST_STALL = 0.050
# How often the event loop is looked at.
TICK = 0.001

type Keep = Callable[[Sequence[Entry]], Awaitable[object]]


@dataclass
class Measured:
    """Seconds spent, records kept and the longest time the event loop stood still."""

    seconds: float = 0.0
    records: int = 0
    stall: float = 0.0

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


async def watch(measured: Measured) -> None:
    """Note how late the event loop is."""
    last = perf_counter()
    while True:
        await asyncio.sleep(TICK)
        now = perf_counter()
        measured.stall = max(measured.stall, now - last - TICK)
        last = now


async def measure(measured: Measured, work: Callable[[], Awaitable[object]], records: int) -> None:
    """Add one piece of work to what was measured."""
    watcher = asyncio.create_task(watch(measured))
    await asyncio.sleep(0)
    begun = perf_counter()
    await work()
    measured.seconds += perf_counter() - begun
    measured.records += records
    await asyncio.sleep(2 * TICK)
    watcher.cancel()


async def take_turns(folder: Path, records: int) -> tuple[Measured, Measured]:
    """Return what the bare loop and the ledger did with the same records."""
    bare_path, ledger_path = folder / "bare.db", folder / FILE_NAME
    await make_database(bare_path)
    await make_database(ledger_path)
    bare, ledger = BareInserts(bare_path), Ledger(f"sqlite:///{ledger_path}")
    await ledger.start()
    measured = Measured(), Measured()
    entries = [entry(index) for index in range(records)]
    rows: list[tuple[object, ...]] = []
    for call in batched(entries, CALL, strict=False):
        rows += ((1, *row) for row in rows_of(call))
    for begin in range(0, records, records // ROUNDS):
        part = slice(begin, begin + records // ROUNDS)
        entry_calls = list(batched(entries[part], CALL, strict=False))
        row_calls = list(batched(rows[part], CALL, strict=False))

        async def with_bare(calls: list[tuple[tuple[object, ...], ...]] = row_calls) -> None:
            for call in calls:
                await bare.keep(call)

        async def with_ledger(calls: list[tuple[Entry, ...]] = entry_calls) -> None:
            for call in calls:
                await ledger.keep(SERIAL, call)

        await measure(measured[0], with_bare, len(rows[part]))
        await measure(measured[1], with_ledger, len(rows[part]))
    assert await ledger.count() == {SERIAL: records + 1}  # noqa: S101 - else it measured something else
    bare.close()
    await ledger.close()
    return measured


async def at_once(folder: Path, records: int) -> Measured:
    """Return what the ledger does when ten terminals report at the same time."""
    ledger = Ledger(f"sqlite:///{folder / 'ten.db'}")
    await ledger.start()
    measured = Measured()
    calls = list(batched((entry(index) for index in range(records // TERMINALS)), CALL, strict=False))

    async def terminal(number: int) -> None:
        for call in calls:
            await ledger.keep(f"ZX{number:08}", call)

    async def all_terminals() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(TERMINALS):
                group.create_task(terminal(number))

    await measure(measured, all_terminals, records)
    counters = ledger.counters
    assert sum((await ledger.count()).values()) == records  # noqa: S101 - else it measured something else
    await ledger.close()
    print(f"  {counters.commits} commits, {counters.rows_per_commit:.0f} rows each")
    return measured


def show(name: str, measured: Measured) -> None:
    """Print one line of figures."""
    print(f"{name:24}{measured.rate:10,.0f} records/s, longest stall {measured.stall * 1000:.1f} ms")


async def run(folder: Path, records: int) -> bool:
    """Measure, print, and return whether the limits hold."""
    bare, ledger = await take_turns(folder, records)
    show("bare loop", bare)
    show("ledger", ledger)
    ten = await at_once(folder, records)
    show("ledger, ten terminals", ten)
    share = ledger.rate / bare.rate
    print(f"share {share:.2f} (at least {LEAST_SHARE}), stalls below {LONGEST_STALL * 1000:.0f} ms")
    return share >= LEAST_SHARE and max(ledger.stall, ten.stall) < LONGEST_STALL


def main() -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=RECORDS, help="how many, a multiple of %(default)s / 100")
    parser.add_argument("--folder", type=Path, help="where to write, on the disk to be measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        held = asyncio.run(run(Path(folder), arguments.records))
    print("ok" if held else "FAILED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
