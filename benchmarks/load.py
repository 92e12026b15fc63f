"""Load from processes of its own: connected terminals, and terminals that push what they have kept.

    python -m benchmarks.load hold --url URL --serials A,B
    python -m benchmarks.load push --url URL --serials A,B --records 100000

Both say `ready` when all have registered. `hold` ends with its standard input; `push` then ends by itself and prints
the seconds it took.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
import sys
from time import perf_counter
from zoneinfo import ZoneInfo

import orjson

from scripts.home import REPOSITORY

from .lean import LeanTerminal

READY = "ready"
# Records a frame (field notes 3).
FRAME = 50
ZONE = ZoneInfo("Europe/Berlin")


def backlog_frame(serial: str, first: int, count: int, began: datetime) -> dict[str, object]:
    """Return a frame of punches, each a second after the one before."""
    return {
        "cmd": "sendlog",
        "sn": serial,
        "count": count,
        "logindex": first,
        "record": [
            {
                "enrollid": 1 + index % 500,
                "time": f"{began + timedelta(seconds=index):%Y-%m-%d %H:%M:%S}",
                "mode": 8,
                "inout": 0,
                "event": 0,
                "name": f"Person {index % 500}",
                "temp": 36.5,
            }
            for index in range(first, first + count)
        ],
    }


def backlog(serial: str, records: int) -> list[str]:
    """Return the frames of so many old records, ready to be sent."""
    began = datetime.now(ZONE).replace(tzinfo=None) - timedelta(days=30)
    return [
        orjson.dumps(backlog_frame(serial, first, min(FRAME, records - first), began)).decode()
        for first in range(0, records, FRAME)
    ]


async def push(terminal: LeanTerminal, frames: Sequence[str]) -> None:
    """Push frame by frame, each acknowledged before the next."""
    for frame in frames:
        answer = await terminal.ask_with(frame, "sendlog")
        if not answer["result"]:
            raise RuntimeError(f"not acknowledged: {answer}")


async def run(kind: str, url: str, serials: Sequence[str], records: int) -> None:
    """Connect all, and hold or push."""
    async with AsyncExitStack() as stack:
        terminals = [LeanTerminal(url, serial) for serial in serials]
        for terminal in terminals:
            await stack.enter_async_context(terminal)
        frames = [backlog(terminal.serial, records // len(terminals)) for terminal in terminals]
        print(READY, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        if kind == "push":
            begun = perf_counter()
            async with asyncio.TaskGroup() as group:
                for terminal, own in zip(terminals, frames, strict=True):
                    group.create_task(push(terminal, own))
            print(perf_counter() - begun, flush=True)


@dataclass
class Load:
    """A running load."""

    process: asyncio.subprocess.Process

    async def begin(self) -> None:
        """Let `push` push."""
        assert self.process.stdin is not None  # noqa: S101 - piped
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()

    async def seconds(self) -> float:
        """Wait until everything is pushed, and return how long that took."""
        assert self.process.stdout is not None  # noqa: S101 - piped
        return float(await self.process.stdout.readline())


@asynccontextmanager
async def load(kind: str, url: str, serials: Sequence[str], records: int = 0) -> AsyncGenerator[Load]:
    """Run a load once all its terminals have registered."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", kind, "--url", url),
        *("--serials", ",".join(serials), "--records", str(records)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - piped
        if (await process.stdout.readline()).decode().strip() != READY:
            raise RuntimeError("the load did not start")
        yield Load(process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("hold", "push"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--serials", required=True)
    parser.add_argument("--records", type=int, default=0)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.kind, arguments.url, arguments.serials.split(","), arguments.records))
