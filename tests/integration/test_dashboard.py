"""The dashboard that the panel's button writes: what is on it, and what of it is the owner's."""

from copy import deepcopy
import json
import re
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator import VirtualTerminal

from .conftest import CONTROLLER, FACE, FINGER
from .panel.told import asked
from .until import state_of

type Board = dict[str, Any]

# Cards and features of Home Assistant's own that are on it.
PARTS = {"calendar", "grid", "heading", "lock-open-door", "logbook", "sections", "tile"}
ENTITY_ID = re.compile(r"^[a-z_]+\.[a-z0-9_]+$")


async def wrote(client: MockHAClientWebSocket, present: Board | None) -> tuple[Board, int]:
    """Return what the button has Home Assistant save, and how many sections are left to the owner."""
    answer = await asked(client, "dashboard", present=present)
    assert answer["success"], answer
    return answer["result"]["config"], answer["result"]["kept"]


async def saved(client: MockHAClientWebSocket, board: Board) -> Board:
    """Return a dashboard as Home Assistant has it after saving."""
    for message in (
        {"type": "lovelace/dashboards/create", "url_path": "timmy-access-doors", "title": board["title"]},
        {"type": "lovelace/config/save", "url_path": "timmy-access-doors", "config": board},
        {"type": "lovelace/config", "url_path": "timmy-access-doors"},
    ):
        await client.send_json_auto_id(message)
        answer = await client.receive_json()
        assert answer["success"], answer
    result: Board = answer["result"]
    return result


def sections_of(board: Board) -> list[Board]:
    (view,) = board["views"]
    sections: list[Board] = view["sections"]
    return sections


def heading_of(section: Board) -> str:
    heading: str = section["cards"][0]["heading"]
    return heading


def headings(board: Board) -> list[str]:
    return [heading_of(section) for section in sections_of(board)]


def section_of(board: Board, heading: str) -> Board:
    (found,) = (section for section in sections_of(board) if heading_of(section) == heading)
    return found


def texts_in(part: Any) -> list[str]:
    """Return all texts of a dashboard."""
    if isinstance(part, dict):
        return [text for value in part.values() for text in texts_in(value)]
    if isinstance(part, list):
        return [text for value in part for text in texts_in(value)]
    return [part] if isinstance(part, str) else []


def types_of(part: Any) -> set[str]:
    """Return the types of all cards of a dashboard."""
    if isinstance(part, dict):
        its = {part["type"]} if "type" in part else set()
        # What a card is called has a type of its own: the entity's name without that of its device.
        return its.union(*(types_of(value) for key, value in part.items() if key != "name"))
    return set().union(*map(types_of, part)) if isinstance(part, list) else set()


async def test_it_is_saved_and_all_its_entities_are_there(
    hass: HomeAssistant,
    hub: Hub,
    hass_ws_client: WebSocketGenerator,
    face: VirtualTerminal,
    finger: VirtualTerminal,
    controller: VirtualTerminal,
) -> None:
    client = await hass_ws_client(hass)
    board, kept = await wrote(client, None)
    assert kept == 0
    assert await saved(client, board) == board
    assert types_of(board["views"]) <= PARTS
    assert headings(board)[0] == "To look after"
    assert headings(board)[-2:] == ["Who came and went", "Guests expected"]
    named = {text for text in texts_in(board["views"]) if ENTITY_ID.match(text)}
    assert len([it for it in named if it.startswith("lock.")]) == len({FACE, FINGER}) + 4
    for entity_id in named:
        assert state_of(hass, entity_id).state != "unavailable"
    for lock in (it for it in named if it.startswith("lock.")):
        assert json.dumps(board).count(f'"entity": "{lock}"') == 1


async def test_pressed_again_it_changes_nothing(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    assert hub.terminals
    client = await hass_ws_client(hass)
    board, _ = await wrote(client, None)
    assert await wrote(client, board) == (board, 0)


async def test_it_is_brought_up_to_date_where_the_owner_has_changed_nothing(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    """A section that was moved keeps its place; what was changed, added or taken away is the owner's."""
    client = await hass_ws_client(hass)
    board, _ = await wrote(client, None)
    front, guests = hub.terminals[FACE].name, "Guests expected"
    mine = deepcopy(board)
    sections = sections_of(mine)
    sections.insert(0, sections.pop(sections.index(section_of(mine, front))))
    sections.remove(section_of(mine, guests))
    section_of(mine, "Who came and went")["cards"][-1]["hours_to_show"] = 48
    sections.append({"type": "grid", "cards": [{"type": "heading", "heading": "My own"}]})
    mine["views"][0]["max_columns"] = 2

    er.async_get(hass).async_update_entity("lock.front_door", new_entity_id="lock.entrance")
    again, kept = await wrote(client, mine)
    assert kept == 2
    assert headings(again) == headings(mine)
    assert again["views"][0]["max_columns"] == 2
    assert section_of(again, front)["cards"][1]["entity"] == "lock.entrance"
    assert section_of(again, "Who came and went")["cards"][-1]["hours_to_show"] == 48
    assert await wrote(client, again) == (again, 2)


async def test_the_doors_of_a_terminal_that_is_gone_go_too(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    board, _ = await wrote(client, None)
    gone = hub.terminals[CONTROLLER]
    hass.config_entries.async_remove_subentry(entry, gone.subentry_id)
    await hass.async_block_till_done()
    again, kept = await wrote(client, board)
    assert kept == 0
    assert set(headings(board)) - set(headings(again)) == {gone.name}


async def test_another_listener_has_its_own_sections(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    assert hub.terminals
    client = await hass_ws_client(hass)
    others = {"title": "Doors", "views": [], DOMAIN: {"another": {"guests": "0" * 16}}}
    board, kept = await wrote(client, others)
    assert kept == 0
    assert board[DOMAIN]["another"] == {"guests": "0" * 16}


async def test_a_dashboard_of_another_kind_is_left_alone(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    assert hub.terminals
    client = await hass_ws_client(hass)
    for present in ({"strategy": {"type": "map"}}, {"views": "none"}, {"views": ["text"]}, {"views": [], DOMAIN: 1}):
        answer = await asked(client, "dashboard", present=present)
        assert answer["error"]["translation_key"] == "dashboard_not_made_of_views"
