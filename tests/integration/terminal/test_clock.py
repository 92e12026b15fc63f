"""When a record happened: drift, backlogs, and the two hours of a year that are not like the others."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.terminal.clock import Placed, TerminalClock, local_naive, localise
from custom_components.timmy_access.terminal.wrong_stretch import DRIFT_TOLERANCE
from homeassistant.util import dt as dt_util

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 24, 11, 0, 0, tzinfo=dt_util.UTC)


class Watch:
    """A clock for a `TerminalClock` to look at."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def local(self, **ago: float) -> datetime:
        return dt_util.as_local(self.time - timedelta(**ago)).replace(tzinfo=None)


async def zone(name: str) -> tzinfo:
    found = await dt_util.async_get_time_zone(name)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
async def _zone() -> None:
    dt_util.set_default_time_zone(await zone(BERLIN))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def clock(watch: Watch) -> TerminalClock:
    return TerminalClock(watch, elapsed=watch.seconds)


def placed(clock: TerminalClock, shown: datetime | None, records_in_frame: int) -> Placed:
    [place] = clock.place([shown], records_in_frame)
    return place


# Of now, of the days around, at the ends of the calendar, of two days on which clocks are changed, and instants.
SECONDS = st.integers(-60, 60) | st.integers(-48 * 3600, 48 * 3600)
SHOWN = st.lists(
    st.none()
    | SECONDS.map(lambda seconds: NOW.replace(tzinfo=None) + timedelta(hours=1, seconds=seconds))
    | st.datetimes()
    | st.builds(datetime, st.just(2026), st.just(10), st.just(25), st.integers(0, 4), st.integers(0, 59))
    | st.builds(datetime, st.just(2026), st.just(3), st.just(29), st.integers(0, 4), st.integers(0, 59))
    | st.sampled_from([datetime.min, datetime.max])  # noqa: DTZ901 - as terminals tell them
    | SECONDS.map(lambda seconds: NOW + timedelta(seconds=seconds)),
    max_size=6,
)


# A day and the widest zone before the first year that a record is believed to be of.
FIRST = datetime(1970, 1, 1, tzinfo=dt_util.UTC) - timedelta(hours=27)
OLD = NOW.replace(tzinfo=None) - timedelta(days=2)


@given(SHOWN, st.booleans())
def test_what_is_looked_at_together_is_what_it_is_alone(shown: list[datetime | None], is_old: bool) -> None:
    dt_util.set_default_time_zone(ZoneInfo(BERLIN))
    if is_old:  # as a backlog is
        shown = [one for one in shown if one is not None and one.tzinfo is None and one < OLD]
    instants: list[datetime | None] = []
    for one in shown:
        try:
            instants.append(None if one is None else localise(one, NOW))
        except OverflowError:
            instants.append(None)
    watch = Watch()
    clock = TerminalClock(watch, elapsed=watch.seconds)
    ahead = [instant is not None and instant > NOW + DRIFT_TOLERANCE for instant in instants]
    assert clock.is_ahead(shown) is any(ahead)
    assert clock.tells_nothing(shown) == [
        instant is None or late or instant < FIRST for instant, late in zip(instants, ahead, strict=True)
    ]
    clock.measured(watch.local(), len(shown) + 1)
    assert clock.place(shown, len(shown)) == [
        Placed(NOW, live=False)
        if instant is None
        else Placed(min(instant, NOW) if instant >= FIRST else NOW, live=abs(instant - NOW) <= clock.live_window)
        for instant in instants
    ]


def test_a_right_clock_is_believed(clock: TerminalClock, watch: Watch) -> None:
    clock.measured(watch.local(seconds=3), 5)
    assert clock.drift == timedelta(0)
    assert placed(clock, watch.local(seconds=4), 1).live
    assert placed(clock, watch.local(seconds=19), 1).live
    assert not placed(clock, watch.local(seconds=21), 1).live
    assert not placed(clock, watch.local(seconds=-21), 1).live


def test_a_clock_that_was_never_measured_is_believed(clock: TerminalClock, watch: Watch) -> None:
    assert placed(clock, watch.local(seconds=4), 1).live
    clock.measured(None, None)
    assert placed(clock, watch.local(seconds=4), 1).live


def test_a_record_without_a_time_is_history(clock: TerminalClock) -> None:
    assert not placed(clock, None, 1).live


@pytest.mark.parametrize("error", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400)])
def test_a_backlog_from_a_wrong_clock_is_history_and_gets_its_true_time(
    clock: TerminalClock, watch: Watch, error: timedelta
) -> None:
    clock.measured(watch.local(seconds=2) + error, 2)
    happened = watch.local(minutes=30)
    found = placed(clock, happened + error, 2)
    assert not found.live
    assert abs(found.occurred_at - (NOW - timedelta(minutes=30))) <= timedelta(seconds=1)
    assert not placed(clock, watch.local(seconds=1), 2).live  # the second of two unsent records
    assert placed(clock, watch.local(seconds=1), 1).live  # made after the clock was set


def test_without_a_count_doubt_lasts_as_long_as_batches_come(clock: TerminalClock, watch: Watch) -> None:
    clock.measured(watch.local(seconds=2) + timedelta(hours=1), None)
    assert not placed(clock, watch.local(), 50).live
    watch.time += timedelta(seconds=15)
    assert not placed(clock, watch.local(), 50).live
    watch.time += timedelta(seconds=15)
    assert not placed(clock, watch.local(), 1).live
    watch.time += timedelta(seconds=21)
    assert placed(clock, watch.local(), 1).live


def lost_its_time(clock: TerminalClock, watch: Watch, unsent: int) -> datetime:
    """Register a terminal whose clock was right an hour ago, and begins in 2000 since a power cut."""
    clock.told()
    watch.time += timedelta(hours=1)
    shown = datetime(2000, 1, 1, 0, 3)  # noqa: DTZ001 - terminals speak naive local time
    clock.measured(shown, unsent)
    clock.connected()
    clock.told()
    return shown


def test_a_record_that_the_wrong_clock_cannot_have_written_stays(clock: TerminalClock, watch: Watch) -> None:
    shown = lost_its_time(clock, watch, 4)
    right = [watch.local(days=2, minutes=minute) for minute in (3, 2, 1)]
    made = [*right, shown - timedelta(minutes=1)]
    placed_at = [place.occurred_at for place in clock.place(made, 4)]
    assert placed_at[:3] == [localise(one, watch.time) for one in right]
    assert abs(placed_at[3] - (watch.time - timedelta(minutes=1))) <= timedelta(seconds=5)


def test_a_count_of_what_is_never_sent_makes_no_history(clock: TerminalClock, watch: Watch) -> None:
    """Neither by a clock that was behind nor, once nothing more comes, by one that was ahead."""
    lost_its_time(clock, watch, 70)
    for _ in range(70):
        watch.time += timedelta(seconds=1)
        assert placed(clock, watch.local(seconds=1), 1).live
        assert clock.is_present(watch.local(seconds=1))
    ahead = TerminalClock(watch, elapsed=watch.seconds)
    ahead.measured(watch.local(hours=-5), 70)
    ahead.connected()
    assert not placed(ahead, watch.local(), 1).live
    assert not ahead.is_present(watch.local())
    watch.time += timedelta(seconds=21)
    for _ in range(70):
        watch.time += timedelta(seconds=1)
        assert placed(ahead, watch.local(seconds=1), 1).live
        assert ahead.is_present(watch.local(seconds=1))


def test_what_was_right_is_not_moved_by_a_date_that_was_set_wrong(watch: Watch) -> None:
    """Known by when the clock was right last, and after a start by how far a zone can be off."""
    for known in (True, False):
        clock = TerminalClock(watch, elapsed=watch.seconds)
        if known:
            clock.told()
        clock.measured(watch.local(days=-365), 3)
        assert placed(clock, watch.local(days=2), 3).occurred_at == watch.time - timedelta(days=2)


def test_what_a_wrong_clock_wrote_gets_its_time_over_the_next_connection_too(
    clock: TerminalClock, watch: Watch
) -> None:
    shown = lost_its_time(clock, watch, 2)
    written_at = watch.time - timedelta(minutes=1)
    watch.time += timedelta(seconds=10)
    clock.measured(watch.local(seconds=2), 2)
    clock.connected()
    assert abs(placed(clock, shown - timedelta(minutes=1), 2).occurred_at - written_at) <= timedelta(seconds=5)
    assert clock.drift == timedelta(0)


def test_nothing_is_of_the_future(clock: TerminalClock, watch: Watch) -> None:
    clock.connected()
    clock.measured(watch.local(seconds=2), 0)
    assert placed(clock, watch.local(days=-1), 1) == Placed(NOW, live=False)
    assert clock.instants([watch.local(days=-1), watch.local(hours=1)]) == [NOW, NOW - timedelta(hours=1)]


@pytest.mark.parametrize("unsent", [1, None])
def test_what_a_clock_that_is_ahead_made_before_the_connection_is_history(
    clock: TerminalClock, watch: Watch, unsent: int | None
) -> None:
    """Also where it is ahead by so little that it is not wrong."""
    clock.measured(watch.local(seconds=-6), unsent)
    clock.connected()
    clock.told()
    waited = watch.local(seconds=10 - 8)
    assert not clock.is_present(waited)
    assert placed(clock, waited, 1) == Placed(NOW - timedelta(seconds=2), live=False)
    watch.time += timedelta(seconds=9)
    assert clock.is_present(watch.local(seconds=1))
    assert placed(clock, watch.local(seconds=1), 1).live


def test_what_was_made_before_the_connection_is_history(clock: TerminalClock, watch: Watch) -> None:
    clock.connected()
    clock.measured(watch.local(seconds=2), 1)
    assert placed(clock, watch.local(seconds=2), 1).live
    assert not placed(clock, watch.local(seconds=4), 1).live
    watch.time += timedelta(seconds=10)
    assert placed(clock, watch.local(seconds=9), 1).live


def test_a_clock_that_was_told_summer_time_is_understood_in_winter(clock: TerminalClock, watch: Watch) -> None:
    watch.time = datetime(2026, 10, 25, 0, 59, 50, tzinfo=dt_util.UTC)
    clock.connected()
    clock.measured(watch.local(seconds=2), 0)
    clock.told()
    shown = watch.local() + timedelta(seconds=20)
    watch.time += timedelta(seconds=21)
    assert placed(clock, shown, 1) == Placed(watch.time - timedelta(seconds=1), live=True)
    assert clock.is_present(shown)
    clock.told()
    assert placed(clock, watch.local(seconds=1), 1).live


async def test_a_clock_that_was_told_in_another_zone_is_understood(clock: TerminalClock, watch: Watch) -> None:
    clock.told()
    shown = watch.local(seconds=1)
    dt_util.set_default_time_zone(await zone("Asia/Kathmandu"))
    assert placed(clock, shown, 1) == Placed(NOW - timedelta(seconds=1), live=True)
    clock.told()
    assert placed(clock, shown, 1) == Placed(NOW - timedelta(seconds=1), live=True)  # it was on its way
    watch.time += timedelta(minutes=1)
    assert not placed(clock, shown + timedelta(minutes=1), 1).live


def test_what_is_yet_to_come_is_noticed(clock: TerminalClock, watch: Watch) -> None:
    assert clock.is_ahead([None, watch.local(seconds=-11)])
    assert not clock.is_ahead([watch.local(seconds=-9), watch.local(hours=1)])
    assert not clock.is_ahead([None])


def test_the_repeated_hour_of_autumn_is_the_nearer_one() -> None:
    naive = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - twice that night
    first = datetime(2026, 10, 25, 0, 30, tzinfo=dt_util.UTC)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=dt_util.UTC)
    assert localise(naive, first + timedelta(seconds=5)) == first
    assert localise(naive, second + timedelta(seconds=5)) == second


# Clocks that are changed at midnight, by half an hour, at odd hours, or never; and one that skipped a day.
ZONES = ["America/Santiago", "Australia/Lord_Howe", BERLIN, "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"]


def _plainly(naive: datetime, near: datetime) -> datetime:
    """Return the instant of a naive time with nothing remembered."""
    there = naive.replace(tzinfo=dt_util.get_default_time_zone())
    times = (there.replace(fold=fold).astimezone(dt_util.UTC) for fold in (0, 1))
    return min(times, key=lambda instant: abs(instant - near))


@pytest.mark.parametrize("name", ZONES)
async def test_days_are_told_from_those_on_which_clocks_are_changed(name: str) -> None:
    dt_util.set_default_time_zone(await zone(name))
    begin = datetime(2011, 12, 1)  # noqa: DTZ001 - terminals speak naive local time
    shown = [begin + timedelta(minutes=45 * step) for step in range(32 * 366)]
    near = datetime(2012, 4, 1, tzinfo=dt_util.UTC)
    clock = TerminalClock(lambda: near)
    placed_at = [place.occurred_at for place in clock.place(shown, len(shown))]
    assert placed_at == [min(_plainly(naive, near), near) for naive in shown]
    assert placed_at == [min(localise(naive, near), near) for naive in shown]


def test_a_time_outside_the_calendar_is_history(clock: TerminalClock, watch: Watch) -> None:
    first = datetime.min  # noqa: DTZ901 - half an hour into the calendar by local time, and before it in UTC
    assert clock.place([first, watch.local(seconds=4), None], 3) == [
        Placed(NOW, live=False),
        Placed(NOW - timedelta(seconds=4), live=True),
        Placed(NOW, live=False),
    ]


@pytest.mark.parametrize("year", [1, 1405, 1969])
def test_a_time_before_all_terminals_tells_nothing(clock: TerminalClock, year: int) -> None:
    """Of a calendar of its own, for one; 1970 is what a clock shows that has lost its time."""
    told = datetime(year, 9, 5, 8)  # noqa: DTZ001 - naive by protocol
    lost = datetime(1970, 1, 1)  # noqa: DTZ001 - naive by protocol
    assert clock.tells_nothing([told, lost]) == [True, False]
    assert clock.place([told, lost], 2) == [Placed(NOW, live=False), Placed(localise(lost, NOW), live=False)]
    assert clock.instants([told]) == [NOW]


def test_the_missing_hour_of_spring_is_an_instant_all_the_same() -> None:
    naive = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - does not exist that night
    near = datetime(2026, 3, 29, 1, 30, tzinfo=dt_util.UTC)
    assert abs(localise(naive, near) - near) <= timedelta(hours=1)


def test_a_punch_in_the_repeated_hour_is_live(clock: TerminalClock, watch: Watch) -> None:
    for hour in (0, 1):
        watch.time = datetime(2026, 10, 25, hour, 30, tzinfo=dt_util.UTC)
        clock.measured(watch.local(seconds=2), 0)
        assert clock.drift == timedelta(0)
        assert placed(clock, watch.local(seconds=2), 1).live


async def test_terminals_are_told_the_wall_clock() -> None:
    dt_util.set_default_time_zone(await zone("Asia/Kathmandu"))
    told = local_naive(datetime(2026, 7, 1, 0, 0, 0, 999, tzinfo=dt_util.UTC))
    assert told == datetime(2026, 7, 1, 5, 45)  # noqa: DTZ001 - naive by protocol
