"""What the punches of a day come to, beside a model that knows when somebody really was there."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given, strategies as st

from custom_components.timmy_access.ledger.stretches import DOUBLE, Standing, Stretch, Way, reckoned
from custom_components.timmy_access.ledger.values import HOUR, SECOND

MINUTE = 60 * SECOND


class Stamp(NamedTuple):
    """A punch as the reckoning takes it, by name."""

    at: int
    key: int
    way: Way | None = None
    source: int = 0


def stamps(*hours: float, ways: str = "") -> list[Stamp]:
    """Return punches at hours; of `ways`, a letter each, `i` is in, `o` out, and `?` not known."""
    known = {"i": Way.IN, "o": Way.OUT, "?": None}
    letters = ways or "?" * len(hours)
    return [
        Stamp(round(hour * HOUR), key, known[letter])
        for key, (hour, letter) in enumerate(zip(hours, letters, strict=True), 1)
    ]


def hours_of(found: Sequence[Stretch]) -> list[tuple[float | None, float | None]]:
    return [tuple(None if side is None else side / HOUR for side in stretch) for stretch in found]  # type: ignore[misc]


def test_whoever_is_there_goes_and_whoever_is_not_comes() -> None:
    found = reckoned(stamps(8, 12, 13, 17))
    assert hours_of(found.stretches) == [(8, 12), (13, 17)]
    assert (found.standing, found.worked) == (Standing.COMPLETE, 8 * HOUR)


def test_a_missing_punch_makes_the_hours_unknown() -> None:
    found = reckoned(stamps(8, 12, 17))
    assert (found.standing, found.worked, found.stretches) == (Standing.MISSING, None, ())
    assert [at for at, _, _, _ in found.counted] == [8 * HOUR, 12 * HOUR, 17 * HOUR]


def test_readers_that_tell_the_way_tell_which_punch_is_missing() -> None:
    found = reckoned(stamps(8, 12, 17, ways="ioo"))
    assert hours_of(found.stretches) == [(8, 12), (None, 17)]
    assert (found.standing, found.worked) == (Standing.MISSING, None)
    assert hours_of(reckoned(stamps(8, 13, 17, ways="iio")).stretches) == [(8, None), (13, 17)]
    assert hours_of(reckoned(stamps(8, ways="i")).stretches) == [(8, None)]


def test_even_punches_that_contradict_the_readers_are_no_hours() -> None:
    assert reckoned(stamps(8, 17, ways="ii")).standing is Standing.MISSING
    # Nobody can tell which one of these is missing.
    assert reckoned(stamps(8, 9, ways="?i")).stretches == ()


def test_whoever_came_is_there_until_the_day_is_over() -> None:
    there = reckoned(stamps(8, 12, 13), is_over=False)
    assert (there.standing, there.worked, hours_of(there.stretches)) == (
        Standing.RUNNING,
        None,
        [(8, 12), (13, None)],
    )
    assert reckoned(stamps(8, 12), is_over=False).standing is Standing.COMPLETE
    assert reckoned(stamps(8, 9, 10, ways="oio"), is_over=False).standing is Standing.MISSING
    assert reckoned(stamps(8, ways="o"), is_over=False).standing is Standing.MISSING


def test_nobody_is_there_without_a_punch() -> None:
    assert reckoned([]) == ([], [], Standing.COMPLETE, 0)


def test_punches_within_a_short_time_are_one() -> None:
    again = [Stamp(second * SECOND, second) for second in (0, 5, 59, 60, 61, 3600)]
    assert [key for _, key, _, _ in reckoned(again).counted] == [0, 60, 3600]
    # One of them tells the way of both, and two ways are two punches.
    told = [Stamp(0, 1), Stamp(5 * SECOND, 2, Way.OUT), Stamp(9 * SECOND, 3, Way.IN)]
    assert [(key, way) for _, key, way, _ in reckoned(told).counted] == [(1, Way.OUT), (3, Way.IN)]


class Truth(NamedTuple):
    """When somebody really came and went, and what terminals made of it."""

    visits: tuple[tuple[int, int], ...]
    punches: tuple[Stamp, ...]


@st.composite
def days(draw: st.DrawFn) -> Truth:
    """Draw a day with up to five visits, with punches of which some come twice, and which tell the way or not."""
    gaps = draw(st.lists(st.integers(2, 300), min_size=2, max_size=10).filter(lambda some: len(some) % 2 == 0))
    is_told = draw(st.booleans())
    at, moments = 0, []
    for gap in gaps:
        at += gap * MINUTE
        moments.append(at)
    punches: list[Stamp] = []
    for index, moment in enumerate(moments):
        way = (Way.IN, Way.OUT)[index % 2] if is_told else None
        again = draw(st.lists(st.integers(1, DOUBLE // SECOND - 1), max_size=2, unique=True))
        punches += [
            Stamp(moment + second * SECOND, 100 * index + number, way) for number, second in enumerate([0, *again])
        ]
    return Truth(tuple(zip(moments[::2], moments[1::2], strict=True)), tuple(sorted(punches)))


@given(days())
def test_a_day_without_a_gap_is_what_it_was(truth: Truth) -> None:
    found = reckoned(truth.punches)
    assert tuple(found.stretches) == truth.visits
    assert found.worked == sum(end - begin for begin, end in truth.visits)
    assert found.standing is Standing.COMPLETE


@given(days(), st.data())
def test_nothing_is_made_up_where_one_is_missing(truth: Truth, data: st.DataObject) -> None:
    moments = [moment for visit in truth.visits for moment in visit]
    lost = data.draw(st.integers(0, len(moments) - 1))
    left = [stamp for stamp in truth.punches if stamp.key // 100 != lost]
    found = reckoned(left)
    assert (found.standing, found.worked) == (Standing.MISSING, None)
    assert [at for at, _, _, _ in found.counted] == [moment for index, moment in enumerate(moments) if index != lost]
    # What is told is what was, with a gap where the punch was.
    begin, end = truth.visits[lost // 2]
    gap = (None, end) if lost % 2 == 0 else (begin, None)
    expected = [gap if visit == (begin, end) else visit for visit in truth.visits]
    assert list(found.stretches) in ([], expected)
    assert bool(found.stretches) is all(way is not None for _, _, way, _ in found.counted)


@given(
    st.lists(
        st.builds(
            Stamp,
            st.integers(0, 86_400).map(lambda second: second * SECOND),
            st.integers(1, 9**9),
            st.sampled_from([None, *Way]),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_whatever_comes_hours_are_those_between_punches(made: list[Stamp], is_over: bool) -> None:
    made.sort(key=lambda stamp: stamp.at)
    found = reckoned(made, is_over=is_over)
    moments = [stamp.at for stamp in made]
    sides = [side for stretch in found.stretches for side in stretch if side is not None]
    assert sides == sorted(sides)
    assert set(sides) <= set(moments)
    assert (found.worked is not None) is (found.standing is Standing.COMPLETE)
    if found.worked is not None:
        assert 0 <= found.worked <= (moments[-1] - moments[0] if moments else 0)
        assert len(found.counted) % 2 == 0
