"""How long somebody waits at a door while everything else happens at once.

A backlog comes in from one terminal, three thousand people are filled into another, a panel scrolls through the log and
follows its end, and Home Assistant makes one backup after the other.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
import shutil
import sys
from time import perf_counter

from custom_components.timmy_access.ledger import default_url
from scripts.home import REPOSITORY, Home, free_port
from scripts.home_process import HomeProcess, prepare
from scripts.home_socket import HomeError

from .building import DOMAIN, Building, living_for_once, plan, serials_of
from .figures import Figure, latency, median, percentile
from .filling import furnish
from .lean import LeanTerminal
from .ledgers import sqlite_ledger
from .load import Load, load
from .verdict import BACKLOG, LOADED_MILLISECONDS, make_pass, scan, scan_during

PART = "together"
# Who scans, who pushes a backlog, and who is filled.
SERIALS = 3
PEOPLE = 3000
RECORDS = 100_000
WARM_SCANS = 50
# Rows a page, as the panel asks for them, and how often somebody who scrolls fast needs the next.
PAGE = 50
SCROLL_SECONDS = 0.05
LOOK_SECONDS = 0.1
BEGUN_SECONDS = 30.0
# The backlog comes in parts, so that on a machine that is too slow for all of it something is known all the same.
ROUNDS = 20
LONGEST_SECONDS = 45.0
# What Home Assistant says of a backup that it gives up, of a file that is written under a name for the time being.
GIVEN_UP = "/.storage/tmp"


@dataclass
class Seen:
    """What happened beside the scans: records and seconds, pages, backups, people before and after."""

    taken: list[float] = field(default_factory=list)
    records: int = 0
    seconds: float = 0.0
    pages: int = 0
    told: int = 0
    backups: int = 0
    given_up: int = 0
    before: int = 0
    after: int = 0
    stall: float = 0.0
    step: float = 0.0


async def in_step(home: Home, name: str) -> int:
    """Return how many people a terminal has confirmed."""
    device_id = await home.device(name)
    answer = await home.call("call_service", domain=DOMAIN, service="get_people", service_data={}, return_response=True)
    [there] = [it for it in answer["response"]["terminals"] if it["device_id"] == device_id]
    count: int = there["in_step"]
    return count


async def push(load: Load, seen: Seen) -> float:
    """Let the backlog come in, as far as it does; return how many seconds that took."""
    begun = perf_counter()
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SECONDS):
            for _ in range(ROUNDS):
                await load.begin()
                await load.seconds()
                seen.records += BACKLOG // ROUNDS
    return perf_counter() - begun


async def scroll(home: Home, seen: Seen) -> None:
    """Read one page of the log after the other, from the end on and then again."""
    after = None
    while True:
        data = {"limit": PAGE, **({} if after is None else {"after": after})}
        after = (await home.call(f"{DOMAIN}/panel/log", data=data))["next"]
        seen.pages += 1
        await asyncio.sleep(SCROLL_SECONDS)


async def follow(home: Home, seen: Seen) -> None:
    """Follow the end of the log, as the panel does that shows it."""
    async for _ in home.feed(f"{DOMAIN}/panel/log_tail", data={}):
        seen.told += 1


async def back_up(home: Home, seen: Seen) -> None:
    """Make one backup after the other.

    Home Assistant gives up one during which a file of its storage is just being written, whoever writes it: what it
    adds to the archive, it has seen under a name that is gone by then.
    """
    while True:
        try:
            await home.act("backup.create")
        except HomeError as err:
            if GIVEN_UP not in str(err):
                raise
            seen.given_up += 1
        else:
            seen.backups += 1


@asynccontextmanager
async def running(*works: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Do something again and again beside what is measured; whoever fails meanwhile fails all of it."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def empty_terminal(url: str, serial: str) -> AsyncGenerator[None]:
    """Have an empty terminal dial in, in a process of its own, so that it does not slow whoever measures."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--profile", "ai_face", "--serial", serial, "--url", url),
        *("--users", "0", "--fast"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        cwd=REPOSITORY,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def at_once(house: Building) -> Seen:
    """Scan while all of it happens, until the backlog is in."""
    seen, home = Seen(), house.home
    door, pusher, filled = house.serials
    code = await make_pass(house, door)
    async with (
        LeanTerminal(house.url, door) as terminal,
        load("push", house.url, [pusher], BACKLOG, ROUNDS) as pushing,
        home.another() as panel,
        home.another() as tail,
        home.another() as administrator,
        empty_terminal(house.url, filled),
    ):
        await scan(terminal, code, WARM_SCANS)
        async with asyncio.timeout(BEGUN_SECONDS):
            while not (before := await in_step(home, house.name_of(filled))):  # noqa: ASYNC110 - one can only look
                await asyncio.sleep(LOOK_SECONDS)
        seen.before = before
        await home.call("bench_probe/read")
        await home.call("bench_probe/steps")
        async with running(
            lambda: scroll(panel, seen), lambda: follow(tail, seen), lambda: back_up(administrator, seen)
        ):
            coming = asyncio.ensure_future(push(pushing, seen))
            seen.taken = await scan_during(terminal, code, coming)
            seen.seconds = await coming
            seen.stall = (await home.call("bench_probe/read"))["stall_ms"]
            seen.step = (await home.call("bench_probe/steps"))["worst_ms"]
            seen.after = await in_step(home, house.name_of(filled))
    return seen


async def seen_in(folder: Path) -> Seen:
    """Build a house with a log and people, and look at it while everything happens."""
    home_port, port = free_port(), free_port()
    serials = serials_of(SERIALS)
    prepare(folder, home_port, plan(port, serials, more="backup:\nfrontend:\n", options={"vault": True}))
    process = HomeProcess(folder, home_port)
    shutil.copy(str((await sqlite_ledger(RECORDS)).database), str(default_url(folder).database))
    await furnish(folder, serials[-1], PEOPLE)
    async with living_for_once(process) as home:
        house = Building(home, process, port, serials)
        await house.settled()
        return await at_once(house)


async def make_log() -> None:
    """Make the log that the house begins with."""
    await sqlite_ledger(RECORDS)


async def measure(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of this part."""
    seen = await seen_in(folder / "together")
    if seen.after >= PEOPLE:
        raise RuntimeError("all people were there before the backlog was in")
    return [
        latency(PART, f"verdict, median of {len(seen.taken)}", median(seen.taken)),
        latency(PART, "verdict, 99th percentile", percentile(seen.taken, 0.99), target=f"< {LOADED_MILLISECONDS}"),
        latency(PART, "verdict, longest", max(seen.taken)),
        Figure(part=PART, measure="records meanwhile", value=seen.records, unit="", target=f">= {BACKLOG}"),
        Figure(part=PART, measure="records a second", value=seen.records / seen.seconds, unit="records/s"),
        Figure(part=PART, measure="people filled meanwhile", value=seen.after - seen.before, unit=""),
        Figure(part=PART, measure="pages of the log meanwhile", value=seen.pages, unit="", target=">= 1"),
        Figure(part=PART, measure="told of the end of the log meanwhile", value=seen.told, unit="", target=">= 1"),
        Figure(part=PART, measure="backups meanwhile", value=seen.backups, unit="", target=">= 1"),
        Figure(part=PART, measure="backups given up meanwhile", value=seen.given_up, unit=""),
        Figure(part=PART, measure="longest stall", value=seen.stall, unit="ms"),
        Figure(part=PART, measure="dearest step, processor", value=seen.step, unit="ms"),
    ]
