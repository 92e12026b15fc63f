"""What became of a punch, and who decided that, is said the same wherever a record is shown or exported."""

import csv
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.terminal.state import Emergency
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE
from ..panel.told import asked
from ..services.test_actions import act
from ..until import until
from .test_guests import CODE, asking, automation, make_pass
from .test_who_is_let_in import answer, owner_chose, punch

pytestmark = pytest.mark.usefixtures("moments_shown")

__all__ = ["asking"]  # a fixture

GRANTED, LET_IN, DISABLED, ALONE, GUEST = 1, 21, 22, 23, 24
STRANGER, TURNED_AWAY, LOCKED_OUT = 4242, 25, 26
PEOPLE = (LET_IN, DISABLED, ALONE, GUEST, TURNED_AWAY, LOCKED_OUT)
BECAME = {
    GRANTED: ("granted", "default"),
    STRANGER: ("refused", "default"),
    DISABLED: ("refused", "default"),
    LOCKED_OUT: ("refused", "house"),
    LET_IN: ("granted", "automation"),
    TURNED_AWAY: ("refused", "automation"),
    ALONE: ("unknown", "terminal"),
    GUEST: ("granted", "pass"),
}
THERE = {enroll_id for enroll_id, (outcome, _) in BECAME.items() if outcome != "refused"}


async def act_out(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """Have somebody at the door for each way in which it is decided."""
    for enroll_id in PEOPLE:
        face.enrol_user(User(enrollid=enroll_id, name=f"Person {enroll_id}", credentials={11: enroll_id}))
    await hass.async_block_till_done(wait_background_tasks=True)
    await act(hass, hub, FACE, "disable_user", enroll_id=DISABLED)
    guest = await make_pass(hass, hub, enroll_id=GUEST)
    owner_chose(hub, "grant")
    for enroll_id in (GRANTED, STRANGER, DISABLED):
        await answer(face, punch(enroll_id))
    doors = hub.terminals[FACE].doors
    doors.async_mark({1: Emergency.LOCKDOWN})
    await answer(face, punch(LOCKED_OUT))
    doors.async_mark({})
    owner_chose(hub, "off")
    await answer(face, punch(ALONE))
    assert (await face.scan_qr(guest["code"]))["access"] == 1
    await until(hass, CODE, lambda state: state.attributes.get("event_type") == "granted")
    await answer(face, {**punch(GUEST), "mode": 13})
    owner_chose(hub, "grant", window=10)
    answers = {LET_IN: True, TURNED_AWAY: False}
    for enroll_id, access in answers.items():
        stop = automation(hass, hub, "reply_access", access=access)
        await answer(face, punch(enroll_id))
        stop()
    await hass.async_block_till_done(wait_background_tasks=True)


def told(records: list[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    return {int(record["enroll_id"]): (record["outcome"], record["decided_by"]) for record in records}


async def read(hass: HomeAssistant, file: str) -> list[dict[str, str]]:
    text = await hass.async_add_executor_job(partial(Path(file).read_text, "utf-8-sig"))
    return list(csv.DictReader(text.splitlines()))


async def test_it_is_said_wherever_a_record_is(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, hass_ws_client: WebSocketGenerator, tmp_path: Path
) -> None:
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    client = await hass_ws_client(hass)
    assert (await asked(client, "log_tail"))["success"]
    assert (await client.receive_json())["event"]["begun"]
    await act_out(hass, hub, asking)

    tail: dict[int, tuple[str, str]] = {}
    while tail != BECAME:
        tail |= told((await client.receive_json())["event"]["records"])
    client = await hass_ws_client(hass)
    assert told((await asked(client, "log"))["result"]["records"]) == BECAME
    logs = await act(hass, hub, FACE, "get_logs")
    assert logs is not None
    assert told(logs["records"]) == BECAME
    exported = await act(hass, hub, FACE, "export_logs", filename="all")
    assert exported is not None
    assert told(await read(hass, exported["file"])) == BECAME
    # By which the panel exports what it shows.
    one = await act(hass, hub, FACE, "export_logs", filename="one", enroll_id=STRANGER)
    assert one is not None
    assert told(await read(hass, one["file"])) == {STRANGER: BECAME[STRANGER]}


async def test_who_was_refused_has_not_been_there_wherever_hours_are(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, hass_ws_client: WebSocketGenerator, tmp_path: Path
) -> None:
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    await act_out(hass, hub, asking)
    days = await act(hass, hub, FACE, "get_attendance")
    assert days is not None
    assert {day["enroll_id"] for day in days["attendance"]} == THERE
    today: date = dt_util.now().date()
    exported = await act(hass, hub, FACE, "export_attendance", first_day=str(today), last_day=str(today))
    assert exported is not None
    assert {int(row["enroll_id"]) for row in await read(hass, exported["file"])} == THERE
    client = await hass_ws_client(hass)
    hours = await asked(client, "hours")
    assert {person["enroll_id"] for person in hours["result"]["people"]} == THERE
    for enroll_id in BECAME:
        sheet = await asked(client, "hours_sheet", enroll_id=enroll_id, person=f"Person {enroll_id}")
        punches = [punch for day in sheet["result"]["days"] for punch in day["punches"]]
        assert bool(punches) == (enroll_id in THERE - {GRANTED})  # who has another name
