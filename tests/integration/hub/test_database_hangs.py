"""A commit that hangs holds up no door, no answer and nobody who waits; and nothing is lost of what it holds up."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
import gc
import logging
from typing import Any

import pytest

from custom_components.timmy_access.guests.verdicts import Approval
from custom_components.timmy_access.hub import reception
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, Ledger, LedgerUnavailable, RecordFilter
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE
from ..guests.test_guests import make_pass
from ..until import state_of, until_state

FRONT = "lock.front_door"
CONNECTIVITY = "binary_sensor.front_door_connectivity"
# More than is held in hand; a terminal repeats itself as often within a second (field notes 0.2).
MANY = 16


@pytest.fixture
async def hanging(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[asyncio.Event]:
    """Commits of records wait for the event."""
    let_go = asyncio.Event()
    keep = Ledger.keep

    async def _keep(self: Ledger, *arguments: Any) -> Any:
        await let_go.wait()
        return await keep(self, *arguments)

    monkeypatch.setattr(Ledger, "keep", _keep)
    yield let_go
    let_go.set()
    await hass.async_block_till_done(wait_background_tasks=True)


def punch(number: int, now: datetime) -> dict[str, Any]:
    """Return a frame with a punch of just now, a different one for each number."""
    at = now.replace(tzinfo=None, microsecond=0)
    record = {"enrollid": 1 + number, "time": str(at), "mode": 8, "inout": 0, "event": 0}
    return {"cmd": "sendlog", "sn": FACE, "count": 1, "logindex": number, "record": [record]}


def acknowledged(terminal: VirtualTerminal) -> list[int]:
    return [frame["logindex"] for frame in terminal.received if frame.get("ret") == "sendlog" and "logindex" in frame]


@pytest.mark.parametrize("differs", [False, True], ids=["repeats itself", "says something new"])
async def test_a_door_opens_and_a_pass_too(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hanging: asyncio.Event, *, differs: bool
) -> None:
    made = await make_pass(hass, hub)
    session = hub.terminals[FACE].session
    now = dt_util.now()
    frames = [punch(number if differs else 0, now) for number in range(MANY)]
    for frame in frames:
        await face.send(frame)
    await hass.services.async_call("lock", "open", {"entity_id": FRONT}, blocking=True)
    assert state_of(hass, FRONT).state == "open"
    assert (await face.scan_qr(made["code"]))["access"] == 1
    assert face.doors[1].openings == 2
    assert hub.terminals[FACE].session is session
    assert acknowledged(face) == []
    hanging.set()
    for frame in frames:  # what was not acknowledged comes again
        received = len(face.received)
        await face.send(frame)
        await face.wait_received("sendlog", after=received)
    await hass.async_block_till_done(wait_background_tasks=True)
    kept = await hub.ledger.records(RecordFilter(serials=[FACE], enroll_ids=range(1, 1 + MANY)))
    assert len(kept.records) == (MANY if differs else 1)
    assert set(acknowledged(face)) >= {frame["logindex"] for frame in frames}


async def test_whoever_the_terminal_asks_about_is_decided_about(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hanging: asyncio.Event
) -> None:
    """Also when more ask than are kept at a time; and none of it is acknowledged before it is kept."""
    now = dt_util.now()
    await face.send(punch(0, now))
    verdicts = hub.terminals[FACE].verdicts
    verdicts.async_apply({"server_approval": Approval.GRANT_UNKNOWN, "decision_window": 0})
    for number in range(1, reception.MAX_KEEPING + 3):
        received = len(face.received)
        await face.send(punch(number, now))
        assert (await face.wait_received("sendlog", after=received))["access"] == 1
    assert acknowledged(face) == []
    keeping = [task for task in asyncio.all_tasks() if task.get_name() == f"keep a punch of {FACE}"]
    assert len(keeping) == reception.MAX_KEEPING


async def test_a_failure_that_nobody_waits_for_any_more_is_no_complaint(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The terminal is gone when the database, which has hesitated, gives up."""
    hesitates, let_go = asyncio.Event(), asyncio.Event()

    async def _keep(*_: Any) -> Any:
        hesitates.set()
        await let_go.wait()
        raise LedgerUnavailable(Cause.SLOW, "a commit took too long")

    monkeypatch.setattr(Ledger, "keep", _keep)
    complaints: list[str] = []
    hass.loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
    await face.send(punch(0, dt_util.now()))
    await hesitates.wait()
    await face.stop()
    await until_state(hass, CONNECTIVITY, "off")
    let_go.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    gc.collect()
    assert complaints == []
    assert not [record.message for record in caplog.records if record.levelno >= logging.ERROR]
