"""Whatever a terminal's clock does: each record once, none of the future, none moved that was right, no old news."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.timmy_access.const import LIVE_WINDOW
from custom_components.timmy_access.ledger import Identity
from custom_components.timmy_access.protocol.messages import LogBatch
from custom_components.timmy_access.records import arrivals
from custom_components.timmy_access.records.arrivals import Arrivals
from custom_components.timmy_access.terminal.clock import Placed, TerminalClock, localise
from homeassistant.util import dt as dt_util

BEGIN = datetime(2026, 3, 1, 12, 0, 0, tzinfo=dt_util.UTC)
EPOCH = datetime(2000, 1, 1, tzinfo=dt_util.UTC)
FRAME = 3
EXAMPLES, EXAMPLES_LONG = 150, 5_000

STEPS = st.one_of(
    st.tuples(st.just("pass"), st.sampled_from([1, 7, 40, 3_600, 90_000])),
    st.tuples(st.just("punch"), st.integers(1, 3)),
    st.tuples(st.just("lose_time"), st.just(0)),
    st.tuples(st.just("set_date"), st.sampled_from([-800, -400, 400, 800])),
    st.tuples(st.just("set_hours"), st.sampled_from([-9, -1, 1, 5])),
    st.tuples(st.just("lose_words"), st.booleans()),
    st.tuples(st.just("redial"), st.booleans()),
    st.tuples(st.just("hang_up"), st.just(0)),
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
    ahead: timedelta = timedelta(0)
    wordless: bool = False
    connected: bool = False
    told_right: bool = False
    unsent: list[Made] = field(default_factory=list)
    kept: dict[Identity, Made] = field(default_factory=dict)
    numbers: int = 100

    def __post_init__(self) -> None:
        self.clock = TerminalClock(lambda: self.now, elapsed=self.seconds)
        self.arrivals = Arrivals(self.clock)

    def seconds(self) -> float:
        return self.now.timestamp()

    def do_pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def do_hang_up(self, _: int) -> None:
        self.connected = False

    def do_clear(self, _: int) -> None:
        """At the menu, while nobody listens, with what is unsent."""
        self.unsent.clear()

    def do_wrap(self, count: int) -> None:
        """The memory is full, and what is oldest makes room, sent or not."""
        del self.unsent[:count]

    def do_restart(self, _: int) -> None:
        """Of Home Assistant, which knows nothing any more but what is kept."""
        self.connected, self.told_right = False, False
        self.__post_init__()

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
        # A clock that has begun anew shows the same second for somebody else each time. And of a person without a time,
        # made while away, nothing tells whether it is the record before, of which the acknowledgement was lost.
        if self.ahead or (self.wordless and not self.connected):
            self.numbers += 1
            enroll_id = self.numbers
        shown = "0000-00-00 00:00:00" if self.wordless else self.shown()
        record = {"enrollid": enroll_id, "time": shown, "mode": 1, "inout": 0, "event": 0}
        made = Made(self.now, record, right=not self.ahead and not self.wordless)
        if self.connected:
            [placed] = self.send([made])
            if made.right and self.told_right:
                assert placed.live
        else:
            self.unsent.append(made)

    def do_redial(self, loses: bool) -> None:
        """Register, take over the time, and send what is unsent; where the first acknowledgement is lost, again."""
        self.now += timedelta(seconds=2)
        self.told_right = not self.ahead
        shown = datetime.fromisoformat(self.shown()) - timedelta(seconds=2)
        self.clock.measured(shown, len(self.unsent))
        self.clock.connected()
        self.clock.told()
        self.ahead, self.connected = timedelta(0), True
        if loses and self.unsent:
            self.send(self.unsent[:FRAME])
            self.do_redial(loses=False)
            return
        while self.unsent:
            self.send(self.unsent[:FRAME])
            del self.unsent[:FRAME]

    def send(self, frame: list[Made]) -> list[Placed]:
        records = LogBatch.parse({"record": [made.record for made in frame]}).records
        identities = self.arrivals.identities(records, 0)
        placed = self.clock.place([identity.time for identity in identities], len(frame))
        self.arrivals.kept(identities)
        assert len(set(identities)) == len(frame)
        for made, identity, place in zip(frame, identities, placed, strict=True):
            known = self.kept.setdefault(identity, made)
            assert known is made, "one record hides another"
            assert place.occurred_at <= self.now, "of the future"
            assert not place.live or self.now - made.made_at <= LIVE_WINDOW, "news of the past"
            if made.right:
                assert abs(place.occurred_at - made.made_at) <= timedelta(seconds=1), "moved"
        return placed

    def shown(self) -> str:
        return f"{dt_util.as_local(self.now + self.ahead):%Y-%m-%d %H:%M:%S}"


@pytest.fixture(autouse=True)
async def _zone() -> None:
    zone = await dt_util.async_get_time_zone("Asia/Kathmandu")
    assert zone is not None
    dt_util.set_default_time_zone(zone)


def test_each_record_is_kept_once_where_it_belongs(is_long: bool) -> None:
    @settings(
        max_examples=EXAMPLES_LONG if is_long else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @example([("hang_up", 0), ("punch", 1), ("lose_time", 0), ("punch", 1), ("redial", False)])
    @example([("lose_words", True), ("punch", 1), ("punch", 2), ("punch", 1)])
    @example([("set_hours", 1), ("punch", 1), ("lose_time", 0), ("pass", 3_600)])
    @given(st.lists(STEPS, max_size=25))
    def keep(steps: list[tuple[str, int]]) -> None:
        house = House()
        with patch.object(arrivals, "monotonic", house.seconds):
            house.do_redial(loses=False)
            for name, value in steps:
                getattr(house, f"do_{name}")(value)
            house.do_redial(loses=True)
        assert not house.unsent
        made = list(house.kept.values())
        assert len(made) == len({id(one) for one in made}), "kept twice"

    keep()


def test_the_model_understands_time(hass: object) -> None:
    """What the model takes for now is what the clock makes of it."""
    house = House()
    assert localise(datetime.fromisoformat(house.shown()), house.now) == house.now
