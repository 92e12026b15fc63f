"""How far ahead of UTC a terminal's clock is by what it was told, and was when it made what it still holds.

A terminal knows of no time zone and of no summer time (field notes 0.5 and 11): from one time that it is told to the
next it goes on as it was told. So what it made while it was away is of the zone of then, whatever ours is now.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

# Below this, two times are told of the same zone by clocks that agree.
SAME = timedelta(seconds=2)
# Clocks are changed twice a year, and what waits in a terminal for longer than some years has been pushed out of it.
REMEMBERED = 8
# What a terminal shows has whole seconds, and took a moment.
LAG = timedelta(seconds=10)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a terminal has gone by since it was first told so: so far ahead of UTC."""

    since: datetime
    ahead: timedelta


class ToldTimes:
    """What one terminal was told, one after the other."""

    def __init__(
        self, restore: Callable[[], Sequence[Told]] = tuple, save: Callable[[Sequence[Told]], None] | None = None
    ) -> None:
        """Go on from what `restore` returns, which is asked when it is needed first; call `save` with what changes."""
        self._restore = restore
        self._save = save
        self._known: deque[Told] | None = None
        self._step = timedelta(0)

    @property
    def _all(self) -> deque[Told]:
        if self._known is None:
            self._known = deque(self._restore(), REMEMBERED)
        return self._known

    @property
    def ahead(self) -> timedelta | None:
        """How far ahead of UTC the terminal's clock is by what it was told last; None where that is not known."""
        return self._all[-1].ahead - self._step if self._all else None

    @property
    def since(self) -> datetime | None:
        """Since when it goes by that; None where that is not known."""
        return self._all[-1].since if self._all and not self._step else None

    def note(self, now: datetime, ahead: timedelta) -> None:
        """Note that it is told a time now, which is so far ahead of UTC."""
        if self._step:
            # Whether our clock or our memory of it was wrong until it was changed, nothing tells.
            self._all.clear()
            self._step = timedelta(0)
        if not self._all or abs(self._all[-1].ahead - ahead) >= SAME:
            self._all.append(Told(now, ahead))
            self._changed()

    def step(self, by: timedelta) -> None:
        """Note that our own clock was put forward: what it was told is so much behind."""
        if self._all:
            self._step += by

    def forget(self) -> None:
        """Know of nothing any more: its clock shows something else."""
        self._all.clear()
        self._step = timedelta(0)
        self._changed()

    def _changed(self) -> None:
        if self._save is not None:
            self._save(tuple(self._all))

    def ahead_on(self, day: date, now: datetime) -> timedelta | None:
        """Return how far ahead it was all through a day of the past by its own clock; None where that is not known."""
        begin = datetime.combine(day, time.min)
        first, last = self.instant_of(begin, now), self.instant_of(begin + DAY, now)
        if first is None or last is None or last - first != DAY or last > now:
            return None
        return begin.replace(tzinfo=UTC) - first

    def differs(self, day: date, ahead: timedelta | None) -> bool:
        """Return whether a day by its clock may be of a time in which it was not so far ahead of UTC as we are then.

        None is a day on which that changes with us.
        """
        if not self._all or self._step or day < (self._all[0].since - DAY).date():
            return False
        last, furthest = self._all[-1], max(told.ahead for told in self._all)
        return last.ahead != ahead or (len(self._all) > 1 and day <= (last.since + furthest).date())

    def instant_of(self, naive: datetime, now: datetime) -> datetime | None:
        """Return when it showed a time, by what it was told; None where that is not known, or would be yet to come.

        Where it has shown a time twice, the later one.
        """
        if self._step:
            return None
        until = now
        for told in reversed(self._all):
            instant = (naive - told.ahead).replace(tzinfo=UTC)
            if told.since - LAG <= instant <= until + LAG:
                return instant
            until = told.since
        return None
