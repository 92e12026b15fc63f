"""Days on which other rules apply (specification B31, B32).

An older generation of firmware numbers its holidays and has other keys (field notes 5, getholiday);
those stay in `extra`.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
import re
from typing import ClassVar, override

from ..kinds import Formatted, Many
from ..table import Rows, Table
from ..wire import Nested, Structure, plain, wire
from .base import MAX_RECORDS, Command, Page, Paged, Reply
from .kinds import NUMBER, PERSON_NAME, ZONE

_MONTH_DAY = re.compile(
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|[12]\d)",
    re.ASCII,
)
MONTH_DAY = Formatted(_MONTH_DAY, "12-25")


@dataclass(frozen=True, kw_only=True)
class Holiday(Structure):
    """Some days of every year, `MM-DD`, both included, and the day zone that then applies."""

    name: str | None = field(default=None, metadata=wire("name", PERSON_NAME))
    start_day: str | None = field(default=None, metadata=wire("startday", MONTH_DAY))
    end_day: str | None = field(default=None, metadata=wire("endday", MONTH_DAY))
    shift: int | None = field(default=None, metadata=wire("shift", NUMBER))
    day_zone: int | None = field(default=None, metadata=wire("dayzone", ZONE))


_HOLIDAYS = Rows(Holiday, MAX_RECORDS)
# Keys of what could not be read and may be a holiday, or the day zone of one.
_MISREAD = frozenset({"holidays", "dayzone"})


@dataclass(frozen=True, kw_only=True)
class HolidayPage(Page):
    """Holidays of a terminal (specification B31); nothing tells how many pages there are."""

    records: Table[Holiday] | None = field(default=None, metadata=wire("holidays", _HOLIDAYS))

    @property
    @override
    def rows(self) -> Table[Holiday]:
        """Return the holidays of the page."""
        return _HOLIDAYS.empty() if self.records is None else self.records

    @property
    @override
    def misread(self) -> bool:
        """Return whether there may be a holiday, or a day zone of one, that could not be read."""
        unknown = (key for extra in (self.extra, *self.rows.column("extra")) for key, said in extra.items() if said)
        return bool(self.rows.strays) or not _MISREAD.isdisjoint(map(plain, unknown))

    @property
    @override
    def contents(self) -> frozenset[Hashable]:
        """Return all that each holiday says."""
        return frozenset(map(repr, self.rows))


@dataclass(frozen=True, kw_only=True)
class GetHolidays(Paged[HolidayPage]):
    """Ask for the holidays (specification B31)."""

    name: ClassVar[str] = "getholiday"
    reply: ClassVar[type[Reply]] = HolidayPage


@dataclass(frozen=True, kw_only=True)
class SetHolidays(Command[Reply]):
    """Write the holidays (specification B32)."""

    name: ClassVar[str] = "setholiday"

    holidays: tuple[Holiday, ...] = field(metadata=wire("holidays", Many(Nested(Holiday), MAX_RECORDS)))
