"""How fast one peer may talk."""

from collections.abc import Callable
import time


class Throttle:
    """A bucket that fills at a steady rate; who takes more than is in it has to wait.

    The wait is spent not reading, so that a flood is slowed down by TCP and not kept in memory.
    """

    def __init__(self, per_second: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        """Fill at `per_second`, up to `burst`."""
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._level = burst
        self._filled_at = now()

    def take(self, amount: float) -> float:
        """Take an amount and return how many seconds to wait before the next."""
        self._fill()
        self._level -= amount
        return max(0.0, -self._level / self._per_second)

    def spend(self, amount: float) -> bool:
        """Take an amount if it is there, for what is left undone otherwise; False where it is not."""
        self._fill()
        if self._level < amount:
            return False
        self._level -= amount
        return True

    def _fill(self) -> None:
        now = self._now()
        self._level = min(self._burst, self._level + (now - self._filled_at) * self._per_second)
        self._filled_at = now
