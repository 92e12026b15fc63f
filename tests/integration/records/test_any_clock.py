"""Whatever a terminal's clock does: each record once, none of the future, none moved that was right, no old news."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.timmy_access.const import LIVE_WINDOW
from custom_components.timmy_access.ledger import Identity
from custom_components.timmy_access.protocol.messages import LogBatch
from custom_components.timmy_access.records import arrivals
from custom_components.timmy_access.records.arrivals import Arrivals
from custom_components.timmy_access.terminal.clock import Placed, TerminalClock, localise
from custom_components.timmy_access.terminal.told import Told, ToldTimes
from homeassistant.util import dt as dt_util

# A day before clocks are changed in Europe.
BEGIN = datetime(2026, 3, 28, 12, 0, 0, tzinfo=dt_util.UTC)
HALF_A_YEAR = 210 * 86_400
# Our own clock before it learned the time, as that of a board without a battery.
UNLEARNED = timedelta(days=-3)
EPOCH = datetime(2000, 1, 1, tzinfo=dt_util.UTC)
FRAME = 3
EXAMPLES, EXAMPLES_LONG = 150, 5_000

# Changed on days of their own, in the other half of the year, or never.
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
# What is made past midnight there is of the day before in the new zone.
HELD: list[tuple[str, Any]] = [("hold", True), ("punch", 1), ("move", "America/New_York"), ("tell", 0)]
STEPS = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from([1, 7, 40, 3_600, 90_000, HALF_A_YEAR])),
    st.tuples(st.just("move"), st.sampled_from(ZONES)),
    st.tuples(st.just("tell"), st.just(0)),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("hide_time"), st.booleans()),
    st.tuples(st.just("hide_count"), st.booleans()),
    st.tuples(st.just("start_unlearned"), st.just(0)),
    st.tuples(st.just("punch"), st.integers(1, 3)),
    st.tuples(st.just("lose_time"), st.just(0)),
    st.tuples(st.just("set_date"), st.sampled_from([-800, -400, 400, 800])),
    st.tuples(st.just("set_hours"), st.sampled_from([-9, -1, 1, 5])),
    st.tuples(st.just("lose_words"), st.booleans()),
    st.tuples(st.just("redial"), st.booleans()),
    st.tuples(st.just("hang_up"), st.just(0)),
    st.tuples(st.just("break_off"), st.just(0)),
    st.tuples(st.just("clear"), st.just(0)),
    st.tuples(st.just("wrap"), st.integers(1, 3)),
    st.tuples(st.just("restart"), st.just(0)),
)


@dataclass(eq=False)
class Made:
    """A record as it was made: when in truth, and by a clock that was right."""

    made_at: datetime
    record: dict[str, object]
    right: bool


@dataclass
class House:
    """A terminal whose clock goes wrong, and what is kept of its records."""

    now: datetime = BEGIN
    ours: timedelta = timedelta(0)
    utc_offset: timedelta = timedelta(0)
    ahead: timedelta = timedelta(0)
    wordless: bool = False
    connected: bool = False
    held: bool = False
    hides_time: bool = False
    hides_count: bool = False
    told_right: bool = False
    unsent: list[Made] = field(default_factory=list)
    kept: dict[Identity, Made] = field(default_factory=dict)
    shown_by: set[tuple[int, str]] = field(default_factory=set)
    numbers: int = 100
    remembered: Sequence[Told] = ()
    last_frame: Sequence[Identity] = ()

    def __post_init__(self) -> None:
        told = ToldTimes(lambda: self.remembered, self.remember)
        self.clock = TerminalClock(self.our_time, elapsed=self.seconds, told=told)
        self.arrivals = Arrivals(self.clock)

    def remember(self, told: Sequence[Told]) -> None:
        self.remembered = told

    def seconds(self) -> float:
        return self.now.timestamp()

    def our_time(self) -> datetime:
        return self.now + self.ours

    def do_pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def do_move(self, zone: str) -> None:
        dt_util.set_default_time_zone(ZoneInfo(zone))

    def do_tell(self, _: int) -> None:
        """As is done soon after the local time has jumped."""
        if self.connected and not self.ahead:
            self.tell()

    def tell(self) -> None:
        self.clock.told()
        self.utc_offset = self.ours + (dt_util.as_local(self.our_time()).utcoffset() or timedelta(0))
        self.ahead = timedelta(0)

    def do_hold(self, held: bool) -> None:
        """While the disk is away nothing is acknowledged, and what is made meanwhile waits."""
        self.held = held
        if self.connected:
            self.send_unsent()

    def do_start_unlearned(self, _: int) -> None:
        """Start with a clock of our own that is wrong, to which the terminal is set, until it learns the time."""
        if not self.unsent and not self.held and not self.ahead:
            self.do_restart(0)
            self.ours = UNLEARNED
            self.do_redial(loses=False)
            self.do_hang_up(0)
            self.do_punch(1)
            self.ours = timedelta(0)
            self.do_redial(loses=True)

    def do_hide_time(self, hidden: bool) -> None:
        """Of a terminal that does not show its time when it registers nothing tells that its clock is wrong."""
        self.hides_time = hidden

    def do_hide_count(self, hidden: bool) -> None:
        self.hides_count = hidden

    def do_hang_up(self, _: int) -> None:
        self.connected = False

    def do_break_off(self, _: int) -> None:
        """Register, send what waits first, and be gone before that is acknowledged."""
        if self.unsent and not self.held:
            self.held = True
            self.do_redial(loses=False)
            self.held = False
            self.send(self.unsent[:FRAME])
            self.connected = False

    def do_clear(self, _: int) -> None:
        """At the menu, while nobody listens, with what is unsent.

        Not also while the disk is away: how many of a clock that was wrong wait is all that tells them from others.
        """
        if not self.held:
            self.unsent.clear()

    def do_wrap(self, count: int) -> None:
        """The memory is full, and what is oldest makes room, sent or not."""
        if not self.held:
            del self.unsent[:count]

    def do_restart(self, _: int) -> None:
        """Of Home Assistant, which knows nothing any more but what is kept."""
        self.connected, self.told_right = False, False
        self.__post_init__()
        aparts: dict[Identity, list[int]] = {}
        for one in self.last_frame:
            if one.apart:
                aparts.setdefault(one._replace(apart=0), []).append(one.apart)
        self.arrivals.restore(aparts)

    def do_lose_time(self, _: int) -> None:
        self.connected, self.ahead = False, EPOCH - self.now

    def do_set_date(self, days: int) -> None:
        self.connected, self.ahead = False, timedelta(days=days)

    def do_set_hours(self, hours: int) -> None:
        """With nothing unsent: of a record that was right some hours before nothing would tell it from a wrong one."""
        if not self.unsent:
            self.connected, self.ahead = False, timedelta(hours=hours)

    def do_lose_words(self, lost: bool) -> None:
        self.wordless = lost

    def do_punch(self, enroll_id: int) -> None:
        self.now += timedelta(seconds=11)
        shown = "0000-00-00 00:00:00" if self.wordless else self.shown()
        # A clock that has begun anew, or was put back, shows the same second for somebody else each time. And of a
        # person without a time, made while away, nothing tells whether it is the record before, of which the
        # acknowledgement was lost.
        waits = not self.connected or self.held
        if self.ahead or (self.wordless and waits) or (enroll_id, shown) in self.shown_by:
            self.numbers += 1
            enroll_id = self.numbers
        if not self.wordless:
            self.shown_by.add((enroll_id, shown))
        record = {"enrollid": enroll_id, "time": shown, "mode": 1, "inout": 0, "event": 0}
        made = Made(self.now, record, right=not self.ahead and not self.wordless)
        if waits:
            self.unsent.append(made)
        else:
            is_present = not self.wordless and self.clock.is_present(datetime.fromisoformat(shown))
            [placed] = self.send([made])
            if made.right and self.told_right:
                assert placed.live
                assert is_present

    def do_redial(self, loses: bool) -> None:
        """Register, take over the time, and send what is unsent; where the first acknowledgement is lost, again."""
        self.now += timedelta(seconds=2)
        shown = datetime.fromisoformat(self.shown()) - timedelta(seconds=2)
        self.told_right = abs(dt_util.as_local(self.our_time()).replace(tzinfo=None) - shown) < timedelta(seconds=5)
        self.clock.measured(None if self.hides_time else shown, None if self.hides_count else len(self.unsent))
        self.clock.connected()
        self.tell()
        self.connected = True
        if loses and self.unsent and not self.held:
            self.send(self.unsent[:FRAME])
            self.do_redial(loses=False)
            return
        self.send_unsent()

    def send_unsent(self) -> None:
        while self.unsent and not self.held:
            self.send(self.unsent[:FRAME])
            del self.unsent[:FRAME]

    def send(self, frame: list[Made]) -> list[Placed]:
        records = LogBatch.parse({"record": [made.record for made in frame]}).records
        identities = self.arrivals.identities(records, 0)
        placed = self.clock.place([identity.time for identity in identities], len(frame))
        self.arrivals.kept(identities)
        self.last_frame = identities
        assert len(set(identities)) == len(frame)
        for made, identity, place in zip(frame, identities, placed, strict=True):
            is_new = identity not in self.kept
            known = self.kept.setdefault(identity, made)
            assert known is made, "one record hides another"
            assert place.occurred_at <= self.our_time(), "of the future"
            assert not place.live or self.now - made.made_at <= LIVE_WINDOW, "news of the past"
            if is_new and made.right and not self.ours:
                assert abs(place.occurred_at - made.made_at) <= timedelta(seconds=1), "moved"
        return placed

    def shown(self) -> str:
        return f"{self.now + self.utc_offset + self.ahead:%Y-%m-%d %H:%M:%S}"


@pytest.fixture(autouse=True)
def _zone() -> None:
    dt_util.set_default_time_zone(ZoneInfo("Asia/Kathmandu"))


def test_each_record_is_kept_once_where_it_belongs(is_long: bool) -> None:
    @settings(
        max_examples=EXAMPLES_LONG if is_long else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @example([("hang_up", 0), ("punch", 1), ("lose_time", 0), ("punch", 1), ("redial", False)])
    @example([("lose_words", True), ("punch", 1), ("punch", 2), ("punch", 1)])
    @example([("set_hours", 1), ("punch", 1), ("lose_time", 0), ("pass", 3_600)])
    @example([("hang_up", 0), ("punch", 1), ("pass", 90_000), ("punch", 1)])
    @example([("hide_time", True), ("hang_up", 0), ("punch", 1), ("move", "America/New_York"), ("punch", 1)])
    @example([("hang_up", 0), ("pass", 90_000), ("punch", 1), ("restart", 0), ("pass", HALF_A_YEAR)])
    @example([("hold", True), ("punch", 1), ("move", "Asia/Kathmandu"), ("tell", 0), ("pass", 40), ("hold", False)])
    @example([("hang_up", 0), ("punch", 1), ("break_off", 0), ("move", "America/New_York"), ("punch", 1)])
    @example([("move", "Asia/Kathmandu"), ("tell", 0), ("pass", 28_800), *HELD, ("pass", 40), ("hold", False)])
    @example([("move", "Asia/Kathmandu"), *HELD[:2], ("tell", 0), ("restart", 0), ("move", "Europe/Berlin")])
    @example([("move", "Asia/Kathmandu"), ("set_hours", 1), ("punch", 1), ("break_off", 0), ("move", "Europe/Berlin")])
    @example([("set_date", 400), ("restart", 0), ("hold", True), ("punch", 1), ("redial", False), ("punch", 1)])
    @example([("start_unlearned", 0), ("punch", 1), ("move", "America/New_York"), ("punch", 1)])
    @given(st.lists(STEPS, max_size=25))
    def keep(steps: list[tuple[str, Any]]) -> None:
        dt_util.set_default_time_zone(ZoneInfo("Europe/Berlin"))
        house = House()
        with patch.object(arrivals, "monotonic", house.seconds):
            house.do_redial(loses=False)
            for name, value in steps:
                getattr(house, f"do_{name}")(value)
            house.held = False
            house.do_redial(loses=True)
        assert not house.unsent
        made = list(house.kept.values())
        assert len(made) == len({id(one) for one in made}), "kept twice"

    keep()


def test_the_model_understands_time(hass: object) -> None:
    """What the model takes for now is what the clock makes of it."""
    house = House()
    house.tell()
    assert localise(datetime.fromisoformat(house.shown()), house.now) == house.now
