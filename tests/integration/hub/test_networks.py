"""From where terminals may dial in: the options, and what is told of who is turned away."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access.const import ALL_ADDRESSES, DOMAIN
from custom_components.timmy_access.hub import outsiders
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.outsiders import CHANGE_SECONDS, FORGET_SECONDS
from custom_components.timmy_access.protocol.networks import PRIVATE, Networks
from custom_components.timmy_access.protocol.peer import Peer
from homeassistant.components.system_health import DOMAIN as SYSTEM_HEALTH
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE, FINGER, LOOPBACK, MakeTerminal, connected, settings_form
from ..flows.test_config_flow import options
from ..until import issues_of, listen, until_issue, until_state

ONLINE = "binary_sensor.office_connectivity"
OTHER_ADDRESS = "127.0.0.2"
STRANGER = "203.0.113.7"
BASE = {"live_window": 120, "keep_days": 730}


@pytest.fixture
async def elsewhere(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    """A terminal that dials in from another address than the others."""
    return await connected(hass, make_terminal("tfs30", FINGER, source_address=OTHER_ADDRESS))


@pytest.fixture
def from_internet(entry: MockConfigEntry) -> str:
    return f"reached_from_internet_{entry.entry_id}"


@pytest.fixture
def from_elsewhere(entry: MockConfigEntry) -> str:
    return f"reached_from_elsewhere_{entry.entry_id}"


async def choose(hass: HomeAssistant, entry: MockConfigEntry, *networks: str) -> Any:
    return await options(hass, entry, **BASE, networks=list(networks))


def shown(hass: HomeAssistant, issue_id: str) -> dict[str, str]:
    placeholders = issues_of(hass)[issue_id].translation_placeholders
    assert placeholders is not None
    return placeholders


# The options


async def test_at_first_all_networks_that_are_not_of_the_internet_are_allowed_and_shown(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    assert hub.listener.border.networks == PRIVATE
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["data_schema"] is not None
    field = next(key for key in form["data_schema"].schema if key == "networks")
    assert field.default() == PRIVATE.shown()
    everybody = {"0.0.0.0/0", "::/0"}
    assert not everybody & set(form["data_schema"].schema["networks"].config["options"])


async def test_other_networks_hold_at_once_and_whoever_may_stay_stays(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    elsewhere: VirtualTerminal,
    from_elsewhere: str,
) -> None:
    session = hub.terminals[FACE].session
    result = await choose(hass, entry, f" {LOOPBACK} ", "192.168.7.0/24", LOOPBACK)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {**BASE, "networks": [LOOPBACK, "192.168.7.0/24"]}
    await until_state(hass, ONLINE, "off")
    await until_issue(hass, from_elsewhere)
    assert shown(hass, from_elsewhere) == {"address": OTHER_ADDRESS, "port": str(hub.listener.port)}
    assert entry.runtime_data is hub  # no reload
    assert hub.terminals[FACE].session is session
    assert hub.terminals[FINGER].session is None
    assert hub.listener.border.turned_away >= 1
    # Nothing chosen is what holds at first, and neither nobody nor everybody.
    result = await choose(hass, entry)
    assert result["data"] == BASE
    await elsewhere.wait_registered()
    assert hub.listener.border.networks == PRIVATE
    assert issues_of(hass) == {}
    assert hub.terminals[FACE].session is session


async def test_what_holds_anyway_is_not_kept(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    await choose(hass, entry, *reversed(PRIVATE.shown()), "10.0.0.0/8")
    assert entry.options == BASE
    await choose(hass, entry, *PRIVATE.shown(), STRANGER)
    assert entry.options == {**BASE, "networks": [*PRIVATE.shown(), STRANGER]}
    assert hub.listener.border.networks == Networks.of([*PRIVATE.shown(), STRANGER])


async def test_everybody_may_be_allowed_by_who_says_so(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    await choose(hass, entry, "0.0.0.0/0", "::/0")
    assert entry.options == {**BASE, "networks": ["0.0.0.0/0", "::/0"]}
    assert all(hub.listener.border.networks.admits(address) for address in (STRANGER, "2001:db8::1", LOOPBACK))


@pytest.mark.parametrize(
    ("networks", "named"),
    [
        (["here"], "here"),
        (["10.0.0.0/0"], "10.0.0.0/0"),
        (["192.168.1.7/24", "127.0.0.1"], "192.168.1.7/24"),
        ([ALL_ADDRESSES, " "], ALL_ADDRESSES),
        (["::"], "::"),
        (["127.0.0.1", "10.0.0.0/33", "x\ny"], "10.0.0.0/33, x�y"),
        (["9" * 100], f"{'9' * 63}…"),
    ],
)
async def test_what_is_no_network_is_named_and_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, networks: list[str], named: str
) -> None:
    form = await choose(hass, entry, *networks)
    assert form["errors"] == {"networks": "invalid_networks"}
    assert form["description_placeholders"] == {"networks": named}
    assert entry.options == {}
    assert hub.listener.border.networks == PRIVATE
    result = await hass.config_entries.options.async_configure(form["flow_id"], {**BASE, "networks": ["127.0.0.0/8"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_who_may_not_stay_is_cut_off_before_the_listener_starts_anew(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, elsewhere: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloads: list[str] = []
    monkeypatch.setattr(hass.config_entries, "async_schedule_reload", reloads.append)
    hass.config_entries.async_update_entry(entry, options={"db_url": "sqlite://", "networks": [LOOPBACK]})
    await hass.async_block_till_done()
    assert reloads == [entry.entry_id]
    assert not hub.listener.border.networks.admits(OTHER_ADDRESS)
    await until_state(hass, ONLINE, "off")


async def test_a_terminal_is_not_limited_to_where_the_listener_takes_in_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    subentry_id = hub.terminals[FINGER].subentry_id

    async def change(network: str, name: str = "Office") -> Any:
        form = await settings_form(hass, entry, subentry_id)
        return await hass.config_entries.subentries.async_configure(
            form["flow_id"], {"name": name, "doors": 1, "network": network}
        )

    assert (await change(STRANGER))["errors"] == {"network": "network_not_allowed"}
    assert "network" not in entry.subentries[subentry_id].data
    await choose(hass, entry, *PRIVATE.shown(), "203.0.113.0/24")
    assert (await change(STRANGER))["reason"] == "reconfigure_successful"
    await choose(hass, entry)
    # It is there already, and the name may be changed all the same.
    assert (await change(STRANGER, "Bureau"))["reason"] == "reconfigure_successful"
    assert entry.subentries[subentry_id].title == "Bureau"
    assert (await change("192.0.0.0/8"))["reason"] == "reconfigure_successful"  # some of it may come in


# Who is turned away


async def test_a_flood_from_the_internet_is_one_issue(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, from_internet: str, caplog: pytest.LogCaptureFixture
) -> None:
    updates = listen(hass, str(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED))
    for number in range(5000):
        hub.gate.turned_away(Peer(f"2001:db8::{number:x}" if number else STRANGER, 4), 7788)
    await hass.async_block_till_done()
    assert list(issues_of(hass)) == [from_internet]
    assert shown(hass, from_internet) == {"address": STRANGER, "port": "7788"}
    assert len(updates) == 1
    assert len([record for record in caplog.records if "was turned away" in record.getMessage()]) == 1


async def test_the_latest_address_is_named_once_a_day(hass: HomeAssistant, hub: Hub, from_internet: str) -> None:
    now = float(round(hass.loop.time()))  # to parts of a second a day cannot be added exactly
    with patch.object(hass.loop, "time", lambda: now):
        hub.gate.turned_away(Peer(STRANGER, 4), 7788)
        now += CHANGE_SECONDS - 1
        hub.gate.turned_away(Peer("203.0.113.8", 4), 7788)
        assert shown(hass, from_internet)["address"] == STRANGER
        now += 1
        hub.gate.turned_away(Peer("203.0.113.9", 4), 7789)
        assert shown(hass, from_internet) == {"address": "203.0.113.9", "port": "7789"}
        hub.gate.turned_away(Peer("203.0.113.10", 4), 7788)
        assert shown(hass, from_internet)["address"] == "203.0.113.9"


async def test_it_is_forgotten_a_week_after_the_last_one(hass: HomeAssistant, hub: Hub, from_internet: str) -> None:
    hub.gate.turned_away(Peer(STRANGER, 4), 7788)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=FORGET_SECONDS + 1))
    assert from_internet in issues_of(hass)  # by the clock that counts it was just now
    with patch.object(outsiders, "FORGET_SECONDS", 0.0):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2 * FORGET_SECONDS + 2))
    assert from_internet not in issues_of(hass)
    hub.gate.turned_away(Peer("203.0.113.8", 4), 7788)
    assert shown(hass, from_internet)["address"] == "203.0.113.8"


async def test_it_goes_when_the_address_is_allowed_and_not_before(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, from_internet: str
) -> None:
    hub.gate.turned_away(Peer(STRANGER, 4), 7788)
    await choose(hass, entry, "127.0.0.0/8", "203.0.113.8")
    await hass.async_block_till_done()
    assert from_internet in issues_of(hass)
    await choose(hass, entry, "127.0.0.0/8", "203.0.113.0/24")
    await hass.async_block_till_done()
    assert issues_of(hass) == {}


async def test_it_ends_with_the_listener_and_waits_for_the_next_start(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, from_internet: str
) -> None:
    hub.gate.turned_away(Peer(STRANGER, 4), 7788)
    ir.async_ignore_issue(hass, DOMAIN, from_internet, ignore=True)
    hass.set_state(CoreState.stopping)
    await hub.async_stop()
    assert issues_of(hass)[from_internet].dismissed_version is not None
    hass.set_state(CoreState.running)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issues_of(hass) == {}


async def test_who_was_turned_away_is_counted_where_help_is_sought(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    elsewhere: VirtualTerminal,
    from_elsewhere: str,
    hass_client: ClientSessionGenerator,
) -> None:
    await choose(hass, entry, LOOPBACK, "fd00::/8", STRANGER, "::/0")
    await until_issue(hass, from_elsewhere)
    await elsewhere.stop()
    count = hub.listener.border.turned_away
    listener = (await get_diagnostics_for_config_entry(hass, hass_client, entry))["listener"]
    assert listener["connections_from_outside"] == count >= 1
    assert listener["networks"] == [LOOPBACK, "fd00::/8", "**REDACTED**", "::/0"]
    assert await async_setup_component(hass, SYSTEM_HEALTH, {})
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["peers_outside"], info["peers_refused"]) == (count, 0)
    await info["records"]
