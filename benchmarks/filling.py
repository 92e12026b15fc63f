"""How an empty terminal is filled from the vault, with Home Assistant killed in the middle and somebody at a door.

Everybody has a card and a fingerprint. Beside it: the same frames, one after the other, from the least there is.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import batched
import json
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection, serve

from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.stored import changed_keys, household_of, items_of
from custom_components.timmy_access.house.vault import Vault
from custom_components.timmy_access.ledger import Ledger, default_url
from homeassistant.core import HomeAssistant
from scripts.home import LOOPBACK, Home, free_port
from scripts.home_process import HomeProcess, living, prepare
from simulator import Timing, VirtualTerminal

from .building import ENTRY_ID, living_for_once, plan, serials_of
from .figures import Figure, latency

PART = "filling"
TERMINALS = 1
PEOPLE = 3000
# Two starts of Home Assistant, and every frame twice, which a busy machine needs minutes for.
SECONDS = 300.0
FINGER, CARD = 0, 11
SLOTS = frozenset({FINGER, CARD})
# As long as templates of fingers are that terminals send.
TEMPLATE = 1600
# In one transaction.
STEP = 1000
# Nobody taps faster.
TAP_SECONDS = 0.5
LOOK_SECONDS = 0.05
# In a hurry, but it hangs up no sooner than terminals do where a busy machine answers late.
TIMING = replace(Timing.fast(), ack_wait=Timing().ack_wait)
STALL_MILLISECONDS = 50
ANSWERED_MILLISECONDS = 1000
# What reads, before it writes and after it, leaves a trace on the disk and gives way to doors.
TIMES_BARE = 4
PATIENCE_SECONDS = 280.0


@dataclass
class Filled:
    """What was seen while a terminal was filled."""

    seconds: float = 0.0
    taps: list[float] = field(default_factory=list)
    stall: float = 0.0
    collections: int = 0
    confirmed: frozenset[int] = frozenset()
    written_again: frozenset[int] = frozenset()
    there: frozenset[int] = frozenset()
    frames: Sequence[dict[str, Any]] = ()


async def furnish(folder: Path, serial: str, people: int) -> None:
    """Put a house of so many people into a Home Assistant that has not started yet, its terminal kept in step."""
    hass = HomeAssistant(str(folder))
    vault = Vault(hass, ENTRY_ID)
    await vault.async_open(wanted=True, held=())
    doors = Rule(doors={serial: frozenset({1})})
    persons = [
        HousePerson(person_id=f"p{number}", name=f"Person {number}", enroll_id=number, groups=frozenset({"all"}))
        for number in range(1, people + 1)
    ]
    credentials = {
        (person.person_id, slot): HouseCredential(
            person_id=person.person_id,
            slot=slot,
            revision=f"r{person.enroll_id}",
            sealed=vault.seal(person.person_id, slot, None, contents),
            mark=vault.mark(slot, contents),
        )
        for person in persons
        for slot, contents in (
            (CARD, 1_000_000 + person.enroll_id),
            (FINGER, f"{person.enroll_id:08}".ljust(TEMPLATE, "A")),
        )
    }
    house = Household(
        people={person.person_id: person for person in persons},
        groups={"all": AccessGroup(group_id="all", name="All", rules=(doors,))},
        credentials=credentials,
        kept=frozenset({serial}),
    )
    async with _ledger(folder) as ledger:
        for some in batched(items_of(house, changed_keys(Household(), house)), STEP, strict=False):
            await ledger.keep_house(ENTRY_ID, some)


async def confirmed(folder: Path, serial: str) -> frozenset[int]:
    """Return whom the disk knows to be on the terminal with everything; Home Assistant does not run."""
    async with _ledger(folder) as ledger:
        household = household_of(await ledger.house(ENTRY_ID)).household
    return frozenset(
        number
        for (at, number), it in household.placements.items()
        if at == serial and not it.tries and it.confirmed is not None and it.confirmed.credentials.keys() >= SLOTS
    )


@asynccontextmanager
async def _ledger(folder: Path) -> AsyncGenerator[Ledger]:
    ledger = Ledger(default_url(folder))
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close()


def has_all(terminal: VirtualTerminal, number: int) -> bool:
    """Return whether somebody is on a terminal with everything."""
    user = terminal.users.get(number)
    return user is not None and user.credentials.keys() >= SLOTS


async def until_there(terminal: VirtualTerminal, people: int) -> None:
    """Wait until so many people are on a terminal with everything."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(terminal.users) < people or sum(has_all(terminal, it) for it in terminal.users) < people:  # noqa: ASYNC110 - by far not with every frame
            await asyncio.sleep(LOOK_SECONDS)


async def until_known(home: Home, people: int) -> None:
    """Wait until Home Assistant has all of it confirmed."""
    device_id = await home.device("Terminal 1")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer = await home.call(
                "call_service", domain="timmy_access", service="get_people", service_data={}, return_response=True
            )
            [there] = [it for it in answer["response"]["terminals"] if it["device_id"] == device_id]
            if there["in_step"] == people:
                return
            await asyncio.sleep(LOOK_SECONDS)


async def tap(home: Home, entity_id: str, taken: list[float]) -> None:
    """Open a door again and again, and note how long each answer took."""
    while True:
        begun = perf_counter()
        await home.act("lock.open", entity_id=entity_id)
        taken.append(perf_counter() - begun)
        await asyncio.sleep(TAP_SECONDS)


async def filled(folder: Path, people: int) -> Filled:
    """Fill a terminal with so many people, and kill Home Assistant when half of them are there."""
    seen = Filled()
    home_port, port = free_port(), free_port()
    [serial] = serials_of(TERMINALS)
    prepare(folder, home_port, plan(port, [serial], options={"vault": True}))
    process = HomeProcess(folder, home_port)
    await process.add_user()
    await furnish(folder, serial, people)
    terminal = VirtualTerminal("ai_face", serial, f"ws://{LOOPBACK}:{port}/pub/chat", TIMING)
    try:
        async with living(process) as home:
            await _fill(home, terminal, people // 2, seen)
            await process.kill()
        await terminal.stop()
        seen.confirmed = await confirmed(folder, serial)
        after = len(terminal.received)
        async with living_for_once(process) as home:
            await _fill(home, terminal, people, seen)
            await until_known(home, people)
        frames = [frame for frame in terminal.received if "cmd" in frame]
        seen.written_again = seen.confirmed & frozenset(
            frame.get("enrollid", 0) for frame in terminal.received[after:] if frame.get("cmd", "").startswith("set")
        )
        seen.frames = frames
        seen.there = frozenset(number for number in terminal.users if has_all(terminal, number))
    finally:
        await terminal.stop()
    return seen


async def _fill(home: Home, terminal: VirtualTerminal, people: int, seen: Filled) -> None:
    """Let a terminal dial in and be filled up to so many people, while somebody opens its door."""
    entity_id = (await home.entity(f"{terminal.serial}_door1_lock"))["entity_id"]
    await home.call("bench_probe/collections")
    await home.call("bench_probe/read")
    await home.call("bench_probe/collections")  # looking makes one
    begun = perf_counter()
    await terminal.start()
    await terminal.wait_registered(PATIENCE_SECONDS)
    async with home.another() as somebody:
        tapping = asyncio.create_task(tap(somebody, entity_id, seen.taps))
        try:
            await until_there(terminal, people)
        finally:
            tapping.cancel()
            with suppress(asyncio.CancelledError):
                await tapping
    seen.seconds += perf_counter() - begun
    seen.collections += (await home.call("bench_probe/collections"))["count"]
    seen.stall = max(seen.stall, (await home.call("bench_probe/read"))["stall_ms"])


async def bare(frames: Sequence[dict[str, Any]]) -> float:
    """Return how many seconds a terminal takes to answer the same frames, each sent when the last was answered."""
    taken: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def _talk(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(json.dumps({"ret": "reg", "result": True, "cloudtime": "2026-01-01 00:00:00"}))
        begun = perf_counter()
        for frame in frames:
            await socket.send(orjson.dumps(frame).decode())
            while (answer := orjson.loads(await socket.recv())).get("ret") != frame["cmd"]:
                await socket.send(orjson.dumps({"ret": answer.get("cmd", ""), "result": True}).decode())
        taken.set_result(perf_counter() - begun)
        await socket.wait_closed()

    port = free_port()
    async with serve(_talk, LOOPBACK, port, compression=None, ping_interval=None, max_size=None):
        terminal = VirtualTerminal("ai_face", "ZX1", f"ws://{LOOPBACK}:{port}/pub/chat", TIMING)
        await terminal.start()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await taken
        finally:
            await terminal.stop()


async def measure(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of this part."""
    seen = await filled(folder / "filling", PEOPLE)
    limit = await bare(seen.frames)
    credentials = PEOPLE * len(SLOTS)
    return [
        Figure(
            part=PART,
            measure=f"{PEOPLE} people, {credentials} credentials, {len(seen.frames)} frames",
            value=seen.seconds,
            limit=limit,
            unit="s",
            target=f"<= {TIMES_BARE}",
        ),
        Figure(part=PART, measure="credentials a second", value=credentials / seen.seconds, unit="/s"),
        Figure(part=PART, measure="longest stall", value=seen.stall, unit="ms", target=f"< {STALL_MILLISECONDS}"),
        Figure(part=PART, measure="full garbage collections", value=seen.collections, unit="", target="<= 0"),
        latency(PART, "lock.open answered, longest", max(seen.taps), target=f"< {ANSWERED_MILLISECONDS}"),
        Figure(part=PART, measure="people confirmed when killed", value=len(seen.confirmed), unit=""),
        Figure(part=PART, measure="of them written again", value=len(seen.written_again), unit="", target="<= 0"),
    ]
