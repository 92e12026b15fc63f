"""What a server command and its reply are."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from ..codec import Frame, encode
from ..errors import CommandInvalid, Problem
from ..kinds import Opaque, Text, Truth, Whole
from ..wire import Structure, wire

# The receive buffer of the fingerprint terminals: "all len of one package need less then 3000" (field notes 1).
MAX_COMMAND_BYTES = 2999
# A photo or a template travels in one frame; the vendor's own server takes 2,048,000 characters (field notes 1).
MAX_CARGO_BYTES = 2_000_000
# Records a frame for setusername and setuserlock (specification B6, field notes 1).
MAX_RECORDS = 50

# Terminals answer small commands within milliseconds; servers in the field give them 5 to 22 s (field notes 5).
ANSWER_SECONDS = 10.0
# Photo and template commands need at least 20 s (field notes 5).
CARGO_SECONDS = 30.0

# Keys that some replies echo; where both sides have one, they must agree.
ECHOED_KEYS = ("enrollid", "backupnum")


@dataclass(frozen=True, kw_only=True)
class Reply(Structure):
    """What every reply may hold. `result` is None where the firmware sends none (gettime, field notes 5)."""

    serial: str | None = field(default=None, metadata=wire("sn", Text(64)))
    result: bool | None = field(default=None, metadata=wire("result", Truth()))
    reason: int | str | None = field(default=None, metadata=wire("reason", Opaque()))
    message: str | None = field(default=None, metadata=wire("msg", Text(1024)))


@dataclass(frozen=True, kw_only=True)
class Command[R: Reply](Structure):
    """One request to a terminal. Creating one checks it: an instance can always be sent.

    Class variables say how it travels:

    * `name`: the word after `cmd`.
    * `reply`: the class its answer is read into.
    * `timeout`: seconds to wait for the answer; 0 where none comes.
    * `repeatable`: a read, which may be sent again after a time-out. Nothing that changes a terminal is.
    * `moves_door`: moves a door; it goes first, is sent at once or never, and is never repeated.
    * `detached`: answers only after a person has acted, and so does not hold up other commands meanwhile.
    * `cargo`: may carry a photo or a template, and so exceed the terminal's small receive buffer.
    """

    name: ClassVar[str]
    reply: ClassVar[type[Reply]] = Reply
    timeout: ClassVar[float] = ANSWER_SECONDS
    repeatable: ClassVar[bool] = False
    moves_door: ClassVar[bool] = False
    detached: ClassVar[bool] = False
    cargo: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check every field and the size of the frame; raises `CommandInvalid`."""
        limit = MAX_CARGO_BYTES if self.cargo else MAX_COMMAND_BYTES
        if (size := self._size()) > limit:
            raise CommandInvalid(
                self.name,
                Problem.TOO_LARGE,
                {"limit": str(limit), "size": str(size)},
            )

    def frame(self) -> Frame:
        """Return the frame that is sent."""
        return {"cmd": self.name, **self.wire()}

    @property
    def is_small(self) -> bool:
        """Whether it carries neither a photo nor a template, and a terminal is done with it in a moment."""
        return not self.cargo or self._size() <= MAX_COMMAND_BYTES

    def _size(self) -> int:
        return len(encode(self.frame()).encode())

    def answered_by(self, frame: Mapping[str, Any]) -> bool:
        """Return whether a reply of this command's name may be the answer to this very request."""
        mine = self.wire()
        return all(str(mine[key]) == str(frame[key]) for key in ECHOED_KEYS if key in mine and key in frame)

    def read(self, frame: Mapping[str, Any]) -> R:
        """Return the typed reply."""
        return self.reply.parse(frame)  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Page(Reply):
    """One page of a list. What `count` and `end` mean differs between firmwares; `paging` tells the two apart."""

    count: int | None = field(default=None, metadata=wire("count", Whole()))
    start: int | None = field(default=None, metadata=wire("from", Whole()))
    end: int | None = field(default=None, metadata=wire("to", Whole()))

    @property
    def rows(self) -> Sequence[Structure]:
        """Return the records of the page."""
        raise NotImplementedError

    @property
    def misread(self) -> bool:
        """Return whether something on the page could not be read: nothing may be concluded from what is not there."""
        raise NotImplementedError

    @property
    def contents(self) -> frozenset[Hashable]:
        """Return what tells each row from others."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Paged[P: Page](Command[P]):
    """A read in pages: `first=True` starts the list anew, `first=False` asks for the next page (specification B1)."""

    # Not repeated by itself: a second `stn: false` would skip a page.
    repeatable: ClassVar[bool] = False

    first: bool = field(default=True, metadata=wire("stn", Truth(as_number=False)))

    def following(self) -> Self:
        """Return the request for the next page."""
        return replace(self, first=False)
