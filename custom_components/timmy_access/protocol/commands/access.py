"""When and how a terminal lets people in (specification B20, B21)."""

from dataclasses import dataclass, field
import re
from typing import ClassVar

from ..kinds import Formatted, Keyed, Kind, Many, Truth, Whole
from ..wire import Structure, wire
from .base import Command, Reply
from .kinds import BYTE, MAX_ZONE, NUMBER, ZONE

# Sections a day, days a week, and combinations of groups (specification B20).
MAX_SECTIONS = 5
MAX_DAYS = 7
MAX_COMBINATIONS = 5
# People who may have to come together (specification B20, mutiopen).
MAX_TOGETHER = 4
MAX_TRIES = 10

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
SECTION = Formatted(re.compile(rf"{_TIME}~{_TIME}", re.ASCII), "06:00~18:30")


class Combination(Whole):
    """Groups that must come together, a digit of 1 to 9 for each person: 119 (specification B20)."""

    def write(self, name: str, value: int) -> object:
        """Return the number; raises `CommandInvalid` also for the digit 0, which is no group."""
        number = super().write(name, value)
        if "0" in str(number):
            return Whole(self.low, self.low).write(name, value)
        return number


COMBINATION = Combination(1, int("9" * MAX_TOGETHER))
_DAY_ZONE: Kind[tuple[str, ...]] = Keyed("day", Many(Keyed("section", SECTION), MAX_SECTIONS))
_WEEK_ZONE: Kind[tuple[int, ...]] = Keyed("week", Many(Keyed("day", ZONE), MAX_DAYS))


@dataclass(frozen=True, kw_only=True)
class AccessRules(Structure):
    """What applies to everybody (specification B20).

    * `open_delay`: seconds the relay stays released.
    * `door_sensor`: 0 none, 1 normally closed, 2 normally open.
    * `alarm_delay`: minutes an open door may stay open; 0 is for ever.
    * `duress`: 0 nothing, 1 open and alarm, 2 alarm, 3 open.
    * `alarm_input`: 0 nothing, 1 and 2 the alarm output it drives.
    * `anti_passback`: 0 none, 1 the terminal is inside, 2 it is outside.
    * `people_together`: how many must come together; 0 is off.
    * `tries_before_alarm`: failed attempts; 0 is off.
    * `wiegand_format`: 0 is 26 bits, 1 is 34. `wiegand_output`: 0 enroll id, 1 with a leading 1,
      2 with the device id. `wiegand_card`: the card number in place of all that.
    * `access_times`, `punch_times`: uses allowed, altogether and in a time section; 0 is any.
    * `day_zones`: up to 8, each of up to 5 sections `HH:MM~HH:MM`; `00:00~00:00` is never.
    * `week_zones`: up to 8, each of up to 7 numbers of day zones, Monday first.
    * `combinations`: up to 5; see `Combination`.
    * `normally_open`: the day zone of each weekday in which the door is held open (field notes 5).
    """

    open_delay: int | None = field(default=None, metadata=wire("opendelay", BYTE))
    door_sensor: int | None = field(default=None, metadata=wire("doorsensor", Whole(0, 2)))
    alarm_delay: int | None = field(default=None, metadata=wire("alarmdelay", BYTE))
    duress: int | None = field(default=None, metadata=wire("threat", Whole(0, 3)))
    alarm_input: int | None = field(default=None, metadata=wire("InputAlarm", Whole(0, 2)))
    anti_passback: int | None = field(default=None, metadata=wire("antpass", Whole(0, 2)))
    interlock: bool | None = field(default=None, metadata=wire("interlock", Truth()))
    people_together: int | None = field(default=None, metadata=wire("mutiopen", Whole(0, MAX_TOGETHER)))
    tries_before_alarm: int | None = field(default=None, metadata=wire("tryalarm", Whole(0, MAX_TRIES)))
    tamper: bool | None = field(default=None, metadata=wire("tamper", Truth()))
    wiegand_format: int | None = field(default=None, metadata=wire("wgformat", Whole(0, 1)))
    wiegand_output: int | None = field(default=None, metadata=wire("wgoutput", Whole(0, 2)))
    wiegand_card: bool | None = field(default=None, metadata=wire("cardoutput", Truth()))
    access_times: int | None = field(default=None, metadata=wire("access_times", NUMBER))
    punch_times: int | None = field(default=None, metadata=wire("punchtimes", NUMBER))
    day_zones: tuple[tuple[str, ...], ...] | None = field(
        default=None, metadata=wire("dayzone", Many(_DAY_ZONE, MAX_ZONE))
    )
    week_zones: tuple[tuple[int, ...], ...] | None = field(
        default=None, metadata=wire("weekzone", Many(_WEEK_ZONE, MAX_ZONE))
    )
    combinations: tuple[int, ...] | None = field(
        default=None,
        metadata=wire("lockgroup", Many(Keyed("group", COMBINATION), MAX_COMBINATIONS)),
    )
    normally_open: tuple[int, ...] | None = field(
        default=None,
        metadata=wire("nopentime", Many(Keyed("day", ZONE), MAX_DAYS, least=MAX_DAYS)),
    )


@dataclass(frozen=True, kw_only=True)
class AccessSettings(AccessRules, Reply):
    """The access settings of a terminal, as it has them (specification B21)."""


@dataclass(frozen=True, kw_only=True)
class GetAccessSettings(Command[AccessSettings]):
    """Ask for the access settings (specification B21)."""

    name: ClassVar[str] = "getdevlock"
    reply: ClassVar[type[Reply]] = AccessSettings
    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SetAccessSettings(AccessRules, Command[Reply]):
    """Change those access settings that are not None (specification B20)."""

    name: ClassVar[str] = "setdevlock"
