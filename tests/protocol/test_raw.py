"""Commands as people write them: what a terminal may take for a door command is one, or is refused."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol.commands import COMMANDS
from custom_components.timmy_access.protocol.commands.raw import RawCommand, raw_command
from custom_components.timmy_access.protocol.enums import DoorControl
from custom_components.timmy_access.protocol.errors import CommandInvalid, Problem

DOOR_WORDS = ("lockctrl", "opendoor")
# What lenient parsers trim, skip or fold.
NOTHING = st.sampled_from(["", " ", "\t", "\n", "\u00a0", "\u200b", "\ufeff", "\x00", "-", ".", "\u0301"])


def made(**payload: Any) -> RawCommand:
    return raw_command(payload, COMMANDS)


@st.composite
def spellings(draw: st.DrawFn, word: str) -> str:
    """Return a word with other cases, forms and characters nobody sees."""
    forms = [st.sampled_from([letter, letter.upper(), chr(ord(letter) + 0xFEE0)]) for letter in word]
    return "".join(draw(NOTHING) + draw(form) for form in forms) + draw(NOTHING)


@given(st.sampled_from(DOOR_WORDS).flatmap(lambda word: st.tuples(st.just(word), spellings(word))))
def test_a_door_command_is_one_however_it_is_spelt(case: tuple[str, str]) -> None:
    word, spelt = case
    try:
        command = made(cmd=spelt, doornum=2, fuc=1)
    except CommandInvalid as err:
        assert (err.field, err.problem) == ("cmd", Problem.NOT_A_TEXT)  # noqa: PT017 - either is right
    else:
        assert (command.name, command.moves_door, command.frame()["cmd"]) == (word, True, word)


@given(spellings("opendoor"))
def test_no_spelling_opens_a_door_without_its_number(spelt: str) -> None:
    with pytest.raises(CommandInvalid):
        made(cmd=spelt)


@pytest.mark.parametrize("word", ["opendoor2", "xopendoor", "open.door;gettime", "lockctrl\u200b1"])
def test_what_holds_a_door_command_is_refused(word: str) -> None:
    with pytest.raises(CommandInvalid) as error:
        made(cmd=word, doornum=1, fuc=1)
    assert error.value.field == "cmd"


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (None, Problem.TOO_FEW),
        (0, Problem.OUT_OF_RANGE),
        (5, Problem.OUT_OF_RANGE),
        (True, Problem.NOT_A_NUMBER),
        ("", Problem.NOT_A_NUMBER),
        ("1", Problem.NOT_A_NUMBER),
        (1.0, Problem.NOT_A_NUMBER),
        ([1], Problem.NOT_A_NUMBER),
        ({}, Problem.NOT_A_NUMBER),
    ],
)
def test_a_door_has_one_number(number: object, problem: Problem) -> None:
    with pytest.raises(CommandInvalid) as error:
        made(cmd="opendoor", doornum=number)
    assert (error.value.field, error.value.problem) == ("doornum", problem)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"cmd": "gettime", "CMD": "opendoor"}, "cmd"),
        ({"cmd": "gettime", "cmd ": "opendoor"}, "cmd"),
        ({"cmd": "gettime", "data": {"cmd": "opendoor"}}, "cmd"),
        ({"cmd": "gettime", "list": [{"x": ({"Cmd": "opendoor"},)}]}, "cmd"),
        ({"cmd": "gettime", "Ret": "opendoor"}, "ret"),
        ({"cmd": "opendoor", "doornum": 1, "doornum ": None}, "doornum"),
        ({"cmd": "opendoor", "doornum": 1, "DoorNum": 2}, "doornum"),
        ({"cmd": "opendoor", "doornum": 1, "record": {"doornum": 2}}, "doornum"),
        ({"cmd": "lockctrl", "fuc": 4, "FUC": 1}, "fuc"),
        ({"cmd": "lockctrl", "fuc": 4, "record": [{"fuc": 1}]}, "fuc"),
    ],
)
def test_what_decides_stands_once_and_at_the_top(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(CommandInvalid) as error:
        raw_command(payload, COMMANDS)
    assert error.value.field == field


@pytest.mark.parametrize("function", [0, 7, None, True, "1", 1.0])
def test_a_relay_is_told_one_of_the_six_things(function: object) -> None:
    with pytest.raises(CommandInvalid) as error:
        made(cmd="lockctrl", fuc=function)
    assert error.value.field == "fuc"


def test_what_a_command_moves() -> None:
    assert made(cmd="opendoor", doornum=3).opens == {3}
    assert made(cmd="lockctrl", fuc=3).opens == {1, 2, 3, 4}
    assert made(cmd="lockctrl", fuc=1).control is DoorControl.HOLD_OPEN
    assert made(cmd="lockctrl", ctrl=1).control is None  # of another dialect
    assert not made(cmd="gettime").moves_door


def test_other_commands_are_sent_as_they_were_written() -> None:
    payload = {"cmd": "setVoice", "doornum": None, "list": [{"doornum": 1}]}
    assert raw_command(payload, COMMANDS).frame() == payload
    assert made(cmd=" GetTime ").frame() == {"cmd": "gettime"}


def test_what_is_nested_without_end_is_refused() -> None:
    inside: dict[str, Any] = {}
    for _ in range(5000):
        inside = {"x": inside}
    with pytest.raises(CommandInvalid):
        made(cmd="gettime", x=inside)
