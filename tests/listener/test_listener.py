"""The port: who comes in, and what unknown peers can do (nothing)."""

import asyncio
from collections import Counter
import logging

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from custom_components.timmy_access.protocol import listener as listener_module, lobby as lobby_module
from custom_components.timmy_access.protocol.listener import IDENTIFY_SECONDS, MAX_UNADMITTED_FRAME_BYTES, Listener
from custom_components.timmy_access.protocol.lobby import MAX_WAITING_PER_ADDRESS
from custom_components.timmy_access.protocol.log_budget import LINES_PER_MINUTE

from .conftest import LOOPBACK, REG, SERIAL, Desk, Dial, OpenGate, ScriptedTerminal

STRANGER = {"cmd": "reg", "sn": "ZX99999999", "devinfo": {}}


async def test_any_path_is_accepted(listener: Listener) -> None:
    for path in ("/pub/chat", "/", "/ws/tm20/"):
        async with connect(f"ws://{LOOPBACK}:{listener.port}{path}") as connection:
            assert (await ScriptedTerminal(connection).ask(REG))["ret"] == "reg"


async def test_registration_is_answered_with_the_bare_documented_reply(dial: Dial) -> None:
    assert await (await dial()).ask(REG) == {
        "ret": "reg",
        "result": True,
        "cloudtime": "2026-11-24 12:00:00",
    }


async def test_registration_may_come_seconds_after_the_connection(dial: Dial) -> None:
    assert IDENTIFY_SECONDS >= 10  # field notes 1: terminals wait 2 s, some longer
    terminal = await dial()
    await terminal.connection.ping()  # alive, and silent
    await terminal.register()


async def test_a_peer_that_does_not_identify_itself_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, dial: Dial, listener: Listener
) -> None:
    monkeypatch.setattr(listener_module, "IDENTIFY_SECONDS", 0.05)
    terminal = await dial()
    assert await terminal.closed() == 1008
    await listener.stop()  # waits for the handler of the connection
    assert len(listener.lobby) == 0


async def test_unknown_serial_is_refused_with_a_text_for_its_screen(
    dial: Dial, gate: OpenGate, listener: Listener
) -> None:
    terminal = await dial()
    assert await terminal.ask(STRANGER) == {"ret": "reg", "result": False, "reason": "Approve me"}
    assert await terminal.ask(STRANGER) == {"ret": "reg", "result": False, "reason": "Approve me"}
    assert listener.lobby.refused == 2
    assert gate.asked[0][1].address == LOOPBACK


async def test_a_refused_peer_gets_no_acknowledgement(dial: Dial, desk: Desk) -> None:
    terminal = await dial()
    await terminal.ask(STRANGER)
    await terminal.say({"cmd": "sendlog", "sn": SERIAL, "count": 1, "logindex": 1, "record": []})
    await terminal.say({"cmd": "sendqrcode", "sn": SERIAL, "record": "1"})
    assert (await terminal.ask(STRANGER))["ret"] == "reg"  # the next answer is the one to reg
    assert desk.batches == []


async def test_an_invited_terminal_is_cut_off_so_that_it_dials_again(
    dial: Dial, listener: Listener, desk: Desk, gate: OpenGate
) -> None:
    terminal, other = await dial(), await dial()
    await terminal.ask(STRANGER)
    await other.ask({**STRANGER, "sn": "ZX88888888"})
    gate.desks["ZX99999999"] = desk
    listener.lobby.invite("ZX99999999")
    await terminal.closed()
    assert (await other.ask({**STRANGER, "sn": "ZX88888888"}))["result"] is False


async def test_a_serial_number_that_cannot_be_one_is_cut_off(dial: Dial, gate: OpenGate) -> None:
    for serial in ("", "  ", "x" * 33, "a b", "<script>", None, 7.5, ["ZX1"]):
        terminal = await dial()
        await terminal.say({"cmd": "reg", "sn": serial})
        assert await terminal.closed() == 1008
    assert gate.asked == []


async def test_broken_frames_before_registration_are_limited(dial: Dial) -> None:
    terminal = await dial()
    for _ in range(19):
        await terminal.say("{")
    await terminal.register()
    stranger = await dial()
    for _ in range(20):
        await stranger.say("{")
    assert await stranger.closed() == 1008


REFUSED = (ConnectionClosed, InvalidMessage, OSError)


async def test_unknown_peers_of_one_address_are_few(dial: Dial, listener: Listener) -> None:
    terminals = [await dial() for _ in range(MAX_WAITING_PER_ADDRESS)]
    for terminal in terminals:
        await terminal.ask(STRANGER)
    with pytest.raises(REFUSED):
        await dial()
    assert len(listener.lobby) == MAX_WAITING_PER_ADDRESS
    for terminal in terminals:
        await terminal.ask(STRANGER)


async def test_a_peer_that_says_nothing_counts_too(dial: Dial, listener: Listener) -> None:
    writers = []
    for _ in range(MAX_WAITING_PER_ADDRESS):
        _, writer = await asyncio.open_connection(LOOPBACK, listener.port)
        writers.append(writer)
    with pytest.raises(REFUSED):
        await dial()
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    async with asyncio.timeout(5):
        while len(listener.lobby):  # noqa: ASYNC110 - until the listener has noticed
            await asyncio.sleep(0)
    await (await dial()).register()


async def test_a_flood_from_one_address_keeps_nobody_else_out(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lobby_module, "MAX_WAITING", 6)
    flood = [await connect(url(listener), local_addr=("127.0.0.2", 0)) for _ in range(6)]
    assert len(listener.lobby) == 6
    async with connect(url(listener), local_addr=("127.0.0.3", 0)) as connection:
        assert (await ScriptedTerminal(connection).ask(REG))["result"] is True
    await flood[0].wait_closed()
    for other in flood[1:]:
        await other.ping()
        await other.close()


async def test_large_frames_are_for_admitted_terminals(dial: Dial) -> None:
    stranger = await dial()
    await stranger.say({"cmd": "reg", "sn": "ZX1", "x": "x" * MAX_UNADMITTED_FRAME_BYTES})
    assert await stranger.closed() == 1009
    terminal = await (await dial()).register()
    assert (await terminal.ask({**REG, "x": "x" * MAX_UNADMITTED_FRAME_BYTES}))["result"] is True


def url(listener: Listener) -> str:
    return f"ws://{LOOPBACK}:{listener.port}/pub/chat"


async def test_handshake_failures_are_not_logged_as_errors(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"426" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []


async def test_a_flood_of_broken_peers_makes_few_and_clean_log_lines(
    listener: Listener, dial: Dial, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components")
    for _ in range(2 * LINES_PER_MINUTE):
        reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: \x1b[31mred\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
    terminal = await (await dial()).register()
    for _ in range(2 * LINES_PER_MINUTE):
        await terminal.say("no JSON")
        await terminal.ask({"cmd": "heartbeat"})
    ours = [record for record in caplog.records if record.name.startswith("custom_components")]
    messages = Counter(str(record.msg) for record in ours)
    assert max(messages.values()) <= LINES_PER_MINUTE
    assert messages["More lines like the last are left out for a minute"] >= 1
    assert all(record.getMessage().isprintable() and not record.exc_info for record in ours)


async def test_a_busy_port_is_an_oserror(gate: OpenGate, listener: Listener) -> None:
    with pytest.raises(OSError, match="in use"):
        await Listener(gate, LOOPBACK, listener.port).start()
