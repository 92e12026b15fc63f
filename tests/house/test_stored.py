"""A house lies in the database as it is, and only what has changed is written."""

import json

from hypothesis import given

from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.stored import changed_keys, household_of, items_of
from custom_components.timmy_access.ledger import HouseItem, HouseKind

from .households import HOUSE, households


def through_json(item: HouseItem) -> HouseItem:
    document = None if item.document is None else json.loads(json.dumps(item.document))
    return HouseItem(kind=item.kind, key=item.key, document=document, sealed=item.sealed)


@given(households())
def test_a_house_comes_back_as_it_was(house: Household) -> None:
    restored = household_of(map(through_json, items_of(house, changed_keys(Household(), house))))
    assert restored.household == house
    assert restored.unreadable == frozenset()


@given(households(), households())
def test_what_has_changed_makes_one_house_the_other(before: Household, after: Household) -> None:
    lies = {(item.kind, item.key): item for item in items_of(before, changed_keys(Household(), before))}
    for item in items_of(after, changed_keys(before, after)):
        lies[item.kind, item.key] = item
    assert household_of(map(through_json, lies.values())).household == after
    assert changed_keys(after, after) == set()


def test_what_cannot_be_understood_takes_nothing_else_along() -> None:
    items = items_of(HOUSE, changed_keys(Household(), HOUSE))
    later = HouseItem(kind=HouseKind.PERSON, key=("later",), document={"name": "Of a later version"})
    restored = household_of([*items, later])
    assert restored.household == HOUSE
    assert restored.unreadable == {(HouseKind.PERSON, ("later",))}
