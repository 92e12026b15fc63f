"""Twenty Home Assistants' ledgers in one PostgreSQL: a day of punches of 2,000 terminals, in minutes.

    .venv/bin/python -m benchmarks.houses [--houses 20] [--terminals 100] [--records 20000]

Each house is a process with a ledger of its own, whose terminals report as fast as they are acknowledged; a few frames
come twice, as from terminals that saw no acknowledgement. Meanwhile one house reads its log, and another deletes
what is older than half of the day. Afterwards every record must be there once, but for those that were deleted, and of
no house that did not ask for it. Ends with 1 where one is lost or double, or where a house was disturbed.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
import json
import sys
from time import perf_counter

from sqlalchemy.engine import make_url

from scripts import ledger_alone  # noqa: F401 - before the ledger  # isort: skip

from custom_components.timmy_access.ledger import Entry, Ledger, LedgerUnavailable, RecordFilter
from scripts.database_servers import PostgreSQLServer, serving
from scripts.home import REPOSITORY

from .figures import MILLISECONDS, percentile

HOUSES = 20
TERMINALS = 100
# Of a house: two hundred of each of its terminals, a busy day of an office.
RECORDS = 20_000
# Records a frame (field notes 3), and every so many frames one comes twice.
FRAME = 50
TWICE = 10
PEOPLE = 500
DAY = datetime(2026, 9, 1, tzinfo=UTC)
# What nobody notices who turns a page, once the day is written.
PAGE_MILLISECONDS, PAGES = 50, 20
# The one in the middle of those meanwhile; of some thirty, the 99th percentile is a single one. A page is five
# questions and answers, each of which waits behind twenty writers and the processes of their server.
BUSY_PAGE_MILLISECONDS = 500
# A terminal that is not acknowledged sends again.
AGAIN_SECONDS = 1.0
READING, DELETING = 0, 1


def serials_of(house: int, terminals: int) -> list[str]:
    """Return the serial numbers of a house."""
    return [f"H{house:03}T{number:05}" for number in range(terminals)]


def frames_of(records: int, terminals: int, place: int) -> list[list[Entry]]:
    """Return what one of the terminals of a house reports of the day, a frame after the other."""
    step = timedelta(days=1) / max(1, records)
    entries = [
        Entry(
            enroll_id=1 + index % PEOPLE,
            time=(DAY + index * step).replace(tzinfo=None, microsecond=0),
            mode=8,
            reader=0,
            event=index % 100,
            occurred_at=DAY + index * step,
            received_at=DAY + index * step,
            live=True,
            name=f"Person {index % PEOPLE}",
        )
        for index in range(place, records, terminals)
    ]
    return [list(part) for part in batched(entries, FRAME, strict=False)]


async def patiently[T](ask: Callable[[], Awaitable[T]], refused: Counter[str] | None = None) -> T:
    """Ask until there is an answer, as terminals do that are not acknowledged, and count why there was none."""
    while True:
        try:
            return await ask()
        except LedgerUnavailable as err:
            if refused is not None:
                refused[str(err)] += 1
            await asyncio.sleep(AGAIN_SECONDS)


async def write(url: str, house: int, terminals: int, records: int) -> None:
    """Be one house: say `ready`, wait for a line, and print what became of its day."""
    ledger = Ledger(make_url(url))
    await ledger.start()
    days = [frames_of(records, terminals, place) for place in range(terminals)]
    await ledger.records(
        RecordFilter(serials=serials_of(house, terminals)), limit=50
    )  # a house that has long been there
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    waits: list[float] = []
    pages: list[float] = []
    refused: Counter[str] = Counter()
    serials = serials_of(house, terminals)
    writing = True

    async def report(serial: str, frames: Sequence[Sequence[Entry]]) -> None:
        for number, frame in enumerate(frames):
            for _ in range(1 if number % TWICE else 2):
                begun = perf_counter()
                await patiently(partial(ledger.keep, serial, frame), refused)
                waits.append(perf_counter() - begun)

    async def turn_pages() -> None:
        while writing:
            begun = perf_counter()
            page = await patiently(partial(ledger.records, RecordFilter(serials=serials), limit=50))
            pages.append(perf_counter() - begun)
            if any(record.serial not in serials for record in page.records):
                raise RuntimeError("a record of another house")
            await asyncio.sleep(0.05)

    reading = asyncio.create_task(turn_pages()) if house == READING else None
    begun = perf_counter()
    async with asyncio.TaskGroup() as group:
        for serial, frames in zip(serials, days, strict=True):
            group.create_task(report(serial, frames))
    seconds = perf_counter() - begun
    writing = False
    if reading is not None:
        await reading
    gone = 0
    if house == DELETING:
        gone = sum((await ledger.purge(serials, DAY + timedelta(hours=12))).values())
    kept = sum((await patiently(partial(ledger.count, RecordFilter(serials=serials)))).values())
    await ledger.close()
    print(
        json.dumps(
            {"seconds": seconds, "kept": kept, "gone": gone, "waits": waits, "pages": pages, "refused": refused}
        ),
        flush=True,
    )


async def simulate(url: str, houses: int, terminals: int, records: int) -> bool:
    """Run all houses at once, print what was measured, and return whether nothing was lost or double."""
    ledger = Ledger(make_url(url))
    await ledger.start()  # which makes the tables
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.houses", "--url", url, "--house", str(house)),
            *("--terminals", str(terminals), "--records", str(records)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=REPOSITORY,
            limit=2**26,
        )
        for house in range(houses)
    ]
    try:
        for process in processes:
            await _line_of(process)
        for process in processes:
            assert process.stdin is not None  # noqa: S101 - piped
            process.stdin.write(b"\n")
        told = [json.loads(await _line_of(process)) for process in processes]
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    counts = await patiently(ledger.count)
    quiet = [await _page_milliseconds(ledger, serials_of(READING, terminals)) for _ in range(PAGES)]
    await ledger.close()
    good = True
    for house, of_house in enumerate(told):
        found = sum(counts.get(serial, 0) for serial in serials_of(house, terminals))
        if found + of_house["gone"] != records or found != of_house["kept"]:
            print(f"house {house}: {found} found and {of_house['gone']} deleted of {records}")
            good = False
    waits = [wait * MILLISECONDS for of_house in told for wait in of_house["waits"]]
    pages = [page * MILLISECONDS for of_house in told for page in of_house["pages"]]
    longest = max(of_house["seconds"] for of_house in told)
    print(
        f"{houses} houses, {houses * terminals:,} terminals, {houses * records:,} records in {longest:.0f} s: "
        f"{houses * records / longest:,.0f} a second"
    )
    print(f"a frame acknowledged: median {percentile(waits, 0.5):.0f} ms, 99 % {percentile(waits, 0.99):.0f} ms")
    refused = sum((Counter(of_house["refused"]) for of_house in told), Counter[str]())
    print("not acknowledged, and sent again:", ", ".join(f"{count} {why}" for why, count in refused.items()) or "none")
    slow = percentile(pages, 0.99)
    print(f"{len(pages)} pages of one house meanwhile: median {percentile(pages, 0.5):.0f} ms, 99 % {slow:.0f} ms")
    slow_in_quiet = percentile(quiet, 0.99)
    print(f"{PAGES} pages of it afterwards: median {percentile(quiet, 0.5):.0f} ms, 99 % {slow_in_quiet:.0f} ms")
    print(f"deleted by one house: {sum(of_house['gone'] for of_house in told):,}")
    print("none lost, none double, none of another house deleted" if good else "NOT EVERY RECORD IS THERE ONCE")
    return good and percentile(pages, 0.5) <= BUSY_PAGE_MILLISECONDS and slow_in_quiet <= PAGE_MILLISECONDS


async def _page_milliseconds(ledger: Ledger, serials: Sequence[str]) -> float:
    begun = perf_counter()
    await ledger.records(RecordFilter(serials=serials), limit=50)
    return (perf_counter() - begun) * MILLISECONDS


async def _line_of(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - piped
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a house has failed")
    return line


def main() -> int:
    """Simulate; 1 where something is lost, double or slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--houses", type=int, default=HOUSES)
    parser.add_argument("--terminals", type=int, default=TERMINALS)
    parser.add_argument("--records", type=int, default=RECORDS, help="of each house")
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--house", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.house is not None:
        asyncio.run(write(arguments.url, arguments.house, arguments.terminals, arguments.records))
        return 0
    if (binaries := PostgreSQLServer.binaries()) is None:
        print("no PostgreSQL here; scripts/setup installs it")
        return 1
    with serving(PostgreSQLServer, binaries, "postgres") as server:
        url = server.url(server.new_database())
        good = asyncio.run(simulate(url, arguments.houses, arguments.terminals, arguments.records))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
