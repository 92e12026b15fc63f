"""Whose hours a terminal can hold in no case, told before anything is written to it."""

from collections.abc import Mapping
from datetime import datetime

from ..protocol.commands.kinds import MAX_ZONE
from ..terminal.zones import Zones, padded
from .household import Household
from .plan import hours_by_door
from .wanted import Make, Weeks, standings_wanted
from .week import DAYS
from .zones import DEFAULT_ZONE, Tables, Unfit, allocate

# Tables as they come from the factory, of which nobody else uses anything: in none is there more room.
_FACTORY = Tables(
    zones=Zones(days=(padded(("00:00~23:59",)), *(padded(()),) * (MAX_ZONE - 1)), weeks=((1,) * DAYS,) * MAX_ZONE),
    others=frozenset({DEFAULT_ZONE}),
)


def foreseen(household: Household, serial: str, make: Make, weeks: Weeks, now: datetime) -> Mapping[int, Unfit]:
    """Return who would not be let in at a terminal for want of room for their hours, by enroll id, and why.

    Where others use its tables already there may be more of them.
    """
    hours = {
        number: set(hours_by_door(standing, make.doors).values())
        for number, standing in standings_wanted(household, serial, make, weeks, now).items()
        if standing.enabled
    }
    unfit = allocate(_FACTORY, set().union(*hours.values()), {}).unfit
    return {
        number: next(unfit[week] for week in theirs if week in unfit)
        for number, theirs in hours.items()
        if not unfit.keys().isdisjoint(theirs)
    }
