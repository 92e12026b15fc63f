import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from simulator import PROFILES, Timing, User, VirtualTerminal
from simulator.__main__ import trusting_context
from tests.certificates import make_certificate

from .conftest import Lab, Server, listening


async def test_old_firmware_never_answers_pings(lab: Lab, server: Server) -> None:
    await lab.registered("tfs30")
    pong = asyncio.ensure_future(await server.sockets[-1].ping())
    for _ in range(5):
        await server.call("gettime")
    assert not pong.done()
    pong.cancel()


async def test_face_firmware_answers_pings(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    await (await server.sockets[-1].ping())


async def test_start_returns_at_once_and_waits_for_a_server() -> None:
    lines: list[str] = []
    later = Server()
    async with listening(later) as gone:
        url = gone.url
        port = int(url.split(":")[2].split("/")[0])
    terminal = VirtualTerminal(url=url, timing=Timing.fast())
    terminal.listen(lines.append)
    await terminal.start()
    assert not terminal.connected
    with pytest.raises(RuntimeError, match="running"):
        await terminal.start()
    await terminal.wait_for(lambda: lines)
    assert lines == [f"cannot reach {url}"]
    async with listening(Server(), port):
        await terminal.wait_registered()
        await terminal.stop()
    assert lines == [f"cannot reach {url}", f"connected to {url}", "registered", "disconnected"]


async def test_a_terminal_can_be_plugged_in_again(lab: Lab, server: Server) -> None:
    terminal = lab.terminal()
    async with terminal:
        await terminal.wait_registered()
    assert not terminal.connected
    assert not terminal.registered
    async with terminal:
        await terminal.wait_registered()
    await terminal.stop()
    assert len(server.sockets) == 2


async def test_drop_and_redial(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    await terminal.drop()
    assert not terminal.registered
    await terminal.wait_registered()
    assert server.sockets[0].close_code == 1006
    await terminal.drop(close=True)
    await terminal.wait_registered()
    assert server.sockets[1].close_code == 1000
    assert len(server.sockets) == 3


async def test_drop_without_a_socket(lab: Lab) -> None:
    terminal = lab.terminal()
    await terminal.drop()
    await terminal.power_cycle()
    with pytest.raises(ConnectionError):
        await terminal.send({"cmd": "x"})


async def test_the_server_hangs_up(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    await server.sockets[-1].close()
    await server.frame("reg", number=2)
    await terminal.wait_registered()


async def test_power_cycle_keeps_what_is_stored(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.add_user(User(enrollid=1))
    await server.call("lockctrl", fuc=1)
    await server.call("setdevinfo", volume=2)
    await server.send({"cmd": "adduser", "enrollid": 5, "backupnum": 11})
    await server.call("gettime")
    terminal.door_event(6)
    await terminal.power_cycle()
    assert not terminal.registered
    assert (terminal.doors[1].mode, terminal.doors[1].is_open) == ("normal", False)
    assert not terminal.alarm
    await terminal.wait_registered()
    assert list(terminal.users) == [1]
    assert terminal.settings["volume"] == 2
    with pytest.raises(RuntimeError):
        terminal.scan_enrolment()


@pytest.mark.parametrize(("cmd", "keys"), [("reboot", {}), ("lockctrl", {"fuc": 5})])
async def test_reboot_has_no_reply(lab: Lab, server: Server, cmd: str, keys: dict[str, int]) -> None:
    terminal = await lab.registered()
    await server.send({"cmd": cmd, **keys})
    await server.frame("reg", number=2)
    await terminal.wait_registered()
    assert len(server.sockets) == 2
    assert not server.named(cmd)


async def test_source_address(server: Server) -> None:
    async with VirtualTerminal(url=server.url, timing=Timing.fast(), source_address="127.0.0.2") as terminal:
        await terminal.wait_registered()
        assert server.sockets[0].remote_address[0] == "127.0.0.2"


async def test_the_handshake_never_ends() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with mute:
        port = mute.sockets[0].getsockname()[1]
        lines: list[str] = []
        terminal = VirtualTerminal(url=f"ws://127.0.0.1:{port}/pub/chat", timing=replace(Timing.fast(), dial=0.01))
        terminal.listen(lines.append)
        async with terminal:
            await terminal.wait_for(lambda: lines)
    assert lines[0].startswith("cannot reach")


async def test_own_profile_and_journals(lab: Lab, server: Server) -> None:
    profile = replace(PROFILES["tfs30"], name="own", cpusn="1234", pongs=True)
    terminal = await lab.registered(profile)
    assert terminal.sent[0]["cpusn"] == "1234"
    assert (await terminal.wait_received("reg"))["ret"] == "reg"
    await terminal.send({"cmd": "heartbeat", "sn": "x"})
    await terminal.send_raw("not json")
    await terminal.send_raw(b"\x00")
    await server.until(lambda: len(server.messages) == 4)
    assert server.messages[2:] == ["not json", b"\x00"]
    await server.call("gettime")
    start = len(terminal.received)
    await server.send({"cmd": "gettime"})
    assert (await terminal.wait_received("gettime", after=start))["cmd"] == "gettime"
    assert (await terminal.wait_transmitted("gettime"))["ret"] == "gettime"
    with pytest.raises(TimeoutError):
        await terminal.wait_received("opendoor", timeout=0)


async def test_large_commands(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    reply = await server.call("unheard", text="x" * 3_000_000)
    assert reply["result"] is False


async def test_a_server_which_is_no_websocket_server() -> None:
    async with serve(lambda _: asyncio.sleep(0), "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        async with VirtualTerminal(url=f"ws://127.0.0.1:{port}/pub/chat", timing=Timing.fast()) as terminal:
            await terminal.wait_connected()
            await terminal.wait_for(lambda: not terminal.connected)


async def test_a_terminal_dials_encrypted(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    server = Server()
    async with serve(server.serve, "127.0.0.1", 0, ssl=certificate.serving()) as listener:
        url = f"wss://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
        for tls in (certificate.trusting(), trusting_context()):
            async with VirtualTerminal(url=url, timing=Timing.fast(), tls=tls) as terminal:
                await terminal.wait_registered()
        lines: list[str] = []
        terminal = VirtualTerminal(url=url, timing=Timing.fast())  # as the computer does, which does not trust it
        terminal.listen(lines.append)
        async with terminal:
            await terminal.wait_for(lambda: lines)
        assert lines[0] == f"cannot reach {url}"
