"""What a user may do does not depend on the way: actions and entities ask the same table."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.rights import NotAllowed, Right
from custom_components.timmy_access.services import ACTIONS
from custom_components.timmy_access.services.house_action import HouseAction
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from simulator import User, VirtualTerminal

from ..conftest import CONTROLLER, FACE
from ..services.test_actions import CASES, GRACE, TEMPLATE
from ..until import state_of

FRONT = "lock.front_door"
MODE = "select.front_door_door_mode"
# Entities with which an ordinary user does something.
ORDINARY = {"button.front_door_cancel_alarm"}
# What takes a value needs one that fits.
CALLS: dict[str, Callable[[State], tuple[str, dict[str, Any]]]] = {
    "button": lambda _: ("press", {}),
    "number": lambda state: ("set_value", {"value": state.attributes["min"]}),
    "select": lambda state: ("select_option", {"option": state.attributes["options"][-1]}),
    "switch": lambda _: ("turn_off", {}),
}
# What an action needs besides what its case has.
EXTRA: dict[str, dict[str, Any]] = {
    "add_person": {"name": "Zoe"},
    "add_punch": {"enroll_id": 1, "at": "2026-01-01T08:00:00", "reason": "Forgot"},
    "create_pass": {"name": "Guest"},
    "delete_logs": {"confirm": True},
    "emergency": {"state": "lockdown"},
    "export_logs": {"filename": "log.csv"},
    "hold_door": {"mode": "held_closed", "duration": {"hours": 1}},
    "import_people": {"file": "people.csv"},
    "extend_pass": {"pass_id": "x", "max_uses": 1},
    "leave_out_record": {"record_id": 1, "reason": "Forgot"},
    "link_person": {"enroll_id": 1, "person_entity_id": "person.ada"},
    "mark_safe": {"enroll_id": 1},
    "remove_access_group": {"group_id": "x"},
    "remove_person": {"person_id": "x"},
    "reply_access": {"request_id": "x", "access": True},
    "reply_pin": {"request_id": "x", "access": True},
    "reply_qr_code": {"request_id": "x", "access": True},
    "revoke_pass": {"pass_id": "x"},
    "settle_difference": {"choice": "leave"},
    "unlink_person": {"enroll_id": 1},
    "update_person": {"person_id": "x"},
    "withdraw_correction": {"correction_id": 1},
}


@pytest.fixture
def resident(hass: HomeAssistant) -> Context:
    """A user who may control all entities, and is no administrator."""
    user = MockUser(id="resident").add_to_hass(hass)
    user.mock_policy({"entities": True})
    return Context(user_id=user.id)


@pytest.fixture
def visitor(hass: HomeAssistant, hass_read_only_user: MockUser) -> Context:
    """A user who may look, and nothing else."""
    return Context(user_id=hass_read_only_user.id)


async def ask(hass: HomeAssistant, hub: Hub, action: str, context: Context, serial: str = FACE, **data: Any) -> None:
    asked = next(one for one in ACTIONS if one.name == action)
    response = asked.response
    place = {} if isinstance(asked, HouseAction) else {"device_id": hub.terminals[serial].device_id}
    await hass.services.async_call(
        DOMAIN,
        action,
        {**place, **data},
        blocking=True,
        context=context,
        return_response=response.value == "only",
    )


async def use(hass: HomeAssistant, entity_id: str, action: str, context: Context, **data: Any) -> None:
    await hass.services.async_call(
        entity_id.partition(".")[0], action, {"entity_id": entity_id, **data}, blocking=True, context=context
    )


def writable(hass: HomeAssistant) -> Iterator[State]:
    for domain in CALLS:
        yield from (state for state in hass.states.async_all(domain) if state.entity_id.startswith(f"{domain}.front"))


async def test_no_entity_of_a_setting_is_for_ordinary_users(
    hass: HomeAssistant, all_enabled: None, hub: Hub, face: VirtualTerminal, resident: Context
) -> None:
    states = list(writable(hass))
    assert {state.entity_id.partition(".")[0] for state in states} == CALLS.keys()
    for state in states:
        domain, _, _ = state.entity_id.partition(".")
        action, data = CALLS[domain](state)
        received = len(face.received)
        if state.entity_id in ORDINARY:
            await use(hass, state.entity_id, action, resident, **data)
            assert len(face.received) > received
            continue
        with pytest.raises(NotAllowed) as refused:
            await use(hass, state.entity_id, action, resident, **data)
        assert refused.value.translation_key == "administrators_only"
        assert str(refused.value) == "Only administrators of Home Assistant may do this with Front door"
        assert len(face.received) == received
    assert states[0].entity_id == "button.front_door_cancel_alarm"


@pytest.mark.parametrize("name", [action.name for action in ACTIONS])
async def test_an_action_is_for_whom_the_table_says(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, resident: Context, visitor: Context, name: str
) -> None:
    face.add_user(User(enrollid=GRACE, name="Grace", credentials={0: TEMPLATE}))
    right = next(action for action in ACTIONS if action.name == name).right
    case = CASES.get(name)
    data = {**(case.data if case else {}), **EXTRA.get(name, {})}
    if data.get("door"):
        data["door"] = 1
    received = len(face.received)
    with pytest.raises(Unauthorized):
        await ask(hass, hub, name, visitor, **data)
    if right is Right.ADMINISTER:
        with pytest.raises(NotAllowed):
            await ask(hass, hub, name, resident, **data)
        assert len(face.received) == received
    else:
        await ask(hass, hub, name, resident, **data)
        assert len(face.received) > received


@pytest.mark.parametrize(
    ("function", "allowed"),
    [
        ("cancel_alarm", True),
        ("hold_closed", False),
        ("hold_open", False),
        ("normal", False),
        ("open", True),
        ("restart", False),
    ],
)
async def test_what_control_door_does_decides_who_may(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    resident: Context,
    visitor: Context,
    function: str,
    allowed: bool,
) -> None:
    with pytest.raises(NotAllowed):
        await ask(hass, hub, "control_door", visitor, function=function)
    if not allowed:
        with pytest.raises(NotAllowed):
            await ask(hass, hub, "control_door", resident, function=function)
    assert face.doors[1].openings == 0
    if allowed:
        await ask(hass, hub, "control_door", resident, function=function)
    assert face.doors[1].openings == (function == "open")
    assert face.doors[1].mode == "normal"


async def test_an_ordinary_user_opens_and_locks(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, resident: Context
) -> None:
    await use(hass, FRONT, "open", resident)
    await use(hass, FRONT, "unlock", resident)
    await use(hass, FRONT, "lock", resident)
    await ask(hass, hub, "open_door", resident, door=1)
    assert face.doors[1].openings == 3
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "hold_open": True})
    await hass.async_block_till_done()
    await use(hass, FRONT, "unlock", resident)  # an administrator chose what it does
    assert face.doors[1].mode == "held_open"


async def test_a_policy_for_one_door_is_for_that_door(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    user = MockUser(id="tenant").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {"lock.warehouse_door_2": {POLICY_CONTROL: True}}}})
    tenant = Context(user_id=user.id)
    await ask(hass, hub, "open_door", tenant, CONTROLLER, door=2)
    elsewhere: tuple[dict[str, Any], ...] = ({"door": 1}, {"all_doors": True})
    for data in elsewhere:
        with pytest.raises(NotAllowed) as refused:
            await ask(hass, hub, "open_door", tenant, CONTROLLER, **data)
        assert str(refused.value) == "Your user may not control Warehouse"
    assert {number: door.openings for number, door in controller.doors.items()} == {1: 0, 2: 1, 3: 0, 4: 0}


async def test_a_lock_that_is_no_more_opens_for_no_ordinary_user(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, resident: Context
) -> None:
    er.async_get(hass).async_remove(FRONT)
    with pytest.raises(NotAllowed):
        await ask(hass, hub, "open_door", resident, door=1)
    assert face.doors[1].openings == 0


async def test_a_user_who_is_gone_may_nothing(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    gone = Context(user_id="gone")
    calls: tuple[tuple[str, dict[str, Any]], ...] = (("open_door", {"door": 1}), ("restart", {}))
    for name, data in calls:
        with pytest.raises(Unauthorized):
            await ask(hass, hub, name, gone, **data)
    assert face.doors[1].openings == 0


@pytest.mark.parametrize("administrator", [True, False])
async def test_administrators_and_automations_may_everything(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_admin_user: MockUser, administrator: bool
) -> None:
    context = Context(user_id=hass_admin_user.id) if administrator else Context()
    await use(hass, MODE, "select_option", context, option="held_closed")
    await ask(hass, hub, "control_door", context, function="normal")
    assert [frame["fuc"] for frame in face.received if frame.get("cmd") == "lockctrl"] == [2, 4]


async def test_a_script_acts_as_who_starts_it(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, resident: Context
) -> None:
    hold = {"action": "select.select_option", "target": {"entity_id": MODE}, "data": {"option": "held_open"}}
    assert await async_setup_component(hass, "script", {"script": {"hold": {"sequence": [hold]}}})
    with pytest.raises(NotAllowed):
        await hass.services.async_call("script", "hold", blocking=True, context=resident)
    assert state_of(hass, MODE).state == "normal"
    await hass.services.async_call("script", "hold", blocking=True)  # the same entity, and nobody in person
    assert state_of(hass, MODE).state == "held_open"
