"""Whatever comes in what order: never a grant or an opening that the promises at the doors forbid.

Terminals, connections, passes and their uses, revocations, calls that are cancelled, automations, a database and a disk
in trouble, reloads and kills, with the real parts that decide and a time of its own. Whether a frame may be sent is
judged when it is sent; and when all is well again, who may come in does.
"""

from collections.abc import Generator
from datetime import time, timedelta
import logging
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, seed, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
import pytest

from .disk import Mode
from .home import BARN, DISABLED, DOORS, FRONT, HALL, KNOWN, STRANGER, UNKNOWN, Home, made_home
from .wires import Answers

# Stories, and what happens in each: ten thousand steps, and a million in full, in parts that run beside each other.
STEPS = 50
PARTS = 8
EXAMPLES = 25
LONG_EXAMPLES = 2_500

SETTLES = st.sampled_from([True, True, True, False])
SERIALS = st.sampled_from([FRONT, HALL, BARN, FRONT, HALL])
BUILDINGS = st.sampled_from([0, 0, 1])
NUMBERS = st.integers(0, 5)
RULES = st.sampled_from(
    [
        {"doors": {FRONT: {1}}},
        {"doors": {FRONT: {1}}, "max_uses": 1},
        {"doors": {FRONT: {1}, HALL: {1}}, "max_uses": 1},
        {"doors": {FRONT: {1}, HALL: {1}}, "max_uses": 2},
        {"doors": {HALL: {2}}},
        {"doors": {HALL: {2}}, "max_uses": 1},
        {"doors": {HALL: {1, 3}, FRONT: {1}}, "max_uses": 2},
        {"doors": {HALL: {1, 2, 3, 4}}, "max_uses": 1},
        {"doors": {FRONT: {1}}, "until": 5},
        {"doors": {HALL: {4}, FRONT: {1}}, "until": 60},
        {"doors": {FRONT: {1}}, "from": 10, "max_uses": 2},
        {"doors": {FRONT: {1}}, "hours": (time(12, 0), time(12, 1))},
        {"doors": {FRONT: {1}}, "hours": (time(12, 0, 30), time(13, 0))},
    ]
)
CHANGES = st.sampled_from([{"max_uses": 1}, {"max_uses": 2}, {"until": 2}, {"until": 300}])
SECONDS = st.sampled_from([0.1, 0.3, 0.6, 1.0, 1.9, 2.1, 4.0, 6.0, 11.0, 40.0])
JUMPS = st.sampled_from([0.5, 1.5, 2.5, 8.0])
OFFSETS = st.sampled_from([0.0, 0.0, 45.0, 3600.0, -90.0])
AGES = st.sampled_from([0.0, 0.0, 0.0, 3.0, 6.0, 20.0, 600.0])
PEOPLE = st.sampled_from([KNOWN, KNOWN, DISABLED, UNKNOWN, STRANGER])


class Promises(RuleBasedStateMachine):
    """What may happen; `settles` is whether all that follows from it has happened before the next does."""

    home: ClassVar[Home]

    def __init__(self) -> None:
        super().__init__()
        self.home.begin()
        self.is_well = True

    @initialize()
    def everybody_is_there(self) -> None:
        home = self.home
        for serial in DOORS:
            home.dial(serial)
        home.create({"doors": {FRONT: frozenset({1})}, "max_uses": 1}, with_pin=True)
        home.create({"doors": {HALL: frozenset({2}), FRONT: frozenset({1})}, "max_uses": 2}, with_pin=False)
        home.create({"doors": {BARN: frozenset({1})}, "max_uses": 1}, with_pin=True, number=1)
        home.loop.advance(1.0)
        assert home.look() == []
        assert len(home.guests) == 3

    def _go_on(self, settles: bool) -> None:
        if settles:
            self.home.loop.settle()

    # Terminals

    @rule(serial=SERIALS, address=st.sampled_from([0, 0, 0, 1]), tells_time=st.booleans(), settles=SETTLES)
    def dial(self, serial: str, address: int, tells_time: bool, settles: bool) -> None:
        self.home.dial(serial, address, tells_time=tells_time)
        self._go_on(settles)

    @rule(serial=SERIALS, settles=SETTLES)
    def hang_up(self, serial: str, settles: bool) -> None:
        if wire := self.home.firmware[serial].wire:
            wire.abort()
        self._go_on(settles)

    @rule(serial=SERIALS, brimful=st.booleans())
    def clog(self, serial: str, brimful: bool) -> None:
        if wire := self.home.firmware[serial].wire:
            wire.clog(brimful=brimful)

    @rule(serial=SERIALS, settles=SETTLES)
    def unclog(self, serial: str, settles: bool) -> None:
        for wire in self.home.firmware[serial].wires:
            wire.unclog()
        self._go_on(settles)

    @rule(serial=SERIALS, answers=st.sampled_from(Answers))
    def answer(self, serial: str, answers: Answers) -> None:
        self.home.firmware[serial].answers = answers

    @rule(serial=SERIALS, offset=OFFSETS)
    def set_clock(self, serial: str, offset: float) -> None:
        firmware = self.home.firmware[serial]
        firmware.offset = offset
        firmware.offsets.add(offset)

    @rule(serial=SERIALS)
    def remove(self, serial: str) -> None:
        self.home.remove(serial)

    @rule(serial=SERIALS, settles=SETTLES)
    def add(self, serial: str, settles: bool) -> None:
        self.home.add(serial)
        self._go_on(settles)

    # People

    @rule(serial=SERIALS, guest=NUMBERS, pin=st.booleans(), settles=SETTLES)
    def show(self, serial: str, guest: int, pin: bool, settles: bool) -> None:
        guests = self.home.guests
        self.home.show(serial, guests[-1 - guest % len(guests)], pin=pin)
        self._go_on(settles)

    @rule(guest=NUMBERS, door=NUMBERS, settles=SETTLES)
    def come_in(self, guest: int, door: int, settles: bool) -> None:
        one = self.home.guests[-1 - guest % len(self.home.guests)]
        self.home.show(list(one.doors)[door % len(one.doors)], one)
        self._go_on(settles)

    @precondition(lambda self: self.home.latest)
    @rule(seconds=st.sampled_from([0.0, 2.0, 7.0, 12.0]), settles=SETTLES)
    def come_again(self, seconds: float, settles: bool) -> None:
        """Whoever has been there comes once more; somebody may find that the pass is good for more than it should."""
        self.home.loop.advance(seconds)
        assert self.home.latest
        serial, guest = self.home.latest
        self.home.show(serial, guest)
        self._go_on(settles)

    @rule(serial=SERIALS, pin=st.booleans(), settles=SETTLES)
    def guess(self, serial: str, pin: bool, settles: bool) -> None:
        self.home.show(serial, None, pin=pin)
        self._go_on(settles)

    @rule(serial=SERIALS, guest=NUMBERS, age=AGES, settles=SETTLES)
    def type_pin(self, serial: str, guest: int, age: float, settles: bool) -> None:
        guests = self.home.guests
        self.home.show(serial, guests[-1 - guest % len(guests)], pin=True, late=age)
        self._go_on(settles)

    @rule(serial=st.sampled_from([FRONT, FRONT, BARN, HALL]), who=PEOPLE, age=AGES, settles=SETTLES)
    def punch(self, serial: str, who: int, age: float, settles: bool) -> None:
        self.home.punch(serial, who, age)
        self._go_on(settles)

    @precondition(lambda self: self.home.punches)
    @rule(index=NUMBERS, log_index=st.sampled_from([1, 2]), settles=SETTLES)
    def punch_again(self, index: int, log_index: int, settles: bool) -> None:
        punches = self.home.punches
        self.home.send_punch(punches[-1 - index % len(punches)], log_index)
        self._go_on(settles)

    @rule(rules=RULES, with_pin=st.booleans(), building=BUILDINGS, settles=SETTLES)
    def create(self, rules: dict[str, Any], with_pin: bool, building: int, settles: bool) -> None:
        now = self.home.wall()
        doors = {BARN: {1}} if building else rules["doors"]
        made: dict[str, Any] = {"doors": {serial: frozenset(numbers) for serial, numbers in doors.items()}}
        made |= {key: rules[key] for key in ("max_uses", "hours") if key in rules}
        if "from" in rules:
            made["valid_from"] = now + timedelta(seconds=rules["from"])
        if "until" in rules:
            made["valid_until"] = now + timedelta(seconds=rules["until"])
        self.home.create(made, with_pin=with_pin, number=building)
        self._go_on(settles)

    @rule(guest=NUMBERS, building=BUILDINGS, settles=SETTLES)
    def revoke(self, guest: int, building: int, settles: bool) -> None:
        guests = self.home.guests
        self.home.revoke(guests[-1 - guest % len(guests)], building)
        self._go_on(settles)

    @rule(guest=NUMBERS, changes=CHANGES, building=BUILDINGS, settles=SETTLES)
    def extend(self, guest: int, changes: dict[str, Any], building: int, settles: bool) -> None:
        guests = self.home.guests
        made = {key: changes[key] for key in ("max_uses",) if key in changes}
        if "until" in changes:
            made["valid_until"] = self.home.wall() + timedelta(seconds=changes["until"])
        self.home.extend(guests[-1 - guest % len(guests)], made, building)
        self._go_on(settles)

    @rule(serial=SERIALS, door=st.integers(1, 4), ago=st.sampled_from([0.0, 0.0, 1.5, 2.0]), settles=SETTLES)
    def open_door(self, serial: str, door: int, ago: float, settles: bool) -> None:
        self.home.open(serial, 1 + door % DOORS[serial], ago)
        self._go_on(settles)

    @precondition(lambda self: self.home.calls)
    @rule(index=NUMBERS, settles=SETTLES)
    def cancel(self, index: int, settles: bool) -> None:
        self.home.cancel(index)
        self._go_on(settles)

    @precondition(lambda self: self.home.questions)
    @rule(index=NUMBERS, granted=st.booleans(), settles=SETTLES)
    def reply(self, index: int, granted: bool, settles: bool) -> None:
        self.home.reply(index, granted=granted)
        self._go_on(settles)

    # What takes several steps, in which something may be too late

    @rule(guest=NUMBERS, then=st.sampled_from(["cancel", "revoke", "wait"]))
    def queue(self, guest: int, then: str) -> None:
        """Somebody waits for a door behind another, and should not any more."""
        home = self.home
        one = home.guests[-1 - guest % len(home.guests)]
        home.firmware[HALL].answers = Answers.SLOW
        home.open(HALL, 3)
        if then == "cancel":
            home.open(HALL, 4)
        else:
            home.show(HALL, one)
        home.loop.advance(0.3)
        if then == "cancel":
            home.cancel(-1)
        elif then == "revoke":
            home.revoke(one)
        home.loop.advance(3.0)

    @rule(guest=NUMBERS, mode=st.sampled_from(Mode), journal=st.sampled_from([Mode.WELL, Mode.AWAY, Mode.HANGS]))
    def lose_power(self, guest: int, mode: Mode, journal: Mode) -> None:
        """Somebody comes in, the power fails, and they come again: what was on no disk is not known any more."""
        home = self.home
        one = home.guests[-1 - guest % len(home.guests)]
        serial = next(iter(one.doors))
        home.database(mode)
        home.journal(journal)
        home.show(serial, one)
        home.loop.advance(1.5)
        home.disk.mode = home.disk.journal = Mode.WELL
        home.kill()
        home.loop.settle()
        home.show(serial, one)
        home.loop.advance(3.0)

    @rule(serial=st.sampled_from([FRONT, BARN]), mode=st.sampled_from(Mode), settles=SETTLES)
    def punch_twice(self, serial: str, mode: Mode, settles: bool) -> None:
        """The terminal tells of a punch in two frames."""
        self.home.database(mode)
        self.home.punch(serial, KNOWN, 0.0)
        self._go_on(settles)
        self.home.send_punch(self.home.punches[-1], 2)
        self.home.loop.advance(3.0)

    # The house

    @rule(mode=st.sampled_from([Mode.WELL, *Mode]), settles=SETTLES)
    def database(self, mode: Mode, settles: bool) -> None:
        self.home.database(mode)
        self._go_on(settles)

    @rule(mode=st.sampled_from([Mode.WELL, Mode.WELL, Mode.AWAY, Mode.HANGS]), settles=SETTLES)
    def journal(self, mode: Mode, settles: bool) -> None:
        self.home.journal(mode)
        self._go_on(settles)

    @rule(building=BUILDINGS, again=st.booleans(), settles=SETTLES)
    def stop(self, building: int, again: bool, settles: bool) -> None:
        self.home.stop(building, again=again)
        self._go_on(settles)

    @rule(building=BUILDINGS, settles=SETTLES)
    def start(self, building: int, settles: bool) -> None:
        self.home.start(building)
        self._go_on(settles)

    @rule(heals=st.booleans(), settles=SETTLES)
    def kill(self, heals: bool, settles: bool) -> None:
        if heals:
            self.home.disk.mode = self.home.disk.journal = Mode.WELL
        self.home.kill()
        self._go_on(settles)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.home.loop.advance(seconds)

    @rule(seconds=JUMPS, settles=SETTLES)
    def be_busy(self, seconds: float, settles: bool) -> None:
        self.home.loop.be_busy(seconds)
        self._go_on(settles)

    @invariant()
    def promises_are_kept(self) -> None:
        self.is_well = False
        assert self.home.look() == []
        self.is_well = True

    def teardown(self) -> None:
        try:
            if self.is_well:
                self.home.prosper()
                assert self.home.look() == []
        finally:
            self.home.end()


@pytest.fixture
def machine(tmp_path: Path) -> Generator[type[Promises]]:
    """The model with a home of its own."""
    with made_home(tmp_path) as home:
        yield type("Promises", (Promises,), {"home": home})


@pytest.fixture(autouse=True)
def _quiet() -> Generator[None]:
    """Keep nothing of what a million steps log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _settings(examples: int) -> settings:
    return settings(
        database=None,
        deadline=None,
        max_examples=examples,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.timeout(7200)  # a part in full takes as many minutes as others take seconds
@pytest.mark.parametrize("part", range(PARTS))
def test_promises_are_kept(machine: type[Promises], part: int, *, is_long: bool) -> None:
    """Each part has stories of its own, the same ones every time."""
    run_state_machine_as_test(seed(part)(machine), settings=_settings(LONG_EXAMPLES if is_long else EXAMPLES))
