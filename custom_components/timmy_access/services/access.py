"""Actions for who may pass when: opening hours, groups, holidays, and what holds for one person."""

import re
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN, WEEKDAYS
from ..fields import (
    ATTR_ENROLL_ID,
    CONFIRM,
    ENROLL_ID,
    FieldInvalid,
    Fields,
    local_time,
    one_of,
    whole,
    whole_within,
    word,
    yes_or_no,
)
from ..protocol.commands import (
    AccessSettings,
    GetAccessSettings,
    GetHolidays,
    GetPermission,
    Holiday,
    Permission,
    SetAccessSettings,
    SetHolidays,
)
from ..protocol.commands.kinds import MAX_GROUP
from ..protocol.commands.permissions import WEEK_ZONES
from ..protocol.errors import CommandTimeout
from ..protocol.turns import Priority
from ..terminal.choices import CHOICES
from ..terminal.holidays import async_holiday_zones
from ..terminal.settings import ACCESS
from ..terminal.zones import Zones
from .action import Action, Request, door_unknown
from .device import known_values, look_again, prepare_confirmed, prepare_number
from .schedules import readable_days, readable_weeks, with_days, with_weeks

ATTR_DAY_ZONES = "day_zones"
ATTR_GROUPS_TOGETHER = "groups_together"
ATTR_HOLIDAYS = "holidays"
ATTR_NORMALLY_OPEN = "normally_open"
ATTR_WEEK_ZONES = "week_zones"

_TIME_OF_DAY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_TABLES = frozenset({"combinations", "day_zones", "normally_open", "week_zones"})
# Those of them that refer to each other.
_HOURS = ("day_zones", "week_zones", "normally_open")


def time_of_day(value: Any) -> str:
    """Return a time of day as `HH:MM`, also from one with seconds."""
    text = str(value).strip()
    text = text.removesuffix(":00") if text.count(":") > 1 else text
    text = f"0{text}" if text.find(":") == 1 else text
    if not _TIME_OF_DAY.fullmatch(text):
        raise FieldInvalid("invalid_time_of_day")
    return text


_SECTION = vol.Schema({vol.Required("from"): time_of_day, vol.Required("to"): time_of_day})


def _choice(name: str) -> Any:
    return word({text: number for number, text in CHOICES[name].items()})


_GROUP = whole_within(1, MAX_GROUP)
_TOGETHER = vol.All(cv.ensure_list, vol.Length(min=1), [_GROUP])
_SECTIONS = vol.All(cv.ensure_list, [_SECTION])
_DAYS = vol.Schema({whole: _SECTIONS})
_WEEKS = vol.Schema({whole: vol.Schema({one_of(WEEKDAYS): _SECTIONS})})


def check_week_zones(request: Request) -> None:
    """Raise when a week zone is for a door that the terminal does not have."""
    for door, name in enumerate(WEEK_ZONES, 1):
        if name in request.data and door not in request.terminal.coordinator.data.doors:
            raise door_unknown(request.terminal, name, door)


async def _get_access_settings(request: Request) -> ServiceResponse:
    settings = await request.terminal.async_request(GetAccessSettings())
    zones = _zones(settings)
    response = known_values(settings, leave_out=_TABLES | {"serial", "result", "reason", "message", "extra"})
    response |= {name: words.get(response[name]) for name, words in CHOICES.items() if name in response}
    is_read = not settings.is_misread(*_HOURS)
    response[ATTR_DAY_ZONES] = readable_days(zones) if is_read else None
    response[ATTR_WEEK_ZONES] = readable_weeks(zones) if is_read else None
    response[ATTR_GROUPS_TOGETHER] = [[int(digit) for digit in str(group)] for group in settings.combinations or ()]
    if settings.normally_open is not None:
        response[ATTR_NORMALLY_OPEN] = dict(zip(WEEKDAYS, settings.normally_open, strict=False))
    return response


async def _set_access_settings(request: Request) -> None:
    if not request.data:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    data = dict(request.data)
    days, weeks = data.pop(ATTR_DAY_ZONES, {}), data.pop(ATTR_WEEK_ZONES, {})
    if groups := data.pop(ATTR_GROUPS_TOGETHER, None):
        data["combinations"] = tuple(int("".join(map(str, group))) for group in groups)
    tables: dict[str, Any] = {}
    SetAccessSettings(**data)  # what is wrong is said before anything is asked
    if days or weeks:
        with_weeks(with_days(Zones(), days), weeks)
        present = await request.terminal.async_request(GetAccessSettings())
        if present.is_misread(*_HOURS):  # which would be written over with nothing
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="house_hours_not_read",
                translation_placeholders={
                    "label": ATTR_DAY_ZONES if days else ATTR_WEEK_ZONES,
                    "value": request.terminal.name,
                },
            )
        before = _zones(present)
        after = with_weeks(with_days(before, days), weeks, await _referred_zones(request, present))
        if after.days != before.days:
            tables["day_zones"] = after.days
        if after.weeks != before.weeks:
            tables["week_zones"] = after.weeks
    if data or tables:
        await request.terminal.async_request(SetAccessSettings(**data, **tables))
        await look_again(request, ACCESS)


async def _referred_zones(request: Request, settings: AccessSettings) -> frozenset[int]:
    """Return the day zones that something besides the week zones may refer to."""
    try:
        of_holidays = await async_holiday_zones(request.terminal, Priority.INTERACTIVE)
    except CommandTimeout:  # it has just answered: such firmware has no holidays
        of_holidays = frozenset()
    return of_holidays | frozenset(settings.normally_open or ())


async def _get_holidays(request: Request) -> ServiceResponse:
    listing = await request.terminal.async_read_list(GetHolidays())
    return {ATTR_HOLIDAYS: [known_values(holiday) for holiday in listing.rows]}


async def _set_holidays(request: Request) -> None:
    holidays = tuple(Holiday(**holiday) for holiday in request.data[ATTR_HOLIDAYS])
    await request.terminal.async_request(SetHolidays(holidays=holidays))


async def _get_user_access(request: Request) -> ServiceResponse:
    return known_values(await request.terminal.async_request(GetPermission(enroll_id=request.data[ATTR_ENROLL_ID])))


async def _prepare_access(requests: tuple[Request, ...]) -> Permission:
    data = requests[0].data
    if data.keys() == {ATTR_ENROLL_ID}:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    for request in requests:
        check_week_zones(request)
    change = Permission(**data)
    change.wire()
    return change


async def _set_user_access(request: Request) -> None:
    await request.terminal.people.async_set_access(request.prepared)


async def _clear_user_access(request: Request) -> None:
    await request.terminal.people.async_clear_access(request.data[ATTR_ENROLL_ID])


async def _clear_all_user_access(request: Request) -> None:
    await request.terminal.people.async_clear_all_access()


def _zones(settings: AccessSettings) -> Zones:
    return Zones(days=settings.day_zones or (), weeks=settings.week_zones or ())


_PERMISSION: Fields = {
    vol.Optional("group"): whole,
    vol.Optional("valid_from"): local_time,
    vol.Optional("valid_until"): local_time,
    **{vol.Optional(name): whole for name in WEEK_ZONES},
}

ACTIONS = (
    Action(
        name="clear_all_user_access",
        handler=_clear_all_user_access,
        prepare=prepare_confirmed,
        fields=CONFIRM,
        each=True,
    ),
    Action(name="clear_user_access", handler=_clear_user_access, prepare=prepare_number, fields=ENROLL_ID, each=True),
    Action(name="get_access_settings", handler=_get_access_settings, response=SupportsResponse.ONLY),
    Action(name="get_holidays", handler=_get_holidays, response=SupportsResponse.ONLY),
    Action(
        name="get_user_access",
        handler=_get_user_access,
        prepare=prepare_number,
        fields=ENROLL_ID,
        response=SupportsResponse.ONLY,
        each=True,
    ),
    Action(
        name="set_access_settings",
        handler=_set_access_settings,
        fields={
            vol.Optional("access_times"): whole,
            vol.Optional("alarm_delay"): whole,
            vol.Optional("alarm_input"): _choice("alarm_input"),
            vol.Optional("anti_passback"): _choice("anti_passback"),
            vol.Optional(ATTR_DAY_ZONES): _DAYS,
            vol.Optional("door_sensor"): _choice("door_sensor"),
            vol.Optional("duress"): _choice("duress"),
            vol.Optional(ATTR_GROUPS_TOGETHER): vol.All(cv.ensure_list, [_TOGETHER]),
            vol.Optional("interlock"): yes_or_no,
            vol.Optional("open_delay"): whole,
            vol.Optional("people_together"): whole,
            vol.Optional("punch_times"): whole,
            vol.Optional("tamper"): yes_or_no,
            vol.Optional("tries_before_alarm"): whole,
            vol.Optional(ATTR_WEEK_ZONES): _WEEKS,
            vol.Optional("wiegand_card"): yes_or_no,
            vol.Optional("wiegand_format"): _choice("wiegand_format"),
            vol.Optional("wiegand_output"): _choice("wiegand_output"),
        },
    ),
    Action(
        name="set_holidays",
        handler=_set_holidays,
        fields={
            vol.Required(ATTR_HOLIDAYS): vol.All(
                cv.ensure_list,
                [
                    vol.Schema(
                        {
                            vol.Required("name"): cv.string,
                            vol.Required("start_day"): cv.string,
                            vol.Required("end_day"): cv.string,
                            vol.Optional("day_zone", default=0): whole,
                            vol.Optional("shift", default=0): whole,
                        }
                    )
                ],
            )
        },
    ),
    Action(
        name="set_user_access",
        handler=_set_user_access,
        prepare=_prepare_access,
        fields={**ENROLL_ID, **_PERMISSION},
        each=True,
    ),
)
