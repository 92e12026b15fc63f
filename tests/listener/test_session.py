"""What an admitted terminal says, quirks included, and what it is answered (field notes 10)."""

import asyncio
from collections.abc import Callable
import json
import logging
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame as WebSocketFrame, Opcode

from custom_components.timmy_access.protocol import pulse, session as session_module
from custom_components.timmy_access.protocol.commands import (
    GetHolidays,
    GetQuestionnaire,
    GetUserInfo,
    GetUserName,
    GetUserProfile,
)
from custom_components.timmy_access.protocol.commands.base import Command
from custom_components.timmy_access.protocol.errors import CommandRefused
from custom_components.timmy_access.protocol.listener import Listener
from custom_components.timmy_access.protocol.session import Session

from .conftest import LOOPBACK, REG, SERIAL, Desk, Dial, OpenGate, ScriptedTerminal

PUNCH = {"enrollid": 2, "time": "2026-04-30 11:56:20", "mode": 1, "inout": 0, "event": 0}
BATCH = {"cmd": "sendlog", "sn": SERIAL, "count": 1, "logindex": 7, "record": [PUNCH]}


async def test_logs_are_acknowledged_with_their_count_and_index(terminal: ScriptedTerminal, desk: Desk) -> None:
    assert await terminal.ask(BATCH) == {
        "ret": "sendlog",
        "result": True,
        "count": 1,
        "logindex": 7,
        "cloudtime": "2026-11-24 12:00:00",
    }
    assert desk.batches[0].records[0].enroll_id == 2


async def test_logs_without_an_index_are_acknowledged_plainly(terminal: ScriptedTerminal) -> None:
    batch = {"cmd": "sendlog", "sn": SERIAL, "count": 1, "record": [PUNCH]}
    answer = await terminal.ask(batch)
    assert answer.keys() == {"ret", "result", "cloudtime"}
    answer = await terminal.ask({**batch, "logindex": -1})
    assert answer.keys() == {"ret", "result", "cloudtime"}


@pytest.mark.parametrize(
    "frame",
    [
        {"cmd": "sendlog", "sn": SERIAL, "count": "1", "logindex": "7", "record": [PUNCH]},
        {"cmd": "sendlog", "count": 1, "logindex": 7, "record": [PUNCH]},
        {"cmd": "sendlog", "count": 2, "logindex": 7},
        {"cmd": "sendlog", "count": 0, "logindex": 7, "record": []},
        {"cmd": "sendlog", "count": 1, "logindex": 7, "record": [{"enrollid": 99999999}]},
        {"cmd": "sendlog", "count": 1, "logindex": 7, "record": "none"},
        {"cmd": "sendlog", "count": 1, "logindex": 7, "record": [PUNCH, None, 3]},
    ],
)
async def test_odd_batches_are_acknowledged(terminal: ScriptedTerminal, frame: dict[str, object]) -> None:
    answer = await terminal.ask(frame)
    assert (answer["ret"], answer["result"], answer["logindex"]) == ("sendlog", True, 7)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"M\xc3", "M\ufffd"),
        ("山田".encode()[:-1], "山\ufffd"),
        ("山田".encode()[:-2], "山\ufffd"),
        ("张三".encode("gbk"), "张三"),
    ],
)
async def test_a_name_that_is_not_utf_8_ends_no_connection(
    terminal: ScriptedTerminal, desk: Desk, name: bytes, shown: str
) -> None:
    rows = b",".join(json.dumps({**PUNCH, "name": "?"}).encode().replace(b"?", one) for one in (name, "Zoë".encode()))
    frame = json.dumps({**BATCH, "count": 2, "record": []}).encode().replace(b"[]", b"[" + rows + b"]")
    await terminal.connection.send(frame, text=True)
    assert (await terminal.hear())["result"] is True
    assert [record.name for record in desk.batches[0].records] == [shown, "Zoë"]


REPLIES: list[tuple[Command[Any], dict[str, Any], Callable[[Any], object]]] = [
    (GetUserName(enroll_id=1), {"record": "?"}, lambda reply: reply.name),
    (GetUserInfo(enroll_id=1, backup_number=0), {"name": "?", "record": "c5"}, lambda reply: reply.name),
    (GetUserProfile(enroll_id=1), {"record": "?"}, lambda reply: reply.text),
    (GetQuestionnaire(), {"title": "x", "items": ["?"]}, lambda reply: reply.items[0]),
    (GetHolidays(), {"holidays": {"name": "?", "dayzone": 1}}, lambda reply: reply.rows[0].name),
]


@pytest.mark.parametrize("is_text", [True, False], ids=["text", "binary"])
@pytest.mark.parametrize(
    ("said", "shown"), [(b"M\xc3", "M\ufffd"), ("张三".encode("gbk"), "张三"), ("Zoë".encode("latin-1"), "Zo\ufffd")]
)
@pytest.mark.parametrize(("command", "reply", "read"), REPLIES, ids=lambda it: getattr(it, "name", ""))
async def test_a_reply_that_is_not_utf_8_ends_no_connection(
    terminal: ScriptedTerminal,
    session: Session,
    command: Command[Any],
    reply: dict[str, Any],
    read: Callable[[Any], object],
    said: bytes,
    shown: str,
    *,
    is_text: bool,
) -> None:
    asking = asyncio.create_task(session.request(command))
    await terminal.hear()
    frame = json.dumps({"ret": command.name, "sn": SERIAL, "result": True, **reply}).encode()
    await terminal.connection.send(frame.replace(b"?", said), text=is_text)
    assert read(await asking) == shown
    # Also what it says when it refuses.
    asking = asyncio.create_task(session.request(command))
    await terminal.hear()
    frame = json.dumps({"RET ": command.name, "result": False, "Reason": 1, "msg": "?"}).encode()
    await terminal.connection.send(frame.replace(b"?", said), text=is_text)
    with pytest.raises(CommandRefused) as error:
        await asking
    assert error.value.message == shown


@pytest.mark.parametrize(
    "odd",
    [
        {"cmd": "sendlog", "record": PUNCH},
        {"cmd": "sendlog", "records": [PUNCH]},
        {"cmd": "sendlog", "record ": [PUNCH]},
        {" cmd": " sendlog ", "record": [PUNCH]},
    ],
)
async def test_records_are_understood_however_they_are_wrapped(
    terminal: ScriptedTerminal, desk: Desk, odd: dict[str, object]
) -> None:
    answer = await terminal.ask({"sn": SERIAL, "count": 1, "logindex": 7, **odd})
    assert (answer["ret"], answer["result"]) == ("sendlog", True)
    assert [record.enroll_id for record in desk.batches[0].records] == [2]


async def test_a_trailing_comma_is_understood(terminal: ScriptedTerminal, desk: Desk) -> None:
    text = '{"cmd":"sendlog","sn":"ZX00000001","count":1,"logindex":0,"record":[%s,]}'
    assert (await terminal.ask(text % json.dumps(PUNCH)))["result"] is True
    assert len(desk.batches[0].records) == 1


async def test_a_binary_frame_is_understood(terminal: ScriptedTerminal, desk: Desk) -> None:
    assert (await terminal.ask(json.dumps(BATCH).encode()))["result"] is True
    assert len(desk.batches) == 1


async def test_a_photo_of_300_kilobytes_is_taken(terminal: ScriptedTerminal, desk: Desk) -> None:
    photo = "/9j/" + "A" * 300_000
    batch = {**BATCH, "record": [{**PUNCH, "image": photo}]}
    assert (await terminal.ask(batch))["result"] is True
    assert desk.batches[0].records[0].image == photo


async def test_floods_of_identical_frames_are_all_acknowledged(terminal: ScriptedTerminal, desk: Desk) -> None:
    upload = {"cmd": "senduser", "enrollid": 5, "name": "A", "backupnum": 0, "record": ""}
    for _ in range(28):
        await terminal.say(upload)
    for _ in range(16):
        await terminal.say(BATCH)
    answers = [await terminal.hear() for _ in range(44)]
    assert [answer["ret"] for answer in answers].count("senduser") == 28
    assert [answer["ret"] for answer in answers].count("sendlog") == 16
    assert len(desk.uploads) == 28


async def test_nothing_is_acknowledged_that_could_not_be_kept(
    terminal: ScriptedTerminal, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.fails = True
    await terminal.say(BATCH)
    await terminal.say(BATCH)
    assert (await terminal.ask({"cmd": "heartbeat", "sn": SERIAL}))["ret"] == "heartbeat"
    assert desk.counters.failed_handlers == 2
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


async def test_repeated_registration_is_answered_on_the_same_session(terminal: ScriptedTerminal, desk: Desk) -> None:
    session = desk.session
    for _ in range(3):
        assert (await terminal.ask(REG))["result"] is True
    assert desk.session is session
    assert len(desk.registrations) == 4


async def test_a_connection_cannot_change_its_serial_number(terminal: ScriptedTerminal) -> None:
    await terminal.say({**REG, "sn": "ZX00000002"})
    assert await terminal.closed() == 1008


async def test_serial_numbers_are_compared_without_case_and_blanks(
    terminal: ScriptedTerminal,
) -> None:
    assert (await terminal.ask({**REG, "sn": f" {SERIAL.lower()} "}))["result"] is True


async def test_heartbeats_are_answered(terminal: ScriptedTerminal) -> None:
    for word in ("heartbeat", "checklive"):
        answer = await terminal.ask({"cmd": word, "sn": SERIAL})
        assert answer == {"ret": word, "result": True, "cloudtime": "2026-11-24 12:00:00"}


async def test_codes_and_pins_are_refused_by_default(terminal: ScriptedTerminal) -> None:
    answer = await terminal.ask({"cmd": "sendqrcode", "sn": SERIAL, "record": "123456"})
    assert (answer["ret"], answer["access"]) == ("sendqrcode", 0)
    answer = await terminal.ask({"cmd": "sendpin", "sn": SERIAL, "pin": "1234"})
    assert (answer["ret"], answer["access"]) == ("sendpin", 0)


async def test_an_unknown_command_is_answered_counted_and_logged_once(
    terminal: ScriptedTerminal, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        answer = await terminal.ask({"cmd": "otacheck", "sn": SERIAL})
        assert answer == {
            "ret": "otacheck",
            "result": False,
            "msg": "can not find this command",
        }
    assert desk.counters.unknown == {"otacheck": 3}
    assert caplog.text.count("otacheck") == 1
    assert not desk.set_asides


async def test_unknown_words_are_remembered_up_to_a_limit(terminal: ScriptedTerminal, desk: Desk) -> None:
    for number in range(100):
        await terminal.ask({"cmd": f"word{number}\n\x1b[31m"})
    assert len(desk.counters.unknown) == 65
    assert all(word.isprintable() for word in desk.counters.unknown)


async def test_broken_frames_are_counted_and_tolerated_until_twenty_in_a_row(
    terminal: ScriptedTerminal, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=session_module.__name__)
    for broken in ("{", "[]", "null", '{"x":1}', '{"cmd":5}', b"\xff\xfe") * 3:
        await terminal.say(broken)
    assert (await terminal.ask(BATCH))["result"] is True
    assert desk.counters.malformed == 18
    assert caplog.text.count("broken frame") == 1
    for _ in range(20):
        await terminal.say("{")
    assert await terminal.closed() == 1007
    assert desk.counters.malformed == 38


class NoPong(ClientConnection):
    """A terminal that never answers a ping."""

    def process_event(self, event: object) -> None:
        assert not (isinstance(event, WebSocketFrame) and event.opcode is Opcode.PING)
        super().process_event(event)  # type: ignore[arg-type]


async def test_a_terminal_is_never_pinged_and_lives_by_its_frames(gate: OpenGate, desk: Desk) -> None:
    listener = Listener(gate, LOOPBACK, 0, silence=0.05)
    await listener.start()
    async with connect(
        f"ws://{LOOPBACK}:{listener.port}/pub/chat", create_connection=NoPong, ping_interval=None
    ) as connection:
        terminal = await ScriptedTerminal(connection).register()
        for _ in range(3):  # silence, one question, any answer
            assert await terminal.hear() == {"cmd": "getdevinfo"}
            await terminal.say({"ret": "getdevinfo", "result": False, "reason": 1})
        assert not desk.ended.is_set()
    await asyncio.wait_for(desk.ended.wait(), 5)
    await listener.stop()


async def test_a_silent_terminal_that_does_not_answer_is_dropped(
    monkeypatch: pytest.MonkeyPatch, gate: OpenGate, desk: Desk
) -> None:
    monkeypatch.setattr(pulse, "PROBE_SECONDS", 0.05)
    listener = Listener(gate, LOOPBACK, 0, silence=0.05)
    await listener.start()
    async with connect(f"ws://{LOOPBACK}:{listener.port}/") as connection:
        terminal = await ScriptedTerminal(connection).register()
        assert await terminal.hear() == {"cmd": "getdevinfo"}
        await asyncio.wait_for(desk.ended.wait(), 5)
        assert await terminal.closed() == 1006
    await listener.stop()


async def test_an_abrupt_end_is_noticed(terminal: ScriptedTerminal, desk: Desk, session: Session) -> None:
    terminal.connection.transport.abort()
    await asyncio.wait_for(desk.ended.wait(), 5)
    assert session.ended


async def test_two_connections_of_one_serial_are_two_sessions(
    terminal: ScriptedTerminal, session: Session, dial: Dial, desk: Desk
) -> None:
    second = await (await dial()).register()
    assert desk.session is not session
    await terminal.connection.close()  # the late close of the old one
    assert (await second.ask(BATCH))["result"] is True
    assert not desk.ended.is_set()
