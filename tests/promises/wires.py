"""Terminals and their connections in memory; what is sent is told to whoever judges it, the moment it is sent."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import Enum, auto
import json
from types import SimpleNamespace
from typing import Any, Protocol, Self

from websockets.exceptions import ConnectionClosedError
from websockets.protocol import State

from custom_components.timmy_access.protocol.effort import Effort
from custom_components.timmy_access.protocol.peer import Peer
from homeassistant.util import dt as dt_util

from .stillness import StillLoop

# What a terminal or a person has asked for, and all that is done about it: tasks inherit it.
ORIGIN: ContextVar[Origin | None] = ContextVar("origin", default=None)
# A terminal that takes its time.
SLOW_SECONDS = 1.3
# What a terminal is told to do with its doors until it is told otherwise (specification B38).
HOLD_OPEN, HOLD_CLOSED, NORMAL = 1, 2, 4
MODES = {HOLD_OPEN: "held_open", HOLD_CLOSED: "held_closed", NORMAL: "normal"}


class Origin:
    """Somebody has asked for something."""

    asked_at: float | None = None
    asked_idle = 0.0


class Fate(Enum):
    """What became of a frame."""

    PENDING = auto()
    HEARD = auto()
    LOST = auto()
    REFUSED = auto()


class Sent:
    """A frame that was sent."""

    def __init__(self, frame: dict[str, Any], idle: float) -> None:
        self.frame = frame
        self.idle = idle
        self.fate = Fate.PENDING


class Answers(Enum):
    """How a terminal takes commands."""

    PROMPT = auto()
    SLOW = auto()
    SILENT = auto()
    REFUSING = auto()


class Judge(Protocol):
    """Looks at what is sent, and at when it is heard."""

    def judge(self, wire: Wire, frame: dict[str, Any], origin: Origin | None) -> Sent:
        """Look at a frame that is being sent."""

    def hear(self, sent: Sent) -> None:
        """Look at a frame that reaches its terminal."""


class Firmware:
    """One terminal."""

    def __init__(self, serial: str, doors: int, wall: Callable[[], datetime]) -> None:
        self.serial = serial
        self.doors = doors
        self.answers = Answers.PROMPT
        self.offset = 0.0
        self.offsets: set[float] = {0.0}
        self.opened: list[int] = []
        self.mode = "normal"
        self.wires: list[Wire] = []
        self._wall = wall

    @property
    def wire(self) -> Wire | None:
        """Its latest connection."""
        return next((wire for wire in reversed(self.wires) if wire.state is State.OPEN), None)

    def shown(self, at: datetime | None = None) -> str:
        """Return what its clock shows, or showed."""
        local = dt_util.as_local(at or self._wall()).replace(tzinfo=None, microsecond=0)
        return str(local + timedelta(seconds=self.offset))

    def hear(self, wire: Wire, sent: Sent) -> None:
        frame = sent.frame
        sent.fate = Fate.HEARD
        if (word := frame.get("cmd")) is None:
            if frame.get("ret") == "reg":
                wire.registered = frame["result"]
                if frame["result"]:
                    self.offset = 0.0
            return
        if word == "opendoor":
            if self.answers is Answers.REFUSING:
                sent.fate = Fate.REFUSED
            else:
                self.opened.append(frame.get("doornum", 0))
        if word == "lockctrl" and self.answers is not Answers.REFUSING:
            self.mode = MODES[frame["fuc"]]
        if self.answers is Answers.SILENT:
            return
        reply = json.dumps(self._reply(word, frame))
        if self.answers is Answers.SLOW:
            wire.loop.call_later(SLOW_SECONDS, wire.say, reply)
        else:
            wire.say(reply)

    def lose_power(self) -> None:
        """Start anew: what held the door does not any more."""
        self.mode = "normal"
        for wire in self.wires:
            wire.abort()

    def _reply(self, word: str, frame: dict[str, Any]) -> dict[str, Any]:
        more: dict[str, Any] = {"result": True}
        match word:
            case "opendoor" | "lockctrl":
                more = {"result": self.answers is not Answers.REFUSING}
            case "gettime":
                more |= {"time": self.shown()}
            case "settime":
                self.offset = 0.0
            case "getuserlist":
                rows = [{"enrollid": number, "admin": 0, "backupnum": 0} for number in (1, 2)] if frame["stn"] else []
                more |= {"count": len(rows), "from": 0, "to": max(0, len(rows) - 1), "record": rows}
            case "getusername":
                more |= {"record": f"Person {frame['enrollid']}"}
            case _:
                more = {"result": False, "reason": 1}
        return {"ret": word, **more}


class Wire:
    """A connection as the listener takes it in, in the place of `Connection`; it is its own transport."""

    def __init__(self, firmware: Firmware, peer: Peer, judge: Judge, hub: Any, loop: StillLoop) -> None:
        self.firmware = firmware
        self.peer = peer
        self.hub = hub
        self.state = State.OPEN
        self.protocol = SimpleNamespace(max_message_size=0)
        self.registered = False
        self.is_cut = False
        self.task: asyncio.Task[None] | None = None
        self._judge = judge
        self.loop = loop
        self._inbox: deque[tuple[str, Origin | None]] = deque()
        self._outbox: deque[Sent] = deque()
        self._clogged = self._brimful = False
        self._changed = asyncio.Event()

    # What the listener uses

    @property
    def transport(self) -> Self:
        return self

    @property
    def address(self) -> str:
        return self.peer.address

    @property
    def unsent(self) -> int:
        return len(self._outbox)

    @property
    def is_acknowledged(self) -> bool:
        return self.state is State.OPEN and not self._clogged

    def admit(self, max_frame_bytes: int, effort: Effort) -> None:  # noqa: ARG002 - taking frames in costs nothing here
        self.protocol.max_message_size = max_frame_bytes

    async def ping(self) -> asyncio.Future[float]:
        """Return what a pong sets, which comes from a terminal that answers at all."""
        if self.state is not State.OPEN:
            raise ConnectionClosedError(None, None)
        pong: asyncio.Future[float] = self.loop.create_future()
        if not self._clogged and self.firmware.answers is not Answers.SILENT:
            pong.set_result(0.0)
        return pong

    def get_extra_info(self, name: str) -> Any:
        return SimpleNamespace(setsockopt=lambda *_: None) if name == "socket" else None

    @property
    def is_over(self) -> bool:
        return self.state is State.CLOSED

    def is_closing(self) -> bool:
        return self.state is not State.OPEN

    async def send(self, data: str | bytes) -> None:
        if self.state is not State.OPEN:
            raise ConnectionClosedError(None, None)
        sent = self._judge.judge(self, json.loads(data), ORIGIN.get())
        if not self._clogged:
            self._hear(sent)
            return
        self._outbox.append(sent)
        while self._clogged and self._brimful:
            await self._wait()
            if self.is_over:
                raise ConnectionClosedError(None, None)

    async def close(self, code: int = 1000, reason: str = "") -> None:  # noqa: ARG002 - as the library has it
        """Say goodbye, which a terminal that hears nothing does not answer."""
        if self.state is State.OPEN:
            self.state = State.CLOSING
            self._change()
        while self._clogged and self.state is not State.CLOSED:
            await self._wait()
        self.abort()

    def abort(self) -> None:
        """End it, with all that is still here."""
        while self._outbox:
            self._outbox.popleft().fate = Fate.LOST
        self.state = State.CLOSED
        self._change()

    cut_off = abort

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while not self._inbox:
            if self.state is not State.OPEN:
                raise StopAsyncIteration
            await self._wait()
        data, origin = self._inbox.popleft()
        if origin is not None and origin.asked_at is None:
            origin.asked_at, origin.asked_idle = self.loop.now, self.loop.idle
        ORIGIN.set(origin)
        return data

    # What the terminal and the network do

    def say(self, data: str, origin: Origin | None = None) -> None:
        if self.state is State.OPEN:
            self._inbox.append((data, origin))
            self._change()

    def clog(self, *, brimful: bool) -> None:
        self._clogged, self._brimful = True, brimful

    def unclog(self) -> None:
        self._clogged = False
        while self._outbox and self.state is not State.CLOSED:
            self._hear(self._outbox.popleft())
        self._change()

    def _hear(self, sent: Sent) -> None:
        self._judge.hear(sent)
        self.firmware.hear(self, sent)

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _wait(self) -> None:
        await self._changed.wait()


class Port:
    """A server in the place of the library's."""

    def __init__(self, handler: Callable[[Any], Awaitable[None]], create_connection: Any) -> None:
        self.handler = handler
        self.border, self.lobby = create_connection.args
        self.is_open = True
        self.wires: list[Wire] = []
        self.server = SimpleNamespace(close=self.stop_listening)
        self.sockets = [SimpleNamespace(getsockname=lambda: ("127.0.0.1", 7788))]

    @property
    def hub(self) -> Any:
        return self.handler.__self__._gate  # type: ignore[attr-defined]  # a method of the listener

    def take(self, wire: Wire, loop: StillLoop) -> bool:
        """Take in a connection, as `Connection.connection_made` does."""
        if not self.is_open or not self.border.admits(wire.peer) or not self.lobby.enter(wire):
            wire.abort()
            return False
        self.wires.append(wire)
        wire.task = loop.create_task(self._serve(wire), name="connection")
        return True

    def stop_listening(self) -> None:
        self.is_open = False

    def close(self) -> None:
        self.is_open = False
        for wire in tuple(self.wires):
            wire.abort()

    async def wait_closed(self) -> None:
        await asyncio.gather(*(wire.task for wire in self.wires if wire.task), return_exceptions=True)

    async def _serve(self, wire: Wire) -> None:
        try:
            await self.handler(wire)
        finally:
            self.lobby.leave(wire)
            wire.abort()
            self.wires.remove(wire)
