"""A listener without Home Assistant behind it, and a terminal that says just what a test tells it to."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime
import json
import logging
from pathlib import Path
import socket
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from custom_components.timmy_access.protocol.answers import (
    Answer,
    HeartbeatAnswer,
    LogsAccepted,
    PinVerdict,
    QrVerdict,
    RegistrationAccepted,
    RegistrationRefused,
    UserAccepted,
)
from custom_components.timmy_access.protocol.commands import COMMANDS, GetTime
from custom_components.timmy_access.protocol.commands.raw import raw_command
from custom_components.timmy_access.protocol.counters import Counters
from custom_components.timmy_access.protocol.listener import Encryption, Listener
from custom_components.timmy_access.protocol.log_budget import LogBudget
from custom_components.timmy_access.protocol.messages import (
    Heartbeat,
    LogBatch,
    PinEntry,
    QrScan,
    Registration,
    UserUpload,
)
from custom_components.timmy_access.protocol.pace import Pace
from custom_components.timmy_access.protocol.peer import Peer
from custom_components.timmy_access.protocol.session import Session
from custom_components.timmy_access.protocol.trace import Trace
from custom_components.timmy_access.protocol.unread import Unread
from tests.certificates import Certificate, make_certificate

# Several times what the network takes of what nobody reads.
FILLING = 1_900_000
NOW = datetime(2026, 11, 24, 12, 0, 0)  # noqa: DTZ001 - terminals speak naive local time
LOOPBACK = "127.0.0.1"
SERIAL = "ZX00000001"
REG = {"cmd": "reg", "sn": SERIAL, "devinfo": {"modelname": "tfs30"}}


class Desk:
    """A delegate that writes everything down."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.log = LogBudget(logging.getLogger("custom_components"))
        self.trace = Trace()
        self.pace = Pace()
        self.reception = self
        self.session: Session | None = None
        self.registrations: list[Registration] = []
        self.batches: list[LogBatch] = []
        self.uploads: list[UserUpload] = []
        self.set_asides: list[Unread] = []
        self.ended = asyncio.Event()
        self.verdict: Callable[[], Awaitable[QrVerdict]] | None = None
        self.decide: Callable[[], Awaitable[LogsAccepted]] | None = None
        self.on_attached: Callable[[Session], None] = lambda _: None
        self.fails = False
        self.answers: list[tuple[Answer, bool]] = []
        self.disk = asyncio.Event()
        self.disk.set()

    def attached(self, session: Session, registration: Registration) -> RegistrationAccepted:
        self.session = session
        self.registrations.append(registration)
        self.on_attached(session)
        return RegistrationAccepted(cloud_time=NOW)

    def detached(self, session: Session) -> None:
        if session is self.session:
            self.ended.set()

    def question_in(self, batch: LogBatch) -> Callable[[], Awaitable[LogsAccepted]] | None:  # noqa: ARG002
        return self.decide

    async def logs(self, batch: LogBatch) -> LogsAccepted | None:
        if self.fails:
            raise OSError("disk full")
        await self.disk.wait()
        self.batches.append(batch)
        return LogsAccepted(count=batch.count, log_index=batch.log_index, cloud_time=NOW)

    async def user(self, upload: UserUpload) -> UserAccepted:
        self.uploads.append(upload)
        return UserAccepted(cloud_time=NOW)

    async def set_aside(self, unread: Unread) -> bool:
        if self.fails:
            return False
        self.set_asides.append(unread)
        return True

    async def qr_scan(self, scan: QrScan) -> QrVerdict:  # noqa: ARG002
        return QrVerdict(access=False) if self.verdict is None else await self.verdict()

    async def pin_entry(self, entry: PinEntry) -> PinVerdict:  # noqa: ARG002
        return PinVerdict(access=False)

    async def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        return HeartbeatAnswer(name=beat.name, cloud_time=NOW)

    def answered(self, answer: Answer, *, delivered: bool) -> None:
        self.answers.append((answer, delivered))


class OpenGate:
    """Admits the serial numbers it knows."""

    def __init__(self, desk: Desk) -> None:
        self.desks = {SERIAL: desk}
        self.asked: list[tuple[Registration, Peer]] = []
        self.outside: list[tuple[Peer, int]] = []

    async def admit(self, registration: Registration, peer: Peer) -> Desk | RegistrationRefused:
        self.asked.append((registration, peer))
        desk = self.desks.get(registration.serial or "")
        return desk or RegistrationRefused(reason="Approve me")

    def turned_away(self, peer: Peer, port: int) -> None:
        self.outside.append((peer, port))


class ScriptedTerminal:
    """One connection of a terminal that does nothing by itself."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, frame: dict[str, Any] | str | bytes) -> None:
        await self.connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            heard: dict[str, Any] = json.loads(await self.connection.recv())
        return heard

    async def ask(self, frame: dict[str, Any] | str | bytes) -> dict[str, Any]:
        await self.say(frame)
        return await self.hear()

    async def register(self) -> Self:
        assert (await self.ask(REG))["result"] is True
        return self

    async def closed(self) -> int | None:
        async with asyncio.timeout(5):
            await self.connection.wait_closed()
        return self.connection.close_code


def layers(connection: ClientConnection | ServerConnection) -> list[asyncio.Transport]:
    """Return what a connection reads from and writes to: TLS, where there is any, and the network."""
    transport = connection.transport
    tls = getattr(transport, "_ssl_protocol", None)
    return [transport] if tls is None else [transport, tls._transport]


def clog(terminal: ScriptedTerminal, session: Session, *, brimful: bool = True) -> asyncio.Task[Any]:
    """Have a terminal that reads no more, and fill the network towards it; `brimful` so that sending has to wait."""
    connection = session._connection
    connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)
    if not brimful:
        for layer in layers(connection):
            layer.set_write_buffer_limits(2 * FILLING)
    for layer in layers(terminal.connection):
        layer.pause_reading()
    filler = raw_command({"cmd": "adduser", "filler": "x" * FILLING}, COMMANDS)
    return asyncio.create_task(session.request(filler), eager_start=True)


async def unclogged(terminal: ScriptedTerminal) -> list[dict[str, Any]]:
    """Have it read again, and return all that still comes."""
    for layer in layers(terminal.connection):
        layer.resume_reading()
    heard: list[dict[str, Any]] = []
    with suppress(ConnectionClosed):
        async with asyncio.timeout(5):
            heard.extend([json.loads(data) async for data in terminal.connection])
    return heard


async def nothing_but(terminal: ScriptedTerminal, session: Session) -> None:
    """Find that nothing was sent meanwhile: the next that is heard is what is sent now."""
    request = asyncio.create_task(session.request(GetTime()))
    assert await terminal.hear() == {"cmd": "gettime"}
    await terminal.say({"ret": "gettime", "result": True})
    await request


type Dial = Callable[[], Awaitable[ScriptedTerminal]]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def gate(desk: Desk) -> OpenGate:
    return OpenGate(desk)


@pytest.fixture
async def listener(gate: OpenGate) -> AsyncGenerator[Listener]:
    listener = Listener(gate, LOOPBACK, 0)
    await listener.start()
    yield listener
    await listener.stop()


@pytest.fixture
async def dial(listener: Listener) -> AsyncGenerator[Dial]:
    async with AsyncExitStack() as stack:

        async def _dial() -> ScriptedTerminal:
            return ScriptedTerminal(
                await stack.enter_async_context(
                    connect(f"ws://{LOOPBACK}:{listener.port}/pub/chat", ping_interval=None, max_size=None)
                )
            )

        yield _dial


@pytest.fixture
async def terminal(dial: Dial) -> ScriptedTerminal:
    return await (await dial()).register()


@pytest.fixture
def session(terminal: ScriptedTerminal, desk: Desk) -> Session:
    assert desk.session is not None
    return desk.session


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
async def secure(gate: OpenGate, certificate: Certificate) -> AsyncGenerator[Listener]:
    """A listener that speaks TLS beside plain WebSocket."""
    listener = Listener(gate, LOOPBACK, 0, encryption=Encryption(context=certificate.serving(), port=0))
    await listener.start()
    yield listener
    await listener.stop()
