"""What the integration adds to the start of a Home Assistant."""

import asyncio
import os
from pathlib import Path
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
# What holds up the event loop, in seconds of processor.
SLOW_SECONDS = 0.05
TELL = "print(time.process_time() - begun)"


async def import_milliseconds(statement: str, cache: Path) -> float:
    """Return the milliseconds of processor of an import after Home Assistant's own, with what `cache` has compiled."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{PRESENT}; import time; begun = time.process_time(); {statement}; {TELL}"),
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
        # Whatever this process itself may not write.
        env={**os.environ, "PYTHONPYCACHEPREFIX": str(cache), "PYTHONDONTWRITEBYTECODE": ""},
    )
    output, _ = await process.communicate()
    return float(output) * 1000


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    repeats = QUICK_IMPORTS if quick else IMPORTS
    cache = house.home.folder.parent / "compiled"
    # Python compiles what is new once, and keeps it.
    compiled = await import_milliseconds(OURS, cache)
    ours = median([await import_milliseconds(OURS, cache) for _ in range(repeats)])
    seen = await house.home.call("bench_probe/reload", entry_id=ENTRY_ID, slow_seconds=SLOW_SECONDS)
    for text in seen["slow"]:
        print(text)
    return [
        Figure(part=PART, measure="import", value=ours, unit="ms", target=f"< {IMPORT_MILLISECONDS}"),
        Figure(part=PART, measure="import after an update, compiled anew", value=compiled, unit="ms"),
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
        Figure(part=PART, measure="longest step", value=seen["longest_ms"], unit="ms"),
    ]
