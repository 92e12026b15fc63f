"""What the integration adds to the start of a Home Assistant."""

import asyncio
import re
import sys

from scripts.home import REPOSITORY

from .building import ENTRY_ID, Building
from .figures import Figure, median

PART = "startup"
TERMINALS = 10
IMPORTS = 5
QUICK_IMPORTS = 1
# What every Home Assistant has imported before it comes to an integration.
PRESENT = "import homeassistant.bootstrap; from homeassistant.components import frontend, media_source, recorder"
PLATFORMS = ("config_flow", "event", "lock", "sensor")
OURS = "import custom_components.timmy_access; from custom_components.timmy_access import " + ", ".join(PLATFORMS)
# Every start waits for it once.
IMPORT_MILLISECONDS = 500
# asyncio's own watch for what holds up the event loop.
SLOW_SECONDS = 0.05
_CUMULATIVE = re.compile(r"import time:\s+(\d+) \|")


async def import_milliseconds(statement: str) -> float:
    """Return how long an import takes in a process that has imported Home Assistant."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", "-c", f"{PRESENT}; import sys; print('=', file=sys.stderr); {statement}"),
        stderr=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    _, errors = await process.communicate()
    own = errors.decode().rpartition("=\n")[2]
    return sum(int(found[1]) for found in _CUMULATIVE.finditer(own)) / 1000


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    repeats = QUICK_IMPORTS if quick else IMPORTS
    ours = median([await import_milliseconds(OURS) for _ in range(repeats)])
    seen = await house.home.call("bench_probe/reload", entry_id=ENTRY_ID, slow_seconds=SLOW_SECONDS)
    for text in seen["slow"]:
        print(text)
    return [
        Figure(part=PART, measure="import", value=ours, unit="ms", target=f"< {IMPORT_MILLISECONDS}"),
        Figure(
            part=PART,
            measure=f"set-up of an entry with {len(house.serials)} terminals",
            value=seen["seconds"] * 1000,
            unit="ms",
        ),
        Figure(
            part=PART,
            measure=f"steps above {SLOW_SECONDS * 1000:.0f} ms",
            value=len(seen["slow"]),
            unit="",
            target="< 1",
        ),
    ]
