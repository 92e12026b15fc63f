"""A day of three terminals in a minute: reboots, a loss, and the night in which the clocks go back; it all adds up."""

from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import RecordFilter, RecordKind
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal
from simulator.clock import local_now

from ..conftest import CONTROLLER, FACE, FINGER

BERLIN = ZoneInfo("Europe/Berlin")
# At 01:00 UTC of the 25th it is three o'clock, and then two.
BEGIN = datetime(2026, 10, 24, 14, 0, tzinfo=UTC)
STEP = timedelta(minutes=10)
STEPS = 24 * 6
PEOPLE = 59
# One terminal's switch is away for an hour, just before the hour that comes twice, and each reboots once a day.
LOST, LOST_STEPS = FINGER, range(54, 60)
REBOOT_STEPS = {FACE: 64, FINGER: 70, CONTROLLER: 78}


class Day:
    """The time that Home Assistant and its terminals believe in."""

    def __init__(self) -> None:
        self.now = BEGIN

    def utcnow(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def local(self, time_zone: tzinfo | None = None) -> datetime:
        return self.now.astimezone(time_zone or BERLIN)

    def set(self, terminal: VirtualTerminal) -> None:
        """Let a terminal's clock show this time, as it does after a registration."""
        terminal.clock_offset = self.local().replace(tzinfo=None) - local_now()


@pytest.fixture
async def day(hass: HomeAssistant, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Day:
    await hass.config.async_set_time_zone("Europe/Berlin")
    day = Day()
    monkeypatch.setattr(dt_util, "utcnow", day.utcnow)
    monkeypatch.setattr(dt_util, "now", day.local)
    for terminal in hub.terminals.values():
        monkeypatch.setattr(terminal.clock, "_now", day.utcnow)
        # So many punches are of a day, and not of a few seconds.
        monkeypatch.setattr(terminal.records._punches, "_now", day.seconds)
    return day


@pytest.fixture
def terminals(face: VirtualTerminal, finger: VirtualTerminal, controller: VirtualTerminal) -> list[VirtualTerminal]:
    for terminal in (face, finger, controller):
        for enroll_id in range(1, PEOPLE + 1):
            terminal.add_user(User(enrollid=enroll_id, name=f"Person {enroll_id}"))
    return [face, finger, controller]


async def test_everything_adds_up(hass: HomeAssistant, hub: Hub, day: Day, terminals: list[VirtualTerminal]) -> None:
    told: Counter[str] = Counter()

    @callback
    def _told(event: Event) -> None:
        if event.data["type"] == "access":
            told[event.data["name"]] += 1

    hass.bus.async_listen("timmy_access_event", _told)
    for step in range(STEPS):
        day.now = BEGIN + step * STEP
        async_fire_time_changed(hass, day.now)
        for terminal in terminals:
            day.set(terminal)
            await live_through(terminal, step)
        await hass.async_block_till_done()
    await hass.async_block_till_done(wait_background_tasks=True)

    steps = [BEGIN + step * STEP for step in range(STEPS)]
    for terminal in terminals:
        late = len(LOST_STEPS) if terminal.serial == LOST else 0
        known = hub.terminals[terminal.serial]
        assert told[known.name] == STEPS - late
        assert known.counters.history == late
        assert known.counters.failed_handlers == 0
        assert known.counters.connections == 2 + bool(late)  # at first, after the reboot, and after the loss
        where = RecordFilter(serials=[terminal.serial], kind=RecordKind.PUNCH)
        assert await hub.ledger.count(where) == {terminal.serial: STEPS}
        page = await hub.ledger.records(where, limit=STEPS + 1)
        assert sorted(record.entry.occurred_at for record in page.records) == steps
    # An hour has sixty minutes, also in the night that has one hour more.
    hours = (await hub.ledger.hours()).hours
    assert [hour.punches for hour in hours] == [6] * (len(terminals) * STEPS // 6)


async def live_through(terminal: VirtualTerminal, step: int) -> None:
    """Let ten minutes pass at a terminal; somebody comes."""
    if terminal.serial == LOST and step == LOST_STEPS.start:
        await terminal.stop()
    if terminal.serial == LOST and step == LOST_STEPS.stop:
        await terminal.start()
        await terminal.wait_sent()
    if step == REBOOT_STEPS[terminal.serial]:
        await terminal.power_cycle()
        await terminal.wait_registered()
    # Within the hour that comes twice, nobody is there at the same time twice.
    terminal.punch(1 + step % PEOPLE)
    if terminal.serial != LOST or step not in LOST_STEPS:
        await terminal.wait_sent()
