"""When a record really happened, and whether it is live or history.

Terminals speak naive local time (field notes 0.5) from a clock that may be wrong, and replay months of records after
a time offline (field notes 3). Live records reach automations and may open doors; history never does. Every doubt
here makes a record history.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import repeat
from time import monotonic
from typing import NamedTuple, TypeGuard

from homeassistant.util import dt as dt_util

from ..const import LIVE_WINDOW
from ..fields import FIRST_YEAR
from .told import SAME, ToldTimes
from .wrong_stretch import DRIFT_TOLERANCE, ZONES_APART, WrongStretch

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
# The same for a clock that was wrong when it connected: it shows ours from then on, with the seconds cut off, and what
# says to be of the moment before was not made by it then.
TAKEN_OVER = timedelta(seconds=1.5)
# No terminal was there before: such a time tells nothing. That of a clock that has lost its time may be of the day
# before it in UTC; what is later than `_EARLIEST` locally is not before it in any zone.
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - ZONES_APART
_EARLIEST = datetime(FIRST_YEAR, 1, 1) + ZONES_APART  # noqa: DTZ001 - local


def _ahead_of_utc(now: datetime) -> timedelta:
    return dt_util.as_local(now).utcoffset() or timedelta(0)


def _naive(shown: datetime) -> datetime:
    return shown if shown.tzinfo is None else dt_util.as_local(shown).replace(tzinfo=None)


class Placed(NamedTuple):
    """A record's place in time."""

    occurred_at: datetime
    live: bool


def local_naive(now: datetime) -> datetime:
    """Return the wall clock of this Home Assistant, as terminals are told it."""
    return dt_util.as_local(now).replace(tzinfo=None, microsecond=0)


def localise(naive: datetime, near: datetime) -> datetime:
    """Return a naive local time as an instant; in the repeated hour of autumn the one nearer to `near`.

    What is an instant already stays one. Raises `OverflowError` for an instant outside the calendar.
    """
    if naive.tzinfo is not None:
        return naive.astimezone(UTC)
    first = naive.replace(tzinfo=dt_util.get_default_time_zone(), fold=0)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    return min(first.astimezone(UTC), second.astimezone(UTC), key=lambda instant: abs(instant - near))


def _are_past(shown: Sequence[datetime | None], now: datetime) -> bool:
    """Return whether all are times long before `now`, in whichever zone; False where that takes a closer look."""
    times = [naive for naive in shown if naive is not None]
    if not times or len(times) < len(shown):
        return False
    try:
        first, last = min(times), max(times)
    except TypeError:  # some are instants
        return False
    return last.tzinfo is None and first > _EARLIEST and last < local_naive(now) - ZONES_APART


def _are_before(instants: Sequence[datetime | None], earliest: datetime) -> TypeGuard[Sequence[datetime]]:
    times = [instant for instant in instants if instant is not None]
    return 0 < len(times) == len(instants) and max(times) < earliest and min(times) >= _FIRST


@lru_cache(DAYS_REMEMBERED)
def _offset_on(day: date, zone: tzinfo) -> timedelta | None:
    """Return how far a local day is from UTC; None for one on which that changes."""
    times = (*(time(hour, fold=fold) for hour in range(24) for fold in (0, 1)), time.max)
    offsets = {datetime.combine(day, at, zone).utcoffset() for at in times}
    return offsets.pop() if len(offsets) == 1 else None


class TerminalClock:
    """What is known of one terminal's clock.

    Every registration is answered with our time, which the terminal takes over. So a clock that was wrong then is
    right afterwards, and only the records it made before are off: of those still unsent at the registration the ones
    that the wrong clock can have written. Others stay where they are.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = dt_util.utcnow,
        live_window: timedelta = LIVE_WINDOW,
        elapsed: Callable[[], float] = monotonic,
        told: ToldTimes | None = None,
    ) -> None:
        """Start with a clock that is believed until it is measured; what is older than `live_window` is history.

        `elapsed` are seconds, and tells how long a connection lasts, also where our own clock is changed meanwhile.
        `told` is what is known of before a restart.
        """
        self._now = now
        self._elapsed = elapsed
        self.live_window = live_window
        self.drift: timedelta | None = None
        # How many connections there were, and how many records the terminal held unsent when it registered last.
        self.connections = 0
        self.unsent: int | None = None
        self._wrong: WrongStretch | None = None
        self._right_at: datetime | None = None
        self._backlog: int | None = 0
        self._doubt_until: datetime | None = None
        self._told = told or ToldTimes()
        self._our_clock = now().timestamp() - elapsed()
        self._ahead: timedelta | None = None
        self._connected_at: float | None = None
        # By how much the clock was ahead when it registered, though not wrong.
        self._fast = timedelta(0)

    def connected(self) -> None:
        """Note a new connection: what the terminal has made before is history."""
        self._connected_at = self._elapsed()
        self.connections += 1
        if self._wrong is not None:
            self._doubt_until = self._now() + self.live_window

    def told(self) -> None:
        """Note that the terminal gets our time now, which it goes by until it is told again."""
        now = self._settled()
        self._told.note(now, _ahead_of_utc(now))
        self._right_at = now
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
        if shown is None:
            return False
        now = self._settled()
        try:
            if self._is_late(now) and self._is_doubted(shown, localise(shown, now), now):
                return False
            instant = localise(shown - (self._ahead or timedelta(0)), now)
        except OverflowError:
            return False
        if self._ahead is None and self._told.ahead is not None and shown.tzinfo is None:
            by_what_was_told = (shown - self._told.ahead).replace(tzinfo=UTC)
            instant = min(instant, by_what_was_told, key=lambda one: abs(one - now))
        return abs(instant - now) <= PRESENT and instant >= self._taken_over(now, PRESENT)

    def measured(self, shown: datetime | None, unsent: int | None) -> None:
        """Note a registration: the time the terminal showed, and how many records it still holds.

        One that does not show its time has gone on as it was told.
        """
        now = self._settled()
        self.unsent = unsent
        read_at = now - REGISTRATION_LAG
        drift = None
        if shown is not None:
            with suppress(OverflowError):  # outside the calendar
                drift = read_at - localise(shown, now)
        is_fast = drift is not None and -DRIFT_TOLERANCE <= drift < -SAME
        self._fast = -drift if is_fast and drift is not None else timedelta(0)
        self.drift = timedelta(0) if drift is not None and abs(drift) <= DRIFT_TOLERANCE else drift
        if drift is None and self._told.ahead is not None:
            shown = (read_at + self._told.ahead).replace(tzinfo=None)
            drift = _ahead_of_utc(now) - self._told.ahead
        if drift is None or shown is None:
            return
        if abs(drift) > DRIFT_TOLERANCE:
            since = self._right_at
            if since is None and abs(_ahead_of_utc(now) - drift - (self._told.ahead or ZONES_APART)) <= DRIFT_TOLERANCE:
                since = self._told.since  # it goes on as it was told before a restart
            self._wrong = WrongStretch(drift, _naive(shown), read_at, since)
            self._doubt_until = now + self.live_window
        else:
            if self._behind_us(now) is not None:
                self._told.forget()  # its clock was put right by something else
            if not self._waits(now) or unsent == 0:
                self._wrong = None
            elif self._backlog is not None:
                # What waited from before comes still, over a new connection, and first.
                unsent = self._backlog if unsent is None else min(self._backlog, unsent)
        self._backlog = unsent

    def instants(self, shown: Sequence[datetime | None]) -> list[datetime]:
        """Return when times of the terminal were that it was asked for; now for none, or one outside the calendar.

        What was made while the clock was known to be wrong gets its true time, and nothing is yet to come.
        """
        now = self._settled()
        wrong = self._wrong if self._wrong is not None and self._wrong.since is not None else None
        found: list[datetime] = []
        for one, instant in zip(shown, self._instants(shown, now), strict=True):
            if instant is None or one is None:
                found.append(now)
            elif wrong is not None and (made_at := wrong.written_at(one, instant, now)) is not None:
                found.append(made_at)
            else:
                found.append(now if instant > now + DRIFT_TOLERANCE or instant < _FIRST else instant)
        return found

    def tells_nothing(self, shown: Sequence[datetime | None]) -> list[bool]:
        """Return which times tell nothing: none, one before all terminals, or one that is yet to come."""
        latest = self._settled() + DRIFT_TOLERANCE
        if _are_past(shown, latest):
            return [False] * len(shown)
        return [instant is None or not _FIRST <= instant <= latest for instant in self._instants(shown, latest)]

    def place(self, shown: Sequence[datetime | None], records_in_frame: int) -> list[Placed]:
        """Return when records of a frame that arrives now happened, and whether they are live.

        `records_in_frame` may be more than those that are to be placed.
        """
        now = self._settled()
        earliest, latest = self._earliest_news(now), now + self.live_window
        instants = list(self._instants(shown, now))
        behind = self._behind_us(now)
        if self._wrong is None and not behind and _are_before(instants, earliest):
            # A backlog of a clock that was right: looked at as a whole.
            self._count(now, len(instants))
            return list(map(Placed, instants, repeat(False)))  # noqa: FBT003 - not live
        placed: list[Placed] = []
        for one, instant in zip(shown, instants, strict=True):
            if instant is None or one is None:
                placed.append(Placed(now, live=False))
                self._count(now)
                continue
            live = earliest <= instant <= latest
            if behind and not live and earliest <= instant + behind <= latest:
                instant, live = instant + behind, True  # noqa: PLW2901 - the same record, by what it was told
            if self._waits(now) and (wrong := self._wrong) is not None and not (live and not self._is_late(now)):
                if (made_at := wrong.written_at(one, instant, now)) is not None:
                    instant = made_at  # noqa: PLW2901 - the same record, by what the clock was off
                    live = live and earliest <= instant <= latest
                else:
                    live = live and records_in_frame == 1
            if live and not self._is_late(now):
                self._wrong, self._right_at = None, now
            elif not (live and records_in_frame == 1):
                self._count(now)
            # What has arrived has happened.
            placed.append(Placed(min(instant, now) if instant >= _FIRST else now, live))
        if records_in_frame > 1 and self._is_late(now):
            self._doubt_until = now + self.live_window
        return placed

    def place_by_arrival(self) -> Placed:
        """Return where a record belongs that came alone from a clock that stands still: it has just happened.

        Unless something that was made before may still be on its way; then that is not known.
        """
        return Placed(
            self._now(), live=self._connected_at is not None and self._backlog == 0 and self.unsent is not None
        )

    def is_ahead(self, shown: Sequence[datetime | None]) -> bool:
        """Return whether any time is of the future, which a record can be by a wrong clock only."""
        now = self._settled()
        if _are_past(shown, now):
            return False
        return any(instant is not None and instant > now + DRIFT_TOLERANCE for instant in self._instants(shown, now))

    def _settled(self) -> datetime:
        """Return what the time is; what is remembered is put right where our own clock has been changed since."""
        now = self._now()
        our_clock = now.timestamp() - self._elapsed()
        step = timedelta(seconds=our_clock - self._our_clock)
        if abs(step) >= SAME:
            self._our_clock = our_clock
            self._told.step(step)
            self._right_at = self._right_at and self._right_at + step
            self._doubt_until = self._doubt_until and self._doubt_until + step
            self._wrong = self._wrong and self._wrong.moved(step)
        return now

    def _instants(self, shown: Iterable[datetime | None], near: datetime) -> Iterator[datetime | None]:
        """Yield when local times were: by what the terminal was told then, where that is known, else by our zone.

        None for none, and for one outside the calendar.
        """
        zone = dt_util.get_default_time_zone()
        day: date | None = None
        offset: timedelta | None = None
        for naive in shown:
            if naive is None:
                yield None
                continue
            if naive.tzinfo is not None:
                yield naive.astimezone(UTC)
                continue
            if naive.date() != day:  # a frame is of one day, mostly
                day = naive.date()
                offset = _offset_on(day, zone)
                if is_told := self._told.differs(day, offset):
                    offset = self._told.ahead_on(day, near)
            try:
                if offset is not None:
                    yield (naive - offset).replace(tzinfo=UTC)
                else:
                    by_told = self._told.instant_of(naive, near) if is_told else None
                    yield localise(naive, near) if by_told is None else by_told
            except OverflowError:
                yield None

    def _earliest_news(self, now: datetime) -> datetime:
        """Return when a record may have been made at the earliest to be live."""
        earliest = now - self.live_window
        if self._connected_at is None:
            return earliest
        return max(earliest, self._taken_over(now, TAKEN_OVER if self.drift else CONNECTING))

    def _taken_over(self, now: datetime, before: timedelta) -> datetime:
        """Return from when on a record is of this connection: from so long before it.

        Of a clock that was ahead, though not wrong, what waits may say to be of just after.
        """
        if self._connected_at is None:
            return now - before
        if self._fast and self._backlog != 0:
            before = TAKEN_OVER - self._fast
        return now - before - timedelta(seconds=self._elapsed() - self._connected_at)

    def _behind_us(self, now: datetime) -> timedelta | None:
        """Return what our own clocks have been changed by since the terminal was told the time; None for nothing."""
        if self._told.ahead is None:
            return None
        behind = _ahead_of_utc(now) - self._told.ahead
        return behind if abs(behind) >= SAME else None

    def _is_late(self, now: datetime) -> bool:
        """Return whether what was made while the clock was wrong may still be on its way.

        Terminals send what is unsent at once, one frame after the other. What they count and do not send is none.
        """
        return self._wrong is not None and self._doubt_until is not None and now < self._doubt_until

    def _waits(self, now: datetime) -> bool:
        """Return whether a record that is not of now may have been made while the clock was wrong."""
        return self._wrong is not None and (self._is_late(now) if self._backlog is None else self._backlog > 0)

    def _is_doubted(self, shown: datetime, instant: datetime, now: datetime) -> bool:
        """Return whether a record of now, as it is shown, may have been made while the clock was wrong."""
        return (
            self._wrong is not None and self._backlog != 0 and self._wrong.written_at(shown, instant, now) is not None
        )

    def _count(self, now: datetime, records: int = 1) -> None:
        """Note that some of the unsent records have come; more may follow at once."""
        if self._backlog:
            self._backlog = max(0, self._backlog - records)
        if self._is_late(now):
            self._doubt_until = now + self.live_window
