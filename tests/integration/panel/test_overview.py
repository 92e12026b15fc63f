"""The page's surroundings: the terminals with their doors, who waits, and what becomes of them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.devices import door_identifier, terminal_identifier
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER, MakeTerminal
from .told import Told, asked, performed, told

STRANGER = "ZX99990001"


def of(serial: str, news: Told) -> dict[str, Any]:
    """Return what is told of a terminal; nothing where it is not told of."""
    found: dict[str, Any] = news["terminals"].get(serial) or {}
    return found


@pytest.mark.usefixtures("contact")
async def test_all_terminals_are_told_at_first_with_their_doors(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    assert (await asked(client, "overview"))["success"]
    news = await told(client)
    assert news["terminals"].keys() == {FACE, FINGER, CONTROLLER}
    front = of(FACE, news)
    assert (front["name"], front["online"], front["last_seen"], front["latest"]) == ("Front door", True, None, None)
    device_id = hub.terminals[FACE].device_id
    assert front["doors"] == [
        {
            "number": 1,
            "name": None,
            "device_id": device_id,
            "lock": "lock.front_door",
            "mode": "normal",
            "held_until": None,
            "held_by": None,
            "emergency": None,
        }
    ]
    assert front["device_id"] == device_id
    assert front["entities"] == {
        "alarm": "binary_sensor.front_door_alarm",
        "cancel_alarm": "button.front_door_cancel_alarm",
        "door": "binary_sensor.front_door_door",
        "door_mode": "select.front_door_door_mode",
        "tamper": "binary_sensor.front_door_tamper",
    }
    warehouse = of(CONTROLLER, news)
    assert not warehouse["online"]
    # No command holds one of several doors.
    assert warehouse["entities"]["door_mode"] is None
    assert [(door["number"], door["name"]) for door in warehouse["doors"]] == [
        (number, f"Door {number}") for number in range(1, 5)
    ]
    assert [door["lock"] for door in warehouse["doors"]] == [f"lock.warehouse_door_{number}" for number in range(1, 5)]
    assert news["pending"] == []
    assert news["house"]["known"]


async def test_who_comes_in_and_what_goes_away_is_pushed(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    await told(client)
    face.punch(1)
    news = await told(client, lambda news: bool(of(FACE, news).get("latest")))
    latest = of(FACE, news)["latest"]
    assert (latest["person"], latest["method"]) == (ADA, "face")
    occurred_at = dt_util.parse_datetime(latest["occurred_at"], raise_on_error=True)
    assert abs((dt_util.utcnow() - occurred_at).total_seconds()) < 60
    assert FINGER not in news["terminals"]
    await face.stop()
    news = await told(client, lambda news: of(FACE, news).get("online") is False)
    assert of(FACE, news)["last_seen"] is not None


async def test_a_door_that_is_renamed_is_told_by_its_name(
    hass: HomeAssistant, entry: MockConfigEntry, controller: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    await told(client)
    registry = dr.async_get(hass)
    side = registry.async_get_child_device_by_identifier(door_identifier(CONTROLLER, 2), entry.entry_id)
    assert side is not None
    registry.async_update_child_device(side.id, name_by_user="Side entrance")
    news = await told(client, lambda news: CONTROLLER in news["terminals"])
    assert [door["name"] for door in of(CONTROLLER, news)["doors"]] == ["Door 1", "Side entrance", "Door 3", "Door 4"]


async def test_what_is_ordered_of_doors_is_told_as_it_comes_and_goes(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    assert (await told(client))["house"]["emergencies"] == []
    data = {"device_id": hub.terminals[FACE].device_id, "mode": "held_open", "duration": {"hours": 1}}
    held = await hass.services.async_call(DOMAIN, "hold_door", data, blocking=True, return_response=True)
    assert held is not None
    news = await told(client, lambda news: bool(of(FACE, news) and of(FACE, news)["doors"][0]["held_until"]))
    door = of(FACE, news)["doors"][0]
    assert (door["mode"], door["held_until"]) == ("held_open", held["until"])
    ordered = {"state": "lockdown", "device_id": data["device_id"]}
    await hass.services.async_call(DOMAIN, "emergency", ordered, blocking=True)
    news = await told(client, lambda news: any(it["doors"][0]["confirmed"] for it in news["house"]["emergencies"]))
    (lockdown,) = news["house"]["emergencies"]
    assert (lockdown["kind"], lockdown["doors"][0]["name"]) == ("lockdown", "Front door")


async def test_who_waits_for_approval_is_told_as_they_come_and_go(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    await told(client)
    stranger = make_terminal("tfs30", STRANGER)
    await stranger.start()
    news = await told(client, lambda news: bool(news["pending"]))
    assert [(it["serial"], it["address"]) for it in news["pending"]] == [(STRANGER, "127.0.0.1")]
    await stranger.stop()
    hub.pending.async_drop(STRANGER)
    news = await told(client, lambda news: not news["pending"])
    assert news["terminals"] == {}


async def test_a_terminal_is_kept_in_step_after_a_look_and_let_go_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client, device = await hass_ws_client(hass), hub.terminals[FACE].device_id
    feed = await hass_ws_client(hass)
    await asked(feed, "overview")
    await told(feed)
    look = (await performed(client, "keep_in_step", device_id=device, enable=True, confirm=False))["result"]
    assert (look["kept_in_step"], look["group"]) == (False, "Front door")
    assert [it["name"] for it in look["added"]] == [ADA]
    assert not hub.house.household.kept
    done = (await performed(client, "keep_in_step", device_id=device, enable=True, confirm=True))["result"]
    assert done["kept_in_step"]
    await told(feed, lambda news: of(FACE, news).get("kept_in_step") is True)
    await performed(client, "keep_in_step", device_id=device, enable=False, confirm=True)
    await told(feed, lambda news: of(FACE, news).get("kept_in_step") is False)
    assert not hub.house.household.kept


async def test_a_terminal_that_is_away_is_not_taken_over(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    device = hub.terminals[FINGER].device_id
    answer = await performed(client, "keep_in_step", device_id=device, enable=True, confirm=True)
    assert (answer["error"]["translation_domain"], answer["error"]["translation_key"]) == (DOMAIN, "terminal_offline")
    answer = await performed(client, "keep_in_step", enable=True)
    assert answer["error"]["translation_key"] == "field_missing"
    assert answer["error"]["translation_placeholders"] == {"field": "device_id", "label": "Terminal"}


async def test_the_device_leads_to_its_terminal_in_the_panel(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    device = dr.async_get(hass).async_get_device_by_identifier(terminal_identifier(FACE), entry.entry_id)
    assert device is not None
    assert device.configuration_url == f"homeassistant://timmy-access/terminals/{FACE}"
