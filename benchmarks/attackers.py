"""Attackers of the port, in a process of their own: what they cost themselves is not measured.

    python -m benchmarks.attackers silent --port 7788 --victim ZX00000001 --approved ZX00000002 --seconds 20

Prints `ready`, attacks until a line of standard input comes and for so many seconds at most, and then prints what was
done as JSON. Each kind comes from loopback addresses of its own; whoever is thrown out dials again.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
import itertools
import json
import random
import sys
from time import perf_counter
from typing import Any

from websockets.frames import Frame, Opcode

from scripts.home import LOOPBACK, REPOSITORY

READY = "ready"
REDIAL_SECONDS = 0.05
# What strangers send together: a laptop on the same network sends a hundred times as much, and a terminal a thousandth.
BYTES_PER_SECOND = 1_000_000
# Sockets that say nothing, more than a listener has places for, and the addresses they come from.
SILENT, SILENT_ADDRESSES = 500, 200
# Others come from as many addresses as leave places for a newcomer, each with as many connections as it gets.
ADDRESSES, CONNECTIONS = 8, 8
# Serial numbers that are made up over one connection: more frames end it.
MADE_UP = 30
# Frames of an approved terminal: what is refused for its size, and what is just let through.
MOST_BYTES = 4 * 1024 * 1024 - 1024
TOLERATED_BYTES = 2 * 1024 * 1024 - 1024
RECORDS, FEW_RECORDS, KEYS = 1_000, 50, 17
# More objects than are read at all, and as many as are.
DEPTH, NESTS, FEW_NESTS = 30, 600, 80
# What one that dials in again and again sends each time.
FRAMES_AT_ONCE = 5
# Wrong codes on their way at a time.
GUESSES = 8

type Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Attacker:
    """One kind of attack; `victim` is an approved terminal that is connected, `approved` one that is the attacker's."""

    port: int
    victim: str
    approved: str
    deeds: Counter[str] = field(default_factory=Counter)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @asynccontextmanager
    async def connection(self, source: str) -> AsyncGenerator[Connection]:
        """Dial from an address, upgrade, and hang up in the end; raises OSError and EOFError."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port, local_addr=(source, 0))
        try:
            self.deeds["dials"] += 1
            writer.write(
                b"GET /pub/chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            await reader.readuntil(b"\r\n\r\n")
            yield reader, writer
        finally:
            writer.transport.abort()

    async def again(self, once: Callable[[str], Awaitable[None]], source: str) -> None:
        """Do something from an address again and again, whoever ends it."""
        while True:
            try:
                await once(source)
            except OSError, EOFError:
                self.deeds["thrown out"] += 1
            await asyncio.sleep(REDIAL_SECONDS)

    async def register(self, connection: Connection, serial: str, **about: str) -> bool:
        """Claim a serial number, and return whether that was believed."""
        reader, writer = connection
        devinfo = {"modelname": "AiFace", "firmware": "bench", "usersize": 3000, "useduser": 0, **about}
        writer.write(text({"cmd": "reg", "sn": serial, "devinfo": devinfo}))
        self.deeds["registrations"] += 1
        # Answers are short, and commands may come with them.
        while b'"ret":"reg"' not in (said := await reader.read(4096)):
            if not said:
                raise EOFError
        let_in = b'"result":true' in said
        self.deeds["let in"] += let_in
        return let_in


def text(frame: Mapping[str, Any]) -> bytes:
    """Return a frame as a terminal sends it."""
    return raw(json.dumps(frame, separators=(",", ":")).encode())


def raw(data: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
    """Return bytes as a frame of the network."""
    return Frame(opcode, data).serialize(mask=True)


def addresses(kind: str, count: int) -> list[str]:
    """Return addresses that are of one kind of attack alone."""
    return [f"127.{10 + [*ATTACKS].index(kind)}.0.{number}" for number in range(1, count + 1)]


async def silent(attacker: Attacker, sources: list[str]) -> None:
    """Hold sockets that say nothing."""

    async def _once(source: str) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, attacker.port, local_addr=(source, 0))
        attacker.deeds["dials"] += 1
        try:
            await reader.read()
        finally:
            writer.transport.abort()

    await _all(attacker, _once, itertools.islice(itertools.cycle(sources), SILENT))


async def impostor(attacker: Attacker, sources: list[str]) -> None:
    """Claim the seat of a terminal that is connected, with all that it tells."""

    async def _once(source: str) -> None:
        async with attacker.connection(source) as connection:
            while not await attacker.register(connection, attacker.victim):
                pass

    await _all(attacker, _once, sources)


async def facts(attacker: Attacker, sources: list[str]) -> None:
    """Claim it with hardware that is guessed."""

    async def _once(source: str) -> None:
        async with attacker.connection(source) as connection:
            mac = random.randbytes(6).hex("-")  # noqa: S311 - a guess
            await attacker.register(connection, attacker.victim, mac=mac)

    await _all(attacker, _once, [*sources, LOOPBACK])


async def made_up(attacker: Attacker, sources: list[str]) -> None:
    """Claim serial numbers that nobody has."""

    async def _once(source: str) -> None:
        async with attacker.connection(source) as connection:
            for _ in range(MADE_UP):
                await attacker.register(connection, f"FAKE{next(attacker.numbers):08}")

    await _all(attacker, _once, sources)


def frames_of_strangers(data: bytes) -> Callable[[Attacker, list[str]], Awaitable[None]]:
    """Return an attack that sends the same to and fro, as fast as it may, without saying who it is."""

    async def _attack(attacker: Attacker, sources: list[str]) -> None:
        begun = perf_counter()

        async def _once(source: str) -> None:
            async with attacker.connection(source) as (_, writer):
                while True:
                    attacker.deeds["bytes"] += len(data)
                    writer.write(data)
                    await writer.drain()
                    ahead = attacker.deeds["bytes"] / BYTES_PER_SECOND - (perf_counter() - begun)
                    await asyncio.sleep(max(0.0, ahead))

        await _all(attacker, _once, itertools.chain.from_iterable(itertools.repeat(sources, CONNECTIONS)))

    return _attack


def frames_of_a_terminal(*frames: bytes) -> Callable[[Attacker, list[str]], Awaitable[None]]:
    """Return an attack that sends frames as an approved terminal, as fast as they are read."""

    async def _attack(attacker: Attacker, _: list[str]) -> None:
        async def _once(source: str) -> None:
            async with attacker.connection(source) as (reader, writer):
                if not await attacker.register((reader, writer), attacker.approved):
                    return
                listening = asyncio.create_task(_listen(reader))
                try:
                    for frame in itertools.cycle(frames):
                        writer.write(frame)
                        await writer.drain()
                        attacker.deeds["frames"] += 1
                finally:
                    listening.cancel()

        await attacker.again(_once, LOOPBACK)

    return _attack


def first_frames_of_a_terminal(frame: bytes, count: int) -> Callable[[Attacker, list[str]], Awaitable[None]]:
    """Return an attack that sends so many frames as an approved terminal and dials in again."""

    async def _attack(attacker: Attacker, _: list[str]) -> None:
        async def _once(source: str) -> None:
            async with attacker.connection(source) as (reader, writer):
                if await attacker.register((reader, writer), attacker.approved):
                    writer.write(frame * count)
                    await writer.drain()
                    attacker.deeds["frames"] += count

        await attacker.again(_once, LOOPBACK)

    return _attack


async def codes(attacker: Attacker, _: list[str]) -> None:
    """Guess codes as an approved terminal, some at a time."""

    async def _once(source: str) -> None:
        async with attacker.connection(source) as (reader, writer):
            if not await attacker.register((reader, writer), attacker.approved):
                return
            listening = asyncio.create_task(_listen(reader))
            try:
                while not listening.done():
                    for _ in range(GUESSES):
                        guess = f"{random.randrange(10**8):08}"  # noqa: S311 - a guess
                        writer.write(text({"cmd": "sendqrcode", "sn": attacker.approved, "record": guess}))
                        writer.write(text({"cmd": "sendpin", "sn": attacker.approved, "pin": guess}))
                        attacker.deeds["guesses"] += 2
                    await writer.drain()
                    await asyncio.sleep(0)
            finally:
                listening.cancel()

    await attacker.again(_once, LOOPBACK)


async def _listen(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


async def _all(attacker: Attacker, once: Callable[[str], Awaitable[None]], sources: Any) -> None:
    async with asyncio.TaskGroup() as group:
        for source in sources:
            group.create_task(attacker.again(once, source))


def _unknown_keys(records: int) -> bytes:
    record = {f"key{number}": "x" for number in range(KEYS)}
    return text({"cmd": "sendlog", "count": records, "logindex": 1, "record": [record] * records})


def _deep(nests: int) -> bytes:
    nest = "[" * DEPTH + "]" * DEPTH
    return raw(('{"cmd":"x","a":[' + ",".join([nest] * nests) + ",]}").encode())


def _comma(size: int) -> bytes:
    return raw(b'{"cmd":"x","a":"' + b"x" * size + b'",}')


ATTACKS: Mapping[str, tuple[Callable[[Attacker, list[str]], Awaitable[None]], int]] = {
    "impostor": (impostor, ADDRESSES),
    "silent": (silent, SILENT_ADDRESSES),
    "made-up": (made_up, ADDRESSES),
    "tiny": (frames_of_strangers(text({"cmd": "x"}) * 1_000), ADDRESSES),
    "pings": (frames_of_strangers(raw(b"p" * 125, Opcode.PING) * 125), ADDRESSES),
    "facts": (facts, ADDRESSES),
    "keys": (frames_of_a_terminal(_unknown_keys(RECORDS)), 0),
    "few keys": (frames_of_a_terminal(_unknown_keys(FEW_RECORDS)), 0),
    "deep": (frames_of_a_terminal(_deep(NESTS)), 0),
    "less deep": (frames_of_a_terminal(_deep(FEW_NESTS)), 0),
    "redial": (first_frames_of_a_terminal(_unknown_keys(RECORDS), FRAMES_AT_ONCE), 0),
    "comma": (frames_of_a_terminal(_comma(MOST_BYTES), _comma(TOLERATED_BYTES)), 0),
    "codes": (codes, 0),
}


async def attack(kind: str, attacker: Attacker, seconds: float) -> None:
    """Attack until a line comes, and no longer than so many seconds; then print what was done."""
    do, count = ATTACKS[kind]
    attacking = asyncio.ensure_future(_quietly(do(attacker, addresses(kind, count))))
    print(READY, flush=True)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    attacking.cancel()
    await attacking
    print(json.dumps(attacker.deeds), flush=True)


async def _quietly(work: Awaitable[None]) -> None:
    with suppress(asyncio.CancelledError):
        await work


@asynccontextmanager
async def attacked(
    kind: str, port: int, victim: str, approved: str, seconds: float
) -> AsyncGenerator[Callable[[], Coroutine[Any, Any, Mapping[str, int]]]]:
    """Run an attack in a process of its own; what is yielded ends it, and returns what was done."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.attackers", kind, "--port", str(port), "--seconds", str(seconds)),
        *("--victim", victim, "--approved", approved),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert process.stdin is not None  # noqa: S101 - piped
    assert process.stdout is not None  # noqa: S101 - piped
    stdin, stdout = process.stdin, process.stdout

    async def _end() -> Mapping[str, int]:
        stdin.write(b"\n")
        await stdin.drain()
        deeds: Mapping[str, int] = json.loads(await stdout.readline())
        return deeds

    try:
        if (await stdout.readline()).decode().strip() != READY:
            raise RuntimeError("the attack did not start")
        yield _end
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def main() -> None:
    """Attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=ATTACKS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--victim", required=True)
    parser.add_argument("--approved", required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    asyncio.run(attack(options.kind, Attacker(options.port, options.victim, options.approved), options.seconds))


if __name__ == "__main__":
    main()
