"""What waits for a disk, for a decision or for the terminal, and that none of it waits for another."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from custom_components.timmy_access.protocol import pace as pace_module, session as session_module
from custom_components.timmy_access.protocol.answers import LogsAccepted, QrVerdict
from custom_components.timmy_access.protocol.commands import OpenDoor
from custom_components.timmy_access.protocol.lane import MAX_FRAMES_WAITING, MAX_QUESTIONS, Lane
from custom_components.timmy_access.protocol.session import Session
from custom_components.timmy_access.protocol.throttle import Throttle

from .conftest import NOW, REG, SERIAL, Desk, Dial, ScriptedTerminal, clog, nothing_but, unclogged

IN_HAND = 1 + MAX_FRAMES_WAITING
HEARTBEAT = {"cmd": "heartbeat", "sn": SERIAL}
SCAN = {"cmd": "sendqrcode", "sn": SERIAL, "record": "1"}


def batch(index: int) -> dict[str, Any]:
    punch = {"enrollid": 2, "time": "2026-04-30 11:56:20", "mode": 1, "inout": 0, "event": 0}
    return {"cmd": "sendlog", "sn": SERIAL, "count": 1, "logindex": index, "record": [punch]}


@pytest.fixture
def hanging(desk: Desk) -> Iterator[asyncio.Event]:
    """A disk that does not answer until the event is set."""
    desk.disk.clear()
    yield desk.disk
    desk.disk.set()


class Decision:
    """What a person waits for."""

    def __init__(self) -> None:
        self.asked = 0
        self.made = asyncio.Event()

    async def about_code(self) -> QrVerdict:
        self.asked += 1
        await self.made.wait()
        return QrVerdict(access=True)

    async def about_punch(self) -> LogsAccepted:
        self.asked += 1
        await self.made.wait()
        return LogsAccepted(access=True, cloud_time=NOW)


@pytest.mark.parametrize("differs", [False, True], ids=["repeats itself", "says something new"])
async def test_a_door_opens_while_the_disk_hangs(
    terminal: ScriptedTerminal, session: Session, desk: Desk, hanging: asyncio.Event, *, differs: bool
) -> None:
    for number in range(50):
        await terminal.say(batch(number if differs else 0))
    opening = asyncio.create_task(session.request(OpenDoor(door=1)))
    assert await terminal.hear() == {"cmd": "opendoor", "doornum": 1}
    await terminal.say({"ret": "opendoor", "result": True})
    await opening
    taken = IN_HAND if differs else 1
    assert desk.counters.not_taken == 50 - taken
    hanging.set()
    heard = [await terminal.hear() for _ in range(taken)]
    assert [(frame["ret"], frame["logindex"]) for frame in heard] == [("sendlog", index) for index in range(taken)]
    assert [kept.log_index for kept in desk.batches] == list(range(taken))  # in their order, each once
    await nothing_but(terminal, session)  # and what was not taken is not acknowledged


async def test_what_was_not_taken_is_taken_when_it_comes_again(
    terminal: ScriptedTerminal, desk: Desk, hanging: asyncio.Event
) -> None:
    for index in range(IN_HAND + 1):
        await terminal.say(batch(index))
    assert (await terminal.ask(HEARTBEAT))["ret"] == "heartbeat"
    hanging.set()
    assert [(await terminal.hear())["logindex"] for _ in range(IN_HAND)] == list(range(IN_HAND))
    assert (await terminal.ask(batch(IN_HAND)))["logindex"] == IN_HAND


async def test_everything_else_is_answered_while_the_disk_hangs(
    terminal: ScriptedTerminal, desk: Desk, hanging: asyncio.Event
) -> None:
    decision = Decision()
    decision.made.set()
    desk.verdict = decision.about_code
    for index in range(2 * IN_HAND):
        await terminal.say(batch(index))
    upload = {"cmd": "senduser", "enrollid": 5, "name": "A", "backupnum": 0, "record": ""}
    pin = {"cmd": "sendpin", "sn": SERIAL, "pin": "1"}
    for frame in (HEARTBEAT, REG, SCAN, pin, upload, {"cmd": "unheard-of"}):
        assert (await terminal.ask(frame))["ret"] == frame["cmd"]
    desk.decide = decision.about_punch
    assert (await terminal.ask(batch(99)))["access"] == 1


async def test_a_slow_decision_holds_up_nothing_else(terminal: ScriptedTerminal, session: Session, desk: Desk) -> None:
    decision = Decision()
    desk.verdict, desk.decide = decision.about_code, decision.about_punch
    await terminal.say(SCAN)
    await terminal.say(batch(1))
    assert (await terminal.ask(HEARTBEAT))["ret"] == "heartbeat"
    assert decision.asked == 2
    desk.decide = None
    assert (await terminal.ask(batch(2)))["logindex"] == 2
    opening = asyncio.create_task(session.request(OpenDoor(door=1)))
    await terminal.hear()
    await terminal.say({"ret": "opendoor", "result": True})
    await opening
    decision.made.set()
    assert {(await terminal.hear())["ret"] for _ in range(2)} == {"sendqrcode", "sendlog"}


async def test_questions_are_few_and_who_repeats_one_asks_once(
    terminal: ScriptedTerminal, session: Session, desk: Desk
) -> None:
    decision = Decision()
    desk.verdict = decision.about_code
    for number in range(MAX_QUESTIONS + 5):
        for _ in range(3):
            await terminal.say({**SCAN, "record": str(number)})
    assert (await terminal.ask(HEARTBEAT))["ret"] == "heartbeat"
    assert decision.asked == MAX_QUESTIONS
    assert desk.counters.not_taken == 2 * MAX_QUESTIONS + 3 * 5
    decision.made.set()
    for _ in range(MAX_QUESTIONS):
        assert (await terminal.hear())["access"] == 1
    await nothing_but(terminal, session)  # what was not asked about opens nothing
    assert (await terminal.ask({**SCAN, "record": "0"}))["access"] == 1


async def test_who_takes_no_answers_is_not_read_from(terminal: ScriptedTerminal, session: Session, desk: Desk) -> None:
    filler = clog(terminal, session)
    for _ in range(200):
        await terminal.say(HEARTBEAT)
    while not session._rest.is_full:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0)
    read = desk.counters.frames
    assert read < 200
    session.reset()
    assert "heartbeat" not in [frame.get("ret") for frame in await unclogged(terminal)]
    await asyncio.wait((filler,))
    assert filler.exception() is not None


async def test_a_flood_is_slowed_down_and_all_of_it_is_answered(
    dial: Dial, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Within one instant, however slow this machine is.
    monkeypatch.setattr(pace_module, "Throttle", partial(Throttle, now=lambda: 0.0))
    monkeypatch.setattr(pace_module, "MAX_FRAMES_PER_SECOND", 100)
    desk.pace = pace_module.Pace()
    terminal = await (await dial()).register()
    for _ in range(105):
        await terminal.say(HEARTBEAT)
    assert [(await terminal.hear())["ret"] for _ in range(105)] == ["heartbeat"] * 105
    assert desk.counters.slowed_down > 0
    assert desk.counters.not_taken == 0


async def test_an_answer_that_cannot_leave_opens_nothing_later(
    terminal: ScriptedTerminal, session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "DOOR_WRITE_SECONDS", 0.05)
    decision = Decision()
    desk.verdict = decision.about_code
    decision.made.set()
    filler = clog(terminal, session, brimful=False)
    await terminal.say(SCAN)
    await asyncio.wait_for(desk.ended.wait(), 5)
    assert decision.asked == 1
    assert "sendqrcode" not in [frame.get("ret") for frame in await unclogged(terminal)]
    await asyncio.wait((filler,))
    assert filler.exception() is not None


async def test_a_mistake_of_ours_ends_no_connection(
    terminal: ScriptedTerminal, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(_: object) -> None:
        raise ValueError

    monkeypatch.setattr(desk, "question_in", mistaken)
    await terminal.say(batch(1))
    assert (await terminal.ask(HEARTBEAT))["ret"] == "heartbeat"
    assert desk.counters.failed_handlers == 1


async def test_what_waits_is_bounded_by_what_it_tells_and_what_need_not_wait_is_not() -> None:
    lane, go_on = Lane(at_once=1, waiting=4, most=200), asyncio.Event()

    async def work() -> None:
        await go_on.wait()

    assert lane.take(1, "a day", work, 1_000)
    assert not lane.take(2, "another day", work, 201)
    assert lane.take(3, "most of it", work, 150)
    assert not lane.take(4, "one too many", work, 51)
    assert lane.take(5, "the rest", work, 50)
    assert len(lane) == 3
    go_on.set()
    await asyncio.wait(list(lane._running))
    assert len(lane) == 0
    assert lane.take(6, "another day again", work, 1_000)
