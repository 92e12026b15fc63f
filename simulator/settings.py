"""Factory values and ranges of the settings."""

from collections.abc import Callable, Mapping
import re
from typing import Any, Final

from .errors import PARAMETER, RefusedError
from .fields import listing, mapping, text, whole

DEVICE: Final[Mapping[str, tuple[int, int, int]]] = {
    "deviceid": (1, 0, 65535),
    "language": (0, 0, 255),
    "volume": (6, 0, 10),
    "screensaver": (0, 0, 255),
    "verifymode": (0, 0, 4),
    "sleep": (0, 0, 1),
    "userfpnum": (3, 1, 10),
    "loghint": (1000, 0, 1_000_000),
    # The printed `reverifypm` is a slip of the English v3.0 alone (field notes 5, setdevinfo).
    "reverifytime": (0, 0, 255),
}
"""Factory value, lowest and highest value of `setdevinfo` (spec B17)."""

DEVICE_EXTRA: Final[Mapping[str, tuple[int, int]]] = {
    "disablemenu": (0, 1),
    "use_logphoto": (0, 1),
    "stranger_photo": (0, 1),
    "stranger_lock": (0, 1),
    "server_verify": (0, 2),
    "server_verify_timeout": (0, 255),
    # Face terminals know all the ways to verify of spec B37.
    "verifymode": (0, 24),
}
"""Ranges of settings which only some firmware has."""

ACCESS: Final[Mapping[str, tuple[int, int, int]]] = {
    "opendelay": (5, 0, 255),
    "doorsensor": (0, 0, 2),
    "alarmdelay": (0, 0, 255),
    "threat": (0, 0, 3),
    "InputAlarm": (0, 0, 2),
    "antpass": (0, 0, 2),
    "interlock": (0, 0, 1),
    "mutiopen": (0, 0, 4),
    "tryalarm": (0, 0, 10),
    "tamper": (0, 0, 1),
    "wgformat": (0, 0, 1),
    "wgoutput": (0, 0, 2),
    "cardoutput": (0, 0, 1),
    "access_times": (0, 0, 65535),
    "punchtimes": (0, 0, 65535),
}
"""Factory value, lowest and highest value of `setdevlock` (spec B20)."""

DAY_ZONES: Final = 8
SECTIONS: Final = 5
WEEK_ZONES: Final = 8
DAYS: Final = 7
LOCK_GROUPS: Final = 5
LARGEST_GROUP: Final = 99999

_SECTION: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d~([01]\d|2[0-3]):[0-5]\d")


def device_settings(extra: Mapping[str, int]) -> dict[str, Any]:
    """Return the factory settings of `getdevinfo`."""
    return {key: factory for key, (factory, _, _) in DEVICE.items()} | dict(extra)


def access_settings(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the factory settings of `getdevlock`: day zone 1 is all day, every week zone uses it."""
    plain = {key: ACCESS[key][0] for key in ACCESS if key not in {"access_times", "punchtimes"}}
    days = [{"day": [{"section": "00:00~00:00"} for _ in range(SECTIONS)]} for _ in range(DAY_ZONES)]
    days[0]["day"][0] = {"section": "00:01~23:59"}
    weeks = [{"week": [{"day": 1} for _ in range(DAYS)]} for _ in range(WEEK_ZONES)]
    groups = [{"group": 0} for _ in range(LOCK_GROUPS)]
    return plain | dict(extra) | {"dayzone": days, "weekzone": weeks, "lockgroup": groups}


def checked_device(command: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, int]:
    """Return the changes of a `setdevinfo`; keys which this firmware does not know are ignored."""
    changes: dict[str, int] = {}
    for key, value in command.items():
        if key not in known:
            continue
        low, high = DEVICE[key][1:] if key in DEVICE else DEVICE_EXTRA[key]
        if key == "verifymode" and "server_verify" in known:
            low, high = DEVICE_EXTRA[key]
        changes[key] = whole(value, low, high)
    return changes


def checked_access(command: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of a `setdevlock`, zones already merged into the known ones (spec B20)."""
    changes: dict[str, Any] = {}
    names = {key.lower(): key for key in known}
    for spelt, value in command.items():
        key = names.get(spelt.lower())
        if key is None:
            continue
        if key in ACCESS:
            changes[key] = whole(value, *ACCESS[key][1:])
        else:
            changes[key] = _GROUPS[key](value, known[key])
    return changes


def _day_zones(value: object, known: list[Any]) -> list[Any]:
    zones = [[dict(section) for section in zone["day"]] for zone in known]
    for zone, change in zip(zones, listing(value, DAY_ZONES), strict=False):
        for index, section in enumerate(listing(mapping(change).get("day"), SECTIONS)):
            span = text(mapping(section).get("section"))
            if not _SECTION.fullmatch(span):
                raise RefusedError(1, PARAMETER)
            zone[index] = {"section": span}
    return [{"day": zone} for zone in zones]


def _week_zones(value: object, known: list[Any]) -> list[Any]:
    weeks = [[dict(day) for day in week["week"]] for week in known]
    for week, change in zip(weeks, listing(value, WEEK_ZONES), strict=False):
        for index, day in enumerate(listing(mapping(change).get("week"), DAYS)):
            week[index] = {"day": whole(mapping(day).get("day"), 0, DAY_ZONES)}
    return [{"week": week} for week in weeks]


def _lock_groups(value: object, known: list[Any]) -> list[Any]:
    given = [{"group": whole(mapping(item).get("group"), 0, LARGEST_GROUP)} for item in listing(value, LOCK_GROUPS)]
    return given + known[len(given) :]


def _open_days(value: object, known: list[Any]) -> list[Any]:
    given = [{"day": whole(mapping(item).get("day"), 0, DAY_ZONES)} for item in listing(value, DAYS)]
    return given + known[len(given) :]


_GROUPS: Final[Mapping[str, Callable[[object, list[Any]], list[Any]]]] = {
    "dayzone": _day_zones,
    "weekzone": _week_zones,
    "lockgroup": _lock_groups,
    "nopentime": _open_days,
}
