"""Door contact, tamper and alarm: what live records say, and what ends an alarm."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.contacts import Contacts
from custom_components.timmy_access.terminal.moments import DoorKind
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from simulator import DoorEvent, VirtualTerminal

from ..conftest import CONTROLLER, FACE, MakeTerminal, connected, fit_contact, reload
from ..until import state_of, until_state

DOOR = "binary_sensor.front_door_door"
ALARM = "binary_sensor.front_door_alarm"
TAMPER = "binary_sensor.front_door_tamper"


@pytest.mark.usefixtures("contact")
async def test_the_door_is_unknown_until_its_contact_moves(hass: HomeAssistant, face: VirtualTerminal) -> None:
    assert state_of(hass, DOOR).state == STATE_UNKNOWN
    for event, wanted in ((DoorEvent.OPENED, "on"), (DoorEvent.CLOSED, "off"), (DoorEvent.ILLEGAL_OPEN, "on")):
        face.door_event(event)
        await until_state(hass, DOOR, wanted)


@pytest.mark.usefixtures("contact")
async def test_the_relay_says_nothing_about_the_contact(hass: HomeAssistant, face: VirtualTerminal) -> None:
    for event in (DoorEvent.EXIT_BUTTON, DoorEvent.SOFTWARE_OPEN, DoorEvent.SOFTWARE_CLOSE):
        face.door_event(event)
    await face.wait_sent()
    await hass.async_block_till_done()
    assert state_of(hass, DOOR).state == STATE_UNKNOWN


@pytest.mark.usefixtures("contact")
async def test_a_terminal_with_a_door_sensor_reports_its_relay_too(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await hass.services.async_call("lock", "open", {"entity_id": "lock.front_door"}, blocking=True)
    await until_state(hass, DOOR, "on")
    await until_state(hass, DOOR, "off")


@pytest.mark.usefixtures("contact")
@pytest.mark.parametrize(("event", "entity_id"), [(DoorEvent.TAMPER, TAMPER), (DoorEvent.ALARM, ALARM)])
async def test_an_alarm_is_latched_until_the_terminal_starts(
    hass: HomeAssistant, face: VirtualTerminal, event: DoorEvent, entity_id: str
) -> None:
    assert state_of(hass, entity_id).state == "off"
    face.door_event(event)
    await until_state(hass, entity_id, "on")
    face.door_event(DoorEvent.CLOSED)  # says nothing about the housing or the input
    await until_state(hass, DOOR, "off")
    assert state_of(hass, entity_id).state == "on"
    received = len(face.received)
    await face.drop()  # a lost connection ends nothing
    await face.wait_received("getdevcap", after=received)
    await until_state(hass, entity_id, "on")
    face.door_event(8)
    await until_state(hass, entity_id, "off")


@pytest.mark.usefixtures("contact")
async def test_history_changes_nothing(hass: HomeAssistant, face: VirtualTerminal) -> None:
    old = dt_util.now().replace(tzinfo=None) - timedelta(hours=1)
    for event in (DoorEvent.OPENED, DoorEvent.TAMPER, DoorEvent.ALARM):
        face.door_event(event, time=old)
    await face.wait_sent()
    await hass.async_block_till_done()
    assert [state_of(hass, name).state for name in (DOOR, TAMPER, ALARM)] == [STATE_UNKNOWN, "off", "off"]


@pytest.mark.usefixtures("contact")
async def test_a_door_is_unknown_again_after_a_long_time_offline(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    face.door_event(DoorEvent.OPENED)
    await until_state(hass, DOOR, "on")
    await face.wait_sent()
    received = len(face.received)
    await face.drop()
    await face.wait_received("getdevcap", after=received)
    await until_state(hass, DOOR, "on")  # what happened in a short time comes as live records
    await face.stop()
    await until_state(hass, DOOR, STATE_UNAVAILABLE)
    monkeypatch.setattr("custom_components.timmy_access.hub.terminal.CONTACT_KNOWN", timedelta(0))
    await connected(hass, face)
    assert state_of(hass, DOOR).state == STATE_UNKNOWN


async def test_an_alarm_is_remembered_over_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    mock_restore_cache_with_extra_data(
        hass,
        [
            (State(TAMPER, STATE_UNAVAILABLE), {"value": True}),
            (State(ALARM, STATE_UNAVAILABLE), {"value": False}),
        ],
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await connected(hass, make_terminal("ai_face", FACE))
    assert [state_of(hass, name).state for name in (TAMPER, ALARM)] == ["on", "off"]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_an_alarm_is_kept_over_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    face.door_event(DoorEvent.ALARM)
    await until_state(hass, ALARM, "on")
    await face.wait_sent()
    received = len(face.received)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await face.wait_received("getdevcap", after=received)
    await until_state(hass, ALARM, "on")
    assert state_of(hass, TAMPER).state == "off"


async def test_contacts_are_on_the_terminal_and_not_on_one_of_several_doors(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, controller: VirtualTerminal
) -> None:
    await fit_contact(hass, hub, controller)
    terminal = dr.async_get(hass).async_get_device_by_identifier(("timmy_access", CONTROLLER), entry.entry_id)
    contact = er.async_get(hass).async_get("binary_sensor.warehouse_door")
    assert terminal is not None
    assert contact is not None
    assert contact.device_id == terminal.id
    controller.door_event(DoorEvent.OPENED)
    await until_state(hass, "binary_sensor.warehouse_door", "on")


async def test_only_a_terminal_with_a_contact_shows_a_door(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    registry = er.async_get(hass)
    assert registry.async_get(DOOR) is None
    face.door_event(DoorEvent.OPENED)  # of the relay, then
    await face.wait_sent()
    await hass.async_block_till_done()
    assert registry.async_get(DOOR) is None
    await fit_contact(hass, hub, face)
    registry.async_update_entity(DOOR, new_entity_id="binary_sensor.gate", name="Gate")
    await fit_contact(hass, hub, face, 0)
    assert hass.states.get("binary_sensor.gate") is None
    assert registry.async_get("binary_sensor.gate") is None
    await fit_contact(hass, hub, face, 2)
    assert state_of(hass, "binary_sensor.gate").state == "on"
    again = registry.async_get("binary_sensor.gate")
    assert again is not None
    assert again.name == "Gate"


@pytest.mark.usefixtures("all_enabled")
async def test_a_contact_whose_type_is_chosen_here_appears_and_goes(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    for option, is_shown in (("normally_open", True), ("none", False), ("normally_closed", True)):
        chosen = {"entity_id": "select.front_door_door_contact_type", "option": option}
        await hass.services.async_call("select", "select_option", chosen, blocking=True)
        await hass.async_block_till_done()
        assert (hass.states.get(DOOR) is not None) is is_shown


async def test_a_contact_of_a_terminal_that_does_not_tell_its_type_proves_itself(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    face = make_terminal("ai_face", FACE)
    face.faults.lacks.add("contact_type")
    await connected(hass, face)
    assert er.async_get(hass).async_get(DOOR) is None
    face.door_event(DoorEvent.OPENED)
    await until_state(hass, DOOR, "on")


@pytest.mark.usefixtures("contact")
async def test_a_door_is_assumed_after_a_restart_until_its_contact_moves(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    face.door_event(DoorEvent.OPENED)
    await until_state(hass, DOOR, "on")
    assert "assumed_state" not in state_of(hass, DOOR).attributes
    await reload(hass, entry, face)
    assert state_of(hass, DOOR).state == "on"
    for entity_id in (DOOR, "lock.front_door"):
        assert state_of(hass, entity_id).attributes["assumed_state"] is True
    face.door_event(DoorEvent.CLOSED)
    await until_state(hass, DOOR, "off")
    for entity_id in (DOOR, "lock.front_door"):
        assert "assumed_state" not in state_of(hass, entity_id).attributes


@pytest.mark.parametrize(("minutes_ago", "wanted"), [(60, "on"), (180, "off")])
async def test_what_the_door_did_while_nobody_listened_is_told_by_the_newest_record(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, contact: None, minutes_ago: int, wanted: str
) -> None:
    """A record from before what is known already tells nothing of now."""
    now = dt_util.now()
    hub.terminals[FACE].upkeep.async_assume_door(is_open=False, moved_at=now - timedelta(hours=2))
    assert state_of(hass, DOOR).state == "off"
    face.door_event(DoorEvent.OPENED, time=(now - timedelta(minutes=minutes_ago)).replace(tzinfo=None))
    await face.wait_sent()
    await hass.async_block_till_done()
    state = state_of(hass, DOOR)
    assert (state.state, state.attributes["assumed_state"]) == (wanted, True)


@pytest.mark.usefixtures("contact")
async def test_a_door_of_a_terminal_that_has_been_away_for_long_is_not_assumed(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    face.door_event(DoorEvent.OPENED)
    await until_state(hass, DOOR, "on")
    monkeypatch.setattr("custom_components.timmy_access.binary_sensor.CONTACT_KNOWN", timedelta(0))
    await reload(hass, entry, face)
    assert state_of(hass, DOOR).state == STATE_UNKNOWN


NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_every_door_event_is_thought_of() -> None:
    quiet, loud = Contacts(), Contacts(alarm=True, tamper=True)
    moves = {DoorKind.CLOSED, DoorKind.FORCED_OPEN, DoorKind.OPENED}
    assert {kind for kind in DoorKind if quiet.after(kind, NOW) != quiet} == {DoorKind.ALARM, DoorKind.TAMPER, *moves}
    assert {kind for kind in DoorKind if loud.after(kind, NOW) != loud} == {DoorKind.BOOT, *moves}
    assert loud.cancelled() == quiet
    known = quiet.after(DoorKind.CLOSED, NOW)
    later = NOW + timedelta(minutes=1)
    assert {kind for kind in DoorKind if known.caught_up(kind, later) != known} == moves
    assert not any(known.caught_up(kind, NOW) != known for kind in DoorKind)
    assert not any(quiet.caught_up(kind, later) != quiet for kind in DoorKind)
