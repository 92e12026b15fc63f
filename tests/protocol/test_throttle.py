"""How fast one peer may talk, and how often something is done for it."""

from custom_components.timmy_access.protocol.throttle import Throttle


class Clock:
    """Goes on when it is told to."""

    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_what_is_not_there_is_not_spent() -> None:
    """However often something was left undone, it is done again as soon as there is room."""
    clock = Clock()
    throttle = Throttle(2, 3, clock)
    assert [throttle.spend(1) for _ in range(1000)] == [True] * 3 + [False] * 997
    clock.time = 0.5
    assert [throttle.spend(1) for _ in range(2)] == [True, False]


def test_who_takes_more_has_to_wait() -> None:
    clock = Clock()
    throttle = Throttle(2, 3, clock)
    assert [throttle.take(3), throttle.take(2), throttle.take(2)] == [0, 1, 2]
    clock.time = 2
    assert not throttle.spend(1)
