"""One socket, from `reg` to its end."""

# ruff: noqa: ASYNC109 - the time limits are part of the interface

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from .clock import parse
from .commands import answer
from .faults import Faults
from .fields import truth
from .journal import Journal
from .logs import Entry
from .machine import Machine
from .socket import Socket
from .wire import Frame, decode, encode


@dataclass(slots=True, eq=False)
class Push:
    """A frame which wants an acknowledgement."""

    frame: Frame
    entries: list[Entry]
    started: float
    asks: bool
    """The server decides about this punch."""
    done: bool = False
    refused: bool = False


class Session:
    """Registers, pushes logs and new users, answers commands."""

    def __init__(self, machine: Machine, socket: Socket, faults: Callable[[], Faults], journal: Journal) -> None:
        """Take over a fresh socket."""
        self._machine = machine
        self._socket = socket
        self._faults = faults
        self._journal = journal
        self._connection = journal.connections = journal.connections + 1
        self._signal = machine.signal
        self._commands: asyncio.Queue[Frame] = asyncio.Queue()
        self._questions: dict[str, list[asyncio.Future[Frame]]] = {}
        self._push: Push | None = None
        self._reg_replies = 0
        self._sends_users = self._sends_logs = self._sends_images = True

    async def run(self) -> None:
        """Serve until the socket is gone."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    group.create_task(self._register()),
                    group.create_task(self._push_all()),
                }
                tasks.add(group.create_task(self._answer_all(group, tasks)))
                try:
                    async for message in self._socket:
                        self._receive(message)
                except ConnectionClosed:
                    pass
                for task in tasks:
                    task.cancel()
        finally:
            self._machine.hang_up()
            for questions in self._questions.values():
                for question in questions:
                    question.cancel()

    async def send(self, frame: Frame) -> None:
        """Write a frame; during a stall it waits."""
        await self._signal.until(lambda: not self._faults().half_open)
        faults = self._faults()
        data = encode(frame, faults)
        for _ in range(2 if faults.duplicate else 1):
            self._journal.sent.append(frame)
            self._signal.notify()
            await self.send_raw(data)

    async def send_raw(self, data: str | bytes) -> None:
        """Write anything; a socket which is gone swallows it."""
        try:
            await self._socket.send(data)
        except ConnectionClosed:
            return

    async def ask(self, frame: Frame, timeout: float) -> Frame:
        """Send a question to the server and return its reply (spec B27 and B28)."""
        question: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        questions = self._questions.setdefault(frame["cmd"], [])
        questions.append(question)
        try:
            async with asyncio.timeout(timeout):
                await self.send(frame)
                return await question
        except asyncio.CancelledError:
            if question.cancelled() and not self._machine.online:
                message = "the socket was lost before the reply"
                raise ConnectionError(message) from None
            raise
        finally:
            if question in questions:
                questions.remove(question)

    async def _register(self) -> None:
        """Send `reg` and repeat it: unanswered, refused, or as a heartbeat (field notes 1)."""
        machine, timing = self._machine, self._machine.timing
        await asyncio.sleep(timing.connect_to_reg)
        while True:
            reg: Frame = {"cmd": "reg", "sn": machine.serial}
            if machine.cpusn is not None:
                reg["cpusn"] = machine.cpusn
            seen = self._reg_replies
            await self.send(reg | {"devinfo": machine.devinfo()})
            try:
                await self._signal.until(self._reply_after(seen), timing.reg_repeat)
            except TimeoutError:
                pass
            else:
                if not machine.online:
                    await asyncio.sleep(timing.reg_repeat)
                elif machine.profile.heartbeat:
                    await asyncio.sleep(timing.heartbeat)
                else:
                    await self._signal.until(lambda: not machine.online)
            await self._signal.until(lambda: not self._faults().mutes("reg"))

    def _reply_after(self, seen: int) -> Callable[[], bool]:
        return lambda: self._reg_replies > seen

    async def _push_all(self) -> None:
        """Push one frame after the other; the next only after the ack of the former (field notes 4)."""
        while True:
            self._push = await self._signal.until(self._next_push)
            await self._deliver(self._push)
            self._push = None

    def _next_push(self) -> Push | None:
        machine = self._machine
        if not machine.online:
            return None
        now = asyncio.get_running_loop().time()
        if self._sends_users and machine.new_users:
            return Push(machine.new_users[0], [], now, asks=False)
        entries = machine.logs.next_batch(machine.profile.batch) if self._sends_logs else []
        if not entries:
            return None
        frame = {
            "cmd": "sendlog",
            "sn": machine.serial,
            "count": len(entries),
            "logindex": machine.next_logindex(),
            "record": [self._with_image(entry.record) for entry in entries],
        }
        asks = machine.asks_server and entries[0].live and entries[0].record["enrollid"] != 0
        return Push(frame, entries, now, asks)

    def _with_image(self, record: Frame) -> Frame:
        return {key: value for key, value in record.items() if key != "image" or self._sends_images}

    async def _deliver(self, push: Push) -> None:
        """Send a frame until it is acknowledged, in the way of this firmware (field notes 0, fact 2)."""
        profile, timing = self._machine.profile, self._machine.timing
        hangs_up = profile.unacknowledged == "reconnect"
        while not self._settled(push):
            push.refused = False
            await self.send(push.frame)
            try:
                await self._signal.until(
                    lambda: self._settled(push) or (hangs_up and push.refused),
                    timing.ack_wait if hangs_up else timing.resend,
                )
            except TimeoutError:
                if hangs_up:
                    self._machine.report(f"no reply to {push.frame['cmd']}, hanging up")
                    self._socket.transport.abort()
                    return
            else:
                if not self._settled(push):
                    await asyncio.sleep(timing.resend)

    def _settled(self, push: Push) -> bool:
        """Tell whether a frame need not be sent again: acknowledged, fetched by `getnewlog`, or deleted."""
        if push.entries:
            return push.done or all(entry.sent for entry in push.entries)
        return push.done or push.frame not in self._machine.new_users

    def _receive(self, message: str | bytes) -> None:
        frame = decode(message)
        if frame is None:
            return
        self._journal.received.append(frame)
        reply, command = frame.get("ret"), frame.get("cmd")
        if reply == "reg":
            self._registered(frame)
        elif reply in {"sendlog", "senduser"}:
            self._acknowledge(frame)
        elif reply in {"sendqrcode", "sendpin"}:
            self._replied(frame)
        elif isinstance(command, str) and self._fits(message):
            self._journal.commands.note(frame, self._machine.clock.now(), self._connection)
            self._commands.put_nowait(frame)
        self._signal.notify()

    def _fits(self, message: str | bytes) -> bool:
        limit = self._machine.profile.receive_limit
        return limit is None or len(message.encode() if isinstance(message, str) else message) <= limit

    def _registered(self, reply: Frame) -> None:
        """Take the reply to `reg`: the time verbatim, the wishes about pushes, or a text for the screen (spec A1)."""
        machine = self._machine
        self._reg_replies += 1
        if not truth(reply.get("result")):
            text = str(reply.get("reason", reply.get("msg", "")))
            machine.online, machine.refusal, machine.screen = False, text, text
            machine.report(f"refused: {text}")
            return
        was_online = machine.online
        machine.online, machine.refusal = True, None
        self._set_clock(reply)
        self._sends_users = not truth(reply.get("nosenduser"))
        self._sends_logs = not truth(reply.get("nosendlog"))
        self._sends_images = not truth(reply.get("nosendimage"))
        machine.save()
        if not was_online:
            machine.screen = ""
            machine.report("registered")

    def _set_clock(self, reply: Frame) -> None:
        if "cloudtime" in reply:
            try:
                self._machine.clock.set(parse(reply["cloudtime"]))
            except ValueError:
                return

    def _acknowledge(self, reply: Frame) -> None:
        machine, push = self._machine, self._push
        if push is None or push.frame["cmd"] != reply["ret"] or push.done:
            return
        if not truth(reply.get("result")):
            push.refused = True
            return
        if push.entries and machine.profile.checks_ack:
            for key in ("count", "logindex"):
                if str(reply.get(key)) != str(push.frame[key]):
                    return
        push.done = True
        for entry in push.entries:
            entry.sent = True
        machine.new_users[:] = [frame for frame in machine.new_users if frame is not push.frame]
        machine.save()
        if not push.entries:
            machine.report(f"user {push.frame['enrollid']} sent")
            return
        machine.report(_sent_line(push.entries))
        in_time = asyncio.get_running_loop().time() - push.started <= machine.timing.approval
        if push.asks and in_time:
            machine.decide(push.entries[0].record, reply, push.entries[0].door)

    def _replied(self, reply: Frame) -> None:
        questions = self._questions.get(reply["ret"])
        if not questions:
            return
        question = questions.pop(0)
        if not question.done():
            self._machine.decide({}, reply)
            question.set_result(reply)

    async def _answer_all(self, group: asyncio.TaskGroup, tasks: set[asyncio.Task[None]]) -> None:
        """Carry out commands one after the other; while not registered they are ignored."""
        machine = self._machine
        while True:
            command = await self._commands.get()
            if not machine.online:
                continue
            name = str(command["cmd"])
            happening = self._faults().interrupting(name)
            if machine.interrupt(item for item in happening if not item.stored):
                continue
            refusal = self._faults().refuse.get(name)
            reply = answer(machine, name, command) if refusal is None else {"result": False, **refusal}
            machine.save()
            machine.signal.notify()
            if machine.interrupt(item for item in happening if item.stored):
                continue
            if isinstance(reply, asyncio.Future):
                # This session ends with its socket, not with the enrolment.
                tasks.add(group.create_task(self._answer_later(name, reply)))
            elif reply is not None:
                await self._reply(name, reply)

    async def _answer_later(self, name: str, reply: asyncio.Future[Frame]) -> None:
        # The enrolment goes on without the socket, so its future must survive this task.
        await self._reply(name, await asyncio.shield(reply))

    async def _reply(self, name: str, reply: Frame) -> None:
        faults = self._faults()
        if faults.mutes(name):
            return
        if faults.delay:
            await asyncio.sleep(faults.delay)
        await self.send({"ret": name, "sn": self._machine.serial} | reply)


def _sent_line(entries: list[Entry]) -> str:
    record = entries[0].record
    if len(entries) > 1:
        return f"{len(entries)} logs sent"
    return f"punch of user {record['enrollid']} sent" if record["enrollid"] else f"door event {record['event']} sent"
