"""What is on terminals becomes the house, and nothing changes at a door."""

from copy import replace
from itertools import count
from typing import Any

from hypothesis import given, strategies as st

from custom_components.timmy_access.house.differences import Difference, DifferenceKind
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.settling import Choice, Settlement, settle
from custom_components.timmy_access.house.standing import Seen
from custom_components.timmy_access.house.taking_over import Left, Permitted, Present, TakingOver, preview, taken_over
from custom_components.timmy_access.house.wanted import Make

from .households import ADA, FRONT, HOUSE, NAMES, NOW, OFFICE, households

NEW = count(1)
ALWAYS = Permitted(always=True)


def seen(*people: Seen, serial: str = FRONT, **changes: Any) -> Present:
    return Present(
        **{
            "serial": serial,
            "name": f"Terminal {serial[-1]}",
            "doors": frozenset({1}),
            "people": {person.enroll_id: person for person in people},
            "permitted": dict.fromkeys((person.enroll_id for person in people), ALWAYS),
            **changes,
        }
    )


def look(house: Household, present: Present) -> TakingOver:
    return preview(house, present, (f"i{number}" for number in NEW))


def test_the_same_number_and_name_on_two_terminals_is_one_person() -> None:
    people = (Seen(enroll_id=5, name="Zoe", role=0, slots=frozenset({0, 11})), Seen(enroll_id=6, name="Max"))
    first = look(Household(), seen(*people))
    house = taken_over(Household(), first)
    assert [person.name for person in first.added] == ["Zoe", "Max"]
    assert house.kept == {FRONT}
    assert {slot: held.terminals for (_, slot), held in house.credentials.items()} == {0: {FRONT}, 11: {FRONT}}
    second = look(house, seen(Seen(enroll_id=5, name="ZOE", slots=frozenset({11})), Seen(enroll_id=7), serial=OFFICE))
    assert (second.added, [person.name for person in second.joined]) == ((), ["Zoe"])
    assert second.left == {7: Left.NAMELESS}
    house = taken_over(house, second)
    zoe = next(person for person in house.people.values() if person.enroll_id == 5)
    assert {house.groups[group].name for group in zoe.groups} == {"Terminal 1", "Terminal 2"}
    assert house.credentials[zoe.person_id, 11].terminals == {FRONT, OFFICE}
    assert house.credentials[zoe.person_id, 0].terminals == {FRONT}
    again = look(house, seen(*people))
    assert (again.added, again.joined, again.group, again.credentials) == ((), (), None, ())
    assert len(again.same) == 2


def test_what_differs_is_left_to_the_owner() -> None:
    house = replace(HOUSE, people={**HOUSE.people, "p9": replace(ADA, person_id="p9", enroll_id=9, enabled=False)})
    people = [
        Seen(enroll_id=1, name="Somebody else"),
        Seen(enroll_id=2, name="Eve", role=2),
        Seen(enroll_id=9, name="Ada", enabled=True),
        Seen(enroll_id=4, name="Narrow"),
        Seen(enroll_id=5, name="Not read"),
        Seen(enroll_id=6, name="ü" * 40),
    ]
    present = seen(*people)
    present = replace(
        present,
        permitted={number: ALWAYS for number in present.people if number != 5} | {4: Permitted(always=False)},
    )
    taking = look(house, present)
    assert taking.left == {
        1: Left.ANOTHER_NAME,
        2: Left.OTHERWISE,
        4: Left.NARROWER,
        5: Left.NOT_READ,
        6: Left.NOT_POSSIBLE,
        9: Left.OTHERWISE,
    }
    assert taking.group is None
    assert taken_over(house, taking).people == house.people


def test_dates_of_a_terminal_are_taken_along() -> None:
    dated = Permitted(always=True, valid_from=NOW)
    present = seen(Seen(enroll_id=5, name="Zoe"), Seen(enroll_id=2, name="Eve"), permitted={5: dated, 2: dated})
    taking = look(HOUSE, present)
    assert [(person.name, person.valid_from) for person in taking.added] == [("Zoe", NOW)]
    assert taking.left == {2: Left.NARROWER}


def test_the_name_of_a_group_is_another_one_where_it_is_taken() -> None:
    taking = look(HOUSE, seen(Seen(enroll_id=5, name="Zoe"), name="family", serial=OFFICE))
    assert taking.group is not None
    assert taking.group.name == "family 2"
    assert [person.name for person in look(HOUSE, seen()).missing] == ["Ada"]


@given(
    households(),
    st.dictionaries(
        st.integers(1, 12),
        st.tuples(st.none() | NAMES, st.none() | st.booleans(), st.none() | st.sampled_from([ALWAYS])),
        max_size=6,
    ),
)
def test_nobody_gets_more_than_the_terminal_gave_them(
    house: Household, there: dict[int, tuple[str | None, bool | None, Permitted | None]]
) -> None:
    people = {
        number: Seen(enroll_id=number, name=name, enabled=enabled) for number, (name, enabled, _) in there.items()
    }
    permitted = {number: it for number, (_, _, it) in there.items() if it is not None}
    taking = look(house, seen(people=people, permitted=permitted))
    after = taken_over(house, taking)
    assert FRONT in after.kept
    assert set(people) == {person.enroll_id for person in (*taking.added, *taking.joined, *taking.same)} | set(
        taking.left
    )
    for key, person in after.people.items():
        before = house.people.get(key)
        if before is None or before.groups != person.groups:
            assert permitted.get(person.enroll_id) == ALWAYS
            assert person.enabled is (before.enabled if before else people[person.enroll_id].enabled is not False)
    numbers = [person.enroll_id for person in after.people.values()]
    assert len(numbers) == len(set(numbers))
    assert not set(numbers) & {stone.enroll_id for stone in after.tombstones.values()}
    assert look(after, seen(people=people, permitted=permitted)).added == ()


@given(st.sampled_from([None, "thbio1.0", "thbio3.0"]))
def test_only_fingers_are_of_an_algorithm(algorithm: str | None) -> None:
    """Whoever comes into the house: by being taken over with a terminal, or one by one."""
    make = Make(algorithm=algorithm)
    somebody = Seen(enroll_id=5, name="Zoe", role=0, slots=frozenset({0, 9, 10, 11, 20, 40, 50}))
    expected = {slot: algorithm if slot < 10 else None for slot in somebody.slots or ()}
    house = taken_over(Household(), look(Household(), seen(somebody, make=make)))
    assert {slot: held.algorithm for (_, slot), held in house.credentials.items()} == expected
    difference = Difference(serial=FRONT, enroll_id=5, kind=DifferenceKind.UNKNOWN_HERE, seen=somebody)
    house = settle(
        replace(house, people={}, credentials={}),
        Settlement(
            difference=difference,
            choice=Choice.TAKE_OVER,
            now=NOW,
            new_id=lambda: f"i{next(NEW)}",
            groups=frozenset(house.groups),
            make=make,
        ),
    )
    assert {slot: held.algorithm for (_, slot), held in house.credentials.items()} == expected
