"""The virtual terminal."""

# ruff: noqa: ASYNC109 - the time limits are part of the interface

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Self

from .access import Verdict
from .doors import Door
from .faults import Faults
from .flash import Flash, StateFileError
from .journal import Journal
from .keypad import Keypad
from .link import Link
from .machine import Machine
from .profiles import PROFILES, Profile
from .session import Session
from .socket import PonglessSocket, Socket
from .timing import Timing
from .users import User
from .view import View
from .wire import Frame


class VirtualTerminal(View):
    """A terminal which dials a server, registers, pushes what happens at its door and answers commands."""

    def __init__(
        self,
        profile: str | Profile = "tfs30",
        serial: str = "ZX00000001",
        url: str = "ws://127.0.0.1:7788/pub/chat",
        timing: Timing | None = None,
        source_address: str | None = None,
        tls: SSLContext | None = None,
        state: str | Path | None = None,
    ) -> None:
        """Unpack a terminal; `start` plugs it in.

        `tls` is how to dial a wss:// URL, if not as the computer does. `state` is a file for what a terminal keeps
        without power; it is read here and written from `start` to `stop`. Raises `StateFileError` if it is of no use.
        """
        self.profile = PROFILES[profile] if isinstance(profile, str) else profile
        self.serial = serial
        self.timing = timing or Timing()
        self.machine = Machine(self.profile, serial, self.timing)
        self.machine.restart = self._restart
        self.keypad = Keypad(self.machine)
        self._journal = Journal()
        self._link = Link(
            url,
            timing=self.timing,
            source_address=source_address,
            tls=tls,
            socket=Socket if self.profile.pongs else PonglessSocket,
            serve=self._serve,
            report=self.machine.report,
        )
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._faults = Faults()
        self.faults = self._faults
        self._flash = None if state is None else Flash(Path(state))
        self.restored = self._flash is not None and self._flash.load(self.machine)
        """The state comes from the file; otherwise the terminal comes from the factory."""
        self.machine.save = self._save

    async def start(self) -> None:
        """Plug in: a task dials and redials in the background. Raises `StateFileError` if the state cannot be kept."""
        if self._task is not None:
            message = "the terminal is running already"
            raise RuntimeError(message)
        if self._flash is not None:
            if complaint := self._flash.complaint:
                self.machine.report(complaint)
            self._flash.open(self.machine)
        self._task = asyncio.create_task(self._link.run(), name=f"virtual terminal {self.serial}")

    async def stop(self) -> None:
        """Unplug, with an orderly close of the socket."""
        task, self._task = self._task, None
        try:
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
                if not task.cancelled():
                    task.result()
        finally:
            self.machine.abandon_enrolment()
            self.machine.doors.stop_timers()
            if self._flash is not None:
                self._flash.close(self.machine)

    async def __aenter__(self) -> Self:
        """Plug in."""
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Unplug."""
        await self.stop()

    # What goes wrong

    @property
    def faults(self) -> Faults:
        """Return what goes wrong at present."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults.watcher = None
        self._faults = self.machine.faults = faults
        faults.watcher = self._faults_changed
        self._faults_changed()

    def listen(self, listener: Callable[[str], None]) -> None:
        """Tell a listener in one line whatever happens."""
        self.machine.listeners.append(listener)

    # What people do at the terminal

    def add_user(self, user: User) -> None:
        """Enrol somebody without telling the server."""
        self.users[user.enrollid] = user
        self.machine.save()

    def enrol_user(self, user: User) -> None:
        """Enrol somebody at the keypad: the server gets one `senduser` for each credential (field notes 4)."""
        self.keypad.add(user)

    def would_open(self, enrollid: int, door: int, at: datetime) -> Verdict:
        """Return whether this terminal would open a door at a local time for somebody with anything stored of them.

        It is true or false, and knows its `reason`. The server's approval, if it is asked for, comes on top.
        """
        return self.machine.would_open(enrollid, door, at)

    def punch(
        self,
        enrollid: int,
        mode: int | None = None,
        inout: int = 0,
        event: int = 0,
        time: datetime | str | None = None,
        image: str | None = None,
        temp: float | str | None = None,
        door: int = 1,
    ) -> Frame:
        """Verify somebody at a door; the record is pushed, or kept until the server is there."""
        return self.machine.punch(
            enrollid,
            mode=mode,
            inout=inout,
            event=event,
            time=time,
            image=image,
            temp=temp,
            door=door,
        )

    def door_event(self, event: int, time: datetime | str | None = None) -> Frame:
        """Let a door contact, the exit button, the case or an alarm input report (spec A2, note)."""
        return self.machine.door_event(event, time)

    def scan_enrolment(self, record: str | int | None = None) -> None:
        """Scan during a running `adduser`."""
        self.machine.finish_enrolment(record)

    async def scan_qr(self, code: str, timeout: float = 5) -> Frame:
        """Hold a QR code before the scanner and return the server's reply (spec B27 and B28)."""
        return await self._ask({"cmd": "sendqrcode", "sn": self.serial, "record": code}, timeout)

    async def enter_pin(self, pin: str, timeout: float = 5) -> Frame:
        """Type a PIN and return the server's reply (field notes 4, sendpin)."""
        frame = {"cmd": "sendpin", "sn": self.serial, "pin": pin, "time": self.machine.clock.text()}
        return await self._ask(frame, timeout)

    # What happens to the network and the power

    async def send(self, frame: Frame) -> None:
        """Send any frame, with the present faults."""
        await self._present_session().send(frame)

    async def send_raw(self, data: str | bytes) -> None:
        """Send any text or bytes as they are."""
        await self._present_session().send_raw(data)

    async def drop(self, *, close: bool = False) -> None:
        """Lose the socket, without a close frame unless asked for; the terminal redials by itself."""
        session, socket = self._session, self._link.socket
        if session is None or socket is None:
            return
        if close:
            await socket.close()
        else:
            socket.transport.abort()
        await self.machine.signal.until(lambda: self._session is not session)

    async def power_cycle(self) -> None:
        """Pull the plug and put it back; users, logs and settings stay."""
        session = self._session
        self._restart()
        await self.machine.signal.until(lambda: session is None or self._session is not session)

    async def lose_power(self) -> None:
        """Pull the plug, without an orderly close of the socket; `start` puts it back."""
        self.machine.power_off()
        self._link.cut()
        await self.stop()

    async def factory_reset(self) -> None:
        """Forget everybody, every setting and every record, and restart; the serial number stays."""
        self.machine.forget()
        await self.power_cycle()

    def clear_logs(self) -> None:
        """Delete all records at the menu; nothing of that is told."""
        self.machine.logs.clear()
        self._save()

    # Waiting

    async def wait_connected(self, timeout: float = 10) -> None:
        """Wait for a socket."""
        await self.machine.signal.until(lambda: self.connected, timeout)

    async def wait_registered(self, timeout: float = 10) -> None:
        """Wait until `reg` is accepted on the present socket."""
        await self.machine.signal.until(lambda: self.registered, timeout)

    async def wait_refused(self, timeout: float = 10) -> str:
        """Wait until `reg` is refused on the present socket and return the text on the screen."""
        refusal = await self.machine.signal.until(self._refusal, timeout)
        return refusal[0]

    async def wait_sent(self, timeout: float = 10) -> None:
        """Wait until no unsent log is left."""
        await self.machine.signal.until(lambda: not self.unsent, timeout)

    async def wait_door(self, number: int, *, is_open: bool = True, timeout: float = 10) -> Door:
        """Wait until a door is open or locked."""
        door = self.doors[number]
        await self.machine.signal.until(lambda: door.is_open is is_open, timeout)
        return door

    async def wait_opened(self, number: int, *, after: int = 0, timeout: float = 10) -> Door:
        """Wait until a door has been opened once more than so many times; it may be locked again by then."""
        door = self.doors[number]
        await self.machine.signal.until(lambda: door.openings > after, timeout)
        return door

    async def wait_received(self, name: str, timeout: float = 10, after: int = 0) -> Frame:
        """Wait for a frame of the server with this `cmd` or `ret`, at index `after` of `received` or later."""
        return await self._wait_for(self.received, name, timeout, after)

    async def wait_transmitted(self, name: str, timeout: float = 10, after: int = 0) -> Frame:
        """Wait for a frame of this terminal with this `cmd` or `ret`, at index `after` of `sent` or later."""
        return await self._wait_for(self.sent, name, timeout, after)

    async def wait_for[T](self, condition: Callable[[], T | None], timeout: float = 10) -> T:
        """Wait for any condition on this terminal and return its value."""
        return await self.machine.signal.until(condition, timeout)

    async def _wait_for(self, frames: list[Frame], name: str, timeout: float, after: int) -> Frame:
        def found() -> Frame | None:
            return next(
                (frame for frame in frames[after:] if name in (frame.get("cmd"), frame.get("ret"))),
                None,
            )

        return await self.machine.signal.until(found, timeout)

    # The inside

    def _refusal(self) -> tuple[str] | None:
        """Wrap the text, as a server may refuse with an empty one."""
        text = self.machine.refusal
        return None if text is None else (text,)

    async def _ask(self, frame: Frame, timeout: float) -> Frame:
        if not self.profile.scanner:
            message = f"{self.profile.name} has neither a QR scanner nor a PIN pad which asks the server"
            raise ValueError(message)
        if not self.registered:
            message = "not registered with a server"
            raise ConnectionError(message)
        return await self._present_session().ask(frame, timeout)

    async def _serve(self, socket: Socket) -> None:
        socket.stall(on=self.faults.half_open)
        session = Session(self.machine, socket, lambda: self.faults, self._journal)
        self._session = session
        self.machine.signal.notify()
        try:
            await session.run()
        finally:
            self._session = None
            self.machine.signal.notify()

    def _present_session(self) -> Session:
        if self._session is None:
            message = "not connected to a server"
            raise ConnectionError(message)
        return self._session

    def _save(self) -> None:
        if self._flash is not None:
            try:
                self._flash.save(self.machine)
            except StateFileError as error:
                self.machine.report(str(error))
                raise

    def _restart(self, away: float | None = None) -> None:
        self.machine.report("restarting")
        self.machine.power_off()
        # A stalled network works again after a restart (field notes 1, Wi-Fi stall).
        self.faults.half_open = False
        self._link.restart(away)

    def _faults_changed(self) -> None:
        self._link.stall(on=self._faults.half_open)
        self.machine.signal.notify()
