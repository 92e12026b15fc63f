"""The log shows when terminals were not connected, and says only what is known of what they recorded meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.hub import absences
from custom_components.timmy_access.hub.absences import Absence, Arrived
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.messages import DeviceInfo
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE, FINGER
from .told import Told, asked, told

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def info(used: int | None, capacity: int | None = 100) -> DeviceInfo:
    return DeviceInfo(logs_used=used, logs_capacity=capacity)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell also of absences that are as short as a test."""
    monkeypatch.setattr(absences, "SHORTEST", timedelta())


@pytest.mark.parametrize(
    ("before", "back", "unsent", "arrived"),
    [
        (7, info(7), 0, Arrived.WHOLE),
        (7, info(9), 2, Arrived.COMING),
        (7, info(9), None, Arrived.NOT_KNOWN),
        (None, info(9), 0, Arrived.NOT_KNOWN),
        (7, info(None), 0, Arrived.NOT_KNOWN),
        # It has been emptied, and what it had not sent with it.
        (7, info(0), 0, Arrived.NOT_KNOWN),
        # It is full, and overwrites what is oldest.
        (7, info(100), 0, Arrived.NOT_KNOWN),
    ],
)
def test_what_is_known_of_a_terminal_that_is_back(
    before: int | None, back: DeviceInfo, unsent: int | None, arrived: Arrived
) -> None:
    ended = Absence(since=NOON, logs=before).ended(NOON + timedelta(hours=2), back, unsent)
    assert (ended.arrived, ended.until) == (arrived, NOON + timedelta(hours=2))


def test_what_was_unsent_has_come_when_it_was_counted_or_the_terminal_says_so() -> None:
    coming = Absence(since=NOON, logs=7).ended(NOON, info(10), 3)
    assert coming.caught_up(2).arrived is Arrived.COMING
    assert coming.caught_up(2).caught_up(1).arrived is Arrived.WHOLE
    assert coming.heard(DeviceInfo(logs_used=10, logs_unsent=1)).arrived is Arrived.COMING
    assert coming.heard(DeviceInfo(logs_used=10, logs_unsent=0)).arrived is Arrived.WHOLE
    # Emptied before everything had come.
    assert coming.heard(DeviceInfo(logs_used=0, logs_unsent=0)).arrived is Arrived.NOT_KNOWN


def of(serial: str, news: Told) -> list[Told]:
    return [it for it in news["absences"] if it["serial"] == serial]


async def test_a_terminal_goes_and_comes_back_with_what_it_has_recorded(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    assert (await asked(client, "absences"))["success"]
    assert await told(client) == {"absences": []}
    await face.stop()
    (away,) = of(FACE, await told(client))
    assert (away["until"], away["arrived"]) == (None, "away")
    began = dt_util.parse_datetime(away["since"], raise_on_error=True)
    assert abs((dt_util.utcnow() - began).total_seconds()) < 60
    for _ in range(3):
        face.punch(1)
    await face.start()
    news = await told(client, lambda news: of(FACE, news)[0]["arrived"] == "whole")
    (back,) = of(FACE, news)
    assert back["since"] == away["since"]
    assert back["until"] is not None


async def test_one_terminal_is_followed_alone(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await face.stop()
    await finger.stop()
    await finger.wait_for(lambda: True if len(hub.absences.absences) == 2 else None)
    client = await hass_ws_client(hass)
    await asked(client, "absences", serial=FINGER)
    assert [it["serial"] for it in (await told(client))["absences"]] == [FINGER]


async def test_who_comes_back_at_once_was_not_absent(
    hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absences, "SHORTEST", timedelta(seconds=60))
    await face.stop()
    await face.wait_for(lambda: hub.absences.is_waiting or None)
    await face.start()
    await face.wait_for(lambda: None if hub.absences.is_waiting else True)
    assert hub.absences.absences == {FACE: ()}


async def test_while_home_assistant_does_not_run_nobody_is_connected(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    before = dt_util.utcnow()
    assert await hass.config_entries.async_reload(entry.entry_id)
    again: Hub = entry.runtime_data
    # It dials again as soon as somebody listens, which may be before all of the listener is there.
    (began,) = again.absences.absences[FACE]
    assert before <= began.since <= dt_util.utcnow()
    await face.wait_for(lambda: again.absences.absences[FACE][0].until, timeout=30)
    (ended,) = again.absences.absences[FACE]
    assert ended.until is not None
    assert ended.since == began.since < ended.until


async def test_a_terminal_that_is_removed_is_forgotten(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await face.stop()
    await face.wait_for(lambda: hub.absences.absences.get(FACE))
    subentry = next(it for it in entry.subentries.values() if it.unique_id == FACE)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    assert FACE not in hub.absences.absences
