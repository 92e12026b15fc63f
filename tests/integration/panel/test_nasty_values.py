"""Whatever a browser of an administrator sends is answered, or refused by the key of a text; nothing breaks."""

import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.panel.api import COMMANDS
from custom_components.timmy_access.panel.request import type_of
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import FACE
from ..nasty import JSON, places, put, some, unreadable
from ..until import TEXTS
from .told import Told

MARK = "0" * 16
# What a command takes, so that each field is looked at with the others in order.
WELL: dict[str, dict[str, Any]] = {
    "absences": {"serial": FACE},
    "approve_terminal": {
        "mark": MARK,
        "name": "Back door",
        "doors": 2,
        "door_names": ["Yard"],
        "keep_in_step": True,
    },
    "dashboard": {"present": {"views": [{"sections": [{"cards": []}], "path": "doors"}], DOMAIN: {"x": {"y": "z"}}}},
    "enrol": {"serial": FACE, "person_id": "x", "credential": "card", "index": 0},
    "enrol_cancel": {"serial": FACE},
    "enrol_photo": {"serial": FACE, "person_id": "x", "photo": "eA=="},
    "hours": {"month": "2026-11"},
    "hours_sheet": {"month": "2026-11", "enroll_id": 1, "person": "Ada"},
    "import_people": {"content": "bmFtZQpab2U=", "confirm": False},
    "log": {"day": "2026-11-01", "enroll_id": 1, "kind": "punch", "method": "card", "serial": FACE, "limit": 5},
    "log_people": {"text": "a"},
    "log_photo": {"photo": "0/1"},
    "log_tail": {"day": "2026-11-01", "enroll_id": 1, "kind": "punch", "method": "card", "serial": FACE},
    "passes": {"include_ended": True},
    "people": {"person_id": "x"},
    "perform": {"action": "create_pass", "with": {"device_id": "x", "name": "Guest"}},
    "replace_terminal": {"mark": MARK, "serial": FACE, "doors": 1},
}
# Home Assistant's own answer to a message that is none.
NO_MESSAGE = "invalid_format"


async def answer_of(client: MockHAClientWebSocket, message: dict[str, Any]) -> Told:
    """Return the answer to a message; a feed that begins is ended."""
    await client.send_json_auto_id(message)
    while (answer := await client.receive_json())["type"] != "result":
        pass
    if answer["success"] and answer["result"] is None:
        await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": answer["id"]})
        while (await client.receive_json())["type"] != "result":
            pass
    told: Told = answer
    return told


def fault(answer: Told) -> str | None:
    """Return what is wrong with an answer."""
    if answer["success"]:
        return None
    error = answer["error"]
    if error["code"] == NO_MESSAGE:
        return None
    if error.get("translation_key") in (None, "panel_unexpected"):
        return str(error)[:300]
    if error["translation_domain"] != DOMAIN:  # Home Assistant's own repeat what they have not found
        return None
    if error["translation_key"] not in TEXTS["exceptions"]:
        return f"no text: {error}"
    return unreadable(error["message"])


async def test_every_field_of_every_command(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    is_long: bool,
) -> None:
    client = await hass_ws_client(hass)
    wrong: list[str] = []
    household, subentries = hub.house.household, dict(hub._entry.subentries)
    openings = face.doors[1].openings
    number = 0
    for command in COMMANDS:
        well = WELL.get(command.name, {})
        fields = dict.fromkeys((str(key),) for key in command.fields)
        assert {path[0] for path in fields} <= {*well, "after"}
        message = {"type": type_of(command.name), "data": well, "config_entry_id": hub.entry_id}
        inside = [("data", *path) for path in {**fields, **dict.fromkeys(places(well))}]
        for path in [("data",), ("config_entry_id",), *inside]:
            number += 1
            for label, value in some(JSON, number, is_long=is_long):
                if path[-1] == "confirm" and value is True:  # it is meant
                    continue
                caplog.clear()
                why = fault(await answer_of(client, put(message, path, value)))
                where = f"{command.name}.{'.'.join(map(str, path))} = {label}"
                if why is not None:
                    wrong.append(f"{where}: {why}")
                errors = [it for it in caplog.records if it.name.startswith("custom_components") or it.exc_info]
                errors = [it for it in errors if it.levelno >= logging.WARNING]
                wrong += [f"{where}: logged {it.getMessage()}"[:300] for it in errors]
    assert (hub.house.household, dict(hub._entry.subentries)) == (household, subentries)
    assert face.doors[1].openings == openings
    assert wrong == []
