"""Two factors for a time: what was before comes back, whatever happened in the middle."""

import asyncio

import pytest

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import FACE
from ..until import until_state

# What is switched off at first is shown.
pytestmark = pytest.mark.usefixtures("all_enabled")
VERIFY = "select.front_door_verify_mode"


def written(terminal: VirtualTerminal) -> list[int]:
    return [frame["verifymode"] for frame in terminal.received if "verifymode" in frame]


async def test_what_was_before_comes_back_though_nobody_waited_for_the_answer(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """An automation that runs again ends its former run while the terminal becomes stricter."""
    await until_state(hass, VERIFY, "default")
    data = {"device_id": [hub.terminals[FACE].device_id]}
    face.faults.silent = {"setdevinfo"}
    asked = hass.async_create_task(hass.services.async_call(DOMAIN, "require_two_factors", data, blocking=True))
    await face.wait_received("setdevinfo")
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    face.faults.silent = set()
    await hass.services.async_call(DOMAIN, "end_two_factors", data, blocking=True)
    stricter, before = written(face)
    assert (before, stricter != before) == (0, True)
    await until_state(hass, VERIFY, "default")
