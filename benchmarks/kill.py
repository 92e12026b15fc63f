"""Whether records are lost or doubled when Home Assistant is killed in the middle of keeping them.

Three terminals push records; `kill -9` at random moments, again and again; in the end the database must hold every
record once.
"""

import argparse
import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import random
import sys
import tempfile

from custom_components.timmy_access.ledger import Ledger, RecordFilter, default_url
from custom_components.timmy_access.ledger.url import read_url
from scripts.home import LOOPBACK, free_port
from scripts.home_process import HomeProcess, prepare
from simulator import Timing, User, VirtualTerminal
from simulator.clock import local_now
from simulator.profiles import PROFILES
from tests.ledger import servers

from .building import plan, serials_of

TERMINALS = 3
KILLS = 20
RECORDS = 10_000
# Home Assistant is up in about 7 s on two slow cores; afterwards a kill comes within this time.
START_SECONDS = 120.0
LONGEST_PEACE = 0.3
# Records a frame: small, so that every kill falls between two of many.
BATCH = 10
FINISH_SECONDS = 300.0


def add_records(terminal: VirtualTerminal, numbers: range) -> None:
    """Let a terminal have records of the past, each at another second."""
    now = local_now()
    for number in numbers:
        time = now - timedelta(days=30) + timedelta(seconds=number)
        terminal.machine.log(
            {"enrollid": number % 500 + 1, "time": f"{time:%Y-%m-%d %H:%M:%S}", "mode": 1, "inout": 0, "event": 0}
        )


async def torment(folder: Path, url: str | None, kills: int, records: int, seed: int) -> tuple[int, int]:
    """Kill Home Assistant so many times while terminals push so many records each; return how many are lost and double.

    `url` names the database, None the file in the configuration folder.
    """
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    home_port, port = free_port(), free_port()
    serials = serials_of(TERMINALS)
    prepare(folder, home_port, plan(port, serials, options={"db_url": url} if url else None))
    process = HomeProcess(folder, home_port)
    terminals = [
        VirtualTerminal(
            replace(PROFILES["tfs30"], batch=BATCH), serial, f"ws://{LOOPBACK}:{port}/pub/chat", Timing.fast()
        )
        for serial in serials
    ]
    try:
        for terminal in terminals:
            terminal.add_user(User(enrollid=1, name="A"))
            add_records(terminal, range(records))
            await terminal.start()
        for number in range(1, kills + 1):
            await process.start()
            await asyncio.gather(*(terminal.wait_registered(START_SECONDS) for terminal in terminals))
            await asyncio.sleep(chance.uniform(0, LONGEST_PEACE))
            await process.kill()
            unsent = sum(terminal.unsent for terminal in terminals)
            print(f"kill {number} of {kills}: {unsent} records are not acknowledged", flush=True)
        await process.start()
        await asyncio.gather(*(terminal.wait_registered(START_SECONDS) for terminal in terminals))
        await asyncio.gather(*(terminal.wait_sent(FINISH_SECONDS) for terminal in terminals))
    finally:
        for terminal in terminals:
            await terminal.stop()
        await process.stop()
    return await compare(url, folder, terminals)


async def compare(url: str | None, folder: Path, terminals: list[VirtualTerminal]) -> tuple[int, int]:
    """Return how many records of the terminals the database lacks, and how many it has more than once."""
    ledger = Ledger(read_url(url) if url else default_url(folder))
    await ledger.start()
    try:
        found: Counter[tuple[str, int | None, str]] = Counter()
        async for record in ledger.export(RecordFilter(serials=[terminal.serial for terminal in terminals])):
            found[record.serial, record.entry.enroll_id, str(record.entry.time)] += 1
    finally:
        await ledger.close()
    wanted = {(terminal.serial, log["enrollid"], log["time"]) for terminal in terminals for log in terminal.logs}
    return len(wanted - found.keys()), sum(count - 1 for count in found.values())


def main() -> int:
    """Torment both databases; 1 where anything is lost or double."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--records", type=int, default=RECORDS, help="of each of three terminals")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = parser.parse_args()
    print(f"seed {options.seed}")
    failed = False
    for name in ("SQLite", "PostgreSQL"):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            if name == "SQLite":
                lost, double = asyncio.run(torment(home, None, options.kills, options.records, options.seed))
            else:
                with servers.running(servers.PostgreSQLServer, "postgres") as server:
                    url = server.url(server.new_database())
                    lost, double = asyncio.run(torment(home, url, options.kills, options.records, options.seed))
        print(f"{name}: {options.kills} kills, {lost} lost, {double} double")
        failed = failed or bool(lost or double)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
