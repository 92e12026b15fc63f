"""How fast a backlog comes in, each frame acknowledged when it is on disk."""

import asyncio
from collections import defaultdict
from functools import partial
from itertools import batched
from time import perf_counter

from .bare import bare_server
from .building import Building
from .durable import make_database, records
from .figures import Figure
from .inserts import BareInserts
from .load import FRAME, prepared_load

PART = "ingest"
RECORDS = 100_000
QUICK_RECORDS = 2_000
TERMINALS = 11
# A machine is busy for a second now and then.
ROUNDS = 5
# A stall that long is felt in the dashboard.
STALL_MILLISECONDS = 50


async def inserted(inserts: BareInserts, first: int, count: int) -> float:
    """Return how many seconds the bare loop takes to write records, a frame's worth a transaction."""
    rows = records(first, count)
    begun = perf_counter()
    for call in batched(rows, FRAME, strict=False):
        await inserts.keep(call)
    return perf_counter() - begun


async def told(house: Building) -> dict[str, str | None]:
    """Return who used each door last: that changes with news only."""
    return {
        entity: state["attributes"].get("changed_by")
        for entity, state in (await house.home.states()).items()
        if entity.startswith("lock.")
    }


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part.

    All take turns, so that a machine that is busy slows all of them, and all databases grow alike.
    """
    rounds, count = (1, QUICK_RECORDS) if quick else (ROUNDS, RECORDS)
    folder = house.home.folder.parent
    first, *others = house.serials[:TERMINALS]
    await make_database(folder / "loop.db")
    await make_database(folder / "server.db")
    loop = BareInserts(folder / "loop.db")
    alone: defaultdict[str, float] = defaultdict(float)
    together: defaultdict[str, float] = defaultdict(float)
    async with (
        bare_server(folder / "server.db") as (url, _),
        prepared_load("push", url, [first], count, rounds) as server,
        prepared_load("push", house.url, [first], count, rounds) as one,
        prepared_load("push", house.url, others, count, rounds) as ten,
    ):
        await asyncio.gather(server.took(), one.took(), ten.took())
        await house.until_connected(TERMINALS)  # or locks would not show who used them
        await house.settled()
        told_before = await told(house)
        await house.probe()
        for number in range(rounds):
            alone["loop"] += await inserted(loop, number * count // rounds, count // rounds)
            alone["one"] += await one.took()
            alone["server"] += await server.took()
        await house.settled()
        for number in range(rounds, 2 * rounds):
            together["loop"] += await inserted(loop, number * count // rounds, count // rounds)
            together["ten"] += await ten.took()
        stall = (await house.probe())["stall_ms"]
        if await told(house) != told_before:
            raise RuntimeError("old records were told as news")
    loop.close()
    inserts, one_rate, served = (count / alone[what] for what in ("loop", "one", "server"))
    inserts_together, ten_rate = (count / together[what] for what in ("loop", "ten"))
    rate = partial(Figure, part=PART, unit="records/s")
    return [
        # Frame by frame over a socket no server comes near the loop that has none.
        rate(measure="bare server, one terminal", value=served, limit=inserts),
        rate(measure="from one terminal, by bare inserts", value=one_rate, limit=inserts),
        rate(measure="from one terminal, by bare server", value=one_rate, limit=served, target=">= 0.7"),
        rate(measure="from ten terminals, by bare inserts", value=ten_rate, limit=inserts_together, target=">= 0.7"),
        Figure(part=PART, measure="longest stall", value=stall, unit="ms", target=f"< {STALL_MILLISECONDS}"),
    ]
