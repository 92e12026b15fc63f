"""What of a frame may be shown to strangers.

Allowed is what is named here, everything else is taken out: a key of firmware that nobody has seen yet may hold a name,
a card or a PIN. Also numbers are: cards, PINs and passwords travel as numbers too.
"""

from collections.abc import Callable, Mapping
from datetime import date
import re

from .peer import printable
from .wire import Structure, wire_fields

REDACTED = "**REDACTED**"
# Longest text that may be a word: commands, models, firmware.
_LONGEST_WORD = 32
# The end of a serial number tells the terminals of one building apart and is of no use to claim it.
_SHOWN_OF_SERIAL = 4
# Shorter texts might be a PIN, of which also the length is nobody's business.
_LENGTH_SHOWN_FROM = 64
# Frames nest at most five deep (setdevlock day zones). What is deeper has no end, and nothing to show.
_DEEPEST = 8
_TOO_DEEP = "…"
# The largest number that can mean a setting, a count or an enroll id (twelve digits, field notes 5).
_LARGEST_NUMBER = 10**12

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,4})?", re.ASCII)
_TIME = re.compile(r"(\d{4}-)?\d\d?-\d\d?|\d{4}-\d\d?-\d\d?[ T]\d\d?:\d\d?(:\d\d?)?", re.ASCII)

# Commands, counters, settings and states: what messages mean, and nothing about who they are about.
_NUMBERS = frozenset(
    """
    InputAlarm acces_stimes access access_times admin alarmdelay antpass backupnum cardoutput cardsize charid
    count day dayzone deviceid disablemenu dislanguage doorno doornum doorsensor enable enflag enrolled enrollid
    event facesize facetemplate flag floors fontsize fpsize from fuc group groupid inout intercom interlock
    language lockgroup loghint logindex logsize mark mode mutiopen netinuse nopentime nosendimage nosendlog
    nosenduser ntp opendelay optionflag palmsize postid punchtimes pwdsize radio reason result reverifypm
    reverifytime screensaver server_verify server_verify_timeout shift shiftid sleep stn stranger_lock
    stranger_photo tamper text_color threat timezone to tryalarm tryseconds usb4g use_logphoto usedcard usedface
    usedfp usedlog usednewlog usedpalm usedpwd usedrtlog useduser useosdp usequestion userfpnum useschedule
    usersize verifymode voiceindex volume weekzone weekzone2 weekzone3 weekzone4 wgformat wgoutput zoneid
    """.split()  # noqa: SIM905 - a column of words reads better
)
_TIMES = frozenset({"cloudtime", "endday", "endtime", "from", "startday", "starttime", "time", "to"})
_WORDS = frozenset({"cmd", "curip", "firmware", "fpalgo", "manufacturer", "modelname", "ret"})
_SERIALS = frozenset({"cpushn", "cpusn", "mac", "sn"})


def redacted(frame: Mapping[str, object]) -> dict[str, object]:
    """Return a frame without anything personal; keys stay, also unknown ones, as they are what a fault is found by."""
    return _frame(frame, _DEEPEST)


def redacted_fields(structure: Structure) -> dict[str, object]:
    """Return what a message said, by the names of its fields; of what was not understood, only the keys."""
    return _fields(structure, _DEEPEST)


def _frame(frame: Mapping[str, object], depth: int) -> dict[str, object]:
    return {_key(key): _value(key, value, depth - 1) for key, value in frame.items()}


def _fields(structure: Structure, depth: int) -> dict[str, object]:
    fields = {name: _value(key, getattr(structure, name), depth - 1) for name, key, *_ in wire_fields(type(structure))}
    fields["extra"] = sorted(_key(key) for key in structure.extra)
    return fields


def partly(serial: str) -> str:
    """Return the end of a serial number."""
    return f"**{printable(serial)[-_SHOWN_OF_SERIAL:]}" if len(serial) > _SHOWN_OF_SERIAL else REDACTED


def _key(key: object) -> str:
    return key if isinstance(key, str) and _KEY.fullmatch(key) else "…"


def _value(key: str, value: object, depth: int) -> object:
    if isinstance(value, Structure | Mapping | list | tuple) and depth <= 0:
        return _TOO_DEEP
    if isinstance(value, Structure):
        return _fields(value, depth)
    if isinstance(value, Mapping):
        return _frame(value, depth)
    if isinstance(value, list | tuple):
        return [_value(key, item, depth - 1) for item in value]
    return value if value is None or isinstance(value, bool) else _single(key, value)


def _single(key: str, value: object) -> object:
    for keys, shown in _KINDS:
        if key in keys and (text := shown(value)) is not None:
            return text
    if isinstance(value, str) and len(value) >= _LENGTH_SHOWN_FROM:
        return f"{REDACTED} ({len(value)} characters)"
    return REDACTED


def _number(value: object) -> object:
    if isinstance(value, int | float):
        return value if abs(value) <= _LARGEST_NUMBER else None
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _serial(value: object) -> object:
    return partly(value) if isinstance(value, str) else None


def _time(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) and _TIME.fullmatch(value) else None


def _word(value: object) -> object:
    return printable(value, _LONGEST_WORD) if isinstance(value, str) else None


_KINDS: tuple[tuple[frozenset[str], Callable[[object], object]], ...] = (
    (_NUMBERS, _number),
    (_SERIALS, _serial),
    (_TIMES, _time),
    (_WORDS, _word),
)
