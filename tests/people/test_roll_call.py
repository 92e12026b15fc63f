"""Who is inside, against the simplest way to say it: replay what happened, in the order in which it happened."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.people.roll_call import LONGEST_STAY, Passing, counted_since, inside

BEGAN = datetime(2026, 11, 25, 6, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {1: "Ada", 2: "Grace", 3: "Alan"}


def passing(minute: int, enroll_id: int, *, entered: bool, serial: str = "A", name: str | None = "") -> Passing:
    """Return that somebody passed; an empty name stands for the one that belongs to the number."""
    return Passing(
        serial=serial,
        enroll_id=enroll_id,
        name=NAMES[enroll_id] if name == "" else name,
        occurred_at=BEGAN + timedelta(minutes=minute),
        entered=entered,
    )


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Passing], list[Passing], datetime]:
    """Return what happened, the order in which it became known, and since when it counts."""
    minutes = draw(st.lists(st.integers(0, 3000), unique=True, max_size=25))
    happened = [
        passing(
            minute,
            draw(st.sampled_from(sorted(NAMES))),
            entered=draw(st.booleans()),
            serial=draw(st.sampled_from("AB")),
        )
        for minute in sorted(minutes)
    ]
    known = draw(st.permutations(happened))
    return happened, known, BEGAN + timedelta(minutes=draw(st.integers(0, 3000)))


@given(days())
def test_whatever_comes_in_late_counts_as_of_when_it_happened(
    day: tuple[list[Passing], list[Passing], datetime],
) -> None:
    happened, known, since = day
    there: dict[str | None, Passing] = {}
    for one in happened:
        there.pop(one.name, None)
        if one.entered and one.occurred_at >= since:
            there[one.name] = one
    assert {one.name: one for one in inside(known, since).values()} == there


def test_whoever_gets_the_number_of_somebody_inside_is_somebody_else() -> None:
    both = [passing(0, 1, entered=True), passing(1, 1, entered=True, name="Bruno")]
    assert {one.name for one in inside(both, BEGAN).values()} == {"Ada", "Bruno"}
    gone = inside([*both, passing(2, 1, entered=False, name="BRUNO\u3000")], BEGAN)
    assert {one.name for one in gone.values()} == {"Ada"}


@pytest.mark.parametrize("nameless", [0, 1])
def test_a_passing_without_a_name_is_of_whoever_has_the_number_there(nameless: int) -> None:
    names: list[str | None] = ["Ada", "Ada"]
    names[nameless] = None
    came, went = passing(0, 1, entered=True, name=names[0]), passing(1, 1, entered=False, name=names[1])
    assert inside([came, went], BEGAN) == {}
    assert [one.name for one in inside([came], BEGAN).values()] == [names[0]]
    # At another terminal the number may be somebody else.
    elsewhere = passing(1, 1, entered=False, serial="B", name=None)
    assert len(inside([passing(0, 1, entered=True), elsewhere], BEGAN)) == 1


@pytest.mark.parametrize(
    ("now", "gone_at", "since"),
    [
        ("2026-11-25T12:00", None, "2026-11-24T12:00"),
        ("2026-11-25T12:00", time(3), "2026-11-25T03:00"),
        ("2026-11-25T02:59", time(3), "2026-11-24T03:00"),
        ("2026-11-25T00:30", time(0), "2026-11-25T00:00"),
        # Clocks go back in the night to the 25th of October and forward in the one to the 29th of March.
        ("2026-10-25T04:00", time(3), "2026-10-25T03:00"),
        ("2026-03-29T12:00", time(2, 30), "2026-03-29T03:30"),
    ],
)
def test_an_hour_at_which_everybody_is_gone(now: str, gone_at: time | None, since: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN).astimezone(UTC)
    found = counted_since(moment, gone_at, BERLIN)
    assert found == datetime.fromisoformat(since).replace(tzinfo=BERLIN).astimezone(UTC)
    assert timedelta(0) <= moment - found <= LONGEST_STAY
