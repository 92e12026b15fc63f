"""A command as a person wrote it, for what no class is there for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, override

from ..codec import Frame
from ..errors import CommandInvalid, Problem
from .base import Command, Reply

# Longest word of the protocol is `setquestionnaire`; twice that leaves room for what vendors add.
MAX_WORD = 32
_DOOR_COMMANDS = frozenset({"opendoor", "lockctrl"})


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
    """Base of the classes that `raw_command` makes, one for each word."""

    reply: ClassVar[type[Reply]] = RawReply
    cargo: ClassVar[bool] = True

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
    if not isinstance(word, str) or not 0 < len(word) <= MAX_WORD or not word.isprintable():
        raise CommandInvalid("cmd", Problem.NOT_A_TEXT)
    if word == "opendoor" and "doornum" not in payload:
        raise CommandInvalid("doornum", Problem.TOO_FEW, {"least": "1"})
    like = known.get(word)
    made: type[RawCommand] = type(
        "RawCommand",
        (RawCommand,),
        {
            "name": word,
            "timeout": like.timeout if like else RawCommand.timeout,
            "moves_door": word in _DOOR_COMMANDS,
            "detached": like.detached if like else False,
            "__doc__": RawCommand.__doc__,
        },
    )
    try:
        return made(payload=dict(payload))
    except TypeError as err:  # a value that JSON does not have, such as a whole number of more than 64 bits
        raise CommandInvalid(word, Problem.NOT_A_TEXT) from err
