"""One connected terminal: its messages in, our answers and commands out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
from typing import Protocol, cast

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from .answers import (
    Answer,
    HeartbeatAnswer,
    LogsAccepted,
    LogsRefused,
    PinVerdict,
    QrVerdict,
    RegistrationAccepted,
    UnknownCommand,
    UserAccepted,
    UserRefused,
)
from .codec import Frame, decode, encode
from .commands import COMMANDS, GetSettings
from .commands.base import Command, Page, Paged, Reply
from .connection import reset
from .counters import Counters
from .errors import CommandRefused, CommandTimeout, MalformedFrame, TerminalOffline
from .exchange import Exchange
from .hardware import HardwareFacts
from .log_budget import LogBudget
from .messages import MESSAGES, Heartbeat, LogBatch, PinEntry, QrScan, Registration, UserUpload
from .paging import Listing, PageTaker
from .peer import Peer, printable
from .throttle import Throttle
from .trace import Direction, Trace
from .turns import Priority
from .wire import Structure

# Production servers drop a terminal after 180 s of silence (field notes 1, availability).
SILENCE_SECONDS = 180.0
# Terminals answer a small question within milliseconds.
PROBE_SECONDS = 10.0
# Broken frames in a row after which the peer is no terminal.
MAX_MALFORMED = 20
# Messages of one terminal that may be worked on at once; beyond it reading stops, and TCP slows the peer down.
MAX_IN_HAND = 8
# Real terminals send up to 28 frames a second, also when they repeat themselves (field notes 0.2); this is a flood, and
# still lets a backlog through as fast as a disk can keep it.
MAX_FRAMES_PER_SECOND = 2_000
# A terminal on Fast Ethernet that sends nothing but photos.
MAX_BYTES_PER_SECOND = 12_500_000


class Delegate(Protocol):
    """The side of a session that knows what a terminal means to Home Assistant.

    Handlers that return None, or raise, leave the terminal without an answer, and it sends again: that is how a
    record is kept on the terminal until it is safe with us.
    """

    counters: Counters
    log: LogBudget
    trace: Trace

    def attached(self, session: Session, registration: Registration) -> RegistrationAccepted:
        """Take over a session, or note a repeated registration on it."""

    def detached(self, session: Session) -> None:
        """Forget a session that has ended; one that has been replaced already must change nothing."""

    async def logs(self, batch: LogBatch) -> LogsAccepted | LogsRefused | None:
        """Keep records."""

    async def user(self, upload: UserUpload) -> UserAccepted | UserRefused | None:
        """Note a user that was added at the keypad."""

    async def qr_scan(self, scan: QrScan) -> QrVerdict | None:
        """Decide about a QR code."""

    async def pin_entry(self, entry: PinEntry) -> PinVerdict | None:
        """Decide about a PIN."""

    async def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        """Answer a sign of life."""

    def answered(self, answer: Answer, *, delivered: bool) -> None:
        """Note whether an answer was written, or is lost with the connection."""


class Session:
    """One connection of one admitted terminal."""

    def __init__(
        self,
        connection: ServerConnection,
        registration: Registration,
        peer: Peer,
        delegate: Delegate,
        *,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Prepare a session; nothing is read or sent before `run`."""
        self.serial = registration.serial
        self.peer = peer
        self.facts = HardwareFacts.of(registration)
        self._connection = connection
        self._registration = registration
        self._delegate = delegate
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._exchange = Exchange(self._send, self.reset, delegate.counters)
        self._in_hand = asyncio.Semaphore(MAX_IN_HAND)
        self._frames = Throttle(MAX_FRAMES_PER_SECOND, MAX_FRAMES_PER_SECOND)
        self._bytes = Throttle(MAX_BYTES_PER_SECOND, MAX_BYTES_PER_SECOND)
        self._log_order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._malformed_in_row = 0
        self._ended = False
        self._probing: asyncio.Task[bool] | None = None
        self.last_frame = self._loop.time()

    # Life

    async def run(self) -> None:
        """Answer the registration and serve the terminal until the connection ends; never raises on peer input."""
        counters = self._delegate.counters
        counters.connections += 1
        watch = asyncio.create_task(self._watch_silence(), name=f"silence {self.serial}")
        try:
            await self._answer(self._delegate.attached(self, self._registration))
            self._exchange.begin()  # terminals drop commands that come before the answer to their registration
            async for data in self._connection:
                await self._receive(data)
                if pause := max(self._frames.take(1), self._bytes.take(len(data))):
                    counters.slowed_down += 1
                    await asyncio.sleep(pause)
        except ConnectionClosed:
            pass
        finally:
            self._ended = True
            watch.cancel()
            for task in self._tasks:
                task.cancel()
            self._exchange.end()
            self._delegate.detached(self)

    async def close(self, reason: str) -> None:
        """End the connection in good order."""
        await self._connection.close(CloseCode.GOING_AWAY, reason)

    def reset(self) -> None:
        """End the connection at once and throw away what has not reached the terminal yet."""
        reset(self._connection.transport)

    @property
    def ended(self) -> bool:
        """Whether the connection is over."""
        return self._ended

    # Commands

    async def request[R: Reply](self, command: Command[R], priority: Priority = Priority.INTERACTIVE) -> R:
        """Send a command and return its typed reply; raises as `Exchange.request`."""
        return await self._exchange.request(command, priority)

    async def read_list[P: Page](
        self, command: Paged[P], priority: Priority = Priority.BULK, on_page: PageTaker | None = None
    ) -> Listing[Structure]:
        """Read all pages of a list; raises as `Exchange.read_list`."""
        return await self._exchange.read_list(command, priority, on_page)

    async def probe(self, seconds: float) -> bool:
        """Ask for a sign of life; any frame within the time is one."""
        before = self.last_frame
        request = asyncio.create_task(self.request(GetSettings(), Priority.BULK))
        try:
            await asyncio.wait((request,), timeout=seconds)
        finally:
            request.cancel()
            with suppress(asyncio.CancelledError, TerminalOffline, CommandTimeout, CommandRefused):
                await request
        return not self._ended and self.last_frame > before

    async def lives(self, fresh: float, seconds: float) -> bool:
        """Return whether a frame came within the last `fresh` seconds, or comes within `seconds` when asked for one.

        Several who want to know at once share one question.
        """
        if self._ended:
            return False
        if self._loop.time() - self.last_frame < fresh:
            return True
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self.probe(seconds), name=f"probe {self.serial}")
        return await asyncio.shield(self._probing)

    async def _send(self, frame: Frame) -> None:
        try:
            await self._write(frame)
        except ConnectionClosed as err:
            raise TerminalOffline(str(frame.get("cmd", ""))) from err

    async def _write(self, frame: Frame) -> None:
        data = encode(frame)
        self._delegate.trace.note(self._loop.time(), Direction.SENT, data)
        await self._connection.send(data)

    # Messages

    async def _receive(self, data: str | bytes) -> None:
        counters = self._delegate.counters
        now = self._loop.time()
        self._delegate.trace.note(now, Direction.RECEIVED, data)
        try:
            frame = decode(data)
            if not isinstance(frame.get("ret") or frame.get("cmd"), str):
                raise MalformedFrame("names no command")  # noqa: TRY301 - one ladder for all broken frames
        except MalformedFrame as err:
            counters.malformed += 1
            self._malformed_in_row += 1
            if self._malformed_in_row == 1:
                self._delegate.log.log(logging.DEBUG, "%s sent a broken frame: %s", self.serial, err)
            if self._malformed_in_row >= MAX_MALFORMED:
                counters.cut_off += 1
                await self._connection.close(CloseCode.INVALID_DATA, "too many broken frames")
            return
        self._malformed_in_row = 0
        counters.frames += 1
        self.last_frame = now
        if isinstance(name := frame.get("ret"), str) and name:
            self._exchange.take_reply(name, frame)
            return
        name = cast("str", frame["cmd"])
        if name in COMMANDS and name not in MESSAGES:
            self._exchange.take_reply(name, frame)  # firmware that answers with cmd (field notes 1)
            return
        await self._in_hand.acquire()
        task = asyncio.create_task(self._handle(name, frame), name=f"{self.serial} {name[:16]}", eager_start=True)
        self._tasks.add(task)
        task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._in_hand.release()
        self._tasks.discard(task)

    async def _handle(self, name: str, frame: Frame) -> None:
        handler = _HANDLERS.get(name, Session._on_unknown)
        try:
            if (answer := await handler(self, frame)) is not None:
                await self._answer(answer)
        except ConnectionClosed:
            pass
        except Exception:
            self._delegate.counters.failed_handlers += 1
            if self._delegate.counters.failed_handlers == 1:
                self._delegate.log.log(
                    logging.ERROR, "A %s of %s could not be handled", printable(name, 32), self.serial, exc_info=True
                )

    async def _answer(self, answer: Answer) -> None:
        try:
            await self._write(answer.frame())
        except BaseException:
            self._delegate.answered(answer, delivered=False)
            raise
        self._delegate.answered(answer, delivered=not self._ended)

    async def _on_registration(self, frame: Frame) -> Answer | None:
        registration = Registration.parse(frame)
        if registration.serial != self.serial:
            # one connection, one terminal (field notes 2)
            self._delegate.counters.cut_off += 1
            await self._connection.close(CloseCode.POLICY_VIOLATION, "serial changed")
            return None
        # Repeated registrations may be shorter; what they do tell must not change.
        told = HardwareFacts.of(registration).completed_with(self.facts)
        if self.facts.contradicted_by(told):
            await self._connection.close(CloseCode.POLICY_VIOLATION, "hardware changed")
            return None
        self.facts = told
        return self._delegate.attached(self, registration)

    async def _on_logs(self, frame: Frame) -> Answer | None:
        async with self._log_order:
            return await self._delegate.logs(LogBatch.parse(frame))

    async def _on_user(self, frame: Frame) -> Answer | None:
        return await self._delegate.user(UserUpload.parse(frame))

    async def _on_qr_scan(self, frame: Frame) -> Answer | None:
        return await self._delegate.qr_scan(QrScan.parse(frame))

    async def _on_pin_entry(self, frame: Frame) -> Answer | None:
        return await self._delegate.pin_entry(PinEntry.parse(frame))

    async def _on_heartbeat(self, frame: Frame) -> Answer | None:
        return await self._delegate.heartbeat(Heartbeat.parse(frame))

    async def _on_unknown(self, frame: Frame) -> Answer | None:
        word = printable(frame["cmd"], 32)
        if self._delegate.counters.count_unknown(word):
            self._delegate.log.log(logging.INFO, "%s sent a command that is not known here: %s", self.serial, word)
        return UnknownCommand(name=word)

    async def _watch_silence(self) -> None:
        """Find a dead peer: one question after a long silence (field notes 0.1: never a ping deadline)."""
        while True:
            quiet = self._loop.time() - self.last_frame
            if quiet < self._silence:
                await asyncio.sleep(self._silence - quiet)
            elif not await self.probe(PROBE_SECONDS):
                self._delegate.log.log(logging.DEBUG, "%s is silent, closing its connection", self.serial)
                self.reset()
                return


_HANDLERS: dict[str, Callable[[Session, Frame], Awaitable[Answer | None]]] = {
    "checklive": Session._on_heartbeat,  # noqa: SLF001 - the table of this class
    "heartbeat": Session._on_heartbeat,  # noqa: SLF001
    "reg": Session._on_registration,  # noqa: SLF001
    "sendlog": Session._on_logs,  # noqa: SLF001
    "sendpin": Session._on_pin_entry,  # noqa: SLF001
    "sendqrcode": Session._on_qr_scan,  # noqa: SLF001
    "senduser": Session._on_user,  # noqa: SLF001
}
