"""Peers from outside the allowed networks: closed before they cost anything, on every port, and counted."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
import ssl

import pytest
from websockets.asyncio.client import connect

from custom_components.timmy_access.protocol.answers import RegistrationRefused
from custom_components.timmy_access.protocol.listener import Encryption, Listener
from custom_components.timmy_access.protocol.messages import Registration
from custom_components.timmy_access.protocol.networks import PRIVATE, Networks
from custom_components.timmy_access.protocol.peer import Peer
from tests.certificates import Certificate

from .conftest import LOOPBACK, REG, SERIAL, Desk, Dial, OpenGate, ScriptedTerminal

ELSEWHERE = Networks.of(["10.0.0.0/8", "::1"])
OTHER_ADDRESS = "127.0.0.2"
OTHER_SERIAL = "ZX00000002"
STRANGER = {**REG, "sn": "ZX99999999"}
FLOOD = 300


def ports(listener: Listener) -> list[int]:
    assert listener.encrypted_port is not None
    return [listener.port, listener.encrypted_port]


def url(listener: Listener) -> str:
    return f"ws://{LOOPBACK}:{listener.port}/"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


def client_hello() -> bytes:
    """Return what a TLS client says first."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="home.example")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


async def knock(port: int, data: bytes = b"") -> tuple[bytes, int]:
    """Dial, say something, and return what comes until the other side ends it, and our own port."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    own: int = writer.get_extra_info("sockname")[1]
    heard = b""
    async with asyncio.timeout(5):
        with suppress(ConnectionError):
            writer.write(data)
            while more := await reader.read(65536):
                heard += more
    writer.close()
    return heard, own


async def test_at_first_only_what_is_not_of_the_internet_may_come(listener: Listener) -> None:
    assert listener.border.networks == PRIVATE


async def test_who_comes_from_outside_is_closed_before_anything_else(
    secure: Listener, gate: OpenGate, caplog: pytest.LogCaptureFixture
) -> None:
    secure.limit_to(ELSEWHERE)
    request = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"
    before = len(asyncio.all_tasks())
    for port, data in zip(ports(secure), (request, client_hello()), strict=True):
        heard, own = await knock(port, data)
        assert heard == b""
        assert gate.outside.pop() == (Peer(LOOPBACK, own), port)
        assert (len(secure.lobby), secure.lobby.refused, secure.lobby.displaced) == (0, 0, 0)
        assert len(asyncio.all_tasks()) == before  # no handshake and no handler
    assert secure.border.turned_away == 2
    assert gate.asked == []
    assert [record for record in caplog.records if record.name.startswith("custom_components")] == []


async def test_tls_instead_of_plain_is_closed_as_well(gate: OpenGate, certificate: Certificate) -> None:
    listener = Listener(gate, LOOPBACK, 0, encryption=Encryption(context=certificate.serving()), networks=ELSEWHERE)
    await listener.start()
    assert (await knock(listener.port, client_hello()))[0] == b""
    assert [port for _, port in gate.outside] == [listener.port]
    await listener.stop()


async def test_a_flood_from_outside_takes_no_place_and_leaves_nothing(listener: Listener, gate: OpenGate) -> None:
    listener.limit_to(Networks.of([OTHER_ADDRESS]))
    tasks = len(asyncio.all_tasks())
    for _ in range(FLOOD):
        assert (await knock(listener.port))[0] == b""
        assert len(listener.lobby) == 0
    assert listener.border.turned_away == len(gate.outside) == FLOOD
    assert listener.lobby.refused == 0
    assert len(asyncio.all_tasks()) == tasks
    async with connect(url(listener), local_addr=(OTHER_ADDRESS, 0)) as connection:
        await ScriptedTerminal(connection).register()


@pytest.mark.expects_lifecycle_error
async def test_what_the_gate_makes_of_it_keeps_no_connection_open(
    listener: Listener, gate: OpenGate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(listener.border, "tell", fail)
    listener.limit_to(ELSEWHERE)
    assert (await knock(listener.port))[0] == b""
    assert listener.border.turned_away == 1
    assert "disk full" in caplog.text


async def test_limits_cut_off_who_may_not_stay_and_nobody_else(
    secure: Listener, gate: OpenGate, desk: Desk, certificate: Certificate
) -> None:
    other = gate.desks[OTHER_SERIAL] = Desk()
    trust = certificate.trusting()
    secure_url = f"wss://{LOOPBACK}:{secure.encrypted_port}/"
    async with (
        connect(url(secure)) as staying,
        connect(url(secure)) as waiting,
        connect(secure_url, ssl=trust, local_addr=(OTHER_ADDRESS, 0)) as leaving,
        connect(url(secure), local_addr=(OTHER_ADDRESS, 0)) as refused,
    ):
        terminal = await ScriptedTerminal(staying).register()
        stranger = ScriptedTerminal(waiting)
        await stranger.ask(STRANGER)
        gone = ScriptedTerminal(leaving)
        assert (await gone.ask({**REG, "sn": OTHER_SERIAL}))["result"] is True
        unknown = ScriptedTerminal(refused)
        await unknown.ask(STRANGER)
        handshakes = [
            await asyncio.open_connection(LOOPBACK, port, local_addr=(address, 0))
            for port in ports(secure)
            for address in (LOOPBACK, OTHER_ADDRESS)
        ]
        await until(lambda: len(secure.lobby) == 6)
        session = desk.session
        secure.limit_to(Networks.of([LOOPBACK]))
        assert len(secure.lobby) == 3
        assert await gone.closed() == 1006
        assert await unknown.closed() == 1006
        await asyncio.wait_for(other.ended.wait(), 5)
        for reader, writer in handshakes[1::2]:
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
        assert (await stranger.ask(STRANGER))["result"] is False
        await terminal.register()
        assert desk.session is session
        assert not desk.ended.is_set()
        assert (secure.border.turned_away, secure.lobby.displaced) == (0, 0)
        for _, writer in handshakes[0::2]:
            writer.close()
        await until(lambda: len(secure.lobby) == 1)


async def test_wider_limits_hold_for_the_next_who_dials(dial: Dial, listener: Listener) -> None:
    listener.limit_to(ELSEWHERE)
    await knock(listener.port)
    listener.limit_to(Networks.of(["0.0.0.0/0"]))
    await (await dial()).register()
    assert listener.border.turned_away == 1


class SlowGate(OpenGate):
    """Takes its time to decide."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.asking = asyncio.Event()
        self.decided = asyncio.Event()
        self.answered = asyncio.Event()

    async def admit(self, registration: Registration, peer: Peer) -> Desk | RegistrationRefused:
        self.asking.set()
        await self.decided.wait()
        self.answered.set()
        return await super().admit(registration, peer)


@pytest.mark.parametrize("serial", [SERIAL, "ZX99999999"])
async def test_who_is_cut_off_while_the_gate_decides_is_not_admitted(desk: Desk, serial: str) -> None:
    gate = SlowGate(desk)
    listener = Listener(gate, LOOPBACK, 0)
    await listener.start()
    async with connect(url(listener)) as connection:
        terminal = ScriptedTerminal(connection)
        await terminal.say({**REG, "sn": serial})
        await gate.asking.wait()
        listener.limit_to(ELSEWHERE)
        gate.decided.set()
        assert await terminal.closed() == 1006
        await gate.answered.wait()
    await listener.stop()  # waits for the handler of the connection
    assert desk.session is None
    assert Counter(registration.serial for registration, _ in gate.asked) == {serial: 1}
    assert listener.lobby.refused == 0
