"""Doors by voice: Home Assistant's own conversation agent, and a door that opens or does not."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.guests.unlock_code import hashed
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components import conversation
from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.intent import IntentResponse, IntentResponseType
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..conftest import FACE, fit_contact, reload
from ..until import until_state

FRONT, BACK = "lock.front_door", "lock.office"


@pytest.fixture
async def assist(hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal) -> None:
    """Two doors that Assist may use, with names that people say."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    back = er.async_get(hass).async_get(BACK)
    assert back is not None
    assert back.device_id is not None
    dr.async_get(hass).async_update_device(back.device_id, name_by_user="Back door")
    for entity_id in (FRONT, BACK):
        async_expose_entity(hass, conversation.DOMAIN, entity_id, should_expose=True)
    await hass.async_block_till_done()


@pytest.fixture
async def released_for_long(hass: HomeAssistant, assist: None) -> None:
    """Both stand open for longer than any machine takes to ask something."""
    for entity_id in ("number.front_door_open_delay", "number.office_open_delay"):
        data = {"entity_id": entity_id, "value": 255}
        await hass.services.async_call("number", "set_value", data, blocking=True)


async def say(hass: HomeAssistant, text: str) -> IntentResponse:
    result = await conversation.async_converse(hass, text, None, Context(), language="en")
    await hass.async_block_till_done()
    return result.response


def openings(*terminals: VirtualTerminal) -> list[int]:
    return [terminal.doors[1].openings for terminal in terminals]


async def test_no_assistant_knows_anything_before_the_owner_says_so(
    hass: HomeAssistant, all_enabled: None, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    await fit_contact(hass, hub, face)
    face.punch(1, temp=365)
    await face.wait_sent()
    await hass.async_block_till_done()
    ours = [entity.entity_id for entity in er.async_get(hass).entities.values() if entity.platform == "timmy_access"]
    assert {
        "binary_sensor.front_door_door",
        "lock.front_door",
        "sensor.front_door_latest_punch_temperature",
        "switch.timmy_access_lockdown",
    } <= set(ours)
    assert [entity_id for entity_id in ours if async_should_expose(hass, conversation.DOMAIN, entity_id)] == []


@pytest.mark.usefixtures("contact")
async def test_what_the_owner_has_exposed_stays_so(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    contact = "binary_sensor.front_door_door"
    async_expose_entity(hass, conversation.DOMAIN, contact, should_expose=True)
    await reload(hass, entry, face)
    assert async_should_expose(hass, conversation.DOMAIN, contact)


async def test_a_door_is_unlocked_by_its_name(
    hass: HomeAssistant, assist: None, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    response = await say(hass, "unlock the front door")
    assert response.response_type is IntentResponseType.ACTION_DONE
    await face.wait_opened(1)
    assert openings(face, finger) == [1, 0]
    await until_state(hass, FRONT, "locked")


@pytest.mark.usefixtures("released_for_long")
async def test_a_door_is_locked_by_its_name(hass: HomeAssistant, face: VirtualTerminal) -> None:
    await say(hass, "unlock the front door")
    await until_state(hass, FRONT, "open")
    response = await say(hass, "lock the front door")
    assert response.response_type is IntentResponseType.ACTION_DONE
    await face.wait_received("lockctrl")
    await until_state(hass, FRONT, "locked")


@pytest.mark.usefixtures("released_for_long")
async def test_a_question_is_answered_and_opens_nothing(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    response = await say(hass, "is the back door locked?")
    assert response.response_type is IntentResponseType.QUERY_ANSWER
    assert response.speech["plain"]["speech"] == "Yes"
    await hass.services.async_call("lock", "open", {"entity_id": BACK}, blocking=True)
    await until_state(hass, BACK, "open")
    response = await say(hass, "is the back door locked?")
    assert response.speech["plain"]["speech"].startswith("No")
    assert openings(face, finger) == [0, 1]


async def test_a_door_that_is_not_exposed_is_not_known(
    hass: HomeAssistant, assist: None, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=False)
    await hass.async_block_till_done()
    response = await say(hass, "unlock the front door")
    assert response.response_type is IntentResponseType.ERROR
    assert openings(face, finger) == [0, 0]


async def test_what_is_said_to_an_offline_door_is_not_kept_for_later(
    hass: HomeAssistant, assist: None, face: VirtualTerminal
) -> None:
    await face.stop()
    await until_state(hass, FRONT, "unavailable")
    await say(hass, "unlock the front door")  # the agent passes over what is unavailable, and says nothing of it
    await face.start()
    await until_state(hass, FRONT, "locked")
    assert openings(face) == [0]


async def test_a_door_with_a_code_is_not_unlocked_by_voice(
    hass: HomeAssistant, assist: None, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "unlock_code": hashed("271828")})
    await hass.async_block_till_done()
    response = await say(hass, "unlock the front door")
    assert response.speech["plain"]["speech"].startswith("Front door needs its code.")
    assert openings(face) == [0]
    response = await say(hass, "is the front door locked?")
    assert response.response_type is IntentResponseType.QUERY_ANSWER
