"""Measure the integration inside a real Home Assistant, each figure beside its limit of the same run."""

import argparse
import asyncio
from collections.abc import Awaitable, Mapping
import json
from pathlib import Path
import sys
import tempfile
from time import perf_counter
from typing import Protocol

from . import ingest, verdict
from .figures import Figure, document, table


class Measure(Protocol):
    """Measures one part in an empty folder."""

    def __call__(self, folder: Path, *, quick: bool) -> Awaitable[list[Figure]]:
        """Return its figures."""


PARTS: Mapping[str, Measure] = {part.PART: part.measure for part in (verdict, ingest)}


async def run(names: list[str], *, quick: bool) -> list[Figure]:
    """Measure one part after the other."""
    figures: list[Figure] = []
    for name in names:
        begun = perf_counter()
        print(f"{name} ...", end=" ", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            figures += await PARTS[name](Path(folder) / "home", quick=quick)
        print(f"{perf_counter() - begun:.0f} s", flush=True)
    return figures


def main() -> int:
    """Measure, print and write; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[], help="all if none is named")
    parser.add_argument("--quick", action="store_true", help="few repetitions")
    parser.add_argument("--json", type=Path, help="also write the figures into a file")
    arguments = parser.parse_args()
    figures = asyncio.run(run(arguments.parts or list(PARTS), quick=arguments.quick))
    print(table(figures))
    if arguments.json:
        arguments.json.write_text(json.dumps(document(figures), indent=2))
    return int(not all(figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
