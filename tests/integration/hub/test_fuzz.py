"""Broken frames through a real socket, before and after approval: nothing breaks, and nothing is left behind."""

import logging
from unittest.mock import patch

import pytest

from benchmarks.fuzz import HARDWARE, Tormentor
from custom_components.timmy_access.hub import homes as homes_module
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import FACE, LOOPBACK, MakeTerminal, connected
from ..leaks import SPARE_FILES, files, running, until_only
from ..until import state_of, until_state

FRAMES, FRAMES_IN_FULL = 200, 20_000
STRANGER = "FUZZ00000001"


@pytest.mark.parametrize(("serial", "approved"), [(STRANGER, False), (FACE, True)], ids=["stranger", "approved"])
async def test_broken_frames_break_nothing(
    hass: HomeAssistant,
    hub: Hub,
    port: int,
    finger: VirtualTerminal,
    make_terminal: MakeTerminal,
    caplog: pytest.LogCaptureFixture,
    serial: str,
    *,
    approved: bool,
    is_long: bool,
) -> None:
    frames = FRAMES_IN_FULL if is_long else FRAMES
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0})
    tasks, open_files = running(), files()
    tormentor = Tormentor(f"ws://{LOOPBACK}:{port}/", serial, 1, approved=approved)
    await tormentor.torment(frames)
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert tormentor.sent == frames
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    await until_only(tasks)
    assert files() <= open_files + SPARE_FILES
    assert len(hub.listener.lobby) == 0
    assert hub.terminals[FACE].counters.malformed > 0 or not approved
    assert finger.registered
    assert state_of(hass, "lock.office").state == "locked"
    real = make_terminal("ai_face", FACE)
    real.machine.cpusn, real.machine.mac = HARDWARE["cpusn"], HARDWARE["mac"]
    with patch.object(homes_module, "PATIENCE_SECONDS", 0.0):  # it came after the other one
        face = await connected(hass, real)  # and the real one is welcome
    await hass.services.async_call("lock", "open", {"entity_id": "lock.front_door"}, blocking=True)
    assert face.doors[1].openings == 1
