"""What is shown to help: enough to find a fault, and nothing about people."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access import const
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger.errors import Cause, LedgerUnavailable
from custom_components.timmy_access.protocol.trace import MAX_FRAMES
from homeassistant.components.system_health import DOMAIN as SYSTEM_HEALTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER

TEXTS = json.loads((Path(const.__file__).parent / "translations" / "en.json").read_text())


async def shown_entry(hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry) -> dict[str, Any]:
    shown = await get_diagnostics_for_config_entry(hass, client, entry)
    assert isinstance(shown, dict)
    return shown


async def test_a_listener_shows_its_terminals_and_what_they_said(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, hass_client: ClientSessionGenerator
) -> None:
    face.punch(1)
    await face.wait_sent()
    await face.send_raw("no JSON")
    received = len(face.received)
    await face.send({"cmd": "sendgps", "sn": FACE, "place": "here"})
    await face.wait_received("sendgps", after=received)
    shown = await shown_entry(hass, hass_client, entry)
    assert shown["data"]["port"] == shown["listener"]["port"] == hub.listener.port
    assert shown["ledger"]["available"] is True
    assert shown["ledger"]["records"] == shown["ledger"]["counters"]["kept"] == 1
    assert [terminal["serial"] for terminal in shown["terminals"]] == ["**0001", "**0002", "**0004"]
    first = shown["terminals"][0]
    assert first["state"]["online"] is True
    assert first["state"]["info"]["users_used"] == 1
    assert first["state"]["settings"]["volume"] is not None
    assert first["state"]["latest_punch"]["enroll_id"] == 1
    assert first["counters"]["malformed"] == 1
    assert first["counters"]["unknown"] == {"sendgps": 1}
    frames = [frame["frame"] for frame in first["frames"]]
    assert frames[0]["cmd"] == "reg"
    assert frames[1]["ret"] == "reg"
    assert {"cmd": "sendgps", "sn": "**0001", "place": "**REDACTED**"} in frames
    assert "broken: not JSON" in frames
    assert {frame["direction"] for frame in first["frames"]} == {"received", "sent"}
    assert all(text not in str(shown) for text in (FACE, ADA, "here"))
    assert shown["terminals"][1]["state"]["online"] is False
    assert shown["terminals"][1]["seconds_since_last_frame"] is None


async def test_a_flood_leaves_the_latest_frames(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hass_client: ClientSessionGenerator
) -> None:
    for number in range(2 * MAX_FRAMES):
        received = len(face.received)
        await face.send({"cmd": "checklive", "sn": FACE, "count": number})
        await face.wait_received("checklive", after=received)
    frames = (await shown_entry(hass, hass_client, entry))["terminals"][0]["frames"]
    assert len(frames) == MAX_FRAMES
    assert frames[-2]["frame"]["count"] == 2 * MAX_FRAMES - 1


async def test_a_door_shows_its_terminal(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    controller: VirtualTerminal,
    hass_client: ClientSessionGenerator,
) -> None:
    registry = dr.async_get(hass)
    door = registry.async_get_child_device_by_identifier((DOMAIN, f"{CONTROLLER}_door3"), entry.entry_id)
    terminal = registry.async_get_device_by_identifier((DOMAIN, FINGER), entry.entry_id)
    assert door is not None
    assert terminal is not None
    shown = [await get_diagnostics_for_device(hass, hass_client, entry, device) for device in (door, terminal)]
    assert [one["serial"] for one in shown] == ["**0004", "**0002"]
    assert shown[0]["state"]["doors"] == {"1": "locked", "2": "locked", "3": "locked", "4": "locked"}


async def test_a_listener_that_does_not_run_shows_its_settings(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, FACE), entry.entry_id)
    assert device is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(entry, options={"db_url": "postgresql://me:secret@nowhere/x", "new": "y"})
    shown = await shown_entry(hass, hass_client, entry)
    assert shown.keys() == {"versions", "data", "options"}
    assert shown["options"]["new"] == "**REDACTED**"
    assert "secret" not in str(shown)
    assert "nowhere" in shown["options"]["db_url"]
    assert await get_diagnostics_for_device(hass, hass_client, entry, device) == {}


async def test_system_health(hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal) -> None:
    assert await async_setup_component(hass, SYSTEM_HEALTH, {})
    face.punch(1)
    await face.wait_sent()
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert await info.pop("records") == 1
    assert info.pop("last_frame").endswith(" s")
    assert info == {
        "addresses": f"127.0.0.1:{hub.listener.port}",
        "terminals": "1/3",
        "peers_outside": 0,
        "peers_refused": 0,
        "ledgers_available": "1/1",
        "records_waiting": 0,
    }


async def test_system_health_without_a_terminal(hass: HomeAssistant, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def _away(*_: object) -> dict[str, int]:
        raise LedgerUnavailable(Cause.SLOW)

    monkeypatch.setattr(hub.ledger, "count", _away)
    assert await async_setup_component(hass, SYSTEM_HEALTH, {})
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["last_frame"], await info["records"], info["terminals"]) == ("-", "?", "0/3")


def test_every_fact_has_a_text() -> None:
    assert TEXTS["system_health"]["info"].keys() == {
        "addresses",
        "last_frame",
        "ledgers_available",
        "peers_outside",
        "peers_refused",
        "records",
        "records_waiting",
        "terminals",
    }
