"""What a terminal says and is not understood: kept before it is acknowledged, told of, read again."""

from collections.abc import AsyncGenerator
from datetime import timedelta
import json
import logging
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from websockets.asyncio.client import ClientConnection, connect

from custom_components.timmy_access.diagnostics import async_get_config_entry_diagnostics
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable, RecordFilter, StoredUnread, unread
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.protocol.kinds import EnrollId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..conftest import FINGER, LOOPBACK

TIME = "2026-11-20 08:00:00"
RIGHT = {"enrollid": 17, "time": TIME, "mode": 1, "inout": 0, "event": 0}
LETTERS = {**RIGHT, "enrollid": "A-17"}


class Wire:
    """One connection that says just what a test tells it to."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def ask(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        """Say something and return the answer; None where a right frame after it is answered first."""
        await self._socket.send(json.dumps(frame))
        await self._socket.send(json.dumps({"cmd": "heartbeat"}))
        answers = [await self._hear()]
        if answers[0]["ret"] == "heartbeat":
            await self._socket.send(json.dumps({"cmd": "sendlog", "count": 0, "record": []}))
            answers = [await self._hear()]
            return None if answers[0].get("count") is None and answers[0]["ret"] == "sendlog" else answers[0]
        await self._hear()
        return answers[0]

    async def log(self, *records: object, **more: Any) -> dict[str, Any]:
        await self._socket.send(
            json.dumps({"cmd": "sendlog", "count": len(records), "logindex": 0, "record": records, **more})
        )
        return await self._hear()

    async def say(self, frame: dict[str, Any]) -> dict[str, Any]:
        await self._socket.send(json.dumps(frame))
        return await self._hear()

    async def _hear(self) -> dict[str, Any]:
        while True:
            heard: dict[str, Any] = json.loads(await self._socket.recv())
            if "ret" in heard:
                return heard


@pytest.fixture
async def wire(hub: Hub, port: int) -> AsyncGenerator[Wire]:
    async with connect(f"ws://{LOOPBACK}:{port}/pub/chat", compression=None, ping_interval=None) as socket:
        made = Wire(socket)
        assert (await made.say({"cmd": "reg", "sn": FINGER, "devinfo": {"modelname": "tfs30"}}))["result"] is True
        yield made


async def ids(hub: Hub) -> list[int | None]:
    return [
        record.entry.enroll_id async for record in hub.ledger.export(RecordFilter(serials=[FINGER]), oldest_first=True)
    ]


async def aside(hub: Hub) -> list[StoredUnread]:
    return list(await hub.ledger.unread(FINGER))


@pytest.mark.parametrize(
    "frame",
    [
        {"cmd": "SendLog", "Count": 1, "Record": [{"EnrollID": "17", "Time": TIME, " MODE ": 1}]},
        {"CMD": " sendlog ", "count": "1", "Records": [{"enrollid": 17.0, "time": TIME}]},
        {"cmd": "sendlog", "count": 1, "logs": {"enrollid": "000000000000000000000000000017", "time": TIME}},
        {"cmd": "sendlog", "count": 1, "record": json.dumps([RIGHT])},
        {"cmd": "sendlog", "count": 1, "record": {"0": RIGHT}},
        {"cmd": "sendrtlog", **RIGHT},
        {"cmd": "sendlog", "count": 1, "record": [{"enrollid": 17, "time": "2026/11/20T08:00:00.000Z"}]},
    ],
)
async def test_what_is_spelt_in_another_way_is_understood(hub: Hub, wire: Wire, frame: dict[str, Any]) -> None:
    assert (await wire.say(frame))["result"] is True
    assert (await ids(hub), await aside(hub)) == ([17], [])


@pytest.mark.parametrize(
    ("frame", "kept", "unread"),
    [
        ({"record": [LETTERS]}, [None], [{"record": [LETTERS]}]),
        ({"record": [{**RIGHT, "enrollid": True}]}, [None], [{"record": [{**RIGHT, "enrollid": True}]}]),
        ({"record": [{"userid": "A-17", "time": TIME}]}, [None], [{"record": [{"userid": "A-17", "time": TIME}]}]),
        ({"record": [{**RIGHT, "event": "opened"}]}, [17], [{"record": [{**RIGHT, "event": "opened"}]}]),
        ({"record": [{**RIGHT, "time": "8 o'clock"}]}, [17], [{"record": [{**RIGHT, "time": "8 o'clock"}]}]),
        ({"record": [RIGHT, "17"]}, [17], [{"record": [None]}]),
        ({"record": [RIGHT, [17, TIME, 1]]}, [17], [{"record": [[17, TIME, 1]]}]),
        ({"count": 3, "record": [RIGHT]}, [17], [{"count": 2}]),
        ({"count": 2}, [], [{"count": 2}]),
        ({"count": 1, "items": [RIGHT]}, [], [{"items": [RIGHT], "count": 1}]),
        ({"count": 1, "record": [RIGHT], "records": [{**RIGHT, "enrollid": 18}]}, [17], [None]),
        ({"count": 1, "record": "?"}, [], [{"record": None, "count": 1}]),
        ({"count": 0, "record": []}, [], []),
        ({"count": 1, "record": [RIGHT]}, [17], []),
        ({"record": [{"enrollid": 17, "time": TIME, "aliasid": "7"}]}, [17], []),
    ],
)
async def test_what_is_not_understood_is_kept_before_it_is_acknowledged(
    hub: Hub, wire: Wire, frame: dict[str, Any], kept: list[int | None], unread: list[Any]
) -> None:
    frame = {"cmd": "sendlog", "logindex": 0, **frame}
    for _ in range(3):
        assert (await wire.say(frame))["result"] is True
    assert await ids(hub) == kept
    found = [stored.frame for stored in await aside(hub)]
    assert len(found) == len(unread)
    assert all(expected in (None, frame) for expected, frame in zip(unread, found, strict=True))


async def test_people_with_letters_in_the_same_second_are_all_kept(hub: Hub, wire: Wire) -> None:
    await wire.log(*({**RIGHT, "enrollid": f"A-{number}"} for number in range(5)))
    await wire.log({**RIGHT, "enrollid": "A-99"})
    assert len(await aside(hub)) == 6
    assert hub.terminals[FINGER].coordinator.data.unread.kept == 6


async def test_it_is_told_once_and_holds_no_secret(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"card": 8812345, "PinCode": "4711", "image": "/9j/" + "A" * 300, "cardno ": "8812345", "x": 8812345}
    for number in range(3):
        await wire.log({**LETTERS, **secrets, "event": number})
    await wire.say({"cmd": "senduser", "enrollid": "A-17", "name": "Ada", "backupnum": 11, "record": 8812345})
    said = json.dumps([stored.frame for stored in await aside(hub)])
    assert "A-17" in said
    assert not any(secret in said for secret in ("8812345", "4711", "/9j/", "AAAA"))
    ours = [line.getMessage() for line in caplog.records if "timmy_access" in line.name]
    assert len([line for line in ours if "not understood wholly" in line]) == 1
    assert not any("A-17" in line for line in ours)
    issue = ir.async_get(hass).async_get_issue("timmy_access", f"records_unread_{FINGER}")
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Office", "count": "4"}
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert [terminal["unread"] for terminal in diagnostics["terminals"]][1] == {"kept": 4, "left_out": 0}


@pytest.mark.parametrize(
    "frame",
    [
        {"cmd": "sendlog", "count": 1, "logindex": 0, "record": [LETTERS]},
        {"cmd": "sendlog", "count": 2, "logindex": 0, "record": [RIGHT]},
        {"cmd": "senduser", "enrollid": "A-17", "name": "Ada"},
        {"cmd": "sendtemp", "record": [{"degrees": 36.6}]},
    ],
)
async def test_nothing_is_acknowledged_that_no_disk_has(hub: Hub, wire: Wire, frame: dict[str, Any]) -> None:
    async def _full(*_: Any, **__: Any) -> None:
        raise LedgerUnavailable(Cause.DISK_FULL, "no space")

    with patch.object(Ledger, "keep_unread", _full):
        assert await wire.ask(frame) is None
    assert await aside(hub) == []
    assert (await wire.say(frame))["result"] is True
    assert len(await aside(hub)) == 1


async def test_what_there_is_no_room_for_is_counted_told_of_and_acknowledged(
    hass: HomeAssistant, hub: Hub, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "MAX_UNREAD", 2)
    for number in range(4):
        assert (await wire.log({**LETTERS, "event": number}))["result"] is True
    assert len(await aside(hub)) == 2
    assert await hub.ledger.unread_tally(FINGER) == unread.Tally(kept=2, left_out=2)
    issue = ir.async_get(hass).async_get_issue("timmy_access", f"records_left_out_{FINGER}")
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Office", "count": "2"}


async def test_a_later_version_reads_it_again(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wire.log(LETTERS, RIGHT, {**LETTERS, "enrollid": "B-18"}, {**LETTERS, "event": "?"})
    assert len(await aside(hub)) == 3
    read = EnrollId.read

    def _newer(self: EnrollId, value: object) -> int | None:
        return int(value[2:]) + 100 if isinstance(value, str) and value[1] == "-" else read(self, value)

    monkeypatch.setattr(EnrollId, "read", _newer)
    assert await hass.config_entries.async_reload(entry.entry_id)
    newer: Hub = entry.runtime_data
    await hass.async_block_till_done(wait_background_tasks=True)
    assert newer.terminals[FINGER].coordinator.data.unread.kept == 1
    # One of the three still does not say what happened, and stays for as long as that is so.
    assert sorted(one or 0 for one in await ids(newer)) == [0, 17, 117, 118]
    assert await hass.config_entries.async_reload(entry.entry_id)
    newest: Hub = entry.runtime_data
    await hass.async_block_till_done(wait_background_tasks=True)
    assert newest.terminals[FINGER].coordinator.data.unread.kept == 1
    assert sorted(one or 0 for one in await ids(newest)) == [0, 17, 117, 118]


async def test_it_is_forgotten_when_records_are(hub: Hub, wire: Wire) -> None:
    await wire.log(LETTERS)
    await hub.ledger.purge([FINGER], dt_util.utcnow() - timedelta(days=1))
    assert len(await aside(hub)) == 1
    await hub.ledger.purge([FINGER], dt_util.utcnow() + timedelta(days=1))
    assert await aside(hub) == []
    assert await hub.ledger.unread_tally(FINGER) == unread.Tally()


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ({"cmd": "ping"}, {"ret": "ping", "result": True}),
        ({"cmd": "sendface", "enrollid": 17, "name": "Ada", "record": "/9j/"}, {"ret": "sendface", "result": True}),
        ({"cmd": "senduserinfo", "enrollid": 17, "name": "Ada"}, {"ret": "senduserinfo", "result": True}),
        ({"cmd": "sendrtlog", "record": [RIGHT]}, {"ret": "sendrtlog", "result": True}),
        ({"cmd": "sendgps", "lat": 1.5}, {"ret": "sendgps", "result": True, "access": 0}),
        ({"cmd": "otacheck"}, {"ret": "otacheck", "result": False, "msg": "can not find this command"}),
        (
            {"cmd": "otacheck", "version": "1.2"},
            {"ret": "otacheck", "result": False, "msg": "can not find this command"},
        ),
        ({"cmd": " UploadLog ", "log": [RIGHT]}, {"ret": "uploadlog", "result": True, "access": 0}),
        ({"cmd": "pushuser", "enrollid": 17}, {"ret": "pushuser", "result": True, "access": 0}),
        ({"cmd": "alarm", "status": 1}, {"ret": "alarm", "result": True, "access": 0}),
        ({"cmd": "rtlog", "record": "?"}, {"ret": "rtlog", "result": True, "access": 0}),
    ],
)
async def test_other_pushes_are_answered_so_that_they_end(
    hub: Hub, wire: Wire, frame: dict[str, Any], answer: dict[str, Any]
) -> None:
    heard = await wire.say(frame)
    heard.pop("cloudtime", None)
    assert heard == answer


async def test_an_unknown_push_is_kept_once_a_form_unless_it_names_somebody_or_has_a_list(hub: Hub, wire: Wire) -> None:
    for number in range(5):
        await wire.say({"cmd": "sendgps", "lat": number})
        await wire.say({"cmd": "sendcheck", "enrollid": number})
        await wire.say({"cmd": "sendtemp", "record": [{"time": TIME, "count": number}]})
        await wire.say({"cmd": "uploadlog", "log": [{"time": TIME, "count": number}]})
    assert [stored.word for stored in await aside(hub)].count("sendgps") == 1
    assert [stored.word for stored in await aside(hub)].count("sendcheck") == 5
    assert [stored.word for stored in await aside(hub)].count("sendtemp") == 5
    assert [stored.word for stored in await aside(hub)].count("uploadlog") == 5
