"""How long somebody waits at a door for Home Assistant's word."""

import asyncio

from .bare import bare_server
from .building import Building
from .figures import Figure, latency, median, percentile
from .lean import LeanTerminal
from .load import prepared_load

PART = "verdict"
SCANS = 1000
QUICK_SCANS = 40
# People at one reader are seconds apart; this is long enough for what follows an answer to be over.
PAUSE_SECONDS = 0.01
# Others that are connected meanwhile, and the last one pushes so many records.
OTHERS = 50
BACKLOG = 100_000
QUICK_BACKLOG = 3_000
TERMINALS = OTHERS + 2
# A second for a blink; what is above is felt.
LOADED_MILLISECONDS = 20


async def scan(terminal: LeanTerminal, code: str, scans: int) -> list[float]:
    """Return how many seconds each of so many scans took."""
    return [await _scan_once(terminal, code) for _ in range(scans)]


async def scan_bare(url: str, serial: str, scans: int) -> list[float]:
    """Return the same of the bare server, which lets everybody in."""
    async with LeanTerminal(url, serial) as terminal:
        await scan(terminal, "", scans // 10)
        return await scan(terminal, "", scans)


async def scan_during(terminal: LeanTerminal, code: str, load: asyncio.Future[float]) -> list[float]:
    """Return how many seconds each scan took while a load lasted."""
    taken = []
    while not load.done():
        taken.append(await _scan_once(terminal, code))
    return taken


async def _scan_once(terminal: LeanTerminal, code: str) -> float:
    await asyncio.sleep(PAUSE_SECONDS)
    seconds, answer = await terminal.timed({"cmd": "sendqrcode", "sn": terminal.serial, "record": code})
    if not answer["access"]:
        raise RuntimeError(f"refused: {answer}")
    return seconds


async def make_pass(house: Building, serial: str) -> str:
    """Return the code of a pass for a terminal."""
    answer = await house.home.call(
        "call_service",
        domain="timmy_access",
        service="create_pass",
        service_data={"device_id": [await house.home.device(house.name_of(serial))], "name": "Bench"},
        return_response=True,
    )
    return str(answer["response"]["code"])


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    scans = QUICK_SCANS if quick else SCANS
    first, *held, pusher = house.serials[:TERMINALS]
    code = await make_pass(house, first)
    async with bare_server() as (bare_url, _):
        limit = await scan_bare(bare_url, first, scans)
        async with LeanTerminal(house.url, first) as terminal:
            await scan(terminal, code, scans // 10)
            alone = await scan(terminal, code, scans)
        limit += await scan_bare(bare_url, first, scans)
    records = QUICK_BACKLOG if quick else BACKLOG
    async with (
        prepared_load("hold", house.url, held) as holding,
        prepared_load("push", house.url, [pusher], records) as pushing,
        LeanTerminal(house.url, first) as terminal,
    ):
        await asyncio.gather(holding.took(), pushing.took())
        await pushing.begin()
        loaded = await scan_during(terminal, code, asyncio.ensure_future(pushing.seconds()))
    # Three times the limit's own and a millisecond.
    limit_99 = percentile(limit, 0.99) * 3 + 0.001
    return [
        latency(PART, "median", median(alone), limit=median(limit), target="<= 2"),
        latency(PART, "99th percentile", percentile(alone, 0.99), limit=limit_99, target="<= 1"),
        latency(PART, "median under load", median(loaded)),
        latency(PART, "99th percentile under load", percentile(loaded, 0.99), target=f"< {LOADED_MILLISECONDS}"),
    ]
