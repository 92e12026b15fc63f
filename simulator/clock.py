"""The terminal's own clock."""

from datetime import UTC, datetime, timedelta

FORMAT = "%Y-%m-%d %H:%M:%S"


def local_now() -> datetime:
    """Return the computer's local wall time without a zone: the protocol knows no zones (field notes 0, fact 5)."""
    return datetime.now(tz=UTC).astimezone().replace(tzinfo=None)


def parse(text: object) -> datetime:
    """Return the wall time of a protocol time stamp; a zone, if any, is not understood but ignored."""
    return datetime.fromisoformat(str(text).strip()).replace(tzinfo=None)


class Clock:
    """A quartz clock: it keeps its offset from the computer's time and may run too fast or too slow."""

    def __init__(self, offset: timedelta = timedelta(), *, drift: float = 0.0) -> None:
        """Set the clock wrong by an offset; it gains `drift` seconds per hour on top."""
        self.offset = offset
        self.drift = drift
        # from when on it has been gaining
        self.since = local_now()

    def now(self) -> datetime:
        """Return the time on the terminal's screen."""
        now = local_now()
        gained = (now - self.since) / timedelta(hours=1) * self.drift
        return now + self.offset + timedelta(seconds=gained)

    def set(self, time: datetime) -> None:
        """Take over a time verbatim, as naive local time (field notes 0, fact 5)."""
        self.since = local_now()
        self.offset = time - self.since

    def text(self) -> str:
        """Return the present time as the protocol writes it."""
        return self.now().strftime(FORMAT)
