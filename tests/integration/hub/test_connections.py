"""Connections that go wrong: cut, reset, stalled, half-open, slow, and hundreds in a row."""

import asyncio
import json
import logging
import socket
import struct
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from custom_components.timmy_access.hub import gate as gate_module
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol import exchange
from custom_components.timmy_access.protocol.pace import Pace
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import VirtualTerminal

from ..conftest import FACE, LOOPBACK, MakeTerminal, connected
from ..leaks import SPARE_FILES, files, running, until_only
from ..until import SECONDS, state_of, until_state

ONLINE = "binary_sensor.front_door_connectivity"
REGISTRATION = json.dumps({"cmd": "reg", "sn": FACE, "devinfo": {"modelname": "x"}})
RECONNECTS, RECONNECTS_IN_FULL = 200, 2000


async def dial(port: int, **options: Any) -> ClientConnection:
    terminal = await connect(f"ws://{LOOPBACK}:{port}/pub/chat", compression=None, ping_interval=None, **options)
    await terminal.send(REGISTRATION)
    assert json.loads(await terminal.recv())["result"] is True
    return terminal


def cut(terminal: ClientConnection) -> None:
    """Reset the connection, so that not even a FIN arrives in good order."""
    sock = terminal.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    terminal.transport.abort()


async def test_hundreds_of_reconnects_leave_nothing(
    hass: HomeAssistant,
    hub: Hub,
    port: int,
    make_terminal: MakeTerminal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_long: bool,
) -> None:
    reconnects = RECONNECTS_IN_FULL if is_long else RECONNECTS
    caplog.set_level(logging.INFO)
    tasks, open_files = running(), files()
    before: ClientConnection | None = None
    monkeypatch.setattr(gate_module, "RETURN_PROBE_SECONDS", 0.0)  # none of them answers
    monkeypatch.setattr(Pace, "until_next_visit", lambda _: 0.0)  # nor waits for its turn
    for number in range(reconnects):
        terminal = await dial(port)
        assert hub.terminals[FACE].session is not None
        if before is not None:  # the old one ends only now, and must not take the terminal offline
            cut(before) if number % 2 else before.transport.abort()
        before = terminal
    await until_state(hass, ONLINE, "on")
    assert state_of(hass, "lock.front_door").state == "locked"
    assert hub.terminals[FACE].counters.connections == reconnects
    assert before is not None
    cut(before)
    await until_state(hass, ONLINE, "off")
    assert state_of(hass, "lock.front_door").state == "unavailable"
    await until_only(tasks)
    assert files() <= open_files + SPARE_FILES
    assert len(hub.listener.lobby) == 0
    ours = [line for line in caplog.records if line.name.startswith("custom_components")]
    assert len(ours) <= 30
    face = await connected(hass, make_terminal("ai_face", FACE))
    await hass.services.async_call("lock", "open", {"entity_id": "lock.front_door"}, blocking=True)
    assert face.doors[1].openings == 1


async def test_a_reset_in_the_middle_of_a_frame(
    hass: HomeAssistant, hub: Hub, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    tasks = running()
    terminal = await dial(port)
    # A text frame that announces 60,000 bytes, and then five of them.
    terminal.transport.write(struct.pack("!BBH4s", 0x81, 0x80 | 126, 60_000, b"mask") + b'{"cmd')
    cut(terminal)
    await until_state(hass, ONLINE, "off")
    await until_only(tasks)
    assert hub.terminals[FACE].counters.malformed == 0
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_slow_writer_is_waited_for_and_holds_up_nobody(
    hass: HomeAssistant, hub: Hub, port: int, finger: VirtualTerminal
) -> None:
    terminal = await dial(port)
    payload = json.dumps({"cmd": "checklive", "sn": FACE}).encode()
    header = struct.pack("!BB4s", 0x81, 0x80 | len(payload), b"\0\0\0\0")
    for byte in header + payload:
        terminal.transport.write(bytes([byte]))
        await hass.services.async_call("lock", "open", {"entity_id": "lock.office"}, blocking=True)
    async with asyncio.timeout(SECONDS):
        while json.loads(await terminal.recv()).get("ret") != "checklive":
            pass
    assert finger.doors[1].openings == len(header + payload)
    cut(terminal)
    await until_state(hass, ONLINE, "off")


async def test_a_slow_reader_holds_up_nobody(hass: HomeAssistant, hub: Hub, port: int, finger: VirtualTerminal) -> None:
    terminal = await dial(port, max_queue=1)
    terminal.transport.pause_reading()

    async def _ask_for_ever() -> None:
        while True:
            await terminal.send(json.dumps({"cmd": "x" * 32, "sn": FACE, "fill": "y" * 4000}))

    asking = asyncio.create_task(_ask_for_ever())
    for _ in range(20):
        await hass.services.async_call("lock", "open", {"entity_id": "lock.office"}, blocking=True)
    assert finger.doors[1].openings == 20
    assert not asking.done()
    cut(terminal)
    with pytest.raises(ConnectionClosed):
        await asking
    await until_state(hass, ONLINE, "off")


async def test_a_half_open_connection_is_found_and_opens_nothing_late(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DOOR_ANSWER_SECONDS", 0.2)
    face.faults.half_open = True
    with pytest.raises(HomeAssistantError, match="did not answer"):
        await hass.services.async_call("lock", "open", {"entity_id": "lock.front_door"}, blocking=True)
    await until_state(hass, ONLINE, "off")
    face.faults.half_open = False
    await until_state(hass, ONLINE, "on")
    assert face.doors[1].openings == 0
