"""Log lines about peers, of which a flood must not make many."""

from collections.abc import Callable
import logging
import time

# Lines a minute of one class: enough to follow a terminal that flaps, too few to fill a disk.
LINES_PER_MINUTE = 10
_MINUTE = 60.0


class LogBudget:
    """Lets `LINES_PER_MINUTE` lines of each message through, and then says once that more are left out."""

    def __init__(self, logger: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        """Write to a logger."""
        self._logger = logger
        self._now = now
        self._used: dict[str, tuple[float, int]] = {}

    def log(self, level: int, message: str, *arguments: object) -> None:
        """Log a line; its class is the message without its arguments."""
        begun, count = self._used.get(message, (0.0, 0))
        now = self._now()
        if count == 0 or now - begun >= _MINUTE:
            begun, count = now, 0
        self._used[message] = (begun, count + 1)
        if count < LINES_PER_MINUTE:
            self._logger.log(level, message, *arguments)
        elif count == LINES_PER_MINUTE:
            self._logger.log(level, "More lines like the last are left out for a minute")
