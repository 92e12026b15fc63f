"""What a guest's pass allows: rules without a clock, a database or a terminal of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo
from enum import StrEnum


class Refused(StrEnum):
    """Why a code or a punch does not open; each is a word in events."""

    ANSWER_LOST = "answer_lost"
    BY_AUTOMATION = "by_automation"
    DOOR_FAILED = "door_failed"
    EXPIRED = "expired"
    LOCKDOWN = "lockdown"
    NOT_NOW = "not_now"
    NOT_YET_VALID = "not_yet_valid"
    NOT_WRITTEN = "not_written"
    NO_ANSWER = "no_answer"
    PERSON_DISABLED = "person_disabled"
    PERSON_UNKNOWN = "person_unknown"
    REVOKED = "revoked"
    TOO_BUSY = "too_busy"
    TOO_LATE = "too_late"
    TOO_MANY_TRIES = "too_many_tries"
    UNKNOWN = "unknown"
    USED_UP = "used_up"
    WRONG_DOOR = "wrong_door"


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Some hours of some weekdays, local time; when `end` is not after `begin` they reach into the next day."""

    weekdays: frozenset[int] = frozenset(range(7))
    begin: time = time.min
    end: time = time.min

    def hold(self, local: datetime) -> bool:
        """Return whether a local time is within them; those past midnight belong to the day they began."""
        now = local.time()
        if self.begin < self.end:
            return local.weekday() in self.weekdays and self.begin <= now < self.end
        yesterday = (local.weekday() - 1) % 7
        return (local.weekday() in self.weekdays and now >= self.begin) or (
            yesterday in self.weekdays and now < self.end
        )


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One guest's permission to pass.

    `doors` are the doors by serial number of their terminal. `valid_from` and `valid_until` are instants. `hours` None
    is all day, every day. `max_uses` None is any number. `calendar` and `tag` tie the pass to the events of a calendar
    whose texts hold the tag. `enroll_id` is the person at the terminals who comes in with it. Code and PIN themselves
    are nowhere: there are keyed hashes of them.
    """

    pass_id: str
    code_hash: bytes = field(repr=False)
    pin_hash: bytes | None = field(default=None, repr=False)
    name: str
    doors: Mapping[str, frozenset[int]]
    created_at: datetime
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: Hours | None = None
    max_uses: int | None = None
    uses: int = 0
    enroll_id: int | None = None
    calendar: str | None = None
    tag: str | None = None
    revoked_at: datetime | None = None

    def refused(self, serial: str, now: datetime, zone: tzinfo) -> Refused | None:
        """Return why the pass does not open at this terminal at this instant; None when it does.

        A pass of a calendar also needs a running event, which is for the caller to know.
        """
        reasons = {
            Refused.REVOKED: self.revoked_at is not None,
            Refused.WRONG_DOOR: not self.doors.get(serial),
            Refused.NOT_YET_VALID: self.valid_from is not None and now < self.valid_from,
            Refused.EXPIRED: self.valid_until is not None and now >= self.valid_until,
            Refused.USED_UP: self.max_uses is not None and self.uses >= self.max_uses,
            Refused.NOT_NOW: self.hours is not None and not self.hours.hold(now.astimezone(zone)),
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def moved(self, old: str, new: str | None) -> Pass:
        """Return the pass for the doors of another terminal in place of those of one; None for none."""
        doors = {serial: numbers for serial, numbers in self.doors.items() if serial not in (old, new)}
        if new is not None and old in self.doors:
            doors[new] = self.doors[old]
        return replace(self, doors=doors)
