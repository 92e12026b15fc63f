"""What is measured, by its name: in a house that is built for it, or apart from one."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

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
from .building import Building
from .figures import Figure

# What somebody has patience for, and what a part may take at most before it counts as failed.
PART_SECONDS = 90.0
# How often a part is measured where the machine was disturbed; the calmest counts.
TRIES = 2


class Measure(Protocol):
    """Measures one part in a house."""

    def __call__(self, house: Building, *, quick: bool) -> Awaitable[list[Figure]]:
        """Return its figures."""


class MeasureApart(Protocol):
    """Measures one part that needs no house, or builds its own in a folder."""

    def __call__(self, folder: Path, *, quick: bool) -> Awaitable[list[Figure]]:
        """Return its figures."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part, and what its house is like."""

    measure: Measure
    terminals: int
    entities: bool = True
    # What waits for the recorder, or for terminals to be away, takes a minute however little it measures.
    is_quick: bool = True
    # Its figures hardly change where the machine does something else too; in quick form it is not measured alone.
    is_patient: bool = False
    seconds: float = PART_SECONDS
    tries: int = TRIES
    prepare: Callable[[], Awaitable[object]] | None = None
    # Parts that say the same here are measured one after the other in one house, which is as large for all of them.
    shares: str = ""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A part that is measured apart from any house, or builds its own."""

    measure: MeasureApart
    # One that builds houses of its own takes a minute however little it measures.
    is_quick: bool = False
    is_patient: bool = False
    seconds: float = PART_SECONDS
    tries: int = TRIES
    # Makes what is kept between runs, outside the project; its time is not the part's.
    prepare: Callable[[], Awaitable[object]] | None = None
    shares: str = ""


PARTS: Mapping[str, Part | Apart] = {
    verdict.PART: Part(measure=verdict.measure, terminals=verdict.TERMINALS),
    together.PART: Apart(measure=together.measure, prepare=together.make_log),
    approval.PART: Apart(measure=approval.measure),
    punch.PART: Part(measure=punch.measure, terminals=punch.TERMINALS),
    ingest.PART: Part(measure=ingest.measure, terminals=ingest.TERMINALS),
    repeats.PART: Part(measure=repeats.measure, terminals=repeats.TERMINALS),
    # A log that is read has no house.
    f"{read.PART}-files": Apart(measure=read.measure_files, is_quick=True, prepare=read.make_files),
    f"{read.PART}-largest": Apart(measure=read.measure_largest, prepare=read.make_largest),
    f"{read.PART}-server": Apart(measure=read.measure_servers, is_quick=True),
    roster.PART: Part(measure=roster.measure, terminals=roster.TERMINALS),
    filling.PART: Apart(measure=filling.measure, seconds=filling.SECONDS, tries=1),
    panel.PART: Apart(measure=panel.measure, prepare=panel.make_log),
    connect.PART: Part(measure=connect.measure, terminals=connect.TERMINALS, is_patient=True),
    # What entities cost is another figure.
    idle.PART: Part(measure=idle.measure, terminals=idle.TERMINALS, entities=False, is_patient=True),
    entities.PART: Apart(measure=entities.measure),
    cost.PART: Part(measure=cost.measure, terminals=cost.TERMINALS, is_quick=False),
    reconnect.PART: Part(measure=reconnect.measure, terminals=reconnect.TERMINALS, is_quick=False),
    start.PART: Apart(measure=start.measure),
    f"{startup.PART}-imports": Apart(measure=startup.measure_imports, is_quick=True, is_patient=True),
    startup.PART: Part(measure=startup.measure, terminals=startup.TERMINALS, is_patient=True),
    action.PART: Part(measure=action.measure, terminals=action.TERMINALS),
    # Each is measured again by itself where the machine was disturbed.
    **{
        f"{attack.PART}-{kind.replace(' ', '-')}": Part(
            measure=partial(attack.measure, kind),
            terminals=attack.TERMINALS,
            is_quick=False,
            tries=1,
            shares=attack.PART,
        )
        for kind in attack.KINDS
    },
}
# What several parts are called together, such as `attack`.
GROUPS: Sequence[str] = (read.PART, attack.PART)


def named(names: Iterable[str]) -> list[str]:
    """Return the parts that are meant by names of parts and of groups, in their order; all where there is no name."""
    asked = set(names)
    return [name for name in PARTS if not asked or name in asked or name.partition("-")[0] in asked]
