import asyncio
from dataclasses import replace
import json

from hypothesis import given, strategies as st
import pytest

from simulator import Faults, Timing, User
from simulator.wire import decode, encode, with_trailing_commas

from .conftest import Frame, Lab, Server, keep_silent

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


async def test_silent_commands_are_carried_out(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.silent.add("opendoor")
    assert await server.silent("opendoor")
    assert terminal.doors[1].openings == 1
    terminal.faults.silent = {"*"}
    await server.send({"cmd": "gettime"})
    await terminal.wait_received("gettime", after=len(terminal.received) - 1)
    terminal.faults.silent = set()
    assert (await server.call("getusername", enrollid=1))["result"] is False


async def test_silence_stops_the_repetition_of_reg(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("ai_face", replace(Timing.fast(), heartbeat=0.001))
    terminal.faults.silent = {"reg"}
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    for _ in range(20):
        await server.call("gettime")
    assert len(server.named("reg")) == 1
    terminal.faults.silent = set()
    await server.frame("reg", number=3)


async def test_duplicates(lab: Lab, server: Server) -> None:
    terminal = lab.terminal()
    terminal.faults = Faults(duplicate=True)
    await lab.plug_in(terminal)
    await server.frame("reg", number=2)
    await terminal.wait_registered()
    await server.send({"cmd": "gettime"})
    await server.frame("gettime", number=2)


async def test_delay(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.delay = 0.01
    assert await server.call("gettime")


async def test_wrong_types(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.wrong_type = True
    terminal.punch(1, time="2026-03-01 12:00:00")
    await terminal.wait_sent()
    frame = await server.frame("sendlog")
    assert (frame["count"], frame["logindex"]) == ("1", "1")
    assert frame["record"][0]["enrollid"] == "1"
    assert (await server.call("opendoor"))["result"] == 1


async def test_refusals(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.refuse["opendoor"] = {"reason": 3, "msg": "busy"}
    reply = await server.call("opendoor")
    assert (reply["result"], reply["reason"], reply["msg"]) == (False, 3, "busy")
    assert terminal.doors[1].openings == 0


async def test_half_open(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.half_open = True
    terminal.punch(1)
    await server.send({"cmd": "gettime"})
    pong = asyncio.ensure_future(await server.sockets[-1].ping())
    assert not pong.done()
    assert not server.named("gettime")
    assert not server.named("sendlog")
    terminal.faults.half_open = False
    await server.frame("gettime")
    await terminal.wait_sent()
    await pong
    assert len(server.sockets) == 1


async def test_a_stall_hides_the_end_of_the_socket(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.half_open = True
    server.sockets[-1].transport.close()
    await server.until(lambda: server.closed == 1)
    assert terminal.connected
    await terminal.power_cycle()
    assert not terminal.faults.half_open
    await terminal.wait_registered()
    terminal.faults.half_open = True
    server.sockets[-1].transport.close()
    await server.until(lambda: server.closed == 2)
    await terminal.wait_for(lambda: True)
    terminal.faults.half_open = False
    await server.frame("reg", number=3)


async def test_stopping_a_stalled_terminal(lab: Lab) -> None:
    async with lab.terminal() as terminal:
        await terminal.wait_registered()
        terminal.faults.half_open = True
    assert not terminal.connected


async def test_binary_frames(lab: Lab, server: Server) -> None:
    terminal = lab.terminal()
    terminal.faults.binary = True
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    assert isinstance(server.messages[0], bytes)


async def test_trailing_commas(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.add_user(User(enrollid=1, name="a]"))
    terminal.faults.trailing_comma = True
    await server.send({"cmd": "getuserlist", "stn": True})
    await server.until(lambda: len(server.messages) == 2)
    assert str(server.messages[1]).endswith(",]}")
    await server.send({"cmd": "getusername", "enrollid": 1})
    await server.until(lambda: len(server.messages) == 3)
    assert '"a]"' in str(server.messages[2])


async def test_malformed_frames(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.malformed = True
    await server.send({"cmd": "gettime"})
    await server.until(lambda: len(server.messages) == 2)
    with pytest.raises(json.JSONDecodeError):
        json.loads(server.messages[1])
    # Without an ack it goes on.
    terminal.punch(1)
    await server.until(lambda: len(server.messages) == 4)
    terminal.faults.malformed = False
    await terminal.wait_sent()


async def test_replies_keyed_cmd_and_no_serial(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.as_cmd = True
    terminal.faults.no_sn = True
    reply = await server.call("getusername", enrollid=1)
    assert reply["cmd"] == "getusername"
    assert not {"sn", "ret"} & set(reply)
    server.replies["sendlog"] = keep_silent
    terminal.punch(1)
    assert "sn" not in await server.frame("sendlog")


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_frames_survive_the_wire(frame: Frame) -> None:
    assert decode(encode(frame, Faults())) == frame
    assert decode(encode(frame, Faults(binary=True))) == frame


@given(JSON)
def test_trailing_commas_leave_strings_alone(value: object) -> None:
    text = json.dumps(value, separators=(",", ":"))
    spoilt = with_trailing_commas(text)
    depth = len(spoilt) - len(text)
    assert depth == _full_lists(value)


def _full_lists(value: object) -> int:
    if isinstance(value, list):
        return bool(value) + sum(_full_lists(item) for item in value)
    if isinstance(value, dict):
        return sum(_full_lists(item) for item in value.values())
    return 0
