"""The dashboard of the documentation is made of what the demo's house has."""

import re

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.util.yaml import load_yaml_dict
from scripts.docs import DOCS
from simulator import VirtualTerminal

from .conftest import CONTROLLER, FACE, FINGER, LOOPBACK, subentry_data
from .test_docs import PARTS, types_in
from .until import state_of

DASHBOARD = DOCS / "examples" / "dashboard.yaml"


@pytest.fixture
def entry(hass: HomeAssistant, port: int) -> MockConfigEntry:
    """The terminals of the demo, in the areas they have there."""
    areas = {name: ar.async_get(hass).async_create(name).id for name in ("Entrance", "Office")}
    made = MockConfigEntry(
        domain=DOMAIN,
        title="Timmy Access",
        minor_version=2,
        data={"port": port, "host": LOOPBACK},
        subentries_data=[
            subentry_data(FACE, "Front door", area_id=areas["Entrance"]),
            subentry_data(FINGER, "Office", area_id=areas["Office"]),
            subentry_data(CONTROLLER, "Warehouse", doors=4),
        ],
    )
    made.add_to_hass(hass)
    return made


async def test_the_dashboard_loads_and_all_its_entities_are_there(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    face: VirtualTerminal,
    finger: VirtualTerminal,
    controller: VirtualTerminal,
) -> None:
    client = await hass_ws_client(hass)
    board = {"url_path": "page-doors", "config": load_yaml_dict(DASHBOARD)}
    for message in (
        {"type": "lovelace/dashboards/create", "url_path": "page-doors", "title": "Doors"},
        {"type": "lovelace/config/save", **board},
        {"type": "lovelace/config", "url_path": "page-doors"},
    ):
        await client.send_json_auto_id(message)
        answer = await client.receive_json()
        assert answer["success"], answer
    assert answer["result"] == load_yaml_dict(DASHBOARD)
    assert set(types_in(answer["result"])) <= PARTS
    named = re.findall(r"^[\s-]*(?:entity: |entity_id: |- )(\w+\.\w+)$", DASHBOARD.read_text(), re.MULTILINE)
    assert len(named) >= 20
    for entity_id in named:
        assert state_of(hass, entity_id).state != "unavailable"
