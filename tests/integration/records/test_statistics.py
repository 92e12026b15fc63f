"""Accesses per hour, with a recorder."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, Ledger, LedgerUnavailable
from custom_components.timmy_access.records.statistics import statistic_id
from custom_components.timmy_access.terminal.patient_work import AGAIN_SECONDS
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal
from tests.ledger import servers
from tests.ledger.servers import PostgreSQLServer, Server

from ..conftest import FINGER, MakeTerminal, connected
from ..flows.test_replacing import admitted, replace, wait_outside


@pytest.fixture
async def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """The recorder has to be there before Home Assistant."""


@pytest.fixture
def recording(recorder_mock: Recorder) -> Recorder:
    return recorder_mock


async def test_statistics_have_the_true_time(
    recording: Recorder, hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    finger = make_terminal("tfs30", FINGER)
    noon = dt_util.now().replace(minute=5, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
    await connected(hass, finger)

    async def sums() -> list[tuple[float | None, float | None]]:
        await hub.statistics.async_write()
        await async_wait_recording_done(hass)
        identity = statistic_id(FINGER)
        rows = await recording.async_add_executor_job(
            statistics_during_period,
            hass,
            dt_util.utc_from_timestamp(0),
            None,
            {identity},
            "hour",
            None,
            {"state", "sum"},
        )
        return [(row.get("state"), row.get("sum")) for row in rows.get(identity, [])]

    for minutes in (0, 10, 60):
        finger.machine.log(
            {"enrollid": 1, "time": str(noon + timedelta(minutes=minutes)), "mode": 1, "inout": 0, "event": 0}
        )
    await finger.wait_sent()
    assert await sums() == [(2, 2), (1, 3)]
    # One that was forgotten on the terminal, of an hour before all others.
    finger.machine.log({"enrollid": 1, "time": str(noon - timedelta(hours=2)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    assert await sums() == [(1, 1), (2, 3), (1, 4)]
    # The ledger lets go of old hours; the statistics do not go back.
    await hub.ledger.purge([FINGER], dt_util.utcnow())
    finger.punch(1)
    await finger.wait_sent()
    assert (await sums())[-1] == (1, 5)
    # Nor for one that comes in late, before all that it let go of.
    finger.machine.log({"enrollid": 1, "time": str(noon - timedelta(hours=5)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    assert await sums() == [(1, 1), (1, 2), (2, 4), (1, 5), (1, 6)]


async def test_the_statistic_goes_on_when_another_terminal_takes_the_place(
    recording: Recorder, hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Also in the hour in which both were there, and with what was not counted yet."""
    old, new = make_terminal("tfs30", FINGER), make_terminal("tfs30", "ZYTI00000088")
    noon = dt_util.now().replace(minute=5, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)

    async def counted(terminal: VirtualTerminal, *minutes: int) -> list[tuple[float | None, float | None]]:
        for minute in minutes:
            terminal.machine.log(
                {"enrollid": 1, "time": str(noon + timedelta(minutes=minute)), "mode": 1, "inout": 0, "event": 0}
            )
        await terminal.wait_sent()
        return await sums()

    async def sums() -> list[tuple[float | None, float | None]]:
        await entry.runtime_data.statistics.async_write()
        await async_wait_recording_done(hass)
        identity, begin = statistic_id(FINGER), dt_util.utc_from_timestamp(0)
        rows = await recording.async_add_executor_job(
            statistics_during_period, hass, begin, None, {identity}, "hour", None, {"state", "sum"}
        )
        return [(row.get("state"), row.get("sum")) for row in rows.get(identity, [])]

    await connected(hass, old)
    assert await counted(old, -60, 0) == [(1, 1), (1, 2)]
    old.machine.log({"enrollid": 1, "time": str(noon + timedelta(minutes=1)), "mode": 1, "inout": 0, "event": 0})
    await old.wait_sent()
    await old.stop()
    await wait_outside(hass, new)
    await replace(hass, entry, FINGER, new.serial)
    await admitted(hass, entry.runtime_data, new)
    assert await counted(new, 2) == [(1, 1), (3, 4)]
    assert await counted(new, 3, 60) == [(1, 1), (4, 5), (1, 6)]
    # Also where the first that is counted anew is of an hour before.
    assert await counted(new, -59, 4) == [(2, 2), (5, 7), (1, 8)]


async def test_what_was_not_counted_while_the_database_was_away_is_counted_by_itself(
    recording: Recorder, hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody passes again for hours."""
    finger = await connected(hass, make_terminal("tfs30", FINGER))
    finger.punch(1)
    await finger.wait_sent()
    hours: Callable[..., Any] = Ledger.hours
    tried = 0

    async def _away(self: Ledger, *arguments: Any, **options: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise LedgerUnavailable(Cause.LOCKED)
        return await hours(self, *arguments, **options)

    monkeypatch.setattr(Ledger, "hours", _away)
    await hub.statistics.async_write()
    assert tried == 1
    assert not hub._store.counted
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=AGAIN_SECONDS))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert tried == 2
    assert hub._store.counted


async def later(hass: HomeAssistant) -> None:
    """Let time pass, so that what a terminal makes is later than all that is there: it is behind by up to a second."""
    passed = asyncio.Event()
    hass.loop.call_later(1.1, passed.set)
    await passed.wait()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with servers.running(PostgreSQLServer, "postgres") as server:
        yield server


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
async def test_the_statistic_goes_on_in_another_database(
    recording: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    make_terminal: MakeTerminal,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    """From the first record that is kept there, with what was not counted yet before; and there is a way back."""
    finger = await connected(hass, make_terminal("tfs30", FINGER))

    async def total() -> float | None:
        await entry.runtime_data.statistics.async_write()
        await async_wait_recording_done(hass)
        identity, begin = statistic_id(FINGER), dt_util.utc_from_timestamp(0)
        rows = await recording.async_add_executor_job(
            statistics_during_period, hass, begin, None, {identity}, "hour", None, {"sum"}
        )
        return rows[identity][-1].get("sum")

    async def punched(times: int) -> None:
        for _ in range(times):
            finger.punch(1, mode=20 + len(finger.logs))  # no two are alike
            await finger.wait_sent()

    async def use(url: str | None) -> None:
        await finger.stop()
        before = entry.runtime_data
        hass.config_entries.async_update_entry(entry, options={"db_url": url} if url else {})
        await hass.async_block_till_done(wait_background_tasks=True)
        assert entry.runtime_data is not before
        assert entry.runtime_data.ledger.health.available
        await connected(hass, finger)
        await later(hass)

    if kind == "sqlite":
        other = f"sqlite:///{tmp_path}/other.db"
    else:
        server: Server = request.getfixturevalue("postgresql")
        other = server.url(server.new_database())
    await punched(2)
    assert await total() == 2
    await punched(1)  # which is not counted yet when the database is changed
    await use(other)
    await punched(1)
    assert await total() == 4
    assert await total() == 4
    await punched(2)
    assert await total() == 6
    await use(None)
    assert await total() == 6
    await punched(1)
    assert await total() == 7
    # What the new database is given again of the old one is counted already.
    await use(other)
    await entry.runtime_data.terminals[FINGER].catching_up.async_fetch()
    assert len((await entry.runtime_data.ledger.records()).records) == 7
    assert await total() == 7
