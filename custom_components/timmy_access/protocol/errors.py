"""What can go wrong between a terminal and us."""

from collections.abc import Mapping
from enum import StrEnum


class ProtocolError(Exception):
    """Base of everything this package raises."""


class MalformedFrame(ProtocolError):
    """A frame that is no JSON object, or one that names no command at all."""


class TerminalOffline(ProtocolError):
    """There is no connection to the terminal, or it ended before the answer came."""


class TerminalAway(TerminalOffline):
    """There is no connection to the terminal, and nothing was sent."""


class TerminalBusy(ProtocolError):
    """A door command waited too long behind another command and was dropped, unsent."""


class SeatContested(ProtocolError):
    """Two say that they are the terminal, and it is not known which is; nothing was sent."""


class CommandTimeout(ProtocolError):
    """The terminal did not answer in time; whether it acted is not known, unless it was only asked something."""

    def __init__(self, command: str, *, is_question: bool = False) -> None:
        """Remember which command stayed without an answer, and whether it is one that changes nothing."""
        super().__init__(f"{command}: no answer")
        self.command = command
        self.is_question = is_question


class CommandRefused(ProtocolError):
    """The terminal answered `result: false` (field notes 5, reason codes)."""

    def __init__(self, command: str, reason: int | str | None, message: str) -> None:
        """Keep the terminal's own reason and words; `message` is empty where it gave none."""
        super().__init__(f"{command}: refused, reason {reason} {message}".rstrip())
        self.command = command
        self.reason = reason
        self.message = message


class CommandWithoutEffect(ProtocolError):
    """The terminal answered `result: true` and did something else (field notes 0.10)."""

    def __init__(self, field: str, value: object) -> None:
        """Name the field as callers know it, and the value it really has."""
        super().__init__(f"{field}: is {value}")
        self.field = field
        self.value = value


class Problem(StrEnum):
    """Why a value cannot be sent; each is a translation key of the integration."""

    NOT_A_CHOICE = "invalid_choice"
    NOT_A_DATE = "invalid_date"
    NOT_A_NUMBER = "invalid_number"
    NOT_A_TEXT = "invalid_text"
    NOT_A_TRUTH = "invalid_truth"
    NOT_SUPPORTED = "not_supported"
    OUT_OF_RANGE = "out_of_range"
    TOO_FEW = "too_few"
    TOO_LONG = "text_too_long"
    TOO_LARGE = "command_too_large"
    TOO_MANY = "too_many"


class CommandInvalid(ProtocolError):
    """A command that must not be sent as it is; nothing has left the machine."""

    def __init__(self, field: str, problem: Problem, limits: Mapping[str, str] | None = None) -> None:
        """Name the field as callers know it, what is wrong, and the limits it broke."""
        self.field = field
        self.problem = problem
        self.limits = dict(limits or {})
        details = ", ".join(f"{key} {value}" for key, value in self.limits.items())
        super().__init__(f"{field}: {problem} {details}".rstrip())

    def within(self, outer: str) -> CommandInvalid:
        """Return the same problem seen from the structure that holds the field."""
        return CommandInvalid(f"{outer}.{self.field}", self.problem, self.limits)
