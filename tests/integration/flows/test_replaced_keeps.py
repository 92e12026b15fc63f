"""What stays when a terminal takes the place of another, one by one: also what is ordered of its door just then."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..automations import automate
from ..conftest import FACE, MakeTerminal
from ..guests.test_guests import make_pass
from ..hub.test_emergencies import order
from ..services.test_actions import act
from ..terminal.test_holds import HOLD_CLOSED, HOLD_OPEN, LOCK, MODE, NORMAL, controlled, hold
from ..terminal.test_moments import record, report
from ..terminal.test_two_factors import VERIFY, written
from ..until import state_of, until_state
from .test_replacing import NEW, admitted, replace, wait_outside


@pytest.fixture
async def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """The recorder has to be there before Home Assistant."""


async def replaced(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    old: VirtualTerminal,
    make_terminal: MakeTerminal,
    profile: str = "ai_face",
) -> VirtualTerminal:
    """Have the terminal at the front door die, and another one in its place."""
    await old.stop()
    await hass.async_block_till_done()
    new = await wait_outside(hass, make_terminal(profile, NEW))
    assert (await replace(hass, entry, FACE, NEW))["reason"] == "terminal_replaced"
    await admitted(hass, entry.runtime_data, new)
    return new


async def two_factors(hass: HomeAssistant, entry: MockConfigEntry, action: str, serial: str, **data: Any) -> str:
    response: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": [entry.runtime_data.terminals[serial].device_id], **data},
        blocking=True,
        return_response=True,
    )
    return str(response["terminals"][0]["outcome"])


@pytest.mark.usefixtures("all_enabled")
async def test_two_factors_are_asked_for_by_the_new_one_until_that_ends(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """Nobody is at home: whoever brings a new terminal does not make one factor of two."""
    await until_state(hass, VERIFY, "default")
    assert await two_factors(hass, entry, "require_two_factors", FACE, mode="face_and_password") == "applied"
    new = await replaced(hass, entry, face, make_terminal)
    await until_state(hass, VERIFY, "face_and_password")
    assert await two_factors(hass, entry, "end_two_factors", NEW) == "applied"
    await until_state(hass, VERIFY, "default")
    stricter, before = written(new)
    assert (before, stricter != before) == (0, True)


@pytest.mark.usefixtures("all_enabled")
async def test_two_factors_that_the_new_one_does_not_have_are_those_that_it_has(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    await until_state(hass, VERIFY, "default")
    await two_factors(hass, entry, "require_two_factors", FACE, mode="face_and_card")
    await replaced(hass, entry, face, make_terminal, "tfs30")
    await until_state(hass, VERIFY, "card_and_fingerprint")
    assert await two_factors(hass, entry, "end_two_factors", NEW) == "applied"
    await until_state(hass, VERIFY, "card_fingerprint_or_password")


@pytest.mark.usefixtures("all_enabled")
async def test_two_factors_that_have_ended_are_none_of_the_new_one(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """The old one had not been told of the end yet; numbers of it mean nothing to the new one."""
    await until_state(hass, VERIFY, "default")
    await two_factors(hass, entry, "require_two_factors", FACE)
    await face.stop()
    await until_state(hass, VERIFY, "unavailable")
    assert await two_factors(hass, entry, "end_two_factors", FACE) == "waits"
    new = await replaced(hass, entry, face, make_terminal)
    await until_state(hass, VERIFY, "default")
    assert written(new) == []


async def test_a_door_that_is_held_closed_is_so_by_the_new_one_until_the_same_end(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    until = (await hold(hass, hub, "held_closed"))["until"]
    new = await replaced(hass, entry, face, make_terminal)
    assert controlled(new) == [HOLD_CLOSED]
    assert next(frame["cmd"] for frame in new.received if "cmd" in frame) == "lockctrl"
    assert state_of(hass, LOCK).attributes["held_until"] == until
    # Whoever wants it otherwise has the last word at the new one.
    await hass.services.async_call("select", "select_option", {"entity_id": MODE, "option": "normal"}, blocking=True)
    assert controlled(new) == [HOLD_CLOSED, NORMAL]
    assert "held_until" not in state_of(hass, LOCK).attributes


async def test_the_end_of_a_door_that_was_held_open_is_told_the_new_one_and_it_is_never_opened(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """Nobody has asked the new one to open; the end closes, and is told whoever is at the door."""
    await hold(hass, hub)
    new = await replaced(hass, entry, face, make_terminal)
    assert HOLD_OPEN not in controlled(new)
    await hass.services.async_call("select", "select_option", {"entity_id": MODE, "option": "normal"}, blocking=True)
    assert controlled(new) == [NORMAL]


async def test_a_lockdown_is_the_first_that_the_new_one_hears_of(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    admin = Context(user_id=MockUser(id="admin", name="Ada", is_owner=True).add_to_hass(hass).id)
    await order(hass, "lockdown", admin)
    made = await make_pass(hass, hub)
    new = await replaced(hass, entry, face, make_terminal)
    assert next(frame["cmd"] for frame in new.received if "cmd" in frame) == "lockctrl"
    assert controlled(new) == [HOLD_CLOSED]
    assert state_of(hass, LOCK).attributes["emergency"] == "lockdown"
    assert (await new.scan_qr(made["code"]))["access"] == 0
    await order(hass, "normal", admin)
    assert controlled(new) == [HOLD_CLOSED, NORMAL]
    assert (await new.scan_qr(made["code"]))["access"] == 1


async def test_a_pass_has_no_more_uses_than_before(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    revoked = await make_pass(hass, hub, name="Revoked")
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await act(hass, hub, FACE, "revoke_pass", pass_id=revoked["pass_id"])
    new = await replaced(hass, entry, face, make_terminal)
    assert (await new.scan_qr(made["code"]))["access"] == 0
    assert (await new.scan_qr(revoked["code"]))["access"] == 0


@pytest.mark.usefixtures("moments_shown")
async def test_automations_of_each_kind_go_on(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    device_id = hub.terminals[FACE].device_id
    runs = await automate(
        hass,
        of_a_device={"platform": "device", "domain": DOMAIN, "device_id": device_id, "type": "access_granted"},
        of_an_entity={"trigger": "state", "entity_id": "event.front_door_access", "not_from": ["unavailable"]},
        of_its_target={"trigger": f"{DOMAIN}.access_granted", "target": {"device_id": device_id}, "options": {}},
    )
    new = await replaced(hass, entry, face, make_terminal)
    runs.heard.clear()
    await report(new, record(mode=8))
    await runs.until("of_a_device", "of_an_entity", "of_its_target")
    await act(hass, entry.runtime_data, NEW, "open_door")
    await new.wait_opened(1)


async def test_what_the_owner_made_of_devices_and_entities_stays(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    entities, devices = er.async_get(hass), dr.async_get(hass)
    area = ar.async_get(hass).async_create("Porch")
    known = devices.async_get(hub.terminals[FACE].device_id)
    assert known is not None
    devices.async_update_device(known.id, name_by_user="Our door", area_id=area.id)
    entities.async_update_entity(LOCK, new_entity_id="lock.ours", name="The lock", icon="mdi:castle", aliases=["gate"])
    entities.async_update_entity(MODE, disabled_by=er.RegistryEntryDisabler.USER)
    await replaced(hass, entry, face, make_terminal)
    device = devices.async_get(known.id)
    assert device is not None
    assert (device.name_by_user, device.area_id) == ("Our door", area.id)
    lock, mode = entities.async_get("lock.ours"), entities.async_get(MODE)
    assert lock is not None
    assert (lock.name, lock.icon, lock.aliases, lock.device_id) == ("The lock", "mdi:castle", ["gate"], known.id)
    assert mode is not None
    assert mode.disabled_by is er.RegistryEntryDisabler.USER
    await until_state(hass, "lock.ours", "locked")


async def test_the_history_of_an_entity_goes_on(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    make_terminal: MakeTerminal,
) -> None:
    begin = dt_util.utcnow()
    await hold(hass, hub)
    await until_state(hass, LOCK, "unlocked")
    await hass.services.async_call("select", "select_option", {"entity_id": MODE, "option": "normal"}, blocking=True)
    await until_state(hass, LOCK, "locked")
    await replaced(hass, entry, face, make_terminal)
    await until_state(hass, LOCK, "locked")
    await async_wait_recording_done(hass)
    found = await recorder_mock.async_add_executor_job(get_significant_states, hass, begin, None, [LOCK])
    states = [state.state for state in found[LOCK]]  # type: ignore[union-attr]
    assert "unlocked" in states
    assert states[-1] == "locked"
