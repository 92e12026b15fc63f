"""From the step in which a listener or a session stops, nothing is heard and nothing is said."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import socket
import ssl
from typing import Any

import pytest
from websockets.asyncio.client import connect

from custom_components.timmy_access.protocol.answers import QrVerdict, RegistrationRefused
from custom_components.timmy_access.protocol.commands import GetTime, OpenDoor, SetCredential
from custom_components.timmy_access.protocol.errors import TerminalOffline
from custom_components.timmy_access.protocol.listener import Encryption, Listener
from custom_components.timmy_access.protocol.messages import Registration
from custom_components.timmy_access.protocol.peer import Peer
from custom_components.timmy_access.protocol.session import CLOSE_SECONDS, Session
from tests.certificates import Certificate, make_certificate

from .conftest import LOOPBACK, REG, SERIAL, Desk, Dial, OpenGate, ScriptedTerminal, clog, unclogged

SCAN = {"cmd": "sendqrcode", "sn": SERIAL, "record": "1"}
BATCH = {"cmd": "sendlog", "sn": SERIAL, "count": 1, "logindex": 7, "record": [{"enrollid": 2}]}
PHOTO = SetCredential(enroll_id=1, user_name="Ada", backup_number=50, record="/9j/" + "A" * 3000)

type Stop = Callable[[Listener, Session], None]

STOPS = pytest.mark.parametrize(
    "stop",
    [lambda listener, _: listener.deafen(), lambda _, session: session.deafen(), lambda _, session: session.reset()],
    ids=["listener", "session", "reset"],
)


async def rest(terminal: ScriptedTerminal, listener: Listener) -> list[dict[str, Any]]:
    """Close everything, and return what the terminal still hears until then."""
    await listener.stop()
    return await unclogged(terminal)


@STOPS
async def test_nothing_is_heard_that_comes_after_or_has_come_already(
    terminal: ScriptedTerminal, session: Session, desk: Desk, listener: Listener, stop: Stop
) -> None:
    stopped = asyncio.Event()

    async def stopping() -> QrVerdict:
        stop(listener, session)
        stopped.set()
        return QrVerdict(access=True)

    desk.verdict = stopping
    for frame in (SCAN, BATCH, REG, {"cmd": "senduser", "enrollid": 5, "backupnum": 0}, {"cmd": "unheard-of"}):
        await terminal.say(frame)
    await asyncio.wait_for(stopped.wait(), 5)
    assert await rest(terminal, listener) == []
    assert (desk.batches, desk.uploads, len(desk.registrations), desk.counters.unknown) == ([], [], 1, {})
    assert desk.counters.frames == 1
    assert desk.ended.is_set()


@STOPS
async def test_nothing_is_said_that_was_being_decided(
    terminal: ScriptedTerminal, session: Session, desk: Desk, listener: Listener, stop: Stop
) -> None:
    asked, decided, told = asyncio.Event(), asyncio.Event(), []

    async def deciding() -> QrVerdict:
        asked.set()
        await decided.wait()
        told.append("granted")
        return QrVerdict(access=True)

    desk.verdict = deciding
    desk.disk.clear()
    await terminal.say(BATCH)
    await terminal.say(SCAN)
    await asyncio.wait_for(asked.wait(), 5)
    decided.set()  # whoever decides is about to go on
    desk.disk.set()
    stop(listener, session)
    assert await rest(terminal, listener) == []
    assert (told, desk.batches) == ([], [])


@STOPS
async def test_no_command_is_written_and_all_fail(
    terminal: ScriptedTerminal, session: Session, listener: Listener, stop: Stop
) -> None:
    requests: list[asyncio.Task[Any]] = [asyncio.create_task(session.request(PHOTO))]
    assert (await terminal.hear())["cmd"] == "setuserinfo"
    requests += [asyncio.create_task(session.request(command)) for command in (OpenDoor(door=1), GetTime())]
    await asyncio.sleep(0)
    stop(listener, session)
    await terminal.say({"ret": "setuserinfo", "result": True})
    requests.append(asyncio.create_task(session.request(OpenDoor(door=2))))
    await asyncio.wait(requests)
    assert [type(request.exception()) for request in requests] == [TerminalOffline] * 4
    assert await rest(terminal, listener) == []


@pytest.mark.parametrize("brimful", [False, True])
async def test_a_door_command_that_has_not_arrived_yet_does_not(
    terminal: ScriptedTerminal, session: Session, listener: Listener, *, brimful: bool
) -> None:
    requests = [clog(terminal, session, brimful=brimful), asyncio.create_task(session.request(OpenDoor(door=1)))]
    await asyncio.sleep(0)
    listener.deafen()
    await asyncio.wait(requests)
    assert [type(request.exception()) for request in requests] == [TerminalOffline] * 2
    assert "opendoor" not in [frame.get("cmd") for frame in await rest(terminal, listener)]
    assert terminal.connection.close_code == 1006


async def test_a_door_command_that_is_not_answered_is_reset(
    terminal: ScriptedTerminal, session: Session, listener: Listener
) -> None:
    request = asyncio.create_task(session.request(OpenDoor(door=1)))
    await terminal.hear()
    listener.deafen()
    with pytest.raises(TerminalOffline):
        await request
    assert await terminal.closed() == 1006


class SlowGate(OpenGate):
    """Takes its time."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def admit(self, registration: Registration, peer: Peer) -> Desk | RegistrationRefused:
        self.is_asked.set()
        await self.may_answer.wait()
        return await super().admit(registration, peer)


async def test_who_is_being_admitted_does_not_come_in(desk: Desk) -> None:
    gate = SlowGate(desk)
    listener = Listener(gate, LOOPBACK, 0)
    await listener.start()
    async with connect(f"ws://{LOOPBACK}:{listener.port}/") as connection:
        terminal = ScriptedTerminal(connection)
        await terminal.say(REG)
        await asyncio.wait_for(gate.is_asked.wait(), 5)
        gate.may_answer.set()
        assert await rest(terminal, listener) == []
    assert desk.registrations == []


async def test_who_has_just_dialled_does_not_come_in(listener: Listener, gate: OpenGate) -> None:
    with socket.create_connection((LOOPBACK, listener.port)) as caller:  # accepted by the network, and not by us
        await listener.stop()
        caller.settimeout(5)
        with suppress(ConnectionResetError):
            assert caller.recv(1) == b""
    assert len(listener.lobby) == 0
    assert gate.asked == []


async def test_who_shakes_hands_does_not_come_in(gate: OpenGate, tmp_path: Any) -> None:
    certificate: Certificate = make_certificate(tmp_path)
    listener = Listener(gate, LOOPBACK, 0, encryption=Encryption(context=certificate.serving()))
    await listener.start()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificate.trusting().wrap_bio(incoming, outgoing, server_hostname=LOOPBACK)
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    writer.write(outgoing.read())
    incoming.write(await reader.read(65536))
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    writer.write(outgoing.read())  # the end of the handshake, which nobody has looked at
    await listener.stop()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    assert len(listener.lobby) == 0
    writer.close()


async def test_all_are_closed_together_also_those_who_never_answer(listener: Listener, desk: Desk, dial: Dial) -> None:
    loop = asyncio.get_running_loop()
    for number in range(20):
        terminal = await (await dial()).register()
        assert desk.session
        if number % 2:
            clog(terminal, desk.session).add_done_callback(asyncio.Task.exception)
        terminal.connection.transport.pause_reading()
    begun = loop.time()
    await listener.stop()
    assert loop.time() - begun < 3 * CLOSE_SECONDS
    assert listener._sessions == set()


async def test_stopping_closes_everything_and_frees_the_port(gate: OpenGate, desk: Desk) -> None:
    listener = Listener(gate, LOOPBACK, 0)
    await listener.start()
    port = listener.port
    async with connect(f"ws://{LOOPBACK}:{port}/pub/chat") as connection:
        await ScriptedTerminal(connection).register()
        await listener.stop()
        await connection.wait_closed()
        assert connection.close_code == 1001
    await asyncio.wait_for(desk.ended.wait(), 5)
    await listener.stop()  # a second time does nothing
    again = Listener(gate, LOOPBACK, port)
    await again.start()
    await again.stop()


async def test_who_is_stopped_before_it_listens_does_not(gate: OpenGate) -> None:
    listener = Listener(gate, LOOPBACK, 0)
    starting = asyncio.create_task(listener.start())
    await asyncio.sleep(0)
    await listener.stop()
    await starting
    assert listener._servers == []
