"""When somebody may pass, as a terminal says it (specification B22), and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from ..fields import within_our_time
from ..terminal.zones import Zones
from .standing import Standing
from .week import Week
from .zones import week_of

# What stands for no first and no last day: dates of people whom nobody has given any (specification B22).
FIRST_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - naive by protocol
LAST_DAY = datetime(2099, 12, 31, 23, 59, 59)  # noqa: DTZ001 - naive by protocol


@dataclass(frozen=True, kw_only=True)
class Permit:
    """What a terminal says of one number, in its own words: as long as it says the same, nobody has changed it there.

    `valid_from` and `valid_until` are naive and in the terminal's time. `zones` are week zones by door, from 1; None
    is one that it does not tell. `is_set` is False where it says that it knows nothing of when they may pass.
    """

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    zones: tuple[int | None, ...] = ()
    is_set: bool = True


# What a terminal says of somebody of whom it has been made to forget it.
UNSET = Permit(is_set=False)


@dataclass(frozen=True, kw_only=True)
class Access:
    """From when until when somebody may pass, and at which hours which door.

    `valid_from` and `valid_until` are instants, None for no such end. `hours` are by door; None are hours that cannot
    be understood, and a door of which nothing is told is not in it.
    """

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: Mapping[int, Week | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Permits:
    """What a terminal says of numbers, with what it takes to understand it.

    `tables` are None as long as they are not read, or cannot be. `time_zone` is the one of its dates.
    """

    told: Mapping[int, Permit] = field(default_factory=dict)
    tables: Zones | None = None
    time_zone: tzinfo = UTC

    def named(self, standing: Standing) -> Standing:
        """Return a standing with the dates that the terminal gives back where these were written to it."""
        ends = (standing.valid_from, FIRST_DAY), (standing.valid_until, LAST_DAY)
        valid_from, valid_until = (
            None if it is None else instant_of(local_of(it, end, self.time_zone), end, self.time_zone)
            for it, end in ends
        )
        return replace(standing, valid_from=valid_from, valid_until=valid_until)

    def meaning(self, permit: Permit, doors: int) -> Access:
        """Return what a permit means at a terminal of so many doors."""
        hours: dict[int, Week | None] = {}
        if not permit.is_set:  # they have what the terminal gives by itself, which it does not tell
            hours = dict.fromkeys(range(1, doors + 1))
        for door, number in enumerate(permit.zones, 1):
            if number is not None:
                hours[door] = None if self.tables is None else week_of(self.tables, number)
        return Access(
            valid_from=instant_of(permit.valid_from, FIRST_DAY, self.time_zone),
            valid_until=instant_of(permit.valid_until, LAST_DAY, self.time_zone),
            hours=hours,
        )


# A terminal that has not told when anybody may pass.
NOTHING_TOLD = Permits()


def local_of(instant: datetime | None, otherwise: datetime, time_zone: tzinfo) -> datetime:
    """Return a terminal's date for an instant, and for none the end of what it can name."""
    return otherwise if instant is None else instant.astimezone(time_zone).replace(tzinfo=None, microsecond=0)


def instant_of(local: datetime | None, otherwise: datetime, time_zone: tzinfo) -> datetime | None:
    """Return the instant of a terminal's date; dates at the ends of what it can name are none."""
    if local is None or local.year in (otherwise.year, 0):
        return None
    return within_our_time(local).replace(tzinfo=time_zone)
