"""A terminal as it is, before it is kept in step: who is on it, and when they may pass."""

from datetime import datetime

from homeassistant.util import dt as dt_util

from ..house.taking_over import Permitted, Present
from ..house.week import ALWAYS
from ..house.zones import DEFAULT_ZONE, holds
from ..protocol.commands import GetAccessSettings, GetPermission, Permission
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.reasons import Refusal, refusal_of
from ..protocol.turns import Priority
from ..terminal.zones import Zones
from .agreements import listed
from .terminal import Terminal

# The week zone of each door in a permission.
_ZONES = ("week_zone", "week_zone_2", "week_zone_3", "week_zone_4")
_DATES = ("starttime", "endtime")
# Firmware writes a last day far away for somebody whose days do not end (specification B22).
_FOR_EVER = 2090


async def async_present(terminal: Terminal) -> Present:
    """Return a terminal as it is; whose permission cannot be read is not among the permitted.

    Raises the protocol's errors.
    """
    settings = await terminal.async_request(GetAccessSettings())
    zones = None if settings.week_zones is None else Zones(days=settings.day_zones or (), weeks=settings.week_zones)
    there = listed(terminal)
    permitted: dict[int, Permitted] = {}
    for enroll_id in there.people:
        if (said := await _permission(terminal, zones, enroll_id)) is not None:
            permitted[enroll_id] = said
    return Present(
        serial=terminal.serial,
        name=terminal.name,
        doors=frozenset(terminal.coordinator.data.doors),
        people=there.people,
        permitted=permitted,
        algorithm=terminal.fingerprint_algorithm,
    )


async def _permission(terminal: Terminal, zones: Zones | None, enroll_id: int) -> Permitted | None:
    try:
        said = await terminal.async_request(GetPermission(enroll_id=enroll_id), Priority.BULK)
    except CommandRefused as err:
        has_none = refusal_of(err) in (Refusal.UNKNOWN_COMMAND, Refusal.NO_DATA)
        return Permitted(always=True) if has_none else None
    except CommandTimeout:
        return None
    if any(str(said.extra.get(key, "")).strip(" 0:-") for key in _DATES):  # dates that cannot be read
        return None
    valid_from, valid_until = _instant(said.valid_from), _instant(said.valid_until)
    return Permitted(
        always=all(_is_always(zones, number) for number in _numbers(said, len(terminal.coordinator.data.doors))),
        # A first day that has come says nothing any more.
        valid_from=valid_from if valid_from and valid_from > dt_util.utcnow() else None,
        valid_until=None if valid_until and valid_until.year >= _FOR_EVER else valid_until,
    )


def _numbers(said: Permission, doors: int) -> list[int]:
    values = [getattr(said, name) for name in _ZONES[:doors]]
    return [value for value in values if value is not None]


def _is_always(zones: Zones | None, number: int) -> bool:
    """Return whether a week zone is every hour; one that nobody has written is, if terminals give it by themselves."""
    if zones is None or (number == DEFAULT_ZONE and not any(map(any, zones.weeks))):
        return True
    return holds(zones, number, ALWAYS)


def _instant(moment: datetime | None) -> datetime | None:
    return None if moment is None else dt_util.as_utc(moment.replace(tzinfo=dt_util.get_default_time_zone()))
