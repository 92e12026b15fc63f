"""How fast a backlog comes in, each frame acknowledged when it is on disk."""

from collections.abc import Sequence
from itertools import batched
from pathlib import Path
from time import perf_counter

from .building import Building, building
from .durable import BareInserts, make_database, records
from .figures import Figure
from .load import FRAME, load

PART = "ingest"
RECORDS = 100_000
QUICK_RECORDS = 5_000
TERMINALS = 10
# A stall that long is felt in the dashboard.
STALL_MILLISECONDS = 50


async def bare_rate(path: Path, first: int, count: int) -> float:
    """Return how many records a second the bare loop writes, a frame's worth a transaction."""
    rows = records(first, count)
    inserts = BareInserts(path)
    begun = perf_counter()
    for call in batched(rows, FRAME, strict=False):
        await inserts.keep(call)
    seconds = perf_counter() - begun
    inserts.close()
    return count / seconds


async def pushed(house: Building, serials: Sequence[str], count: int) -> tuple[float, float]:
    """Return how many records a second come in from these terminals, and the longest stall meanwhile."""
    async with load("push", house.url, serials, count) as pushing:
        await house.probe()
        await pushing.begin()
        seconds = await pushing.seconds()
        seen = await house.probe()
    return count / seconds, seen["stall_ms"]


async def measure(folder: Path, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    count = QUICK_RECORDS if quick else RECORDS
    bare = folder.parent / "bare.db"
    await make_database(bare)
    async with building(folder, TERMINALS + 1) as house:
        first, *others = house.serials
        half = count // 2
        before = await bare_rate(bare, 0, half)
        alone, stall = await pushed(house, [first], count)
        between = await bare_rate(bare, half, half)
        together, stall_together = await pushed(house, others, count)
        after = await bare_rate(bare, 2 * half, half)
        told = [
            entity
            for entity, state in (await house.home.states()).items()
            if entity.startswith("event.") and entity.endswith("_access") and state["state"] != "unknown"
        ]
    if told:
        raise RuntimeError(f"old records were told as news: {told}")
    return [
        Figure(
            part=PART,
            measure="from one terminal",
            value=alone,
            limit=(before + between) / 2,
            unit="records/s",
            target=">= 0.7",
        ),
        Figure(
            part=PART,
            measure="from ten terminals",
            value=together,
            limit=(between + after) / 2,
            unit="records/s",
            target=">= 0.7",
        ),
        Figure(
            part=PART,
            measure="longest stall",
            value=max(stall, stall_together),
            unit="ms",
            target=f"< {STALL_MILLISECONDS}",
        ),
    ]
