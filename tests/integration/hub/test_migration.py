"""What becomes of listeners of older versions, and what their owners are told."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.config_flow import TimmyAccessConfigFlow
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.protocol.networks import PRIVATE
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from ..conftest import LOOPBACK, Fix, subentry_data
from ..flows.test_config_flow import start, submit
from ..until import issues_of

STRANGER = "203.0.113.7"


def aged(hass: HomeAssistant, port: int, *terminals: dict[str, Any], **options: Any) -> MockConfigEntry:
    """Return a listener as an older version has left it."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        minor_version=1,
        data={"port": port, "host": LOOPBACK},
        options=options,
        subentries_data=[subentry_data(f"ZX{number:08}", **data) for number, data in enumerate(terminals)],
    )
    entry.add_to_hass(hass)
    return entry


async def test_owners_of_an_older_version_are_told_once(hass: HomeAssistant, port: int, fix: Fix) -> None:
    entry = aged(
        hass,
        port,
        {"title": "Office", "network": "192.168.1.0/24"},
        {"title": "Gate", "network": ""},
        {"title": "Depot"},
        {"title": "Anywhere", "network": "0.0.0.0/0"},
        keep_days=90,
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.minor_version == TimmyAccessConfigFlow.MINOR_VERSION
    assert entry.options == {"keep_days": 90}
    assert entry.runtime_data.listener.border.networks == PRIVATE
    issue_id = f"networks_limited_{entry.entry_id}"
    issue = issues_of(hass)[issue_id]
    assert issue.is_persistent
    assert issues_of(hass)[issue_id].translation_placeholders == {
        "networks": ", ".join(PRIVATE.shown()),
        "port": str(port),
    }
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert list(issues_of(hass)) == [issue_id]
    form = await fix(issue_id)
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"]["port"] == str(port)
    result = await fix(issue_id, {})
    assert result["type"] == "create_entry"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issues_of(hass) == {}
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_terminals_that_are_known_to_be_elsewhere_go_on_working(hass: HomeAssistant, port: int) -> None:
    entry = aged(
        hass,
        port,
        {"title": "Office", "network": "192.168.1.7"},
        {"title": "Depot", "network": "203.0.113.0/24"},
        {"title": "Shop", "network": "2001:db8::7"},
        {"title": "Depot", "network": "203.0.113.0/24"},
        {"title": "Mill", "network": "::ffff:198.51.100.0/120"},
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    allowed = [*PRIVATE.shown(), "203.0.113.0/24", "2001:db8::7", "198.51.100.0/24"]
    assert entry.options == {"networks": allowed}
    networks = entry.runtime_data.listener.border.networks
    for address in ("192.168.1.7", "203.0.113.7", "2001:db8::7", "198.51.100.1"):
        assert networks.admits(address)
    assert not networks.admits("203.0.114.1")
    issue_id = f"networks_kept_{entry.entry_id}"
    assert list(issues_of(hass)) == [issue_id]
    assert issues_of(hass)[issue_id].translation_placeholders == {
        "networks": ", ".join(allowed),
        "port": str(port),
        "terminals": "Depot (203.0.113.0/24), Shop (2001:db8::7), Depot (203.0.113.0/24), Mill (198.51.100.0/24)",
    }
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert issues_of(hass) == {}


async def test_a_new_listener_has_nothing_to_be_told(hass: HomeAssistant, port: int) -> None:
    result = await submit(hass, await start(hass), port=port, host=LOOPBACK)
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.minor_version == TimmyAccessConfigFlow.MINOR_VERSION
    assert entry.runtime_data.listener.border.networks == PRIVATE
    assert issues_of(hass) == {}
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_listener_of_a_newer_version_stays_as_it_is(hass: HomeAssistant, port: int) -> None:
    entry = aged(hass, port, {"title": "Depot", "network": STRANGER})
    hass.config_entries.async_update_entry(entry, minor_version=TimmyAccessConfigFlow.MINOR_VERSION + 1)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert (entry.options, issues_of(hass)) == ({}, {})
    assert await hass.config_entries.async_unload(entry.entry_id)
