"""Limits on what peers may do, each without a socket."""

import logging

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol import lobby as lobby_module
from custom_components.timmy_access.protocol.lobby import (
    ALL_DIALS_AT_ONCE,
    ALL_DIALS_PER_SECOND,
    DIALS_AT_ONCE,
    DIALS_PER_SECOND,
    LAST_SECONDS,
    MAX_ADDRESSES,
    MAX_WAITING,
    MAX_WAITING_PER_ADDRESS,
    MAX_WAITING_PER_HOME,
    PATIENCE_SECONDS,
    Lobby,
)
from custom_components.timmy_access.protocol.log_budget import LINES_PER_MINUTE, LogBudget
from custom_components.timmy_access.protocol.peer import Peer
from custom_components.timmy_access.protocol.throttle import Throttle


class Visitor:
    """A connection in a lobby."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_cut_off = False

    def cut_off(self) -> None:
        self.is_cut_off = True


@given(st.lists(st.integers(0, 30), max_size=300))
def test_a_lobby_is_bounded_and_a_quiet_address_always_gets_in(addresses: list[int]) -> None:
    lobby = Lobby()
    inside: list[Visitor] = []
    for address in addresses:
        visitor = Visitor(str(address))
        mine = sum(other.address == visitor.address for other in inside if not other.is_cut_off)
        entered = lobby.enter(visitor)
        if entered:
            inside.append(visitor)
        present = [other for other in inside if not other.is_cut_off]
        assert len(lobby) == len(present) <= MAX_WAITING
        assert entered or mine >= 1
        assert sum(other.address == visitor.address for other in present) <= MAX_WAITING_PER_ADDRESS


def test_a_lobby_full_of_different_addresses_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lobby_module, "MAX_WAITING", 3)
    lobby = Lobby()
    visitors = [Visitor(address) for address in "abc"]
    assert all(lobby.enter(visitor) for visitor in visitors)
    assert not lobby.enter(Visitor("d"))
    assert lobby.refused == 1
    lobby.leave(visitors[0])
    assert lobby.enter(Visitor("d"))


def test_the_address_of_an_approved_terminal_has_places_of_its_own() -> None:
    now = 0.0
    lobby = Lobby(is_home=lambda address: address == "home", now=lambda: now)
    assert all(lobby.enter(Visitor(str(number))) for number in range(MAX_WAITING))
    assert not lobby.enter(Visitor("stranger"))
    silent = [Visitor("home") for _ in range(MAX_WAITING_PER_HOME)]
    assert all(lobby.enter(visitor) for visitor in silent)
    assert not lobby.enter(Visitor("home"))
    now = PATIENCE_SECONDS
    assert lobby.enter(Visitor("home"))
    assert [visitor.is_cut_off for visitor in silent] == [True] + [False] * (MAX_WAITING_PER_HOME - 1)
    assert len(lobby) == MAX_WAITING + MAX_WAITING_PER_HOME


def test_whoever_says_nothing_for_long_makes_room_and_comes_back_last() -> None:
    now = 0.0
    lobby = Lobby(now=lambda: now)
    holders = [Visitor(str(number)) for number in range(MAX_WAITING)]
    assert all(lobby.enter(visitor) for visitor in holders)
    now = PATIENCE_SECONDS
    assert lobby.enter(Visitor("terminal"))
    assert holders[0].is_cut_off
    assert not lobby.enter(Visitor("0"))
    assert lobby.enter(Visitor("another terminal"))
    now = LAST_SECONDS + PATIENCE_SECONDS
    assert lobby.enter(Visitor("0"))


def test_connections_of_an_address_that_dials_too_often_take_turns() -> None:
    now = 0.0
    lobby = Lobby(is_home=lambda address: address == "home", now=lambda: now)
    waits = [lobby.wait_of(Visitor("home")) for _ in range(ALL_DIALS_AT_ONCE + 20)]
    assert waits[:ALL_DIALS_AT_ONCE] == [0.0] * ALL_DIALS_AT_ONCE
    assert waits[ALL_DIALS_AT_ONCE:] == pytest.approx([(number + 1) / ALL_DIALS_PER_SECOND for number in range(20)])
    waits = [lobby.wait_of(Visitor("a")) for _ in range(DIALS_AT_ONCE + 2)]
    assert waits[DIALS_AT_ONCE - 1 :] == pytest.approx([0.0, 1 / DIALS_PER_SECOND, 2 / DIALS_PER_SECOND])
    strangers = [lobby.wait_of(Visitor(str(number))) for number in range(ALL_DIALS_AT_ONCE)]
    assert strangers[0] == 0.0 < strangers[-1]
    assert lobby.wait_of(Visitor("home")) == pytest.approx(21 / ALL_DIALS_PER_SECOND)
    now = 60.0
    assert lobby.wait_of(Visitor("home")) == 0.0


def test_few_addresses_are_remembered() -> None:
    lobby = Lobby(now=lambda: 0.0)
    for number in range(2 * MAX_ADDRESSES):
        lobby.wait_of(Visitor(str(number)))
    assert len(lobby._dials) == MAX_ADDRESSES


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (("192.0.2.1", 4), "192.0.2.1"),
        (("::ffff:192.0.2.1", 4, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 4, 0, 2), "fe80::1"),
        (("2001:db8::1", 4, 0, 0), "2001:db8::1"),
        (None, ""),
    ],
)
def test_addresses_are_compared_without_their_clothes(name: tuple[object, ...] | None, address: str) -> None:
    assert Peer.of(name).address == address


def test_a_throttle_lets_a_burst_through_and_then_a_rate() -> None:
    now = 0.0
    throttle = Throttle(10, 5, lambda: now)
    assert [throttle.take(1) for _ in range(5)] == [0.0] * 5
    assert throttle.take(1) == pytest.approx(0.1)
    assert throttle.take(2) == pytest.approx(0.3)
    now = 100.0
    assert throttle.take(5) == 0.0
    assert throttle.take(1) == pytest.approx(0.1)


def test_a_flood_makes_few_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    budget = LogBudget(logging.getLogger("test"), lambda: now)
    caplog.set_level(logging.INFO)
    for number in range(1000):
        budget.log(logging.INFO, "peer %s", number)
    budget.log(logging.INFO, "another %s", 1)
    assert len(caplog.records) == LINES_PER_MINUTE + 2
    now = 61.0
    budget.log(logging.INFO, "peer %s", 1)
    assert caplog.records[-1].getMessage() == "peer 1"
