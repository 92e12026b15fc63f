"""What runs and what is open, to see whether anything is left behind."""

import asyncio
from collections import Counter
from pathlib import Path

from .until import SECONDS

# Files that something else of Home Assistant may open meanwhile; more is a leak.
SPARE_FILES = 3
_OPEN = Path("/proc/self/fd")


def running() -> Counter[str]:
    """Return what runs by its kind: some of it ends and begins anew all the time."""
    return Counter(getattr(task.get_coro(), "__qualname__", "?") for task in asyncio.all_tasks() if not task.done())


async def until_only(before: Counter[str]) -> None:
    """Wait until nothing runs that did not run before; connections take a second to close."""
    async with asyncio.timeout(SECONDS):
        while running() - before:
            await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, return_when=asyncio.FIRST_COMPLETED)


def files() -> int:
    """Return how many files are open, as Linux tells; elsewhere none."""
    return sum(1 for _ in _OPEN.iterdir()) if _OPEN.exists() else 0
