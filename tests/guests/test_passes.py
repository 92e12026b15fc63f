"""What a pass allows, against a plain reading of its rules."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.timmy_access.guests.passes import Hours, Pass, Refused

DOORS = ("A", "B", "C")
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")]
# Around the changes of the clock, in spring and in autumn, of all zones, and anywhere.
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (4, 4), (10, 3), (10, 25), (11, 1))
]
near_changes = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-180, 2880)
)
instants = st.one_of(
    near_changes,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
hours = st.builds(
    Hours,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    begin=st.times().map(lambda at: at.replace(microsecond=0)),
    end=st.times().map(lambda at: at.replace(microsecond=0)),
)
passes = st.builds(
    Pass,
    pass_id=st.just("pass"),
    code_hash=st.just(b"hash"),
    name=st.just("Guest"),
    created_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    doors=st.dictionaries(st.sampled_from(DOORS), st.frozensets(st.integers(1, 4))),
    valid_from=st.none() | instants,
    valid_until=st.none() | instants,
    hours=st.none() | hours,
    max_uses=st.none() | st.integers(1, 3),
    uses=st.integers(0, 4),
    revoked_at=st.none() | instants,
)


def expected(held: Pass, serial: str, now: datetime, zone: ZoneInfo) -> str | None:  # noqa: PLR0911 - one line a rule
    """Read the rules as a porter would, with a clock on the wall."""
    if held.revoked_at:
        return "revoked"
    if not held.doors.get(serial):
        return "wrong_door"
    if held.valid_from and held.valid_from > now:
        return "not_yet_valid"
    if held.valid_until and held.valid_until <= now:
        return "expired"
    if held.max_uses and held.uses >= held.max_uses:
        return "used_up"
    if held.hours is None:
        return None
    wall = now.astimezone(zone).replace(tzinfo=None)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        begin = datetime.combine(day, held.hours.begin)
        overnight = held.hours.end <= held.hours.begin
        end = datetime.combine(day + timedelta(days=overnight), held.hours.end)
        if day.weekday() in held.hours.weekdays and begin <= wall < end:
            return None
    return "not_now"


@settings(max_examples=2000)
@given(passes, st.sampled_from(DOORS), instants, st.sampled_from(ZONES))
def test_a_pass_says_what_its_rules_say(held: Pass, serial: str, now: datetime, zone: ZoneInfo) -> None:
    assert held.refused(serial, now, zone) == expected(held, serial, now, zone)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("begin", "end", "openings"),
    [
        # The hour from 2:00 does not exist on 29 March 2026 and comes twice on 25 October.
        (time(2), time(3), {"2026-03-29T00:59Z": False, "2026-03-29T01:00Z": False}),
        (time(2), time(3), {"2026-10-25T00:00Z": True, "2026-10-25T01:59Z": True, "2026-10-25T02:00Z": False}),
        (time(1), time(4), {"2026-03-29T00:00Z": True, "2026-03-29T01:00Z": True, "2026-03-29T02:00Z": False}),
    ],
)
def test_the_clock_on_the_wall_counts(begin: time, end: time, openings: Mapping[str, bool]) -> None:
    hold = Hours(begin=begin, end=end).hold
    found = {text: hold(datetime.fromisoformat(text).astimezone(BERLIN)) for text in openings}
    assert found == openings


def test_a_code_is_in_no_text_of_a_pass() -> None:
    held = Pass(
        pass_id="x",  # noqa: S106 - an id
        code_hash=b"secret-hash",
        pin_hash=b"pin-hash",
        name="Guest",
        doors={"A": frozenset({1})},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert "hash" not in repr(held)
    assert held.refused("A", datetime(2026, 1, 1, tzinfo=UTC), BERLIN) is None
    assert held.refused("B", datetime(2026, 1, 1, tzinfo=UTC), BERLIN) is Refused.WRONG_DOOR
