"""One connected terminal: its messages in, our answers and commands out."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
import logging
from typing import Any, Protocol, cast

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from .answers import (
    Answer,
    HeartbeatAnswer,
    PushSetAside,
    RegistrationAccepted,
    UnknownCommand,
    UserAccepted,
    UserRefused,
)
from .codec import Frame, decode_fairly
from .commands import COMMANDS
from .commands.base import Command, Page, Paged, Reply
from .connection import Connection
from .counters import Counters
from .errors import MalformedFrame, TerminalOffline
from .exchange import DOOR_WRITE_SECONDS, Check, Exchange
from .hardware import HardwareFacts
from .lane import MAX_ANSWERS_WAITING, MAX_FRAMES_WAITING, MAX_QUESTIONS, MAX_RECORDS_WAITING, Lane
from .last_word import LastWord
from .log_budget import LogBudget
from .messages import LOGS, MESSAGES, QUESTIONS, Heartbeat, LogBatch, PinEntry, QrScan, Registration, UserUpload
from .outlet import Outlet
from .pace import Pace
from .paging import Listing, PageTaker
from .peer import Peer, printable
from .pulse import SILENCE_SECONDS, Pulse
from .reception import Reception
from .trace import Direction, Trace
from .turns import Priority
from .unread import Unread, is_question
from .wire import Structure

# Broken frames in a row after which the peer is no terminal.
MAX_MALFORMED = 20
# Terminals often never answer a close frame; unloading must not wait for them.
CLOSE_SECONDS = 1.0


type Handling = Callable[[], Awaitable[Answer | None]]


class Delegate(Protocol):
    """The side of a session that knows what a terminal means to Home Assistant.

    Handlers that return None, or raise, leave the terminal without an answer, and it sends again: that is how a
    record is kept on the terminal until it is safe with us.
    """

    counters: Counters
    log: LogBudget
    pace: Pace
    trace: Trace

    @property
    def reception(self) -> Reception:
        """Who decides about people at the doors."""

    def attached(self, session: Session, registration: Registration) -> RegistrationAccepted:
        """Take over a session, or note a repeated registration on it."""

    def detached(self, session: Session) -> None:
        """Forget a session that has ended; one that has been replaced already must change nothing."""

    async def user(self, upload: UserUpload) -> UserAccepted | UserRefused | None:
        """Note a user that was added at the keypad."""

    async def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        """Answer a sign of life."""


class Session:
    """One connection of one admitted terminal.

    Three kinds of messages wait for nothing but their own: records for the disk, questions of people at the door for a
    decision, and everything else, which is answered at once. Replies to commands wait for nothing. So reading stops for
    a terminal that talks too fast or does not listen, and for nothing else.
    """

    def __init__(
        self,
        connection: Connection,
        registration: Registration,
        peer: Peer,
        delegate: Delegate,
        *,
        silence: float = SILENCE_SECONDS,
        beside: ThreadPoolExecutor | None = None,
    ) -> None:
        """Prepare a session, which reads large broken frames `beside`; nothing is read or sent before `run`."""
        self.serial = registration.serial
        self.peer = peer
        self.facts = HardwareFacts.of(registration)
        self._connection = connection
        self._registration = registration
        self._delegate = delegate
        self._loop = asyncio.get_running_loop()
        self._outlet = Outlet(connection, delegate.trace)
        self._exchange = Exchange(self._outlet, self.reset, delegate.counters)
        self._pulse = Pulse(self.serial, connection, self._exchange, silence)
        self._records = Lane(at_once=1, waiting=MAX_FRAMES_WAITING, most=MAX_RECORDS_WAITING)
        self._questions = Lane(at_once=MAX_QUESTIONS)
        self._rest = Lane(at_once=MAX_ANSWERS_WAITING)
        self.pace = delegate.pace
        self._beside = beside
        self._malformed_in_row = 0
        self._last_word: LastWord | None = None

    # Life

    async def run(self) -> None:
        """Answer the registration and serve the terminal until the connection ends; never raises on peer input."""
        counters = self._delegate.counters
        counters.connections += 1
        self.pace.come_in()
        self._pulse.start(self._on_dead)
        try:
            await self._answer(self._delegate.attached(self, self._registration))
            self._exchange.begin()  # terminals drop commands that come before the answer to their registration
            async for data in self._connection:
                if self.ended:  # reading goes on for the end of the connection
                    if self._last_word is not None:
                        self._last_word.hear(data)
                    continue
                await self.pace.effort.through(self._receive(data))
                if pause := self.pace.rest(data):
                    counters.slowed_down += 1
                    await asyncio.sleep(pause)
        except ConnectionClosed, TerminalOffline:
            pass
        finally:
            self.reset()
            if self._last_word is not None:
                self._last_word.give_up()
            self._delegate.detached(self)

    def deafen(self) -> None:
        """Hear and say nothing any more, in this very step: no message, answer or command comes through.

        What is being decided or kept is let go of without an answer, and commands fail. What has not left yet, or may
        still move a door, is thrown away with the connection.
        """
        if self.ended:
            return
        self._outlet.shut()
        for lane in (self._records, self._questions, self._rest):
            lane.cancel()
        self._pulse.stop()
        late = self._outlet.holds_back or self._exchange.door_on_its_way
        self._exchange.end()
        if late:
            self._outlet.reset()

    def say_last(self, command: Command[Any]) -> LastWord | None:
        """Tell the terminal something that opens nothing, and from this very step on nothing else.

        `close` waits for the answer. None where it is not told: the connection is over, or something is under way on it
        that may still move a door, and goes with it.
        """
        if not (self.ended or self._outlet.holds_back or self._exchange.door_on_its_way):
            self._last_word = LastWord(command, self._outlet.send)
        self.deafen()
        return self._last_word

    async def close(self, reason: str, code: CloseCode = CloseCode.GOING_AWAY) -> None:
        """Hear and say nothing any more, and end the connection after a last answer, in `CLOSE_SECONDS` anyhow."""
        self.deafen()
        if self._last_word is not None:
            await self._last_word.answered()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close(code, reason)
        self.reset()

    def reset(self) -> None:
        """Hear and say nothing any more, and throw away what has not reached the terminal yet with the connection."""
        self.deafen()
        self._outlet.reset()

    @property
    def ended(self) -> bool:
        """Whether nothing is heard or said over it any more."""
        return self._outlet.is_shut

    # Commands

    async def request[R: Reply](
        self, command: Command[R], priority: Priority = Priority.INTERACTIVE, *checks: Check
    ) -> R:
        """Send a command and return its typed reply; raises as `Exchange.request`."""
        return await self._exchange.request(command, priority, *checks)

    async def move_door[R: Reply](
        self, command: Command[R], asked_at: float, on_moved: Callable[[], None] | None = None, *checks: Check
    ) -> R:
        """Send a command that moves a door, at once or never; see `Exchange.move_door`."""
        return await self._exchange.move_door(command, asked_at, on_moved, *checks)

    async def read_list[P: Page](
        self, command: Paged[P], priority: Priority = Priority.BULK, on_page: PageTaker | None = None
    ) -> Listing[Structure]:
        """Read all pages of a list; raises as `Exchange.read_list`."""
        return await self._exchange.read_list(command, priority, on_page)

    async def lives(self, fresh: float, seconds: float) -> bool:
        """Return whether the terminal is there (`Pulse.lives`), or at least its TCP takes what it is asked."""
        return not self.ended and (await self._pulse.lives(fresh, seconds) or self.is_reachable) and not self.ended

    async def answers(self, fresh: float, seconds: float) -> bool:
        """Return whether the terminal still listens to this connection; see `Pulse.answers`."""
        return not self.ended and await self._pulse.answers(fresh, seconds) and not self.ended

    @property
    def is_reachable(self) -> bool:
        """Whether the connection is there, though perhaps nobody listens to it any more."""
        return not self.ended and self._connection.is_acknowledged

    @property
    def last_frame(self) -> float:
        """When the latest frame came, in the loop's time."""
        return self._pulse.last_frame

    # Messages

    async def _receive(self, data: str | bytes) -> None:
        counters = self._delegate.counters
        now = self._loop.time()
        self._delegate.trace.note(now, Direction.RECEIVED, data)
        try:
            frame = await decode_fairly(data, self.pace.effort, self._beside)
            if not isinstance(frame.get("ret") or frame.get("cmd"), str):
                raise MalformedFrame("names no command")  # noqa: TRY301 - one ladder for all broken frames
        except MalformedFrame as err:
            counters.malformed += 1
            self._malformed_in_row += 1
            if self._malformed_in_row == 1:
                self._delegate.log.log(logging.DEBUG, "%s sent a broken frame: %s", self.serial, err)
            if self._malformed_in_row >= MAX_MALFORMED:
                counters.cut_off += 1
                await self.close("too many broken frames", CloseCode.INVALID_DATA)
            return
        self._malformed_in_row = 0
        counters.frames += 1
        self._pulse.last_frame = now
        if isinstance(name := frame.get("ret"), str) and name:
            self._exchange.take_reply(name, frame)
            return
        name = cast("str", frame["cmd"])
        if name in COMMANDS and name not in MESSAGES:
            self._exchange.take_reply(name, frame)  # firmware that answers with cmd (field notes 1)
            return
        await self._take(name, frame, hash(data))

    async def _take(self, name: str, frame: Frame, key: int) -> None:
        """Put a message into its lane; frames with the same `key` repeat each other."""
        if self._records.holds(key) or self._questions.holds(key):
            self._delegate.counters.not_taken += 1  # the answer to the first will do
            return
        try:
            lane, handle, size = self._route(name, frame)
        except Exception:  # noqa: BLE001 - as for all that is done about a message
            self._note_failure(name)
            return
        if lane is self._rest:
            await lane.until_room()
            if self.ended:
                return
        say = self._decide if lane is self._questions else self._answer
        if not lane.take(key, f"{self.serial} {name[:16]}", partial(self._handle, name, handle, say), size):
            self._delegate.counters.not_taken += 1

    def _route(self, name: str, frame: Frame) -> tuple[Lane, Handling, int]:
        """Return the lane of a message, what is done about it, and how many records it has."""
        if name in LOGS:
            batch = LogBatch.parse(frame)
            self.pace.found(len(batch.records))
            if (decide := self._delegate.reception.question_in(batch)) is not None:
                return self._questions, decide, 1
            return self._records, partial(self._delegate.reception.logs, batch), len(batch.records)
        lane = self._questions if name in QUESTIONS else self._rest
        return lane, partial(_HANDLERS.get(name, Session._on_unknown), self, frame), 1

    async def _handle(self, name: str, handle: Handling, say: Callable[[Answer], Awaitable[None]]) -> None:
        try:
            answer = await handle()
        except Exception:  # noqa: BLE001 - a mistake of ours must not end the connection
            self._note_failure(name)
            return
        if answer is None:
            return
        delivered = False
        try:
            await say(answer)
            delivered = True
        except TerminalOffline:
            pass
        except asyncio.CancelledError:
            # It was handed over before anybody could cancel that.
            delivered = not self._outlet.has_thrown_away
            raise
        finally:
            self._delegate.reception.answered(answer, delivered=delivered)

    async def _answer(self, answer: Answer) -> None:
        await self._outlet.send(answer.frame())

    async def _decide(self, answer: Answer) -> None:
        """Answer what opens a door or not: within the time for a door command, or never.

        Raises `TerminalOffline` when it has not left by then; what is left of it goes with the connection.
        """
        try:
            async with asyncio.timeout(DOOR_WRITE_SECONDS):
                await self._outlet.send_wholly(answer.frame())
        except TimeoutError as err:
            if self._outlet.holds_back:
                self.reset()
                raise TerminalOffline(self.serial) from err

    def _note_failure(self, name: str) -> None:
        self._delegate.counters.failed_handlers += 1
        if self._delegate.counters.failed_handlers == 1:
            self._delegate.log.log(
                logging.ERROR, "A %s of %s could not be handled", printable(name, 32), self.serial, exc_info=True
            )

    async def _on_registration(self, frame: Frame) -> Answer | None:
        registration = Registration.parse(frame)
        if registration.serial != self.serial:
            # one connection, one terminal (field notes 2)
            self._delegate.counters.cut_off += 1
            await self.close("serial changed", CloseCode.POLICY_VIOLATION)
            return None
        # Repeated registrations may be shorter; what they do tell must not change.
        told = HardwareFacts.of(registration).completed_with(self.facts)
        if self.facts.contradicted_by(told):
            await self.close("hardware changed", CloseCode.POLICY_VIOLATION)
            return None
        self.facts = told
        return self._delegate.attached(self, registration)

    async def _on_user(self, frame: Frame) -> Answer | None:
        upload, name = UserUpload.parse(frame), frame["cmd"]
        if upload.is_partly_read and not await self._delegate.reception.set_aside(Unread(name, frame)):
            return None
        answer = await self._delegate.user(upload)
        return replace(answer, name=name) if name != "senduser" and isinstance(answer, UserAccepted) else answer

    async def _on_qr_scan(self, frame: Frame) -> Answer | None:
        return await self._delegate.reception.qr_scan(QrScan.parse(frame))

    async def _on_pin_entry(self, frame: Frame) -> Answer | None:
        return await self._delegate.reception.pin_entry(PinEntry.parse(frame))

    async def _on_heartbeat(self, frame: Frame) -> Answer | None:
        return await self._delegate.heartbeat(Heartbeat.parse(frame))

    async def _on_unknown(self, frame: Frame) -> Answer | None:
        word = printable(frame["cmd"], 32)
        if self._delegate.counters.count_unknown(word):
            self._delegate.log.log(logging.INFO, "%s sent a command that is not known here: %s", self.serial, word)
        if is_question(frame):  # for something that is not here, and may be elsewhere
            return UnknownCommand(name=word)
        if not await self._delegate.reception.set_aside(Unread(word, frame)):
            return None
        return PushSetAside(name=word)

    def _on_dead(self) -> None:
        self._delegate.log.log(logging.DEBUG, "%s is silent, closing its connection", self.serial)
        self.reset()


# What a face or a picture says beyond whose it is, is not kept: terminals have it, and give it to who asks.
_HANDLERS: dict[str, Callable[[Session, Frame], Awaitable[Answer | None]]] = {
    "checklive": Session._on_heartbeat,  # noqa: SLF001 - the table of this class
    "heartbeat": Session._on_heartbeat,  # noqa: SLF001
    "ping": Session._on_heartbeat,  # noqa: SLF001
    "reg": Session._on_registration,  # noqa: SLF001
    "sendface": Session._on_user,  # noqa: SLF001
    "sendpin": Session._on_pin_entry,  # noqa: SLF001
    "sendqrcode": Session._on_qr_scan,  # noqa: SLF001
    "senduser": Session._on_user,  # noqa: SLF001
    "senduserinfo": Session._on_user,  # noqa: SLF001
    "senduserpic": Session._on_user,  # noqa: SLF001
}
