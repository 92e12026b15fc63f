"""How long a live punch takes: until the terminal may forget it, and until a dashboard shows it."""

import asyncio
from datetime import datetime
from time import perf_counter

from .bare import bare_server
from .building import Building
from .durable import make_database
from .figures import Figure, latency, median, percentile
from .lean import Frame, LeanTerminal
from .load import ZONE

PART = "punch"
TERMINALS = 1
PUNCHES = 300
QUICK_PUNCHES = 10
# People at one reader are seconds apart. This is long enough for what follows an answer to be over, and not more in a
# second than are taken as news.
PAUSE_SECONDS = 0.06
# A second for a blink; what is above is felt.
SHOWN_MILLISECONDS = 50


def punch(serial: str, enroll_id: int) -> Frame:
    """Return the frame of somebody who punches now."""
    record = {
        "enrollid": enroll_id,
        "time": f"{datetime.now(ZONE):%Y-%m-%d %H:%M:%S}",
        "mode": 8,
        "inout": 0,
        "event": 0,
        "name": f"Person {enroll_id}",
        "temp": 36.5,
    }
    return {"cmd": "sendlog", "sn": serial, "count": 1, "logindex": enroll_id, "record": [record]}


async def punch_bare(url: str, serial: str, people: range) -> list[float]:
    """Return how many seconds each acknowledgement took of the bare server, which writes it down."""
    async with LeanTerminal(url, serial) as terminal:
        taken = []
        for enroll_id in people:
            await asyncio.sleep(PAUSE_SECONDS)
            seconds, _ = await terminal.timed(punch(serial, enroll_id))
            taken.append(seconds)
        return taken


async def punch_house(house: Building, people: range) -> tuple[list[float], list[float]]:
    """Return how many seconds each acknowledgement took, and how many until a dashboard was told."""
    serial = house.serials[0]
    entity_id = (await house.home.entity(f"{serial}_door1_lock"))["entity_id"]  # which tells who used it last
    acknowledged, shown = [], []
    async with house.home.another() as dashboard, LeanTerminal(house.url, serial) as terminal:
        changes = dashboard.changes([entity_id])
        await anext(changes)  # how things stand
        for enroll_id in people:
            await asyncio.sleep(PAUSE_SECONDS)
            begun = perf_counter()
            seconds, _ = await terminal.timed(punch(serial, enroll_id))
            acknowledged.append(seconds)
            await anext(changes)
            shown.append(perf_counter() - begun)
    return acknowledged, shown


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    count = QUICK_PUNCHES if quick else PUNCHES
    serial = house.serials[0]
    database = house.home.folder.parent / "punches.db"
    await make_database(database)
    async with bare_server(database) as (url, _):
        limit = await punch_bare(url, serial, range(1, count + 1))
        acknowledged, shown = await punch_house(house, range(1, count + 1))
        limit += await punch_bare(url, serial, range(count + 1, 2 * count + 1))
    return [
        latency(PART, "acknowledged, median", median(acknowledged), limit=median(limit), target="<= 3"),
        latency(PART, "acknowledged, 99th percentile", percentile(acknowledged, 0.99), limit=percentile(limit, 0.99)),
        latency(PART, "shown, median", median(shown), limit=median(limit), target="<= 5"),
        latency(PART, "shown, 99th percentile", percentile(shown, 0.99), target=f"< {SHOWN_MILLISECONDS}"),
    ]
