"""Whether people at the doors, terminals and newcomers notice that the port is under attack, each kind by itself.

Meanwhile somebody scans codes at one terminal, somebody opens the lock of another from Home Assistant, others dial in
again and again, and a new terminal asks to be approved. Attackers are in a process of their own (`attackers`).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
import json
from time import perf_counter

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from .attackers import ATTACKS, attacked
from .building import Building, processor_of
from .calmness import DISTURBED, Calmness
from .figures import Figure, latency, percentile
from .lean import ABOUT, Frame, LeanTerminal
from .verdict import make_pass, scan_during

PART = "attack"
# One whose doors open, one that scans, one that belongs to the attackers, and some that dial again and again.
TERMINALS = 6
# Long enough for a 99th percentile of some hundred scans, for waits and bans to show, and for nobody to lose patience.
SECONDS = 12.0
# An attack ends by itself after this long, whatever becomes of the measuring.
MOST_SECONDS = 80.0
# How often one attack is measured where something was missed while the machine was disturbed.
TRIES = 3
# What people at a door, and those who press a button, do not notice.
SCAN_MILLISECONDS = 50
OPEN_MILLISECONDS = 100
# What no step of the event loop takes of the processor, however much else the machine has to do.
STEP_MILLISECONDS = 50
# What a Home Assistant with much in it holds, through all of which the garbage collector walks in one go.
HEAP_OBJECTS = 1_000_000
# A terminal that is away for longer is shown as away; a new one is looked for with a phone in the hand.
REDIAL_SECONDS = 10
CARD_SECONDS = 30
PRESS_SECONDS = 0.2
# Terminals dial in again a second after they were cut off, and ask again where they get no answer.
AGAIN_SECONDS = 1.0
ASK_SECONDS = 5.0
QUIET = "quiet"
KINDS = (QUIET, *ATTACKS)


@dataclass(frozen=True)
class Seen:
    """What was noticed during one attack, all in seconds; and what the attackers did."""

    scans: list[float]
    opened: list[float]
    redialled: list[float]
    card: float
    processor: float
    stall: float
    step: float
    collections: int
    deeds: Mapping[str, int]

    def figures(self, kind: str) -> list[Figure]:
        """Return them as figures."""
        told = [
            latency(
                PART, f"{kind}: scan, 99th percentile", percentile(self.scans, 0.99), target=_below(SCAN_MILLISECONDS)
            ),
            latency(
                PART, f"{kind}: lock.open on the wire, longest", max(self.opened), target=_below(OPEN_MILLISECONDS)
            ),
            _seconds(f"{kind}: redialled and in, longest", max(self.redialled), REDIAL_SECONDS),
            _seconds(f"{kind}: card of a newcomer", self.card, CARD_SECONDS),
            Figure(part=PART, measure=f"{kind}: processor of Home Assistant", value=self.processor * 100, unit="%"),
            latency(PART, f"{kind}: longest stall", self.stall),
            latency(PART, f"{kind}: dearest step, processor", self.step, target=_below(STEP_MILLISECONDS)),
            Figure(
                part=PART, measure=f"{kind}: full garbage collections", value=self.collections, unit="", target="<= 0"
            ),
        ]
        if kind in {"impostor", "facts"}:
            let_in = self.deeds.get("let in", 0)
            told.append(Figure(part=PART, measure=f"{kind}: let in", value=let_in, unit="", target="<= 0"))
        return told


def _below(milliseconds: int) -> str:
    return f"< {milliseconds}"


def _seconds(measure: str, value: float, target: int) -> Figure:
    return Figure(part=PART, measure=measure, value=value, unit="s", target=f"< {target}")


class Newcomer:
    """A new terminal that waits for its card."""

    def __init__(self, house: Building, number: int) -> None:
        """Come from an address and with a serial number that nobody else has."""
        self._house = house
        self._serial = f"NEW{number:08}"
        self._address = f"127.0.100.{number}"

    async def until_card(self) -> float:
        """Ask until there is a card, and return how many seconds that took; raises where there is none."""
        begun = perf_counter()
        asking = asyncio.create_task(self._ask())
        try:
            await self._house.home.discovered(self._serial)
            return perf_counter() - begun
        finally:
            asking.cancel()

    async def _ask(self) -> None:
        registration = json.dumps({"cmd": "reg", "sn": self._serial, "devinfo": ABOUT})
        while True:
            try:
                async with connect(
                    self._house.url, compression=None, local_addr=(self._address, 0), ping_interval=None
                ) as socket:
                    while True:
                        await socket.send(registration)
                        await asyncio.sleep(ASK_SECONDS)
            except InvalidMessage, OSError, ConnectionClosed, TimeoutError:
                await asyncio.sleep(AGAIN_SECONDS)


def _open(_: Frame) -> Frame:
    return {"result": True}


class Household:
    """Those who must not notice."""

    def __init__(
        self, house: Building, scanner: LeanTerminal, opener: LeanTerminal, code: str, lock: str, newcomers: int
    ) -> None:
        """Scan `code` at one terminal, and open the `lock` of another; so many newcomers have been there before."""
        self._house = house
        self._scanner = scanner
        self._opener = opener
        self._code = code
        self._lock = lock
        self._newcomers = newcomers

    async def live(self, kind: str, seconds: float) -> Seen:
        """Go on for so many seconds while somebody attacks, and return what was noticed."""
        approved, *redialling = self._house.serials[2:TERMINALS]
        self._newcomers += 1
        if kind == QUIET:
            return await self._live(redialling, seconds)
        async with attacked(kind, self._house.port, self._scanner.serial, approved, MOST_SECONDS) as end:
            seen = await self._live(redialling, seconds)
            return Seen(**{**vars(seen), "deeds": await end()})

    async def _live(self, redialling: list[str], seconds: float) -> Seen:
        over = asyncio.ensure_future(asyncio.sleep(seconds, seconds))
        # To make the objects is a step of the probe's own, and looking is a walk of the collector.
        await self._house.home.call("bench_probe/collections", objects=HEAP_OBJECTS)
        await self._house.probe()
        await self._house.home.call("bench_probe/steps")
        await self._house.home.call("bench_probe/collections")
        begun, used = perf_counter(), processor_of(self._house.process.pid)
        async with asyncio.TaskGroup() as group:
            scans = group.create_task(scan_during(self._scanner, self._code, over))
            opened = group.create_task(self._press(over))
            dialled = [group.create_task(self._redial(serial, over)) for serial in redialling]
            card = group.create_task(Newcomer(self._house, self._newcomers).until_card())
        collections = (await self._house.home.call("bench_probe/collections"))["count"]
        step = (await self._house.home.call("bench_probe/steps"))["worst_ms"] / 1000
        return Seen(
            scans=scans.result(),
            opened=opened.result(),
            redialled=[one for task in dialled for one in task.result()],
            card=card.result(),
            processor=(processor_of(self._house.process.pid) - used) / (perf_counter() - begun),
            stall=(await self._house.probe())["stall_ms"] / 1000,
            step=step,
            collections=collections,
            deeds={},
        )

    async def _press(self, over: asyncio.Future[float]) -> list[float]:
        """Open the lock now and then, and return how long the terminal took to hear of it."""
        taken: list[float] = []
        while not taken or not over.done():
            begun = perf_counter()
            await self._house.home.act("lock.open", entity_id=self._lock)
            taken.append(self._opener.commands.pop("opendoor") - begun)
            await asyncio.sleep(PRESS_SECONDS)
        return taken

    async def _redial(self, serial: str, over: asyncio.Future[float]) -> list[float]:
        """Dial in again and again, and return how long each took."""
        taken: list[float] = []
        while not taken or not over.done():
            begun = perf_counter()
            async with LeanTerminal(self._house.url, serial):
                taken.append(perf_counter() - begun)
            await asyncio.sleep(AGAIN_SECONDS)
        return taken


def _missed(figures: list[Figure]) -> int:
    return sum(not figure.ok for figure in figures)


async def _measured(household: Household, kind: str) -> list[Figure]:
    """Return the figures of one attack: of the first try in which nothing is missed, or of the best one.

    It is tried again only where the machine was disturbed.
    """
    calmness = Calmness()
    best: list[Figure] = []
    for _ in range(TRIES):
        before = calmness.disturbance()
        seen = await household.live(kind, SECONDS)
        disturbance = max(before, calmness.disturbance())
        print(f"{PART}: {kind}, disturbed {disturbance:.2f}: {json.dumps(dict(seen.deeds))}", flush=True)
        figures = seen.figures(kind)
        if not best or _missed(figures) < _missed(best):
            best = figures
        if not _missed(best) or disturbance <= DISTURBED:
            break
    return best


async def _lock_of(house: Building, serial: str) -> str:
    """Return the lock of a terminal, once it can be opened."""

    async def look() -> str | None:
        lock = await house.home.entity(f"{serial}_door1_lock")
        return None if lock["state"] == "unavailable" else str(lock["entity_id"])

    return await house.home.until("a lock that can be opened", look)


async def measure(kind: str, house: Building, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of one attack. Others may have been measured in the same house."""
    scanner, opener = house.serials[:2]
    code = await make_pass(house, scanner)
    async with LeanTerminal(house.url, scanner) as one, LeanTerminal(house.url, opener, {"opendoor": _open}) as other:
        lock = await _lock_of(house, opener)
        return await _measured(Household(house, one, other, code, lock, KINDS.index(kind) * TRIES), kind)
