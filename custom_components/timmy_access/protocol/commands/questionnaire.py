"""What a terminal asks people after it has recognised them (specification B29, B30)."""

from dataclasses import dataclass, field
import re
from typing import Any, ClassVar, override

from ..errors import CommandInvalid, Problem
from ..kinds import Formatted, Many, Truth
from ..wire import Structure, wire
from .base import Command, Reply
from .kinds import LABEL, NUMBER

# Items to choose one of, and to choose several of (specification B30).
MAX_ITEMS = 16
MAX_ITEMS_SEVERAL = 8
MAX_SCHEDULES = 8

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
# Events are the numbers of the items, 1 to 16 (field notes 3, event); 0 is none.
SCHEDULE = Formatted(re.compile(rf"{_TIME}-{_TIME}\*(?:\d|1[0-6])", re.ASCII), "11:30-12:30*3")


@dataclass(frozen=True, kw_only=True)
class Questions(Structure):
    """What is asked (specification B30).

    * `prompt`: shown and spoken when an item that must be chosen was not.
    * `single_choice`: one of up to 16 items, else several of up to 8.
    * `required_items`: bits of the items that must be chosen.
    * `card_starts`: a card starts the questionnaire.
    * `schedules`: up to 8 times at which the answer is given already, `HH:MM-HH:MM*item`.
    """

    title: str | None = field(default=None, metadata=wire("title", LABEL))
    voice: str | None = field(default=None, metadata=wire("voice", LABEL))
    prompt: str | None = field(default=None, metadata=wire("errmsg", LABEL))
    single_choice: bool | None = field(default=None, metadata=wire("radio", Truth(as_number=False)))
    required_items: int | None = field(default=None, metadata=wire("optionflag", NUMBER))
    enabled: bool | None = field(default=None, metadata=wire("usequestion", Truth(as_number=False)))
    schedules_enabled: bool | None = field(default=None, metadata=wire("useschedule", Truth(as_number=False)))
    card_starts: bool | None = field(default=None, metadata=wire("card", Truth()))
    items: tuple[str, ...] | None = field(default=None, metadata=wire("items", Many(LABEL, MAX_ITEMS)))
    schedules: tuple[str, ...] | None = field(default=None, metadata=wire("schedules", Many(SCHEDULE, MAX_SCHEDULES)))


@dataclass(frozen=True, kw_only=True)
class Questionnaire(Questions, Reply):
    """The questionnaire of a terminal, as it has it (specification B29)."""


@dataclass(frozen=True, kw_only=True)
class GetQuestionnaire(Command[Questionnaire]):
    """Ask for the questionnaire (specification B29)."""

    name: ClassVar[str] = "getquestionnaire"
    reply: ClassVar[type[Reply]] = Questionnaire
    repeatable: ClassVar[bool] = True

    @override
    def wire(self) -> dict[str, Any]:
        """Return the key that starts a list, though the answer is one."""
        return {"stn": True}


@dataclass(frozen=True, kw_only=True)
class SetQuestionnaire(Questions, Command[Reply]):
    """Change those parts of the questionnaire that are not None (specification B30)."""

    name: ClassVar[str] = "setquestionnaire"

    @override
    def wire(self) -> dict[str, Any]:
        """Return the keys; several choices leave room for fewer items."""
        if self.single_choice is False and len(self.items or ()) > MAX_ITEMS_SEVERAL:
            limits = {"limit": str(MAX_ITEMS_SEVERAL), "size": str(len(self.items or ()))}
            raise CommandInvalid("items", Problem.TOO_MANY, limits)
        return super().wire()
