"""A terminal that comes to the wrong one of two listeners: people are told which one has it."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from scripts.home import free_port
from simulator import Timing, VirtualTerminal

from ..conftest import FACE, LOOPBACK

ISSUE = f"terminal_elsewhere_{FACE}"


@pytest.fixture
async def second(hass: HomeAssistant, hub: Hub) -> MockConfigEntry:
    """Another listener, which has no terminal yet."""
    made = MockConfigEntry(
        domain=DOMAIN, title="Annexe", minor_version=2, data={"port": free_port(), "host": LOOPBACK}, subentries_data=[]
    )
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    return made


async def dial(second: MockConfigEntry) -> VirtualTerminal:
    """Dial in to the second listener, and wait for what it says."""
    url = f"ws://{LOOPBACK}:{second.data['port']}/pub/chat"
    terminal = VirtualTerminal(profile="ai_face", serial=FACE, url=url, timing=Timing.fast())
    await terminal.start()
    await terminal.wait_received("reg", timeout=10)
    return terminal


async def test_a_terminal_of_another_listener_is_told_of_in_words(
    hass: HomeAssistant, entry: MockConfigEntry, second: MockConfigEntry
) -> None:
    terminal = await dial(second)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)
    assert issue
    assert issue.translation_placeholders == {
        "address": LOOPBACK,
        "here": "Annexe",
        "name": "Front door",
        "port": str(entry.data["port"]),
        "serial": FACE,
        "there": "Timmy Access",
    }
    assert hass.config_entries.flow.async_progress() == []
    await terminal.stop()
    assert await hass.config_entries.async_unload(second.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None


async def test_who_claims_to_be_a_terminal_that_is_connected_elsewhere_is_not_told_of(
    hass: HomeAssistant, second: MockConfigEntry, face: VirtualTerminal
) -> None:
    stranger = await dial(second)
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None
    assert hass.config_entries.flow.async_progress() == []
    await stranger.stop()
    assert await hass.config_entries.async_unload(second.entry_id)


async def test_a_terminal_that_is_removed_there_gets_a_card_here(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, second: MockConfigEntry
) -> None:
    assert hass.config_entries.async_remove_subentry(entry, hub.terminals[FACE].subentry_id)
    await hass.async_block_till_done()
    terminal = await dial(second)
    await hass.async_block_till_done()
    (card,) = hass.config_entries.flow.async_progress()
    assert card["context"]["unique_id"] == FACE
    await terminal.stop()
    assert await hass.config_entries.async_unload(second.entry_id)
