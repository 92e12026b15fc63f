"""Measure the integration inside a real Home Assistant, each figure beside its limit of the same run."""

import argparse
import asyncio
from collections.abc import Awaitable, Sequence
from functools import partial
from itertools import groupby
import json
from pathlib import Path
import sys
from time import perf_counter
import traceback
from typing import Protocol

from custom_components.timmy_access.const import CONF_AWAY_DELAY

from . import verdict
from .building import Building, building, folder_for_houses
from .calmness import DISTURBED, Calmness
from .figures import Figure, document, table
from .parts import GROUPS, PARTS, Apart, Part, named

# How far from its target a figure may be on a machine that does other things too, where only sanity is asked for: one
# beside a limit of the same run, which the other things slow down as well, and one that stands alone.
QUICK_RATIO_SLACK = 5.0
QUICK_ALONE_SLACK = 20.0
# Where parts share a house, as many terminals as the most demanding of them needs in its quick form.
QUICK_TERMINALS = verdict.TERMINALS
# Terminals of one part have to be away before those of the next come, and nobody waits longer for that than needed.
QUICK_OPTIONS = {CONF_AWAY_DELAY: 1}
DISTURBANCE = "disturbed, by a loop before and after"


class Bound(Protocol):
    """Measures one part in the place that is meant."""

    def __call__(self, *, quick: bool) -> Awaitable[list[Figure]]:
        """Return its figures."""


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


class Run:
    """One run of the tool, whose figures go into a report."""

    def __init__(self, report: Report, *, quick: bool) -> None:
        """Look at the machine before anything else is running."""
        self._report = report
        self._quick = quick
        self._calmness = Calmness()

    async def all(self, names: Sequence[str]) -> None:
        """Measure one part after the other, each in a house of its own but where they share one."""
        for shared, some in groupby(names, lambda name: PARTS[name].shares):
            if shared:
                await self._sharing(list(some))
                continue
            for name in some:
                await self._alone(name)

    async def quickly(self, names: Sequence[str]) -> None:
        """Measure a little of each part, all in one house.

        What needs none is measured while that starts, or, if it is patient, beside what is patient in the house.
        """
        quick = [name for name in names if PARTS[name].is_quick]
        patient = [name for name in quick if PARTS[name].is_patient]
        others = [name for name in quick if not PARTS[name].is_patient]
        housed = [name for name in quick if isinstance(PARTS[name], Part)]
        begun = asyncio.Event()
        with folder_for_houses() as folder:
            apart = asyncio.create_task(self._apart(others, folder))
            beside = asyncio.create_task(self._apart(patient, folder, begun))
            try:
                if housed:
                    async with building(
                        folder / "home", QUICK_TERMINALS, options=QUICK_OPTIONS, is_quick=True
                    ) as house:
                        await apart
                        await self._housed(others, house)
                        begun.set()
                        await self._housed(patient, house)
            except Exception as err:  # noqa: BLE001 - whatever it is, the other parts are worth their time
                self._report.fail(", ".join(housed), err)
            await apart
            begun.set()
            await beside

    async def _alone(self, name: str) -> None:
        """Measure a part by itself, and once more where the machine was disturbed; the calmest counts.

        The machine is waited for, each time.
        """
        part = PARTS[name]
        tries: list[list[Figure]] = []
        try:
            if part.prepare is not None:
                await part.prepare()
            while len(tries) < part.tries and not any(is_calm(figures) for figures in tries):
                await asyncio.to_thread(self._calmness.calm)
                with folder_for_houses() as folder:
                    if isinstance(part, Apart):
                        tries.append(await self._measured(name, partial(part.measure, folder)))
                        continue
                    async with building(folder / "home", part.terminals, entities=part.entities) as house:
                        tries.append(await self._measured(name, partial(part.measure, house), house))
        except Exception as err:  # noqa: BLE001 - as above
            self._report.fail(name, err)
        if tries:
            self._report.add(min(tries, key=disturbance_of))

    async def _sharing(self, names: Sequence[str]) -> None:
        """Measure parts in one house."""
        part = PARTS[names[0]]
        assert isinstance(part, Part)  # noqa: S101 - what is apart shares no house
        try:
            with folder_for_houses() as folder:
                async with building(folder / "home", part.terminals, entities=part.entities) as house:
                    await self._housed(names, house)
        except Exception as err:  # noqa: BLE001 - as above
            self._report.fail(part.shares, err)

    async def _housed(self, names: Sequence[str], house: Building) -> None:
        for name in names:
            if isinstance(part := PARTS[name], Part):
                await self._noted(name, partial(part.measure, house), house)

    async def _apart(self, names: Sequence[str], folder: Path, begun: asyncio.Event | None = None) -> None:
        if begun is not None:
            await begun.wait()
        for name in names:
            if isinstance(part := PARTS[name], Apart):
                await self._noted(name, partial(part.measure, folder))

    async def _noted(self, name: str, measure: Bound, house: Building | None = None) -> None:
        try:
            self._report.add(await self._measured(name, measure, house))
        except Exception as err:  # noqa: BLE001 - as above
            self._report.fail(name, err)

    async def _measured(self, name: str, measure: Bound, house: Building | None = None) -> list[Figure]:
        """Measure one part, and say how long that took and how much the machine was disturbed.

        Raises `TimeoutError` where it takes longer than a part may; before that begins, the house is waited for.
        """
        # A house of a thousand terminals is written into its recorder for half a minute after it is built.
        if house is not None:
            await house.settled()
        async with asyncio.timeout(PARTS[name].seconds):
            before = self._calmness.disturbance()
            begun = perf_counter()
            figures = await measure(quick=self._quick)
        disturbance = max(before, self._calmness.disturbance())
        print(f"{name} ... {perf_counter() - begun:.0f} s, disturbed {disturbance:.2f}", flush=True)
        return [*figures, Figure(part=name, measure=DISTURBANCE, value=disturbance, unit="")]


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


async def measure(names: Sequence[str], report: Report, *, quick: bool) -> None:
    """Measure parts into a report."""
    run = Run(report, quick=quick)
    await (run.quickly(names) if quick else run.all(names))


def main() -> int:
    """Measure, print and write; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *GROUPS, *PARTS], default=[], help="all if none is named")
    parser.add_argument("--quick", action="store_true", help="few repetitions; fails only where a figure is absurd")
    parser.add_argument("--json", type=Path, help="also write the figures into a file")
    arguments = parser.parse_args()
    names = named(arguments.parts)
    begun = perf_counter()
    report = Report(arguments.json)
    asyncio.run(measure(names, report, quick=arguments.quick))
    print(table(report.figures))
    print(f"all of it took {perf_counter() - begun:.0f} s")
    for failure in report.failed:
        print(f"NOT MEASURED {failure}")
    good = all(is_sane(figure) if arguments.quick else figure.ok for figure in report.figures)
    return int(bool(report.failed) or not good)


if __name__ == "__main__":
    sys.exit(main())
