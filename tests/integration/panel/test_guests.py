"""What an administrator's browser is told of passes, and does with them."""

from datetime import timedelta
import json
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.panel.guests import Passes
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE
from ..guests.test_guests import door_of, make_pass
from .told import performed

PASSES = "timmy_access/panel/passes"


async def follow(client: MockHAClientWebSocket, **data: Any) -> dict[str, Any]:
    """Follow the passes, and return what is told at first."""
    await client.send_json_auto_id({"type": PASSES, "data": data})
    assert (await client.receive_json())["success"]
    told = (await client.receive_json())["event"]
    assert told["all"]
    return told["passes"]  # type: ignore[no-any-return]


async def news(client: MockHAClientWebSocket) -> dict[str, Any]:
    told = (await client.receive_json())["event"]
    assert not told["all"]
    return told["passes"]  # type: ignore[no-any-return]


async def test_a_pass_is_told_from_its_making_to_its_end_and_its_code_once(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client, browser = await hass_ws_client(hass), await hass_ws_client(hass)
    assert await follow(browser) == {}

    door = door_of(hass, 2)
    answer = await performed(client, "create_pass", device_id=[door], name="Plumber", max_uses=3)
    made = answer["result"]
    assert made["png"].startswith("data:image/png;base64,")
    assert "Plumber" in made["share_text"]
    pass_id = made["pass_id"]

    told = (await news(browser))[pass_id]
    assert told["name"] == "Plumber"
    assert told["state"] == "active"
    assert told["doors"] == [{"serial": CONTROLLER, "name": "Warehouse", "doors": [2]}]
    assert (told["uses"], told["max_uses"]) == (0, 3)
    assert made["code"] not in json.dumps(told)

    terminal = hub.terminals[CONTROLLER].device_id
    until = (dt_util.now() + timedelta(days=2)).replace(microsecond=0).isoformat()
    answer = await performed(client, "extend_pass", device_id=terminal, pass_id=pass_id, valid_until=until)
    assert answer["success"]
    assert (await news(browser))[pass_id]["valid_until"] == until

    held = hub.passbook.passes[pass_id]
    hub.passbook.book.async_take(held, held.code_hash, CONTROLLER, 2, dt_util.utcnow())
    assert (await news(browser))[pass_id]["uses"] == 1

    assert (await performed(client, "revoke_pass", device_id=terminal, pass_id=pass_id))["success"]
    assert await news(browser) == {pass_id: None}
    assert (await follow(await hass_ws_client(hass), include_ended=True))[pass_id]["state"] == "revoked"


async def test_what_opens_goes_to_who_asked_and_nowhere_else(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.timmy_access")
    heard: list[Event] = []
    hass.bus.async_listen(MATCH_ALL, heard.append)
    client = await hass_ws_client(hass)
    answer = await performed(client, "create_pass", device_id=[hub.terminals[FACE].device_id], name="Plumber")
    made = answer["result"]
    await hass.async_block_till_done(wait_background_tasks=True)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.")]
    said = [repr(event.data) for event in heard]
    states = [repr(state.as_dict()) for state in hass.states.async_all()]
    assert states
    for secret in (made["code"], made["png"]):
        assert not [text for text in (*ours, *said, *states) if secret in text]


async def test_a_pass_begins_and_ends_by_the_clock(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    begin = dt_util.utcnow() + timedelta(hours=1)
    end = begin + timedelta(hours=1)
    made = await make_pass(hass, hub, valid_from=begin, valid_until=end)
    told: list[Any] = []
    # Without a browser: its connection does not outlive hours that pass at once.
    passes = Passes(hass, hub, told.append, include_ended=False)
    passes.async_start()
    for moment in (begin, end):
        freezer.move_to(moment + timedelta(minutes=1))
        async_fire_time_changed(hass)
    passes.async_stop()
    states = [news["passes"][made["pass_id"]] for news in told]
    assert [state and state["state"] for state in states] == ["not_yet_valid", "active", None]


async def test_a_refusal_names_its_reason_and_field(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    data = {"device_id": [hub.terminals[FACE].device_id], "name": "Plumber"}
    over = await performed(client, "create_pass", **data, valid_until="2020-01-01T12:00")
    assert over["error"]["translation_key"] == "already_over"
    assert over["error"]["translation_placeholders"]["field"] == "valid_until"
    never = await performed(client, "create_pass", **data, max_uses=0)
    assert never["error"]["translation_placeholders"]["field"] == "max_uses"
    assert hub.passbook.passes == {}


async def test_who_does_not_administer_is_told_nothing(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator, hass_admin_user: MockUser
) -> None:
    client = await hass_ws_client(hass)
    hass_admin_user.groups = []
    await client.send_json_auto_id({"type": PASSES, "data": {}})
    assert (await client.receive_json())["error"]["code"] == "unauthorized"


async def test_each_door_of_several_has_a_device_of_its_own(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    controller: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "timmy_access/panel/overview", "data": {}})
    assert (await client.receive_json())["success"]
    terminals = (await client.receive_json())["event"]["terminals"]
    assert [door["device_id"] for door in terminals[FACE]["doors"]] == [terminals[FACE]["device_id"]]
    doors = {door["number"]: door["device_id"] for door in terminals[CONTROLLER]["doors"]}
    assert doors == {number: door_of(hass, number) for number in range(1, 5)}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Valid until Feb 1, 2099, 2:05 PM."),
        ("de", "Gültig bis 1. Feb. 2099, 14:05."),
        ("vi", "Có hiệu lực đến 14:05 1 thg 2, 2099."),
        ("zh-Hans", "有效期至 2099年2月1日 14:05。"),
    ],
)
async def test_a_guest_reads_times_as_the_language_has_them(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    language: str,
    told: str,
) -> None:
    hass.config.language = language
    client = await hass_ws_client(hass)
    device = hub.terminals[FACE].device_id
    data = {"device_id": [device], "name": "Plumber", "valid_until": "2099-02-01T14:05:00", "start_time": "12:30:00"}
    made = (await performed(client, "create_pass", **data))["result"]
    assert made["share_text"].splitlines()[1] == told
    is_twelve = told.removesuffix(".").endswith("PM")
    assert ("12:30 PM" if is_twelve else "12:30 ") in made["share_text"].splitlines()[2]
