"""Which day zones holidays refer to (specification B31), of which some may be unknown."""

from ..protocol.commands import GetHolidays, Holiday
from ..protocol.commands.base import Page
from ..protocol.commands.kinds import MAX_ZONE
from ..protocol.errors import CommandRefused
from ..protocol.reasons import Refusal, refusal_of
from ..protocol.turns import Priority
from .line import Line

# Of what could not be read, each may be meant.
EVERY_ZONE = frozenset(range(1, MAX_ZONE + 1))


async def async_holiday_zones(line: Line, priority: Priority = Priority.BULK) -> frozenset[int]:
    """Return the day zones that holidays may refer to; raises the protocol's errors.

    Those are all where holidays cannot be read, and none where the firmware has no holidays.
    """
    misread = False

    async def _look(page: Page) -> None:
        nonlocal misread
        misread = misread or page.misread

    try:
        rows = (await line.async_read_list(GetHolidays(), priority, _look)).rows
    except CommandRefused as err:
        return frozenset() if refusal_of(err) in (Refusal.UNKNOWN_COMMAND, Refusal.NO_DATA) else EVERY_ZONE
    if misread:
        return EVERY_ZONE
    return frozenset(row.day_zone for row in rows if isinstance(row, Holiday) and row.day_zone)
