"""Long work of a thread gives way to others, and the event loop to nobody."""

from collections.abc import Callable
from itertools import count
import threading

import pytest

from custom_components.timmy_access import unhurried as module
from custom_components.timmy_access.unhurried import unhurried

MILLISECOND = 0.001


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the rests that are taken; each thing takes 0.4 ms of work."""
    taken: list[float] = []
    ticks = count()
    monkeypatch.setattr(module, "perf_counter", lambda: next(ticks) * 0.4 * MILLISECOND)
    monkeypatch.setattr(module, "sleep", taken.append)
    return taken


def in_a_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_thread_rests_after_each_millisecond_of_work(rests: list[float]) -> None:
    seen: list[int] = []
    in_a_thread(lambda: seen.extend(unhurried(range(13))))
    assert seen == list(range(13))
    # Three things are more than a millisecond; to look at the clock once more is part of the next stretch.
    assert len(rests) == 4
    assert all(0 < rest < MILLISECOND for rest in rests)


def test_little_work_takes_no_rest(rests: list[float]) -> None:
    seen: list[int] = []
    in_a_thread(lambda: seen.extend(unhurried([17, 18])))
    assert (seen, rests) == ([17, 18], [])


def test_the_event_loop_does_not_rest(rests: list[float]) -> None:
    assert list(unhurried(range(100))) == list(range(100))
    assert rests == []
