"""What somebody is recorded by at a terminal is theirs in the house, and goes to no terminal that cannot hold it."""

from dataclasses import replace

import pytest

from custom_components.timmy_access.house.changes import with_credentials
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.standing import Standing
from custom_components.timmy_access.house.wanted import Make, standings_wanted
from custom_components.timmy_access.house.whereabouts import standing_at, with_enrolled
from custom_components.timmy_access.people.abilities import Ability, abilities, lacking
from custom_components.timmy_access.protocol.enums import Credential
from custom_components.timmy_access.protocol.messages import DeviceInfo
from homeassistant.util import dt as dt_util

ADA = HousePerson(person_id="ada", name="Ada", enroll_id=7, groups=frozenset({"all"}))
DOORS = AccessGroup(group_id="all", name="All", rules=(Rule(doors={"HERE": frozenset({1}), "THERE": frozenset({1})}),))
STANDING = Standing(enroll_id=7, name="Ada", role=0, enabled=True, credentials={11: "card"})
HOUSE = Household(
    people={"ada": ADA},
    groups={"all": DOORS},
    placements={("HERE", 7): Placement(serial="HERE", enroll_id=7, person_id="ada", confirmed=STANDING)},
    kept=frozenset({"HERE", "THERE"}),
)
FACE = HouseCredential(person_id="ada", slot=20, revision="face")


def recorded() -> Household:
    return with_enrolled(with_credentials(HOUSE, (FACE,)), "HERE", FACE)


def wanted(house: Household, serial: str, make: Make) -> dict[int, str]:
    return dict(standings_wanted(house, serial, make, {}, dt_util.utcnow())[7].credentials)


def test_it_is_confirmed_where_it_was_recorded_and_wanted_elsewhere() -> None:
    after = recorded()
    confirmed = after.placements["HERE", 7].confirmed
    assert confirmed is not None
    assert confirmed.credentials == {11: "card", 20: "face"}
    assert after.credentials["ada", 20].terminals == {"HERE"}
    assert wanted(after, "THERE", Make()) == {20: "face"}


@pytest.mark.parametrize(
    "house",
    [
        replace(HOUSE, people={}),
        replace(HOUSE, placements={}),
        replace(HOUSE, placements={("HERE", 7): Placement(serial="HERE", enroll_id=7, person_id="ada")}),
    ],
)
def test_who_has_left_stands_nowhere(house: Household) -> None:
    assert standing_at(house, "HERE", 7) is None


def test_what_a_terminal_does_not_take_is_not_wanted_of_it_and_not_taken_from_it() -> None:
    after = recorded()
    make = Make(lacks=frozenset({Credential.FACE}))
    assert wanted(after, "THERE", make) == {}
    assert wanted(after, "HERE", make) == {20: "face"}


def test_abilities_are_what_was_reported() -> None:
    finger = DeviceInfo(
        model="tfs30", firmware="TH600 V9.9", fingerprints_capacity=3000, cards_capacity=5, cards_used=5
    )
    assert abilities(finger) == {
        Credential.FINGERPRINT: Ability.YES,
        Credential.FACE: Ability.NO,
        Credential.PALM: Ability.NO,
        Credential.CARD: Ability.FULL,
        Credential.PASSWORD: Ability.NO,
        Credential.PHOTO: Ability.NO,
    }
    ai = DeviceInfo(firmware="ai518_f40v_v2.17", faces_capacity=5000, palms_capacity=0)
    assert lacking(ai) == {Credential.PALM}
    assert abilities(ai)[Credential.FINGERPRINT] is Ability.UNKNOWN
    assert lacking(DeviceInfo(model="tfs30")) == frozenset()
