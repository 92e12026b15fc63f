"""A disk that takes long writes each line once, in a place of its own, and none of what the database has by then."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
import threading
from typing import Any

import pytest

from custom_components.timmy_access.records import patient_journal as module
from custom_components.timmy_access.records.journal import Journal
from custom_components.timmy_access.records.patient_journal import PatientJournal
from homeassistant.core import HomeAssistant


@dataclass(eq=False)
class Line:
    """Something that waits for the database."""

    line: Mapping[str, Any]
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    slot: int | None = None


class Slow:
    """A disk that takes nothing until it is let go, and counts who is at it at the same time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self.at_once = self.most = 0
        for name in ("append", "strike"):
            monkeypatch.setattr(Journal, name, self._slow(getattr(Journal, name)))
        monkeypatch.setattr(module, "JOURNAL_PATIENCE", 0.05)

    def _slow(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def _do(journal: Journal, what: Any) -> Any:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self.let_go.wait(10)
            try:
                return method(journal, what)
            finally:
                self.at_once -= 1

        return _do


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(monkeypatch)


async def opened(hass: HomeAssistant, path: Path) -> PatientJournal:
    journal = PatientJournal(hass, path, "a test")
    assert list(await journal.async_open(takes_room=True)) == []
    return journal


async def found(hass: HomeAssistant, path: Path) -> list[Mapping[str, Any]]:
    """Return what the next process would find, once all is done that was begun."""
    await hass.async_block_till_done(wait_background_tasks=True)
    journal = Journal(path)
    lines = await hass.async_add_executor_job(journal.open)
    await hass.async_add_executor_job(journal.close)
    return [line.content for line in lines]


async def test_two_lines_that_both_take_long_do_not_get_the_same_place(
    hass: HomeAssistant, tmp_path: Path, slow: Slow
) -> None:
    journal = await opened(hass, tmp_path / "journal")
    first, second = Line({"who": "first"}), Line({"who": "second"})
    assert not await journal.async_put(first)
    assert not await journal.async_put(second)
    assert not await journal.async_put(first)  # as when everything stops
    slow.let_go.set()
    assert await found(hass, tmp_path / "journal") == [first.line, second.line]
    assert slow.most == 1
    for line in (first, second):
        line.done.set_result(None)
        await journal.async_strike(line)
    assert await found(hass, tmp_path / "journal") == []
    await journal.async_close()


async def test_a_line_that_the_database_has_before_the_disk_is_not_found_by_the_next_process(
    hass: HomeAssistant, tmp_path: Path, slow: Slow
) -> None:
    """Nobody is disabled by the next start who was enabled again since."""
    journal = await opened(hass, tmp_path / "journal")
    line = Line({"how": "disable"})
    assert not await journal.async_put(line)
    line.done.set_result(None)
    await journal.async_strike(line)
    slow.let_go.set()
    assert await found(hass, tmp_path / "journal") == []
    await journal.async_close()


async def test_a_line_is_put_in_though_whoever_waits_is_cancelled(
    hass: HomeAssistant, tmp_path: Path, slow: Slow
) -> None:
    journal = await opened(hass, tmp_path / "journal")
    line = Line({"how": "remove"})
    putting = hass.async_create_task(journal.async_put(line))
    await asyncio.sleep(0)
    putting.cancel()
    await asyncio.wait((putting,))
    slow.let_go.set()
    assert await found(hass, tmp_path / "journal") == [line.line]
    line.done.set_result(None)
    await journal.async_strike(line)
    assert await found(hass, tmp_path / "journal") == []
    await journal.async_close()
