"""Working hours of a month: of everybody, or one sheet with every punch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import voluptuous as vol

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..fields import FIRST_YEAR, LAST_YEAR
from ..ledger import AttendanceDay, Standing, likeness
from ..records.reading import Readable, serials_of
from ..services.hours import async_names_of_users, told_correction
from .command import PanelCommand
from .request import PanelRequest

ATTR_ENROLL_ID = "enroll_id"
ATTR_MONTH = "month"
ATTR_PERSON = "person"


def _month(value: object) -> date:
    """Return the first day of a month such as `2026-11`."""
    try:
        month = datetime.strptime(str(value), "%Y-%m").replace(tzinfo=dt_util.UTC).date()
    except ValueError:
        raise vol.Invalid("expected a month") from None
    if not FIRST_YEAR <= month.year <= LAST_YEAR:
        raise vol.Invalid("expected a month of our time")
    return month


async def _hours(request: PanelRequest) -> JsonValueType:
    """Return the sums of everybody in a month, the days it has and the hour at which one begins.

    `seconds` are those of the days that are known; `unknown` counts the others, without those that go on.
    """
    first, last = _days(request)
    terminals = tuple(request.hub.terminals.values())
    sums = partial(_sums, Readable(terminals))
    people = await request.hub.workdays.async_over_attendance(sums, serials_of(terminals), first, last)
    return {**_frame(request, first, last), "people": people}


async def _sheet(request: PanelRequest) -> JsonValueType:
    """Return the month of one number by the name that is shown: every day with its punches and what was put right."""
    first, last = _days(request)
    terminals = tuple(request.hub.terminals.values())
    readable = Readable(terminals)
    found = await request.hub.workdays.async_sheet(serials_of(terminals), first, last, request.data[ATTR_ENROLL_ID])
    wanted = likeness(request.data[ATTR_PERSON])
    days = [day for day in found if likeness(readable.person(day.serial, day.enroll_id, day.name)) == wanted]
    by = [punch.correction.made_by for day in days for punch in day.punches if punch.correction is not None]
    names = await async_names_of_users(request.hass, by)
    told: list[JsonValueType] = [
        {
            "day": day.day.isoformat(),
            "name": day.name,
            "serial": day.serial,
            "standing": day.standing.value,
            "seconds": None if day.worked is None else _seconds(day.worked),
            "times": [{"begin": _text(one.begin), "end": _text(one.end)} for one in day.times],
            "punches": [
                {
                    "at": _text(punch.at),
                    "terminal": readable.terminal(punch.serial),
                    "serial": punch.serial,
                    "way": None if punch.way is None else punch.way.value,
                    "counts": punch.counts,
                    "record_id": punch.record,
                    "correction": None if punch.correction is None else told_correction(punch.correction, names),
                }
                for punch in day.punches
            ],
        }
        for day in days
    ]
    return {**_frame(request, first, last), "days": told}


def _days(request: PanelRequest) -> tuple[date, date]:
    """Return the first and the last day of the month that is asked for."""
    first: date = request.data.get(ATTR_MONTH) or request.hub.workdays.today().replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _frame(request: PanelRequest, first: date, last: date) -> JsonObjectType:
    workdays = request.hub.workdays
    return {
        "month": f"{first:%Y-%m}",
        "days_in_month": last.day,
        "today": workdays.today().isoformat(),
        "day_begins": workdays.begins,
    }


@dataclass(slots=True)
class _Sum:
    """What the days of one person come to, as they are counted one after the other."""

    person: str
    last: date | None = None
    days: int = 0
    seconds: int = 0
    unknown: int = 0
    running: bool = False
    corrected: int = 0

    def add(self, day: AttendanceDay) -> None:
        """Count a day; a number that has two names on one day was there on one."""
        self.days += day.day != self.last
        self.last = day.day
        self.seconds += 0 if day.worked is None else _seconds(day.worked)
        self.unknown += day.standing is Standing.MISSING
        self.running = self.running or day.standing is Standing.RUNNING
        self.corrected += bool(day.corrections)


def _sums(readable: Readable, days: Iterable[AttendanceDay]) -> list[JsonValueType]:
    """Return what the days of each person come to, by name; the days are in order."""
    found: dict[tuple[int, str], _Sum] = {}
    for day in days:
        name = readable.person(day.serial, day.enroll_id, day.name)
        who = (day.enroll_id, likeness(name))
        if (known := found.get(who)) is None:
            known = found[who] = _Sum(name)
        known.add(day)
    return [
        {
            "enroll_id": who[0],
            "person": told.person,
            "days": told.days,
            "seconds": told.seconds,
            "unknown": told.unknown,
            "running": told.running,
            "corrected": told.corrected,
        }
        for who, told in sorted(found.items(), key=lambda item: (item[0][1], item[0][0]))
    ]


def _seconds(worked: timedelta) -> int:
    return round(worked.total_seconds())


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else dt_util.as_local(moment).isoformat()


COMMANDS = (
    PanelCommand(name="hours", handler=_hours, fields={vol.Optional(ATTR_MONTH): _month}),
    PanelCommand(
        name="hours_sheet",
        handler=_sheet,
        fields={
            vol.Optional(ATTR_MONTH): _month,
            vol.Required(ATTR_ENROLL_ID): vol.All(int, vol.Range(min=0)),
            vol.Required(ATTR_PERSON): str,
        },
    ),
)
