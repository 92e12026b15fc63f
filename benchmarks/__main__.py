"""Measure the integration inside a real Home Assistant, each figure beside its limit of the same run."""

import argparse
import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import sys
import tempfile
from time import perf_counter
from typing import Protocol

from . import action, connect, idle, ingest, punch, repeats, roster, startup, verdict
from .building import Building, building
from .figures import Figure, document, table

# How far from its target a figure may be on a machine that does other things too, where only sanity is asked for: one
# beside a limit of the same run, which the other things slow down as well, and one that stands alone.
QUICK_RATIO_SLACK = 5.0
QUICK_ALONE_SLACK = 20.0
# Where parts share a house, as many terminals as the most demanding of them needs in its quick form.
QUICK_TERMINALS = verdict.TERMINALS


class Measure(Protocol):
    """Measures one part."""

    def __call__(self, house: Building, *, quick: bool) -> Awaitable[list[Figure]]:
        """Return its figures."""


@dataclass(frozen=True)
class Part:
    """A part, and what its house is like."""

    measure: Measure
    terminals: int
    entities: bool = True


PARTS: Mapping[str, Part] = {
    verdict.PART: Part(verdict.measure, verdict.TERMINALS),
    punch.PART: Part(punch.measure, punch.TERMINALS),
    ingest.PART: Part(ingest.measure, ingest.TERMINALS),
    repeats.PART: Part(repeats.measure, repeats.TERMINALS),
    roster.PART: Part(roster.measure, roster.TERMINALS),
    connect.PART: Part(connect.measure, connect.TERMINALS),
    # What entities cost is another figure.
    idle.PART: Part(idle.measure, idle.TERMINALS, entities=False),
    startup.PART: Part(startup.measure, startup.TERMINALS),
    action.PART: Part(action.measure, action.TERMINALS),
}


async def measured(name: str, house: Building, *, quick: bool) -> list[Figure]:
    """Measure one part, and say how long that took."""
    await house.settled()
    begun = perf_counter()
    print(f"{name} ...", end=" ", flush=True)
    figures = await PARTS[name].measure(house, quick=quick)
    print(f"{perf_counter() - begun:.0f} s", flush=True)
    return figures


async def run(names: list[str]) -> list[Figure]:
    """Measure one part after the other, each in a house of its own."""
    figures: list[Figure] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            part = PARTS[name]
            async with building(Path(folder) / "home", part.terminals, entities=part.entities) as house:
                figures += await measured(name, house, quick=False)
    return figures


async def run_quickly(names: list[str]) -> list[Figure]:
    """Measure a little of each part, all in one house."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        async with building(Path(folder) / "home", QUICK_TERMINALS) as house:
            for name in names:
                figures += await measured(name, house, quick=True)
    return figures


def is_sane(figure: Figure) -> bool:
    """Return whether a figure is anywhere near its target."""
    return figure.ok_within(QUICK_ALONE_SLACK if figure.limit is None else QUICK_RATIO_SLACK)


def main() -> int:
    """Measure, print and write; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[], help="all if none is named")
    parser.add_argument("--quick", action="store_true", help="few repetitions; fails only where a figure is absurd")
    parser.add_argument("--json", type=Path, help="also write the figures into a file")
    arguments = parser.parse_args()
    names = arguments.parts or list(PARTS)
    figures = asyncio.run(run_quickly(names) if arguments.quick else run(names))
    print(table(figures))
    if arguments.json:
        arguments.json.write_text(json.dumps(document(figures), indent=2))
    return int(not all(is_sane(figure) if arguments.quick else figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
