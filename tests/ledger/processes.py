"""Runs `child` in processes of its own."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys

from .support import SECONDS


@asynccontextmanager
async def child(name: str, folder: Path) -> AsyncGenerator[Process]:
    """Start one; it is killed at the end if it has not ended by then."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ledger.child", name, str(folder)),
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    """Return the next line that a child says."""
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        return (await process.stdout.readline()).decode().rstrip()


async def release(process: Process) -> None:
    """Let a child that waits for a line go on, to its end."""
    async with asyncio.timeout(SECONDS):
        await process.communicate(b"\n")
    assert process.returncode == 0
