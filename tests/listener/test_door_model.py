"""No door is moved late, twice or for nobody, whatever comes in what order: a model with a time of its own."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
import json
import time
from typing import Any, override

from hypothesis import example, given, settings, strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from custom_components.timmy_access.protocol.commands import COMMANDS, GetSettings, SetCredential
from custom_components.timmy_access.protocol.commands.raw import RawReply, raw_command
from custom_components.timmy_access.protocol.errors import ProtocolError
from custom_components.timmy_access.protocol.exchange import DOOR_ANSWER_SECONDS, DOOR_WRITE_SECONDS
from custom_components.timmy_access.protocol.listener import Listener
from custom_components.timmy_access.protocol.session import Session
from custom_components.timmy_access.protocol.trace import Direction, Trace

from .conftest import LOOPBACK, Desk, OpenGate, ScriptedTerminal, clog
from .standing_clock import StandingClock

PHOTO = SetCredential(enroll_id=1, user_name="Ada", backup_number=50, record="/9j/" + "A" * 3000)
# Rounds of the event loop without anything happening, after which nothing more does.
QUIET = 25
# How time passes, unless the machine is busy.
STEP = 0.1
# What steps may miss of a second.
LITTLE = 1e-6
# After this long nobody waits for a door any more.
OVER = DOOR_WRITE_SECONDS + DOOR_ANSWER_SECONDS + 1

SECONDS = st.sampled_from([0.3, 0.8, 1.1, 2.0, 3.0, 5.0])
ACTIONS = st.one_of(
    st.sampled_from(["answer", "answer", "small", "photo", "unclog"]).map(lambda word: (word, 0.0)),
    st.tuples(st.just("press"), st.sampled_from([0.0, 0.0, 1.5, 2.0])),
    st.tuples(st.just("clog"), st.sampled_from([0.0, 1.0])),
    st.tuples(st.just("cancel"), st.sampled_from([0.0, 1.0, 2.0])),
    st.tuples(st.sampled_from(["elapse", "jump"]), SECONDS),
)
# What happens, and whether all that follows from it has happened before the next does.
SCENARIOS = st.lists(st.tuples(ACTIONS, st.booleans()), max_size=12)


@dataclass(kw_only=True)
class Press:
    """Somebody asks for a door."""

    asked_at: float
    task: asyncio.Task[RawReply] | None = None
    cancelled: bool = False
    sent: int = 0
    sent_at: float = 0.0
    sent_into_clog: bool = False
    heard: int = 0
    answered: bool = False
    moved: int = 0


class World(Trace):
    """A terminal at a listener; what both say is checked the moment they say it, and hear it."""

    def __init__(self, loop: StandingClock) -> None:
        super().__init__()
        self.loop = loop
        self.desk = Desk()
        self.desk.trace = self
        self.presses: list[Press] = []
        self.others: list[asyncio.Task[Any]] = []
        self.unanswered: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self.sent = self.heard = 0
        self.clogged = False
        self.session: Session
        self.terminal: ScriptedTerminal

    @override
    def note(self, moment: float, direction: Direction, data: str | bytes) -> None:
        if direction is not Direction.SENT:
            return
        self.sent += 1
        if (number := json.loads(data).get("number")) is None:
            return
        press = self.presses[number]
        press.sent += 1
        press.sent_at = self.loop.now
        press.sent_into_clog = self.session._connection.unsent > 0
        self.check("sent twice", number, press.sent == 1)
        self.check("sent late", number, self.loop.now < press.asked_at + DOOR_WRITE_SECONDS)
        self.check("sent for nobody", number, not press.cancelled)

    async def listen(self) -> None:
        """Hear as the terminal."""
        with suppress(ConnectionClosed):
            async for data in self.terminal.connection:
                self.heard += 1
                frame = json.loads(data)
                if "cmd" in frame:
                    self.unanswered.append(frame)
                if (number := frame.get("number")) is not None:
                    press = self.presses[number]
                    press.heard += 1
                    self.check("heard twice", number, press.heard == 1)
                    if press.sent_into_clog:  # nothing has left before the terminal listens
                        self.check("heard late", number, self.loop.now <= press.asked_at + DOOR_WRITE_SECONDS)
                        self.check("heard for nobody", number, not press.cancelled)

    def check(self, what: str, number: int, holds: bool) -> None:
        if not holds:
            self.wrong.append(f"{what}: {number}")

    # What may happen

    def press(self, ago: float) -> None:
        press = Press(asked_at=self.loop.now - ago)
        command = raw_command({"cmd": "opendoor", "doornum": 1, "number": len(self.presses)}, COMMANDS)
        self.presses.append(press)

        def moved() -> None:
            press.moved += 1

        press.task = self.loop.create_task(self.session.move_door(command, press.asked_at, moved))

    def cancel(self, number: float) -> None:
        waiting = [press for press in self.presses if press.task and not press.task.done() and not press.cancelled]
        if number < len(waiting):
            press = waiting[int(number)]
            press.cancelled = True
            assert press.task
            press.task.cancel()

    def small(self, _: float) -> None:
        self.others.append(self.loop.create_task(self.session.request(GetSettings())))

    def photo(self, _: float) -> None:
        self.others.append(self.loop.create_task(self.session.request(PHOTO)))

    async def answer(self, _: float) -> None:
        if self.unanswered and not self.session.ended:
            frame = self.unanswered.pop(0)
            if (number := frame.get("number")) is not None:
                self.presses[number].answered = True
            with suppress(ConnectionClosed):
                await self.terminal.say({"ret": frame["cmd"], "result": True, "msg": str(number)})

    async def clog(self, brimful: float) -> None:
        await self.settle()
        if not self.clogged and not self.session.ended:
            self.others.append(clog(self.terminal, self.session, brimful=brimful > 0))
            self.clogged = True

    def unclog(self, _: float) -> None:
        if self.clogged:
            self.clogged = False
            self.terminal.connection.transport.resume_reading()

    async def elapse(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.loop.now += STEP
            await self.settle()

    def jump(self, seconds: float) -> None:
        self.loop.now += seconds

    async def settle(self) -> None:
        """Wait until nothing more happens without time."""
        quiet, give_up_at = 0, time.monotonic() + 5
        seen: tuple[object, ...] = ()
        while quiet < QUIET:
            await asyncio.sleep(0)
            now = (self.sent, self.heard, self.desk.counters.frames, self.session.ended, self.clogged)
            on_its_way = not self.clogged and not self.session.ended and self.heard < self.sent
            quiet = 0 if now != seen or on_its_way else quiet + 1
            seen = now
            assert time.monotonic() < give_up_at
        self.look_at_connection()

    def look_at_connection(self) -> None:
        """The connection of a terminal that answers stays."""
        if self.session.ended:
            assert any(
                press.sent and (press.sent_into_clog or self.loop.now > press.sent_at + DOOR_ANSWER_SECONDS - LITTLE)
                for press in self.presses
            ), "reset for nothing"

    async def look_at_results(self) -> None:
        for number, press in enumerate(self.presses):
            assert press.task
            assert press.task.done(), f"waits for ever: {number}"
            assert press.moved <= press.answered
            if press.task.cancelled():
                assert press.cancelled
            elif press.task.exception() is None:
                assert press.task.result().message == str(number)
                assert press.moved == 1
            else:
                assert isinstance(press.task.exception(), ProtocolError)


async def play(scenario: list[tuple[tuple[str, float], bool]]) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, StandingClock)
    world = World(loop)
    listener = Listener(OpenGate(world.desk), LOOPBACK, 0)
    await listener.start()
    async with connect(f"ws://{LOOPBACK}:{listener.port}/", ping_interval=None, max_size=None) as connection:
        world.terminal = await ScriptedTerminal(connection).register()
        world.heard = 1
        assert world.desk.session is not None
        world.session = world.desk.session
        listening = loop.create_task(world.listen())
        for (action, argument), settles in scenario:
            if (going_on := getattr(world, action)(argument)) is not None:
                await going_on
            if settles:
                await world.settle()
        world.unclog(0)
        await world.elapse(OVER)
        assert world.wrong == []
        await world.look_at_results()
        connection.transport.abort()
        await asyncio.wait([listening, *world.others, loop.create_task(listener.stop())])
    for other in world.others:
        assert other.exception() is None or isinstance(other.exception(), ProtocolError)


PRESS, ANSWER, CANCEL = ("press", 0.0), ("answer", 0.0), ("cancel", 0.0)


@given(scenario=SCENARIOS)
@example(scenario=[(PRESS, True), (CANCEL, False), (PRESS, True), (ANSWER, True), (ANSWER, True)])
@example(scenario=[(("photo", 0.0), True), (PRESS, True), (("elapse", 3.0), True), (ANSWER, True)])
@example(scenario=[(("photo", 0.0), True), (PRESS, True), (ANSWER, False), (("jump", 5.0), True)])
@example(scenario=[(("clog", 0.0), True), (PRESS, True), (CANCEL, True), (("unclog", 0.0), True)])
@example(scenario=[(("clog", 1.0), True), (PRESS, True), (CANCEL, True), (("unclog", 0.0), True)])
@example(scenario=[(("clog", 0.0), True), (PRESS, True), (("elapse", 3.0), True), (("unclog", 0.0), True)])
@example(scenario=[(("clog", 1.0), True), (PRESS, True), (("elapse", 3.0), True), (("unclog", 0.0), True)])
@example(scenario=[(("press", 1.5), True), (PRESS, True), (("elapse", 1.1), True), (ANSWER, True), (ANSWER, True)])
@example(
    scenario=[(("small", 0.0), True), (PRESS, True), (PRESS, True), (("elapse", 1.1), True), *[(ANSWER, True)] * 3]
)
@settings(deadline=None, max_examples=150)
def test_a_door_moves_in_time_once_and_for_somebody(scenario: list[tuple[tuple[str, float], bool]]) -> None:
    with asyncio.Runner(loop_factory=StandingClock) as runner:
        runner.run(play(scenario))
