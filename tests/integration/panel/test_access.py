"""Who gets an answer, and what stands in it where something is wrong; and when the panel is in the sidebar."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN, PANEL_URL_PATH
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.panel import sidebar
from custom_components.timmy_access.panel.api import COMMANDS
from custom_components.timmy_access.panel.feed import AWAY, MAX_FEEDS
from custom_components.timmy_access.panel.request import type_of
from homeassistant.components.frontend import async_panel_exists
from homeassistant.core import HomeAssistant

from ..until import issues_of
from .told import Told, asked, performed, told

CARD = "77123456"
NAMES = sorted({command.name for command in COMMANDS} | {"version"})


async def version_of(client: MockHAClientWebSocket) -> Told:
    """Ask which bundle is served; it is asked without knowing a listener."""
    await client.send_json_auto_id({"type": type_of("version")})
    answer: Told = await client.receive_json()
    return answer


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the panel, as scripts/panel makes it."""
    monkeypatch.setattr(sidebar, "BUNDLE", tmp_path)
    file = tmp_path / sidebar.FILE
    file.write_text("customElements.define('timmy-access-panel', class extends HTMLElement {});")
    return file


@pytest.mark.parametrize("name", NAMES)
async def test_who_is_no_administrator_gets_nothing(
    hass: HomeAssistant,
    hub: Hub,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    name: str,
) -> None:
    household = hub.house.household
    client = await hass_ws_client(hass, hass_read_only_access_token)
    answer = await (version_of(client) if name == "version" else asked(client, name))
    assert not answer["success"]
    assert answer["error"]["code"] == "unauthorized"
    assert "result" not in answer
    assert hub.house.household == household


async def test_all_commands_are_registered_once(hass: HomeAssistant, hub: Hub) -> None:
    registered = [name for name in hass.data["websocket_api"] if name.startswith(f"{DOMAIN}/panel/")]
    assert sorted(registered) == [f"{DOMAIN}/panel/{name}" for name in NAMES]
    assert len(NAMES) == len(COMMANDS) + 1


async def test_a_page_that_follows_without_end_is_told_so(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    client, other = await hass_ws_client(hass), await hass_ws_client(hass)
    answers = [await asked(client, "overview") for _ in range(MAX_FEEDS + 3)]
    assert [answer["success"] for answer in answers] == [True] * MAX_FEEDS + [False] * 3
    assert answers[-1]["error"]["translation_key"] == "panel_too_many_feeds"
    assert (await asked(other, "overview"))["success"]
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": answers[0]["id"]})
    while (await client.receive_json())["type"] != "result":
        pass
    assert (await asked(client, "overview"))["success"]


async def test_a_feed_ends_with_its_listener_and_says_so(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await asked(client, "overview")
    await told(client)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await told(client, lambda news: "away" in news) == AWAY
    answer = await asked(client, "overview")
    assert not answer["success"]
    assert answer["error"]["translation_key"]
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (await asked(client, "overview"))["success"]
    assert (await told(client))["terminals"]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_what_is_wrong_is_told_by_its_field_and_without_what_was_typed(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    client = await hass_ws_client(hass)
    for answer, field, key in (
        (await asked(client, "overview", card=CARD), "card", "panel_field_invalid"),
        (await performed(client, "get_people", card=CARD), "card", "field_unknown"),
        (await performed(client, "add_person", name="Zoe", validity=CARD), "validity", "field_unknown"),
        (await performed(client, CARD), "action", "panel_field_invalid"),
    ):
        assert not answer["success"]
        assert answer["error"]["translation_domain"] == DOMAIN
        assert answer["error"]["translation_key"] == key
        assert answer["error"]["translation_placeholders"]["field"] == field
        assert CARD not in str(answer)
    # Home Assistant itself writes all that comes over the socket where somebody has it write everything.
    assert CARD not in "\n".join(
        record.getMessage() for record in caplog.records if "websocket_api.http.connection" not in record.name
    )


async def test_the_panel_is_in_the_sidebar_until_the_last_listener_is_removed(
    hass: HomeAssistant, bundle: Path, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    other = MockConfigEntry(domain=DOMAIN, title="Annex", minor_version=2, data=dict(entry.data))
    assert await hass.config_entries.async_setup(entry.entry_id)
    other.add_to_hass(hass)
    assert async_panel_exists(hass, PANEL_URL_PATH)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "get_panels"})
    panel = (await client.receive_json())["result"][PANEL_URL_PATH]
    assert panel["require_admin"]
    version = (await version_of(client))["result"]
    assert version["version"] in panel["config"]["_panel_custom"]["module_url"]
    assert [it["state"] for it in version["listeners"]] == ["loaded", "not_loaded"]
    approved = sorted(it.data["serial"] for it in entry.subentries.values())
    assert [sorted(it["terminals"]) for it in version["listeners"]] == [approved, []]
    assert approved
    assert sidebar.ISSUE_MISSING not in issues_of(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert async_panel_exists(hass, PANEL_URL_PATH)
    await hass.config_entries.async_remove(other.entry_id)
    assert not async_panel_exists(hass, PANEL_URL_PATH)


async def test_without_its_file_the_panel_is_not_shown_and_an_issue_says_so(
    hass: HomeAssistant, bundle: Path, entry: MockConfigEntry
) -> None:
    await hass.async_add_executor_job(bundle.unlink)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert not async_panel_exists(hass, PANEL_URL_PATH)
    assert sidebar.ISSUE_MISSING in issues_of(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert sidebar.ISSUE_MISSING not in issues_of(hass)
