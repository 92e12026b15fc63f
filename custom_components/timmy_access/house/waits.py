"""When what a terminal did not take is tried again."""

from collections.abc import Iterator
from contextlib import contextmanager
import time

from .standing import Standing
from .steps import URGENT, Step

# Seconds before each further try: a terminal that is busy, then one that somebody has to look at.
WAIT_SECONDS = (5.0, 30.0, 120.0, 600.0, 3600.0)
# Tries after which a terminal is left alone, until something else is wanted or it dials in anew. What closes is tried
# for ever.
MAX_TRIES = 8


class Waits:
    """Remembers what has failed, for one connection."""

    def __init__(self) -> None:
        """Begin with nothing failed."""
        self._next: dict[int, float] = {}
        # What was wanted when a number failed last, and which of them have failed too often.
        self._wanted: dict[int, Standing | None] = {}
        self._given_up: set[int] = set()
        self._held: set[int] = set()

    @contextmanager
    def held(self, enroll_id: int) -> Iterator[None]:
        """Write nothing to a number but what closes, as somebody is being recorded under it."""
        self._held.add(enroll_id)
        try:
            yield
        finally:
            self._held.discard(enroll_id)

    def forget(self) -> None:
        """Try everything at once."""
        self._next.clear()
        self._wanted.clear()
        self._given_up.clear()

    def is_due(self, step: Step, wanted: Standing | None) -> bool:
        """Return whether a step may be tried; another wish is always tried."""
        number = step.enroll_id
        if number in self._wanted and self._wanted[number] != wanted:
            self.done(step)
        if step.rank > URGENT and (number in self._given_up or number in self._held):
            return False
        return self._next.get(number, 0.0) <= time.monotonic()

    def failed(self, step: Step, tries: int, wanted: Standing | None) -> None:
        """Wait longer each time."""
        number = step.enroll_id
        self._next[number] = time.monotonic() + WAIT_SECONDS[min(tries, len(WAIT_SECONDS)) - 1]
        self._wanted[number] = wanted
        if tries >= MAX_TRIES:
            self._given_up.add(number)

    def done(self, step: Step) -> None:
        """Wait no more."""
        self._next.pop(step.enroll_id, None)
        self._wanted.pop(step.enroll_id, None)
        self._given_up.discard(step.enroll_id)

    def until_next(self, most: float) -> float:
        """Return how many seconds there is nothing to try, and no more than `most`."""
        now = time.monotonic()
        waiting = [at - now for number, at in self._next.items() if number not in self._given_up]
        return min(most, max(0.1, min(waiting, default=most)))
