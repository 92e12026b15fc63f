"""A Home Assistant with many approved terminals, in a process of its own, and a probe in it."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any

from scripts.home import LOOPBACK, REPOSITORY, Home, free_port
from scripts.home_process import HomeProcess, Plan, living, prepare

DOMAIN = "timmy_access"
ENTRY_ID = "01BENCH0000000000000000000"
# Nothing connects as slowly, and nobody looks as often at what takes seconds.
CONNECT_SECONDS = 120.0
LOOK_SECONDS = 0.05
# A Home Assistant that has nothing to do but to be watched uses less than this, in seconds of processor a second.
SETTLED = 0.2
# Until a thousand new terminals are in its recorder, on a machine at half its speed.
SETTLE_SECONDS = 90.0
# How long it is watched for that.
WATCH_SECONDS, QUICK_WATCH_SECONDS = 1.0, 0.25
TICKS = os.sysconf("SC_CLK_TCK")
MOMENT = "2026-01-01T00:00:00+00:00"

# Written where it is needed: catalogues take a repository for the one manifest they find in it.
PROBE = {"domain": "bench_probe", "name": "Benchmark probe", "iot_class": "calculated", "version": "0.0.0"}

CONFIGURATION = """\
homeassistant:
  name: Benchmark
  country: DE
  language: en
  time_zone: Europe/Berlin
  unit_system: metric
history:
logbook:
recorder:
{more}
bench_probe:
logger:
  default: warning
"""


@dataclass
class Building:
    """What a measurement works with."""

    home: Home
    process: HomeProcess
    port: int
    serials: Sequence[str]
    is_quick: bool = False
    """Whether little time is spent on what only matters where every tenth counts."""

    @property
    def url(self) -> str:
        """Where terminals dial."""
        return f"ws://{LOOPBACK}:{self.port}/pub/chat"

    def name_of(self, serial: str) -> str:
        """Return what a terminal is called."""
        return f"Terminal {self.serials.index(serial) + 1}"

    async def until_connected(self, count: int) -> None:
        """Wait until so many terminals are connected and can be operated, and no more."""
        async with asyncio.timeout(CONNECT_SECONDS):
            while await self.home.call("bench_probe/connected") != [count, count]:  # noqa: ASYNC110 - one can only look
                await asyncio.sleep(LOOK_SECONDS)

    async def settled(self) -> None:
        """Wait until Home Assistant has nothing to do."""
        watch = QUICK_WATCH_SECONDS if self.is_quick else WATCH_SECONDS
        async with asyncio.timeout(SETTLE_SECONDS):
            while await self.processor_share(watch) > SETTLED:
                pass

    async def processor_share(self, seconds: float) -> float:
        """Return the seconds of processor that Home Assistant uses a second."""
        before = processor_of(self.process.pid)
        await asyncio.sleep(seconds)
        return (processor_of(self.process.pid) - before) / seconds

    async def probe(self) -> Mapping[str, float]:
        """Return what the probe saw since the last time."""
        seen: Mapping[str, float] = await self.home.call("bench_probe/read", tidied=not self.is_quick)
        return seen

    async def memory(self) -> float:
        """Return the kilobytes of Home Assistant without what is free already."""
        seen: Mapping[str, float] = await self.home.call("bench_probe/read")
        return seen["memory_kb"]


def processor_of(pid: int) -> float:
    """Return the seconds of processor a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / TICKS


def serials_of(count: int) -> list[str]:
    """Return the serial numbers of so many terminals."""
    return [f"ZX{number:08}" for number in range(1, count + 1)]


def entry(
    port: int,
    serials: Sequence[str],
    options: Mapping[str, Any] | None = None,
    *,
    entities: bool = True,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the storage of a listener with approved terminals, as Home Assistant writes it; `data` is of each."""
    return {
        "version": 1,
        "minor_version": 5,
        "key": "core.config_entries",
        "data": {
            "entries": [
                {
                    "created_at": MOMENT,
                    "data": {"host": LOOPBACK, "port": port},
                    "disabled_by": None,
                    "discovery_keys": {},
                    "domain": DOMAIN,
                    "entry_id": ENTRY_ID,
                    "minor_version": 2,
                    "modified_at": MOMENT,
                    "options": dict(options or {}),
                    "pref_disable_new_entities": not entities,
                    "pref_disable_polling": False,
                    "source": "user",
                    "subentries": [
                        {
                            "data": {
                                "doors": 1,
                                "hold_open": False,
                                "model": "AiFace",
                                "serial": serial,
                                **(data or {}),
                            },
                            "subentry_id": f"01BENCH{number:019}",
                            "subentry_type": "terminal",
                            "title": f"Terminal {number}",
                            "unique_id": serial,
                        }
                        for number, serial in enumerate(serials, 1)
                    ],
                    "title": "Benchmark",
                    "unique_id": None,
                    "version": 1,
                }
            ]
        },
    }


def plan(
    port: int,
    serials: Sequence[str],
    *,
    more: str = "",
    options: Mapping[str, Any] | None = None,
    entities: bool = True,
    data: Mapping[str, Any] | None = None,
) -> Plan:
    """Return what a building's Home Assistant starts with.

    `more` is YAML, entities may all be disabled, and `data` are the owner's choices for each terminal.
    """
    return Plan(
        configuration=CONFIGURATION.format(more=more),
        storage={"core.config_entries": entry(port, serials, options, entities=entities, data=data)},
        components=(
            REPOSITORY / "custom_components" / DOMAIN,
            REPOSITORY / "benchmarks" / "components" / "bench_probe",
        ),
        manifests={"bench_probe": PROBE},
    )


@contextmanager
def folder_for_houses() -> Generator[Path]:
    """Give a folder for a while, and take away with it what Python has compiled of the components in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            if sys.pycache_prefix is not None:
                shutil.rmtree(Path(sys.pycache_prefix, *folder.parts[1:]), ignore_errors=True)


@asynccontextmanager
async def living_for_once(process: HomeProcess) -> AsyncGenerator[Home]:
    """Run a Home Assistant of which nobody reads what it leaves behind: to end it in good order takes seconds."""
    async with living(process) as home:
        try:
            yield home
        finally:
            await process.kill()


@asynccontextmanager
async def building(
    folder: Path,
    terminals: int,
    *,
    more: str = "",
    options: Mapping[str, Any] | None = None,
    entities: bool = True,
    is_quick: bool = False,
) -> AsyncGenerator[Building]:
    """Build a house with so many terminals, move in, and tear it down."""
    home_port, port = free_port(), free_port()
    serials = serials_of(terminals)
    prepare(folder, home_port, plan(port, serials, more=more, options=options, entities=entities))
    process = HomeProcess(folder, home_port)
    async with living_for_once(process) as home:
        yield Building(home, process, port, serials, is_quick)
