"""When a record really happened, and whether it is live or history.

Terminals speak naive local time (field notes 0.5) from a clock that may be wrong, and replay months of records after
a time offline (field notes 3). Live records reach automations and may open doors; history never does. Every doubt
here makes a record history.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from time import monotonic
from typing import NamedTuple

from homeassistant.util import dt as dt_util

from ..const import LIVE_WINDOW

# `devinfo.time` is composed at the TCP connect and sent two to three seconds later (field notes 2).
REGISTRATION_LAG = timedelta(seconds=2)
# Backlogs go through the days in their order, those of several terminals at once.
DAYS_REMEMBERED = 128
# How far from now the time of somebody who stands at the door may be: terminals report within two seconds, slow ones
# within five (field notes 3), and nobody waits much longer than that.
PRESENT = timedelta(seconds=7)
# How long before its connection a record may have been made to count as made on it: seconds are cut off, and our time
# takes a moment to the terminal. What waited there longer is history, however young.
CONNECTING = timedelta(seconds=3)
# Differences below this are the lag of the measurement, not of the clock.
DRIFT_TOLERANCE = timedelta(seconds=10)


class Placed(NamedTuple):
    """A record's place in time."""

    occurred_at: datetime
    live: bool


def local_naive(now: datetime) -> datetime:
    """Return the wall clock of this Home Assistant, as terminals are told it."""
    return dt_util.as_local(now).replace(tzinfo=None, microsecond=0)


def localise(naive: datetime, near: datetime) -> datetime:
    """Return a naive local time as an instant; in the repeated hour of autumn the one nearer to `near`.

    Raises `OverflowError` for an instant outside the calendar.
    """
    first = naive.replace(tzinfo=dt_util.get_default_time_zone(), fold=0)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    return min(first.astimezone(UTC), second.astimezone(UTC), key=lambda instant: abs(instant - near))


def _instants(shown: Iterable[datetime | None], near: datetime) -> Iterator[datetime | None]:
    """Yield what `localise` makes of naive local times; None for none, and for one outside the calendar."""
    zone = dt_util.get_default_time_zone()
    day: date | None = None
    offset: timedelta | None = None
    for naive in shown:
        if naive is None:
            yield None
            continue
        if naive.date() != day:  # a frame is of one day, mostly
            day = naive.date()
            offset = _offset_on(day, zone)
        try:
            yield localise(naive, near) if offset is None else (naive - offset).replace(tzinfo=UTC)
        except OverflowError:
            yield None


@lru_cache(DAYS_REMEMBERED)
def _offset_on(day: date, zone: tzinfo) -> timedelta | None:
    """Return how far a local day is from UTC; None for one on which that changes."""
    times = (*(time(hour, fold=fold) for hour in range(24) for fold in (0, 1)), time.max)
    offsets = {datetime.combine(day, at, zone).utcoffset() for at in times}
    return offsets.pop() if len(offsets) == 1 else None


class TerminalClock:
    """What is known of one terminal's clock.

    Every registration is answered with our time, which the terminal takes over. So a clock that was wrong then is
    right afterwards, and only the records it made before, the ones still unsent at the registration, are off.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = dt_util.utcnow,
        live_window: timedelta = LIVE_WINDOW,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        """Start with a clock that is believed until it is measured; what is older than `live_window` is history.

        `elapsed` are seconds, and tells how long a connection lasts, also where our own clock is changed meanwhile.
        """
        self._now = now
        self._elapsed = elapsed
        self.live_window = live_window
        self.drift: timedelta | None = None
        self._backlog: int | None = 0
        self._doubt_until: datetime | None = None
        self._told_offset: timedelta | None = None
        self._ahead: timedelta | None = None
        self._connected_at: float | None = None

    def connected(self) -> None:
        """Note a new connection: what the terminal has made before is history."""
        self._connected_at = self._elapsed()

    def told(self) -> None:
        """Note that the terminal gets our time now, which it goes by until it is told again."""
        self._told_offset = dt_util.as_local(self._now()).utcoffset()
        self._ahead = None

    def compared(self, shown: datetime) -> timedelta:
        """Note what the terminal's clock shows now, and return how far ahead it is; raises `OverflowError`."""
        now = self._now()
        ahead = localise(shown, now) - now
        self._ahead = None if abs(ahead) <= DRIFT_TOLERANCE else ahead
        return ahead

    @property
    def is_wrong(self) -> bool:
        """Whether the last comparison found it wrong, and it has not been told the time since."""
        return self._ahead is not None

    def is_present(self, shown: datetime | None) -> bool:
        """Return whether a time is now by what is known of the terminal's clock: whoever it is of stands at the door.

        Much narrower than what is live: news may be some minutes old, a verdict may not. Our own clocks may have been
        changed since the terminal was told the time.
        """
        if shown is None or (self.drift and self._may_be_older()):
            return False
        now = self._now()
        try:
            instant = localise(shown - (self._ahead or timedelta(0)), now)
        except OverflowError:
            return False
        if self._ahead is None and self._told_offset is not None:
            by_what_was_told = (shown - self._told_offset).replace(tzinfo=UTC)
            instant = min(instant, by_what_was_told, key=lambda one: abs(one - now))
        return abs(instant - now) <= PRESENT

    def measured(self, shown: datetime | None, unsent: int | None) -> None:
        """Note a registration: the time the terminal showed, and how many records it still holds."""
        now = self._now()
        if shown is None:
            self.drift = None
            return
        drift = now - localise(shown, now) - REGISTRATION_LAG
        self.drift = timedelta(0) if abs(drift) <= DRIFT_TOLERANCE else drift
        self._backlog = unsent
        self._doubt_until = now + self.live_window

    def instants(self, shown: Sequence[datetime | None]) -> list[datetime]:
        """Return when naive times of the terminal were, as it shows them; now for none, or one outside the calendar."""
        now = self._now()
        return [now if instant is None else instant for instant in _instants(shown, now)]

    def place(self, shown: Sequence[datetime | None], records_in_frame: int) -> list[Placed]:
        """Return when records of a frame that arrives now happened, and whether they are live.

        `records_in_frame` may be more than those that are to be placed.
        """
        now = self._now()
        earliest, latest = now - self.live_window, now + self.live_window
        if self._connected_at is not None:
            earliest = max(earliest, now - CONNECTING - timedelta(seconds=self._elapsed() - self._connected_at))
        behind = self._behind_us(now)
        placed: list[Placed] = []
        for instant in _instants(shown, now):
            doubted = self.drift and self._is_doubted(now, records_in_frame)
            if instant is None:
                placed.append(Placed(now, live=False))
                continue
            live = earliest <= instant <= latest
            if behind and not live and earliest <= instant + behind <= latest:
                instant, live = instant + behind, True  # noqa: PLW2901 - the same record, by what it was told
            if not doubted or not self.drift:
                placed.append(Placed(instant, live))
                continue
            corrected = instant + self.drift
            placed.append(Placed(corrected, live and earliest <= corrected <= latest))
        return placed

    def is_ahead(self, shown: Sequence[datetime | None]) -> bool:
        """Return whether any time is of the future, which a record can be by a wrong clock only."""
        latest = max((one for one in shown if one is not None), default=None)
        if latest is None:
            return False
        now = self._now()
        try:
            return localise(latest, now) > now + DRIFT_TOLERANCE
        except OverflowError:
            return False

    def _behind_us(self, now: datetime) -> timedelta | None:
        """Return what our own clocks have been changed by since the terminal was told the time; None for nothing."""
        if self._told_offset is None:
            return None
        return ((dt_util.as_local(now).utcoffset() or timedelta(0)) - self._told_offset) or None

    def _may_be_older(self) -> bool:
        """Return whether records that were made while the clock was wrong may still come."""
        if self._backlog is not None:
            return self._backlog > 0
        return self._doubt_until is not None and self._now() < self._doubt_until

    def _is_doubted(self, now: datetime, records_in_frame: int) -> bool:
        """Return whether a record may have been made while the clock was wrong."""
        if self._backlog is not None:
            if made_before := self._backlog > 0:
                self._backlog -= 1
            return made_before
        if records_in_frame > 1:
            self._doubt_until = now + self.live_window
        return self._doubt_until is not None and now < self._doubt_until
