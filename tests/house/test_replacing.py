"""A terminal in the place of another: what the house says of one is what it says of the other."""

from copy import replace
from datetime import UTC, datetime

from hypothesis import given
import pytest

from custom_components.timmy_access.house.changes import without_terminal
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.replacing import with_other_terminal, without_traces
from custom_components.timmy_access.house.standing import Standing, Tombstone

from .households import FRONT, HOUSE, OFFICE, households

NEW = "ZX00000077"


def said_of(house: Household, serial: str) -> list[object]:
    """Return all that a house says of a terminal, but whom it is to lose."""
    placed = [key for key in (*house.placements, *house.left) if key[0] == serial]
    carried = [key for key, held in house.credentials.items() if serial in held.terminals]
    return [serial in house.kept, house.zones.get(serial), placed, carried, *doors_of(house, serial)]


def doors_of(house: Household, serial: str) -> list[frozenset[int] | None]:
    return [rule.doors.get(serial) for group in house.groups.values() for rule in group.rules]


@given(households())
def test_the_new_one_has_what_the_old_one_had_and_nothing_is_known_of_it(house: Household) -> None:
    for old, new in ((FRONT, NEW), (FRONT, OFFICE)):
        after = with_other_terminal(house, old, new)
        assert with_other_terminal(after, old, new) == after
        assert after.people == house.people
        assert after.tombstones.items() >= house.tombstones.items()
        for serial, number in after.tombstones.keys() - house.tombstones.keys():
            assert serial == new
            assert (old, number) in house.tombstones
        assert not any(said_of(after, old))
        if any(it not in (False, None, []) for it in said_of(house, old)):  # a rule may name it without a door
            assert doors_of(after, new) == doors_of(house, old)
            assert (new in after.kept) == (old in house.kept)
            assert not [key for key in (*after.placements, *after.left) if key[0] == new]
            assert new not in after.zones
        others = {serial for serial, _ in house.placements} - {old, new}
        for serial in others:
            assert [it for key, it in after.placements.items() if key[0] == serial] == [
                it for key, it in house.placements.items() if key[0] == serial
            ]


def test_who_was_to_be_gone_from_the_old_one_is_to_be_gone_from_the_new_one_unless_they_are_back() -> None:
    """The same machine may tell another serial number, and still has them."""
    stones = {
        (FRONT, number): Tombstone(
            serial=FRONT,
            enroll_id=number,
            name="Gone",
            person_id=f"gone{number}",
            removed_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
        for number in (1, 90)
    }
    assert 1 in {person.enroll_id for person in HOUSE.people.values()}
    after = with_other_terminal(replace(HOUSE, tombstones=stones), FRONT, NEW)
    assert after.tombstones == {**stones, (NEW, 90): replace(stones[FRONT, 90], serial=NEW)}


@given(households())
def test_nothing_is_left_of_one_that_is_not_ours(house: Household) -> None:
    after = without_traces(house, FRONT)
    assert not any(said_of(after, FRONT))
    assert after.tombstones == house.tombstones
    assert without_traces(after, FRONT) is after


@pytest.mark.parametrize(
    ("terminals", "sealed", "is_elsewhere", "stays"),
    [
        ({FRONT}, None, False, False),
        ({FRONT}, b"sealed", False, True),
        ({FRONT}, None, True, True),
        ({FRONT, OFFICE}, None, False, True),
        (set(), None, False, True),
    ],
)
def test_what_only_a_dead_terminal_had_is_gone(
    terminals: set[str], sealed: bytes | None, is_elsewhere: bool, stays: bool
) -> None:
    held = HouseCredential(person_id="p1", slot=0, revision="r", terminals=frozenset(terminals), sealed=sealed)
    standing = Standing(
        enroll_id=1, name="Ada", role=0, enabled=True, credentials={0: "r" if is_elsewhere else "other"}
    )
    placed = Placement(serial=OFFICE, enroll_id=1, person_id="p1", confirmed=standing)
    house = Household(people=HOUSE.people, credentials={("p1", 0): held}, placements={(OFFICE, 1): placed})
    after = without_terminal(house, FRONT)
    assert [it.terminals for it in after.credentials.values()] == ([frozenset(terminals - {FRONT})] if stays else [])
