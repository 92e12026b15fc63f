"""What the server answers to a terminal's message (specification A1-A3 and B28; field notes 2-4).

Creating an answer checks it: an instance can always be sent. All of them raise `CommandInvalid`.
Times are the local wall time, naive: terminals set their clock by them (field notes 0.5).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, override

from .codec import Frame
from .errors import CommandInvalid, Problem
from .kinds import MAX_WHOLE, Choice, Many, Moment, Text, Truth, Whole
from .wire import Structure, wire

# Characters of a message that fit a terminal's screen (field notes 3, reply in server mode).
MAX_SCREEN_CHARACTERS = 125
# Sizes of the message bar (specification B28).
FONT_SIZES = frozenset({10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 40})
# What firmware itself says about a command it does not have (field notes 5, all).
UNKNOWN_COMMAND = "can not find this command"
# The one reason number that servers and terminals share: it did not work (field notes 5, reason).
GENERIC_REASON = 1

# A word of the protocol has at most 16 letters; unknown ones are echoed as they came.
_WORD = Text(256)
_ECHO = Whole(-MAX_WHOLE)


@dataclass(frozen=True)
class ScreenText(Text):
    """A text for a terminal's screen or voice, limited in characters and not in bytes."""

    limit: int = MAX_SCREEN_CHARACTERS * 4

    @override
    def write(self, name: str, value: str) -> object:
        """Return the text; raises `CommandInvalid`."""
        text = super().write(name, value)
        if len(value) > MAX_SCREEN_CHARACTERS:
            limits = {"limit": str(MAX_SCREEN_CHARACTERS), "size": str(len(value))}
            raise CommandInvalid(name, Problem.TOO_LONG, limits)
        return text


_SCREEN = ScreenText()


@dataclass(frozen=True, kw_only=True)
class Answer(Structure):
    """One answer; `word` is the command it answers and `result` what it says of it."""

    word: ClassVar[str] = ""
    result: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check every field; raises `CommandInvalid`."""
        object.__setattr__(self, "_frame", {"ret": self.word, "result": self.result, **self.wire()})

    def frame(self) -> Frame:
        """Return the frame that is sent."""
        frame: Frame = vars(self)["_frame"]
        return frame


@dataclass(frozen=True, kw_only=True)
class RegistrationAccepted(Answer):
    """The terminal may send (specification A1).

    `suppress_users` keeps users added at the keypad from being sent: the specification's words for
    `nosenduser` conflict, and practice says that true suppresses (field notes 2). Some terminals
    only work with the bare answer, so everything but the time is left out unless asked for.
    """

    word: ClassVar[str] = "reg"

    cloud_time: datetime = field(metadata=wire("cloudtime", Moment()))
    suppress_users: bool | None = field(default=None, metadata=wire("nosenduser", Truth(as_number=False)))
    suppress_logs: bool | None = field(default=None, metadata=wire("nosendlog", Truth(as_number=False)))
    suppress_images: bool | None = field(default=None, metadata=wire("nosendimage", Truth(as_number=False)))


@dataclass(frozen=True, kw_only=True)
class RegistrationRefused(Answer):
    """The terminal must wait; it shows `reason`, at most 125 characters (specification A1)."""

    word: ClassVar[str] = "reg"
    result: ClassVar[bool] = False

    reason: str = field(metadata=wire("reason", _SCREEN))


@dataclass(frozen=True, kw_only=True)
class LogsAccepted(Answer):
    """The records are safe, and the terminal forgets them (specification A2, field notes 3).

    `count` and `log_index` are those of the batch. Both are echoed when the index is 0 or more, and
    neither is otherwise: that is the vendor's rule, and terminals send again for ever without it.
    `access` and `message` decide about a live punch in server mode, and are for nothing else. `name` is the terminal's
    own word, where that is another.
    """

    word: ClassVar[str] = "sendlog"

    name: str | None = field(default=None, metadata=wire("ret", _WORD))
    count: int | None = field(default=None, metadata=wire("count", _ECHO))
    log_index: int | None = field(default=None, metadata=wire("logindex", _ECHO))
    cloud_time: datetime = field(metadata=wire("cloudtime", Moment()))
    access: bool | None = field(default=None, metadata=wire("access", Truth()))
    message: str | None = field(default=None, metadata=wire("message", _SCREEN))
    voice: str | None = field(default=None, metadata=wire("voice", _SCREEN))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys, with or without the echo."""
        frame = super().wire()
        if self.log_index is None or self.log_index < 0:
            frame.pop("count", None)
            frame.pop("logindex", None)
        return frame


@dataclass(frozen=True, kw_only=True)
class LogsRefused(Answer):
    """The records are not safe; the terminal sends them again at once (specification A2)."""

    word: ClassVar[str] = "sendlog"
    result: ClassVar[bool] = False

    reason: int = field(default=GENERIC_REASON, metadata=wire("reason", Whole()))


@dataclass(frozen=True, kw_only=True)
class UserAccepted(Answer):
    """The upload has been taken note of, and is not sent again (specification A3).

    `name` is the terminal's own word, where that is another (field notes 11, pushes).
    """

    word: ClassVar[str] = "senduser"

    name: str | None = field(default=None, metadata=wire("ret", _WORD))
    cloud_time: datetime = field(metadata=wire("cloudtime", Moment()))


@dataclass(frozen=True, kw_only=True)
class UserRefused(Answer):
    """The upload is to be sent again (specification A3)."""

    word: ClassVar[str] = "senduser"
    result: ClassVar[bool] = False

    reason: int = field(default=GENERIC_REASON, metadata=wire("reason", Whole()))


@dataclass(frozen=True, kw_only=True)
class QrVerdict(Answer):
    """Whether a QR code opens the door, and what the terminal shows (specification B28).

    `font_size` is one of `FONT_SIZES` and `text_color` is red, green and blue of 0 to 255; both
    only matter in the mode "message bar".
    """

    word: ClassVar[str] = "sendqrcode"

    serial: str | None = field(default=None, metadata=wire("sn", Text(64)))
    access: bool = field(metadata=wire("access", Truth()))
    enroll_id: int | None = field(default=None, metadata=wire("enrollid", Whole()))
    user_name: str | None = field(default=None, metadata=wire("username", _SCREEN))
    message: str | None = field(default=None, metadata=wire("message", _SCREEN))
    voice: str | None = field(default=None, metadata=wire("voice", _SCREEN))
    font_size: int | None = field(default=None, metadata=wire("fontsize", Choice(FONT_SIZES)))
    text_color: tuple[int, ...] | None = field(
        default=None, metadata=wire("text_color", Many(Whole(0, 255), limit=3, least=3))
    )


@dataclass(frozen=True, kw_only=True)
class PinVerdict(Answer):
    """Whether a typed PIN opens the door, and what the terminal shows (field notes 4, sendpin)."""

    word: ClassVar[str] = "sendpin"

    access: bool = field(metadata=wire("access", Truth()))
    user_name: str | None = field(default=None, metadata=wire("name", _SCREEN))
    message: str | None = field(default=None, metadata=wire("message", _SCREEN))
    voice: str | None = field(default=None, metadata=wire("voice", _SCREEN))
    voice_index: int | None = field(default=None, metadata=wire("voiceindex", Whole()))


@dataclass(frozen=True, kw_only=True)
class HeartbeatAnswer(Answer):
    """We are alive too; `name` is the terminal's own word (field notes 1, dialects)."""

    name: str = field(metadata=wire("ret", _WORD))
    cloud_time: datetime = field(metadata=wire("cloudtime", Moment()))


@dataclass(frozen=True, kw_only=True)
class UnknownCommand(Answer):
    """We do not have the command `name`; said as firmware says it (field notes 5, all)."""

    result: ClassVar[bool] = False

    name: str = field(metadata=wire("ret", _WORD))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the word and the reason in words."""
        return {**super().wire(), "msg": UNKNOWN_COMMAND}


@dataclass(frozen=True, kw_only=True)
class PushSetAside(Answer):
    """A push `name` that is not understood here is kept as it came, or told of; it must not come for ever.

    Public servers answer so "to avoid the retry" (field notes 11, pushes). It opens nothing, should it have been a
    question.
    """

    name: str = field(metadata=wire("ret", _WORD))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the word and that nobody is let in."""
        return {**super().wire(), "access": 0}
