"""Actions for working hours: reading them, putting them right, and writing them into a file."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..errors import PersonUnknown
from ..fields import ATTR_ENROLL_ID, ATTR_NAME, Fields, instant, whole
from ..ledger import AttendanceDay, Correction, RecordFilter, Way
from ..records.hours_file import async_export_hours, path_of_hours
from ..records.reading import Readable, serials_of
from ..unhurried import taken, unhurried
from .action import Action, Request
from .house_people import text_field
from .logs import ATTR_FILENAME, ATTR_FIRST_DAY, ATTR_LAST_DAY, DAYS, check_order

ATTR_AT = "at"
ATTR_CORRECTION_ID = "correction_id"
ATTR_REASON = "reason"
ATTR_RECORD_ID = "record_id"
ATTR_WAY = "way"

# Days an attendance list goes back when nobody says: a month with its busiest day.
DEFAULT_DAYS = 31
# Whose number it was on that day is told by a record of it, also by one after the punch that is missing.
_AROUND = timedelta(days=1)


async def _get_attendance(request: Request) -> ServiceResponse:
    days = await _days(request)
    # A year of a large house would hold up everything else, also where nothing is done but to look at each day.
    makers = await request.hass.async_add_executor_job(_makers, days)
    names = await async_names_of_users(request.hass, makers)
    return await request.hass.async_add_executor_job(partial(_told, Readable(request.terminals), days, names))


async def _export_attendance(request: Request) -> ServiceResponse:
    path = path_of_hours(request.hass, request.data.get(ATTR_FILENAME))
    exported = await async_export_hours(request.hass, path, await _days(request), Readable(request.terminals))
    return {"file": str(exported.file), "url": exported.url, "days": exported.records}


async def _days(request: Request) -> deque[AttendanceDay]:
    workdays = request.hub.workdays
    last: date = request.data.get(ATTR_LAST_DAY, workdays.today())
    first: date = request.data.get(ATTR_FIRST_DAY, last - timedelta(days=DEFAULT_DAYS - 1))
    check_order(first, last)
    enroll_id = request.data.get(ATTR_ENROLL_ID)
    # To put them into words while the log is read would keep a backup waiting.
    return await workdays.async_over_attendance(
        deque, serials_of(request.terminals), first, last, None if enroll_id is None else [enroll_id]
    )


def _makers(days: Iterable[AttendanceDay]) -> list[str | None]:
    """Return the users who have put something right."""
    return list(dict.fromkeys(one.made_by for day in unhurried(days) for one in day.corrections))


def _told(readable: Readable, days: deque[AttendanceDay], names: Mapping[str, str]) -> JsonObjectType:
    with taken(days) as each:
        return {"attendance": [_told_day(readable, day, names) for day in unhurried(each)]}


def _told_day(readable: Readable, day: AttendanceDay, names: Mapping[str, str]) -> JsonValueType:
    return {
        "day": day.day.isoformat(),
        ATTR_ENROLL_ID: day.enroll_id,
        "person": readable.person(day.serial, day.enroll_id, day.name),
        "first_in": _local(day.first),
        "last_out": _local(day.last),
        "hours": round(day.hours, 2),
        "records": day.records,
        "standing": day.standing.value,
        "worked": None if day.worked is None else round(day.worked / timedelta(hours=1), 2),
        "times": [{"begin": _local(one.begin), "end": _local(one.end)} for one in day.times],
        "corrections": [told_correction(one, names) for one in day.corrections],
    }


def told_correction(correction: Correction, names: Mapping[str, str]) -> JsonObjectType:
    """Return a correction in plain values, with the name of the user who made it."""
    by = correction.made_by
    return {
        ATTR_CORRECTION_ID: correction.id,
        ATTR_AT: _local(correction.at),
        ATTR_WAY: None if correction.way is None else correction.way.value,
        ATTR_RECORD_ID: correction.record,
        ATTR_REASON: correction.reason,
        "by": None if by is None else names.get(by, by),
        "made_at": _local(correction.made_at),
    }


async def async_names_of_users(hass: HomeAssistant, ids: Sequence[str | None]) -> Mapping[str, str]:
    """Return what users are called, those that are still there."""
    users = [await hass.auth.async_get_user(user_id) for user_id in dict.fromkeys(ids) if user_id is not None]
    return {user.id: user.name or user.id for user in users if user is not None}


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else dt_util.as_local(moment).isoformat()


async def _add_punch(request: Request) -> ServiceResponse:
    data, terminal = request.data, request.terminal
    enroll_id: int = data[ATTR_ENROLL_ID]
    now = dt_util.utcnow()
    if data[ATTR_AT] > now:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="punch_to_come", translation_placeholders={"field": ATTR_AT}
        )
    name = data[ATTR_NAME] if ATTR_NAME in data else await _async_name_of(request, enroll_id, data[ATTR_AT])
    added = Correction(
        serial=terminal.serial,
        enroll_id=enroll_id,
        name=name or None,
        at=data[ATTR_AT],
        way=data.get(ATTR_WAY),
        reason=data[ATTR_REASON],
        made_at=now,
        made_by=request.context.user_id,
    )
    return {ATTR_CORRECTION_ID: await request.hub.ledger.add_punch(added)}


async def _leave_out_record(request: Request) -> ServiceResponse:
    correction_id = await request.hub.ledger.leave_out(
        serials_of(request.hub.terminals.values()),
        request.data[ATTR_RECORD_ID],
        reason=request.data[ATTR_REASON],
        made_at=dt_util.utcnow(),
        made_by=request.context.user_id,
    )
    return {ATTR_CORRECTION_ID: correction_id}


async def _withdraw_correction(request: Request) -> None:
    await request.hub.ledger.withdraw_correction(
        serials_of(request.hub.terminals.values()), request.data[ATTR_CORRECTION_ID], request.context.user_id
    )


async def _async_name_of(request: Request, enroll_id: int, moment: datetime) -> str | None:
    """Return what somebody was called at the terminal around a time; who has never been there, what they are today.

    Raises `PersonUnknown` for a number that nobody has.
    """
    terminal, house = request.terminal, request.hub.house
    where = RecordFilter(serials=serials_of(request.terminals), enroll_ids=[enroll_id], until=moment + _AROUND)
    if (known := await request.hub.ledger.newest(where)) is not None:
        return known.person
    if house.keeper.is_known:
        for person in house.household.people.values():
            if person.enroll_id == enroll_id:
                return person.name
    if (name := terminal.name_of(enroll_id)) is None:
        raise PersonUnknown(enroll_id)
    return name


_REASON: Fields = {vol.Required(ATTR_REASON): text_field(ATTR_REASON)}
_WHOSE: Fields = {vol.Optional(ATTR_ENROLL_ID): whole, **DAYS}

ACTIONS = (
    Action(
        name="add_punch",
        handler=_add_punch,
        fields={
            vol.Required(ATTR_ENROLL_ID): whole,
            vol.Optional(ATTR_NAME): text_field(ATTR_NAME),
            vol.Required(ATTR_AT): instant,
            vol.Optional(ATTR_WAY): vol.All(vol.In([way.value for way in Way]), Way),
            **_REASON,
        },
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="export_attendance",
        handler=_export_attendance,
        fields={**_WHOSE, vol.Optional(ATTR_FILENAME): cv.string},
        response=SupportsResponse.OPTIONAL,
        several=True,
    ),
    Action(
        name="get_attendance",
        handler=_get_attendance,
        fields=_WHOSE,
        response=SupportsResponse.ONLY,
        several=True,
    ),
    Action(
        name="leave_out_record",
        handler=_leave_out_record,
        fields={vol.Required(ATTR_RECORD_ID): whole, **_REASON},
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="withdraw_correction",
        handler=_withdraw_correction,
        fields={vol.Required(ATTR_CORRECTION_ID): whole},
    ),
)
