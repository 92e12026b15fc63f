"""How long it takes from a tap on a lock until the terminal is told."""

import asyncio
from time import perf_counter

from .building import Building
from .figures import Figure, latency, median, percentile
from .lean import Frame, LeanTerminal

PART = "action"
TERMINALS = 1
CALLS = 300
QUICK_CALLS = 30
# Long enough for what follows a call to be over.
PAUSE_SECONDS = 0.01


def _open(_: Frame) -> Frame:
    return {"result": True}


async def call(house: Building, action: str, **data: str) -> float:
    """Perform an action, and return how many seconds it took."""
    await asyncio.sleep(PAUSE_SECONDS)
    begun = perf_counter()
    await house.home.act(action, **data)
    return perf_counter() - begun


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    calls = QUICK_CALLS if quick else CALLS
    serial = house.serials[0]
    heard = []
    async with LeanTerminal(house.url, serial, {"opendoor": _open}) as terminal:
        await house.until_connected(1)
        entity_id = (await house.home.entity(f"{serial}_door1_lock"))["entity_id"]
        nothing = [await call(house, "bench_probe.nothing") for _ in range(calls)]
        for _ in range(calls):
            await asyncio.sleep(PAUSE_SECONDS)
            begun = perf_counter()
            await house.home.act("lock.open", entity_id=entity_id)
            heard.append(terminal.commands.pop("opendoor") - begun)
        nothing += [await call(house, "bench_probe.nothing") for _ in range(calls)]
    return [
        latency(PART, "lock.open until on the wire, median", median(heard), limit=median(nothing), target="<= 2"),
        latency(
            PART,
            "lock.open until on the wire, 99th percentile",
            percentile(heard, 0.99),
            limit=percentile(nothing, 0.99),
        ),
    ]
