"""Actions about people for several terminals at once: checked on all, done on each, told of every one."""

from typing import Any

import pytest

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.services import ACTIONS
from custom_components.timmy_access.services.action import Action
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from simulator import User, VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER
from ..hub.test_rights import EXTRA
from .test_actions import CASES

# What is asked by the integration itself, at any time.
QUESTIONS = frozenset({"getdevlock", "getuserlist", "getusername", "getdevcap", "getdevinfo", "gettime"})
PEOPLE = {
    *("add_user", "cancel_add_user", "clear_admins", "clear_all_user_access", "clear_user_access", "delete_all_users"),
    *("delete_credential", "delete_user", "disable_user", "enable_user", "get_user", "get_user_access"),
    *("get_user_message", "get_users", "link_person", "set_credential", "set_user", "set_user_access"),
    *("set_user_message", "set_user_names", "unlink_person"),
}


async def act(hass: HomeAssistant, action: str, *, response: bool = True, **data: Any) -> Any:
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=response)


def ids(hub: Hub, *serials: str) -> list[str]:
    return [hub.terminals[serial].device_id for serial in serials]


def commands(terminal: VirtualTerminal) -> list[str]:
    return [frame["cmd"] for frame in terminal.received if "cmd" in frame and frame["cmd"] not in QUESTIONS]


def test_every_action_about_people_is_for_several() -> None:
    each = {action.name for action in ACTIONS if isinstance(action, Action) and action.each}
    assert each == PEOPLE
    assert all(action.response is not SupportsResponse.NONE for action in ACTIONS if action.name in each)


async def test_a_list_of_terminals_gets_a_result_of_each(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    response = await act(hass, "disable_user", device_id=ids(hub, FACE, FINGER), enroll_id=1)
    assert response == {
        "terminals": {
            ids(hub, FACE)[0]: {"name": "Front door", "result": "done"},
            ids(hub, FINGER)[0]: {"name": "Office", "result": "done"},
        }
    }
    assert not face.users[1].enabled
    assert not finger.users[1].enabled


async def test_one_device_has_the_response_that_it_always_had(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    (device_id,) = ids(hub, FACE)
    users = (await act(hass, "get_users", device_id=device_id))["users"]
    assert [user["name"] for user in users] == [ADA]
    listed = await act(hass, "get_users", device_id=[device_id])
    assert listed == {"terminals": {device_id: {"name": "Front door", "result": "done", "users": users}}}
    await act(hass, "disable_user", device_id=device_id, enroll_id=1, response=False)
    assert not face.users[1].enabled


async def test_areas_floors_labels_and_entities_are_targets(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal, controller: VirtualTerminal
) -> None:
    floor = fr.async_get(hass).async_create("Ground floor")
    areas = ar.async_get(hass)
    hall, yard = areas.async_create("Hall", floor_id=floor.floor_id), areas.async_create("Yard")
    label = lr.async_get(hass).async_create("Outside")
    devices = dr.async_get(hass)
    devices.async_update_device(ids(hub, FACE)[0], area_id=hall.id)
    devices.async_update_device(ids(hub, FINGER)[0], labels={label.label_id})
    (door, *_) = dr.async_child_entries_for_config_entry(devices, hub._entry.entry_id)
    devices.async_update_child_device(door.id, area_id=yard.id)
    lock = er.async_get(hass).async_get_entity_id("lock", DOMAIN, f"{FACE}_door1_lock")
    for target, names in (
        ({"area_id": hall.id}, {"Front door"}),
        ({"floor_id": floor.floor_id}, {"Front door"}),
        ({"label_id": label.label_id}, {"Office"}),
        ({"entity_id": lock}, {"Front door"}),
        ({"area_id": yard.id}, {"Warehouse"}),
        ({"area_id": [hall.id, yard.id], "label_id": label.label_id}, {"Front door", "Office", "Warehouse"}),
        ({"device_id": ids(hub, FACE)[0], "area_id": hall.id}, {"Front door"}),
    ):
        response = await act(hass, "enable_user", enroll_id=1, **target)
        assert {told["name"] for told in response["terminals"].values()} == names, target


async def test_a_pass_is_for_the_doors_of_an_area_and_for_no_others(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, controller: VirtualTerminal
) -> None:
    """Whichever room the controller itself hangs in: what is there, nobody has named."""
    areas, devices = ar.async_get(hass), dr.async_get(hass)
    hall, yard, cellar = (areas.async_create(name) for name in ("Hall", "Yard", "Cellar"))
    devices.async_update_device(ids(hub, FACE)[0], area_id=yard.id)
    devices.async_update_device(ids(hub, CONTROLLER)[0], area_id=cellar.id)
    doors = dr.async_child_entries_for_config_entry(devices, hub._entry.entry_id)
    for door in doors:
        devices.async_update_child_device(door.id, area_id=yard.id if door is doors[0] else hall.id)
    made = await act(hass, "create_pass", name="Courier", area_id=yard.id)
    assert hub.passbook.passes[made["pass_id"]].doors == {FACE: {1}, CONTROLLER: {1}}
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "create_pass", name="Courier", area_id=[yard.id, cellar.id])
    assert caught.value.translation_key == "target_without_terminal"
    listed: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({"area_id": yard.id}, ["Courier"]),
        ({"area_id": hall.id}, []),
        ({"device_id": ids(hub, CONTROLLER)[0]}, ["Courier"]),
        ({"device_id": doors[0].id}, ["Courier"]),
        ({"device_id": doors[1].id}, []),
        ({"area_id": hall.id, "device_id": ids(hub, FACE)[0]}, ["Courier"]),
    )
    for target, names in listed:
        passes = (await act(hass, "get_passes", **target))["passes"]
        assert [told["name"] for told in passes] == names, target
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "get_passes", area_id=cellar.id)
    assert caught.value.translation_key == "target_without_terminal"
    assert (await act(hass, "get_logs", area_id=[yard.id]))["records"] == []


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({}, "target_missing"),
        ({"area_id": "nowhere"}, "target_without_terminal"),
        ({"label_id": "nothing"}, "target_without_terminal"),
        ({"entity_id": "light.kitchen"}, "target_not_a_terminal"),
        ({"entity_id": "all"}, "target_not_a_terminal"),
        ({"device_id": []}, "house_empty"),
    ],
)
async def test_a_target_that_is_none(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, target: dict[str, Any], key: str
) -> None:
    """Also beside one that is fine: what was named and is not there may be the door that matters."""
    good: dict[str, Any] = {} if "device_id" in target or not target else {"device_id": ids(hub, FACE)}
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "disable_user", enroll_id=1, **good, **target)
    assert caught.value.translation_key == key
    assert commands(face) == []


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("set_credential", {"enroll_id": 1, "credential": "face", "value": "c5" * 50}, "cannot_face"),
        ("add_user", {"enroll_id": 3, "name": "Zoe", "credential": "card", "value": "5"}, "number_in_use_there"),
        ("add_user", {"name": "Bob", "credential": "card", "value": "5"}, "name_in_use_there"),
        ("set_user_access", {"enroll_id": 1, "week_zone_2": 1}, "door_unknown"),
        ("set_user", {"enroll_id": 1, "department": "Sales"}, "not_supported"),
        ("set_user", {"enroll_id": 1, "password": "123456789"}, "out_of_range"),
        ("delete_user", {"enroll_id": 0}, "out_of_range"),
        ("delete_all_users", {"confirm": False}, "not_confirmed"),
        ("set_user_names", {"names": [{"enroll_id": 1, "name": "ü" * 40}]}, "text_too_long"),
        ("set_user_message", {"message": "ä" * 101}, "text_too_long"),
    ],
)
async def test_nothing_is_written_anywhere_where_one_is_wrong(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    finger: VirtualTerminal,
    action: str,
    data: dict[str, Any],
    key: str,
) -> None:
    """The second of the two is the one that is wrong, or both are."""
    finger.add_user(User(enrollid=3, name="Bob"))
    await hub.terminals[FINGER].async_refresh_people(all_names=True)
    before = [len(commands(terminal)) for terminal in (face, finger)]
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, device_id=ids(hub, FACE, FINGER), **data)
    assert caught.value.translation_key == key
    assert [len(commands(terminal)) for terminal in (face, finger)] == before


async def test_who_is_away_or_refuses_holds_up_no_other(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    """Whoever is shut out is shut out where that is possible, and every terminal that failed is named, with why."""
    finger.faults.refuse["enableuser"] = {"reason": 1, "msg": "no"}
    everywhere = ids(hub, CONTROLLER, FINGER, FACE)
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "disable_user", device_id=everywhere, enroll_id=1, response=False)
    assert not face.users[1].enabled
    assert caught.value.translation_key == "several_failed"
    assert str(caught.value) == (
        "It did not work on 2 of 3 terminals. Warehouse is not connected. Look at its power and its network, then try"
        " again. Office refused: no."
    )
    told = (await act(hass, "disable_user", device_id=everywhere, enroll_id=1))["terminals"]
    assert {it["name"]: (it["result"], it.get("error")) for it in told.values()} == {
        "Front door": ("done", None),
        "Office": ("failed", "Office refused: no"),
        "Warehouse": (
            "failed",
            "Warehouse is not connected. Look at its power and its network, then try again",
        ),
    }


async def test_somebody_who_is_added_has_one_number_everywhere(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    finger.add_user(User(enrollid=8, name="Bob"))
    await hub.terminals[FINGER].async_refresh_people(all_names=True)
    response = await act(
        hass, "add_user", device_id=ids(hub, FACE, FINGER), name="Zoe", credential="card", value="4711"
    )
    assert {it["enroll_id"] for it in response["terminals"].values()} == {9}
    assert face.users[9].credentials == finger.users[9].credentials == {11: 4711}


def of_each() -> list[Action]:
    return [action for action in ACTIONS if isinstance(action, Action) and action.each]


def well(action: Action) -> dict[str, Any]:
    """Return data that an action takes, without where."""
    case = CASES.get(action.name)
    return {**(case.data if case else {}), **EXTRA.get(action.name, {})}


async def test_no_action_is_begun_where_one_of_its_terminals_is_none(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    """Whatever the action: what was named and is no terminal may be the one that matters."""
    stranger = dr.async_get(hass).async_get_or_create(
        config_entry_id=hub.entry_id, identifiers={("elsewhere", "1")}, name="Lamp"
    )
    before = [len(commands(terminal)) for terminal in (face, finger)]
    done = []
    for action in of_each():
        for wrong in ("nowhere", stranger.id):
            with pytest.raises(ServiceValidationError) as caught:
                await act(hass, action.name, device_id=[*ids(hub, FACE, FINGER), wrong], **well(action))
            assert caught.value.translation_key in {"not_a_terminal", "service_device_not_found"}, action.name
        done.append(action.name)
    assert set(done) == PEOPLE
    assert [len(commands(terminal)) for terminal in (face, finger)] == before


async def test_every_action_has_a_result_of_each_terminal(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    """Whatever the action, one that is away is among them with why, or all are refused before one is asked."""
    everywhere = ids(hub, CONTROLLER, FACE)
    refused: dict[str, str | None] = {}
    for action in of_each():
        before = len(commands(face))
        try:
            told = (await act(hass, action.name, device_id=everywhere, **well(action)))["terminals"]
        except HomeAssistantError as err:
            refused[action.name] = err.translation_key
            assert len(commands(face)) == before, action.name
            continue
        assert {it["name"] for it in told.values()} == {"Warehouse", "Front door"}, action.name
        assert all(it["error"] for it in told.values() if it["result"] != "done"), action.name
    # A free number is looked for on all; of the others, whoever they are about is not there.
    assert refused == {"add_user": "terminal_offline", "link_person": "entity_unknown", "unlink_person": "not_linked"}
