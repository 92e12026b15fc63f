"""A terminal asks whether somebody may pass: whom a default lets in, and for how long a punch is a question."""

import asyncio
import csv
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.guests.decisions import Decision
from custom_components.timmy_access.guests.tries import MAX_TOLD
from custom_components.timmy_access.guests.verdicts import MAX_PENDING
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, Decider, Ledger, LedgerUnavailable
from custom_components.timmy_access.protocol.messages import STRANGER_ID
from custom_components.timmy_access.terminal.clock import PRESENT
from custom_components.timmy_access.terminal.state import Emergency
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, FACE, reload
from ..services.test_actions import act
from ..until import listen, state_of
from .test_guests import EVENT, asking, told

pytestmark = pytest.mark.usefixtures("moments_shown")

__all__ = ["asking"]  # a fixture

LOCK, ACCESS = "lock.front_door", "event.front_door_access"
SECONDS = PRESENT.total_seconds()


def punch(enroll_id: int, ago: float = 0) -> dict[str, Any]:
    at = dt_util.now() - timedelta(seconds=ago)
    return {"enrollid": enroll_id, "time": f"{at:%Y-%m-%d %H:%M:%S}", "mode": 8, "inout": 0, "event": 0}


async def answer(terminal: VirtualTerminal, record: dict[str, Any]) -> dict[str, Any]:
    received = len(terminal.received)
    await terminal.send({"cmd": "sendlog", "sn": terminal.serial, "count": 1, "logindex": 9, "record": [record]})
    return await terminal.wait_received("sendlog", after=received)


def owner_chose(hub: Hub, approval: str, window: float = 0) -> None:
    hub.terminals[FACE].verdicts.async_apply({"server_approval": approval, "decision_window": window})


@pytest.mark.parametrize(
    ("approval", "enroll_id", "access", "reason"),
    [
        ("grant", 1, 1, None),
        ("grant", 4242, 0, "person_unknown"),
        ("grant", STRANGER_ID, 0, "person_unknown"),
        ("grant_unknown", 1, 1, None),
        ("grant_unknown", 4242, 1, None),
        ("grant_unknown", STRANGER_ID, 0, "person_unknown"),
    ],
)
async def test_a_default_says_whom_it_lets_in(
    hass: HomeAssistant,
    hub: Hub,
    asking: VirtualTerminal,
    approval: str,
    enroll_id: int,
    access: int,
    reason: str | None,
) -> None:
    heard = listen(hass, EVENT)
    owner_chose(hub, approval)
    assert (await answer(asking, punch(enroll_id)))["access"] == access
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused" if reason else "granted", reason)]


@pytest.mark.parametrize("approval", ["grant", "grant_unknown"])
async def test_who_is_disabled_is_not_let_in(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, approval: str
) -> None:
    heard = listen(hass, EVENT)
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    owner_chose(hub, approval)
    assert (await answer(asking, punch(1)))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused", "person_disabled")]


async def test_a_lockdown_that_is_ordered_while_the_answer_waits_for_the_disk_lets_in_nobody(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    """The decision is there, and its answer waits a moment for the record to be kept."""
    heard = listen(hass, EVENT)
    owner_chose(hub, "grant")
    terminal = hub.terminals[FACE]

    async def _locked_down(keeping: object) -> bool:
        terminal.doors.async_mark({1: Emergency.LOCKDOWN})
        return True

    with patch("custom_components.timmy_access.hub.reception._is_kept", _locked_down):
        assert (await answer(asking, punch(1)))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("failed", "answer_lost")]
    assert [outcome[:2] for outcome in await outcomes(hass, hub)] == [(1, "refused")]
    assert state_of(hass, LOCK).attributes.get("changed_by") is None


async def outcomes(hass: HomeAssistant, hub: Hub) -> list[tuple[Any, ...]]:
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await act(hass, hub, FACE, "get_logs")
    assert found is not None
    words = ("enroll_id", "outcome", "decided_by")
    return [tuple(record[word] for word in words) for record in reversed(found["records"])]


async def test_what_became_of_a_punch_is_kept_though_nothing_happens_after_it(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, asking: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away when that is to be written: it is tried again by itself, and before the listener ends."""
    written = Ledger.set_outcome
    tried = asyncio.Event()

    async def _away(*_: object, **__: object) -> None:
        tried.set()
        raise LedgerUnavailable(Cause.LOCKED)

    owner_chose(hub, "grant")
    monkeypatch.setattr(Ledger, "set_outcome", _away)
    for enroll_id in (1, 4242):
        tried.clear()
        await answer(asking, punch(enroll_id))
        await tried.wait()
    assert [outcome[1] for outcome in await outcomes(hass, hub)] == ["unknown", "unknown"]
    monkeypatch.setattr(Ledger, "set_outcome", written)
    hub = await reload(hass, entry, asking)
    assert [outcome[:2] for outcome in await outcomes(hass, hub)] == [(1, "granted"), (4242, "refused")]


async def test_what_becomes_of_a_punch_while_its_outcome_is_written_wins(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same punch is asked about again, and decided otherwise, before the first outcome is on the disk."""
    written = Ledger.set_outcome
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def _slow(*args: Any, **outcome: Any) -> None:
        begun.set()
        await go_on.wait()
        await written(*args, **outcome)

    monkeypatch.setattr(Ledger, "set_outcome", _slow)
    owner_chose(hub, "grant")
    await answer(asking, punch(4242))
    await begun.wait()
    kept = hub.terminals[FACE].records.outcomes
    [identity] = [record.entry.identity for record in (await hub.ledger.records()).records]
    kept.async_note(identity, granted=True, decided_by=Decider.AUTOMATION)
    go_on.set()
    assert await outcomes(hass, hub) == [(4242, "granted", "automation")]


async def test_the_record_tells_what_became_of_a_punch(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, tmp_path: Path
) -> None:
    """A terminal that decided by itself does not say what; who was refused was not there."""
    owner_chose(hub, "grant")
    await answer(asking, punch(1, 2))
    await answer(asking, punch(4242, 2))
    owner_chose(hub, "off")
    await answer(asking, punch(7))
    await answer(asking, {**punch(1, 3600), "mode": 3})
    await answer(asking, {**punch(0), "event": 1, "mode": 0})
    assert sorted(await outcomes(hass, hub), key=str) == [
        (1, "granted", "default"),
        (1, "unknown", None),
        (4242, "refused", "default"),
        (7, "unknown", "terminal"),
        (None, None, None),
    ]
    days = await act(hass, hub, FACE, "get_attendance")
    assert days is not None
    assert {day["enroll_id"] for day in days["attendance"]} == {1, 7}
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    exported = await act(hass, hub, FACE, "export_logs", filename="log")
    assert exported is not None
    text = await hass.async_add_executor_job(partial(Path(exported["file"]).read_text, "utf-8-sig"))
    rows = {(row["enroll_id"], row["outcome"], row["decided_by"]) for row in csv.DictReader(text.splitlines())}
    assert rows >= {("1", "granted", "default"), ("4242", "refused", "default"), ("", "", "")}


@pytest.mark.parametrize("access", [True, False])
async def test_the_record_tells_what_an_automation_decided_while_the_database_was_away(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, monkeypatch: pytest.MonkeyPatch, *, access: bool
) -> None:
    owner_chose(hub, "refuse", window=4)

    async def decide(*_: Any, **__: Any) -> Decision:
        return Decision(granted=access)

    async def away(*_: Any) -> None:
        raise LedgerUnavailable(Cause.UNREACHABLE, "away")

    monkeypatch.setattr(hub.terminals[FACE].verdicts, "_async_ask", decide)
    made = punch(1)
    with monkeypatch.context() as during:
        during.setattr(Ledger, "keep", away)
        assert (await answer(asking, made))["access"] == access
        await hass.async_block_till_done(wait_background_tasks=True)
    await answer(asking, made)
    assert await outcomes(hass, hub) == [(1, "granted" if access else "refused", "automation")]


async def test_what_no_automation_could_be_asked_about_is_refused(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    """An automation that refuses must not be passed over because many ask at once."""
    owner_chose(hub, "grant", window=4)
    verdicts = hub.terminals[FACE].verdicts
    waiting = [hass.async_create_task(verdicts.async_punch(None, 1, ADA)) for _ in range(MAX_PENDING)]
    decision = await verdicts.async_punch(None, 1, ADA)
    assert not decision.granted
    for task in waiting:
        task.cancel()


async def test_a_person_who_is_refused_again_and_again_is_not_let_in_by_default(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    """Of whom an automation has refused often enough it is not asked for a while, and so none has granted."""
    owner_chose(hub, "refuse", window=0)
    heard = listen(hass, EVENT)
    verdicts = hub.terminals[FACE].verdicts
    for _ in range(2 * MAX_TOLD):
        assert not (await verdicts.async_punch(None, 1, ADA)).granted
    owner_chose(hub, "grant", window=4)
    assert not (await verdicts.async_punch(None, 1, ADA)).granted
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused", "no_answer")] * MAX_TOLD


@pytest.mark.parametrize("ago", [SECONDS + 3, 30, 110, 599])
async def test_a_punch_of_some_time_ago_is_kept_and_opens_nothing(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, ago: float
) -> None:
    """Handed in late, for whatever reason: nobody stands there any more, also where news is ten minutes old."""
    hub.terminals[FACE].clock.live_window = timedelta(minutes=10)
    heard = listen(hass, EVENT)
    owner_chose(hub, "grant")
    reply = await answer(asking, punch(1, ago))
    assert "access" not in reply
    assert (reply["count"], reply["logindex"]) == (1, 9)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == []
    assert state_of(hass, LOCK).attributes.get("changed_by") is None


async def test_a_punch_is_answered_once_over_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, asking: VirtualTerminal
) -> None:
    owner_chose(hub, "grant")
    record = punch(1)
    assert (await answer(asking, record))["access"] == 1
    owner_chose(await reload(hass, entry, asking), "grant")
    assert "access" not in await answer(asking, record)
    await asking.stop()


async def test_a_punch_that_was_kept_before_the_start_is_answered_no_more(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    """What Home Assistant before a quick restart has answered about, the ledger knows."""
    owner_chose(hub, "off")
    record = punch(1)
    assert "access" not in await answer(asking, record)
    await hass.async_block_till_done(wait_background_tasks=True)
    hub.terminals[FACE].records._kept.clear()
    owner_chose(hub, "grant")
    assert "access" not in await answer(asking, record)


@pytest.mark.parametrize("hours", [1, -1, 7])
async def test_a_terminal_whose_clock_is_wrong_is_asked_for_it_and_set(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, hours: int
) -> None:
    """The clocks were changed, or the time zone, while it stayed connected."""
    owner_chose(hub, "grant")
    asking.clock_offset += timedelta(hours=hours)
    received = len(asking.received)
    asking.punch(1)
    assert (await asking.wait_received("sendlog", after=received))["access"] == 1
    await asking.wait_for(lambda: [frame for frame in asking.received if frame.get("cmd") == "settime"])


async def test_a_punch_of_the_future_opens_nothing(hass: HomeAssistant, hub: Hub, asking: VirtualTerminal) -> None:
    owner_chose(hub, "grant")
    assert "access" not in await answer(asking, punch(1, -3600))
    asking.faults.silent.add("gettime")
    hub.terminals[FACE].reception._compare_after = 0.0
    assert "access" not in await answer(asking, punch(1, -7200))


async def test_a_pin_of_some_time_ago_opens_nothing(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    made = await act(hass, hub, FACE, "create_pass", name="Plumber", with_pin=True)
    assert made is not None
    for ago, access in ((3 * 3600, 0), (SECONDS + 3, 0), (0, 1)):
        at = dt_util.now() - timedelta(seconds=ago)
        received = len(face.received)
        await face.send({"cmd": "sendpin", "sn": FACE, "pin": made["pin"], "time": f"{at:%Y-%m-%d %H:%M:%S}"})
        assert (await face.wait_received("sendpin", after=received))["access"] == access
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused", "too_late"), ("refused", "too_late"), ("granted", None)]


@pytest.mark.parametrize(("approval", "granted", "by"), [("grant", True, ADA), ("refuse", False, None)])
async def test_only_who_was_let_in_has_used_the_door(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, approval: str, granted: bool, by: str | None
) -> None:
    owner_chose(hub, approval)
    await answer(asking, punch(1))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, LOCK).attributes.get("changed_by") == by
    assert state_of(hass, "sensor.front_door_latest_punch").state == (by or "unknown")
    seen = state_of(hass, ACCESS).attributes
    assert (seen["person"], seen["granted"]) == (ADA, granted)
