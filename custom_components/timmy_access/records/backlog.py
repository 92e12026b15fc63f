"""What a terminal kept while it could not report: one summary, and nothing that acts."""

from collections.abc import Callable, Sequence
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..terminal.moments import CaughtUp, Moment

# Terminals send the next batch at once after an acknowledgement; after this long a backlog is over.
QUIET_SECONDS = 5.0


class Backlog:
    """Counts the old records of one terminal, and tells about them when no more come."""

    def __init__(self, hass: HomeAssistant, publish: Callable[[Moment], None]) -> None:
        """Start with nothing; `publish` gets the summary."""
        self._hass = hass
        self._publish = publish
        self._count = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._grew = False
        self._cancel: CALLBACK_TYPE | None = None
        self._job = HassJob(self._async_look, "backlog", cancel_on_shutdown=True)

    @callback
    def async_note(self, occurred_at: Sequence[datetime]) -> None:
        """Count records."""
        self._count += len(occurred_at)
        self._first = min(self._first or occurred_at[0], *occurred_at)
        self._last = max(self._last or occurred_at[0], *occurred_at)
        self._grew = True
        if self._cancel is None:
            self._cancel = async_call_later(self._hass, QUIET_SECONDS, self._job)

    @callback
    def async_stop(self) -> None:
        """Tell nothing more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_look(self, _: datetime) -> None:
        self._cancel = None
        if self._grew:
            self._grew = False
            self._cancel = async_call_later(self._hass, QUIET_SECONDS, self._job)
            return
        if self._first is None or self._last is None:
            return
        self._publish(CaughtUp(records=self._count, since=self._first, until=self._last, occurred_at=dt_util.utcnow()))
        self._count, self._first, self._last = 0, None, None
