"""How much of the processor one connection may take.

Only computing counts, by the time of the processor and not of the clock: not what is waited for, be it a disk, another
task, another thread or another program. So a backlog comes in as fast as the disk keeps it, also on a busy machine.
"""

from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import partial
import time
import types
from typing import Any

from .throttle import Throttle

# Seconds of the processor that one connection may take a second, once for frames that are parsed and once for what they
# say: all that real terminals send takes less than a hundredth of it, but for a backlog.
PROCESSOR_SHARE = 0.25


class Effort:
    """The processor time that one kind of work takes."""

    def __init__(
        self, clock: Callable[[], float] = time.thread_time, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Measure by `clock`, the processor time of the thread that asks; rest by `now`. Both in seconds."""
        self._clock = clock
        self._share = Throttle(PROCESSOR_SHARE, PROCESSOR_SHARE, now)
        self._seconds = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count what is computed meanwhile, in one step of the event loop or in a thread that is waited for."""
        begun = self._clock()
        try:
            yield
        finally:
            self._seconds += self._clock() - begun

    @types.coroutine
    def through[T](self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Await `work` and count each of its steps; between them others compute."""
        step: Callable[[], Any] = partial(work.send, None)
        while True:
            try:
                with self.measured():
                    waits_for = step()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                yield waits_for
            except BaseException as err:  # noqa: BLE001 - also a cancellation is for the work
                step = partial(work.throw, err)
            else:
                step = partial(work.send, None)

    def rest(self) -> float:
        """Return how many seconds to do nothing for what was counted since this was asked last."""
        seconds, self._seconds = self._seconds, 0.0
        return self._share.take(seconds)
