"""The virtual terminal."""

# ruff: noqa: ASYNC109 - the time limits are part of the interface

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

from .doors import Door
from .faults import Faults
from .link import Link
from .machine import Machine
from .profiles import PROFILES, Profile
from .session import Journal, Session
from .socket import PonglessSocket, Socket
from .timing import Timing
from .users import User
from .wire import Frame


class VirtualTerminal:
    """A terminal which dials a server, registers, pushes what happens at its door and answers commands."""

    def __init__(
        self,
        profile: str | Profile = "tfs30",
        serial: str = "ZX00000001",
        url: str = "ws://127.0.0.1:7788/pub/chat",
        timing: Timing | None = None,
        source_address: str | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        """Unpack a terminal; `start` plugs it in. `tls` is how to dial a wss:// URL, if not as the computer does."""
        self.profile = PROFILES[profile] if isinstance(profile, str) else profile
        self.serial = serial
        self.timing = timing or Timing()
        self.machine = Machine(self.profile, serial, self.timing)
        self.machine.restart = self._restart
        self._journal = Journal([], [])
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

    async def start(self) -> None:
        """Plug in: a task dials and redials in the background."""
        if self._task is not None:
            message = "the terminal is running already"
            raise RuntimeError(message)
        self._task = asyncio.create_task(self._link.run(), name=f"virtual terminal {self.serial}")

    async def stop(self) -> None:
        """Unplug, with an orderly close of the socket."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()
        self.machine.abandon_enrolment()
        self.machine.doors.stop_timers()

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

    # What can be seen of it

    @property
    def connected(self) -> bool:
        """Tell whether there is a socket."""
        return self._session is not None

    @property
    def registered(self) -> bool:
        """Tell whether the server has accepted `reg` on the present socket."""
        return self.machine.online

    @property
    def screen(self) -> str:
        """Return the text on the screen."""
        return self.machine.screen

    @property
    def users(self) -> dict[int, User]:
        """Return everybody who is enrolled."""
        return self.machine.users.by_id

    @property
    def doors(self) -> dict[int, Door]:
        """Return the doors by number."""
        return self.machine.doors.by_number

    @property
    def logs(self) -> list[Frame]:
        """Return all stored records, oldest first."""
        return [entry.record for entry in self.machine.logs.entries]

    @property
    def unsent(self) -> int:
        """Return how many records the server has not acknowledged or fetched."""
        return len(self.machine.logs.unsent)

    @property
    def alarm(self) -> bool:
        """Tell whether the siren sounds."""
        return self.machine.alarm

    @property
    def received(self) -> list[Frame]:
        """Return every decoded frame of the server, over all sockets."""
        return self._journal.received

    @property
    def sent(self) -> list[Frame]:
        """Return every frame sent, before the faults have spoilt it."""
        return self._journal.sent

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of `getdevinfo`."""
        return self.machine.settings

    @property
    def access_settings(self) -> dict[str, Any]:
        """Return the settings of `getdevlock`."""
        return self.machine.access_settings

    @property
    def holidays(self) -> list[Frame]:
        """Return the stored holidays."""
        return self.machine.holidays

    @property
    def questionnaire(self) -> Frame:
        """Return the stored questionnaire."""
        return self.machine.questionnaire

    @property
    def notice(self) -> str:
        """Return the public message of `setuserprofile` with `enrollid` 0."""
        return self.machine.users.notice

    @property
    def clock_offset(self) -> timedelta:
        """Return by how much the clock is ahead of the computer's local time."""
        return self.machine.clock.offset

    @clock_offset.setter
    def clock_offset(self, offset: timedelta) -> None:
        self.machine.clock.offset = offset

    @property
    def clock_drift(self) -> float:
        """Return how many seconds the clock gains per hour."""
        return self.machine.clock.drift

    @clock_drift.setter
    def clock_drift(self, drift: float) -> None:
        self.machine.clock.drift = drift

    @property
    def server_approval(self) -> bool:
        """Tell whether the server decides about each punch (the menu's "Server approval")."""
        return self.machine.asks_server

    @server_approval.setter
    def server_approval(self, on: bool) -> None:
        if "server_verify" in self.settings:
            self.settings["server_verify"] = int(on)
        else:
            self.machine.menu_approval = on

    @property
    def faults(self) -> Faults:
        """Return what goes wrong at present."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults.watcher = None
        self._faults = faults
        faults.watcher = self._faults_changed
        self._faults_changed()

    def listen(self, listener: Callable[[str], None]) -> None:
        """Tell a listener in one line whatever happens."""
        self.machine.listeners.append(listener)

    # What people do at the terminal

    def add_user(self, user: User) -> None:
        """Enrol somebody without telling the server."""
        self.users[user.enrollid] = user

    def enrol_user(self, user: User) -> None:
        """Enrol somebody at the keypad: the server gets one `senduser` for each credential (field notes 4)."""
        self.add_user(user)
        for backupnum in user.slots:
            self.machine.announce(user, backupnum)

    def punch(
        self,
        enrollid: int,
        mode: int | None = None,
        inout: int = 0,
        event: int = 0,
        time: datetime | str | None = None,
        image: str | None = None,
        temp: float | str | None = None,
    ) -> Frame:
        """Verify somebody; the record is pushed, or kept until the server is there."""
        return self.machine.punch(
            enrollid,
            mode=mode,
            inout=inout,
            event=event,
            time=time,
            image=image,
            temp=temp,
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

    def _restart(self) -> None:
        self.machine.report("restarting")
        self.machine.power_off()
        # A stalled network works again after a restart (field notes 1, Wi-Fi stall).
        self.faults.half_open = False
        self._link.restart()

    def _faults_changed(self) -> None:
        self._link.stall(on=self._faults.half_open)
        self.machine.signal.notify()
