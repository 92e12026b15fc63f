"""The latest frames of one terminal, for diagnostics."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from .codec import decode
from .errors import MalformedFrame
from .redaction import redacted

# Enough to see a registration and the questions after it; fewer than what a flood would fill a disk with.
MAX_FRAMES = 50
# Kept as they are: a batch of 50 records has some 6 kB. Larger ones hold photos or templates, of which nothing is shown
# but the size, and 50 of them would be 200 MB.
MAX_KEPT_CHARACTERS = 8 * 1024


class Direction(StrEnum):
    """Who said it."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True)
class TracedFrame:
    """One frame: when it passed on the event loop's clock, and what of it may be shown."""

    moment: float
    direction: Direction
    size: int
    shown: object


class Trace:
    """Remembers the latest frames as they were on the wire, which costs next to nothing, and redacts when asked."""

    def __init__(self) -> None:
        """Start empty."""
        self._frames: deque[tuple[float, Direction, int, str | bytes | None]] = deque(maxlen=MAX_FRAMES)

    def note(self, moment: float, direction: Direction, data: str | bytes) -> None:
        """Remember a frame."""
        size = len(data)
        self._frames.append((moment, direction, size, data if size <= MAX_KEPT_CHARACTERS else None))

    def frames(self) -> Iterator[TracedFrame]:
        """Return the frames, oldest first, without anything personal."""
        for moment, direction, size, data in tuple(self._frames):
            yield TracedFrame(moment, direction, size, _shown(data))


def _shown(data: str | bytes | None) -> object:
    if data is None:
        return "too large to be kept"
    try:
        return redacted(decode(data))
    except MalformedFrame as err:
        return f"broken: {err}"
