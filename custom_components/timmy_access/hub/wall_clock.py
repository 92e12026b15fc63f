"""The clock on Home Assistant's wall, which terminals are told again when it is changed.

They speak naive local time (field notes 0.5) and take it over at each registration, which may be weeks ago: when clocks
are put back, the time zone is another, or the machine's own clock was wrong, all that they report is off until then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
import time

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

# Within this a change is noticed; what happens meanwhile is understood by what terminals were told.
LOOK = timedelta(seconds=15)
# A clock that is steered drifts by milliseconds a look; what terminals are told has seconds.
STEP_SECONDS = 2.0


class WallClock:
    """Looks whether the local time has jumped."""

    def __init__(self, hass: HomeAssistant, jumped: Callable[[], None]) -> None:
        """Call `jumped` when the local time is another than what has passed tells."""
        self._hass = hass
        self._jumped = jumped
        self._shown = _ahead_of_monotonic()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look until the returned function is called."""
        self._shown = _ahead_of_monotonic()
        stops = (
            async_track_time_interval(self._hass, self._async_look, LOOK, name="wall clock", cancel_on_shutdown=True),
            self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_look),
        )

        @callback
        def _async_stop() -> None:
            for stop in stops:
                stop()

        return _async_stop

    @callback
    def _async_look(self, _: datetime | Event) -> None:
        before, self._shown = self._shown, _ahead_of_monotonic()
        if abs(self._shown - before) >= STEP_SECONDS:
            self._jumped()


def _ahead_of_monotonic() -> float:
    """Return how far the local time is ahead of a clock that nobody changes, in seconds."""
    now = dt_util.now()
    return now.timestamp() + (now.utcoffset() or timedelta(0)).total_seconds() - time.monotonic()
