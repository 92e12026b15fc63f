"""How fast a backlog comes in, each frame acknowledged when it is on disk."""

from collections.abc import Sequence
from functools import partial
from itertools import batched
from pathlib import Path
from time import perf_counter

from .bare import bare_server
from .building import Building
from .durable import BareInserts, make_database, records
from .figures import Figure
from .load import FRAME, load

PART = "ingest"
RECORDS = 100_000
QUICK_RECORDS = 5_000
TERMINALS = 11
# A stall that long is felt in the dashboard.
STALL_MILLISECONDS = 50


async def bare_rate(path: Path, first: int, count: int) -> float:
    """Return how many records a second the bare loop writes, a frame's worth a transaction."""
    rows = records(first, count)
    inserts = BareInserts(path)
    begun = perf_counter()
    for call in batched(rows, FRAME, strict=False):
        await inserts.keep(call)
    seconds = perf_counter() - begun
    inserts.close()
    return count / seconds


async def pushed(url: str, serials: Sequence[str], count: int) -> float:
    """Return how many records a second come in from these terminals, each frame acknowledged before the next."""
    async with load("push", url, serials, count) as pushing:
        await pushing.begin()
        return count / await pushing.seconds()


async def told(house: Building) -> dict[str, str]:
    """Return when each terminal last told of a punch."""
    return {
        entity: state["state"]
        for entity, state in (await house.home.states()).items()
        if entity.startswith("event.") and entity.endswith("_access")
    }


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    count = QUICK_RECORDS if quick else RECORDS
    loop, server = house.home.folder.parent / "loop.db", house.home.folder.parent / "server.db"
    await make_database(loop)
    await make_database(server)
    first, *others = house.serials[:TERMINALS]
    half = count // 2
    told_before = await told(house)
    rates = [await bare_rate(loop, 0, half)]
    await house.probe()
    alone = await pushed(house.url, [first], count)
    rates.append(await bare_rate(loop, half, half))
    async with bare_server(server) as (url, _):
        served = await pushed(url, [first], count)
    together = await pushed(house.url, others, count)
    rates.append(await bare_rate(loop, 2 * half, half))
    stall = (await house.probe())["stall_ms"]
    if await told(house) != told_before:
        raise RuntimeError("old records were told as news")
    inserts = sum(rates) / len(rates)
    rate = partial(Figure, part=PART, unit="records/s")
    return [
        # Frame by frame over a socket no server comes near the loop that has none.
        rate(measure="bare server, one terminal", value=served, limit=inserts),
        rate(measure="from one terminal, by bare inserts", value=alone, limit=inserts),
        rate(measure="from one terminal, by bare server", value=alone, limit=served, target=">= 0.7"),
        rate(measure="from ten terminals, by bare inserts", value=together, limit=inserts, target=">= 0.7"),
        Figure(part=PART, measure="longest stall", value=stall, unit="ms", target=f"< {STALL_MILLISECONDS}"),
    ]
