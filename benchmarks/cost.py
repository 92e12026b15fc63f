"""What a punch and a terminal cost the Home Assistant around the integration."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import sqlite3
from typing import Any

from .building import Building, processor_of
from .figures import MILLISECONDS, Figure
from .lean import LeanTerminal
from .punch import PAUSE_SECONDS, punch

PART = "cost"
TERMINALS = 1
PUNCHES = 100
QUICK_PUNCHES = 10
# State writes, and rows of the recorder, that show a punch: the event, the door, and who was there last.
WRITES = 3
# The recorder writes every five seconds.
RECORDER_SECONDS = 6.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What some things cost: events by type, writes by entity, rows and bytes of the recorder, seconds of processor."""

    events: Mapping[str, int]
    states: Mapping[str, int]
    rows: int
    size: int
    seconds: float


class Costs:
    """Tells what things cost that are done in a house."""

    def __init__(self, house: Building) -> None:
        """Look at a house."""
        self._house = house

    async def begin(self) -> None:
        """Begin anew, once nothing happens any more."""
        await self._house.settled()
        await asyncio.sleep(RECORDER_SECONDS)
        await self._house.home.call("bench_probe/told")
        self._rows, self._size = await asyncio.to_thread(recorded, self._house.home.folder)
        self._seconds = processor_of(self._house.process.pid)

    async def end(self) -> Cost:
        """Return what has been done since."""
        seconds = processor_of(self._house.process.pid) - self._seconds
        await asyncio.sleep(RECORDER_SECONDS)
        told: Mapping[str, Mapping[str, int]] = await self._house.home.call("bench_probe/told")
        rows, size = await asyncio.to_thread(recorded, self._house.home.folder)
        return Cost(
            events=told["events"],
            states=told["states"],
            rows=rows - self._rows,
            size=size - self._size,
            seconds=seconds,
        )


def recorded(folder: Path) -> tuple[int, int]:
    """Return the rows of states and events of the recorder, and the bytes of its database."""
    database = sqlite3.connect(f"file:{folder / 'home-assistant_v2.db'}?mode=ro", uri=True)
    try:
        [rows] = database.execute("SELECT (SELECT COUNT(*) FROM states) + (SELECT COUNT(*) FROM events)").fetchone()
        [size] = database.execute("SELECT SUM(pgsize) FROM dbstat").fetchone() if _has_dbstat(database) else (0,)
    finally:
        database.close()
    return rows, size


def _has_dbstat(database: sqlite3.Connection) -> bool:
    return ("ENABLE_DBSTAT_VTAB",) in database.execute("PRAGMA compile_options").fetchall()


async def punches(house: Building, costs: Costs, count: int) -> list[Figure]:
    """Return what a punch costs, beside as many facts that are written by nothing else."""
    serial = house.serials[0]
    async with LeanTerminal(house.url, serial) as terminal:
        await house.until_connected(1)
        await terminal.ask(punch(serial, 1))
        await costs.begin()
        for number in range(2, count + 2):
            await asyncio.sleep(PAUSE_SECONDS)
            await terminal.ask(punch(serial, number))
        ours = await costs.end()
        await costs.begin()
        for _ in range(count):
            await asyncio.sleep(PAUSE_SECONDS)
            await house.home.call("bench_probe/write", states=WRITES)
        least = await costs.end()
    for entity_id, writes in sorted(ours.states.items(), key=lambda one: -one[1]):
        print(f"  {entity_id}: {writes / count:.2f} writes a punch")
    per_punch = MILLISECONDS / count
    return [
        _count("punch, state writes", sum(ours.states.values()) / count, f"<= {WRITES}"),
        _count("punch, events on the bus", sum(ours.events.values()) / count),
        _count("punch, recorder rows", ours.rows / count, f"<= {WRITES}"),
        Figure(
            part=PART,
            measure="punch, recorder bytes",
            value=ours.size / count,
            limit=least.size / count or None,
            unit="B",
        ),
        Figure(
            part=PART,
            measure="punch, processor",
            value=ours.seconds * per_punch,
            limit=least.seconds * per_punch or None,
            unit="ms",
        ),
    ]


async def at_rest(house: Building) -> list[Figure]:
    """Return what a terminal has in Home Assistant's registries."""
    listed: list[Mapping[str, Any]] = await house.home.call("config/entity_registry/list")
    own = [entity for entity in listed if entity["platform"] == "timmy_access"]
    enabled = [entity for entity in own if entity["disabled_by"] is None]
    return [
        _count("terminal, entities", len(enabled) / len(house.serials)),
        _count("terminal, registry entries", len(own) / len(house.serials)),
    ]


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    costs = Costs(house)
    return [
        *await punches(house, costs, QUICK_PUNCHES if quick else PUNCHES),
        *await at_rest(house),
    ]


def _count(measure: str, value: float, target: str = "") -> Figure:
    return Figure(part=PART, measure=measure, value=value, unit="", target=target)
