"""The terminal itself: settings, clock, capacity (specification B13, B14, B16-B18, B26, B36)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from ..kinds import Moment, Truth, Whole
from ..messages import DeviceInfo
from ..wire import Structure, wire
from .base import Command, Reply
from .kinds import BYTE, MOMENT, NUMBER, VERIFY_MODE

MAX_VOLUME = 10
MAX_FINGERPRINTS_PER_USER = 10
MAX_APPROVAL = 2


@dataclass(frozen=True, kw_only=True)
class DeviceSettings(Structure):
    """The settings of a terminal (specification B17).

    * `language`: number of a table that the specification leaves out.
    * `screensaver_delay`: seconds without a touch, 1 to 255; 0 is never.
    * `verify_mode`: 0 to 4 on fingerprint terminals (B17), the table of B37 on AI firmware.
    * `log_warning`: records that still fit when the terminal starts to warn; 0 is never.
    * `reverify_time`: minutes during which the same person makes no second record, 0 to 255
      (field notes 5, setdevinfo: `reverifypm` in the English print only).

    Only face terminals have these (field notes 3 and 5, setdevinfo):

    * `menu_locked`: nobody gets into the terminal's own menu.
    * `punch_photos`, `stranger_photos`: a record carries a photo of who was, or was not, recognised.
    * `open_for_strangers`: the door opens for a face that the terminal does not know.
    * `server_approval`: who decides about a punch: 0 the terminal, 1 the server, so that nobody gets in without it,
      2 the server where there is one. `server_approval_timeout`: how long the terminal waits for it, by all
      appearances in seconds.
    """

    device_id: int | None = field(default=None, metadata=wire("deviceid", NUMBER))
    language: int | None = field(default=None, metadata=wire("language", BYTE))
    volume: int | None = field(default=None, metadata=wire("volume", Whole(0, MAX_VOLUME)))
    screensaver_delay: int | None = field(default=None, metadata=wire("screensaver", BYTE))
    verify_mode: int | None = field(default=None, metadata=wire("verifymode", VERIFY_MODE))
    sleep: bool | None = field(default=None, metadata=wire("sleep", Truth()))
    fingerprints_per_user: int | None = field(
        default=None, metadata=wire("userfpnum", Whole(1, MAX_FINGERPRINTS_PER_USER))
    )
    log_warning: int | None = field(default=None, metadata=wire("loghint", NUMBER))
    reverify_time: int | None = field(default=None, metadata=wire("reverifytime", BYTE, "reverifypm"))
    menu_locked: bool | None = field(default=None, metadata=wire("disablemenu", Truth()))
    punch_photos: bool | None = field(default=None, metadata=wire("use_logphoto", Truth()))
    stranger_photos: bool | None = field(default=None, metadata=wire("stranger_photo", Truth()))
    open_for_strangers: bool | None = field(default=None, metadata=wire("stranger_lock", Truth()))
    server_approval: int | None = field(default=None, metadata=wire("server_verify", Whole(0, MAX_APPROVAL)))
    server_approval_timeout: int | None = field(default=None, metadata=wire("server_verify_timeout", BYTE))


@dataclass(frozen=True, kw_only=True)
class Settings(DeviceSettings, Reply):
    """The settings of a terminal, as it has them (specification B18)."""


@dataclass(frozen=True, kw_only=True)
class GetSettings(Command[Settings]):
    """Ask for the settings (specification B18)."""

    name: ClassVar[str] = "getdevinfo"
    reply: ClassVar[type[Reply]] = Settings
    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SetSettings(DeviceSettings, Command[Reply]):
    """Change those settings that are not None (specification B17)."""

    name: ClassVar[str] = "setdevinfo"


@dataclass(frozen=True, kw_only=True)
class TerminalTime(Reply):
    """The clock of a terminal, naive; there is no `result` with it (specification B26)."""

    time: datetime | None = field(default=None, metadata=wire("time", Moment()))


@dataclass(frozen=True, kw_only=True)
class GetTime(Command[TerminalTime]):
    """Ask what time it is (specification B26)."""

    name: ClassVar[str] = "gettime"
    reply: ClassVar[type[Reply]] = TerminalTime
    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class SetTime(Command[Reply]):
    """Set the clock to a naive local time (specification B16)."""

    name: ClassVar[str] = "settime"

    time: datetime = field(metadata=wire("cloudtime", MOMENT))


@dataclass(frozen=True, kw_only=True)
class Capacity(DeviceInfo, Reply):
    """How much fits on a terminal and how full it is (specification B36)."""


@dataclass(frozen=True, kw_only=True)
class GetCapacity(Command[Capacity]):
    """Ask how full the terminal is (specification B36)."""

    name: ClassVar[str] = "getdevcap"
    reply: ClassVar[type[Reply]] = Capacity
    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Restart(Command[Reply]):
    """Restart the terminal, which does not answer but registers anew (specification B14)."""

    name: ClassVar[str] = "reboot"
    timeout: ClassVar[float] = 0


@dataclass(frozen=True, kw_only=True)
class EraseTerminal(Command[Reply]):
    """Delete all users and all records; the settings stay (specification B13)."""

    name: ClassVar[str] = "initsys"
