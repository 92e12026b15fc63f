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
import traceback
from typing import Protocol

from custom_components.timmy_access.const import CONF_AWAY_DELAY

from . import (
    action,
    approval,
    attack,
    connect,
    cost,
    entities,
    filling,
    idle,
    ingest,
    panel,
    punch,
    read,
    reconnect,
    repeats,
    roster,
    start,
    startup,
    together,
    verdict,
)
from .building import Building, building
from .calmness import DISTURBED, Calmness
from .figures import Figure, document, table

# How far from its target a figure may be on a machine that does other things too, where only sanity is asked for: one
# beside a limit of the same run, which the other things slow down as well, and one that stands alone.
QUICK_RATIO_SLACK = 5.0
QUICK_ALONE_SLACK = 20.0
# Where parts share a house, as many terminals as the most demanding of them needs in its quick form.
QUICK_TERMINALS = verdict.TERMINALS
# Terminals of one part have to be away before those of the next come, and nobody waits longer for that than needed.
QUICK_OPTIONS = {CONF_AWAY_DELAY: 1}
# What somebody has patience for, and what a part may take at most before it counts as failed.
PART_SECONDS = 90.0
# How often a part is measured where the machine was disturbed; the calmest counts.
TRIES = 2
DISTURBANCE = "disturbed, by a loop before and after"


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
    # One that builds houses of its own takes a minute however little it measures.
    is_quick: bool = True
    seconds: float = PART_SECONDS
    tries: int = TRIES


PARTS: Mapping[str, Part] = {
    verdict.PART: Part(verdict.measure, verdict.TERMINALS),
    together.PART: Part(together.measure, together.TERMINALS, is_quick=False),
    # Two houses of its own, besides.
    approval.PART: Part(approval.measure, approval.TERMINALS, is_quick=False, seconds=3 * PART_SECONDS),
    punch.PART: Part(punch.measure, punch.TERMINALS),
    ingest.PART: Part(ingest.measure, ingest.TERMINALS),
    repeats.PART: Part(repeats.measure, repeats.TERMINALS),
    # A log has no house, and one with ten million records is made once.
    read.PART: Part(read.measure, read.TERMINALS, entities=False, seconds=read.PART_SECONDS, tries=1),
    roster.PART: Part(roster.measure, roster.TERMINALS),
    filling.PART: Part(filling.measure, filling.TERMINALS, is_quick=False, seconds=filling.SECONDS, tries=1),
    panel.PART: Part(panel.measure, panel.TERMINALS, is_quick=False, seconds=panel.SECONDS, tries=1),
    connect.PART: Part(connect.measure, connect.TERMINALS),
    # What entities cost is another figure.
    idle.PART: Part(idle.measure, idle.TERMINALS, entities=False),
    entities.PART: Part(entities.measure, entities.TERMINALS, is_quick=False),
    # What Home Assistant's recorder has written is only known after its next commit.
    cost.PART: Part(cost.measure, cost.TERMINALS, is_quick=False),
    reconnect.PART: Part(reconnect.measure, reconnect.TERMINALS, is_quick=False),
    start.PART: Part(start.measure, start.TERMINALS, is_quick=False),
    startup.PART: Part(startup.measure, startup.TERMINALS),
    action.PART: Part(action.measure, action.TERMINALS),
    # One attack after the other, each of which is measured again where the machine was disturbed.
    attack.PART: Part(attack.measure, attack.TERMINALS, is_quick=False, seconds=PART_SECONDS * attack.KINDS, tries=1),
}


class Report:
    """What has been measured so far, and what could not be; written anew after each part."""

    def __init__(self, path: Path | None) -> None:
        """Begin with nothing; `path` is where the figures go besides the screen."""
        self.figures: list[Figure] = []
        self.failed: list[str] = []
        self._path = path

    def add(self, figures: list[Figure]) -> None:
        """Add the figures of a part."""
        self.figures += figures
        if self._path is not None:
            self._path.write_text(json.dumps(document(self.figures), indent=2))

    def fail(self, name: str, err: Exception) -> None:
        """Note that a part could not be measured; the others count all the same."""
        traceback.print_exception(err)
        self.failed.append(f"{name}: {type(err).__name__}: {err}")


async def measured(name: str, house: Building, calmness: Calmness, *, quick: bool) -> list[Figure]:
    """Measure one part, and say how long that took and how much the machine was disturbed.

    Raises `TimeoutError` where it takes longer than a part may.
    """
    async with asyncio.timeout(PARTS[name].seconds):
        await house.settled()
        before = calmness.disturbance()
        begun = perf_counter()
        figures = await PARTS[name].measure(house, quick=quick)
    disturbance = max(before, calmness.disturbance())
    print(f"{name} ... {perf_counter() - begun:.0f} s, disturbed {disturbance:.2f}", flush=True)
    figures.append(Figure(part=name, measure=DISTURBANCE, value=disturbance, unit=""))
    return figures


async def run(names: list[str], report: Report) -> None:
    """Measure one part after the other, each in a house of its own; once more where the machine was disturbed."""
    calmness = Calmness()
    for name in names:
        part = PARTS[name]
        tries: list[list[Figure]] = []
        try:
            while len(tries) < part.tries and not any(is_calm(figures) for figures in tries):
                with tempfile.TemporaryDirectory() as folder:
                    async with building(Path(folder) / "home", part.terminals, entities=part.entities) as house:
                        tries.append(await measured(name, house, calmness, quick=False))
        except Exception as err:  # noqa: BLE001 - whatever it is, the other parts are worth their time
            report.fail(name, err)
        if tries:
            report.add(min(tries, key=disturbance_of))


async def run_quickly(names: list[str], report: Report) -> None:
    """Measure a little of each part, all in one house."""
    calmness = Calmness()
    with tempfile.TemporaryDirectory() as folder:
        async with building(Path(folder) / "home", QUICK_TERMINALS, options=QUICK_OPTIONS) as house:
            for name in names:
                if not PARTS[name].is_quick:
                    continue
                try:
                    report.add(await measured(name, house, calmness, quick=True))
                except Exception as err:  # noqa: BLE001 - as above
                    report.fail(name, err)


def disturbance_of(figures: list[Figure]) -> float:
    """Return how disturbed the machine was while these were measured."""
    [found] = [figure.value for figure in figures if figure.measure == DISTURBANCE]
    return found


def is_calm(figures: list[Figure]) -> bool:
    """Return whether these were measured on a machine that had little else to do."""
    return disturbance_of(figures) <= DISTURBED


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
    begun = perf_counter()
    report = Report(arguments.json)
    asyncio.run((run_quickly if arguments.quick else run)(names, report))
    print(table(report.figures))
    print(f"all of it took {perf_counter() - begun:.0f} s")
    for failure in report.failed:
        print(f"NOT MEASURED {failure}")
    good = all(is_sane(figure) if arguments.quick else figure.ok for figure in report.figures)
    return int(bool(report.failed) or not good)


if __name__ == "__main__":
    sys.exit(main())
