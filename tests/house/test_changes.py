"""Every change of a house leaves one that can be, or is refused."""

from collections.abc import Callable
from copy import replace
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.house.changes import (
    changed_person,
    with_credential,
    with_group,
    with_left,
    with_people,
    with_person,
    with_terminal,
    without_contents,
    without_credential,
    without_group,
    without_person,
    without_terminal,
)
from custom_components.timmy_access.house.closings import Closes, Closing, closing_in
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.directory import Directory
from custom_components.timmy_access.house.errors import HouseInvalid, Problem
from custom_components.timmy_access.house.groups import AccessGroup
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.standing import Standing
from custom_components.timmy_access.protocol.messages import STRANGER_ID

from .households import ADA, EVE, FRONT, HOUSE, NOW, OFFICE, households, person

CARD = HouseCredential(person_id=ADA.person_id, slot=11, revision="r", sealed=b"sealed", mark=b"mark")


@pytest.mark.parametrize(
    ("change", "field", "problem", "told"),
    [
        (lambda house: with_person(house, person(1, "Zoe", person_id="z")), "enroll_id", "NUMBER_IN_USE", "Ada"),
        (lambda house: with_person(house, person(3, " ada ", person_id="z")), "name", "NAME_IN_USE", "Ada"),
        (lambda house: with_people(house, [person(3, "Zoe"), person(4, "ZOE")]), "name", "NAME_IN_USE", "Zoe"),
        (lambda house: with_people(house, [person(3), person(3, person_id="z")]), "enroll_id", "NUMBER_IN_USE", ""),
        (lambda house: with_person(house, person(3, groups=frozenset({"x"}))), "groups", "NOT_KNOWN", ""),
        (lambda house: changed_person(house, "p1", {"enroll_id": 7}), "enroll_id", "NUMBER_IN_USE", "Ada"),
        (lambda house: changed_person(house, "p1", {"name": "Eve"}), "name", "NAME_IN_USE", "Eve"),
        (lambda house: changed_person(house, "x", {}), "person", "NOT_KNOWN", ""),
        (lambda house: without_person(house, "x", NOW), "person", "NOT_KNOWN", ""),
        (lambda house: with_group(house, AccessGroup(group_id="x", name="FAMILY")), "name", "GROUP_NAME_IN_USE", ""),
        (lambda house: without_group(house, "x"), "group", "NOT_KNOWN", ""),
        (lambda house: without_credential(house, "p1", 11), "credential", "NOT_KNOWN", ""),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    change: Callable[[Household], Household], field: str, problem: str, told: str
) -> None:
    with pytest.raises(HouseInvalid) as caught:
        change(HOUSE)
    assert (caught.value.field, caught.value.problem) == (field, Problem[problem])
    assert told in caught.value.placeholders.get("holder", "")


def test_two_people_of_a_name_are_two_people_where_that_is_said() -> None:
    twin = person(3, "Ada", person_id="twin")
    house = with_person(HOUSE, twin, same_name=True)
    assert house.people["twin"] == twin
    # Whoever has a name keeps it.
    assert changed_person(house, "twin", {"note": "the younger"}).people["twin"].note == "the younger"


def test_a_card_is_of_one_person() -> None:
    house = with_credential(HOUSE, CARD)
    assert with_credential(house, replace(CARD, revision="r2")).credentials["p1", 11].revision == "r2"
    assert with_credential(house, replace(CARD, person_id="p2", mark=b"other")).credentials.keys() == {
        ("p1", 11),
        ("p2", 11),
    }
    for slot, problem in ((11, Problem.CARD_IN_USE), (10, Problem.PIN_IN_USE)):
        house = with_credential(HOUSE, replace(CARD, slot=slot))
        with pytest.raises(HouseInvalid) as caught:
            with_credential(house, replace(CARD, slot=slot, person_id="p2"))
        assert caught.value.problem is problem
        assert caught.value.placeholders == {"holder": "Ada"}


@given(households(), st.data())
def test_who_is_removed_is_to_be_gone_from_everywhere(house: Household, data: st.DataObject) -> None:
    if not house.people:
        return
    gone = house.people[data.draw(st.sampled_from(sorted(house.people)))]
    after = without_person(house, gone.person_id, NOW)
    carried = {
        serial for (owner, _), held in house.credentials.items() if owner == gone.person_id for serial in held.terminals
    }
    placed = {serial for (serial, _), place in house.placements.items() if place.person_id == gone.person_id}
    for serial in house.kept | carried | placed:
        stone = after.tombstones[serial, gone.enroll_id]
        assert gone.name in (stone.name, stone.other_name)
        assert stone.removed_at == NOW
    assert gone.person_id not in after.people
    assert all(owner != gone.person_id for owner, _ in after.credentials)
    assert all(place.person_id != gone.person_id for place in after.placements.values())
    # Nobody else is touched, and nothing that was to be gone before is forgotten.
    assert after.people == {key: value for key, value in house.people.items() if key != gone.person_id}
    assert house.tombstones.keys() <= after.tombstones.keys()


def test_a_number_is_free_when_its_holder_is_gone_everywhere() -> None:
    house = without_person(with_terminal(HOUSE, FRONT, kept=True), "p1", NOW)
    with pytest.raises(HouseInvalid) as caught:
        with_person(house, person(1, "Zoe"))
    assert (caught.value.problem, caught.value.placeholders["holder"]) == (Problem.NUMBER_NOT_FREE_YET, "Ada")
    assert with_person(replace(house, tombstones={}), person(1, "Zoe")).people["p1"].name == "Zoe"


@given(households(), st.sets(st.integers(1, 40)))
def test_numbers_that_are_given_are_nobodys(house: Household, taken: set[int]) -> None:
    free = Directory.of(house).free_numbers(taken)
    used = taken | {it.enroll_id for it in house.people.values()} | {it.enroll_id for it in house.tombstones.values()}
    first, second = next(free), next(free)
    assert first not in used
    assert second not in used | {first}
    assert first > max(used, default=0)


def test_numbers_go_on_past_that_of_strangers_and_begin_anew_after_the_last() -> None:
    assert next(Directory().free_numbers({STRANGER_ID - 1})) == STRANGER_ID + 1
    assert next(Directory().free_numbers({1, 2, 999_999_999_999})) == 3


@given(households(), st.data())
def test_what_closes_is_the_same_once_and_twice(house: Household, data: st.DataObject) -> None:
    person_id = data.draw(st.sampled_from([*sorted(house.people), "nobody"]))
    for how in Closes:
        closing = Closing(how=how, person_id=person_id, at=NOW, by="user")
        after = closing.apply(house)
        assert closing.apply(after) is after
        there = after.people.get(person_id)
        assert there is None if how is Closes.REMOVE else there is None or not there.enabled
        assert closing_in(closing.journal_line) == closing


@pytest.mark.parametrize("line", [{}, {"how": "melt", "person_id": "x", "at": "2026-11-24", "by": None}, {"how": 1}])
def test_a_line_of_a_later_version_closes_nothing(line: dict[str, Any]) -> None:
    assert closing_in(line) is None


def test_without_its_group_somebody_passes_nowhere() -> None:
    after = without_group(HOUSE, "family")
    assert after.people["p1"].groups == frozenset()
    assert after.people["p2"] is HOUSE.people["p2"]


def test_an_emptied_vault_leaves_what_terminals_have() -> None:
    here = replace(CARD, terminals=frozenset({FRONT}))
    house = replace(HOUSE, credentials={("p1", 11): here, ("p2", 11): replace(CARD, person_id="p2", mark=b"2")})
    assert without_contents(house).credentials == {("p1", 11): replace(here, sealed=None, mark=None)}
    # Also what was written there from the vault.
    standing = Standing(enroll_id=2, name="Eve", role=0, enabled=True, credentials={11: CARD.revision})
    written = Placement(serial=FRONT, enroll_id=2, person_id="p2", confirmed=standing)
    assert without_contents(replace(house, placements={(FRONT, 2): written})).credentials.keys() == {
        ("p1", 11),
        ("p2", 11),
    }


def test_a_terminal_that_is_removed_still_owes_its_tombstones() -> None:
    place = Placement(serial=FRONT, enroll_id=2, person_id="p2")
    house = replace(HOUSE, placements={(FRONT, 2): place}, credentials={("p2", 11): replace(CARD, person_id="p2")})
    house = with_left(with_terminal(with_terminal(house, FRONT, kept=True), OFFICE, kept=True), FRONT, 9, left=True)
    house = without_person(house, "p1", NOW)
    after = without_terminal(house, FRONT)
    assert after.kept == {OFFICE}
    assert not after.placements
    assert not after.left
    assert after.tombstones.keys() == {(FRONT, 1), (OFFICE, 1)}
    assert after.people == {EVE.person_id: EVE}
