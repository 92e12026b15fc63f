"""A command as a person wrote it, for what no class is there for.

Terminals read leniently: blanks around words and keys, capitals, characters nobody sees (field notes 0.8 and 11). What
one may take for a command that moves a door is treated as one, or refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, override
import unicodedata

from ..codec import Frame
from ..enums import DoorControl
from ..errors import CommandInvalid, Problem
from ..kinds import Whole
from .base import Command, Reply
from .doors import MAX_DOORS, ControlDoor, OpenDoor

# Longest word of the protocol is `setquestionnaire`; twice that leaves room for what vendors add.
MAX_WORD = 32
_DOOR_WORDS = frozenset({ControlDoor.name, OpenDoor.name})
_DOOR = "doornum"
_FUNCTION = "fuc"
# Each may stand in a frame once, and nowhere but at its top: which of two a terminal goes by, nobody knows.
_DECISIVE = frozenset({"cmd", "ret"})
_DECISIVE_FOR_DOORS = frozenset({_DOOR, _FUNCTION})
_DOOR_NUMBER = Whole(1, MAX_DOORS)
_FUNCTION_NUMBER = Whole(DoorControl.HOLD_OPEN, DoorControl.CANCEL_ALARM)


@dataclass(frozen=True, kw_only=True)
class RawReply(Reply):
    """The answer to a raw command; `frame` is all of it."""

    frame: Mapping[str, Any] = field(default_factory=dict)

    @override
    @classmethod
    def parse(cls, frame: Mapping[str, Any]) -> RawReply:
        """Keep the whole frame besides what every reply has."""
        reply = Reply.parse(frame)
        return cls(
            serial=reply.serial, result=reply.result, reason=reply.reason, message=reply.message, frame=dict(frame)
        )


@dataclass(frozen=True, kw_only=True)
class RawCommand(Command[RawReply]):
    """Base of the classes that `raw_command` makes, one for each word.

    `opens` are the doors it releases, and `control` is what it does to the relay of all doors, of commands that do.
    """

    reply: ClassVar[type[Reply]] = RawReply
    cargo: ClassVar[bool] = True
    control: ClassVar[DoorControl | None] = None
    opens: ClassVar[frozenset[int]] = frozenset()

    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @override
    def frame(self) -> Frame:
        """Return the frame as it was written."""
        return {**self.payload, "cmd": self.name}

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys besides the word."""
        return {key: value for key, value in self.payload.items() if key != "cmd"}


def raw_command(payload: Mapping[str, Any], known: Mapping[str, type[Command[Any]]]) -> RawCommand:
    """Return a command with any keys; raises `CommandInvalid`.

    A word that is `known` travels as its class does: with its time-out, once only, and doors first. It is never
    repeated. A door must be named: without `doornum` a controller opens all of them (specification B19).
    """
    word = payload.get("cmd")
    if not isinstance(word, str):
        raise CommandInvalid("cmd", Problem.NOT_A_TEXT)
    read = _as_read(word)
    if read in known:
        word = read
    elif any(door in read for door in _DOOR_WORDS):
        raise CommandInvalid("cmd", Problem.NOT_A_TEXT)
    if not 0 < len(word) <= MAX_WORD or not word.isprintable():
        raise CommandInvalid("cmd", Problem.NOT_A_TEXT)
    moves_door = word in _DOOR_WORDS
    _check_keys(payload, _DECISIVE | (_DECISIVE_FOR_DOORS if moves_door else frozenset()))
    like = known.get(word)
    made: type[RawCommand] = type(
        "RawCommand",
        (RawCommand,),
        {
            "name": word,
            "timeout": like.timeout if like else RawCommand.timeout,
            "moves_door": moves_door,
            "detached": like.detached if like else False,
            "__doc__": RawCommand.__doc__,
            **(_movement(word, payload) if moves_door else {}),
        },
    )
    try:
        return made(payload=dict(payload))
    except TypeError as err:  # a value that JSON does not have, such as a whole number of more than 64 bits
        raise CommandInvalid(word, Problem.NOT_A_TEXT) from err


def _as_read(text: str) -> str:
    """Return what the most lenient terminal may read: small letters, digits and underscores, and nothing between."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in folded if char.isalnum() or char == "_")


def _check_keys(payload: Mapping[str, Any], decisive: frozenset[str]) -> None:
    """Raise where a key that decides what a frame does is spelt oddly, or is not at the top."""
    inside: list[object] = [payload]
    while inside:
        value = inside.pop()
        if isinstance(value, Mapping):
            for key in value:
                if (name := _as_read(str(key))) in decisive and not (value is payload and key == name):
                    raise CommandInvalid(name, Problem.NOT_A_TEXT)
            inside += value.values()
        elif isinstance(value, list | tuple):
            inside += value


def _movement(word: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a door command moves."""
    if word == OpenDoor.name:
        if payload.get(_DOOR) is None:
            raise CommandInvalid(_DOOR, Problem.TOO_FEW, {"least": "1"})
        return {"opens": frozenset({_DOOR_NUMBER.write(_DOOR, payload[_DOOR])})}
    if _FUNCTION not in payload:
        return {}
    _FUNCTION_NUMBER.write(_FUNCTION, payload[_FUNCTION])
    control = DoorControl(payload[_FUNCTION])
    opens = frozenset(range(1, MAX_DOORS + 1)) if control is DoorControl.OPEN else frozenset()
    return {"control": control, "opens": opens}
