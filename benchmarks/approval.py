"""How long somebody who puts a finger on a terminal waits for Home Assistant's word, in a house of many people."""

import asyncio
from pathlib import Path

from scripts.home import free_port
from scripts.home_process import HomeProcess, prepare

from .bare import bare_server
from .building import Building, living_for_once, plan, serials_of
from .durable import make_database
from .figures import Figure, latency, median, percentile
from .filling import furnish
from .lean import LeanTerminal
from .punch import PAUSE_SECONDS, punch, punch_bare

PART = "approval"
TERMINALS = 1
PEOPLE = 5000
PUNCHES = 200
WARM = 20
# What the part about codes allows, under load.
MILLISECONDS = 20
# Whom the house does not refuse is let in at once: no automation is waited for.
DECIDES = {"server_approval": "grant_unknown", "decision_window": 0}


async def punch_asking(url: str, serial: str, people: range) -> list[float]:
    """Return how many seconds each verdict took; raises `RuntimeError` where somebody is not let in."""
    taken = []
    async with LeanTerminal(url, serial) as terminal:
        for enroll_id in people:
            await asyncio.sleep(PAUSE_SECONDS)
            seconds, answer = await terminal.timed(punch(serial, enroll_id))
            if answer.get("access") != 1:
                raise RuntimeError(f"refused: {answer}")
            taken.append(seconds)
    return taken


async def asked(folder: Path, people: int) -> list[float]:
    """Return how many seconds each verdict took in a house of so many people."""
    home_port, port = free_port(), free_port()
    [serial] = serials_of(TERMINALS)
    prepare(folder, home_port, plan(port, [serial], options={"vault": True}, data=DECIDES))
    process = HomeProcess(folder, home_port)
    if people:
        await furnish(folder, serial, people)
    async with living_for_once(process) as home:
        house = Building(home, process, port, [serial])
        await house.settled()
        return (await punch_asking(house.url, serial, range(1, WARM + PUNCHES + 1)))[WARM:]


async def measure(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of this part."""
    few = await asked(folder / "few", 0)
    many = await asked(folder / "many", PEOPLE)
    database = folder / "punches.db"
    await make_database(database)
    async with bare_server(database) as (url, _):
        limit = await punch_bare(url, serials_of(TERMINALS)[0], range(1, PUNCHES + 1))
    return [
        latency(PART, "with nobody in the house, median", median(few), limit=median(limit)),
        latency(PART, f"with {PEOPLE:,} people, median", median(many), limit=median(limit), target="<= 3"),
        latency(
            PART,
            "with nobody in the house, 99th percentile",
            percentile(few, 0.99),
            limit=percentile(limit, 0.99),
        ),
        latency(PART, f"with {PEOPLE:,} people, 99th percentile", percentile(many, 0.99), target=f"< {MILLISECONDS}"),
    ]
