"""Terminals that dial in encrypted, and peers that begin to and do not end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import ssl
import struct

import pytest
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from custom_components.timmy_access.protocol import (
    connection as connection_module,
    exchange as exchange_module,
    lobby as lobby_module,
)
from custom_components.timmy_access.protocol.commands import OpenDoor
from custom_components.timmy_access.protocol.errors import TerminalBusy, TerminalOffline
from custom_components.timmy_access.protocol.listener import Encryption, Listener
from tests.certificates import Certificate

from .conftest import LOOPBACK, REG, Desk, OpenGate, ScriptedTerminal, clog, unclogged


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the other side ends the connection, in good order or not."""
    data = b""
    async with asyncio.timeout(5):
        with suppress(ConnectionError):
            while more := await reader.read(65536):
                data += more
    return data


def url(listener: Listener) -> str:
    return f"wss://{LOOPBACK}:{listener.encrypted_port}/"


async def test_both_ports_lead_to_the_same_gate(
    secure: Listener, certificate: Certificate, desk: Desk, gate: OpenGate
) -> None:
    assert secure.encrypted_port != secure.port
    async with (
        connect(url(secure), ssl=certificate.trusting()) as encrypted,
        connect(f"ws://{LOOPBACK}:{secure.port}/") as plain,
    ):
        for connection in (encrypted, plain):
            await ScriptedTerminal(connection).register()
    assert [peer.address for _, peer in gate.asked] == [LOOPBACK] * 2
    assert secure.lobby.refused == 0


@pytest.mark.parametrize("brimful", [False, True])
async def test_a_door_command_stuck_behind_tls_cannot_arrive_late(
    secure: Listener, certificate: Certificate, desk: Desk, monkeypatch: pytest.MonkeyPatch, *, brimful: bool
) -> None:
    monkeypatch.setattr(exchange_module, "DOOR_WRITE_SECONDS", 0.1)
    monkeypatch.setattr(exchange_module, "DOOR_PATIENCE_SECONDS", 0.0)
    async with connect(url(secure), ssl=certificate.trusting(), max_size=None) as connection:
        terminal = await ScriptedTerminal(connection).register()
        assert desk.session is not None
        opening = asyncio.create_task(desk.session.request(OpenDoor(door=1)))
        assert (await terminal.hear())["cmd"] == "opendoor"
        await terminal.say({"ret": "opendoor", "result": True})
        await opening
        filler = clog(terminal, desk.session, brimful=brimful)
        with pytest.raises(TerminalBusy):
            await desk.session.request(OpenDoor(door=1))
        assert desk.session.ended
        assert "opendoor" not in [frame.get("cmd") for frame in await unclogged(terminal)]
        with pytest.raises(TerminalOffline):
            await filler


async def test_tls_instead_of_plain(gate: OpenGate, certificate: Certificate) -> None:
    listener = Listener(gate, LOOPBACK, 0, encryption=Encryption(context=certificate.serving()))
    assert listener.encrypted_port is None
    await listener.start()
    assert listener.encrypted_port == listener.port
    async with connect(url(listener), ssl=certificate.trusting()) as connection:
        await ScriptedTerminal(connection).register()
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert b"HTTP" not in await rest(reader)
    writer.close()
    await until(lambda: len(listener.lobby) == 0)
    await listener.stop()


async def test_a_busy_second_port_leaves_none_open(gate: OpenGate, certificate: Certificate) -> None:
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, 0)
    busy = server.sockets[0].getsockname()[1]
    listener = Listener(gate, LOOPBACK, 0, encryption=Encryption(context=certificate.serving(), port=busy))
    with pytest.raises(OSError, match="in use"):
        await listener.start()
    assert listener._servers == []
    server.close()
    await server.wait_closed()


async def test_what_comes_with_the_end_of_the_handshake_is_read(
    secure: Listener, certificate: Certificate, desk: Desk
) -> None:
    """Client and request in one packet: what is decrypted must wait until somebody reads it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificate.trusting().wrap_bio(incoming, outgoing, server_hostname=LOOPBACK)
    reader, writer = await asyncio.open_connection(LOOPBACK, secure.encrypted_port)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    writer.write(outgoing.read())
    while True:
        incoming.write(await reader.read(65536))
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            continue
        break
    client = ClientProtocol(parse_uri(url(secure)))
    client.send_request(client.connect())
    for data in client.data_to_send():
        tls.write(data)
    writer.write(outgoing.read())
    while client.handshake_exc is None and not client.events_received():
        incoming.write(await reader.read(65536))
        try:
            client.receive_data(tls.read())
        except ssl.SSLWantReadError:
            continue
    assert client.handshake_exc is None
    writer.transport.abort()


async def test_those_who_do_not_end_the_handshake_are_few(
    secure: Listener, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lobby_module, "MAX_WAITING_PER_ADDRESS", 2)
    silent = [await asyncio.open_connection(LOOPBACK, secure.encrypted_port) for _ in range(2)]
    await until(lambda: len(secure.lobby) == 2)
    reader, writer = await asyncio.open_connection(LOOPBACK, secure.encrypted_port)
    assert await rest(reader) == b""
    writer.close()
    assert secure.lobby.refused == 1
    for _, other in silent:
        other.close()
    await until(lambda: len(secure.lobby) == 0)
    async with connect(url(secure), ssl=certificate.trusting()) as connection:
        await ScriptedTerminal(connection).register()


async def test_a_quiet_address_takes_the_place_of_one_that_shakes_hands_for_ever(
    secure: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lobby_module, "MAX_WAITING", 2)
    busy = [await asyncio.open_connection(LOOPBACK, secure.encrypted_port) for _ in range(2)]
    await until(lambda: len(secure.lobby) == 2)
    quiet = await asyncio.open_connection(LOOPBACK, secure.encrypted_port, local_addr=("127.0.0.2", 0))
    assert await rest(busy[0][0]) == b""
    assert len(secure.lobby) == 2
    for _, writer in (*busy, quiet):
        writer.close()


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 200, b"\x80" * 64])
async def test_nonsense_instead_of_a_handshake(secure: Listener, data: bytes) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, secure.encrypted_port)
    writer.write(data)
    writer.write_eof()
    assert b"HTTP" not in await rest(reader)
    writer.close()
    await until(lambda: len(secure.lobby) == 0)


async def test_a_handshake_has_a_deadline(secure: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "HANDSHAKE_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection(LOOPBACK, secure.encrypted_port)
    assert await rest(reader) == b""
    writer.close()
    await until(lambda: len(secure.lobby) == 0)


async def test_a_peer_that_resets_in_the_middle(secure: Listener) -> None:
    for data in (b"", b"\x16\x03\x01"):
        _, writer = await asyncio.open_connection(LOOPBACK, secure.encrypted_port)
        writer.write(data)
        await until(lambda: len(secure.lobby) == 1)
        writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: close is a reset
        writer.transport.abort()
        await until(lambda: len(secure.lobby) == 0)


async def test_stopping_waits_for_nobody_who_is_not_admitted(gate: OpenGate, certificate: Certificate) -> None:
    listener = Listener(gate, LOOPBACK, 0, encryption=Encryption(context=certificate.serving(), port=0))
    await listener.start()
    writers = [(await asyncio.open_connection(LOOPBACK, port))[1] for port in (listener.port, listener.encrypted_port)]
    await until(lambda: len(listener.lobby) == 2)
    async with asyncio.timeout(5):  # handshakes may take ten
        await listener.stop()
    assert len(listener.lobby) == 0
    for writer in writers:
        writer.close()


async def test_a_reset_ends_an_encrypted_session(secure: Listener, certificate: Certificate, desk: Desk) -> None:
    async with connect(url(secure), ssl=certificate.trusting()) as connection:
        terminal = await ScriptedTerminal(connection).register()
        assert desk.session is not None
        desk.session.reset()
        assert await terminal.closed() == 1006
        await asyncio.wait_for(desk.ended.wait(), 5)
    assert REG["sn"] == desk.session.serial
