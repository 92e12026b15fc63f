"""How long an entry takes to start, and whether it holds up the event loop, by its terminals."""

from pathlib import Path

from .building import ENTRY_ID, building
from .figures import MILLISECONDS, Figure

PART = "start"
# Home Assistant takes 10,000 entities of one entry. `startup` starts ten.
STARTED = (100, 500)
START_SECONDS = 20
SLOW_SECONDS = 0.05


async def measure(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of this part."""
    found = []
    for count in STARTED:
        async with building(folder / f"start-{count}", count) as one:
            await one.settled()
            seen = await one.home.call("bench_probe/reload", entry_id=ENTRY_ID, slow_seconds=SLOW_SECONDS)
        for text in seen["slow"]:
            print(f"  {count} terminals: {text}")
        found += [
            Figure(
                part=PART,
                measure=f"{count} terminals",
                value=seen["seconds"],
                unit="s",
                target=f"< {START_SECONDS}" if count == STARTED[-1] else "",
            ),
            Figure(
                part=PART,
                measure=f"{count} terminals, steps above {SLOW_SECONDS * MILLISECONDS:.0f} ms",
                value=len(seen["slow"]),
                unit="",
                target="< 1",
            ),
            Figure(part=PART, measure=f"{count} terminals, longest step", value=seen["longest_ms"], unit="ms"),
            Figure(
                part=PART,
                measure=f"{count} terminals, longest garbage collection",
                value=seen["collection_ms"],
                unit="ms",
            ),
        ]
    return found
