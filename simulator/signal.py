"""Waiting for a condition without polling."""

# ruff: noqa: ASYNC109 - the time limits are part of the interface

import asyncio
from collections.abc import Callable


class Signal:
    """Wakes everybody who waits for a condition whenever something has changed.

    An `asyncio.Condition` would do, but its `notify` needs a held lock and thereby a coroutine; punches are made from
    ordinary functions.
    """

    def __init__(self) -> None:
        """Start without waiters."""
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Let every waiter look at its condition again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def until[T](self, condition: Callable[[], T | None], timeout: float | None = None) -> T:
        """Return the first true value of a condition, or raise `TimeoutError`."""
        async with asyncio.timeout(timeout):
            while not (value := condition()):
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)
        return value
