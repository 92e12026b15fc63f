"""Whether people at a door notice that the port is under attack.

    python -m benchmarks.flood

Hundreds of sockets that say nothing, hundreds of connection attempts a second, and one approved terminal that sends
records as fast as it may; meanwhile another approved terminal scans codes.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
import itertools
from pathlib import Path
import sys
import tempfile
from time import perf_counter

from scripts.home import LOOPBACK, REPOSITORY

from .building import Building, building
from .figures import Figure, latency, median, percentile, table
from .lean import LeanTerminal
from .load import load
from .verdict import make_pass, scan, scan_during

PART = "flood"
READY = "ready"
IDLE = 500
ATTEMPTS_PER_SECOND = 200
RECORDS = 100_000
QUICK_RECORDS = 10_000
SCANS = 200
MILLISECONDS = 50
# The flood comes from so many addresses, as one of them would only get eight connections.
ADDRESSES = 200


def addresses() -> itertools.cycle[str]:
    """Return the flood's addresses, again and again."""
    return itertools.cycle(f"127.0.1.{number}" for number in range(1, ADDRESSES + 1))


async def attack(port: int) -> None:
    """Keep sockets open that say nothing, dial again and again, and count the attempts on demand."""
    sources = addresses()
    idle = [asyncio.create_task(_idle(port, next(sources))) for _ in range(IDLE)]
    attempts = asyncio.create_task(_attempts(port, sources))
    print(READY, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for task in (*idle, attempts):
        task.cancel()
    print(sum(task.result() for task in await _ended(idle)), await attempts, flush=True)


async def _ended(tasks: list[asyncio.Task[int]]) -> list[asyncio.Task[int]]:
    await asyncio.wait(tasks)
    return tasks


async def _idle(port: int, source: str) -> int:
    """Hold a socket; dial again when it is closed. Returns how often it dialled."""
    dialled = 0
    with suppress(asyncio.CancelledError):
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(LOOPBACK, port, local_addr=(source, 0))
                dialled += 1
                try:
                    await reader.read()
                finally:
                    writer.close()
            await asyncio.sleep(1)
    return dialled


async def _attempts(port: int, sources: itertools.cycle[str]) -> int:
    """Dial so many times a second, say something senseless and hang up. Returns how often."""
    dialled = 0
    begun = perf_counter()
    with suppress(asyncio.CancelledError):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(LOOPBACK, port, local_addr=(next(sources), 0))
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                writer.close()
            dialled += 1
            await asyncio.sleep(max(0.0, begun + dialled / ATTEMPTS_PER_SECOND - perf_counter()))
    return dialled


@asynccontextmanager
async def flood(port: int) -> AsyncGenerator[list[int]]:
    """Run the attack in a process of its own; the list then holds dials of the idle ones and attempts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.flood", "--attack", str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert process.stdin is not None  # noqa: S101 - piped
    assert process.stdout is not None  # noqa: S101 - piped
    counted: list[int] = []
    try:
        if (await process.stdout.readline()).decode().strip() != READY:
            raise RuntimeError("the flood did not start")
        yield counted
        process.stdin.write(b"\n")
        await process.stdin.drain()
        counted += map(int, (await process.stdout.readline()).split())
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    first, pusher = house.serials[:2]
    code = await make_pass(house, first)
    records = QUICK_RECORDS if quick else RECORDS
    async with LeanTerminal(house.url, first) as terminal:
        alone = await scan(terminal, code, SCANS)
        attacked = perf_counter()
        async with flood(house.port) as counted, load("push", house.url, [pusher], records) as pushing:
            begun = perf_counter()
            await pushing.begin()
            loaded = await scan_during(terminal, code, asyncio.ensure_future(pushing.seconds()))
            seconds = perf_counter() - begun
        under_attack = perf_counter() - attacked
    return [
        latency(PART, "median before", median(alone)),
        latency(PART, "median under attack", median(loaded)),
        latency(PART, "99th percentile under attack", percentile(loaded, 0.99), target=f"< {MILLISECONDS}"),
        Figure(part=PART, measure="scans under attack, all answered", value=len(loaded), unit=""),
        Figure(part=PART, measure="records acknowledged meanwhile, all", value=records, unit=""),
        Figure(part=PART, measure="records a second", value=records / seconds, unit=""),
        Figure(part=PART, measure="idle sockets, dials", value=counted[0], unit=""),
        Figure(part=PART, measure="connection attempts a second", value=counted[1] / under_attack, unit=""),
    ]


async def run(*, quick: bool) -> list[Figure]:
    """Measure in a house of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with building(Path(folder) / "home", 2) as house:
            return await measure(house, quick=quick)


def main() -> int:
    """Measure and print; 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer records")
    parser.add_argument("--attack", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        asyncio.run(attack(options.attack))
        return 0
    figures = asyncio.run(run(quick=options.quick))
    print(table(figures))
    return int(not all(figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
