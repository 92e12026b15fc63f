"""Who waits is approved by the panel as who was shown, as a new terminal or in the place of another."""

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import User, VirtualTerminal

from ..conftest import FACE, MakeTerminal
from .told import Told, asked, told

NEW = "AYTG00000077"


async def waiting(client: MockHAClientWebSocket, terminal: VirtualTerminal) -> Told:
    """Have somebody wait whom nobody knows, and return how they are shown."""
    await asked(client, "overview")
    await terminal.start()
    await terminal.wait_refused()
    news = await told(client, lambda news: bool(news["pending"]))
    (shown,) = news["pending"]
    return dict(shown)


async def test_who_waits_is_shown_with_all_that_is_pinned(
    hub: Hub, make_terminal: MakeTerminal, hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    shown = await waiting(await hass_ws_client(hass), make_terminal("ai_face", NEW))
    assert (shown["serial"], shown["address"], shown["people"], shown["doors"]) == (NEW, "127.0.0.1", 1, 1)
    assert shown["mac"]
    assert shown["mark"]


async def test_who_was_shown_is_approved_with_a_name_and_doors(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    feed, client, terminal = await hass_ws_client(hass), await hass_ws_client(hass), make_terminal("ai_face", NEW)
    shown = await waiting(feed, terminal)
    answer = await asked(client, "approve_terminal", mark=shown["mark"], name="  Back door ", doors=1)
    assert answer["result"] == {"serial": NEW}
    news = await told(feed, lambda news: bool((news["terminals"].get(NEW) or {}).get("online")))
    assert news["terminals"][NEW]["name"] == "Back door"
    subentry = next(it for it in entry.subentries.values() if it.unique_id == NEW)
    assert subentry.data["mac"] == hub.terminals[NEW].identity.pinned.mac
    again = await asked(client, "approve_terminal", mark=shown["mark"], name="Once more", doors=1)
    assert again["error"]["translation_key"] == "approval_waits_no_more"


async def test_doors_get_the_names_that_nothing_else_has(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    feed, client = await hass_ws_client(hass), await hass_ws_client(hass)
    mark = (await waiting(feed, make_terminal("controller4", NEW)))["mark"]
    before = dict(entry.subentries)
    for names in (["Yard", " yard"], ["Front door"], ["", "", "DEPOT"]):
        answer = await asked(client, "approve_terminal", mark=mark, name="Depot", doors=4, door_names=names)
        assert answer["error"]["translation_key"] == "approval_name_in_use", names
        assert dict(entry.subentries) == before
    answer = await asked(client, "approve_terminal", mark=mark, name="Depot", doors=4, door_names=["Yard", "", "Ramp"])
    assert answer["result"] == {"serial": NEW}
    news = await told(feed, lambda news: bool((news["terminals"].get(NEW) or {}).get("online")))
    assert [door["name"] for door in news["terminals"][NEW]["doors"]] == ["Yard", "Door 2", "Ramp", "Door 4"]


async def test_who_says_something_else_by_now_is_not_let_in(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    feed, client, terminal = await hass_ws_client(hass), await hass_ws_client(hass), make_terminal("ai_face", NEW)
    shown = await waiting(feed, terminal)
    await terminal.stop()
    hub.pending.async_drop(NEW)
    other = make_terminal("tfs30", NEW)
    await other.start()
    await other.wait_refused()
    before = dict(entry.subentries)
    for command, data in (
        ("approve_terminal", {"name": "Back door"}),
        ("replace_terminal", {"serial": FACE}),
    ):
        answer = await asked(client, command, mark=shown["mark"], doors=1, **data)
        assert answer["error"]["translation_key"] == "approval_waits_no_more"
    assert dict(entry.subentries) == before


async def test_bad_input_approves_nobody(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    feed, client = await hass_ws_client(hass), await hass_ws_client(hass)
    mark = (await waiting(feed, make_terminal("ai_face", NEW)))["mark"]
    before = dict(entry.subentries)
    for field, data in (
        ("name", {"name": " ", "doors": 1}),
        ("doors", {"name": "Back door", "doors": 9}),
        ("doors", {"name": "Back door", "doors": 0}),
        ("door_names.1", {"name": "Back door", "doors": 2, "door_names": ["Yard", "x" * 65]}),
    ):
        answer = await asked(client, "approve_terminal", mark=mark, **data)
        assert answer["error"]["translation_placeholders"]["field"] == field
    assert dict(entry.subentries) == before


async def test_who_was_shown_takes_the_place_of_a_terminal(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    feed, client, terminal = await hass_ws_client(hass), await hass_ws_client(hass), make_terminal("ai_face", NEW)
    shown = await waiting(feed, terminal)
    device = hub.terminals[FACE].device_id
    answer = await asked(client, "replace_terminal", mark=shown["mark"], serial=FACE, doors=1)
    assert answer["result"] == {"done": True}
    now: Hub = entry.runtime_data
    assert FACE not in now.terminals
    assert (now.terminals[NEW].name, now.terminals[NEW].device_id) == ("Front door", device)
    answer = await asked(client, "replace_terminal", mark=shown["mark"], serial=FACE, doors=1)
    assert answer["error"]["translation_key"] == "approval_waits_no_more"


async def test_the_place_of_a_terminal_with_a_network_is_taken_from_there_alone(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
) -> None:
    feed, client = await hass_ws_client(hass), await hass_ws_client(hass)
    subentry = next(it for it in entry.subentries.values() if it.unique_id == FACE)
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "network": "192.0.2.0/24"})
    await hass.async_block_till_done()
    mark = (await waiting(feed, make_terminal("ai_face", NEW)))["mark"]
    answer = await asked(client, "replace_terminal", mark=mark, serial=FACE, doors=1)
    assert answer["error"]["translation_key"] == "approval_network_of_the_old"
    assert answer["error"]["translation_placeholders"] == {"network": "192.0.2.0/24", "address": "127.0.0.1"}
    assert FACE in hub.terminals


async def test_a_terminal_tells_what_it_is_as_a_machine(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    terminals = (await told(client))["terminals"]
    machine = terminals[FACE]["machine"]
    info = hub.terminals[FACE].coordinator.data.info
    assert machine["firmware"] == info.firmware
    assert (machine["clock_ahead"], machine["unsent"]) == (0, 0)
    assert ["users", info.users_used, info.users_capacity] in machine["used"]
    # Of one that has never dialled in nothing is known, and nothing is made up.
    (never,) = {str(it["machine"]) for serial, it in terminals.items() if serial != FACE}
    assert never == str({"firmware": None, "clock_ahead": None, "unsent": None, "used": []})


async def test_a_terminal_shows_how_many_people_there_are_now_and_counts_nothing_that_it_counted_before(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    used = (await told(client))["terminals"][FACE]["machine"]["used"]
    before = {what: has for what, has, _ in used}
    assert {"users", "faces", "logs"} <= before.keys()
    face.enrol_user(User(enrollid=77, name="Grace", credentials={11: 4711}))

    def _now(news: Told) -> dict[str, int]:
        machine = (news["terminals"].get(FACE) or {}).get("machine") or {"used": ()}
        return {what: has for what, has, _ in machine["used"]}

    await told(client, lambda news: _now(news) == {"users": before["users"] + 1, "logs": before["logs"]})
