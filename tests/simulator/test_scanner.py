import asyncio

import pytest

from .conftest import Frame, Lab, Server, keep_silent


def reply_to_qr(frame: Frame) -> Frame:
    known = frame["record"] == "123456"
    return {
        "ret": "sendqrcode",
        "sn": frame["sn"],
        "result": True,
        "access": int(known),
        "message": "ok" if known else "unknown",
    }


async def test_qr_code(lab: Lab, server: Server) -> None:
    server.replies["sendqrcode"] = reply_to_qr
    terminal = await lab.registered("ai_face")
    assert (await terminal.scan_qr("123456"))["access"] == 1
    assert (terminal.screen, terminal.doors[1].openings) == ("ok", 1)
    assert await server.frame("sendqrcode") == {
        "cmd": "sendqrcode",
        "sn": "ZX00000001",
        "record": "123456",
    }
    assert (await terminal.scan_qr("x"))["access"] == 0
    assert (terminal.screen, terminal.doors[1].openings) == ("unknown", 1)


async def test_pin(lab: Lab, server: Server) -> None:
    server.replies["sendpin"] = lambda _: {"ret": "sendpin", "result": True, "access": True}
    terminal = await lab.registered("ai_face")
    await terminal.enter_pin("1234")
    frame = await server.frame("sendpin")
    assert set(frame) == {"cmd", "sn", "pin", "time"}
    assert frame["pin"] == "1234"
    assert terminal.doors[1].openings == 1


async def test_nobody_replies(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    with pytest.raises(TimeoutError):
        await terminal.scan_qr("1", timeout=0.01)
    server.replies["sendqrcode"] = reply_to_qr
    assert await terminal.scan_qr("1")


async def test_the_socket_is_lost_before_the_reply(lab: Lab, server: Server) -> None:
    server.replies["sendqrcode"] = keep_silent
    terminal = await lab.registered("ai_face")
    scan = asyncio.create_task(terminal.scan_qr("1"))
    await server.frame("sendqrcode")
    await terminal.drop()
    with pytest.raises(ConnectionError):
        await scan


async def test_without_a_server_or_a_scanner(lab: Lab) -> None:
    with pytest.raises(ConnectionError):
        await lab.terminal("ai_face").scan_qr("1")
    with pytest.raises(ValueError, match="scanner"):
        await lab.terminal("tfs30").enter_pin("1")
