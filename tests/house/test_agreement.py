"""What is not told removes nobody, and how somebody stands is told in one of six words."""

from dataclasses import replace

import pytest

from custom_components.timmy_access.house.agreement import MANY, Agreement, PlacementState, agree
from custom_components.timmy_access.house.differences import Difference, DifferenceKind
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.standing import Listed, Seen, Standing, Tombstone
from custom_components.timmy_access.house.steps import Add, Disable, Remove
from custom_components.timmy_access.house.week import ALWAYS

from .households import FRONT, NOW, person

NUMBERS = range(1, MANY + 1)


def standing(number: int) -> Standing:
    return Standing(enroll_id=number, name=f"Person {number}", role=0, enabled=True, hours={1: ALWAYS})


def placement(number: int) -> Placement:
    return Placement(serial=FRONT, enroll_id=number, person_id=f"p{number}", confirmed=standing(number))


def seen(*numbers: int) -> dict[int, Seen]:
    return {
        number: Seen(enroll_id=number, name=f"Person {number}", role=0, enabled=True, slots=frozenset())
        for number in numbers
    }


HOUSE = Household(
    people={f"p{number}": person(number) for number in NUMBERS},
    placements={(FRONT, number): placement(number) for number in NUMBERS},
    kept=frozenset({FRONT}),
)
WANTED = {number: standing(number) for number in NUMBERS}


@pytest.mark.parametrize("told", [(), (1,), tuple(NUMBERS)])
def test_nothing_follows_from_who_is_missing_in_a_list_that_is_not_complete(told: tuple[int, ...]) -> None:
    found = agree(HOUSE, FRONT, 1, WANTED, Listed(people=seen(*told), complete=False))
    assert (found.steps, dict(found.differences), found.was_reset) == ((), {}, False)


def test_nobody_is_added_by_a_list_that_is_not_complete() -> None:
    house = replace(HOUSE, placements={})
    assert agree(house, FRONT, 1, WANTED, Listed(complete=False)).steps == ()
    added = agree(house, FRONT, 1, WANTED, Listed(complete=True)).steps
    assert {step.enroll_id for step in added if isinstance(step, Add)} == set(NUMBERS)


def test_who_is_missing_in_a_complete_list_is_a_difference_and_stays_in_the_house() -> None:
    found = agree(HOUSE, FRONT, 1, WANTED, Listed(people=seen(*NUMBERS[1:]), complete=True))
    assert found.steps == ()
    assert {number: it.kind for number, it in found.differences.items()} == {1: DifferenceKind.DELETED_HERE}


def test_nobody_at_all_where_there_were_many_is_one_question() -> None:
    found = agree(HOUSE, FRONT, 1, WANTED, Listed(complete=True))
    assert found.was_reset
    assert found.steps == ()
    assert [it.kind for it in found.differences.values()] == [DifferenceKind.WAS_RESET]


def test_few_who_are_gone_are_told_one_by_one() -> None:
    few = {key: it for key, it in HOUSE.placements.items() if key[1] < MANY}
    house = replace(HOUSE, placements=few)
    wanted = {number: WANTED[number] for _, number in few}
    found = agree(house, FRONT, 1, wanted, Listed(complete=True))
    assert not found.was_reset
    assert {it.kind for it in found.differences.values()} == {DifferenceKind.DELETED_HERE}
    assert found.differences.keys() == wanted.keys()


def test_who_was_never_of_the_house_is_not_removed() -> None:
    found = agree(HOUSE, FRONT, 1, WANTED, Listed(people=seen(*NUMBERS, 99), complete=True))
    assert found.steps == ()
    assert {number: it.kind for number, it in found.differences.items()} == {99: DifferenceKind.UNKNOWN_HERE}


@pytest.mark.parametrize("people", [{}, seen(1, 2)])
def test_who_is_to_be_gone_is_removed_whatever_the_list_says(people: dict[int, Seen]) -> None:
    stone = Tombstone(serial=FRONT, enroll_id=1, name="Person 1", person_id="p1", removed_at=NOW)
    house = replace(
        HOUSE,
        people={key: it for key, it in HOUSE.people.items() if key != "p1"},
        placements={key: it for key, it in HOUSE.placements.items() if key[1] != 1},
        tombstones={(FRONT, 1): stone},
    )
    wanted = {number: it for number, it in WANTED.items() if number != 1}
    found = agree(house, FRONT, 1, wanted, Listed(people=people, complete=False))
    assert [(type(step), step.enroll_id) for step in found.steps] == [(Remove, 1)]


def test_who_differs_is_kept_out_at_once_and_nothing_else_of_theirs_is_written() -> None:
    people = seen(*NUMBERS) | {1: replace(seen(1)[1], name="Somebody Else")}
    wanted = WANTED | {1: replace(WANTED[1], enabled=False, role=1)}
    found = agree(HOUSE, FRONT, 1, wanted, Listed(people=people, complete=True))
    assert found.steps == (Disable(enroll_id=1),)
    assert {number: it.kind for number, it in found.differences.items()} == {1: DifferenceKind.CHANGED}


OPEN = Agreement(steps=(Disable(enroll_id=1),))
DIFFERENT = Agreement(differences={1: Difference(serial=FRONT, enroll_id=1, kind=DifferenceKind.CHANGED)})
REFUSED = replace(placement(1), refused="no_space", tries=3)


@pytest.mark.parametrize(
    ("agreement", "placed", "kept", "online", "state"),
    [
        (OPEN, placement(1), False, True, PlacementState.OBSERVED),
        (DIFFERENT, REFUSED, True, True, PlacementState.DIFFERS),
        (Agreement(was_reset=True), placement(1), True, True, PlacementState.DIFFERS),
        (OPEN, REFUSED, True, True, PlacementState.REFUSED),
        (OPEN, placement(1), True, True, PlacementState.WRITING),
        (OPEN, placement(1), True, False, PlacementState.WAITING),
        (Agreement(), None, True, True, PlacementState.WAITING),
        (Agreement(), placement(1), True, False, PlacementState.IN_STEP),
    ],
)
def test_how_somebody_stands_is_one_of_six_words(
    agreement: Agreement, placed: Placement | None, kept: bool, online: bool, state: PlacementState
) -> None:
    assert agreement.state_of(placed, 1, kept=kept, online=online) is state
