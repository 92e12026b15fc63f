"""Questions of ours give way to what people wait for, whatever a terminal leaves unanswered; by a clock that stands."""

import asyncio
from collections.abc import Generator
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.timmy_access.protocol.codec import Frame
from custom_components.timmy_access.protocol.commands import (
    EnableUser,
    GetAccessSettings,
    GetAllLogs,
    GetCapacity,
    GetSettings,
    GetUserList,
    GetUserName,
    SetCredential,
)
from custom_components.timmy_access.protocol.commands.base import ANSWER_SECONDS, Command
from custom_components.timmy_access.protocol.counters import Counters
from custom_components.timmy_access.protocol.errors import CommandTimeout
from custom_components.timmy_access.protocol.exchange import QUESTION_SECONDS, READ_ATTEMPTS, Exchange
from custom_components.timmy_access.protocol.turns import Priority

from ..promises.stillness import StillLoop

QUESTIONS: tuple[Command[Any], ...] = (GetAccessSettings(), GetSettings(), GetCapacity(), GetUserName(enroll_id=1))
WISHES: tuple[Command[Any], ...] = (
    EnableUser(enroll_id=1, enabled=True),
    GetSettings(),
    GetUserName(enroll_id=2),
    SetCredential(enroll_id=7, backup_number=11, user_name="", role=0, record=4711),
)
# What a terminal takes for an answer.
MOMENT = 0.01


class Firmware:
    """Answers a moment later, but for what it does not know."""

    holds_back = False

    def __init__(self, loop: StillLoop, silent: frozenset[str]) -> None:
        self.loop = loop
        self.silent = silent
        self.heard: list[tuple[float, str]] = []
        self.exchange = loop.run_until_complete(self._dial())

    async def _dial(self) -> Exchange:
        exchange = Exchange(self, lambda: None, Counters())
        exchange.begin()
        return exchange

    async def send(self, frame: Frame) -> None:
        self.heard.append((self.loop.time(), frame["cmd"]))
        if frame["cmd"] not in self.silent:
            answer = {"ret": frame["cmd"], "result": True, **{key: frame[key] for key in ("enrollid",) if key in frame}}
            self.loop.call_later(MOMENT, self.exchange.take_reply, frame["cmd"], answer)

    async def send_wholly(self, frame: Frame) -> None:
        await self.send(frame)

    def asked(self, name: str) -> int:
        return sum(heard == name for _, heard in self.heard)


@pytest.fixture
def loop() -> Generator[StillLoop]:
    made = StillLoop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


async def learn(exchange: Exchange) -> list[str]:
    """Ask one question after the other, as after each connect, and return what stayed without an answer."""
    unanswered = []
    for question in QUESTIONS:
        try:
            await exchange.request(question, Priority.BULK)
        except CommandTimeout:
            unanswered.append(question.name)
    return unanswered


@given(
    silent=st.frozensets(st.sampled_from([question.name for question in QUESTIONS])),
    wishes=st.lists(st.tuples(st.floats(0, 40), st.sampled_from(WISHES)), max_size=5),
)
@settings(deadline=None)
def test_whatever_stays_unanswered_nobody_waits_for_it(
    silent: frozenset[str], wishes: list[tuple[float, Command[Any]]]
) -> None:
    loop = StillLoop()
    try:
        firmware = Firmware(loop, silent)
        learning = loop.create_task(learn(firmware.exchange))
        for wait, wish in wishes:
            loop.advance(wait)
            doing = loop.create_task(firmware.exchange.request(wish))
            loop.advance(QUESTION_SECONDS + (len(QUESTIONS) + 1) * MOMENT)
            if wish.name not in silent:
                assert doing.done()
                doing.result()
            else:  # the terminal does not know what this person asks for either
                loop.advance(READ_ATTEMPTS * ANSWER_SECONDS)
                assert isinstance(doing.exception(), CommandTimeout)
        loop.advance(len(QUESTIONS) * READ_ATTEMPTS * ANSWER_SECONDS)
        assert set(learning.result()) <= silent
    finally:
        loop.close()


def test_a_question_that_has_given_way_takes_its_answer_late_and_is_not_sent_again(loop: StillLoop) -> None:
    firmware = Firmware(loop, frozenset({"getdevinfo"}))
    asking = loop.create_task(firmware.exchange.request(GetSettings(), Priority.BULK))
    loop.advance(5.0)
    wish = loop.create_task(firmware.exchange.request(EnableUser(enroll_id=1, enabled=True)))
    loop.advance(MOMENT)
    assert wish.done()
    firmware.exchange.take_reply("getdevinfo", {"ret": "getdevinfo", "result": True, "volume": 6})
    loop.settle()
    assert asking.result().volume == 6
    again = loop.create_task(firmware.exchange.request(GetSettings(), Priority.BULK))
    loop.advance(QUESTION_SECONDS)
    wish = loop.create_task(firmware.exchange.request(EnableUser(enroll_id=1, enabled=True)))
    loop.advance(READ_ATTEMPTS * ANSWER_SECONDS)
    assert isinstance(again.exception(), CommandTimeout)
    assert firmware.asked("getdevinfo") == 2


def test_the_same_question_of_a_person_is_answered_by_whatever_comes(loop: StillLoop) -> None:
    firmware = Firmware(loop, frozenset({"getdevinfo"}))
    ours = loop.create_task(firmware.exchange.request(GetSettings(), Priority.BULK))
    loop.advance(1.0)
    theirs = loop.create_task(firmware.exchange.request(GetSettings()))
    loop.settle()
    firmware.exchange.take_reply("getdevinfo", {"ret": "getdevinfo", "result": True, "volume": 6})
    loop.settle()
    assert theirs.result().volume == 6
    assert isinstance(ours.exception(), CommandTimeout)


@pytest.mark.parametrize("question", [GetUserList(), GetAllLogs()])
def test_a_list_that_does_not_come_gives_way_too(loop: StillLoop, question: Any) -> None:
    firmware = Firmware(loop, frozenset({question.name}))
    reading = loop.create_task(firmware.exchange.read_list(question))
    wish = loop.create_task(firmware.exchange.request(EnableUser(enroll_id=1, enabled=True)))
    loop.advance(QUESTION_SECONDS + MOMENT)
    assert wish.done()
    loop.advance(ANSWER_SECONDS)
    assert isinstance(error := reading.exception(), CommandTimeout)
    assert error.is_question


def test_what_a_person_waits_for_gives_way_to_no_other_person(loop: StillLoop) -> None:
    firmware = Firmware(loop, frozenset({"getdevinfo"}))
    first = loop.create_task(firmware.exchange.request(GetSettings()))
    loop.settle()
    second = loop.create_task(firmware.exchange.request(EnableUser(enroll_id=1, enabled=True)))
    loop.advance(QUESTION_SECONDS + MOMENT)
    assert not second.done()
    loop.advance(READ_ATTEMPTS * ANSWER_SECONDS)
    assert isinstance(first.exception(), CommandTimeout)
    assert second.done()


def test_a_write_without_an_answer_is_not_known_and_a_question_changes_nothing(loop: StillLoop) -> None:
    firmware = Firmware(loop, frozenset({"getdevinfo", "enableuser"}))
    question = loop.create_task(firmware.exchange.request(GetSettings()))
    loop.advance(READ_ATTEMPTS * ANSWER_SECONDS)
    write = loop.create_task(firmware.exchange.request(EnableUser(enroll_id=1, enabled=True)))
    loop.advance(ANSWER_SECONDS)
    found = [task.exception() for task in (question, write)]
    assert [error.is_question for error in found if isinstance(error, CommandTimeout)] == [True, False]
