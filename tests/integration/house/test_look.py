"""A look at a terminal before it is kept in step: as few questions as possible, and never without an end."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub import taking_stock
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.taking_stock import MAX_SILENT
from custom_components.timmy_access.protocol.commands import GetPermission
from homeassistant.core import HomeAssistant
from simulator import User, VirtualTerminal

from ..conftest import ADA, FACE
from .test_actions import ask, people


async def look(hass: HomeAssistant, hub: Hub, *, confirm: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = await ask(hass, "keep_in_step", device_id=hub.terminals[FACE].device_id, confirm=confirm)
    return found


def asked(terminal: VirtualTerminal, after: int) -> list[int]:
    return [frame["enrollid"] for frame in terminal.received[after:] if frame.get("cmd") == "getuserlock"]


async def test_only_those_are_asked_about_whose_permission_decides(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    for number, name in ((2, "Grace"), (3, ""), (4, "Edsger")):
        face.add_user(User(enrollid=number, name=name))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    frames = len(face.received)
    await look(hass, hub, confirm=True)
    assert asked(face, frames)[:3] == [1, 2, 4]
    await hass.async_block_till_done(wait_background_tasks=True)  # its writer asks, too
    frames = len(face.received)
    assert [one["enroll_id"] for one in (await look(hass, hub))["same"]] == [1, 2, 4]
    assert asked(face, frames) == []


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
async def test_dates_at_the_ends_of_the_calendar_are_dates(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, zone: str
) -> None:
    """A terminal's menu takes any: one that begins then has not begun, and one that ends then does not end."""
    await hass.config.async_set_time_zone(zone)
    for number, name in ((2, "Grace"), (3, "Edsger"), (4, "Alan")):
        face.add_user(User(enrollid=number, name=name))
    face.machine.users.change_lock(2, {"starttime": "9999-12-31 23:59:59"})
    face.machine.users.change_lock(3, {"endtime": "9999-12-31 23:59:59"})
    face.machine.users.change_lock(4, {"endtime": "0001-01-01 00:00:00"})
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await look(hass, hub, confirm=True)
    found = {person["name"]: (person["valid_from"], person["valid_until"]) for person in await people(hass)}
    assert found["Grace"][0][:4] == "9000"
    assert found["Edsger"] == (None, None)
    assert found["Alan"][1][:4] == "1970"


async def test_how_far_it_has_come_is_told(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    for number in range(2, 6):
        face.add_user(User(enrollid=number, name=f"Person {number}"))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    face.faults.delay = 0.2
    frames = len(face.received)
    looking = hass.async_create_task(look(hass, hub))
    await face.wait_received("getuserlock", after=frames)
    (front, *_) = (await ask(hass, "get_people"))["terminals"]
    assert front["asked"] == [0, 5]
    face.faults.delay = 0.0
    assert len((await looking)["added"]) == 5
    assert [one["asked"] for one in (await ask(hass, "get_people"))["terminals"]] == [None] * 3


async def test_firmware_without_permissions_is_asked_once(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    face.faults.unknown = {"getuserlock"}
    face.add_user(User(enrollid=2, name="Grace"))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    frames = len(face.received)
    assert [one["name"] for one in (await look(hass, hub))["added"]] == [ADA, "Grace"]
    assert asked(face, frames) == [1]


async def test_a_terminal_that_says_nothing_is_not_asked_about_everybody(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GetPermission, "timeout", 0.05)
    for number in range(2, 9):
        face.add_user(User(enrollid=number, name=f"Person {number}"))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    frames = len(face.received)
    face.faults.silent = {"getuserlock"}
    found = await look(hass, hub)
    assert {one["reason"] for one in found["left"]} == {"not_read"}
    assert len(found["left"]) == 8
    assert set(asked(face, frames)) == {*range(1, MAX_SILENT + 1)}


async def test_a_look_has_an_end(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_stock, "LONGEST", 0.0)
    assert [one["reason"] for one in (await look(hass, hub))["left"]] == ["not_read"]


async def test_who_has_left_is_not_taken_in_again_by_a_terminal_that_was_not_ours_meanwhile(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    """It was removed from Home Assistant and is approved again: somebody who has left meanwhile is still on it."""
    face.add_user(User(enrollid=7, name="Bo Diddley"))
    face.add_user(User(enrollid=8, name="Grace"))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await look(hass, hub, confirm=True)
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    gone = next(one for one in await people(hass) if one["name"] == "Bo Diddley")
    await ask(hass, "remove_person", person_id=gone["person_id"])
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    await face.wait_for(lambda: hub.terminals[FACE].session)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    found = await look(hass, hub, confirm=True)
    assert found["added"] == []
    assert found["left"] == [{"enroll_id": 7, "name": "Bo Diddley", "reason": "leaving"}]
    differences = (await ask(hass, "get_differences"))["differences"]
    assert [(one["enroll_id"], one["kind"]) for one in differences] == [(7, "unknown_here")]


async def test_hours_that_cannot_be_read_are_not_all_hours(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.add_user(User(enrollid=2, name="Grace"))
    face.machine.users.change_lock(2, {"weekzone": 3})
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    face.machine.access_settings["weekzone"] = "by day"
    assert {(one["name"], one["reason"]) for one in (await look(hass, hub))["left"]} >= {("Grace", "not_read")}


async def test_what_is_written_after_the_look_is_what_the_look_showed(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """Whom the look calls missing is added, and whoever is there already is written nothing that it did not name."""
    device = hub.terminals[FACE].device_id
    for number, name in ((2, "Grace"), (3, "Edsger"), (60, "")):
        face.add_user(User(enrollid=number, name=name, credentials={11: 4700 + number}))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await ask(hass, "set_access_group", name="Here", rules=[{"device_id": [device]}])
    zoe = await ask(hass, "add_person", name="Zoe", groups=["Here"])
    await ask(hass, "add_person", name="Grace", enroll_id=2, groups=["Here"], same_name=True)
    await ask(hass, "add_person", name="Elsewhere")
    await hass.async_block_till_done(wait_background_tasks=True)
    frames = len(face.received)
    shown = await look(hass, hub)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert written_to(face, frames) == set()
    assert [one["enroll_id"] for one in shown["missing"]] == [zoe["enroll_id"]]
    assert [one["enroll_id"] for one in shown["left"]] == [60]
    frames = len(face.received)
    assert await look(hass, hub, confirm=True) == {**shown, "kept_in_step": True}
    await hass.async_block_till_done(wait_background_tasks=True)
    assert written_to(face, frames) == {zoe["enroll_id"]}
    assert zoe["enroll_id"] in face.users
    assert {number: face.users[number].name for number in (2, 3, 60)} == {2: "Grace", 3: "Edsger", 60: ""}


def written_to(terminal: VirtualTerminal, after: int) -> set[int]:
    """Return the numbers that something was written to."""
    numbers: set[int] = set()
    for frame in terminal.received[after:]:
        if not frame.get("cmd", "get").startswith(("get", "reg", "send")):
            records = frame["record"] if isinstance(frame.get("record"), list) else []
            numbers |= {one["enrollid"] for one in (frame, *records) if "enrollid" in one}
    return numbers
