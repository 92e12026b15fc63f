"""Send broken frames to a real Home Assistant, before and after approval, and look what they leave behind.

    python -m benchmarks.fuzz --frames 200000

Half of the frames come from a peer that nobody has approved, half from approved terminals. Afterwards there is no
exception in the log, and Home Assistant has as many tasks and open files as before, and as much memory.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import suppress
import json
from pathlib import Path
import random
import re
import sys
import tempfile
from time import perf_counter

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from .building import Building, building
from .figures import Figure, table
from .mutations import Mutator

PART = "fuzz"
FRAMES = 200_000
TERMINALS = 3
# Each from an address of its own: whoever is thrown out for broken frames is let in again only a second later.
STRANGERS = 12
# Sent together, and then looked whether the other side still answers; twenty broken ones end the connection.
BURST = 16
# Of all frames, those after which caches, the roster and the interpreter have what they ever get.
WARM_UP_SHARE = 0.5
# Memory may differ by the interpreter's own housekeeping.
MEMORY_RATIO = 1.05
PATIENCE_SECONDS = 30.0
REDIAL_SECONDS = 0.05
# Whoever is thrown out as often without having said anything will never be let in again.
MOST_IN_VAIN = 100
AWAKE_SECONDS = 5.0
SHOWN = 5
RECORDER = "home-assistant_v2.db"
# Looks at the memory in between: what grows with every round is a leak, what comes to rest is a cache.
ROUNDS = 2


# What a terminal tells of its hardware in frames that are right, the same each time.
HARDWARE = {"cpusn": "fedcba9876543210", "mac": "00-01-A9-00-00-01"}


class Tormentor:
    """One peer that sends broken frames, and dials again whenever it is thrown out."""

    def __init__(self, url: str, serial: str, seed: int, *, approved: bool) -> None:
        """Dial `url` as a terminal that is approved or not, from an address of its own."""
        self._url = url
        self._address = f"127.0.0.{2 + seed % 250}"
        self._approved = approved
        about = {"modelname": "fuzz", "mac": HARDWARE["mac"]}
        self._registration = json.dumps({"cmd": "reg", "sn": serial, "cpusn": HARDWARE["cpusn"], "devinfo": about})
        self._mutator = Mutator(seed, serial)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self.sent = 0
        self.dialled = 0

    async def torment(self, frames: int) -> None:
        """Send so many frames; every burst ends with a right one that must be answered."""
        in_vain = 0
        try:
            while self.sent < frames:
                before = self.sent
                try:
                    await self._burst(min(BURST, frames - self.sent))
                except ConnectionClosed, TimeoutError:
                    await self._hang_up()
                in_vain = in_vain + 1 if self.sent == before else 0
                if in_vain > MOST_IN_VAIN:
                    raise RuntimeError(f"{self._address} is not let in any more")
        finally:
            await self._hang_up()

    async def _burst(self, frames: int) -> None:
        socket = self._socket or await self._dial()
        for frame in self._mutator.frames(frames):
            await socket.send(frame)
            self.sent += 1
        await self._sign_of_life(socket)

    async def _sign_of_life(self, socket: ClientConnection) -> None:
        self._answered.clear()
        await socket.send(self._registration)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._answered.wait()

    async def _dial(self) -> ClientConnection:
        while True:
            try:
                socket = await connect(
                    self._url, compression=None, local_addr=(self._address, 0), ping_interval=None, max_size=None
                )
                break
            except InvalidMessage, OSError:
                await asyncio.sleep(REDIAL_SECONDS)
        self.dialled += 1
        self._socket = socket
        self._reader = asyncio.create_task(self._read(socket))
        await self._sign_of_life(socket)
        return socket

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                frame = json.loads(data)
                if frame.get("ret") == "reg" and frame.get("result") is self._approved:
                    self._answered.set()
        self._answered.set()  # nobody will answer any more

    async def _hang_up(self) -> None:
        reader, self._reader = self._reader, None
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        if reader is not None:
            await reader


def complaints(log: Path) -> list[str]:
    """Return what a log tells of that went wrong inside, with the lines that follow each first one."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    entries = re.split(r"(?m)^(?=\d{4}-\d\d-\d\d )", text)
    return [entry for entry in entries if re.match(r"\S+ \S+ (ERROR|CRITICAL) ", entry)]


async def _stay_awake(house: Building) -> None:
    """Answer Home Assistant's pings, which only happens while something is asked."""
    while True:
        await asyncio.sleep(AWAKE_SECONDS)
        await house.home.call("bench_probe/connected")


def files_of(pid: int) -> Counter[str]:
    """Return what Home Assistant has open, without its recorder's database, whose connections come and go."""
    names = (str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
    return Counter(name for name in names if RECORDER not in name)


async def torment(house: Building, frames: int, seed: int) -> tuple[int, int, float]:
    """Send frames from the stranger, then the approved terminals at once; return frames, dials and seconds."""
    begun = perf_counter()
    awake = asyncio.create_task(_stay_awake(house))
    strangers = [Tormentor(house.url, f"FUZZ{number:08}", seed + number, approved=False) for number in range(STRANGERS)]
    terminals = [
        Tormentor(house.url, serial, seed + number, approved=True)
        for number, serial in enumerate(house.serials, STRANGERS)
    ]
    for peers in (strangers, terminals):
        async with asyncio.TaskGroup() as group:
            for peer in peers:
                group.create_task(peer.torment(frames // 2 // len(peers)))
        print(f"{frames // 2} frames: {perf_counter() - begun:.0f} s", flush=True)
    seconds = perf_counter() - begun
    awake.cancel()
    everybody = [*strangers, *terminals]
    await house.until_connected(0)
    await house.settled()
    return sum(one.sent for one in everybody), sum(one.dialled for one in everybody), seconds


async def measure(frames: int, seed: int, folder: Path) -> list[Figure]:
    """Return what so many frames did."""
    async with building(folder, TERMINALS) as house:
        log = folder / "home-assistant.log"
        old = len(complaints(log))
        warm_up = int(frames * WARM_UP_SHARE)
        await torment(house, warm_up, seed)
        before = await house.probe()
        files = files_of(house.process.pid)
        part = (frames - warm_up) // ROUNDS
        sent, dialled, seconds = 0, 0, 0.0
        for number in range(1, ROUNDS + 1):
            done = await torment(house, part, seed + 100 * number)
            sent, dialled, seconds = sent + done[0], dialled + done[1], seconds + done[2]
            after = await house.probe()
            print(f"round {number}: {after['memory_kb'] / 1024:.1f} MB", flush=True)
        opened = files_of(house.process.pid) - files
        print(*opened, sep="\n")
        found = complaints(log)[old:]
        for line in found[:SHOWN]:
            print(line)
    return [
        Figure(part=PART, measure="frames after the warm-up", value=sent, unit=""),
        Figure(part=PART, measure="frames a second", value=sent / seconds, unit=""),
        Figure(part=PART, measure="times thrown out", value=dialled, unit=""),
        Figure(part=PART, measure="complaints in the log", value=len(found), unit="", target="<= 0"),
        Figure(part=PART, measure="tasks left", value=after["tasks"] - before["tasks"], unit="", target="<= 0"),
        Figure(part=PART, measure="files left open", value=opened.total(), unit="", target="<= 0"),
        Figure(
            part=PART,
            measure="memory afterwards, beside before",
            value=after["memory_kb"] / 1024,
            limit=before["memory_kb"] / 1024,
            unit="MB",
            target=f"<= {MEMORY_RATIO}",
        ),
        Figure(part=PART, measure="longest stall", value=after["stall_ms"], unit="ms"),
    ]


def main() -> int:
    """Torment a Home Assistant; 1 where anything is left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options.frames, options.seed, Path(folder) / "home"))
    print(table(figures))
    return int(not all(figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
