"""Whatever happens: what holds a door always ends or is told, and in a lockdown nobody is let in.

The same home as for the promises, in which people come and go less, and somebody holds its doors or locks them down.
"""

from collections.abc import Generator
from pathlib import Path

from hypothesis import seed, strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
import pytest

from custom_components.timmy_access.terminal.state import DoorMode

from .home import BARN, BUILDINGS, FRONT, made_home
from .test_promises import EXAMPLES, LONG_EXAMPLES, SERIALS, SETTLES, Promises, _quiet, _settings

__all__ = ("_quiet",)  # a fixture

PARTS = 4
HOLDS = st.sampled_from([0.5, 2.0, 5.0, 20.0, 60.0])
# What is tried enough where nothing is ordered.
ELSEWHERE = (
    *("cancel", "clog", "come_again", "create", "database", "extend", "guess", "journal", "lose_power"),
    *("punch_again", "punch_twice", "queue", "reply", "revoke", "set_clock", "type_pin"),
)


class Orders(Promises):
    """What may be ordered of doors, and the end of it."""

    @rule(
        serial=st.sampled_from([FRONT, FRONT, BARN]),
        mode=st.sampled_from([DoorMode.HELD_OPEN, DoorMode.HELD_OPEN, DoorMode.HELD_CLOSED]),
        seconds=HOLDS,
        ago=st.sampled_from([0.0, 0.0, 1.5, 2.0]),
        settles=SETTLES,
    )
    def hold(self, serial: str, mode: DoorMode, seconds: float, ago: float, settles: bool) -> None:
        self.home.hold(serial, mode, seconds, ago)
        self._go_on(settles)

    @rule(serial=SERIALS, everywhere=st.booleans(), settles=SETTLES)
    def lock_down(self, serial: str, everywhere: bool, settles: bool) -> None:
        self.home.lock_down(int(serial == BARN), (serial,), everywhere=everywhere)
        self._go_on(settles)

    @precondition(lambda self: self.home.oracle.ordered.locked)
    @rule(serial=SERIALS, everywhere=st.booleans(), settles=SETTLES)
    def end_lockdown(self, serial: str, everywhere: bool, settles: bool) -> None:
        number = int(serial == BARN)
        self.home.end_lockdown(number, BUILDINGS[number] if everywhere else (serial,))
        self._go_on(settles)

    @rule(serial=SERIALS, settles=SETTLES)
    def restart_terminal(self, serial: str, settles: bool) -> None:
        self.home.firmware[serial].lose_power()
        self.home.dial(serial)
        self._go_on(settles)

    @rule(
        serial=st.sampled_from([FRONT, BARN]),
        seconds=HOLDS,
        middle=st.sampled_from(["kill", "stop", "hang up", "power", "remove"]),
        after=st.sampled_from([0.0, 0.3, 1.5, 4.0]),
    )
    def hold_through(self, serial: str, seconds: float, middle: str, after: float) -> None:
        """Something happens while a door is held open, perhaps before the terminal has answered."""
        self.home.hold(serial, DoorMode.HELD_OPEN, seconds)
        self.home.loop.advance(after)
        self.home.befall(serial, middle)

    @rule(
        serial=st.sampled_from([FRONT, BARN]),
        mode=st.sampled_from(DoorMode),
        middle=st.sampled_from(["", "kill", "stop", "hang up", "power", "silence"]),
    )
    def go_through_a_lockdown(self, serial: str, mode: DoorMode, middle: str) -> None:
        """Its end brings back what was before, and nothing in the middle opens a door by itself."""
        self.home.go_through_a_lockdown(serial, mode, middle)


for _name in ELSEWHERE:
    setattr(Orders, _name, None)


@pytest.fixture
def machine(tmp_path: Path) -> Generator[type[Orders]]:
    """The model with a home of its own."""
    with made_home(tmp_path) as home:
        yield type("Orders", (Orders,), {"home": home})


@pytest.mark.timeout(7200)  # a part in full takes as many minutes as others take seconds
@pytest.mark.parametrize("part", range(PARTS))
def test_orders_are_kept(machine: type[Orders], part: int, *, is_long: bool) -> None:
    """Each part has stories of its own, the same ones every time."""
    run_state_machine_as_test(seed(part)(machine), settings=_settings(LONG_EXAMPLES if is_long else EXAMPLES))
