"""Days and times as a guest reads them: in the language of the message, the way its owner writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from homeassistant.components.frontend.storage import async_user_store
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import DOMAIN

# What somebody has chosen in their profile, by the names that Home Assistant's frontend keeps it under.
_CHOSEN = "language"
_DAY_ORDER = "date_format"
_CLOCK = "time_format"
_TWELVE_HOURS, _ALL_HOURS = "12", "24"
# Languages whose speakers have twelve hours unless they choose otherwise, as browsers show them.
_TWELVE_HOUR_LANGUAGES = frozenset({"en", "en-US"})
# Months are names in all of them: 3/4 is another day to each of two people.
_ORDERS: Mapping[str, str] = {
    "DMY": "{day} {month} {year}, {time}",
    "MDY": "{month} {day}, {year}, {time}",
    "YMD": "{year} {month} {day}, {time}",
}
NOON = 12


@dataclass(frozen=True, kw_only=True)
class WrittenTimes:
    """A way to write moments; `pattern` has day, month, year and time."""

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


async def async_written_times(hass: HomeAssistant, texts: Mapping[str, str], user_id: str | None) -> WrittenTimes:
    """Return how somebody writes times; where nobody is known, or they have chosen nothing, how the language does.

    `texts` are those of `common` in the language of the message.
    """
    chosen = {} if user_id is None else (await async_user_store(hass, user_id)).data.get(_CHOSEN) or {}
    order, clock = chosen.get(_DAY_ORDER), chosen.get(_CLOCK)
    by_language = hass.config.language in _TWELVE_HOUR_LANGUAGES and clock != _ALL_HOURS
    return WrittenTimes(
        pattern=_ORDERS.get(str(order)) or texts[f"component.{DOMAIN}.common.share_moment"],
        months=tuple(texts[f"component.{DOMAIN}.common.share_months"].split("|")),
        has_twelve_hours=clock == _TWELVE_HOURS or by_language,
    )
