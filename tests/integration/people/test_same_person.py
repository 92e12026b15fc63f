"""The same number is the same person only where the names agree, and what is written back is what was read."""

from typing import Any

import pytest

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.commands import GetUserInfo, GetUserName, Permission
from custom_components.timmy_access.protocol.errors import CommandRefused
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator import User, VirtualTerminal

from ..conftest import ADA, FACE, FINGER, MakeTerminal, connected
from ..services.test_actions import act
from .test_people import TEMPLATE, person

# Persian with a joiner that is none, Sinhala with one, an ideographic and an unbroken space.
NAMES = ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "ශ්\u200dරී", "山田\u3000太郎", "Ada\u00a0Lovelace"]


@pytest.fixture
async def other(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    terminal = make_terminal("ai_face", FINGER)
    terminal.add_user(User(enrollid=7, name="Elif", credentials={11: 4711}))
    return await connected(hass, terminal)


async def copied(hass: HomeAssistant, hub: Hub, **data: Any) -> dict[str, Any]:
    result = await act(hass, hub, FACE, "copy_user", enroll_id=7, to=[FINGER], **data)
    assert result is not None
    [outcome] = result["terminals"].values()
    return dict(outcome)


async def test_somebody_else_is_not_written_over(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, other: VirtualTerminal
) -> None:
    face.enrol_user(person())
    await face.wait_for(lambda: not face.machine.new_users)
    frames = len(other.received)
    with pytest.raises(ServiceValidationError) as error:
        await copied(hass, hub)
    assert error.value.translation_key == "person_is_somebody_else"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["holder"] == "Elif"
    assert (other.users[7].name, other.users[7].credentials) == ("Elif", {11: 4711})
    assert [frame["cmd"] for frame in other.received[frames:] if frame.get("cmd", "").startswith("set")] == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_written_back_as_it_was_read(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal, name: str
) -> None:
    face.enrol_user(person(name=name))
    await face.wait_for(lambda: not face.machine.new_users)
    await act(hass, hub, FACE, "set_credential", enroll_id=7, credential="card", value="4711")
    assert face.users[7].name == name
    there = await connected(hass, make_terminal("ai_face", FINGER))
    await copied(hass, hub)
    assert there.users[7].name == name
    found = await act(hass, hub, FACE, "get_user", enroll_id=7)
    assert found is not None
    assert found["name"] == name


async def test_who_may_not_come_in_may_not_elsewhere(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    face.enrol_user(person())
    await face.wait_for(lambda: not face.machine.new_users)
    await act(hass, hub, FACE, "disable_user", enroll_id=7)
    there = await connected(hass, make_terminal("ai_face", FINGER))
    await copied(hass, hub)
    assert there.users[7].enabled is False


async def test_dates_that_cannot_be_read_are_not_called_fine(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    face.enrol_user(person())
    await face.wait_for(lambda: not face.machine.new_users)
    await connected(hass, make_terminal("ai_face", FINGER))
    face.faults.refuse["getuserlock"] = {"reason": 1, "msg": "busy"}
    assert (await copied(hass, hub))["dates"] != "ok"
    del face.faults.refuse["getuserlock"]
    face.machine.users.change_lock(7, {"endtime": "31/12/2026 08:00"})
    assert (await copied(hass, hub))["dates"] != "ok"
    face.machine.users.change_lock(7, {"endtime": "2026-12-31 08:00:00"})
    assert (await copied(hass, hub))["dates"] == "ok"


async def test_a_credential_leaves_a_name_that_was_not_read(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    finger = make_terminal("tfs30", FINGER)
    finger.add_user(User(enrollid=7, name="Grace", credentials={0: TEMPLATE}))
    finger.faults.refuse["getusername"] = {"reason": 1, "msg": "busy"}
    await connected(hass, finger)
    del finger.faults.refuse["getusername"]
    await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="card", value="4711")
    assert finger.users[7].name == "Grace"


@pytest.mark.parametrize("answer", ["busy", "can not find this command"])
async def test_a_name_that_cannot_be_read_is_told_with_a_credential_or_nothing_is_written(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, answer: str
) -> None:
    finger = make_terminal("tfs30", FINGER)
    finger.add_user(User(enrollid=7, name="Grace", credentials={0: TEMPLATE}))
    finger.faults.refuse["getusername"] = {"reason": 1, "msg": answer}
    await connected(hass, finger)
    await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="card", value="4711")
    assert finger.users[7].name == "Grace"
    finger.faults.refuse["getuserinfo"] = {"reason": 1, "msg": "busy"}
    hub.terminals[FINGER].roster.async_note(7, name="")
    with pytest.raises(HomeAssistantError):
        await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="card", value="4712")
    assert (finger.users[7].name, finger.users[7].credentials[11]) == ("Grace", 4711)


async def test_dates_that_cannot_be_read_are_not_overwritten(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    written = {"endtime": "31/12/2026 08:00"}
    face.machine.users.change_lock(1, written)
    terminal = hub.terminals[FACE]
    zone = Permission(enroll_id=1, week_zone_2=3)
    with pytest.raises(CommandRefused):
        await terminal.people.async_set_access(zone)
    face.machine.users.change_lock(1, {"endtime": "2026-12-31 08:00:00"})
    face.faults.refuse["getuserlock"] = {"reason": 1, "msg": "busy"}
    with pytest.raises(CommandRefused):
        await terminal.people.async_set_access(zone)
    assert not [frame for frame in face.received if frame.get("cmd") == "setuserlock"]
    face.faults.refuse.clear()
    await terminal.people.async_set_access(zone)
    [told] = [frame for frame in face.received if frame.get("cmd") == "setuserlock"]
    assert told["record"][0]["endtime"] == "2026-12-31 08:00:00"


@pytest.mark.usefixtures("all_enabled")
async def test_asking_for_everything_reads_names_again(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    assert hub.terminals[FACE].name_of(1) == ADA
    face.users[1].name = "Bob"
    await hass.services.async_call("button", "press", {"entity_id": "button.front_door_refresh_people"}, blocking=True)
    assert hub.terminals[FACE].name_of(1) == "Bob"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("set_user", {"password": "0123"}),
        ("set_credential", {"credential": "password", "value": "0123"}),
        ("add_user", {"name": "Alan", "credential": "password", "value": "0123"}),
    ],
)
async def test_a_pin_that_a_terminal_cannot_hold_is_refused(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, action: str, data: dict[str, Any]
) -> None:
    number = {} if action == "add_user" else {"enroll_id": 1}
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, action, **number, **data)
    assert error.value.translation_key == "pin_begins_with_zero"
    assert all(10 not in user.credentials for user in face.users.values())


@pytest.mark.parametrize("answer", [{"reason": 1}, {"reason": 1, "msg": "busy"}])
async def test_dates_are_written_blindly_only_with_all_that_is_there(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, answer: dict[str, Any]
) -> None:
    face.machine.users.change_lock(1, {"weekzone": 3, "group": 2})
    face.faults.refuse["getuserlock"] = answer
    before = face.users[1].lock
    until = "2026-12-31 08:00:00"
    with pytest.raises(HomeAssistantError):
        await act(hass, hub, FACE, "set_user_access", enroll_id=1, valid_until=until)
    assert face.users[1].lock == before
    whole = {"valid_from": "2026-01-01 00:00:00", "valid_until": until, "week_zone": 4, "group": 0}
    await act(hass, hub, FACE, "set_user_access", enroll_id=1, **whole)
    assert (face.users[1].lock.weekzone, face.users[1].lock.endtime) == (4, until)


async def test_a_number_of_which_nothing_can_be_read_is_not_written_over(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, other: VirtualTerminal
) -> None:
    face.enrol_user(person())
    await face.wait_for(lambda: not face.machine.new_users)
    other.faults.refuse["getusername"] = other.faults.refuse["getuserlist"] = {"reason": 1, "msg": "busy"}
    roster = hub.terminals[FINGER].roster
    roster._without([7])
    roster.async_connected()
    with pytest.raises(HomeAssistantError):
        await copied(hass, hub)
    assert (other.users[7].name, other.users[7].credentials) == ("Elif", {11: 4711})
    del other.faults.refuse["getuserlist"]
    # The list tells that somebody has the number, though not who.
    with pytest.raises(ServiceValidationError) as error:
        await copied(hass, hub)
    assert error.value.translation_key == "person_is_somebody_else"


def rename_at_the_menu(terminal: VirtualTerminal, name: str, card: int) -> None:
    """Somebody else gets the number, of which the terminal tells nothing."""
    terminal.users[7].name = name
    terminal.users[7].credentials[11] = card


async def test_who_has_the_number_now_is_copied_over_nobody_else(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """Maria is on both terminals; at one of them her number is Bob's by now."""
    face.enrol_user(person(name="Maria"))
    await face.wait_for(lambda: not face.machine.new_users)
    there = make_terminal("ai_face", FINGER)
    there.add_user(User(enrollid=7, name="Maria", credentials={11: 4711}))
    await connected(hass, there)
    rename_at_the_menu(face, "Bob", 999)
    with pytest.raises(ServiceValidationError) as error:
        await copied(hass, hub)
    assert error.value.translation_key == "person_is_somebody_else"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["holder"] == "Maria"
    assert (there.users[7].name, there.users[7].credentials) == ("Maria", {11: 4711})
    await act(hass, hub, FINGER, "delete_user", enroll_id=7)
    await copied(hass, hub)
    assert there.users[7].name == "Bob"


@pytest.mark.parametrize("profile", ["ai_face", "tfs30"])
async def test_a_credential_of_who_had_the_number_is_nobody_elses(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, profile: str
) -> None:
    terminal = make_terminal(profile, FINGER)
    terminal.add_user(User(enrollid=7, name="Maria", credentials={11: 4711}))
    await connected(hass, terminal)
    rename_at_the_menu(terminal, "Bob", 999)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="card", value="4712")
    assert error.value.translation_key == "person_is_somebody_else"
    assert error.value.translation_placeholders == {"terminal": "Office", "enroll_id": "7", "holder": "Bob"}
    assert (terminal.users[7].name, terminal.users[7].credentials) == ("Bob", {11: 999})
    # Now that it is known who it is, that is who is meant.
    await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="card", value="4712")
    assert (terminal.users[7].name, terminal.users[7].credentials) == ("Bob", {11: 4712})


@pytest.mark.parametrize("profile", ["ai_face", "tfs30"])
async def test_who_is_no_administrator_any_more_does_not_become_one_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal, profile: str
) -> None:
    """What is taken back at a terminal's menu is told by nobody."""
    terminal = make_terminal(profile, FINGER)
    for number in (7, 8):
        terminal.add_user(User(enrollid=number, name=f"Name {number}", admin=2, credentials={11: 4711 + number}))
    await connected(hass, terminal)
    terminal.users[7].admin = 0
    await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="password", value="4712")
    await act(hass, hub, FINGER, "set_credential", enroll_id=8, credential="password", value="4713")
    assert [terminal.users[number].admin for number in (7, 8)] == [0, 2]
    terminal.users[8].admin = 0
    await act(hass, hub, FINGER, "copy_user", enroll_id=8, to=[FACE])
    assert face.users[8].admin == 0


async def test_a_name_is_asked_for_in_vain_once(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = make_terminal("tfs30", FINGER)
    terminal.add_user(User(enrollid=7, name="Maria", credentials={11: 4711}))
    await connected(hass, terminal)
    terminal.faults.silent |= {"getusername", "getuserinfo"}
    monkeypatch.setattr(GetUserName, "timeout", 0.2)
    monkeypatch.setattr(GetUserInfo, "timeout", 0.2)
    for value in ("1", "2"):
        await act(hass, hub, FINGER, "set_credential", enroll_id=7, credential="card", value=value)
    assert (terminal.users[7].name, terminal.users[7].credentials) == ("Maria", {11: 2})
    asked = [frame for frame in terminal.received if frame.get("cmd") == "getuserinfo"]
    assert len(asked) <= 3  # each is repeated
