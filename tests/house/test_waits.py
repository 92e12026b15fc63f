"""A terminal that refuses is asked less and less often, and at last left alone; what closes is tried for ever."""

from dataclasses import replace

import pytest

from custom_components.timmy_access.house import waits as waits_module
from custom_components.timmy_access.house.standing import Standing
from custom_components.timmy_access.house.steps import Disable, Enable, Remove, Step
from custom_components.timmy_access.house.waits import MAX_TRIES, WAIT_SECONDS, Waits

OPENS, CLOSES = Enable(enroll_id=7), Disable(enroll_id=7)
WANTED = Standing(enroll_id=7, name="Bo", role=0, enabled=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waits_module, "time", clock)
    return clock


def seconds_until_due(clock: Clock, waits: Waits, step: Step, wanted: Standing | None) -> float:
    """Let time pass until a step is due again."""
    begun = clock.now
    for wait in WAIT_SECONDS:
        clock.now = begun + wait - 0.5
        if not waits.is_due(step, wanted):
            clock.now = begun + wait
            if waits.is_due(step, wanted):
                return wait
    raise AssertionError("left alone")


def test_the_waits_grow_and_it_is_left_alone_in_the_end(clock: Clock) -> None:
    waits, waited = Waits(), []
    assert waits.is_due(OPENS, WANTED)
    for tries in range(1, MAX_TRIES):
        waits.failed(OPENS, tries, WANTED)
        assert not waits.is_due(OPENS, WANTED)
        waited.append(seconds_until_due(clock, waits, OPENS, WANTED))
    assert waited == sorted(waited)
    assert waited[: len(WAIT_SECONDS)] == list(WAIT_SECONDS)
    waits.failed(OPENS, MAX_TRIES, WANTED)
    clock.now += 10 * WAIT_SECONDS[-1]
    assert not waits.is_due(OPENS, WANTED)
    assert waits.until_next(60.0) == 60.0  # nothing is looked at sooner because of it


@pytest.mark.parametrize("step", [CLOSES, Remove(enroll_id=7, name="Bo")])
def test_what_closes_is_tried_for_ever(clock: Clock, step: Step) -> None:
    waits = Waits()
    for tries in range(1, 5 * MAX_TRIES):
        waits.failed(step, tries, None)
        assert not waits.is_due(step, None)
        clock.now += WAIT_SECONDS[-1]
        assert waits.is_due(step, None)


def test_another_wish_and_another_connection_are_tried_at_once(clock: Clock) -> None:
    waits = Waits()
    waits.failed(OPENS, MAX_TRIES, WANTED)
    assert not waits.is_due(OPENS, WANTED)
    assert waits.is_due(OPENS, replace(WANTED, name="Bob"))
    waits.failed(OPENS, MAX_TRIES, WANTED)
    waits.forget()
    assert waits.is_due(OPENS, WANTED)


def test_who_is_being_recorded_is_written_by_nobody_else_and_still_kept_out(clock: Clock) -> None:
    waits = Waits()
    with waits.held(7):
        assert not waits.is_due(OPENS, WANTED)
        assert waits.is_due(CLOSES, WANTED)
    assert waits.is_due(OPENS, WANTED)
