"""What a terminal refuses is tried again later and later, and then left alone; what closes is tried for ever."""

import time

import pytest

from custom_components.timmy_access.house.standing import Standing
from custom_components.timmy_access.house.steps import Add, Remove
from custom_components.timmy_access.house.waits import MAX_TRIES, WAIT_SECONDS, Waits

BO = Standing(enroll_id=7, name="Bo", role=0, enabled=True, hours={})
ADD, REMOVE = Add(enroll_id=7, standing=BO), Remove(enroll_id=7, name="Bo")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_what_opens_waits_longer_each_time_and_is_left_alone_in_the_end(clock: list[float]) -> None:
    waits = Waits()
    for tries in range(1, MAX_TRIES):
        waits.failed(ADD, tries, BO)
        seconds = WAIT_SECONDS[min(tries, len(WAIT_SECONDS)) - 1]
        clock[0] += seconds - 0.01
        assert not waits.is_due(ADD, BO)
        clock[0] += 0.01
        assert waits.is_due(ADD, BO)
    waits.failed(ADD, MAX_TRIES, BO)
    clock[0] += 100 * WAIT_SECONDS[-1]
    assert not waits.is_due(ADD, BO)
    # Something else is wanted, or it dials in anew.
    assert waits.is_due(ADD, Standing(enroll_id=7, name="Bo", role=0, enabled=False, hours={}))
    waits.failed(ADD, MAX_TRIES, BO)
    waits.forget()
    assert waits.is_due(ADD, BO)


def test_what_closes_is_tried_for_ever(clock: list[float]) -> None:
    waits = Waits()
    for tries in range(1, 3 * MAX_TRIES):
        waits.failed(REMOVE, tries, None)
        clock[0] += WAIT_SECONDS[-1]
        assert waits.is_due(REMOVE, None)
