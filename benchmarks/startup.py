"""What the integration adds to the start of a Home Assistant."""

import asyncio
from pathlib import Path
import sys

from scripts.home import REPOSITORY

from .building import ENTRY_ID, Building
from .figures import MILLISECONDS, Figure, median

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
# Home Assistant is imported once. Each import of ours is in a copy of that process, and the first compiles.
PROGRAM = f"""
{PRESENT}
import os, sys, time
sys.pycache_prefix, sys.dont_write_bytecode = sys.argv[1], False
for _ in range(int(sys.argv[2])):
    if not (child := os.fork()):
        begun = time.process_time()
        {OURS}
        print(time.process_time() - begun, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
"""


async def import_milliseconds(cache: Path, repeats: int) -> list[float]:
    """Return the milliseconds of processor of imports after Home Assistant's own, of which the first has to compile.

    What is compiled goes to `cache`. Raises `RuntimeError` where something cannot be imported.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(cache), str(1 + repeats)),
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the integration cannot be imported")
    return [float(seconds) * MILLISECONDS for seconds in output.split()]


async def measure_imports(folder: Path, *, quick: bool) -> list[Figure]:
    """Return the figures of imports, which need no house."""
    # Python compiles what is new once, and keeps it.
    compiled, *kept = await import_milliseconds(folder / "compiled", QUICK_IMPORTS if quick else IMPORTS)
    return [
        Figure(part=PART, measure="import", value=median(kept), unit="ms", target=f"< {IMPORT_MILLISECONDS}"),
        Figure(part=PART, measure="import after an update, compiled anew", value=compiled, unit="ms"),
    ]


async def measure(house: Building, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it takes a second
    """Return the figures of an entry that is set up."""
    seen = await house.home.call("bench_probe/reload", entry_id=ENTRY_ID, slow_seconds=SLOW_SECONDS)
    for text in seen["slow"]:
        print(text)
    return [
        Figure(
            part=PART,
            measure=f"set-up of an entry with {len(house.serials)} terminals",
            value=seen["seconds"] * MILLISECONDS,
            unit="ms",
        ),
        Figure(
            part=PART,
            measure=f"steps above {SLOW_SECONDS * MILLISECONDS:.0f} ms",
            value=len(seen["slow"]),
            unit="",
            target="< 1",
        ),
        Figure(part=PART, measure="longest step", value=seen["longest_ms"], unit="ms"),
    ]
