"""The questionnaire and the holidays."""

from collections.abc import Mapping
import re
from typing import Any, Final

from .errors import PARAMETER, RefusedError
from .fields import listing, mapping, text, truth, whole
from .settings import DAY_ZONES
from .wire import Frame

SINGLE_CHOICE_ITEMS: Final = 16
MULTIPLE_CHOICE_ITEMS: Final = 8
SCHEDULES: Final = 8
HOLIDAYS: Final = 30

_SCHEDULE: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\*(\d|1[0-6])")
_MONTH_DAY: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")

QUESTIONNAIRE: Final[Mapping[str, Any]] = {
    "title": "inout event",
    "voice": "please select",
    "errmsg": "please select",
    "radio": True,
    "optionflag": 0,
    "usequestion": False,
    "useschedule": False,
    "card": 0,
    "items": ["in", "out", "onduty", "offduty"],
    "schedules": ["00:00-00:00*0"] * SCHEDULES,
}
"""Factory values (spec B29)."""


def checked_questionnaire(command: Frame, known: Mapping[str, Any]) -> Frame:
    """Return the changed questionnaire of a `setquestionnaire` (spec B30)."""
    changed = dict(known)
    for key in ("title", "voice", "errmsg"):
        if key in command:
            changed[key] = text(command[key], 200)
    for key in ("radio", "usequestion", "useschedule"):
        if key in command:
            changed[key] = truth(whole(command[key], 0, 1))
    for key in ("optionflag", "card"):
        if key in command:
            changed[key] = whole(command[key], 0, 65535)
    most = SINGLE_CHOICE_ITEMS if changed["radio"] else MULTIPLE_CHOICE_ITEMS
    if "items" in command:
        changed["items"] = [text(item, 64) for item in listing(command["items"], most)]
    if "schedules" in command:
        changed["schedules"] = [text(item) for item in listing(command["schedules"], SCHEDULES)]
    if not all(_SCHEDULE.fullmatch(schedule) for schedule in changed["schedules"]):
        raise RefusedError(1, PARAMETER)
    return changed


def checked_holidays(command: Frame) -> list[Frame]:
    """Return the holidays of a `setholiday` (spec B32)."""
    holidays: list[Frame] = []
    for item in listing(command.get("holidays"), HOLIDAYS):
        given = mapping(item)
        first, last = text(given.get("startday")), text(given.get("endday"))
        if not _MONTH_DAY.fullmatch(first) or not _MONTH_DAY.fullmatch(last):
            raise RefusedError(1, PARAMETER)
        holidays.append(
            {
                "name": text(given.get("name", ""), 64),
                "startday": first,
                "endday": last,
                "shift": whole(given.get("shift", 0), 0, 255),
                "dayzone": whole(given.get("dayzone", 0), 0, DAY_ZONES),
            },
        )
    return holidays
