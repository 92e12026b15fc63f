"""How much one terminal may add to the access log in a day.

A terminal that lies, or whose firmware has gone mad, would otherwise fill the disk, and with it stop all of Home
Assistant. What is beyond it is not acknowledged: the terminal keeps it, and sends it again when the next day has begun.
"""

from collections.abc import Callable
from datetime import date

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util

from ..const import LOGGER

# The largest terminals hold a million records, or a little more, and a full one that is connected for the first time
# sends all of them. Twice as many are some 300 MB, and 4 GB where each says as much as is kept of one: the
# smallest disk leaves a day or more for somebody to look.
RECORDS_A_DAY = 2_000_000


class Allowance:
    """Counts what was new from one terminal today, since Home Assistant started; days are those of the house."""

    def __init__(self, serial: str) -> None:
        """Start with nothing used."""
        self._serial = serial
        self._day: date | None = None
        self._used = 0
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more is taken today."""
        return self._used >= RECORDS_A_DAY and self._day == _today()

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Have a listener called when it is used up, and when that is over; returns how to end this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_allows(self) -> bool:
        """Return whether more is taken; a frame that goes beyond it is taken wholly."""
        if self._day != (today := _today()):
            was_used_up, self._day, self._used = self._used >= RECORDS_A_DAY, today, 0
            if was_used_up:
                self._async_tell()
        return not self.is_used_up

    @callback
    def async_use(self, records: int) -> None:
        """Count records that are new."""
        was_used_up, self._used = self.is_used_up, self._used + records
        if self.is_used_up and not was_used_up:
            LOGGER.warning("%s has added %d records today; no more are taken before tomorrow", self._serial, self._used)
            self._async_tell()

    @callback
    def _async_tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _today() -> date:
    return dt_util.now().date()
