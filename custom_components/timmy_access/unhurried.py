"""Work of a thread that takes long, without holding up who waits for the event loop meanwhile.

A thread that computes has Python to itself for five milliseconds at a time. Somebody at a door waits for several
changes between threads, and for so long at each: comparing five thousand people, 80 ms of a thread, made a verdict take
up to 90 ms instead of 8.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
import threading
from time import perf_counter, sleep

# Between two rests, in seconds: what a verdict may be late at each change between threads.
_WORK = 0.001
# Long enough, with what systems add to it, for who waits to wake up and take over.
_REST = 0.00002


def unhurried[T](things: Iterable[T]) -> Iterator[T]:
    """Yield things, and rest between two of them now and then.

    The event loop itself rests for nobody.
    """
    if threading.current_thread() is threading.main_thread():
        yield from things
        return
    rested = perf_counter()
    for thing in things:
        if perf_counter() - rested > _WORK:
            # Who waits for Python takes over meanwhile.
            sleep(_REST)
            rested = perf_counter()
        yield thing


@contextmanager
def taken[T](things: deque[T]) -> Generator[Iterator[T]]:
    """Give things that nobody needs afterwards one by one, so that each is freed by itself, also those nobody took.

    Those of a year are a hundred thousand: to free them at once takes Python twenty milliseconds, whoever does it. An
    error would hold them until the event loop lets go of it.
    """
    try:
        yield _each(things)
    finally:
        for _ in unhurried(range(len(things))):
            things.popleft()


def _each[T](things: deque[T]) -> Iterator[T]:
    while things:
        yield things.popleft()
