"""People: written whatever the firmware, enrolled at the terminal, copied, listed, and nothing of them shown."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.interpreter import MAX_ENROLLED_TOLD
from custom_components.timmy_access.ledger.people import MAX_SLOTS
from custom_components.timmy_access.people import roster as roster_module
from custom_components.timmy_access.people.roster import MAX_NAME
from custom_components.timmy_access.protocol.commands import GetUserName
from custom_components.timmy_access.protocol.throttle import Throttle
from homeassistant.auth.models import User as HomeAssistantUser
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr
from simulator import Faults, User, VirtualTerminal
from simulator.interruption import Interruption
from simulator.profiles import PROFILES

from ..conftest import ADA, CONTROLLER, FACE, FINGER, MakeTerminal, connected
from ..services.test_actions import act
from ..until import listen, state_of, until

pytestmark = pytest.mark.usefixtures("moments_shown")

ENROLMENT = "event.front_door_enrolment"
TEMPLATE = "c5" * 300


def person(**changes: Any) -> User:
    return User(**{"enrollid": 7, "name": "Grace", "admin": 2, "credentials": {0: TEMPLATE}, **changes})


# Two generations of firmware


async def test_classic_firmware_is_never_sent_a_profile(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    finger.add_user(person())
    await act(
        hass,
        hub,
        FINGER,
        "set_user",
        enroll_id=7,
        name="Grace H.",
        role="user",
        card="2352253",
        valid_from="2026-01-01 00:00:00",
        group=4,
        enabled=False,
    )
    user = finger.users[7]
    assert (user.name, user.admin, user.enabled) == ("Grace H.", 0, False)
    assert user.credentials == {0: TEMPLATE, 11: 2352253}
    assert (user.lock.starttime, user.lock.group, user.lock.weekzone) == ("2026-01-01 00:00:00", 4, 1)
    assert all("backupnum" in frame for frame in finger.received if frame.get("cmd") == "setuserinfo")


async def test_classic_firmware_changes_a_role_with_a_credential_that_is_there(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    finger.enrol_user(person(credentials={0: TEMPLATE, 1: "d6" * 300}))
    await finger.wait_for(lambda: not finger.machine.new_users)
    await act(hass, hub, FINGER, "set_user", enroll_id=7, role="administrator")
    assert finger.users[7].admin == 1
    assert finger.users[7].credentials == {0: TEMPLATE, 1: "d6" * 300}
    assert finger.users[7].name == "Grace"


async def test_classic_firmware_says_what_it_cannot(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    received = len(finger.received)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FINGER, "set_user", enroll_id=1, name="X", department="HR")
    assert error.value.translation_key == "not_supported"
    assert error.value.translation_placeholders == {"field": "department", "label": "Department"}
    assert len(finger.received) == received
    assert finger.users[1].name == ADA


async def test_face_firmware_without_profiles_is_found_out_and_remembered(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    face = await connected(hass, make_terminal(replace(PROFILES["ai_face"], whole_users=False), FACE))

    def profiles() -> int:
        return sum(frame.get("cmd") == "setuserinfo" and "backupnum" not in frame for frame in face.received)

    face.faults.refuse["setuserinfo"] = {"reason": 1}
    with pytest.raises(HomeAssistantError):  # neither way works: nothing is concluded
        await act(hass, hub, FACE, "set_user", enroll_id=1, name="X", card="5")
    assert profiles() == 1
    del face.faults.refuse["setuserinfo"]
    for name in ("Ada L.", "Ada King"):
        await act(hass, hub, FACE, "set_user", enroll_id=1, name=name)
        assert face.users[1].name == name
    assert profiles() == 2


async def test_a_week_zone_for_a_door_that_is_not_there(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    received = len(face.received)
    for action in ("set_user", "set_user_access"):
        with pytest.raises(ServiceValidationError) as error:
            await act(hass, hub, FACE, action, enroll_id=1, week_zone_3=2)
        assert error.value.translation_key == "door_unknown"
    assert len(face.received) == received


async def test_week_zones_for_each_door_of_a_controller(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    await act(hass, hub, CONTROLLER, "set_user", enroll_id=1, week_zone=2, week_zone_4=5)
    lock = controller.users[1].lock
    assert (lock.weekzone, lock.weekzone2, lock.weekzone4) == (2, 1, 5)


# Enrolment


async def test_enrolment_at_the_terminal(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    adding = asyncio.create_task(act(hass, hub, FACE, "add_user", name="Grace", credential="fingerprint", role="user"))
    assert (await face.wait_received("adduser"))["backupnum"] == 0
    await until_state_kind(hass, "started")
    with pytest.raises(HomeAssistantError, match="already"):
        await act(hass, hub, FACE, "add_user", name="Alan", credential="fingerprint")
    face.scan_enrolment()
    assert await adding == {"enroll_id": 2}
    attributes = state_of(hass, ENROLMENT).attributes
    assert attributes["event_type"] == "enrolled"
    assert (attributes["person"], attributes["enroll_id"], attributes["credential"]) == ("Grace", 2, "fingerprint")
    assert hub.terminals[FACE].roster.people[2].slots == {0}
    await until_sent(face)


async def test_an_answer_at_once_only_means_taken_note(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """Some firmware answers before the person has come; the upload is what counts (field notes 5, adduser)."""
    face.faults = Faults(silent={"adduser"})
    adding = asyncio.create_task(act(hass, hub, FACE, "add_user", name="Grace", credential="face"))
    await face.wait_received("adduser")
    await face.send({"ret": "adduser", "enrollid": 2, "result": True})
    await until_state_kind(hass, "started")
    assert not adding.done()
    face.scan_enrolment()
    assert await adding == {"enroll_id": 2}


async def test_an_enrolment_that_is_refused(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    face.faults.refuse["adduser"] = {"reason": 12, "msg": "face is double,id=1432"}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, hub, FACE, "add_user", name="Grace", credential="face")
    assert error.value.translation_key == "refused_already_enrolled_by"
    assert error.value.translation_placeholders == {
        "terminal": "Front door",
        "reason": "face is double,id=1432",
        "holder": "1432",
    }
    attributes = state_of(hass, ENROLMENT).attributes
    assert (attributes["event_type"], attributes["reason"]) == ("failed", "already_enrolled")


async def test_an_enroll_id_that_is_in_use(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, "add_user", enroll_id=1, name="Grace", credential="face")
    assert error.value.translation_key == "number_in_use_there"


async def test_cancelling(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, "cancel_add_user")
    assert error.value.translation_key == "no_enrolment"
    adding = asyncio.create_task(act(hass, hub, FACE, "add_user", name="Grace", credential="fingerprint"))
    await face.wait_received("adduser")
    await act(hass, hub, FACE, "cancel_add_user")
    with pytest.raises(HomeAssistantError) as cancelled:
        await adding
    assert cancelled.value.translation_key == "enrolment_cancelled"
    assert state_of(hass, ENROLMENT).attributes["event_type"] == "cancelled"


async def test_somebody_added_at_the_keypad_is_an_event_and_an_echo_is_not(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    await act(hass, hub, FACE, "set_credential", enroll_id=1, credential="card", value="77")
    await until_sent(face)  # the echo
    assert state_of(hass, ENROLMENT).state == "unknown"
    face.enrol_user(person(enrollid=9, name="Keypad", credentials={11: 5}))
    await until_sent(face)
    await until_state_kind(hass, "enrolled")
    assert state_of(hass, ENROLMENT).attributes["person"] == "Keypad"
    assert hub.terminals[FACE].roster.people[9].slots == {11}


# Copying


async def test_copies_are_byte_identical_and_resumable(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    credentials: dict[int, str | int] = {0: TEMPLATE + "e(128)61(19)1e5b", 10: 1234, 11: 2352253, 20: "ZmFjZQ=="}
    face.enrol_user(person(credentials=credentials))
    face.machine.users.change_lock(7, {"endtime": "2027-01-01 00:00:00"})
    await until_sent(face)
    other = make_terminal("ai_face", FINGER)
    await connected(hass, other)
    other.faults.refuse["setuserinfo"] = {"reason": 3, "msg": "no space"}
    result = await act(hass, hub, FACE, "copy_user", enroll_id=7, to=[FINGER])
    assert result is not None
    (outcome,) = result["terminals"].values()
    assert outcome["failed"] == dict.fromkeys(("fingerprint_0", "password", "card", "face_0"), "no_space")
    del other.faults.refuse["setuserinfo"]
    other.machine.users.by_id[7] = person(credentials={11: 2352253})
    await hub.terminals[FINGER].roster.async_refresh(None)
    result = await act(hass, hub, FACE, "copy_user", enroll_id=7, to=[FINGER])
    assert result is not None
    (outcome,) = result["terminals"].values()
    assert outcome["copied"] == ["fingerprint_0", "password", "face_0"]
    assert outcome["unchanged"] == ["card"]
    assert other.users[7].credentials == credentials
    assert (other.users[7].name, other.users[7].admin) == ("Grace", 2)
    assert other.users[7].lock.endtime == "2027-01-01 00:00:00"
    await until_sent(other)
    assert state_of(hass, "event.office_enrolment").state == "unknown"  # echoes are no enrolments


async def test_fingerprints_of_another_algorithm_are_not_sent(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    face.enrol_user(person())
    await until_sent(face)
    finger = await connected(hass, make_terminal(replace(PROFILES["tfs30"], fpalgo="thbio1.0"), FINGER))
    with pytest.raises(HomeAssistantError, match="Office"):
        await hass.services.async_call(
            "timmy_access",
            "copy_user",
            {
                "device_id": hub.terminals[FACE].device_id,
                "enroll_id": 7,
                "to": [hub.terminals[FINGER].device_id],
            },
            blocking=True,
        )
    assert 7 not in finger.users


async def test_copying_to_an_area_leaves_out_where_they_come_from(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    face.enrol_user(person(credentials={11: 2352253}))
    await until_sent(face)
    other = await connected(hass, make_terminal("ai_face", FINGER))
    hall, yard = (ar.async_get(hass).async_create(name) for name in ("Hall", "Yard"))
    devices = dr.async_get(hass)
    for serial in (FACE, FINGER):
        devices.async_update_device(hub.terminals[serial].device_id, area_id=hall.id)

    async def copy(**where: list[str]) -> Any:
        return await hass.services.async_call(
            "timmy_access",
            "copy_user",
            {"device_id": hub.terminals[FACE].device_id, "enroll_id": 7, **where},
            blocking=True,
            return_response=True,
        )

    result = await copy(to_area_id=[hall.id])
    assert [outcome["name"] for outcome in result["terminals"].values()] == ["Office"]
    assert other.users[7].credentials == {11: 2352253}
    devices.async_update_device(hub.terminals[FACE].device_id, area_id=yard.id)
    for where in ({}, {"to_area_id": [yard.id]}):
        with pytest.raises(ServiceValidationError) as error:
            await copy(**where)
        assert error.value.translation_key == "target_missing"


async def test_copying_to_the_terminal_itself(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, "copy_user", enroll_id=1, to=[FACE])
    assert error.value.translation_key == "copy_to_itself"
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, "copy_user", enroll_id=55, to=[FINGER])
    assert error.value.translation_key == "person_unknown"


async def test_a_number_under_which_somebody_is_being_recorded_is_nobody_elses(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """It is deleted as soon as they are: whoever had got it would be gone."""
    hub.recordings.numbers = frozenset({hub.terminals[FACE].roster.next_enroll_id()})
    added = await act(hass, hub, FACE, "add_user", name="Trent", credential="card", value="4711")
    assert added is not None
    assert added["enroll_id"] == max(hub.recordings.numbers) + 1


async def test_a_number_that_the_log_knows_is_not_given_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    face.enrol_user(person())
    await until_sent(face)
    face.punch(7)
    await face.wait_sent()
    await act(hass, hub, FACE, "delete_user", enroll_id=7)
    added = await act(hass, hub, FACE, "add_user", name="Trent", credential="card", value="4711")
    assert added == {"enroll_id": 8}
    # Who asks for the very number gets it; what was before stays what it was.
    await hub.terminals[FACE]._roster_keeper._work.async_done()
    await act(hass, hub, FACE, "add_user", enroll_id=7, name="Trent", credential="card", value="4712", same_name=True)
    await hub.terminals[FACE]._roster_keeper._work.async_done()
    found = await act(hass, hub, FACE, "get_logs", enroll_id=7)
    assert found is not None
    assert [record["person"] for record in found["records"]] == ["Grace"]


# Secrets


async def test_secrets_are_told_only_when_asked_for(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    face.enrol_user(person(credentials={10: 4321, 11: 98765, 20: TEMPLATE}))
    await until_sent(face)
    plain = str(await act(hass, hub, FACE, "get_users")) + str(await act(hass, hub, FACE, "get_user", enroll_id=7))
    for secret in ("4321", "98765", TEMPLATE):
        assert secret not in plain
    told = await act(hass, hub, FACE, "get_users", include_secrets=True)
    assert told is not None
    assert told["users"][1]["secrets"] == {"password": 4321, "card": 98765}
    told = await act(hass, hub, FACE, "get_user", enroll_id=7, include_secrets=True)
    assert told is not None
    assert told["secrets"] == {"password": 4321, "card": 98765, "face_0": TEMPLATE}


async def test_people_are_for_administrators(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_read_only_user: HomeAssistantUser
) -> None:
    calls: tuple[tuple[str, dict[str, int]], ...] = (
        ("get_users", {}),
        ("delete_user", {"enroll_id": 1}),
        ("open_door", {"door": 1}),
    )
    for action, data in calls:
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                "timmy_access",
                action,
                {"device_id": hub.terminals[FACE].device_id, **data},
                blocking=True,
                return_response=action == "get_users",
                context=Context(user_id=hass_read_only_user.id),
            )
    assert face.users.keys() == {1}
    assert face.doors[1].openings == 0


# The roster


async def test_three_thousand_people_are_read_and_partial_lists_delete_nobody(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    finger = make_terminal("tfs30", FINGER)
    for number in range(1, 3000):
        finger.add_user(User(enrollid=number, name=f"Person {number}", credentials={0: "c5", 11: number}))
    await connected(hass, finger)
    roster = hub.terminals[FINGER].roster
    assert roster.complete
    result = await act(hass, hub, FINGER, "get_users")
    assert result is not None
    assert len(result["users"]) == 2999
    assert result["users"][41] == {
        "enroll_id": 42,
        "name": "Person 42",
        "role": "user",
        "enabled": None,
        "credentials": {"fingerprint": 1, "card": 1},
        "person_entity_id": None,
    }
    for number in range(1000, 3000):
        del finger.users[number]
    finger.faults.unknown = {"getdevcap"}
    await roster.async_refresh(2999)  # as far as it has said, it still has them all
    assert len(roster.people) == 2999
    await roster.async_refresh(999)
    assert len(roster.people) == 999


async def redial(hass: HomeAssistant, terminal: VirtualTerminal) -> None:
    await terminal.drop()
    await terminal.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)


async def add_four(hass: HomeAssistant, terminal: VirtualTerminal) -> None:
    """Have 10 to 13 on a terminal, and known."""
    for number in range(10, 14):
        terminal.add_user(User(enrollid=number, name=f"Name {number}"))
    await redial(hass, terminal)


def asked(terminal: VirtualTerminal, command: str) -> int:
    return sum(frame.get("cmd") == command for frame in terminal.received)


async def test_a_roster_is_read_once_a_connection_and_when_the_terminals_count_changes(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    terminal = hub.terminals[FACE]
    before = asked(face, "getuserlist")
    await terminal._async_read_changed_people()
    assert asked(face, "getuserlist") == before
    await redial(hass, face)
    assert asked(face, "getuserlist") > before
    before = asked(face, "getuserlist")
    face.add_user(person())
    await redial(hass, face)
    assert terminal.roster.name_of(7) == "Grace"
    assert asked(face, "getuserlist") > before
    before = asked(face, "getuserlist")
    await terminal._async_read_changed_people()
    assert asked(face, "getuserlist") == before


@pytest.mark.parametrize("tells", [True, False])
async def test_who_was_deleted_at_the_menu_is_gone_where_the_terminal_tells_how_many_it_holds(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, tells: bool
) -> None:
    """The count of its registration is of before; one that does not tell another may have sent a cut list."""
    await add_four(hass, face)
    terminal = hub.terminals[FACE]
    face.faults.quiet_keypad = True
    face.faults.unknown = set() if tells else {"getdevcap"}
    for number in (1, 10, 11, 12, 13):
        del face.users[number]
    await terminal.async_refresh_people()
    assert len(terminal.roster.people) == (0 if tells else 5)
    assert state_of(hass, "sensor.front_door_people").state == ("0" if tells else "5")
    await terminal.async_refresh_people()
    assert len(terminal.roster.people) == (0 if tells else 5)


@pytest.mark.parametrize("all_names", [False, True])
async def test_who_asks_in_the_middle_of_a_reading_is_told_of_what_was_done_before_they_asked(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, all_names: bool
) -> None:
    """The pages of that reading, and most of its names, are of before; those who began it wait no longer for that."""
    await add_four(hass, face)
    terminal = hub.terminals[FACE]
    for number in range(10, 14):
        terminal.roster.async_note(number, name="")
    face.faults.quiet_keypad = True
    later: list[asyncio.Task[None]] = []

    def _at_the_keypad() -> None:
        del face.users[10]
        face.add_user(User(enrollid=20, name="Emmy"))
        face.users[11].name = "Renamed"
        again = terminal.async_refresh_people(all_names=all_names)
        later.extend(hass.async_create_task(it) for it in (again, terminal.async_refresh_people()))

    face.faults.interruptions.append(Interruption(command="getusername", nth=3, act=_at_the_keypad))
    before = asked(face, "getuserlist")
    await terminal.async_refresh_people()
    await asyncio.gather(*later)
    assert len(later) == 2
    assert terminal.roster.people.keys() == {1, 11, 12, 13, 20}
    assert terminal.roster.name_of(20) == "Emmy"
    assert terminal.roster.name_of(13) == "Name 13"
    assert (terminal.roster.name_of(11) == "Renamed") is all_names
    assert asked(face, "getuserlist") == before + 2 * 2  # two readings, of a page and an empty one


async def test_names_are_read_again_over_a_new_connection(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was taken for the terminal may have told others."""
    await add_four(hass, face)
    terminal = hub.terminals[FACE]
    for number in range(10, 14):
        terminal.roster.async_note(number, name="Mallory")
    monkeypatch.setattr(roster_module, "MAX_NAMES_AGAIN", 3)
    await redial(hass, face)
    names = [terminal.roster.name_of(number) for number in (1, *range(10, 14))]
    assert names.count("Mallory") == 2
    before = asked(face, "getusername")
    await terminal._async_read_changed_people()  # an hour later
    assert asked(face, "getusername") == before + 2
    names = [terminal.roster.name_of(number) for number in (1, *range(10, 14))]
    assert names == ["Ada Lovelace", *(f"Name {number}" for number in range(10, 14))]
    await terminal._async_read_changed_people()
    assert asked(face, "getusername") == before + 2


async def test_firmware_that_does_not_tell_names_is_not_asked_on(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GetUserName, "timeout", 0.05)
    finger = make_terminal("tfs30", FINGER)
    finger.faults = Faults(silent={"getusername"})
    for number in range(2, 20):
        finger.add_user(User(enrollid=number, credentials={0: "c5"}))
    await connected(hass, finger)
    asked = {frame["enrollid"] for frame in finger.received if frame.get("cmd") == "getusername"}
    assert len(asked) == roster_module.MAX_NAMES_UNANSWERED
    assert len(hub.terminals[FINGER].roster.people) == 19


async def until_sent(terminal: VirtualTerminal) -> None:
    """Wait until the terminal has nothing left to upload."""
    await terminal.wait_for(lambda: not terminal.machine.new_users)


async def until_state_kind(hass: HomeAssistant, kind: str) -> None:
    await until(hass, ENROLMENT, lambda state: state.attributes.get("event_type") == kind)


async def test_what_no_roster_can_hold_is_left_out(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    roster = hub.terminals[FACE].roster
    for enroll_id, slot in ((-5, 1), (7, 100), (7, -1), (7, 11), (8, 10**15)):
        received = len(face.received)
        await face.send({"cmd": "senduser", "sn": FACE, "enrollid": enroll_id, "backupnum": slot, "record": "x"})
        await face.wait_received("senduser", after=received)
    for slot in range(100):
        roster.async_note(9, slot=slot)
    assert roster.people[7].slots == {11}
    assert roster.people[8].slots == set()
    assert len(roster.people[9].slots) == MAX_SLOTS
    await hub.terminals[FACE].async_stop("test")
    kept = {person.enroll_id: person.slots for person in await hub.ledger.people(FACE)}
    assert (kept[7], kept[8], len(kept[9] or ())) == ((11,), (), MAX_SLOTS)
    assert min(kept) > 0


async def test_a_name_that_no_terminal_holds_is_none(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    roster = hub.terminals[FACE].roster
    for name in ("x" * MAX_NAME, "y" * (MAX_NAME + 1)):
        received = len(face.received)
        frame = {"cmd": "senduser", "enrollid": 7, "name": name, "backupnum": 10, "admin": 1, "record": 1234}
        await face.send(frame)
        await face.wait_received("senduser", after=received)
        assert roster.people[7].name == "x" * MAX_NAME
    assert roster.people[7].role == 1


async def test_people_in_bulk_are_known_and_not_all_told(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """A terminal that sends people as fast as it can makes no event of each."""
    now = [0.0]
    hub.terminals[FACE]._interpreter._enrolled = Throttle(MAX_ENROLLED_TOLD / 60, MAX_ENROLLED_TOLD, lambda: now[0])
    heard = listen(hass, "timmy_access_event")
    told = {"cmd": "senduser", "sn": FACE, "backupnum": 0, "admin": 0, "record": "c5"}
    for number in range(100, 100 + 2 * MAX_ENROLLED_TOLD):
        received = len(face.received)
        await face.send({**told, "enrollid": number, "name": f"Name {number}"})
        await face.wait_received("senduser", after=received)
    await hass.async_block_till_done()
    assert len(heard) == MAX_ENROLLED_TOLD
    roster = hub.terminals[FACE].roster
    assert roster.name_of(99 + 2 * MAX_ENROLLED_TOLD) == f"Name {99 + 2 * MAX_ENROLLED_TOLD}"
    now[0] = 60.0
    await face.send({**told, "enrollid": 5000, "name": "Grace"})
    await until(hass, "event.front_door_enrolment", lambda state: state.attributes["enroll_id"] == 5000)
