from dataclasses import replace
from datetime import timedelta

import pytest

from simulator import PROFILES, Timing, User
from simulator.clock import local_now, parse

from .conftest import CLOUD_TIME, Lab, Server, accept_reg, keep_silent


async def test_fingerprint_terminal_registers(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("tfs30")
    terminal.add_user(User(enrollid=1, name="Ada", credentials={0: "c5", 11: 5, 10: 7}))
    terminal.punch(1)
    await lab.plug_in(terminal)
    reg = await server.frame("reg")
    assert reg["sn"] == "ZX00000001"
    assert reg["cpusn"]
    assert set(reg["devinfo"]) == {
        *("modelname", "usersize", "fpsize", "cardsize", "pwdsize", "logsize", "useduser"),
        *("usedfp", "usedcard", "usedpwd", "usedlog", "usednewlog", "fpalgo", "firmware"),
        *("time", "mac"),
    }
    assert reg["devinfo"]["useduser"] == reg["devinfo"]["usedfp"] == 1
    assert reg["devinfo"]["usedlog"] == reg["devinfo"]["usednewlog"] == 1
    assert server.sockets[0].request is not None
    assert server.sockets[0].request.path == "/pub/chat"
    assert "Sec-WebSocket-Extensions" not in server.sockets[0].request.headers
    await terminal.wait_registered()
    assert terminal.connected
    assert terminal.screen == ""


async def test_face_terminal_reports_more_but_no_cpusn(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    reg = await server.frame("reg")
    assert "cpusn" not in reg
    assert {
        *("facesize", "usedface", "palmsize", "usedpalm", "usedrtlog", "netinuse", "usb4g"),
        *("intercom", "floors", "charid", "useosdp", "dislanguage", "curip"),
    } <= set(reg["devinfo"])
    assert reg["devinfo"]["modelname"] == "AiFace"


async def test_face_terminal_repeats_reg_as_heartbeat(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face", replace(Timing.fast(), heartbeat=0.01))
    await server.frame("reg", number=3)
    assert len(server.sockets) == 1


async def test_fingerprint_terminal_registers_once(lab: Lab, server: Server) -> None:
    await lab.registered("tfs30", replace(Timing.fast(), heartbeat=0.001))
    for _ in range(20):
        await server.call("gettime")
    assert len(server.named("reg")) == 1


async def test_unanswered_reg_is_repeated_on_the_same_socket(lab: Lab, server: Server) -> None:
    server.replies["reg"] = keep_silent
    terminal = lab.terminal("tfs30", replace(Timing.fast(), reg_repeat=0.01))
    terminal.punch(1)
    await lab.plug_in(terminal)
    await server.frame("reg", number=3)
    assert len(server.sockets) == 1
    assert not terminal.registered
    assert not server.named("sendlog")


async def test_refused_terminal_shows_the_reason_and_asks_again(lab: Lab, server: Server) -> None:
    server.replies["reg"] = lambda _: {"ret": "reg", "result": False, "reason": "did not reg"}
    terminal = lab.terminal("ai_face", replace(Timing.fast(), reg_repeat=0.01))
    terminal.punch(1)
    terminal.enrol_user(User(enrollid=2, credentials={11: 5}))
    await lab.plug_in(terminal)
    assert await terminal.wait_refused() == "did not reg"
    assert terminal.screen == "did not reg"
    await server.send({"cmd": "gettime"})
    await server.frame("reg", number=3)
    assert {frame["cmd"] for frame in server.frames} == {"reg"}
    assert len(server.sockets) == 1
    server.replies["reg"] = accept_reg
    await terminal.wait_registered()
    await terminal.wait_sent()
    assert len(server.sockets) == 1


async def test_a_refusal_later_on_ends_the_registration(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face", replace(Timing.fast(), heartbeat=0.01))
    server.replies["reg"] = lambda _: {"ret": "reg", "result": False, "reason": "gone"}
    assert await terminal.wait_refused() == "gone"
    assert not terminal.registered


@pytest.mark.parametrize("text", [CLOUD_TIME, "2026-03-01T12:00:00.000Z"])
async def test_cloudtime_sets_the_clock_verbatim(lab: Lab, server: Server, text: str) -> None:
    server.replies["reg"] = lambda _: {"ret": "reg", "result": True, "cloudtime": text}
    terminal = lab.terminal()
    terminal.clock_offset = timedelta(seconds=89)
    before = local_now()
    await lab.plug_in(terminal)
    reg = await server.frame("reg")
    assert parse(reg["devinfo"]["time"]) - before > timedelta(seconds=87)
    await terminal.wait_registered()
    expected = parse(CLOUD_TIME) - local_now()
    assert abs(terminal.clock_offset - expected) < timedelta(minutes=1)


@pytest.mark.parametrize("time", ["soon", 5, None])
async def test_nonsense_in_cloudtime_changes_nothing(lab: Lab, server: Server, time: object) -> None:
    server.replies["reg"] = lambda _: {"ret": "reg", "result": 1, "cloudtime": time}
    terminal = await lab.registered()
    assert terminal.clock_offset == timedelta()


async def test_wishes_about_pushes_are_respected(lab: Lab, server: Server) -> None:
    server.replies["reg"] = lambda _: {
        "ret": "reg",
        "result": True,
        "nosenduser": True,
        "nosendlog": True,
    }
    terminal = await lab.registered("ai_face")
    terminal.punch(1)
    terminal.enrol_user(User(enrollid=2, credentials={11: 5}))
    await server.call("gettime")
    assert not server.named("sendlog")
    assert not server.named("senduser")
    server.replies["reg"] = lambda _: {"ret": "reg", "result": True, "nosendimage": True}
    await terminal.drop()
    log = await server.frame("sendlog")
    assert "image" not in log["record"][0]
    await server.frame("senduser")


async def test_a_clock_may_drift(lab: Lab) -> None:
    terminal = lab.terminal()
    terminal.clock_drift = 3.6e9
    first = terminal.machine.clock.now()
    assert terminal.machine.clock.now() - first > timedelta()
    assert terminal.clock_drift == 3.6e9


def test_profiles_are_named() -> None:
    assert set(PROFILES) == {"tfs30", "ai_face", "controller4"}
    assert all(name == profile.name for name, profile in PROFILES.items())
