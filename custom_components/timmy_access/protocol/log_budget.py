"""Log lines about peers, of which a flood must not make many."""

from collections.abc import Callable
import logging
import time

# Lines a minute of one class: enough to follow a terminal that flaps, too few to fill a disk.
LINES_PER_MINUTE = 10
_MINUTE = 60.0
_LEFT_OUT = "More lines like the last are left out for a minute"


class LogBudget:
    """Lets `LINES_PER_MINUTE` lines of each message through, and then says once that more are left out.

    One a terminal, so that a terminal that floods hides nothing of another; and one for all who are not admitted.
    """

    def __init__(self, logger: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        """Write to a logger."""
        self._logger = logger
        self._now = now
        self._used: dict[str, tuple[float, int]] = {}
        self.left_out = 0

    def log(self, level: int, message: str, *arguments: object, exc_info: bool = False) -> None:
        """Log a line; its class is the message without its arguments."""
        if not self._logger.isEnabledFor(level):
            return
        count = self._count(message)
        if count <= LINES_PER_MINUTE:
            self._logger.log(level, message, *arguments, exc_info=exc_info)
            return
        self.left_out += 1
        if count == LINES_PER_MINUTE + 1:
            self._logger.log(level, _LEFT_OUT)

    def _count(self, message: str) -> int:
        """Return which line of its class this is in the present minute, from 1."""
        begun, count = self._used.get(message, (0.0, 0))
        now = self._now()
        if count == 0 or now - begun >= _MINUTE:
            begun, count = now, 0
        self._used[message] = (begun, count + 1)
        return count + 1
