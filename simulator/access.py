"""Whether a terminal lets somebody in by what it holds itself."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from .clock import parse
from .doors import Door
from .users import User, UserLock

NEVER: Final = "00:00~00:00"
"""A section which is never open (spec B20, tips)."""
FACE_KINDS: Final = frozenset({"face", "photo"})
ALL_DAY: Final = "00:01~23:59"
"""The factory's section means the whole day, its first minute too (spec B20, tips)."""


class Reason(StrEnum):
    """Why somebody is let in or not."""

    ALLOWED = "allowed"
    UNKNOWN = "unknown"
    NO_CREDENTIAL = "nothing to verify with"
    DISABLED = "disabled"
    TOO_EARLY = "not yet valid"
    TOO_LATE = "no longer valid"
    OUTSIDE_HOURS = "outside the week zone"
    HELD_CLOSED = "the door is held closed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scan would do; it is true when the door would open."""

    reason: Reason

    def __bool__(self) -> bool:
        """Tell whether the door would open."""
        return self.reason is Reason.ALLOWED


def judge(user: User, door: Door, at: datetime, settings: Mapping[str, Any], lacks: Container[str] = ()) -> Reason:
    """Decide about somebody enabled at a local time, by `settings` of `getdevlock`.

    `lacks` is what the firmware is without. Holidays, combined opening by groups, and the server's approval are not
    looked at.
    """
    if "dates" not in lacks and (reason := _out_of_date(user.lock, at)):
        return reason
    if "week_zones" not in lacks and not in_week_zone(user.lock.weekzone_of(door.number), at, settings):
        return Reason.OUTSIDE_HOURS
    return Reason.HELD_CLOSED if door.mode == "held_closed" else Reason.ALLOWED


def is_enabled(user: User, kinds: Collection[str], *, splits: bool) -> bool:
    """Tell whether somebody may verify with one of these kinds; some firmware `splits` that (field notes 5)."""
    if not splits:
        return user.enabled
    return any(user.face_enabled if kind in FACE_KINDS else user.enabled for kind in kinds)


def _out_of_date(lock: UserLock, at: datetime) -> Reason | None:
    if at < parse(lock.starttime):
        return Reason.TOO_EARLY
    return Reason.TOO_LATE if at > parse(lock.endtime) else None


def in_week_zone(number: int, at: datetime, settings: Mapping[str, Any]) -> bool:
    """Tell whether a week zone is open: its day zone of that weekday has a section for it (spec B20, tips).

    Zone 0 is no zone and never open. The last minute of a section belongs to it, or no section could reach midnight.
    """
    if not number:
        return False
    day = settings["weekzone"][number - 1]["week"][at.weekday()]["day"]
    return bool(day) and any(_is_open(item["section"], at) for item in settings["dayzone"][day - 1]["day"])


def _is_open(section: str, at: datetime) -> bool:
    if section in {NEVER, ALL_DAY}:
        return section == ALL_DAY
    begin, _, end = section.partition("~")
    return begin <= at.strftime("%H:%M") <= end
