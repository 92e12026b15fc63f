"""What the owner has to see to is told in repairs, once for the house, and ends by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access.house.agreement import PlacementState
from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.changes import with_terminal
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.errors import HouseInvalid, Problem
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.settling import Choice
from custom_components.timmy_access.house.standing import Standing, Tombstone
from custom_components.timmy_access.house.week import ALWAYS
from custom_components.timmy_access.hub.agreements import async_agreement
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.placements import async_placements
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, Fix

DOORS = Rule(doors={FACE: frozenset({1}), FINGER: frozenset({1})})
RESET = f"house_was_reset_{FACE}"


def people(count: int) -> dict[str, HousePerson]:
    return {
        f"p{number}": HousePerson(
            person_id=f"p{number}", name=f"Person {number}", enroll_id=number, groups=frozenset({"all"})
        )
        for number in range(11, 11 + count)
    }


def placed(person: HousePerson, serial: str = FACE, **facts: object) -> Placement:
    standing = Standing(enroll_id=person.enroll_id, name=person.name, role=0, enabled=True, hours={1: ALWAYS})
    facts = {"confirmed": standing, **facts}
    return Placement(serial=serial, enroll_id=person.enroll_id, person_id=person.person_id, **facts)  # type: ignore[arg-type]


def house(persons: dict[str, HousePerson], *placements: Placement, kept: tuple[str, ...] = (FACE,)) -> Household:
    return Household(
        people=persons,
        groups={"all": AccessGroup(group_id="all", name="All", rules=(DOORS,))},
        placements={(it.serial, it.enroll_id): it for it in placements},
        kept=frozenset(kept),
    )


async def have(hub: Hub, change: Callable[[Household], Household]) -> None:
    """Have another house, and look at it."""
    await hub.house.keeper.async_change(change)
    await hub.caretaker.watch.async_look()


def shown(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, dict[str, str]]:
    """Return what is shown about the house, with what is filled in."""
    return {
        issue.translation_key or "": issue.translation_placeholders or {}
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == entry.domain and issue.active and (issue.translation_key or "").startswith("house_")
    }


async def test_who_is_not_gone_after_a_day_is_told_with_the_terminals(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    persons = people(2)
    await have(hub, lambda _: house(persons, kept=(FINGER,)))
    await hub.house.async_remove("p11", None)
    removed_at = dt_util.utcnow()
    stones = {
        (serial, 11): Tombstone(serial=serial, enroll_id=11, name="Person 11", person_id="p11", removed_at=removed_at)
        for serial in (FACE, FINGER, "ZZGONE")
    }
    await have(hub, lambda it: Household(people=it.people, kept=it.kept, tombstones=stones))
    assert "house_not_removed" not in shown(hass, entry)
    freezer.tick(timedelta(days=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    names = ", ".join(sorted(hub.terminals[serial].name for serial in (FACE, FINGER)))
    assert shown(hass, entry)["house_not_removed"] == {"count": "1", "people": f"Person 11 ({names})"}
    hub.house.keeper.async_bury(FACE, 11)
    hub.house.keeper.async_bury(FINGER, 11)
    await hub.caretaker.watch.async_look()
    assert "house_not_removed" not in shown(hass, entry)


async def test_who_is_not_disabled_after_a_day_is_told_until_the_terminal_confirms(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    persons = people(3)
    places = [placed(person, serial) for person in persons.values() for serial in (FACE, FINGER)]
    await have(hub, lambda _: house(persons, *places, kept=(FINGER,)))
    for person_id in ("p11", "p12"):
        await hub.house.async_update(person_id, {"enabled": False}, {}, (), None)
    await hub.house.async_update("p12", {"enabled": True}, {}, (), None)
    await hub.caretaker.watch.async_look()
    assert "house_not_disabled" not in shown(hass, entry)
    freezer.tick(timedelta(days=1, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    names = hub.terminals[FINGER].name  # the other one is only observed
    assert shown(hass, entry)["house_not_disabled"] == {"count": "1", "people": f"Person 11 ({names})"}
    assert await hass.config_entries.async_reload(entry.entry_id)
    hub = entry.runtime_data
    await hub.caretaker.watch.async_look()
    assert shown(hass, entry)["house_not_disabled"]["count"] == "1"
    there = placed(persons["p11"], FINGER)
    assert there.confirmed is not None
    hub.house.keeper.async_confirm(replace(there, confirmed=replace(there.confirmed, enabled=False)))
    await hub.caretaker.watch.async_look()
    assert "house_not_disabled" not in shown(hass, entry)


async def test_a_number_is_held_by_terminals_that_are_ours(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await have(hub, lambda _: house(people(1), kept=(FINGER, FACE)))
    await hub.house.async_remove("p11", None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.tombstones.keys() == {(FINGER, 11)}  # which is away
    somebody = HousePerson(person_id="new", name="Somebody Else", enroll_id=11)
    with pytest.raises(HouseInvalid) as caught:
        await hub.house.async_add([Arrival(person=somebody)], None)
    assert caught.value.problem is Problem.NUMBER_NOT_FREE_YET
    [gone] = [it for it in entry.subentries.values() if it.unique_id == FINGER]
    assert hass.config_entries.async_remove_subentry(entry, gone.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hub.house.async_add([Arrival(person=somebody)], None)
    # Back again, it holds the number, loses whom it was to lose, and takes nobody else for them.
    assert hass.config_entries.async_add_subentry(entry, gone)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.house.household.tombstones[FINGER, 11].holds_number
    await hub.house.keeper.async_change(lambda household: with_terminal(household, FINGER, kept=True))
    verdicts = hub.terminals[FINGER].verdicts
    verdicts.async_apply({"server_approval": "grant_unknown"})
    assert not (await verdicts.async_punch(None, 11, "Person 11")).granted


async def test_many_are_counted_and_some_are_named(hass: HomeAssistant, hub: Hub, entry: MockConfigEntry) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    stones = {
        (FACE, number): Tombstone(
            serial=FACE, enroll_id=number, name=f"Person {number}", person_id=f"p{number}", removed_at=long_ago
        )
        for number in range(1, 301)
    }
    await have(hub, lambda _: Household(tombstones=stones))
    told = shown(hass, entry)["house_not_removed"]
    assert told["count"] == "300"
    assert told["people"].count("(") == 10
    assert told["people"].endswith(", …")


async def test_differences_are_one_issue_until_they_are_decided(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    front = hub.terminals[FACE]
    face.users.clear()
    for number in (7, 8):
        face.add_user(User(enrollid=number, name=f"Keypad {number}"))
    await front.async_refresh_people(all_names=True)
    await have(hub, lambda _: house({}))
    assert shown(hass, entry) == {"house_differences": {"count": "2", "terminals": f"{front.name} (2)"}}
    await have(hub, lambda it: Household(kept=it.kept, left=frozenset({(FACE, 7), (FACE, 8)})))
    assert shown(hass, entry) == {}


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        ("no_space", "house_full"),
        ("unknown_command", "house_firmware"),
        ("no_face", "house_refused"),
        ("no_answer", "house_refused"),
    ],
)
async def test_what_a_terminal_does_not_take_is_told_with_the_reason(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, refused: str, kind: str
) -> None:
    persons = people(3)
    tries = [
        placed(person, FINGER, confirmed=None, refused=refused, tries=count)
        for person, count in zip(persons.values(), (1, 3, 9), strict=True)
    ]
    await have(hub, lambda _: house(persons, *tries, kept=(FINGER,)))
    assert shown(hass, entry) == {kind: {"count": "2", "terminals": f"{hub.terminals[FINGER].name} (2)"}}
    fine = [placed(person, FINGER) for person in persons.values()]
    await have(hub, lambda _: house(persons, *fine, kept=(FINGER,)))
    assert shown(hass, entry) == {}


async def test_fingers_of_another_algorithm_are_told_until_there_is_one(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    front = hub.terminals[FACE]
    assert front.fingerprint_algorithm
    persons = people(1)
    face.users.clear()
    await front.async_refresh_people()
    held = HouseCredential(person_id="p11", slot=0, revision="r", algorithm="other", terminals=frozenset({FINGER}))

    def _change(_: Household) -> Household:
        made = house(persons)
        return Household(people=made.people, groups=made.groups, kept=made.kept, credentials={("p11", 0): held})

    await have(hub, _change)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hub.caretaker.watch.async_look()
    assert shown(hass, entry) == {"house_algorithm": {"count": "1", "terminals": f"{front.name} (1)"}}
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await how(hass, hub) == (PlacementState.REFUSED, "wrong_algorithm")
    face.users[11].credentials[1] = "template"
    await front.async_refresh_people(all_names=True)
    await hub.caretaker.watch.async_look()
    assert "house_algorithm" not in shown(hass, entry)
    assert (await how(hass, hub))[1] != "wrong_algorithm"


async def how(hass: HomeAssistant, hub: Hub) -> tuple[PlacementState, str | None]:
    """Return how number 11 is on the front door's terminal."""
    [placements] = await async_placements(hass, hub.house, [hub.terminals[FACE]])
    placed = placements.placed[11]
    return placed.state, placed.reason


async def reset_terminal(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> dict[str, HousePerson]:
    """Have a terminal that has lost the six people that it had."""
    persons = people(6)
    face.users.clear()
    await hub.terminals[FACE].async_refresh_people()
    await have(hub, lambda _: house(persons, *map(placed, persons.values())))
    await hass.async_block_till_done(wait_background_tasks=True)
    return persons


async def test_nothing_is_written_to_a_terminal_that_was_reset_before_the_owner_says(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, fix: Fix
) -> None:
    await reset_terminal(hass, hub, face)
    assert shown(hass, entry) == {"house_was_reset": {"name": hub.terminals[FACE].name, "count": "6"}}
    frames = len(face.received)
    result = await fix(RESET, {"next_step_id": "later"})
    assert (result["type"], result["reason"]) == ("abort", "later")
    await hub.caretaker.watch.async_look()
    assert list(shown(hass, entry)) == ["house_was_reset"]
    assert [it["cmd"] for it in face.received[frames:] if not it.get("cmd", "get").startswith("get")] == []
    assert face.users == {}


async def test_a_reset_that_the_owner_leaves_as_it_is_is_shown_no_more(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await reset_terminal(hass, hub, face)
    differences = (await async_agreement(hass, hub.house, hub.terminals[FACE])).differences
    await hub.house.async_settle(tuple(differences.values()), Choice.LEAVE, frozenset(), None)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hub.caretaker.watch.async_look()
    assert shown(hass, entry) == {}
    assert face.users == {}


async def test_a_terminal_that_was_reset_is_filled_again(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, fix: Fix
) -> None:
    persons = await reset_terminal(hass, hub, face)
    result = await fix(RESET, {"next_step_id": "fill"})
    assert result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert {user.name for user in face.users.values()} == {person.name for person in persons.values()}
    await hub.caretaker.watch.async_look()
    assert shown(hass, entry) == {}


async def test_a_terminal_that_was_reset_is_taken_over_as_it_is(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, fix: Fix
) -> None:
    persons = await reset_terminal(hass, hub, face)
    face.add_user(User(enrollid=77, name="New here"))
    result = await fix(RESET, {"next_step_id": "take_over"})
    assert result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)
    household = hub.house.household
    assert {it.name for it in household.people.values()} == {"New here", *(it.name for it in persons.values())}
    assert all(FACE not in rule.doors for rule in household.groups["all"].rules)
    assert all(FINGER in rule.doors for rule in household.groups["all"].rules)
    assert set(face.users) == {77}
    await hub.caretaker.watch.async_look()
    assert shown(hass, entry) == {}


@pytest.mark.parametrize("choice", ["put_back", "take_over"])
async def test_the_action_does_the_same_about_a_reset(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, choice: str
) -> None:
    persons = await reset_terminal(hass, hub, face)
    face.add_user(User(enrollid=77, name="New here"))
    data = {"device_id": hub.terminals[FACE].device_id, "kind": "was_reset", "choice": choice}
    answer = await hass.services.async_call(
        "timmy_access", "settle_difference", data, blocking=True, return_response=True
    )
    assert answer == {"settled": 1}
    await hass.async_block_till_done(wait_background_tasks=True)
    household, names = hub.house.household, {it.name for it in persons.values()}
    if choice == "take_over":
        assert set(face.users) == {77}
        assert {it.name for it in household.people.values()} == {"New here", *names}
    else:
        assert {user.name for user in face.users.values()} == {"New here", *names}
        assert {it.name for it in household.people.values()} == names
    await hub.caretaker.watch.async_look()
    assert "house_was_reset" not in shown(hass, entry)


async def test_a_question_that_has_answered_itself_does_nothing(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, fix: Fix
) -> None:
    persons = await reset_terminal(hass, hub, face)
    face.add_user(User(enrollid=11, name=persons["p11"].name))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    # When they may pass is read, too.
    await hass.async_block_till_done(wait_background_tasks=True)
    before = hub.house.household
    result = await fix(RESET, {"next_step_id": "fill"})
    assert (result["type"], result["reason"]) == ("abort", "settled")
    assert hub.house.household is before
    await hub.caretaker.watch.async_look()
    assert list(shown(hass, entry)) == ["house_differences"]


async def test_issues_go_with_the_listener_and_stay_while_the_house_is_not_known(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await reset_terminal(hass, hub, face)
    hub.house.keeper.is_known = False
    await hub.caretaker.watch.async_look()
    assert list(shown(hass, entry)) == ["house_was_reset"]
    hub.house.keeper.is_known = True
    await face.stop()
    await hass.config_entries.async_unload(entry.entry_id)
    assert shown(hass, entry) == {}
