"""Who is inside a house, by name: what the sensors, the action and the panel all tell.

Records tell at which reader somebody was and not which way they went (field notes 3, inout), so the owner says which
reader is passed on the way in. Whoever passed a reader on the way in, and none on the way out since, is inside. What
came in late counts as of when it happened.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import replace
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..ledger import likeness

# Whoever has not gone out after that long went out behind somebody else.
LONGEST_STAY = timedelta(hours=24)

# A number and the name it had then; a number without a name is somebody of one terminal.
type Who = tuple[int, str]
type Show = Callable[[int | None], None]


@dataclass(frozen=True, kw_only=True)
class Passing:
    """Somebody passed a reader of a terminal that is told apart by direction."""

    serial: str
    enroll_id: int
    name: str | None
    occurred_at: datetime
    entered: bool

    @property
    def who(self) -> Who:
        """Whom it is about."""
        return self.enroll_id, likeness(self.name) or nameless(self.serial)


def nameless(serial: str) -> str:
    """Return what stands for the name of those without one at a terminal; no name begins like that."""
    return f"\0{serial}"


def counted_since(now: datetime, gone_at: time | None, zone: tzinfo) -> datetime:
    """Return since when passings count: from the latest time of day at which everybody is gone, at most a long stay."""
    longest = now - LONGEST_STAY
    if gone_at is None:
        return longest
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=back) for back in (0, 1))
    at = (datetime.combine(day, gone_at, zone).astimezone(now.tzinfo) for day in days)
    return max(longest, next((moment for moment in at if moment <= now), longest))


def inside(passings: Iterable[Passing], since: datetime) -> Mapping[Who, Passing]:
    """Return by which passing each person is inside, of passings that are in the order in which they became known.

    The later passing counts; of two at the same time the one that became known last. A passing without a name is of
    whoever had the number at that terminal then, as far as that is known from other passings.
    """
    known = tuple(passings)
    holders: dict[tuple[str, int], list[Passing]] = {}
    for passing in known:
        if passing.name:
            holders.setdefault((passing.serial, passing.enroll_id), []).append(passing)
    latest: dict[Who, Passing] = {}
    for passing in known:
        named = passing if passing.name else _named(passing, holders.get((passing.serial, passing.enroll_id), ()))
        before = latest.get(named.who)
        if before is None or before.occurred_at <= named.occurred_at:
            latest[named.who] = named
    return {who: passing for who, passing in latest.items() if passing.entered and passing.occurred_at >= since}


def _named(passing: Passing, holders: Collection[Passing]) -> Passing:
    """Return a passing under the name of the latest holder of its number before it, or else of the first after it."""
    before = [holder for holder in holders if holder.occurred_at <= passing.occurred_at]
    if not holders:
        return passing
    nearest = max(before, key=_when) if before else min(holders, key=_when)
    return replace(passing, name=nearest.name)


def _when(passing: Passing) -> datetime:
    return passing.occurred_at


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """A terminal whose readers are told apart: whom to tell how many are inside by it, and whether all is known."""

    show: Show
    is_certain: Callable[[], bool]


class RollCall:
    """Who is inside, of all terminals of a listener whose readers are told apart."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of nobody yet."""
        self._hass = hass
        self._doorways: dict[str, Doorway] = {}
        self._passings: dict[str, tuple[Passing, ...]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._gone_at: time | None = None
        self._is_stopped = False
        self._cancel: CALLBACK_TYPE | None = None
        self._job = HassJob(self._async_time_has_come, "who is inside", cancel_on_shutdown=True)
        self.inside: Mapping[Who, Passing] = {}

    @property
    def is_counted(self) -> bool:
        """Whether any terminal tells who comes and who goes."""
        return bool(self._doorways)

    @property
    def counted(self) -> frozenset[str]:
        """The serial numbers of the terminals that tell who comes and who goes."""
        return frozenset(self._doorways)

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The serial numbers of terminals of which it is not known who passed them."""
        return tuple(serial for serial, doorway in self._doorways.items() if not doorway.is_certain())

    @property
    def since(self) -> datetime:
        """Since when passings count."""
        return counted_since(dt_util.utcnow(), self._gone_at, dt_util.get_default_time_zone())

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` after every change until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_apply(self, gone_at: time | None) -> None:
        """Apply at which time of day everybody counts as gone."""
        self._gone_at = gone_at
        self._async_count()

    @callback
    def async_follow(self, serial: str, doorway: Doorway) -> None:
        """Count who passes a terminal."""
        self._doorways[serial] = doorway
        self._async_count()

    @callback
    def async_leave(self, serial: str) -> None:
        """Count nobody by a terminal any more."""
        if self._doorways.pop(serial, None) is not None:
            self._passings.pop(serial, None)
            self._async_count()

    @callback
    def async_replace(self, serial: str, passings: Iterable[Passing]) -> None:
        """Take over what is known of a terminal, in the order in which it became known."""
        if serial in self._doorways:
            self._passings[serial] = tuple(passings)
            self._async_count()

    @callback
    def async_note(self, passing: Passing) -> None:
        """Take over that somebody has passed a terminal just now."""
        if passing.serial in self._doorways:
            since = self.since
            kept = tuple(
                known
                for known in self._passings.get(passing.serial, ())
                if known.occurred_at >= since and (known.who != passing.who or known.occurred_at > passing.occurred_at)
            )
            self._passings[passing.serial] = (*kept, passing)
            self._async_count()

    @callback
    def async_stop(self) -> None:
        """Count no more."""
        self._is_stopped = True
        self._async_wait_no_longer()

    @callback
    def _async_wait_no_longer(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_count(self) -> None:
        if self._is_stopped:
            return
        since = self.since
        # At the same second at two terminals it is not known which came first: they count as inside.
        everything = sorted(
            (passing for known in self._passings.values() for passing in known),
            key=lambda passing: (passing.occurred_at, passing.entered),
        )
        self.inside = inside(everything, since)
        counts = dict.fromkeys(self._doorways, 0)
        for passing in self.inside.values():
            counts[passing.serial] += 1
        for serial, count in counts.items():
            self._doorways[serial].show(count)
        self._async_wait()
        self.async_tell()

    @callback
    def async_tell(self) -> None:
        """Tell whoever has subscribed that something is another."""
        for listener in tuple(self._listeners):
            listener()

    @callback
    def _async_wait(self) -> None:
        """Count again when the next person has been inside for too long, or everybody is gone."""
        self._async_wait_no_longer()
        if not self.inside:
            return
        now = dt_util.utcnow()
        due = min(passing.occurred_at for passing in self.inside.values()) + LONGEST_STAY
        if self._gone_at is not None:
            zone = dt_util.get_default_time_zone()
            today = now.astimezone(zone).date()
            hours = (datetime.combine(today + timedelta(days=ahead), self._gone_at, zone) for ahead in (0, 1))
            due = min(due, next(hour for hour in hours if hour > now).astimezone(now.tzinfo))
        self._cancel = async_track_point_in_utc_time(self._hass, self._job, max(due, now) + timedelta(seconds=1))

    @callback
    def _async_time_has_come(self, _: datetime) -> None:
        self._cancel = None
        self._async_count()
