"""What it costs Home Assistant that a terminal goes and comes back: at once, as most do, and after it has been away."""

import asyncio

from .building import Building
from .cost import Cost, Costs
from .figures import MILLISECONDS, Figure
from .lean import LeanTerminal

PART = "reconnect"
TERMINALS = 1
RECONNECTS = 10
QUICK_RECONNECTS = 3
# Those that stay away until their entities are unavailable.
AWAYS = 2
# What is asked of a terminal that is back is over by then, and it is not away yet (`AWAY_DELAY`).
PAUSE_SECONDS = 0.5
# After so long it is.
AWAY_SECONDS = 11.0
IDLE_SECONDS = 3.0


async def gone_and_back(house: Building, count: int, away: float) -> None:
    """Have a terminal come so many times, and stay away for so long after each.

    Nothing is looked at meanwhile: to look again and again would cost more than what is measured.
    """
    for _ in range(count):
        async with LeanTerminal(house.url, house.serials[0]):
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(away)


def figures(kind: str, cost: Cost, count: int, idle: float) -> list[Figure]:
    """Return what one costs, without what Home Assistant does by itself in the same time."""
    seconds = max(cost.seconds - idle, 0)
    return [
        Figure(part=PART, measure=f"{kind}, state writes", value=sum(cost.states.values()) / count, unit=""),
        Figure(part=PART, measure=f"{kind}, events on the bus", value=sum(cost.events.values()) / count, unit=""),
        Figure(part=PART, measure=f"{kind}, recorder rows", value=cost.rows / count, unit=""),
        Figure(part=PART, measure=f"{kind}, processor", value=seconds * MILLISECONDS / count, unit="ms"),
    ]


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    costs = Costs(house)
    await gone_and_back(house, 1, PAUSE_SECONDS)
    idle = await house.processor_share(IDLE_SECONDS)
    found = []
    for kind, count, away in (
        ("back at once", QUICK_RECONNECTS if quick else RECONNECTS, PAUSE_SECONDS),
        ("back after it was away", AWAYS, AWAY_SECONDS),
    ):
        async with LeanTerminal(house.url, house.serials[0]):
            await costs.begin()
        await gone_and_back(house, count, away)
        found += figures(kind, await costs.end(), count, idle * count * (PAUSE_SECONDS + away))
    return found
