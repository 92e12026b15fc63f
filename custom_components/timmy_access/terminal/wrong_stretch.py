"""When a terminal's clock was wrong, and which records it can have written then."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Differences below this are the lag of the measurement, not of the clock.
DRIFT_TOLERANCE = timedelta(seconds=10)
# Clocks are set to another zone's time by so much; a date is set wrong by more.
ZONES_APART = timedelta(hours=27)


@dataclass(frozen=True, slots=True)
class WrongStretch:
    """A stretch of time in which a clock was wrong by `drift`: it ended at `until`, when the clock showed `shown`.

    It knows of no summer time: all through the stretch it was as far from UTC as at its end. `since` is when the clock
    was right last; None where that is not known.
    """

    drift: timedelta
    shown: datetime
    until: datetime
    since: datetime | None

    def written_at(self, shown: datetime, instant: datetime, now: datetime) -> datetime | None:
        """Return when a record was made, as it is shown and as we read that; None where it cannot be of the stretch."""
        try:
            made_at = instant + self.drift if shown.tzinfo else shown - self.shown.replace(tzinfo=None) + self.until
        except OverflowError:
            return None
        if made_at > self.until + DRIFT_TOLERANCE:
            return None
        if self.since is not None:
            return made_at if made_at >= self.since - DRIFT_TOLERANCE else None
        # A date that was set wrong moves what was right into the past, and a zone does so by some hours at most.
        return made_at if instant > now + DRIFT_TOLERANCE or self.drift > -ZONES_APART else None

    def moved(self, step: timedelta) -> WrongStretch:
        """Return the same stretch where our own clock has been put forward since."""
        since = self.since and self.since + step
        return replace(self, drift=self.drift + step, until=self.until + step, since=since)
