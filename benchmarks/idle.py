"""What a terminal costs that is connected and says nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
import os
from pathlib import Path

from .bare import bare_server
from .building import Building
from .figures import Figure
from .load import load

PART = "idle"
STEPS = (10, 100, 1000)
QUICK_STEPS = (10, 50)
TERMINALS = STEPS[-1]
# Long enough to see that nothing happens.
WATCH_SECONDS = 5.0
QUICK_WATCH_SECONDS = 0.5
PAGE_KILOBYTES = os.sysconf("SC_PAGE_SIZE") / 1024


def memory_of(pid: int) -> float:
    """Return the memory of a process, in kilobytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KILOBYTES


async def bare_memory(serials: Sequence[str], first: int) -> float:
    """Return the kilobytes a connection costs a bare server, of those beyond the first few."""
    async with bare_server() as (url, pid), load("hold", url, serials[:first]):
        few = memory_of(pid)
        async with load("hold", url, serials[first:]):
            return (memory_of(pid) - few) / (len(serials) - first)


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    steps = QUICK_STEPS if quick else STEPS
    watch = QUICK_WATCH_SECONDS if quick else WATCH_SECONDS
    serials = house.serials[: steps[-1]]
    watched = await house.processor_share(watch)
    memory, processor = [], []
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as beside:
        # Only memory is looked at there, and here only the processor of Home Assistant's own process.
        limiting = beside.create_task(bare_memory(serials, steps[0]))
        for before, step in pairwise((0, *steps)):
            await stack.enter_async_context(load("hold", house.url, serials[before:step]))
            await house.until_connected(step)
            await house.settled()
            processor.append(await house.processor_share(watch) - watched)
            memory.append(await house.memory())
        limit = await limiting
    connection = (memory[-1] - memory[-2]) / (steps[-1] - steps[-2])
    return [
        Figure(
            part=PART,
            measure=f"memory a terminal, of {steps[-1]}",
            value=connection,
            limit=limit,
            unit="kB",
            target="<= 3",
        ),
        *(
            Figure(part=PART, measure=f"processor, {step} terminals", value=share * 100, unit="%")
            for step, share in zip(steps, processor, strict=True)
        ),
    ]
