"""Work that needs the database: nothing of it is lost or done twice, and it waits no longer than it has to."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.timmy_access.ledger import Cause, Health, LedgerUnavailable
from custom_components.timmy_access.terminal.patient_work import AGAIN_SECONDS, PatientWork
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util


class Database:
    """Takes what waits, unless it is away; hangs for as long as it is told to."""

    def __init__(self, hass: HomeAssistant, *, is_started: bool = True) -> None:
        self.waiting: list[str] = []
        self.taken: list[list[str]] = []
        self.tries = 0
        self.is_away = False
        self.open = asyncio.Event()
        self.open.set()
        self.begun = asyncio.Event()
        self.at_once = 0
        self._listeners: list[Callable[[Health], None]] = []
        self.ledger = SimpleNamespace(subscribe=self._subscribe)
        self.work = PatientWork(hass, cast("Any", self.ledger), self.take, "write")
        if is_started:
            self.work.async_start()

    def _subscribe(self, listener: Callable[[Health], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def take(self) -> None:
        assert self.at_once == 0
        self.at_once += 1
        try:
            self.tries += 1
            waiting, self.waiting = self.waiting, []
            self.begun.set()
            await self.open.wait()
            if self.is_away:
                self.waiting = waiting + self.waiting
                raise LedgerUnavailable(Cause.UNREACHABLE)
            self.taken.append(waiting)
        finally:
            self.at_once -= 1

    def becomes(self, *, available: bool) -> None:
        self.is_away = not available
        for listener in tuple(self._listeners):
            listener(Health(available=available, since=dt_util.utcnow()))


async def settled(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_is_asked_for_meanwhile_is_done_after_it(hass: HomeAssistant) -> None:
    database = Database(hass)
    database.open.clear()
    database.waiting = ["one"]
    database.work.async_now()
    await database.begun.wait()
    database.waiting.append("two")
    database.work.async_now()
    database.open.set()
    await settled(hass)
    assert database.taken == [["one"], ["two"]]
    await database.work.async_stop()


async def test_it_is_tried_again_after_a_while_and_when_the_database_is_back(hass: HomeAssistant) -> None:
    database = Database(hass)
    database.waiting = ["one"]
    database.becomes(available=False)
    await database.work.async_done()
    assert database.tries == 1
    # Neither hurried by what comes meanwhile, nor by more bad news.
    database.work.async_within(0)
    database.becomes(available=False)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=AGAIN_SECONDS / 2))
    await settled(hass)
    assert database.tries == 1
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=AGAIN_SECONDS + 1))
    await settled(hass)
    assert database.tries == 2
    database.becomes(available=True)
    await settled(hass)
    assert database.taken == [["one"]]
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=3 * AGAIN_SECONDS))
    await settled(hass)
    assert database.tries == 3
    await database.work.async_stop()


async def test_what_waits_is_done_at_the_end_and_nothing_after_it(hass: HomeAssistant) -> None:
    database = Database(hass)
    database.waiting = ["one"]
    database.work.async_within(3600)
    await database.work.async_stop()
    assert database.taken == [["one"]]
    database.work.async_now()
    database.becomes(available=True)
    await database.work.async_done()
    assert database.tries == 1

    hanging = Database(hass)
    hanging.open.clear()
    hanging.work.async_now()
    await hanging.begun.wait()
    await hanging.work.async_stop(0.01)
    assert hanging.at_once == 0


@pytest.mark.parametrize("seconds", [None, 0.01])
async def test_whoever_waits_for_it_goes_on_when_it_is_stopped(hass: HomeAssistant, seconds: float | None) -> None:
    database = Database(hass)
    database.open.clear()
    waiting = hass.async_create_task(database.work.async_done())
    await database.begun.wait()
    if seconds is None:
        database.work.async_cancel()
    else:
        await database.work.async_stop(seconds)
    await waiting
    assert database.at_once == 0


async def test_whoever_no_longer_waits_for_it_leaves_it_alone(hass: HomeAssistant) -> None:
    database = Database(hass)
    database.waiting = ["one"]
    database.open.clear()
    waiting = hass.async_create_task(database.work.async_done())
    await database.begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    database.open.set()
    await settled(hass)
    assert database.taken == [["one"]]
    await database.work.async_stop()


async def test_what_is_no_matter_of_the_database_is_raised_where_it_is_waited_for(hass: HomeAssistant) -> None:
    database = Database(hass)

    async def _fail() -> None:
        raise ValueError("wrong")

    work = PatientWork(hass, cast("Any", database.ledger), _fail, "fail")
    work.async_start()
    with pytest.raises(ValueError, match="wrong"):
        await work.async_done()
    await database.work.async_stop()
    work.async_cancel()


@pytest.mark.parametrize("is_started", [False, True])
@pytest.mark.parametrize("is_waited_for", [False, True])
async def test_what_was_stopped_is_not_started_any_more(
    hass: HomeAssistant, *, is_started: bool, is_waited_for: bool
) -> None:
    """As of a listener that was told to stop while it starts."""
    database = Database(hass, is_started=is_started)
    if is_waited_for:
        await database.work.async_stop()
    else:
        database.work.async_cancel()
    tries = database.tries
    database.work.async_start()
    assert not database.work.is_on
    await database.work.async_done()
    database.work.async_within(0)
    database.becomes(available=True)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=AGAIN_SECONDS))
    await settled(hass)
    assert database.tries == tries
