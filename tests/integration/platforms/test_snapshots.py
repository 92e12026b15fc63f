"""What every platform shows of a terminal, entity by entity."""

from collections.abc import AsyncGenerator
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.timmy_access.const import DOMAIN
from homeassistant.components.image import ImageEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..conftest import CONTROLLER, FACE, FINGER, LOOPBACK, MakeTerminal, connected, subentry_data
from ..until import until_state

# The profile with the most entities of its platform; the other families where that makes no difference.
CASES = {
    Platform.BINARY_SENSOR: ("controller4", CONTROLLER, 4),
    Platform.BUTTON: ("tfs30", FINGER, 1),
    Platform.IMAGE: ("ai_face", FACE, 1),
    Platform.NUMBER: ("ai_face", FACE, 1),
    Platform.SELECT: ("tfs30", FINGER, 1),
    Platform.SENSOR: ("ai_face", FACE, 1),
    Platform.SWITCH: ("ai_face", FACE, 1),
}


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare without what is different every time, such as ids and times, and without what not every release has."""
    return snapshot.with_defaults(extension_class=HomeAssistantSnapshotExtension, exclude=props("compat_name"))


@pytest.fixture
async def alone(
    hass: HomeAssistant, request: pytest.FixtureRequest, port: int, make_terminal: MakeTerminal, all_enabled: None
) -> AsyncGenerator[MockConfigEntry]:
    """A listener with one terminal that is connected, and one platform."""
    profile, serial, doors = CASES[request.param]
    entry = MockConfigEntry(
        domain=DOMAIN,
        entry_id="01M8CAWRG1RKDW9X0VP195QN9W",  # unique ids of the house are made of it
        minor_version=2,
        data={"port": port, "host": LOOPBACK},
        subentries_data=[subentry_data(serial, "Terminal", doors)],
    )
    entry.add_to_hass(hass)
    with (
        patch("custom_components.timmy_access.PLATFORMS", (request.param,)),
        patch.object(ImageEntity, "async_update_token", lambda image: image.access_tokens.append("1")),
    ):
        assert await hass.config_entries.async_setup(entry.entry_id)
        terminal = make_terminal(profile, serial)
        terminal.access_settings["doorsensor"] = 1
        await connected(hass, terminal)
        yield entry
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("alone", CASES, indirect=True)
async def test_entities(hass: HomeAssistant, alone: MockConfigEntry, snapshot: SnapshotAssertion) -> None:
    if hass.states.get("sensor.terminal_clock_drift"):
        # by the second registration the clock has been set, and there is no odd second left
        await until_state(hass, "sensor.terminal_clock_drift", "0")
    await snapshot_platform(hass, er.async_get(hass), snapshot, alone.entry_id)
