"""Other processes: one that holds a lock, one that is killed, and some in which the operating system refuses.

python -m tests.ledger.child NAME FOLDER
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
import fcntl
import os
from pathlib import Path
import resource
import sqlite3
import sys

from scripts import ledger_alone  # noqa: F401 - before the ledger  # isort: skip

from custom_components.timmy_access.ledger import Cause, Decider, Ledger, LedgerUnavailable, Limits, default_url

from .support import IMPATIENT, SERIAL, Watch, kept, punch, punches

# Records a call of the process that is killed.
CALL = 5
# The byte of the log's index that SQLite locks for it (https://www.sqlite.org/walformat.html#locks).
CHECKPOINT_LOCK = 121
# Any account but root's.
NOBODY = 65534


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def lock(folder: Path) -> None:
    """Hold the lock of a file until somebody says something."""
    with closing(sqlite3.connect(folder / "timmy_access.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        say("locked")
        sys.stdin.readline()
        db.execute("ROLLBACK")


def carry_over(folder: Path) -> None:
    """Hold what SQLite holds while it carries a log over into its file, until somebody says something."""
    with (folder / "timmy_access.db-shm").open("r+b") as index:
        fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, CHECKPOINT_LOCK)
        say("locked")
        sys.stdin.readline()


async def keep(folder: Path) -> None:
    """Keep records of three terminals, and say which are acknowledged, until killed."""
    ledger = Ledger(default_url(folder), Limits())
    await ledger.start()
    first = sum((await ledger.count()).values()) * 10

    async def terminal(serial: str) -> None:
        begin = first
        while True:
            entries = punches(CALL, begin)
            # Every other call says again what the one before said.
            await ledger.keep(serial, [punch(begin - 1), *entries])
            say(f"{serial} {begin}")
            begin += CALL

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(terminal(f"ZX{number}"))


async def decide(folder: Path) -> None:
    """Keep punches and then what became of each, and say which outcomes are acknowledged, until killed."""
    ledger = Ledger(default_url(folder), Limits())
    await ledger.start()
    second = sum((await ledger.count()).values())
    while True:
        entry = punch(second)
        await ledger.keep(SERIAL, [entry])
        await ledger.set_outcome(SERIAL, entry.identity, granted=is_granted(second), decided_by=Decider.DEFAULT)
        say(str(second))
        second += 1


def is_granted(second: int) -> bool:
    """Return what becomes of the punch so many seconds after noon: not the same for all, so that a mix-up shows."""
    return second % 3 == 0


async def file_too_large(folder: Path) -> None:
    """The operating system lets no file grow; later it does."""
    ledger = Ledger(default_url(folder), IMPATIENT)
    watch = Watch(ledger)
    await ledger.start()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, most))
    acknowledged, cause = await fill(ledger)
    assert cause in {Cause.DISK_FULL, Cause.IO_ERROR}, cause
    assert not ledger.health.available
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    await watch.well()
    await end(ledger, acknowledged)


async def read_only(folder: Path) -> None:
    """The file belongs to somebody else; later it is ours again."""
    ledger = Ledger(default_url(folder), IMPATIENT)
    await ledger.start()
    await ledger.keep(SERIAL, [punch()])
    await ledger.close()

    ledger = Ledger(default_url(folder), IMPATIENT)
    watch = Watch(ledger)
    with forbidden(folder / "timmy_access.db", 0o444):
        await ledger.start()
        assert ledger.health.cause is Cause.READ_ONLY, ledger.health
    await watch.well()
    assert (await ledger.keep(SERIAL, [punch()])).news == 0
    await ledger.close()
    say("ok")


async def kept_in_place(folder: Path) -> None:
    """The file is corrupt, and nothing in its folder may be renamed; later it may."""
    garbage = b"garbage" * 1000
    (folder / "timmy_access.db").write_bytes(garbage)
    (folder / "timmy_access.db").chmod(0o666)
    ledger = Ledger(default_url(folder), IMPATIENT)
    watch = Watch(ledger)
    with forbidden(folder, 0o555):
        await ledger.start()
        assert ledger.health.cause is Cause.CORRUPT, ledger.health
        assert ledger.health.set_aside is None
    health = await watch.well()
    assert health.set_aside is not None
    assert health.set_aside.read_bytes() == garbage
    await ledger.close()
    say("ok")


@contextmanager
def forbidden(path: Path, mode: int) -> Iterator[None]:
    """Take permissions from a file or folder, and from this process if it is one that they do not bind."""
    before = path.stat().st_mode
    path.chmod(mode)
    is_root = os.geteuid() == 0
    if is_root:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
            os.setegid(0)
        path.chmod(before)


async def fill(ledger: Ledger) -> tuple[int, Cause]:
    """Keep records until that fails, and return how many calls were acknowledged, and why no more."""
    for call in range(10_000):
        try:
            await ledger.keep(SERIAL, punches(50, call * 50))
        except LedgerUnavailable as err:
            return call, err.cause
    raise AssertionError("there was room for everything")


async def end(ledger: Ledger, acknowledged: int) -> None:
    """Say again what was not acknowledged, as terminals do, and look whether everything is there once."""
    again = await ledger.keep(SERIAL, punches(50, acknowledged * 50))
    assert again.news == 50, again
    assert await kept(ledger) == punches((acknowledged + 1) * 50)
    await ledger.close()
    say("ok")


if __name__ == "__main__":
    _, name, argument = sys.argv
    if name == "lock":
        lock(Path(argument))
    elif name == "carry_over":
        carry_over(Path(argument))
    else:
        work = {
            "decide": decide,
            "file_too_large": file_too_large,
            "keep": keep,
            "kept_in_place": kept_in_place,
            "read_only": read_only,
        }[name]
        asyncio.run(work(Path(argument)))
