"""What SQLite refuses at once, whatever patience it was given, is asked for again while another connection is at it."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
import os
from pathlib import Path
import sqlite3
import sys

import pytest

from custom_components.timmy_access.ledger import Cause, LedgerUnavailable, default_url, sqlite

from .processes import child, line, release
from .support import PATIENT, PUNCH, SECONDS, SERIAL, Watch, running

# Has something done at the first pause, and returns the pauses that are made.
type Then = Callable[[Callable[[], Awaitable[None]]], list[float]]


@pytest.fixture
def first_pause(monkeypatch: pytest.MonkeyPatch) -> Then:
    """Give a way to have something done, once, when the ledger is refused something and pauses."""

    def _then(work: Callable[[], Awaitable[None]]) -> list[float]:
        loop, pauses = asyncio.get_running_loop(), list[float]()

        async def _work() -> None:
            await work()

        def _pause(seconds: float) -> None:
            if not pauses:
                asyncio.run_coroutine_threadsafe(_work(), loop).result(SECONDS)
            pauses.append(seconds)

        monkeypatch.setattr(sqlite, "sleep", _pause)
        return pauses

    return _then


async def test_new_file_that_another_one_writes_to(tmp_path: Path, first_pause: Then) -> None:
    """As where several homes make the same file in the same moment."""
    with closing(sqlite3.connect(tmp_path / "timmy_access.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def _leave() -> None:
            other.execute("ROLLBACK")

        pauses = first_pause(_leave)
        async with asyncio.timeout(SECONDS), running(default_url(tmp_path), PATIENT) as ledger:
            assert pauses
            assert ledger.health.available
            assert (await ledger.keep(SERIAL, [PUNCH])).news == 1


async def test_backup_while_another_one_carries_the_log_over(tmp_path: Path, first_pause: Then) -> None:
    async with running(default_url(tmp_path), PATIENT) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        async with child("carry_over", tmp_path) as other:
            assert await line(other) == "locked"
            pauses = first_pause(lambda: release(other))
            async with asyncio.timeout(SECONDS):
                await ledger.begin_backup()
            assert pauses
        assert (tmp_path / "timmy_access.db-wal").stat().st_size == 0
        await ledger.end_backup()


async def test_backup_waits_no_longer_because_it_was_refused_first(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first_pause: Then,
) -> None:
    """Records wait behind it: once SQLite refuses and once more SQLite waits were longer than a commit may take."""
    passed = [0.0]
    monkeypatch.setattr(sqlite, "monotonic", lambda: passed.pop(0) if len(passed) > 1 else passed[0])
    with closing(sqlite3.connect(tmp_path / "timmy_access.db", isolation_level=None)) as reader:
        async with running(default_url(tmp_path), PATIENT) as ledger, child("carry_over", tmp_path) as other:
            await ledger.keep(SERIAL, [PUNCH])
            assert await line(other) == "locked"

            async def _read_instead() -> None:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM records").fetchone()
                await release(other)
                passed[:] = [PATIENT.busy - 0.1, PATIENT.busy]

            first_pause(_read_instead)
            async with asyncio.timeout(SECONDS):
                with pytest.raises(LedgerUnavailable) as caught:
                    await ledger.begin_backup()
            assert caught.value.cause is Cause.LOCKED
            reader.execute("ROLLBACK")


@pytest.mark.parametrize("makes_nodes", [True, False])
async def test_lock_of_somebody_else_in_this_process_outlives_the_making_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, makes_nodes: bool
) -> None:
    """Where a file that was made is closed, the system lets go of all locks that this process has on it."""
    path = tmp_path / "timmy_access.db"
    with ExitStack() as others:

        def _then_locked[**P, T](make: Callable[P, T]) -> Callable[P, T]:
            def _make(*args: P.args, **kwargs: P.kwargs) -> T:
                is_new = path in args and not path.exists()
                made = make(*args, **kwargs)
                if is_new:
                    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                    others.enter_context(closing(other)).execute("BEGIN IMMEDIATE")
                return made

            return _make

        def _refuse(*_: object) -> None:
            raise PermissionError

        if not makes_nodes:
            monkeypatch.setattr(os, "mknod", _refuse)
        for name in ("open", "mknod", "link"):
            monkeypatch.setattr(os, name, _then_locked(getattr(os, name)))
        async with running(default_url(tmp_path)) as ledger:
            assert ledger.health.cause is Cause.LOCKED
            assert await is_locked(path)
            watch = Watch(ledger)
            others.close()
            await watch.well()
            assert (await ledger.keep(SERIAL, [PUNCH])).news == 1


async def is_locked(path: Path) -> bool:
    """Return whether another process is refused."""
    ask = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", ask, stderr=PIPE)
    _, said = await process.communicate()
    assert not said or b"database is locked" in said, said
    return process.returncode != 0
