"""Set-up, unload and reload: the port is had, freed and had again."""

import asyncio
import errno
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access import async_remove_config_entry_device
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.store import SAVE_SECONDS, Reconciled
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, LOOPBACK, listener, subentry_data
from ..until import state_of, until_state

ONLINE = "binary_sensor.front_door_connectivity"


async def test_reload_rebinds_the_port_at_once_and_terminals_come_back(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    assert state_of(hass, ONLINE).state == "on"
    received = len(face.received)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await face.wait_received("reg", after=received)
    await until_state(hass, ONLINE, "on")


async def test_unload_frees_the_port(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, port: int
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, port)
    server.close()
    await server.wait_closed()
    assert state_of(hass, ONLINE).state == "unavailable"
    await face.stop()


async def test_a_busy_port_is_tried_again_later(
    hass: HomeAssistant, entry: MockConfigEntry, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, port)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "port_in_use"
    assert [record for record in caplog.records if record.exc_info and record.levelno > logging.DEBUG] == []
    server.close()
    await server.wait_closed()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_what_else_keeps_from_listening_is_tried_again_later(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    with patch(
        "custom_components.timmy_access.protocol.listener.serve",
        side_effect=PermissionError(errno.EACCES, "Permission denied"),
    ):
        await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_listen"
    assert "Permission denied" in caplog.text
    assert [record for record in caplog.records if record.exc_info and record.levelno > logging.DEBUG] == []


async def test_stopping_home_assistant_closes_the_connections(
    hass: HomeAssistant, face: VirtualTerminal, hub: Hub
) -> None:
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.terminals[FACE].session is None
    await face.stop()


async def test_removal_leaves_the_access_log_and_nothing_else(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    freezer: FrozenDateTimeFactory,
) -> None:
    hub._store.async_remember(FACE, Reconciled(deficit=1, day="2026-11-25"))
    assert f"{DOMAIN}.{entry.entry_id}.key" in hass_storage
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]["reconciled"][FACE]["deficit"] == 1
    await hass.config_entries.async_remove(entry.entry_id)
    freezer.tick(SAVE_SECONDS)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert [name for name in hass_storage if name.startswith(DOMAIN)] == []
    assert await hass.async_add_executor_job(Path(hass.config.path("timmy_access.db")).exists)


async def test_devices_say_what_the_terminal_says(
    hass: HomeAssistant, entry: MockConfigEntry, finger: VirtualTerminal
) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, FINGER), entry.entry_id)
    assert device is not None
    info = finger.sent[0]["devinfo"]
    assert (device.manufacturer, device.model) == ("Timmy", info["modelname"])
    assert (device.serial_number, device.sw_version) == (FINGER, info["firmware"])
    assert device.name == "Office"
    assert device.connections == {("mac", info["mac"].replace("-", ":").lower())}


async def test_several_doors_are_devices_of_their_own(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    doors = dr.async_child_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {door.parent_device_id for door in doors} == {hub.terminals[CONTROLLER].device_id}
    assert [door.name for door in doors] == ["Door 1", "Door 2", "Door 3", "Door 4"]


async def test_only_devices_of_terminals_that_are_gone_may_be_removed(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    registry = dr.async_get(hass)
    for device in (
        registry.async_get(hub.terminals[FACE].device_id),
        *dr.async_child_entries_for_config_entry(registry, entry.entry_id),
    ):
        assert device is not None
        assert not await async_remove_config_entry_device(hass, entry, device)
    stale = registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "ZX77777777")})
    assert await async_remove_config_entry_device(hass, entry, stale)


async def test_a_building_starts_in_many_steps_of_the_event_loop(hass: HomeAssistant, port: int) -> None:
    entry = listener(hass, port, *(subentry_data(f"ZX{number:08}", f"Door {number}") for number in range(60)))
    made: list[set[str]] = [set()]

    @callback
    def _note(event: Event[EventStateChangedData]) -> None:
        if event.data["old_state"] is None and event.data["entity_id"].startswith("lock."):
            made[-1].add(event.data["entity_id"])

    async def _count() -> None:
        while True:
            await asyncio.sleep(0)
            made.append(set())

    hass.bus.async_listen(EVENT_STATE_CHANGED, _note)
    counting = asyncio.create_task(_count())
    assert await hass.config_entries.async_setup(entry.entry_id)
    counting.cancel()
    assert sum(map(len, made)) == 60
    assert max(map(len, made)) == 10
    assert await hass.config_entries.async_unload(entry.entry_id)
