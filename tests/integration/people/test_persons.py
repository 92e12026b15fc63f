"""People on terminals that are persons of Home Assistant."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.repairs import async_create_fix_flow
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator import User, VirtualTerminal

from ..automation.test_conditions import holds
from ..conftest import FACE, FINGER, reload
from ..guests.test_guests import make_pass
from ..services.test_actions import act
from ..terminal.test_moments import record, report
from ..until import listen, state_of, until

pytestmark = pytest.mark.usefixtures("moments_shown")

EVENT = "timmy_access_event"
ACCESS = "event.front_door_access"


def person(hass: HomeAssistant, name: str) -> str:
    made = er.async_get(hass).async_get_or_create("person", "person", name, suggested_object_id=name)
    return made.entity_id


async def link(hass: HomeAssistant, hub: Hub, name: str = "ada", enroll_id: int = 1, serial: str = FACE) -> None:
    await act(hass, hub, serial, "link_person", enroll_id=enroll_id, person_entity_id=person(hass, name))


async def linked(hass: HomeAssistant, hub: Hub, enroll_id: int = 1, serial: str = FACE) -> str | None:
    user = await act(hass, hub, serial, "get_user", enroll_id=enroll_id)
    assert user is not None
    return user["person_entity_id"]  # type: ignore[no-any-return]


async def test_events_name_the_person(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    await link(hass, hub)
    assert await linked(hass, hub) == "person.ada"
    await report(face, record(), record(enrollid=5))
    await hass.async_block_till_done()
    assert [event.data["person_entity_id"] for event in heard] == ["person.ada", None]
    await report(face, record(mode=8))
    state = await until(hass, ACCESS, lambda state: state.attributes["event_type"] == "face")
    assert state.attributes["person_entity_id"] == "person.ada"
    made = await make_pass(hass, hub, enroll_id=1)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await until(hass, "event.front_door_code", lambda state: state.attributes.get("person_entity_id") == "person.ada")


async def test_conditions_know_the_person(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await link(hass, hub)
    await report(face, record(enrollid=5))
    await hass.async_block_till_done()
    assert not await holds(hass, "person_was_seen", within=60, person_entity_id="person.ada")
    await report(face, record())
    await hass.async_block_till_done()
    assert await holds(hass, "person_was_seen", within=60, person_entity_id=["person.ada"])
    assert not await holds(hass, "person_was_seen", within=60, person_entity_id=["person.grace"])


async def test_a_link_survives_a_reload_and_a_new_entity_id(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, hass_storage: dict[str, Any]
) -> None:
    await link(hass, hub)
    entities = er.async_get(hass)
    entities.async_update_entity("person.ada", new_entity_id="person.countess")
    assert await linked(hass, hub) == "person.countess"
    kept = hub._store._data()["links"]
    assert kept == {FACE: {"1": entities.entities["person.countess"].id}}
    await hub._store._store.async_save(hub._store._data())
    links = (await reload(hass, entry, face)).terminals[FACE].links
    assert links.entity_id_of(1) == "person.countess"
    entities.async_remove("person.countess")
    assert links.entity_id_of(1) is None


async def test_another_person_takes_the_place(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await link(hass, hub)
    await link(hass, hub, "grace")
    assert await linked(hass, hub) == "person.grace"
    await act(hass, hub, FACE, "unlink_person", enroll_id=1)
    assert await linked(hass, hub) is None


async def test_a_link_ends_with_the_person_on_the_terminal(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """Whoever gets the number next is somebody else."""
    await link(hass, hub)
    await act(hass, hub, FACE, "delete_user", enroll_id=1)
    face.enrol_user(User(enrollid=1, name="Mallory", credentials={11: 5}))
    await report(face, record())
    state = await until(hass, ACCESS, lambda state: state.state != "unknown")
    assert state.attributes["person_entity_id"] is None


async def listed(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, **people: str) -> None:
    """Have the terminal list these people, by `n` and their number, and read the list."""
    face.users.clear()
    for number, name in people.items():
        face.add_user(User(enrollid=int(number.removeprefix("n")), name=name))
    await hub.terminals[FACE].roster.async_refresh(len(people))
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_link_pauses_while_a_list_leaves_the_person_out(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    """Whoever was taken for the terminal for a minute does not end links for good."""
    await link(hass, hub)
    name = face.users[1].name
    await listed(hass, hub, face, n9="Mallory")
    links = hub.terminals[FACE].links
    assert links.entity_id_of(1) is None
    assert links.is_linked(1)
    await hub._store._store.async_save(hub._store._data())
    await listed(hass, hub, face, n1="Mallory")
    assert links.entity_id_of(1) is None  # another person has the number
    await listed(hass, hub, face, n1=name)
    assert links.entity_id_of(1) is None  # a name that is known is not asked for twice over one connection
    await face.drop()
    await face.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await linked(hass, hub) == "person.ada"
    assert hub._store.paused(FACE) == {}


async def test_a_pause_survives_a_restart_and_ends_with_a_new_link(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    await link(hass, hub)
    name = face.users[1].name
    await listed(hass, hub, face)
    await hub._store._store.async_save(hub._store._data())
    face.users.clear()
    hub = await reload(hass, entry, face)
    assert hub.terminals[FACE].links.entity_id_of(1) is None
    await listed(hass, hub, face, n1="Somebody else")
    assert await linked(hass, hub) is None
    await link(hass, hub, "grace")
    assert await linked(hass, hub) == "person.grace"
    await listed(hass, hub, face)
    assert hub._store.paused(FACE) == {1: "Somebody else"}
    await listed(hass, hub, face, n1="Somebody else")
    assert await linked(hass, hub) == "person.grace"
    await listed(hass, hub, face)
    await act(hass, hub, FACE, "unlink_person", enroll_id=1)
    await listed(hass, hub, face, n1="Somebody else")
    assert await linked(hass, hub) is None
    assert name != "Somebody else"


async def test_several_terminals_at_once(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    face.add_user(User(enrollid=7, name="Grace"))
    devices = [hub.terminals[serial].device_id for serial in (FACE, FINGER)]
    data = {"device_id": devices, "enroll_id": 1, "person_entity_id": person(hass, "ada")}
    await hass.services.async_call(DOMAIN, "link_person", data, blocking=True)
    assert [await linked(hass, hub, serial=serial) for serial in (FACE, FINGER)] == ["person.ada", "person.ada"]
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call(DOMAIN, "link_person", {**data, "enroll_id": 7}, blocking=True)
    assert caught.value.translation_key == "person_unknown"
    assert caught.value.translation_placeholders == {"terminal": "Office", "enroll_id": "7"}
    assert await linked(hass, hub, 7) is None  # all or nothing


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("link_person", {"enroll_id": 1, "person_entity_id": "person.nobody"}, "entity_unknown"),
        ("link_person", {"enroll_id": 9, "person_entity_id": "person.ada"}, "person_unknown"),
        ("unlink_person", {"enroll_id": 1}, "not_linked"),
    ],
)
async def test_what_is_wrong_is_named(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, action: str, data: dict[str, Any], key: str
) -> None:
    person(hass, "ada")
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FACE, action, **data)
    assert caught.value.translation_key == key
    assert hub._store.links(FACE) == {}


async def test_an_offline_terminal_cannot_tell_whom_it_has(hass: HomeAssistant, hub: Hub) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await link(hass, hub)
    assert caught.value.translation_key == "terminal_offline"


@pytest.mark.parametrize("action", ["link_person", "unlink_person"])
async def test_only_administrators_link(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_read_only_user: MockUser, action: str
) -> None:
    data: dict[str, Any] = {"device_id": hub.terminals[FACE].device_id, "enroll_id": 1}
    if action == "link_person":
        data["person_entity_id"] = person(hass, "ada")
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, action, data, blocking=True, context=Context(user_id=hass_read_only_user.id)
        )
    assert hub._store.links(FACE) == {}
    assert state_of(hass, ACCESS).state == "unknown"


RENAMED = f"person_renamed_{FACE}_1"


async def renamed(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, name: str) -> None:
    """Rename somebody at the keypad, which no terminal reports, and read the names again."""
    face.users[1].name = name
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def asked(hass: HomeAssistant) -> Any:
    """Open the question."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, RENAMED)
    assert issue is not None
    flow = await async_create_fix_flow(hass, RENAMED, issue.data)
    flow.hass, flow.handler, flow.issue_id = hass, DOMAIN, RENAMED
    shown = await flow.async_step_init()  # type: ignore[attr-defined]
    assert shown["description_placeholders"]["new"] == "Somebody else"
    return flow


async def answered(hass: HomeAssistant, flow: Any, answer: str) -> Any:
    told = await getattr(flow, f"async_step_{answer}")()
    await hass.async_block_till_done(wait_background_tasks=True)
    return told


@pytest.mark.parametrize(("answer", "after"), [("same", "person.ada"), ("other", None)])
async def test_another_name_is_a_question(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, answer: str, after: str | None
) -> None:
    """Until it is answered nobody is taken for the person."""
    heard = listen(hass, EVENT)
    await link(hass, hub)
    await report(face, record())
    await renamed(hass, hub, face, "Somebody else")
    await report(face, record(mode=8))
    await hass.async_block_till_done()
    assert [event.data["person_entity_id"] for event in heard] == ["person.ada", None]
    assert not await holds(hass, "person_was_seen", within=60, person_entity_id="person.ada")
    flow, other = await asked(hass), await asked(hass)
    await answered(hass, flow, answer)
    assert ir.async_get(hass).async_get_issue(DOMAIN, RENAMED) is None
    assert await linked(hass, hub) == after
    # Who is linked meanwhile is not what the other dialog asks about.
    await link(hass, hub, "bo")
    assert (await answered(hass, other, answer))["reason"] == "not_asked"
    assert await linked(hass, hub) == "person.bo"


@pytest.mark.parametrize("answer", ["same", "other"])
async def test_whoever_has_the_number_since_it_was_asked_is_not_who_was_shown(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, answer: str
) -> None:
    await link(hass, hub)
    await renamed(hass, hub, face, "Somebody else")
    flow = await asked(hass)
    await renamed(hass, hub, face, "Mallory")
    again = await flow.async_step_init()
    assert again["description_placeholders"]["new"] == "Somebody else"
    assert (await answered(hass, flow, answer))["reason"] == "not_asked"
    assert await linked(hass, hub) is None
    assert hub._store.links(FACE).keys() == {1}
    assert ir.async_get(hass).async_get_issue(DOMAIN, RENAMED) is not None


async def test_a_question_is_over_when_the_name_is_back_and_there_again_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    await link(hass, hub)
    name = face.users[1].name
    await renamed(hass, hub, face, f" {name.upper()}\u3000")
    assert await linked(hass, hub) == "person.ada"  # the same name in other letters
    await renamed(hass, hub, face, "Somebody else")
    assert ir.async_get(hass).async_get_issue(DOMAIN, RENAMED)
    await hub._store._store.async_save(hub._store._data())
    hub = await reload(hass, entry, face)
    assert ir.async_get(hass).async_get_issue(DOMAIN, RENAMED)
    assert await linked(hass, hub) is None
    await renamed(hass, hub, face, name)
    assert ir.async_get(hass).async_get_issue(DOMAIN, RENAMED) is None
    assert await linked(hass, hub) == "person.ada"


async def test_a_record_of_another_name_is_not_of_the_person(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    heard = listen(hass, EVENT)
    await link(hass, hub)
    await report(face, record(name="Mallory"))
    await hass.async_block_till_done()
    assert [(event.data["person"], event.data["person_entity_id"]) for event in heard] == [("Mallory", None)]
