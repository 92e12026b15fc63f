"""The least that a server for terminals can be: decodes, answers at once, and if asked to writes each record durably.

python -m benchmarks.bare --port PORT [--database FILE]
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
import sys

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from scripts.home import LOOPBACK, REPOSITORY, free_port

from .inserts import BareInserts, row

READY = b"ready\n"


async def talk(socket: ServerConnection, inserts: BareInserts | None) -> None:
    """Answer one terminal."""
    with suppress(ConnectionClosed):
        async for data in socket:
            frame = orjson.loads(data)
            answer = {"ret": frame["cmd"], "result": True, "cloudtime": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"}
            if frame["cmd"] == "sendqrcode":
                answer |= {"sn": frame["sn"], "access": 1, "message": "Welcome"}
            elif frame["cmd"] == "sendlog":
                answer |= {"count": frame["count"], "logindex": frame["logindex"]}
                if inserts is not None:
                    await inserts.keep([row(record) for record in frame["record"]])
            await socket.send(orjson.dumps(answer).decode())


async def run(port: int, database: Path | None) -> None:
    """Serve for ever."""
    inserts = BareInserts(database) if database else None
    async with serve(
        lambda socket: talk(socket, inserts), LOOPBACK, port, compression=None, ping_interval=None, max_size=None
    ):
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def bare_server(database: Path | None = None) -> AsyncGenerator[tuple[str, int]]:
    """Run one in a process of its own; gives its URL and process id."""
    port = free_port()
    more = ("--database", str(database)) if database else ()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.bare", "--port", str(port), *more),
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - piped
        await process.stdout.readexactly(len(READY))
        yield f"ws://{LOOPBACK}:{port}", process.pid
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", type=Path)
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(run(arguments.port, arguments.database))
