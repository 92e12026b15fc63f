"""The access log: acknowledged when it is safe, told once, never acting when it is old."""

import asyncio
from copy import replace
import csv
from datetime import datetime, timedelta
import gc
from http import HTTPStatus
import io
from pathlib import Path
import re
import sqlite3
import stat
from typing import Any
from unittest.mock import Mock, patch

from hypothesis import example, given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access.backup import async_post_backup, async_pre_backup
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Identity, Kept, Ledger, LedgerUnavailable, RecordFilter
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.protocol.codec import MAX_ITEMS
from custom_components.timmy_access.protocol.messages import LogBatch
from custom_components.timmy_access.protocol.throttle import Throttle
from custom_components.timmy_access.records import records as records_module
from custom_components.timmy_access.records.backlog import QUIET_SECONDS
from custom_components.timmy_access.records.export_lines import safe_cell
from custom_components.timmy_access.terminal import store as store_module
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, FACE, FINGER, MakeTerminal, connected
from ..services.test_actions import act
from ..until import listen, state_of, until, until_event, until_issue

pytestmark = pytest.mark.usefixtures("moments_shown")

ACCESS = "event.office_access"


def ago(**parts: float) -> datetime:
    return (dt_util.now() - timedelta(**parts)).replace(tzinfo=None, microsecond=0)


async def kept(hub: Hub, serial: str = FINGER) -> int:
    return (await hub.ledger.count(RecordFilter(serials=[serial]))).get(serial, 0)


async def test_a_record_is_acknowledged_after_it_is_kept(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    committed = asyncio.Event()
    keep = Ledger.keep

    async def slow(self: Ledger, *arguments: Any) -> Any:
        result = await keep(self, *arguments)
        await committed.wait()
        return result

    with patch.object(Ledger, "keep", slow):
        finger.punch(1)
        await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)  # told in the meantime
        assert finger.unsent == 1
        committed.set()
        await finger.wait_sent()
    assert await kept(hub) == 1
    assert hub.terminals[FINGER].counters.history == 0


async def test_a_punch_whose_connection_breaks_while_it_is_kept_is_told_once(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    heard: list[Any] = []
    hass.bus.async_listen("timmy_access_event", callback(lambda event: heard.append(event.data["person"])))
    committed, resumed = asyncio.Event(), asyncio.Event()
    keep = Ledger.keep

    async def slow(self: Ledger, *arguments: Any) -> Any:
        result = await keep(self, *arguments)
        committed.set()
        await resumed.wait()
        return result

    with patch.object(Ledger, "keep", slow):
        finger.punch(1)
        await committed.wait()
        broken = hub.terminals[FINGER].session
        await finger.drop()
        await finger.wait_registered()
        assert broken is not None
        assert broken.ended
        resumed.set()
        await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
    await finger.wait_sent()
    await hass.async_block_till_done()
    assert heard.count(ADA) == 1


async def test_without_the_database_events_go_on_and_the_terminal_keeps_its_records(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    hass.bus.async_listen("timmy_access_event", callback(lambda event: heard.append(event.data["person"])))

    async def unavailable(self: Ledger, *_: Any) -> None:
        raise LedgerUnavailable(Cause.DISK_FULL)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep", unavailable)
        finger.punch(1)
        finger.door_event(5)
        await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
        sent = len(finger.sent)
        await finger.wait_transmitted("sendlog", after=sent)  # again and again
        await act(hass, hub, FINGER, "open_door", door=1)
        assert finger.unsent >= 1
    await finger.wait_sent()
    await hass.async_block_till_done()
    assert heard.count(ADA) == 1  # told once, though sent many times
    assert await kept(hub) == len(finger.logs)


async def test_what_waits_for_the_database_is_bounded_and_told_once(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    hass.bus.async_listen("timmy_access_event", callback(lambda event: heard.append(event.data["enroll_id"])))
    monkeypatch.setattr(records_module, "REMEMBERED", 5)
    now = f"{ago():%Y-%m-%d %H:%M:%S}"
    asked = asyncio.Event()

    def batch(*numbers: int) -> dict[str, Any]:
        records = [{"enrollid": number, "time": now, "mode": 1, "inout": 0, "event": 0} for number in numbers]
        return {"cmd": "sendlog", "sn": FINGER, "count": len(records), "logindex": 7, "record": records}

    async def unavailable(self: Ledger, *_: Any) -> None:
        asked.set()
        raise LedgerUnavailable(Cause.DISK_FULL)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep", unavailable)
        for numbers in ((1, 2, 3, 3), (1, 2, 3, 3), (4, 5, 6, 7)):
            asked.clear()
            await finger.send(batch(*numbers))
            await asked.wait()
            await hass.async_block_till_done(wait_background_tasks=True)  # what repeats another waits for nothing
    received = len(finger.received)
    await finger.send(batch(4, 5, 6, 7))
    assert (await finger.wait_received("sendlog", after=received))["result"] is True
    await hass.async_block_till_done()
    assert [heard.count(number) for number in range(1, 8)] == [1] * 7
    assert len(hub.terminals[FINGER].records._pending) == 1
    assert await kept(hub) == 4


async def test_a_locked_database_is_a_repair_issue_while_it_lasts(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_config_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issues = ir.async_get(hass)
    issue_id = f"database_{hub.ledger.name}"
    with sqlite3.connect(Path(hass_config_dir) / "timmy_access.db", isolation_level=None) as other:
        other.execute("PRAGMA busy_timeout = 5000")
        other.execute("BEGIN IMMEDIATE")
        finger.punch(1)
        await until(hass, ACCESS, lambda state: state.attributes.get("person") == ADA)
        async with asyncio.timeout(30):
            while (issue := issues.async_get_issue("timmy_access", issue_id)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert issue.translation_key == "database_locked"
        assert finger.unsent == 1
        other.execute("ROLLBACK")
    other.close()
    await finger.wait_sent(timeout=30)
    assert await kept(hub) == 1
    assert issues.async_get_issue("timmy_access", issue_id) is None


async def test_a_record_that_was_told_is_not_told_again_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, finger: VirtualTerminal
) -> None:
    heard = listen(hass, "timmy_access_event")
    finger.punch(1)
    await finger.wait_sent()
    await hass.async_block_till_done()
    assert len(heard) == 1
    assert await hass.config_entries.async_reload(entry.entry_id)
    await finger.wait_for(lambda: finger.registered)
    received = len(finger.received)
    again = {"cmd": "sendlog", "sn": FINGER, "count": 1, "logindex": 99, "record": finger.logs}
    await finger.send(again)
    assert (await finger.wait_received("sendlog", after=received))["logindex"] == 99
    await hass.async_block_till_done()
    assert len(heard) == 1


async def test_a_backlog_trips_no_automation_and_is_summed_up(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    triggers = [
        {"trigger": "event", "event_type": "timmy_access_event", "event_data": {"type": kind}}
        for kind in ("access", "door")
    ]
    triggers += [
        {"trigger": "state", "entity_id": entity_id}
        for entity_id in (
            ACCESS,
            "event.office_door_events",
            "binary_sensor.office_alarm",
            "binary_sensor.office_door",
            "sensor.office_latest_punch",
        )
    ]
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "act",
                "triggers": triggers,
                "conditions": [
                    {
                        "condition": "template",
                        "value_template": "{{ trigger.to_state.state not in "
                        "['unavailable', 'unknown', 'off'] if trigger.to_state is defined else true }}",
                    }
                ],
                "actions": [{"event": "acted"}],
            }
        },
    )
    acted = listen(hass, "acted")
    finger = make_terminal("tfs30", FINGER)
    finger.door_event(1, ago(hours=1))
    finger.door_event(7, ago(hours=1))
    finger.punch(1, time=ago(hours=1))
    await connected(hass, finger)
    await finger.wait_sent()
    assert await kept(hub) == 3
    summed = listen(hass, "timmy_access_event")
    for looks in (1, 2):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=looks * (QUIET_SECONDS + 1)))
        await hass.async_block_till_done()
    assert [(event.data["kind"], event.data["records"]) for event in summed] == [("caught_up", 3)]
    attributes = state_of(hass, "event.office_records").attributes
    assert (attributes["records"], attributes["since"] <= attributes["until"]) == (3, True)
    assert acted == []
    finger.punch(1)
    await finger.wait_sent()
    await hass.async_block_till_done()
    assert acted  # the automation works


async def test_what_is_remembered_of_a_backlog_is_nothing_that_the_garbage_collector_walks_through(
    hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Of what lives for a while and is walked through, a backlog makes the collector stop all of Home Assistant."""
    finger = make_terminal("tfs30", FINGER)
    first = ago(hours=1)
    for seconds in range(300):
        finger.punch(4711, time=first + timedelta(seconds=seconds))
    await finger.start()
    await finger.wait_sent()
    assert await kept(hub) == 300
    gc.collect()
    # The last frame may be under way still.
    assert sum(type(one) is Identity and one.enroll_id == 4711 for one in gc.get_objects()) <= 50


# Catching up


async def test_fetching_days(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    for days in (1, 2, 3, 4):
        finger.machine.log({"enrollid": 1, "time": str(ago(days=days)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    await hub.ledger.purge([FINGER], dt_util.utcnow())
    assert await kept(hub) == 0
    events = state_of(hass, ACCESS).state
    result = await act(
        hass,
        hub,
        FINGER,
        "fetch_logs",
        first_day=ago(days=3).date().isoformat(),
        last_day=ago(days=2).date().isoformat(),
    )
    # The last frames it sent are remembered as kept; only the ledger tells.
    assert result is not None
    assert (result["records"], result["complete"]) == (2, True)
    assert await kept(hub) == 2
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FINGER, "fetch_logs", first_day="2026-01-02", last_day="2026-01-01")
    assert error.value.translation_key == "days_in_wrong_order"
    assert state_of(hass, ACCESS).state == events


async def test_what_is_missing_is_found_by_comparing_counts(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    for hours in range(1, 31):
        finger.machine.log({"enrollid": 1, "time": str(ago(hours=hours)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    await hub.ledger.purge([FINGER], dt_util.utcnow())
    present = await kept(hub)
    assert present < 30
    hub.nightly.keep_days = None
    await hub.nightly.async_round()
    assert await kept(hub) == 30
    asked = len([frame for frame in finger.received if frame.get("cmd") == "getalllog"])
    await hub.nightly.async_round()
    assert len([frame for frame in finger.received if frame.get("cmd") == "getalllog"]) == asked  # nothing is missing
    # A record that another server has fetched is not sent any more, and is found all the same.
    record = {"enrollid": 1, "time": str(ago(minutes=30)), "mode": 1, "inout": 0, "event": 0}
    finger.machine.logs.add(record, live=False)
    finger.machine.logs.entries[-1].sent = True
    await hub.nightly.async_round()
    assert await kept(hub) == 31


def arrived_when_they_occurred(hass_config_dir: str) -> None:
    with sqlite3.connect(Path(hass_config_dir) / "timmy_access.db") as db:
        db.execute("UPDATE records SET received_at = occurred_at")
    db.close()


async def test_old_records_are_let_go_of_and_not_fetched_again(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_config_dir: str
) -> None:
    for days in (1, 10, 20):
        finger.machine.log({"enrollid": 1, "time": str(ago(days=days)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    hub.nightly.keep_days = 15
    await hub.nightly.async_round()
    assert await kept(hub) == 3  # all of them arrived today
    await hass.async_add_executor_job(arrived_when_they_occurred, hass_config_dir)
    await hub.nightly.async_round()
    assert await kept(hub) == 2
    await hub.nightly.async_round()
    assert await kept(hub) == 2


async def test_the_night_leaves_the_records_of_another_listener(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_config_dir: str
) -> None:
    finger.machine.log({"enrollid": 1, "time": str(ago(days=20)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    [record] = (await hub.ledger.records()).records
    await hub.ledger.keep("ZX00000099", [record.entry])
    await hass.async_add_executor_job(arrived_when_they_occurred, hass_config_dir)
    hub.nightly.keep_days = 15
    await hub.nightly.async_round()
    assert await hub.ledger.count() == {"ZX00000099": 1}


async def test_the_night_lets_go_of_what_a_terminal_said_that_was_removed(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, entry: MockConfigEntry, hass_config_dir: str
) -> None:
    """Over a restart too, and not of what it has said since to another house that shares the database."""
    for days in (30, 10):
        finger.machine.log({"enrollid": 1, "time": str(ago(days=days)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    theirs = (await hub.ledger.records()).records[0].entry
    await hub.ledger.keep("ZX00000099", [theirs])
    await finger.stop()
    left = dt_util.utcnow() - timedelta(days=25)
    with patch.object(store_module, "dt_util", Mock(wraps=dt_util, utcnow=lambda: left)):
        hass.config_entries.async_remove_subentry(entry, hub.terminals[FINGER].subentry_id)
        await hass.async_block_till_done()
    assert FINGER not in hub.terminals
    occurred = dt_util.utcnow() - timedelta(days=20)
    await hub.ledger.keep(FINGER, [theirs._replace(enroll_id=2, occurred_at=occurred)])
    await hass.async_add_executor_job(arrived_when_they_occurred, hass_config_dir)
    await hass.config_entries.async_reload(entry.entry_id)
    hub = entry.runtime_data
    hub.nightly.keep_days = 40
    await hub.nightly.async_round()
    assert await hub.ledger.count() == {FINGER: 3, "ZX00000099": 1}
    hub.nightly.keep_days = 15
    await hub.nightly.async_round()
    assert await hub.ledger.count() == {FINGER: 2, "ZX00000099": 1}
    assert {
        record.entry.enroll_id for record in (await hub.ledger.records(RecordFilter(serials=[FINGER]))).records
    } == {1, 2}


def make_unheard(finger: VirtualTerminal, mode: int = 9) -> None:
    """Have a record that counts as sent, and never was: another server has fetched it."""
    record = {"enrollid": 1, "time": str(ago(minutes=len(finger.logs) + 1)), "mode": mode, "inout": 0, "event": 0}
    finger.machine.log(record)
    finger.machine.logs.entries[-1].sent = True


async def test_a_log_that_was_cleared_at_the_menu_is_compared_from_there_on(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    hub.nightly.keep_days = None
    for hours in range(1, 6):
        finger.machine.log({"enrollid": 1, "time": str(ago(hours=hours)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    await hub.nightly.async_round()
    finger.clear_logs()
    make_unheard(finger)  # in the very night of the clearing
    await hub.nightly.async_round()
    assert await kept(hub) == 6
    make_unheard(finger)
    await hub.nightly.async_round()
    assert await kept(hub) == 7
    asked = len([frame for frame in finger.received if frame.get("cmd") == "getalllog"])
    await hub.nightly.async_round()
    assert len([frame for frame in finger.received if frame.get("cmd") == "getalllog"]) == asked


@pytest.mark.parametrize("room", [5, 0], ids=["told", "untold"])
async def test_a_log_that_is_full_is_looked_at_though_its_count_stays_the_same(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, room: int
) -> None:
    """What comes is written over the oldest, whether the terminal says how much room it has or not."""
    hub.nightly.keep_days = None
    finger.machine.profile = replace(finger.machine.profile, sizes={**finger.machine.profile.sizes, "logsize": room})
    finger.faults.capacity["log"] = 5
    for hours in range(1, 6):
        finger.machine.log({"enrollid": 1, "time": str(ago(hours=hours)), "mode": 1, "inout": 0, "event": 0})
    await finger.wait_sent()
    for night in range(1, 4):
        await hub.nightly.async_round()
        make_unheard(finger, mode=20 + night)  # nothing else comes that night
        assert len(finger.logs) == 5
        await hub.nightly.async_round()
        assert await kept(hub) == 5 + night
    finger.punch(1)
    make_unheard(finger, mode=30)
    await finger.wait_sent()
    await hub.nightly.async_round()
    assert await kept(hub) == 10
    finger.clear_logs()
    make_unheard(finger, mode=31)
    await hub.nightly.async_round()
    assert await kept(hub) == 11


async def test_logs_are_deleted_only_when_all_are_kept(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    finger.punch(1)
    await finger.wait_sent()
    with pytest.raises(ServiceValidationError):
        await act(hass, hub, FINGER, "delete_logs", confirm=False)

    async def unavailable(self: Ledger, *_: Any) -> None:
        raise LedgerUnavailable(Cause.LOCKED)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep", unavailable)
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, hub, FINGER, "delete_logs", confirm=True)
    assert error.value.translation_key == "ledger_unavailable"
    assert len(finger.logs) == 1
    await act(hass, hub, FINGER, "delete_logs", confirm=True)
    assert finger.logs == []
    assert await kept(hub) == 1
    finger.punch(1, mode=3)
    await finger.wait_sent()
    await hub.nightly.async_round()
    assert await kept(hub) == 2


# Reading


@pytest.fixture
async def a_day(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> VirtualTerminal:
    day = dt_util.now().replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
    for hour, number, mode, event in ((-4, 1, 1, 0), (-3, 0, 0, 1), (0, 99999999, 8, 2), (4, 1, 3, 0)):
        finger.machine.log(
            {
                "enrollid": number,
                "time": str(day + timedelta(hours=hour)),
                "mode": mode,
                "inout": 0,
                "event": event,
                **({"name": "=cmd|'/C calc'!A0"} if hour == 4 else {}),
            }
        )
    await finger.wait_sent()
    return finger


async def test_reading_by_page_person_method_and_kind(hass: HomeAssistant, hub: Hub, a_day: VirtualTerminal) -> None:
    first = await act(hass, hub, FINGER, "get_logs", limit=3)
    assert first is not None
    assert [record["method"] for record in first["records"]] == ["card", "unrecognised", None]
    assert first["records"][2]["door_event"] == "opened"
    assert first["records"][1]["person"] is None
    second = await act(hass, hub, FINGER, "get_logs", after=first["next"])
    assert second is not None
    assert [record["person"] for record in second["records"]] == [ADA]
    assert second["next"] is None
    for data, count in (
        ({"method": "fingerprint"}, 1),
        ({"kind": "door"}, 1),
        ({"kind": "punch"}, 3),
        ({"enroll_id": 1}, 2),
        ({"from": str(ago(minutes=1))}, 0),
        ({"until": str(ago(days=30))}, 0),
    ):
        found = await act(hass, hub, FINGER, "get_logs", **data)
        assert found is not None
        assert len(found["records"]) == count, data
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FINGER, "get_logs", after="nonsense")
    assert error.value.translation_key == "invalid_cursor"


async def test_exporting_for_spreadsheets(
    hass: HomeAssistant, hub: Hub, a_day: VirtualTerminal, tmp_path: Path
) -> None:
    result = await act(hass, hub, FINGER, "export_logs", filename="log")
    assert result is not None
    assert result["records"] == 4
    assert Path(result["file"]) == tmp_path / "timmy_access_exports" / "log.csv"
    content = await hass.async_add_executor_job(Path(result["file"]).read_bytes)
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").splitlines()
    assert len(lines) == 5
    assert "'=cmd|'/C calc'!A0" in lines[4]
    for name in ("../x", ".hidden", "a/b"):
        with pytest.raises(ServiceValidationError) as error:
            await act(hass, hub, FINGER, "export_logs", filename=name)
        assert error.value.translation_key == "invalid_filename"
    (tmp_path / "timmy_access_exports" / "dir.csv").mkdir()
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, hub, FINGER, "export_logs", filename="dir.csv")
    assert failed.value.translation_key == "export_failed"


@pytest.mark.parametrize(
    ("reader", "status"),
    [
        ("admin", HTTPStatus.OK),
        ("user", HTTPStatus.UNAUTHORIZED),
        ("nobody", HTTPStatus.UNAUTHORIZED),
        ("address", HTTPStatus.OK),
    ],
)
async def test_an_export_is_for_administrators_and_for_who_has_its_address(
    hass: HomeAssistant,
    hub: Hub,
    a_day: VirtualTerminal,
    hass_client_no_auth: ClientSessionGenerator,
    hass_access_token: str,
    hass_read_only_access_token: str,
    reader: str,
    status: HTTPStatus,
) -> None:
    exported = await act(hass, hub, FINGER, "export_logs", filename="log of the day")
    assert exported is not None
    url, headers = exported["url"], {}
    if reader != "address":
        url = url.partition("?")[0]
        token = {"admin": hass_access_token, "user": hass_read_only_access_token}.get(reader)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = await hass_client_no_auth()
    answer = await client.get(url, headers=headers)
    assert answer.status == status
    file = Path(exported["file"])
    content = await hass.async_add_executor_job(file.read_bytes)
    assert (await answer.read() == content) is (status == HTTPStatus.OK)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]
    assert not any(file.is_relative_to(folder) for folder in hass.config.media_dirs.values())


async def test_attendance(hass: HomeAssistant, hub: Hub, a_day: VirtualTerminal) -> None:
    result = await act(hass, hub, FINGER, "get_attendance")
    assert result is not None
    # The terminal itself says that it was somebody else in the afternoon.
    assert sorted((day["enroll_id"], day["person"], day["records"]) for day in result["attendance"]) == [
        (1, "=cmd|'/C calc'!A0", 1),
        (1, ADA, 1),
    ]
    a_day.machine.log({"enrollid": 1, "time": str(ago(days=2).replace(hour=8)), "mode": 1, "inout": 0, "event": 0})
    a_day.machine.log({"enrollid": 1, "time": str(ago(days=2).replace(hour=16)), "mode": 1, "inout": 0, "event": 0})
    await a_day.wait_sent()
    day = ago(days=2).date().isoformat()
    result = await act(hass, hub, FINGER, "get_attendance", first_day=day, last_day=day)
    assert result is not None
    (line,) = result["attendance"]
    assert (line["person"], line["hours"], line["records"]) == (ADA, 8.0, 2)
    assert (line["first_in"][11:13], line["last_out"][11:13]) == ("08", "16")
    nobody = await act(hass, hub, FINGER, "get_attendance", enroll_id=5)
    assert nobody == {"attendance": []}


async def test_several_terminals_at_once(hass: HomeAssistant, hub: Hub, a_day: VirtualTerminal) -> None:
    result = await hass.services.async_call(
        "timmy_access",
        "get_logs",
        {"device_id": [hub.terminals[serial].device_id for serial in (FACE, FINGER)]},
        blocking=True,
        return_response=True,
    )
    assert result is not None
    assert len(result["records"]) == 4  # type: ignore[arg-type]


# What else keeps or shows it


async def test_a_backup_goes_on_without_a_ledger_that_is_broken(
    hass: HomeAssistant, hub: Hub, hass_config_dir: str
) -> None:
    issues = ir.async_get(hass)
    issue_id = f"backup_{hub.ledger.name}"
    other = sqlite3.connect(Path(hass_config_dir) / "timmy_access.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await async_pre_backup(hass)
    issue = issues.async_get_issue("timmy_access", issue_id)
    assert issue is not None
    assert issue.translation_key == "backup_incomplete"
    other.execute("ROLLBACK")
    other.close()
    await async_post_backup(hass)
    await until_issue(hass, f"database_{hub.ledger.name}", present=False)
    await async_pre_backup(hass)
    await async_post_backup(hass)
    assert issues.async_get_issue("timmy_access", issue_id) is None


async def test_a_backup_holds_what_was_kept_before_and_records_go_on(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_config_dir: str, tmp_path: Path
) -> None:
    finger.punch(1)
    await finger.wait_sent()
    await async_pre_backup(hass)
    copy = tmp_path / "copy.db"
    copy.write_bytes((Path(hass_config_dir) / "timmy_access.db").read_bytes())
    finger.punch(1, mode=3)
    await finger.wait_sent()
    await async_post_backup(hass)
    with sqlite3.connect(copy) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT COUNT(*) FROM records").fetchone() == (1,)
    db.close()
    assert await kept(hub) == 2


async def test_names_are_known_after_a_restart_before_the_terminal_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, finger: VirtualTerminal
) -> None:
    await finger.stop()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.terminals[FINGER].roster.name_of(1) == ADA


async def test_a_frame_with_more_records_than_firmware_sends_is_not_taken(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    def batch(count: int) -> dict[str, Any]:
        many = [
            {"enrollid": number, "time": "0001-01-01 00:00:00", "mode": 1, "inout": 0, "event": 0}
            for number in range(1, count + 1)
        ]
        return {"cmd": "sendlog", "sn": FINGER, "count": count, "logindex": count, "record": many}

    received = len(finger.received)
    await finger.send(batch(MAX_ITEMS + 1))
    await finger.send(batch(MAX_ITEMS))
    answer = await finger.wait_received("sendlog", after=received)
    assert (answer["result"], answer["count"]) == (True, MAX_ITEMS)
    assert hub.terminals[FINGER].counters.malformed == 1
    assert await kept(hub) == MAX_ITEMS
    assert len(hub.terminals[FINGER].records._kept) == records_module.REMEMBERED


CELLS = st.text(st.sampled_from("=+-@\t\r\n;,|\"' \ufeff\uff1d1aA()"), max_size=12) | st.text(max_size=12)


@given(cells=st.lists(CELLS, min_size=1, max_size=3), delimiter=st.sampled_from(",;\t|"))
@example(["a;=1+1"], ";")
@example(["=1+1"], ",")
@example(['a;""=1+1'], ";")
@example(["\n=1+1"], ";")
def test_no_cell_is_a_formula_at_any_separator(cells: list[str], delimiter: str) -> None:
    """As Excel reads it in America, in Europe, and where somebody has chosen tabs."""
    file = io.StringIO(newline="")
    csv.writer(file).writerow(["2026-11-26", *map(safe_cell, cells)])
    for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter):
        for cell in row:
            assert cell.lstrip(' \ufeff"\r\n\t')[:1] not in tuple("=+-@\uff1d") or re.fullmatch(r"[+-]?[0-9.]+", cell)


@pytest.mark.parametrize(
    "text", ["Ada Lovelace", "a; b", "Smith, John", "-12.5", "+3", "a-b", "2026-11-26 08:00:00+01:00"]
)
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


async def test_an_export_is_written_through_no_link(
    hass: HomeAssistant, hub: Hub, a_day: VirtualTerminal, tmp_path: Path
) -> None:
    folder, precious = tmp_path / "timmy_access_exports", tmp_path / "precious"
    precious.write_text("precious")
    folder.mkdir()
    for name in ("log.csv", "log.csv.part"):
        (folder / name).symlink_to(precious)
    await act(hass, hub, FINGER, "export_logs", filename="log")
    assert precious.read_text() == "precious"
    assert not (folder / "log.csv").is_symlink()
    assert len(list(folder.iterdir())) == 2  # nothing is left lying about


async def test_nothing_is_written_or_read_behind_a_link_in_the_place_of_the_folder(
    hass: HomeAssistant, hub: Hub, a_day: VirtualTerminal, tmp_path: Path, hass_client: ClientSessionGenerator
) -> None:
    media = tmp_path / "media"
    media.mkdir(mode=0o755)
    (media / "log.csv").write_text("precious")
    for what in ("exports", "passes"):
        (tmp_path / f"timmy_access_{what}").symlink_to(media)
    with pytest.raises(HomeAssistantError) as export:
        await act(hass, hub, FINGER, "export_logs", filename="log")
    with pytest.raises(HomeAssistantError) as picture:
        await act(hass, hub, FINGER, "create_pass", name="Plumber", filename="plumber")
    assert {export.value.translation_key, picture.value.translation_key} == {"export_failed"}
    assert [(path.name, path.read_text()) for path in media.iterdir()] == [("log.csv", "precious")]
    assert media.stat().st_mode & 0o777 == 0o755
    response = await (await hass_client()).get("/api/timmy_access/exports/log.csv")
    assert response.status == HTTPStatus.NOT_FOUND


async def test_more_news_than_people_make_are_kept_without_events(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    told: list[str] = []
    alarmed = asyncio.Event()

    @callback
    def _hear(event: Event) -> None:
        told.append(event.data["type"])
        if event.data["type"] == "door":
            alarmed.set()

    hass.bus.async_listen("timmy_access_event", _hear)
    at = dt_util.now().strftime("%Y-%m-%d %H:%M:%S")
    many = [
        {"enrollid": number, "time": at, "mode": 1, "inout": 0, "event": 0}
        for number in range(10, 10 + records_module.NEWS_AT_ONCE + 30)
    ]
    # An alarm is counted apart, and told after them all the same.
    many.append({"enrollid": 0, "time": at, "mode": 0, "inout": 0, "event": 4})
    terminal = hub.terminals[FINGER]
    terminal.records._punches = Throttle(0.001, records_module.NEWS_AT_ONCE)  # however slow the machine is
    received = len(finger.received)
    await finger.send({"cmd": "sendlog", "sn": FINGER, "count": len(many), "logindex": 1, "record": many})
    assert (await finger.wait_received("sendlog", after=received))["result"] is True
    async with asyncio.timeout(10):
        await alarmed.wait()
    assert told == ["access"] * records_module.NEWS_AT_ONCE + ["door"]
    assert terminal.counters.no_news == 30
    assert await kept(hub) == len(many)


async def test_what_a_connection_brought_last_is_told_at_once_or_never(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_config_dir: str
) -> None:
    """Not when the disk is back, by which time it is none any more."""
    heard = listen(hass, "timmy_access_event")
    terminal = hub.terminals[FINGER]
    other = sqlite3.connect(Path(hass_config_dir) / "timmy_access.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = asyncio.Event()
    take = terminal.records.async_take

    async def _take(batch: LogBatch) -> Kept | None:
        begun.set()
        return await take(batch)

    with patch.object(terminal.records, "async_take", _take):
        telling = hass.async_create_task(until_event(hass, lambda event: event.data.get("type") == "access"))
        finger.punch(1)
        await begun.wait()
        await finger.drop()
        async with asyncio.timeout(records_module.TELLING_PATIENCE + 2):
            await telling
    other.execute("ROLLBACK")
    other.close()
    await finger.wait_registered()
    await finger.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data["type"] for event in heard].count("access") == 1
    assert await kept(hub) == 1
