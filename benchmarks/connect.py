"""How long a building needs until all its terminals are back, after a power cut or a restarted switch."""

from time import perf_counter

from .building import Building
from .figures import Figure
from .load import load, prepared_load

PART = "connect"
TERMINALS = 200
QUICK_TERMINALS = 50
# Terminals of one building that lost the same switch dial in within this time.
WITHIN_SECONDS = 3.0
QUICK_WITHIN_SECONDS = 1.0
AVAILABLE_SECONDS = 5


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    count = QUICK_TERMINALS if quick else TERMINALS
    within = QUICK_WITHIN_SECONDS if quick else WITHIN_SECONDS
    serials = house.serials[:count]
    if not quick:
        # What is done once for each terminal that has not been there before is not what is measured.
        async with load("hold", house.url, serials):
            await house.until_connected(count)
    async with prepared_load("hold", house.url, serials, within=within) as dialling:
        await house.until_connected(0)
        before = await house.probe()
        await dialling.begin()
        registered = await dialling.seconds()
        begun = perf_counter() - registered
        await house.until_connected(count)
        available = perf_counter() - begun
        after = await house.probe()
    return [
        Figure(part=PART, measure=f"{count} terminals registered", value=registered, unit="s"),
        Figure(
            part=PART,
            measure=f"{count} terminals available",
            value=available,
            unit="s",
            target=f"< {AVAILABLE_SECONDS}",
        ),
        Figure(
            part=PART,
            measure="processor a terminal",
            value=(after["cpu_seconds"] - before["cpu_seconds"]) / count * 1000,
            unit="ms",
        ),
        Figure(part=PART, measure="longest stall", value=after["stall_ms"], unit="ms"),
    ]
