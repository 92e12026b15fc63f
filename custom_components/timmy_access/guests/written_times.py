"""Days and times as a guest reads them, in the language of the message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from homeassistant.util import dt as dt_util

from ..const import DOMAIN

# Languages whose speakers have twelve hours, as browsers show them.
_TWELVE_HOUR_LANGUAGES = frozenset({"en", "en-US"})
NOON = 12


@dataclass(frozen=True, kw_only=True)
class WrittenTimes:
    """A way to write moments; `pattern` has day, month, year and time.

    Months are names: 3/4 is another day to each of two people.
    """

    pattern: str
    months: tuple[str, ...]
    has_twelve_hours: bool

    def moment(self, instant: datetime | None) -> str:
        """Return a day and the time on it, where Home Assistant is; empty for none."""
        if instant is None:
            return ""
        local = dt_util.as_local(instant)
        month = self.months[local.month - 1]
        return self.pattern.format(day=local.day, month=month, year=local.year, time=self.clock(local.time()))

    def clock(self, at: time) -> str:
        """Return a time of day."""
        if not self.has_twelve_hours:
            return f"{at:%H:%M}"
        return f"{at.hour % NOON or NOON}:{at:%M} {'AM' if at.hour < NOON else 'PM'}"


def written_times(language: str, texts: Mapping[str, str]) -> WrittenTimes:
    """Return how times are written in a language; `texts` are those of `common` in it."""
    return WrittenTimes(
        pattern=texts[f"component.{DOMAIN}.common.share_moment"],
        months=tuple(texts[f"component.{DOMAIN}.common.share_months"].split("|")),
        has_twelve_hours=language in _TWELVE_HOUR_LANGUAGES,
    )
