"""Every record is kept once and told as it happened, also where its time tells nothing."""

from datetime import datetime, timedelta
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Entry
from custom_components.timmy_access.protocol.messages import LogBatch, LogRecord
from custom_components.timmy_access.protocol.table import Table
from custom_components.timmy_access.records import arrivals
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FINGER, reload
from ..until import listen, until_issue
from .test_records import ago, kept

EVENT = "timmy_access_event"
AHEAD = f"records_ahead_{FINGER}"


class Seconds:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.passed


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    passing = Seconds()
    monkeypatch.setattr(arrivals, "monotonic", passing)
    return passing


async def send(
    terminal: VirtualTerminal, *shown: object, log_index: int | None = 0, enroll_id: int = 1, **said: Any
) -> None:
    """Send one frame of records of these times, and wait until it is acknowledged."""
    record = {"enrollid": enroll_id, "mode": 1, "inout": 0, "event": 0, **said}
    records = [record if one is ... else {**record, "time": one} for one in shown]
    received = len(terminal.received)
    batch = {"cmd": "sendlog", "sn": terminal.serial, "count": len(records), "record": records}
    await terminal.send(batch if log_index is None else {**batch, "logindex": log_index})
    await terminal.wait_received("sendlog", after=received)


def text(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}"


async def entries(hub: Hub) -> list[Entry]:
    return [record.entry async for record in hub.ledger.export()]


async def told(hass: HomeAssistant, heard: list[Any]) -> list[tuple[str, int | None]]:
    await hass.async_block_till_done(wait_background_tasks=True)
    return [(event.data["type"], event.data.get("enroll_id")) for event in heard]


@pytest.mark.parametrize(
    "written", ["0000-00-00 00:00:00", "05/11/2026 08:00", "2026-13-01 08:00:00", "", 0, None, ...]
)
async def test_a_second_punch_without_a_time_is_a_record_of_its_own(
    hub: Hub, finger: VirtualTerminal, seconds: Seconds, written: object
) -> None:
    """What is sent again is not."""
    for _ in range(3):
        await send(finger, written)
        await send(finger, written)
        seconds.passed += arrivals.RESENT_SECONDS
    assert await kept(hub) == 3
    assert not any(entry.is_time_known or entry.live for entry in await entries(hub))


async def test_equal_records_of_one_frame_are_as_many(hub: Hub, finger: VirtualTerminal) -> None:
    await send(finger, "", "", "")
    await send(finger, "", "", "")
    assert await kept(hub) == 3


@pytest.mark.parametrize(
    "written", ["%d/%m/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M:%S"]
)
async def test_a_time_in_another_form_is_read(hub: Hub, finger: VirtualTerminal, written: str) -> None:
    at = ago(hours=2).replace(day=26)
    await send(finger, at.strftime(written))
    [entry] = await entries(hub)
    assert (entry.time, entry.is_time_known) == (at, True)


async def test_seconds_since_1970_are_read(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    now = int(time.time())
    await send(finger, now)
    [entry] = await entries(hub)
    assert (entry.occurred_at.timestamp(), entry.live) == (now, True)
    assert len(await told(hass, heard)) == 1


@pytest.mark.parametrize("counts", [True, False])
async def test_a_second_punch_of_a_clock_that_stands_is_kept_and_told(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, seconds: Seconds, *, counts: bool
) -> None:
    heard = listen(hass, EVENT)
    at = text(ago(seconds=0))
    for index in range(3):
        await send(finger, at, log_index=index if counts else 0)
        await send(finger, at, log_index=index if counts else 0)  # sent again
        seconds.passed += arrivals.COUNTED_SECONDS if counts else arrivals.RESENT_SECONDS
    assert await kept(hub) == 3
    assert await told(hass, heard) == [("access", 1)] * 3


async def test_a_clock_that_stands_silences_nobody_for_the_rest_of_the_day(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, seconds: Seconds
) -> None:
    """That it stands is known when one who came later shows the same time; then the arrival tells."""
    heard = listen(hass, EVENT)
    hub.terminals[FINGER].clock.measured(ago(seconds=2), 0)
    at = text(ago(minutes=30))
    await send(finger, at)
    for enroll_id in (2, 1, 2, 2):
        seconds.passed += arrivals.STANDING_SECONDS
        await send(finger, at, enroll_id=enroll_id)
    assert await kept(hub) == 5
    assert await told(hass, heard) == [("access", 2), ("access", 1), ("access", 2), ("access", 2)]
    since = dt_util.utcnow() - timedelta(minutes=1)
    assert sum(entry.occurred_at >= since for entry in await entries(hub)) == 4
    await send(finger, text(ago(minutes=1)))  # it goes again
    seconds.passed += arrivals.STANDING_SECONDS
    await send(finger, text(ago(minutes=1)))
    assert await kept(hub) >= 6


async def test_what_may_have_waited_is_no_news_of_a_clock_that_stands(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, seconds: Seconds
) -> None:
    heard = listen(hass, EVENT)
    hub.terminals[FINGER].clock.measured(ago(seconds=2), 9)
    at = text(ago(minutes=30))
    for enroll_id in (1, 2, 1):
        await send(finger, at, enroll_id=enroll_id)
        seconds.passed += arrivals.STANDING_SECONDS
    assert await kept(hub) == 3
    assert await told(hass, heard) == []


@pytest.mark.parametrize("restarted", [True, False])
async def test_what_was_not_acknowledged_is_kept_once_over_the_next_connection(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    finger: VirtualTerminal,
    seconds: Seconds,
    *,
    restarted: bool,
) -> None:
    await send(finger, "", "")
    if restarted:
        hub = await reload(hass, entry, finger)
    else:
        await finger.drop()
        await finger.wait_registered()
    hub.terminals[FINGER].clock.unsent = 2
    await send(finger, "", "")
    assert await kept(hub) == 2
    seconds.passed += arrivals.RESENT_SECONDS
    await send(finger, "")
    assert await kept(hub) == 3


async def test_what_comes_before_its_time_swallows_nothing_that_comes_at_it(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = listen(hass, EVENT)
    forced: dict[str, Any] = {"enroll_id": 0, "mode": 0, "event": 5}
    now = dt_util.utcnow
    shown = text(ago(minutes=-10))
    await send(finger, shown, **forced)
    await send(finger, shown, **forced)
    assert await kept(hub) == 1
    seconds.passed += 600
    monkeypatch.setattr(dt_util, "utcnow", lambda: now() + timedelta(minutes=10))
    monkeypatch.setattr(hub.terminals[FINGER].clock, "_now", lambda: now() + timedelta(minutes=10))
    await send(finger, shown, **forced)
    assert await kept(hub) == 2
    assert [kind for kind, _ in await told(hass, heard)] == ["door"]
    first, second = sorted(await entries(hub), key=lambda entry: entry.received_at)
    assert (first.live, first.is_time_known, second.live, second.is_time_known) == (False, False, True, True)
    assert first.occurred_at <= first.received_at


async def test_records_of_the_future_are_a_repair_issue_until_the_clock_is_right(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    await send(finger, text(ago(days=-400)))
    assert await until_issue(hass, AHEAD)
    await send(finger, text(ago(days=1)))
    assert ir.async_get(hass).async_get_issue(DOMAIN, AHEAD)
    await send(finger, text(ago(seconds=0)))
    assert ir.async_get(hass).async_get_issue(DOMAIN, AHEAD) is None
    await send(finger, text(ago(days=-400)), enroll_id=2)
    assert await until_issue(hass, AHEAD)
    await hub.terminals[FINGER].upkeep.async_correct_clock()
    assert ir.async_get(hass).async_get_issue(DOMAIN, AHEAD) is None


async def test_what_is_fetched_is_not_kept_a_second_time(hub: Hub, finger: VirtualTerminal, seconds: Seconds) -> None:
    """Nor what is sent after it was fetched."""
    record = {"enrollid": 1, "mode": 1, "inout": 0, "event": 0, "time": ""}
    ahead = {**record, "time": text(ago(days=-3))}
    await send(finger, "")
    await send(finger, ahead["time"])
    terminal = hub.terminals[FINGER]
    table = records_of([record, ahead, record])
    for new in (1, 0):
        assert (await terminal.records.async_take_history(table)).news == new
    seconds.passed += arrivals.RESENT_SECONDS
    await send(finger, "")
    assert await kept(hub) == 4


def records_of(records: list[dict[str, Any]]) -> Table[LogRecord]:
    return LogBatch.parse({"record": records}).records
