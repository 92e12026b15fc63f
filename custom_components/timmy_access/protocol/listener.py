"""The port terminals dial in to.

Threat model: the protocol has no authentication, so whoever reaches the port can claim any serial number. Therefore

* whoever comes from outside the networks of the terminals, at first from the internet, is cut off unheard (`border`);
* nothing a peer says before it is admitted has any effect but the question to the gate, and none of its records are
  acknowledged;
* peers that are not admitted are few, short-lived, cheap, and cannot keep each other out (`lobby`);
* an admitted terminal that talks too fast is slowed down, and no other with it (`throttle`);
* the gate, not the peer, decides whether a new connection of a serial replaces the old one;
* no message of an admitted terminal opens a door by itself.

TLS hides what is said from those who listen in, and says nothing about who a peer is: terminals have no certificate.
They are told apart by serial number and pinned facts only; put them on a network of their own.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
import logging
import socket
import ssl
from typing import Protocol, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from .answers import RegistrationRefused
from .border import Border
from .codec import decode, encode
from .connection import Connection, SecureConnection
from .errors import MalformedFrame
from .lobby import Lobby
from .log_budget import LogBudget
from .messages import Registration
from .networks import PRIVATE, Networks
from .peer import Peer, printable
from .pulse import SILENCE_SECONDS
from .session import CLOSE_SECONDS, MAX_MALFORMED, Delegate, Session
from .trace import Direction

_LOGGER = logging.getLogger(__name__)

# The default port of the terminals' menus (specification, note 1).
DEFAULT_PORT = 7788
# A registration has about 350 bytes, of AI firmware about 1,000 (field notes 1, frame sizes).
MAX_UNADMITTED_FRAME_BYTES = 16 * 1024
# A photo travels base64 in one frame; 64 kB and 1 MB were too small in the field (field notes 1, frame sizes).
MAX_FRAME_BYTES = 4 * 1024 * 1024
# Messages buffered a connection before TCP slows the peer down.
MAX_QUEUED_FRAMES = 8
# Terminals register two seconds after connecting; servers that waited less than ten lost some (field notes 1).
IDENTIFY_SECONDS = 30.0
# A refused terminal asks again about every 20 s on the same socket (field notes 1, reg repetition), and dials in again
# within seconds when it is cut off. All its time together, however often it asks.
REFUSED_SECONDS = 90.0
# What a refused peer waits for its answer: terminals do not mind, and who guesses serial numbers gets no further.
REFUSAL_SECONDS = 0.5
# Connections that are taken from the network in one step of the event loop, each in a fraction of a millisecond.
MAX_DIALS_A_STEP = 32
# The WebSocket handshake is one small request.
OPEN_SECONDS = 10.0
# TCP's own search for dead peers: first question after a minute of silence, given up after two more.
KEEPALIVE_IDLE_SECONDS = 60
KEEPALIVE_INTERVAL_SECONDS = 20
KEEPALIVE_PROBES = 3
# Written but never acknowledged by the peer's TCP for this long: the connection is dead.
UNACKNOWLEDGED_MILLISECONDS = 30_000


class Gate(Protocol):
    """Decides who may come in."""

    async def admit(self, registration: Registration, peer: Peer) -> Delegate | RegistrationRefused:
        """Return the terminal that may use this connection, or what to show on the peer's screen."""

    def turned_away(self, peer: Peer, port: int) -> None:
        """Note a peer from outside the networks, which has been cut off; called for each of them, and so cheap."""


# What the library says when it is not the peer's fault.
_OUR_FAULT = "connection handler failed"


class _QuietFilter(logging.Filter):
    """Turns the WebSocket library's errors into a few lines for debugging.

    Any port scan makes the library log them. They quote what peers sent, so they are written anew: one line each,
    within the budget, without a traceback. Only what went wrong on our side stays an error.
    """

    def __init__(self, budget: LogBudget) -> None:
        super().__init__()
        self._budget = budget

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == _OUR_FAULT:
            self._budget.log(logging.ERROR, "A connection could not be served", exc_info=True)
            return False
        cause = record.exc_info[1] if record.exc_info else record.args
        self._budget.log(logging.DEBUG, str(record.msg).replace("%", "%%") + ": %s", printable(cause or "-"))
        return False


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """How to listen encrypted: on a port of its own beside the plain one, or, without one, instead of it."""

    context: ssl.SSLContext
    port: int | None = None


class Listener:
    """A WebSocket server that accepts any path and admits terminals through a gate. It listens once."""

    def __init__(
        self,
        gate: Gate,
        host: str | None,
        port: int,
        *,
        encryption: Encryption | None = None,
        networks: Networks = PRIVATE,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Prepare to listen on one address, or on all when `host` is None, for those who come from some networks."""
        self._gate = gate
        self._host = host
        self._port = port
        self._encryption = encryption
        self._silence = silence
        self._servers: list[Server] = []
        self._sessions: set[Session] = set()
        self.border = Border(networks, gate.turned_away)
        self._deaf = False
        self.lobby = Lobby()
        # One for large broken frames of all terminals: each thread that has read one holds some megabytes for good.
        self._beside = ThreadPoolExecutor(1, "timmy_access_reader")
        self._library_log = logging.getLogger(f"{__name__}.websockets")
        self._quiet = _QuietFilter(LogBudget(_LOGGER))
        # Its debug lines hold whole frames, with PINs and codes in them.
        self._library_log.setLevel(logging.INFO)

    async def start(self) -> None:
        """Bind the ports, unless stopped already; raises OSError when one cannot be had, and then has none."""
        self._library_log.addFilter(self._quiet)
        plain = partial(Connection, self.border, self.lobby)
        secure = self._encryption and partial(SecureConnection, self._encryption.context, self.border, self.lobby)
        try:
            if self._encryption is None or self._encryption.port is None:
                self._servers.append(await self._listen(self._port, secure or plain))
            else:
                self._servers.append(await self._listen(self._port, plain))
                self._servers.append(await self._listen(self._encryption.port, secure or plain))
        except OSError:
            await self.stop()
            raise
        if self._deaf:  # stopped while it bound them
            await self.stop()

    async def _listen(self, port: int, create_connection: Callable[..., Connection]) -> Server:
        return await serve(
            self._serve,
            self._host,
            port,
            backlog=MAX_DIALS_A_STEP,
            compression=None,
            close_timeout=CLOSE_SECONDS,
            create_connection=create_connection,  # type: ignore[arg-type]  # made with the rest
            logger=self._library_log,
            max_queue=MAX_QUEUED_FRAMES,
            max_size=MAX_UNADMITTED_FRAME_BYTES,
            open_timeout=OPEN_SECONDS,
            # Many terminals never answer a ping (field notes 0.1); a deadline would cut them off for ever.
            ping_interval=None,
            server_header=None,
        )

    def limit_to(self, networks: Networks) -> None:
        """Take in only those who come from some networks from now on, and cut off at once who does not.

        Whoever may stay notices nothing.
        """
        self.border.networks = networks
        self.lobby.clear(networks.admits)
        for session in tuple(self._sessions):
            if not self.border.admits(session.peer):
                session.reset()

    def deafen(self) -> None:
        """Close the ports, and hear and say nothing any more, in this very step; see `Session.deafen`.

        Those who are not admitted are cut off, also in the middle of a TLS handshake or of a question to the gate.
        """
        self._deaf = True
        for server in self._servers:
            server.server.close()
        for session in tuple(self._sessions):
            session.deafen()
        self.lobby.close()

    async def stop(self, reason: str = "") -> None:
        """Hear and say nothing any more, and close all connections together, within `CLOSE_SECONDS`."""
        self.deafen()
        servers, self._servers = self._servers, []
        await asyncio.gather(*(session.close(reason) for session in self._sessions))
        for server in servers:
            server.close()
        for server in servers:
            await server.wait_closed()
        await asyncio.get_running_loop().run_in_executor(None, self._beside.shutdown)
        self._library_log.removeFilter(self._quiet)

    @property
    def port(self) -> int:
        """The bound port; differs from the wanted one only when that was 0."""
        return _port_of(self._servers[0]) if self._servers else self._port

    @property
    def encrypted_port(self) -> int | None:
        """The bound port on which TLS is spoken; None while there is none."""
        return _port_of(self._servers[-1]) if self._servers and self._encryption else None

    async def _serve(self, connection: ServerConnection) -> None:
        guest = cast("Connection", connection)
        _watch_peer(connection)
        try:
            session = await self._admitted(guest, guest.peer)
        except ConnectionClosed:
            return
        finally:
            self.lobby.leave(guest)
        if session is not None:
            guest.admit(MAX_FRAME_BYTES, session.pace.arriving)
            self._sessions.add(session)
            try:
                await session.run()
            finally:
                self._sessions.remove(session)

    async def _admitted(self, connection: Connection, peer: Peer) -> Session | None:
        """Wait for a registration that the gate accepts; None when the peer's time is over."""
        loop = asyncio.get_running_loop()
        broken = 0
        ends_at = loop.time() + REFUSED_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(IDENTIFY_SECONDS) as deadline:
                async for data in connection:
                    if self._deaf:
                        return None
                    try:
                        frame = decode(data)
                    except MalformedFrame:
                        broken += 1
                        if broken >= MAX_MALFORMED:
                            break
                        continue
                    if frame.get("cmd") != "reg":
                        continue  # not acknowledged: the terminal keeps it
                    registration = Registration.parse(frame)
                    if not registration.is_valid:
                        break
                    asked_at = loop.time()
                    verdict = await self._gate.admit(registration, peer)
                    if self._deaf or connection.transport.is_closing():  # stopped, or gone, while the gate decided
                        return None
                    if not isinstance(verdict, RegistrationRefused):
                        verdict.trace.note(loop.time(), Direction.RECEIVED, data)
                        return Session(
                            connection, registration, peer, verdict, silence=self._silence, beside=self._beside
                        )
                    self.lobby.claim(connection, registration.serial)
                    deadline.reschedule(ends_at)
                    await asyncio.sleep(asked_at + REFUSAL_SECONDS - loop.time())
                    await connection.send(encode(verdict.frame()))
        await connection.close(CloseCode.POLICY_VIOLATION, "not admitted")
        return None


def _port_of(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


def _watch_peer(connection: ServerConnection) -> None:
    """Let TCP find a peer that vanished without closing."""
    sock = connection.transport.get_extra_info("socket")
    with suppress(OSError):  # it has vanished already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (
            ("TCP_KEEPIDLE", KEEPALIVE_IDLE_SECONDS),
            ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_SECONDS),
            ("TCP_KEEPCNT", KEEPALIVE_PROBES),
            ("TCP_USER_TIMEOUT", UNACKNOWLEDGED_MILLISECONDS),
        ):
            if hasattr(socket, option):  # not every platform has all of them
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
