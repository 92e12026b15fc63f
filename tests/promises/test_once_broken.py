"""What the model of the promises has found, as stories of a few steps."""

from collections.abc import Generator
from pathlib import Path

import pytest

from custom_components.timmy_access.terminal.state import DoorMode

from .disk import Mode
from .home import BARN, DISABLED, DOORS, FRONT, HALL, KNOWN, Home, made_home
from .oracle import Guest
from .wires import Answers, Fate


@pytest.fixture
def home(tmp_path: Path) -> Generator[Home]:
    with made_home(tmp_path) as made:
        made.begin()
        for serial in DOORS:
            made.dial(serial)
        made.create({"doors": {HALL: frozenset({2}), FRONT: frozenset({1})}, "max_uses": 1}, with_pin=False)
        made.loop.advance(1.0)
        yield made
        assert made.look() == []


@pytest.fixture
def guest(home: Home) -> Guest:
    return home.guests[0]


def test_a_pass_that_is_revoked_while_its_door_waits_does_not_open_it(home: Home, guest: Guest) -> None:
    home.firmware[HALL].answers = Answers.SLOW
    home.open(HALL, 3)
    home.show(HALL, guest)
    home.loop.advance(0.5)
    home.revoke(guest)
    home.loop.advance(5.0)
    assert home.firmware[HALL].opened == [3]


def test_a_pass_that_is_not_revoked_opens_when_the_door_has_its_turn(home: Home, guest: Guest) -> None:
    home.firmware[HALL].answers = Answers.SLOW
    home.open(HALL, 3)
    home.show(HALL, guest)
    home.loop.advance(5.0)
    assert home.firmware[HALL].opened == [3, 2]


def test_a_punch_that_comes_in_two_frames_is_granted_once(home: Home) -> None:
    """Also while the ledger is asked whether it was answered before a restart."""
    home.kill()
    home.loop.settle()
    home.database(Mode.SLOW)
    home.punch(FRONT, KNOWN, 0.0)
    home.send_punch(home.punches[0], log_index=2)
    home.loop.advance(3.0)
    assert home.oracle.grants == 1


def test_a_scan_over_a_new_connection_does_not_count_on_an_answer_that_is_lost(home: Home, guest: Guest) -> None:
    wire = home.wire_of(FRONT)
    wire.clog(brimful=False)
    home.show(FRONT, guest)
    home.loop.settle()
    home.dial(FRONT)
    again = home.wire_of(FRONT)
    again.registered = True  # it does not wait for the answer
    home.show(FRONT, guest)
    home.loop.advance(1.0)
    home.show(FRONT, guest)
    home.loop.advance(10.0)
    home.show(FRONT, guest)
    home.loop.advance(3.0)
    (entrance,) = guest.entrances
    assert [grant.fate for grant in entrance.grants] == [Fate.LOST, Fate.HEARD]


@pytest.mark.parametrize("ends", ["breaks", "stops", "is replaced"])
def test_an_answer_that_has_left_before_the_connection_ends_is_a_use(home: Home, guest: Guest, ends: str) -> None:
    wire = home.wire_of(FRONT)
    wire.clog(brimful=False)
    home.show(FRONT, guest)
    home.loop.settle()
    wire.unclog()
    if ends == "breaks":
        wire.abort()
    elif ends == "stops":
        home.stop(0, again=True)
    home.loop.advance(10.0)
    home.dial(FRONT)
    home.loop.settle()
    home.show(FRONT, guest)
    home.loop.advance(3.0)
    assert home.oracle.grants == 1


def test_an_answer_that_is_thrown_away_is_no_use(home: Home, guest: Guest) -> None:
    wire = home.wire_of(FRONT)
    wire.clog(brimful=False)
    home.show(FRONT, guest)
    home.loop.advance(10.0)  # it is given up after two seconds
    home.dial(FRONT)
    home.loop.settle()
    home.show(FRONT, guest)
    home.loop.advance(3.0)
    assert home.oracle.grants == 2
    assert [entrance.counts for entrance in guest.entrances] == [False, True]


def test_who_is_disabled_is_not_let_in_before_the_database_has_said_so(home: Home) -> None:
    """The terminal was added anew, or Home Assistant has started, and the database is away."""
    home.remove(BARN)
    home.database(Mode.AWAY)
    home.add(BARN)
    home.loop.settle()
    home.dial(BARN)
    home.loop.settle()
    for number in (DISABLED, KNOWN):
        home.punch(BARN, number, 0.0)
        home.loop.advance(3.0)
        assert home.oracle.grants == 0
    home.database(Mode.WELL)
    home.loop.advance(30.0)
    for number, grants in ((DISABLED, 0), (KNOWN, 1)):
        home.punch(BARN, number, 0.0)
        home.loop.advance(3.0)
        assert home.oracle.grants == grants


def test_a_terminal_that_is_removed_and_approved_again_at_once_is_told_the_end_of_a_hold(home: Home) -> None:
    home.hold(FRONT, DoorMode.HELD_OPEN, 60.0)
    home.loop.advance(1.0)
    home.kill()
    home.loop.settle()
    home.remove(FRONT)
    home.add(FRONT)
    home.dial(FRONT)
    home.loop.advance(3.0)
    assert home.firmware[FRONT].mode == "normal"


def test_what_was_on_its_way_to_a_terminal_that_is_removed_may_hold_its_door(home: Home) -> None:
    home.firmware[BARN].answers = Answers.SILENT
    home.lock_down(1, (BARN,), everywhere=False)
    home.loop.settle()
    home.remove(BARN)
    home.loop.advance(1.0)
    assert home.firmware[BARN].mode == "held_closed"
    assert home.is_said(f"left_held_closed_{BARN}")
    home.firmware[BARN].answers = Answers.PROMPT
    home.add(BARN)
    home.dial(BARN)
    home.loop.advance(3.0)
    assert home.firmware[BARN].mode == "normal"
    assert not home.is_said(f"left_held_closed_{BARN}")


def test_a_door_that_was_locked_down_before_a_restart_may_be_held_closed_when_its_terminal_is_removed(
    home: Home,
) -> None:
    home.lock_down(0, (FRONT,), everywhere=False)
    home.loop.advance(1.0)
    home.kill()
    home.loop.settle()
    home.end_lockdown(0, (FRONT,))
    home.loop.advance(3.0)
    home.remove(FRONT)
    home.loop.settle()
    assert home.firmware[FRONT].mode == "held_closed"
    assert home.is_said(f"left_held_closed_{FRONT}")
