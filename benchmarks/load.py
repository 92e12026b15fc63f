"""Load from processes of its own: connected terminals, and terminals that push what they have kept.

    python -m benchmarks.load hold --url URL --serials A,B
    python -m benchmarks.load push --url URL --serials A,B --records 100000

Both dial within `--within` seconds after a line of standard input, print the seconds until all have registered, and
stay. `push` pushes after another line, and prints the seconds it took; with `--rounds`, a part after each line.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
import sys
from time import perf_counter
from zoneinfo import ZoneInfo

import orjson
from websockets.frames import Frame, Opcode

from scripts.home import REPOSITORY

from .lean import LeanTerminal

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


def backlog(serial: str, records: int) -> list[bytes]:
    """Return the frames of so many old records, ready for the wire."""
    began = datetime.now(ZONE).replace(tzinfo=None) - timedelta(days=30)
    return [
        Frame(Opcode.TEXT, orjson.dumps(backlog_frame(serial, first, min(FRAME, records - first), began))).serialize(
            mask=True
        )
        for first in range(0, records, FRAME)
    ]


async def dial(stack: AsyncExitStack, terminal: LeanTerminal, after: float) -> None:
    """Connect and register after so many seconds."""
    await asyncio.sleep(after)
    await stack.enter_async_context(terminal)


async def run(kind: str, url: str, serials: Sequence[str], records: int, rounds: int, within: float) -> None:
    """Connect all, and hold or push."""
    terminals = [LeanTerminal(url, serial) for serial in serials]
    frames = [backlog(terminal.serial, records // len(terminals)) for terminal in terminals]
    most = max(1, max(map(len, frames), default=0) // rounds)
    async with AsyncExitStack() as stack:
        await _line()
        begun = perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, terminal in enumerate(terminals):
                group.create_task(dial(stack, terminal, within * number / len(terminals)))
        print(perf_counter() - begun, flush=True)
        await _line()
        if kind == "push":
            for part in zip(*(batched(own, most, strict=False) for own in frames), strict=True):
                begun = perf_counter()
                async with asyncio.TaskGroup() as group:
                    for terminal, own in zip(terminals, part, strict=True):
                        group.create_task(terminal.push(own, "sendlog"))
                print(perf_counter() - begun, flush=True)
                await _line()


async def _line() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


@dataclass
class Load:
    """A running load."""

    process: asyncio.subprocess.Process

    async def took(self) -> float:
        """Let it dial, or push, and return how many seconds that took."""
        await self.begin()
        return await self.seconds()

    async def begin(self) -> None:
        """Let it dial, or push."""
        assert self.process.stdin is not None  # noqa: S101 - piped
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()

    async def seconds(self) -> float:
        """Wait until all have registered, or everything is pushed, and return how long that took."""
        assert self.process.stdout is not None  # noqa: S101 - piped
        return float(await self.process.stdout.readline())


@asynccontextmanager
async def load(kind: str, url: str, serials: Sequence[str], records: int = 0, rounds: int = 1) -> AsyncGenerator[Load]:
    """Run a load once all its terminals have registered."""
    async with prepared_load(kind, url, serials, records, rounds) as prepared:
        await prepared.begin()
        await prepared.seconds()
        yield prepared


@asynccontextmanager
async def prepared_load(
    kind: str, url: str, serials: Sequence[str], records: int = 0, rounds: int = 1, within: float = 0
) -> AsyncGenerator[Load]:
    """Run a load that is about to dial, and to push all its records in so many rounds."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", kind, "--url", url),
        *("--serials", ",".join(serials), "--records", str(records), "--rounds", str(rounds), "--within", str(within)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    try:
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
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--within", type=float, default=0)
    arguments = parser.parse_args()
    serials = arguments.serials.split(",")
    asyncio.run(run(arguments.kind, arguments.url, serials, arguments.records, arguments.rounds, arguments.within))
