"""A terminal as it is, before it is kept in step: who is on it, and when they may pass."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import replace
from datetime import datetime

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..fields import within_our_time
from ..house.deeds import Did, told
from ..house.house import House
from ..house.standing import Seen
from ..house.taking_over import Left, Permitted, Present
from ..house.week import ALWAYS
from ..house.zones import DEFAULT_ZONE, holds
from ..ledger import likeness
from ..people.people import EMPTY_SLOT
from ..protocol.commands import GetAccessSettings, GetPermission, Permission
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.reasons import Refusal, refusal_of
from ..protocol.turns import Priority
from ..terminal.zones import Zones
from .agreements import listed
from .in_step import make_of
from .terminal import Terminal

# Firmware writes a last day far away for somebody whose days do not end (specification B22).
_FOR_EVER = 2090
# A terminal tells one permission at a time. One that leaves so many questions in a row open answers no more of them.
MAX_SILENT = 3
# Half an hour is 50,000 people on a quick terminal; who is not asked about by then is told as not read.
LONGEST = 1800.0
# A hundred thousand lines: who was removed before them is found by their number alone.
MAX_CHANGE_PAGES = 100
MAX_PAGE = 1000

type Progress = Callable[[int, int], None]


async def async_present(
    hass: HomeAssistant, terminal: Terminal, house: House, progress: Progress = lambda *_: None
) -> Present:
    """Return a terminal as it is; whose permission cannot be read is not among the permitted.

    Asked about is only whose permission decides what becomes of them; `progress` is called with how many of how many
    have been. Raises `HouseUnknown`, `LedgerUnavailable` and the protocol's errors.
    """
    settings = await terminal.async_request(GetAccessSettings())
    days, weeks = settings.day_zones, settings.week_zones
    zones = None if days is None or weeks is None else Zones(days=days, weeks=weeks)
    is_read = not settings.is_misread("day_zones", "week_zones")
    present = Present(
        serial=terminal.serial,
        name=terminal.name,
        doors=frozenset(terminal.coordinator.data.doors),
        people=await _without_emptiness(terminal, listed(terminal).people),
        permitted={},
        make=make_of(terminal),
        departed=await _departed(house),
    )
    undecided = await hass.async_add_executor_job(house.preview, present)
    wanted = [number for number, why in undecided.left.items() if why is Left.NOT_READ]
    return replace(present, permitted=await _permissions(terminal, zones, wanted, progress, is_read=is_read))


async def _without_emptiness(terminal: Terminal, people: Mapping[int, Seen]) -> Mapping[int, Seen]:
    """Return people without the slot that terminals list for whoever has nothing; one that does not tell has it."""
    told = dict(people)
    with suppress(TimeoutError, CommandTimeout):
        async with asyncio.timeout(LONGEST):
            for number, seen in people.items():
                if seen.slots != frozenset({EMPTY_SLOT}):
                    continue
                try:
                    record = (await terminal.people.async_record(number, EMPTY_SLOT, Priority.BULK)).record
                except CommandRefused:
                    record = None
                if not record:
                    told[number] = replace(seen, slots=frozenset())
    return told


async def _departed(house: House) -> frozenset[str]:
    """Return what those were called who have been removed, as far back as the change log goes.

    A terminal that was away, or not ours, still has them.
    """
    names: set[str] = set()
    before: int | None = None
    for _ in range(MAX_CHANGE_PAGES):
        page = await house.keeper.async_changes(None, limit=MAX_PAGE, before=before)
        names |= {likeness(line["name"]) for line in map(told, page.changes) if line["did"] == Did.REMOVED}
        if (before := page.next) is None:
            break
    return frozenset(names - {""})


async def _permissions(
    terminal: Terminal, zones: Zones | None, wanted: Sequence[int], progress: Progress, *, is_read: bool
) -> Mapping[int, Permitted]:
    permitted: dict[int, Permitted] = {}
    silent = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            for done, enroll_id in enumerate(wanted):
                progress(done, len(wanted))
                try:
                    said = await terminal.async_request(GetPermission(enroll_id=enroll_id), Priority.BULK)
                except CommandRefused as err:
                    silent, refusal = 0, refusal_of(err)
                    if refusal is Refusal.UNKNOWN_COMMAND:  # this firmware lets everybody in at every hour
                        return dict.fromkeys(wanted, Permitted(always=True))
                    if refusal is Refusal.NO_DATA:
                        permitted[enroll_id] = Permitted(always=True)
                except CommandTimeout:
                    silent += 1
                    if silent == MAX_SILENT:
                        break
                else:
                    silent = 0
                    names_hours = bool(_numbers(said, len(terminal.coordinator.data.doors)))
                    if (is_read or not names_hours) and (read := _permitted(terminal, zones, said)) is not None:
                        permitted[enroll_id] = read
    return permitted


def _permitted(terminal: Terminal, zones: Zones | None, said: Permission) -> Permitted | None:
    if said.has_unread_dates:
        return None
    valid_from, valid_until = _instant(said.valid_from), _instant(said.valid_until)
    return Permitted(
        always=all(_is_always(zones, number) for number in _numbers(said, len(terminal.coordinator.data.doors))),
        # A first day that has come says nothing any more.
        valid_from=valid_from if valid_from and valid_from > dt_util.utcnow() else None,
        valid_until=None if valid_until and valid_until.year >= _FOR_EVER else valid_until,
    )


def _numbers(said: Permission, doors: int) -> list[int]:
    return [number for number in said.week_zones[:doors] if number is not None]


def _is_always(zones: Zones | None, number: int) -> bool:
    """Return whether a week zone is every hour; one that nobody has written is, if terminals give it by themselves."""
    if zones is None or (number == DEFAULT_ZONE and not any(map(any, zones.weeks))):
        return True
    return holds(zones, number, ALWAYS)


def _instant(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return dt_util.as_utc(within_our_time(moment).replace(tzinfo=dt_util.get_default_time_zone()))
