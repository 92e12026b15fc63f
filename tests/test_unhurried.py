"""Long work of a thread gives way to others, and the event loop to nobody."""

from collections import deque
from collections.abc import Callable
import threading
from weakref import WeakSet

from custom_components.timmy_access.unhurried import taken, unhurried

from .conftest import Rest

MILLISECOND = 0.001


def in_a_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_thread_rests_after_each_millisecond_of_work(rests: list[Rest]) -> None:
    seen: list[int] = []
    in_a_thread(lambda: seen.extend(unhurried(range(13))))
    assert seen == list(range(13))
    # Three things are more than a millisecond; to look at the clock once more is part of the next stretch.
    assert len(rests) == 4
    assert all(0 < rest.seconds < MILLISECOND for rest in rests)


def test_little_work_takes_no_rest(rests: list[Rest]) -> None:
    seen: list[int] = []
    in_a_thread(lambda: seen.extend(unhurried([17, 18])))
    assert (seen, rests) == ([17, 18], [])


def test_the_event_loop_does_not_rest(rests: list[Rest]) -> None:
    assert list(unhurried(range(100))) == list(range(100))
    assert rests == []


def test_what_is_taken_is_there_no_more_when_the_next_comes() -> None:
    class _Day:
        pass

    alive: WeakSet[_Day] = WeakSet()
    days: deque[_Day] = deque()
    for _ in range(5):
        alive.add(day := _Day())
        days.append(day)
    del day
    left = []
    with taken(days) as each:
        for day in each:
            del day
            left.append(len(alive))
    assert left == [4, 3, 2, 1, 0]
    assert not days


def test_what_is_not_taken_is_freed_by_itself_too(rests: list[Rest]) -> None:
    """Who stops half way, as where the disk is full, would leave it to the event loop."""
    days = deque(range(20))

    def _stop() -> None:
        with taken(days) as each:
            assert next(each) == 0

    in_a_thread(_stop)
    assert not days
    assert len(rests) == 6
