"""What SQLite refuses at once, whatever patience it was given, is asked for again while another connection is at it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.timmy_access.ledger import Limits, default_url, sqlite

from .processes import child, line, release
from .support import PUNCH, SECONDS, SERIAL, running

# SQLite itself waits longer than the test does.
PATIENT = Limits(busy=2 * SECONDS, commit=2 * SECONDS)


@pytest.fixture
def first_pause(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[None]]], list[float]]:
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


async def test_new_file_that_another_one_writes_to(
    tmp_path: Path, first_pause: Callable[[Callable[[], Awaitable[None]]], list[float]]
) -> None:
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


async def test_backup_while_another_one_carries_the_log_over(
    tmp_path: Path, first_pause: Callable[[Callable[[], Awaitable[None]]], list[float]]
) -> None:
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
