"""Who may not open a door, or quieten an alarm, tries every way that there is."""

from collections.abc import Iterator
from http import HTTPStatus
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.media_player import async_process_play_media_url
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    intent,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..conftest import FACE, LOOPBACK
from ..guests.test_guests import make_pass
from ..until import listen, state_of

FRONT, MODE, TAMPER = "lock.front_door", "select.front_door_door_mode", "binary_sensor.front_door_tamper"
SCENE = {FRONT: "unlocked", MODE: "held_open"}
# What may be done with any entity, and what it takes.
SERVICES: dict[str, dict[str, dict[str, Any]]] = {
    "button": {"press": {}},
    "homeassistant": {"toggle": {}, "turn_off": {}, "turn_on": {}, "update_entity": {}},
    "lock": {"lock": {}, "open": {}, "unlock": {}},
    "number": {"set_value": {"value": 1}},
    "select": {
        "select_first": {},
        "select_last": {},
        "select_next": {},
        "select_option": {"option": "held_open"},
        "select_previous": {},
    },
    "switch": {"toggle": {}, "turn_off": {}, "turn_on": {}},
}


@pytest.fixture
def visitor(hass_read_only_user: MockUser) -> Context:
    """A user who may look, and nothing else."""
    return Context(user_id=hass_read_only_user.id)


def changes(terminal: VirtualTerminal) -> list[dict[str, Any]]:
    """Return the commands that a terminal has got, without questions."""
    return [frame for frame in terminal.received if "cmd" in frame and not frame["cmd"].startswith("get")]


def targets(hass: HomeAssistant, hub: Hub) -> Iterator[dict[str, Any]]:
    """Yield everything by which entities of a terminal are named: themselves, device, area, label and all."""
    device_id = hub.terminals[FACE].device_id
    assert device_id is not None
    area, label = ar.async_get(hass).async_create("Hall"), lr.async_get(hass).async_create("Doors")
    dr.async_get(hass).async_update_device(device_id, area_id=area.id, labels={label.label_id})
    ours = [it.entity_id for it in er.async_get(hass).entities.get_entries_for_device_id(device_id)]
    yield from ({"entity_id": ids} for ids in ([FRONT], ours, "all"))
    yield from ({"device_id": device_id}, {"area_id": area.id}, {"label_id": label.label_id})


async def test_no_service_and_no_target_moves_anything(
    hass: HomeAssistant, all_enabled: None, hub: Hub, face: VirtualTerminal, visitor: Context
) -> None:
    for component in ("homeassistant", "scene"):
        assert await async_setup_component(hass, component, {})
    before = changes(face)
    tried = 0
    for target in targets(hass, hub):
        for domain, services in SERVICES.items():
            for service, data in services.items():
                tried += 1
                try:
                    await hass.services.async_call(domain, service, {**target, **data}, blocking=True, context=visitor)
                except HomeAssistantError, vol.Invalid:
                    continue
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("scene", "apply", {"entities": SCENE}, blocking=True, context=visitor)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert tried == 6 * sum(map(len, SERVICES.values()))
    assert changes(face) == before
    assert (face.doors[1].openings, state_of(hass, MODE).state) == (0, "normal")


async def test_no_words_and_no_intent_move_anything(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, visitor: Context
) -> None:
    for component in ("homeassistant", "intent", "conversation"):
        assert await async_setup_component(hass, component, {})
    for entity_id in (FRONT, MODE):
        async_expose_entity(hass, conversation.DOMAIN, entity_id, should_expose=True)
    await hass.async_block_till_done()
    before = changes(face)
    for text in ("open the front door", "unlock the front door", "lock the front door", "turn off front door"):
        await conversation.async_converse(hass, text, None, visitor, language="en")
    for name in (intent.INTENT_TURN_OFF, intent.INTENT_TURN_ON, intent.INTENT_TOGGLE):
        slots: list[dict[str, Any]] = [
            {"name": {"value": "Front door"}},
            {"domain": {"value": ["lock"]}, "name": {"value": "all"}},
        ]
        for slot in slots:
            try:
                await intent.async_handle(hass, "test", name, slot, context=visitor, assistant=conversation.DOMAIN)
            except HomeAssistantError:
                continue
    await hass.async_block_till_done(wait_background_tasks=True)
    assert changes(face) == before
    assert face.doors[1].openings == 0


async def test_who_is_not_approved_moves_nothing_and_quietens_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub, with_pin=True)
    (registration, *_) = [frame for frame in face.sent if frame.get("cmd") == "reg"]
    told, before = listen(hass, "timmy_access_event"), state_of(hass, TAMPER)
    received = len(face.received)
    mine = {**registration, "sn": "ZX99999999"}
    other = {**registration, "devinfo": {**registration["devinfo"], "mac": "00-11-22-33-44-55"}}
    for first in ({"cmd": "heartbeat", "sn": FACE}, mine, other):
        said: list[dict[str, Any]] = [
            first,
            {"cmd": "opendoor", "sn": FACE, "doornum": 1},
            {"cmd": "lockctrl", "sn": FACE, "fuc": 1},
            {"cmd": "sendqrcode", "sn": FACE, "record": made["code"]},
            {"cmd": "sendpin", "sn": FACE, "pin": made["pin"]},
            {"cmd": "sendlog", "sn": FACE, "count": 1, "logindex": 1, "record": [{"enrollid": 1, "event": 4}]},
            {"cmd": "senduser", "sn": FACE, "enrollid": 1, "name": "Mallory", "backupnum": 11, "record": 1},
            {"ret": "opendoor", "sn": FACE, "result": True},
            {"ret": "reg", "sn": FACE, "result": True},
        ]
        heard: list[dict[str, Any]] = []
        async with connect(f"ws://{LOOPBACK}:{hub.listener.port}/pub/chat", ping_interval=None) as stranger:
            try:
                for frame in said:
                    await stranger.send(json.dumps(frame))
                heard = [json.loads(await stranger.recv())] if first is not said[0] or "reg" in first.values() else []
            except ConnectionClosed:
                pass
        assert not any(frame.get("result") is True or frame.get("access") for frame in heard)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (face.doors[1].openings, face.doors[1].mode) == (0, "normal")
    assert [event for event in told if event.data.get("type") not in (None, "unknown")] == []
    assert state_of(hass, TAMPER) == before
    assert [frame for frame in face.received[received:] if frame.get("cmd") in ("opendoor", "lockctrl")] == []
    assert next(iter(hub.passbook.passes.values())).uses == 0


async def test_what_a_media_player_is_told_to_play_is_no_address_of_ours(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Home Assistant signs the path for whoever may use the player."""
    made = await make_pass(hass, hub, filename="guest")
    client = await hass_client_no_auth()
    address, _, query = made["url"].partition("?")
    for played in (address, f"{address}?", f"{address}#{query}"):
        signed = async_process_play_media_url(hass, played, allow_relative_url=True)
        assert "authSig=" in signed
        for asked in (signed, f"{signed}&timmy_access=1", signed.replace("?", "?timmy_access=1&")):
            assert (await client.get(asked)).status == HTTPStatus.UNAUTHORIZED
    visitor = {"Authorization": f"Bearer {hass_read_only_access_token}"}
    response = await client.get(f"{address}?timmy_access=1", headers=visitor)
    assert response.status == HTTPStatus.UNAUTHORIZED
    assert (await client.get(made["url"])).status == HTTPStatus.OK


@pytest.mark.parametrize("folder", ["exports", "passes", f"photos/{'0' * 26}"])
@pytest.mark.parametrize(
    "name",
    [
        "..%2Fsecrets.yaml",
        "..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "..",
        "a%00.csv",
        "%2e%2e%5csecrets.yaml",
        "linked.csv",
        "linked.png",
        "." + "a" * 300,
        "%F0%A0%80%80" * 100,
    ],
)
async def test_no_name_leads_out_of_a_folder(
    hass: HomeAssistant, hub: Hub, hass_client: ClientSessionGenerator, folder: str, name: str
) -> None:
    """Not even for an administrator."""
    await hass.async_add_executor_job(furnish, Path(hass.config.config_dir))
    client = await hass_client()
    response = await client.get(f"/api/timmy_access/{folder}/{name}")
    assert response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)
    assert "precious" not in await response.text()


def furnish(folder: Path) -> None:
    """Put a secret beside the folders, and links to it into them."""
    (folder / "secrets.yaml").write_text("wifi: precious")
    for what in ("exports", "passes"):
        inside = folder / f"timmy_access_{what}"
        inside.mkdir(exist_ok=True)
        for suffix in ("csv", "png"):
            (inside / f"linked.{suffix}").symlink_to(folder / "secrets.yaml")
