"""Search for frames that keep the event loop of a real Home Assistant busy, and tell the dearest.

    python -m benchmarks.costs --seconds 600

Feedback is the processor time of one step of the event loop, as the other side of the socket does not see it: what is
dear is changed a little and sent again. Half of the time is spent as a stranger, half as an approved terminal. Nothing
that a peer sends may keep the loop busy for longer than `MILLISECONDS`, and the memory is back afterwards.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
import itertools
import json
from pathlib import Path
import random
import sys
import tempfile
from time import perf_counter
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from .building import Building, building
from .dear import BROKEN, MOST_BYTES, MOST_UNADMITTED_BYTES, PLACES, VALUES, WORDS, Dear, mutated
from .figures import Figure, table

PART = "costs"
TERMINALS = 6
# What somebody at a door does not notice, and a third of what Home Assistant takes for a step that is too slow.
MILLISECONDS = 50
# The dearest that go on being changed; of each sort one, so that the search does not end in one of them.
KEPT = 40
# A step that is dear once may have been the interpreter's own housekeeping: the least of several counts.
DOUBTED_MILLISECONDS = 12.0
AGAIN = 3
# Where nothing comes within this time, the peer has been cut off, or is slowed down.
PATIENCE_SECONDS = 20.0
STRANGER_SECONDS = 0.4
AFTERWARDS_SECONDS = 0.02
REDIAL_SECONDS = 0.1
# Of the time, what is spent before the memory is looked at for the first time.
WARM_UP_SHARE = 0.4
MEMORY_RATIO = 1.05
SHOWN = 12
# Questions of Home Assistant that the approved peer answers with the same sort of frame.
ABOUT = {"modelname": "AiFace", "firmware": "bench", "usersize": 3000, "useduser": 50, "usedlog": 10, "usednewlog": 0}


@dataclass(frozen=True)
class Weighed:
    """What was sent, and the processor time of the dearest step after it, in milliseconds."""

    dear: Dear
    milliseconds: float
    step: str

    @property
    def sort(self) -> tuple[str, str, str]:
        """What the search keeps one of."""
        return (self.dear.word, self.dear.place, self.dear.broken)


class Approved:
    """An approved terminal that sends what is to be weighed, and answers questions with it too."""

    most = MOST_BYTES

    def __init__(self, url: str, serial: str) -> None:
        """Dial when something is to be sent."""
        self._url = url
        self._serial = serial
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._reply: Dear | None = None

    async def send(self, dear: Dear) -> None:
        """Send it, and wait until the other side answers again or has cut this one off."""
        self._reply = dear if dear.is_reply else None
        try:
            if self._socket is None or dear.is_reply:
                await self.close()
                await self._dial()
            assert self._socket is not None  # noqa: S101 - dialled
            for data in dear.wire(self._serial, self.most):
                if self._socket.transport.is_closing():
                    raise ConnectionResetError
                self._socket.transport.write(data)
                while self._socket.transport.get_write_buffer_size():
                    await asyncio.sleep(0.001)
                    if self._reader is not None and self._reader.done():
                        raise ConnectionResetError
            await self._sign_of_life(self._socket)
        except ConnectionClosed, InvalidMessage, OSError, TimeoutError:
            await self.close()

    async def close(self) -> None:
        """Hang up."""
        socket, self._socket = self._socket, None
        reader, self._reader = self._reader, None
        if socket is not None:
            socket.transport.abort()
        if reader is not None:
            await reader

    async def _dial(self) -> None:
        self._socket = await connect(self._url, compression=None, ping_interval=None, max_size=None, close_timeout=1)
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._sign_of_life(self._socket)

    async def _sign_of_life(self, socket: ClientConnection) -> None:
        self._answered.clear()
        await socket.send(json.dumps({"cmd": "reg", "sn": self._serial, "devinfo": ABOUT}))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._answered.wait()
        if self._reader is None or self._reader.done():
            raise ConnectionResetError

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                frame = json.loads(data)
                if frame.get("ret") == "reg":
                    self._answered.set()
                elif word := frame.get("cmd"):
                    self._answer(socket, word)
        self._answered.set()

    def _answer(self, socket: ClientConnection, word: str) -> None:
        if self._reply is None:
            data = Dear(word=word, place="top", known=0, is_reply=True).wire(self._serial, self.most)
        else:
            data = replace(self._reply, word=word, repeat=1).wire(self._serial, self.most)
        socket.transport.write(b"".join(data))


class Stranger:
    """A peer that nobody has approved; each thing that is sent comes from another address."""

    most = MOST_UNADMITTED_BYTES

    def __init__(self, url: str, number: int) -> None:
        """Come from addresses of its own."""
        self._url = url
        self._addresses = itertools.cycle(f"127.{200 + number}.0.{host}" for host in range(1, 250))

    async def send(self, dear: Dear) -> None:
        """Send it, and wait for a moment, or until this one is cut off."""
        try:
            async with connect(
                self._url,
                compression=None,
                local_addr=(next(self._addresses), 0),
                ping_interval=None,
                close_timeout=0.1,
            ) as socket:
                for data in dear.wire("ZX99999999", self.most):
                    if socket.transport.is_closing():
                        break
                    socket.transport.write(data)
                with suppress(TimeoutError):
                    async with asyncio.timeout(STRANGER_SECONDS):
                        await socket.recv()
                socket.transport.abort()
        except ConnectionClosed, InvalidMessage, OSError, TimeoutError:
            await asyncio.sleep(REDIAL_SECONDS)

    async def close(self) -> None:
        """Do nothing: it has hung up."""


class Peer(Protocol):
    """Somebody who sends what is to be weighed."""

    async def send(self, dear: Dear) -> None:
        """Send it, and wait until that is over."""

    async def close(self) -> None:
        """Hang up."""


class Search:
    """Looks for what is dear, from one sort of peer."""

    def __init__(self, house: Building, peers: Sequence[Peer], luck: random.Random) -> None:
        """Send through several peers in turn, so that one that is slowed down holds up nothing."""
        self._house = house
        self._peers = itertools.cycle(peers)
        self._everybody = peers
        self._luck = luck
        self.best: dict[tuple[str, str, str], Weighed] = {}
        self.sent = 0

    async def go_on(self, seconds: float) -> None:
        """Search for so long."""
        until = perf_counter() + seconds
        waiting = [] if self.best else list(_first())
        while perf_counter() < until:
            dear = waiting.pop() if waiting else self._next()
            weighed = await self._weigh(dear)
            for _ in range(AGAIN):
                if weighed.milliseconds < DOUBTED_MILLISECONDS:
                    break
                again = await self._weigh(replace(dear, seed=self._luck.randrange(10**9)))
                weighed = min(weighed, again, key=lambda one: one.milliseconds)
            known = self.best.get(weighed.sort)
            if known is None or known.milliseconds < weighed.milliseconds:
                self.best[weighed.sort] = weighed
        for peer in self._everybody:
            await peer.close()

    @property
    def dearest(self) -> list[Weighed]:
        """The dearest of each sort, the dearest of all first."""
        return sorted(self.best.values(), key=lambda one: -one.milliseconds)

    def _next(self) -> Dear:
        chosen = self._luck.choice(self.dearest[:KEPT])
        if self._luck.random() < 0.2:  # noqa: PLR2004 - else nothing new comes in
            chosen = self._luck.choice(list(self.best.values()))
        return mutated(chosen.dear, self._luck)

    async def _weigh(self, dear: Dear) -> Weighed:
        await self._house.home.call("bench_probe/steps")
        await next(self._peers).send(dear)
        self.sent += 1
        await asyncio.sleep(AFTERWARDS_SECONDS)
        seen: Mapping[str, float | str] = await self._house.home.call("bench_probe/steps")
        return Weighed(dear, float(seen["worst_ms"]), str(seen["step"]))


def _first() -> list[Dear]:
    """Return something of each sort to begin with."""
    return [
        *(Dear(word=word, place=place, items=500) for word in WORDS for place in PLACES),
        *(Dear(value=value, items=1_000) for value in VALUES),
        *(Dear(value=value, items=1, known=9, size=400_000) for value in VALUES),
        *(Dear(broken=broken, items=200) for broken in BROKEN),
        *(Dear(place="top", value="text", known=0, unknown=count) for count in (100, 5_000, 18_000)),
        Dear(items=1_000, known=2, unknown=16, key_length=8, value="text"),
        Dear(place="deep", items=600, depth=30, broken="comma"),
        Dear(place="top", value="text", size=MOST_BYTES, known=1, broken="comma"),
        Dear(parts=4_000, items=1),
        Dear(pings=3_000, items=1),
    ]


async def measure(seconds: float, seed: int, folder: Path) -> list[Figure]:
    """Return what was found in so many seconds."""
    luck = random.Random(seed)  # noqa: S311 - not for secrets
    async with building(folder, TERMINALS) as house:
        await house.home.call("bench_probe/steps")
        approved = Search(house, [Approved(house.url, serial) for serial in house.serials], luck)
        strangers = Search(house, [Stranger(house.url, number) for number in range(4)], luck)
        memory = []
        for share in (WARM_UP_SHARE, 1 - WARM_UP_SHARE):
            for search in (strangers, approved):
                await search.go_on(seconds * share / 2)
            await house.until_connected(0)
            await house.settled()
            memory.append((await house.probe())["memory_kb"] / 1024)
    figures = []
    for name, search in (("stranger", strangers), ("approved", approved)):
        for one in search.dearest[:SHOWN]:
            print(f"{name}: {one.milliseconds:.1f} ms {one.dear}\n    {one.step}")
        dearest = search.dearest[0].milliseconds
        figures += [
            Figure(part=PART, measure=f"{name}: frames weighed", value=search.sent, unit=""),
            Figure(part=PART, measure=f"{name}: dearest step", value=dearest, unit="ms", target=f"< {MILLISECONDS}"),
        ]
    figures.append(
        Figure(
            part=PART,
            measure="memory afterwards, beside before",
            value=memory[1],
            limit=memory[0],
            unit="MB",
            target=f"<= {MEMORY_RATIO}",
        )
    )
    return figures


def main() -> int:
    """Search; 1 where something is too dear, or memory is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options.seconds, options.seed, Path(folder) / "home"))
    print(table(figures))
    return int(not all(figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
