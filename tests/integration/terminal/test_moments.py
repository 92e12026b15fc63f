"""Punches and door events: live ones act, old ones never do."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from custom_components.timmy_access.const import LOGGER
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.log_budget import LogBudget
from custom_components.timmy_access.terminal.moments import DoorKind, DoorMoment, Moment, Moments
from homeassistant.core import CoreState, HomeAssistant, State
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, FACE, FINGER, MakeTerminal, connected
from ..until import state_of, until, until_state

pytestmark = pytest.mark.usefixtures("moments_shown")

ACCESS = "event.front_door_access"
DOOR = "event.front_door_door_events"


def record(**changes: Any) -> dict[str, Any]:
    now = dt_util.now().strftime("%Y-%m-%d %H:%M:%S")
    return {"enrollid": 1, "time": now, "mode": 1, "inout": 0, "event": 0, **changes}


async def report(terminal: VirtualTerminal, *records: dict[str, Any], index: int = 0) -> None:
    """Send records as one batch and wait for the acknowledgement."""
    received = len(terminal.received)
    await terminal.send(
        {
            "cmd": "sendlog",
            "sn": terminal.serial,
            "count": len(records),
            "logindex": index,
            "record": list(records),
        }
    )
    answer = await terminal.wait_received("sendlog", after=received)
    assert (answer["result"], answer["count"], answer["logindex"]) == (True, len(records), index)


async def test_a_punch_is_an_event_with_the_persons_name(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.punch(1)
    state = await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
    occurred_at = datetime.fromisoformat(state.attributes["occurred_at"])
    assert abs(dt_util.utcnow() - occurred_at) < timedelta(seconds=10)
    assert state.attributes["event_type"] == "face"
    assert state.attributes["enroll_id"] == 1
    assert state.attributes["mode"] == 8
    assert state.attributes["reader"] == "main"
    assert "image" not in str(state.attributes)
    assert state_of(hass, "sensor.front_door_latest_punch").state == ADA
    shown = dt_util.parse_datetime(state_of(hass, "sensor.front_door_latest_punch_time").state)
    assert shown == occurred_at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("changes", "kind", "person"),
    [
        ({"mode": 1}, "fingerprint", ADA),
        ({"mode": 2}, "password", ADA),
        ({"mode": 3}, "card", ADA),
        ({"mode": 8, "name": "Bob"}, "face", "Bob"),
        ({"mode": 9}, "combined", ADA),
        ({"mode": 13}, "qr_code", ADA),
        ({"mode": 15, "enrollid": "001"}, "other", ADA),
        ({"mode": 16}, "palm", ADA),
        ({"mode": 77, "enrollid": 5}, "other", "User 5"),
        ({"mode": 128}, "password", ADA),
        ({"mode": 8, "enrollid": 99999999, "event": 2}, "unrecognised", None),
        ({"mode": 3, "inout": 1, "event": 4, "temp": "36.5"}, "card", ADA),
        ({"name": "A\nB\u202e"}, "fingerprint", "A�B�"),
    ],
)
async def test_every_method_has_a_word(
    hass: HomeAssistant,
    face: VirtualTerminal,
    changes: dict[str, Any],
    kind: str,
    person: str | None,
) -> None:
    await report(face, record(**changes))
    await hass.async_block_till_done()
    attributes = state_of(hass, ACCESS).attributes
    assert (attributes["event_type"], attributes["person"]) == (kind, person)
    if changes.get("temp"):
        assert attributes["temperature"] == 36.5
        assert (attributes["reader"], attributes["function_key"]) == ("second", 4)


@pytest.mark.parametrize("kind", list(DoorKind))
async def test_every_door_event_has_a_word(hass: HomeAssistant, face: VirtualTerminal, kind: DoorKind) -> None:
    number = [
        "closed",
        "opened",
        "exit_button",
        "opened_by_software",
        "closed_by_software",
        "forced_open",
        "tamper",
        "alarm",
        "boot",
    ].index(kind)
    await report(face, record(enrollid=0, mode=0, inout=1, event=number))
    state = await until(hass, DOOR, lambda state: state.attributes.get("event_type") == kind)
    assert "person" not in state.attributes
    assert state_of(hass, ACCESS).state == "unknown"


async def test_what_is_no_moment_changes_nothing(hass: HomeAssistant, face: VirtualTerminal) -> None:
    no_id = record()
    del no_id["enrollid"]
    no_time = record()
    del no_time["time"]
    await report(face, record(enrollid=0, event=99), no_id, no_time)
    await hass.async_block_till_done()
    assert state_of(hass, ACCESS).state == "unknown"
    assert state_of(hass, DOOR).state == "unknown"


async def test_old_records_are_history(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    fired: list[str] = []
    hass.bus.async_listen("state_changed", lambda event: fired.append(event.data["entity_id"]))
    old = (dt_util.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    await report(face, record(time=old), record(time=old, enrollid=0, event=1))
    await report(face, record(time="2024-01-01 00:00:00"))
    future = (dt_util.now() + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    await report(face, record(time=future))
    await hass.async_block_till_done()
    assert fired == []
    assert hub.terminals[FACE].counters.history == 4


async def test_a_backlog_made_while_the_clock_was_wrong_is_history(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """The clock was an hour ahead: what happened an hour ago carries the time of now."""
    terminal = make_terminal("tfs30", FINGER)
    terminal.clock_offset = timedelta(hours=1)
    terminal.punch(1, time=dt_util.now().replace(tzinfo=None) - timedelta(seconds=5))
    await connected(hass, terminal)
    await terminal.wait_sent()
    assert hub.terminals[FINGER].counters.history == 1
    assert state_of(hass, "event.office_access").state == "unknown"
    terminal.punch(1)  # the clock has been set by now, and this is live
    await until(hass, "event.office_access", lambda state: state.state != "unknown")


async def test_repeated_frames_are_one_event(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    fired: list[str] = []
    hass.bus.async_listen(
        "state_changed",
        lambda event: fired.append(event.data["entity_id"]) if event.data["entity_id"].startswith("event.") else None,
    )
    same = record()
    for index in (0, 0, 1, 2):
        await report(finger, same, index=index)
    await hass.async_block_till_done()
    assert fired == ["event.office_access"]
    assert hub.terminals[FINGER].counters.duplicates == 3


async def test_what_is_remembered_is_bounded(
    hub: Hub, finger: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.timmy_access.records.records.REMEMBERED", 3)
    await report(finger, *(record(enrollid=number) for number in range(1, 10)))
    assert len(hub.terminals[FINGER].records._kept) == 3


async def test_names_are_learnt_from_uploads(hass: HomeAssistant, finger: VirtualTerminal) -> None:
    received = len(finger.received)
    await finger.send({"cmd": "senduser", "enrollid": 7, "name": "Grace", "backupnum": 0, "record": ""})
    assert (await finger.wait_received("senduser", after=received))["result"] is True
    await report(finger, record(enrollid=7))
    await until_state(hass, "sensor.office_latest_punch", "Grace")


async def test_events_stay_while_the_terminal_is_away(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.punch(1)
    await face.wait_sent()
    await hass.async_block_till_done()
    before = {name: state_of(hass, name).state for name in (ACCESS, "sensor.front_door_latest_punch")}
    await face.stop()
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    assert {name: state_of(hass, name).state for name in before} == before


async def test_the_latest_punch_survives_a_restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.set_state(CoreState.not_running)
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State("sensor.front_door_latest_punch", ADA),
                {"native_value": ADA, "native_unit_of_measurement": None},
            )
        ],
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert state_of(hass, "sensor.front_door_latest_punch").state == ADA
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_failing_listener_keeps_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moments = Moments(LogBudget(LOGGER))
    heard: list[Moment] = []
    first, second = (DoorMoment(kind=kind, occurred_at=dt_util.utcnow()) for kind in (DoorKind.OPENED, DoorKind.CLOSED))

    def fail(moment: Moment) -> None:
        raise ValueError(moment)

    moments.async_subscribe(fail)
    remove = moments.async_subscribe(heard.append)
    moments.async_publish(first)
    remove()
    moments.async_publish(second)
    assert heard == [first]
    assert caplog.text.count("A listener failed") == 2


async def test_codes_and_pins_are_refused(face: VirtualTerminal) -> None:
    assert (await face.scan_qr("secret-code"))["access"] == 0
    assert (await face.enter_pin("4711"))["access"] == 0
    assert face.doors[1].openings == 0
