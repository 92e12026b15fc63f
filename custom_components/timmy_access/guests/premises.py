"""What is known of where somebody stands who wants to come in."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from homeassistant.util import dt as dt_util

from ..people.listed_people import Person
from ..terminal.state import DoorState, Emergency
from .passes import Refused


@dataclass(frozen=True, kw_only=True)
class Doorstep:
    """Where and when somebody shows a code: a terminal, the doors it has, and whom it is not to let in."""

    serial: str
    doors: Collection[int]
    now: datetime
    is_disabled: Callable[[int], bool | None]


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What a terminal's verdicts know of it; each is looked up when somebody stands there.

    `person_of` are the people of the terminal by enroll id, `linked_to` the person of Home Assistant each is.
    `is_disabled` tells whether somebody was, there or by the house, None while that cannot be told. `no_passage` is why
    the house does not let somebody pass there, whatever the terminal's own memory says.
    """

    serial: str
    doors: Callable[[], Mapping[int, DoorState]]
    person_of: Callable[[int], Person | None]
    is_disabled: Callable[[int], bool | None]
    linked_to: Callable[[int | None], str | None]
    no_passage: Callable[[int], Refused | None] = lambda _: None

    @property
    def is_locked_down(self) -> bool:
        """Whether any of its doors is: a terminal chooses by itself which of its doors an answer opens."""
        return any(door.emergency is Emergency.LOCKDOWN for door in self.doors().values())

    def refusal(self, enroll_id: int) -> Refused | None:
        """Return why somebody may not pass, whatever else says that they may."""
        return Refused.LOCKDOWN if self.is_locked_down else self.no_passage(enroll_id)

    @property
    def doorstep(self) -> Doorstep:
        """Where and when somebody stands who shows a code."""
        return Doorstep(serial=self.serial, doors=self.doors(), now=dt_util.utcnow(), is_disabled=self.is_disabled)
