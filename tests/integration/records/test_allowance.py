"""What one terminal may add to the access log in a day, with a real database and real terminals."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from custom_components.timmy_access.errors import LogAllowanceUsedUp
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.records import allowance
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, FACE, FINGER
from ..guests.test_guests import make_pass
from ..services.test_actions import act
from ..until import issues_of, listen, until, until_issue
from .test_records import ACCESS, ago, kept

pytestmark = pytest.mark.usefixtures("moments_shown")

ISSUE = f"log_allowance_used_up_{FINGER}"
RECORDS = 5

type NextDay = Callable[[], None]


@pytest.fixture
def next_day(monkeypatch: pytest.MonkeyPatch) -> NextDay:
    """Let a terminal add few records, and return how to let the day end."""
    today = date(2026, 11, 26)

    def _next_day() -> None:
        nonlocal today
        today += timedelta(days=1)

    monkeypatch.setattr(allowance, "RECORDS_A_DAY", RECORDS)
    monkeypatch.setattr(allowance, "_today", lambda: today)
    return _next_day


def batch(first: int, count: int) -> dict[str, Any]:
    records = [
        {"enrollid": number, "time": str(ago(days=1)), "mode": 1, "inout": 0, "event": 0}
        for number in range(first, first + count)
    ]
    return {"cmd": "sendlog", "sn": FINGER, "count": count, "logindex": first, "record": records}


async def use_up(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, first: int = 100) -> None:
    received = len(finger.received)
    await finger.send(batch(first, RECORDS))
    assert (await finger.wait_received("sendlog", after=received))["result"] is True
    assert await until_issue(hass, ISSUE)


async def test_a_full_memory_of_the_largest_terminal_is_within_it() -> None:
    used = allowance.Allowance(FINGER)
    assert used.async_allows()
    used.async_use(1_100_000)
    assert used.async_allows()


async def test_what_is_beyond_it_is_told_and_stays_on_the_terminal_until_the_next_day(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal, next_day: NextDay
) -> None:
    made = await make_pass(hass, hub, FINGER)
    heard = listen(hass, "timmy_access_event")
    await use_up(hass, hub, finger)
    finger.punch(1)
    await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
    sent = len(finger.sent)
    await finger.wait_transmitted("sendlog", after=sent)  # again and again
    assert finger.unsent == 1
    assert await kept(hub) == RECORDS
    # Doors, guests and everybody else go on.
    await act(hass, hub, FINGER, "open_door", door=1)
    await finger.send({"cmd": "sendqrcode", "sn": FINGER, "record": made["code"]})
    assert (await finger.wait_received("sendqrcode"))["access"] == 1
    face.punch(1)
    await face.wait_sent()
    assert await kept(hub, FACE) == 1
    assert issues_of(hass).keys() == {ISSUE}
    next_day()
    await finger.wait_sent()
    await until_issue(hass, ISSUE, present=False)
    await hass.async_block_till_done()
    assert await kept(hub) == RECORDS + 1
    assert [event.data["type"] for event in heard if event.data.get("person") == ADA].count("access") == 2


async def test_what_is_known_already_counts_once_and_is_acknowledged(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, next_day: NextDay
) -> None:
    same = batch(100, RECORDS - 1)  # made once: a second later it would be others
    for _ in range(3):
        received = len(finger.received)
        await finger.send(same)
        assert (await finger.wait_received("sendlog", after=received))["result"] is True
    assert not hub.terminals[FINGER].records.allowance.is_used_up
    await use_up(hass, hub, finger, first=200)
    received = len(finger.received)
    await finger.send(same)
    assert (await finger.wait_received("sendlog", after=received))["result"] is True


async def test_what_was_asked_for_is_not_taken_either_and_nothing_is_deleted(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, next_day: NextDay
) -> None:
    finger.machine.log({"enrollid": 1, "time": str(ago(days=2)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    await hub.ledger.purge([FINGER], dt_util.utcnow())
    await use_up(hass, hub, finger)
    for action, data in (("fetch_logs", {}), ("delete_logs", {"confirm": True})):
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, hub, FINGER, action, **data)
        assert error.value.translation_key == "log_allowance_used_up"
    assert finger.logs
    with pytest.raises(LogAllowanceUsedUp):
        await hub.terminals[FINGER].catching_up.async_fetch()
    await hub.nightly.async_round()
    assert await kept(hub) == RECORDS
    next_day()
    assert (await act(hass, hub, FINGER, "fetch_logs") or {})["new"] == 1


async def test_whoever_listens_is_told_when_it_is_used_up_and_when_that_is_over(next_day: NextDay) -> None:
    used = allowance.Allowance(FINGER)
    told: list[bool] = []

    @callback
    def _tell() -> None:
        told.append(used.is_used_up)

    stop = used.async_listen(_tell)
    for records in (RECORDS - 1, 1, 1):
        assert used.async_allows()
        used.async_use(records)
        if used.is_used_up:
            break
    assert not used.async_allows()
    next_day()
    assert used.async_allows()
    assert told == [True, False]
    stop()
    used.async_use(RECORDS)
    assert told == [True, False]
