"""Every action: its texts, its fields, and what a terminal is like after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.services import ACTIONS
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from scripts.docs import actions as actions_page
from simulator import User, VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER, MakeTerminal, connected
from ..until import listen

ROOT = Path(__file__).parents[3]
GRACE = 7
TEMPLATE = "c5" * 300

type Response = dict[str, Any] | None
type Check = Callable[[VirtualTerminal, Response], object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call and what must be true afterwards."""

    check: Check
    data: Mapping[str, Any] = field(default_factory=dict)
    serial: str = FACE


def last(terminal: VirtualTerminal, name: str) -> dict[str, Any]:
    """Return the last frame of a command, without its word."""
    frame = next(frame for frame in reversed(terminal.received) if frame.get("cmd") == name)
    return {key: value for key, value in frame.items() if key != "cmd"}


WEEK = {"mon": [{"from": "07:00", "to": "18:30:00"}], "sun": []}

CASES: dict[str, Case] = {
    "add_user": Case(
        data={"name": "Alan", "credential": "card", "value": "4711", "role": "administrator"},
        check=lambda terminal, response: (
            response == {"enroll_id": GRACE + 1}
            and terminal.users[GRACE + 1].credentials == {11: 4711}
            and (terminal.users[GRACE + 1].name, terminal.users[GRACE + 1].admin) == ("Alan", 1)
        ),
    ),
    "cancel_add_user": Case(check=lambda terminal, _: terminal.users.keys() == {1, GRACE}),
    "clear_admins": Case(data={"confirm": True}, check=lambda terminal, _: terminal.users[GRACE].admin == 0),
    "clear_all_user_access": Case(
        data={"confirm": True}, check=lambda terminal, _: terminal.users[GRACE].lock.group == 0
    ),
    "clear_user_access": Case(
        data={"enroll_id": GRACE}, check=lambda terminal, _: terminal.users[GRACE].lock.group == 0
    ),
    "control_door": Case(
        data={"function": "cancel_alarm"}, check=lambda terminal, _: last(terminal, "lockctrl") == {"fuc": 6}
    ),
    "copy_user": Case(
        data={"enroll_id": GRACE, "to": [FINGER]},
        check=lambda _, response: (
            response is not None
            and next(iter(response["terminals"].values()))
            == {
                "name": "Office",
                "copied": ["fingerprint_0", "card"],
                "unchanged": [],
                "incompatible": [],
                "failed": {"face_0": "refused"},
                "dates": "ok",
            }
        ),
    ),
    "delete_all_users": Case(data={"confirm": True}, check=lambda terminal, _: terminal.users == {}),
    "delete_credential": Case(
        data={"enroll_id": GRACE, "credential": "card"},
        check=lambda terminal, _: terminal.users[GRACE].credentials.keys() == {0, 20},
    ),
    "delete_user": Case(data={"enroll_id": GRACE}, check=lambda terminal, _: terminal.users.keys() == {1}),
    "disable_user": Case(
        data={"enroll_id": GRACE},
        check=lambda terminal, _: (
            not terminal.users[GRACE].enabled
            and last(terminal, "enableuser")["enflag"] == 0
            and last(terminal, "setuserinfo") == {"enrollid": GRACE, "enable": 0}
        ),
    ),
    "enable_user": Case(data={"enroll_id": GRACE}, check=lambda terminal, _: terminal.users[GRACE].enabled),
    "get_access_settings": Case(
        check=lambda terminal, response: (
            response is not None
            and response["open_delay"] == terminal.access_settings["opendelay"]
            and response["week_zones"]["1"]["mon"] == [{"from": "00:01", "to": "23:59"}]
        )
    ),
    "get_capacity": Case(
        check=lambda terminal, response: response is not None and response["users_used"] == len(terminal.users)
    ),
    "get_holidays": Case(check=lambda _, response: response == {"holidays": []}),
    "get_questionnaire": Case(
        check=lambda terminal, response: response is not None and response["items"] == terminal.questionnaire["items"]
    ),
    "get_settings": Case(
        check=lambda terminal, response: response is not None and response["volume"] == terminal.settings["volume"]
    ),
    "get_time": Case(check=lambda _, response: response is not None and "T" in response["time"]),
    "get_user": Case(
        data={"enroll_id": GRACE},
        check=lambda _, response: (
            response
            == {
                "enroll_id": GRACE,
                "name": "Grace",
                "role": "super_user",
                "enabled": None,
                "credentials": {"card": 1, "face": 1, "fingerprint": 1},
                "person_entity_id": None,
            }
        ),
    ),
    "get_user_access": Case(
        data={"enroll_id": GRACE},
        check=lambda _, response: response is not None and (response["group"], response["week_zone"]) == (3, 2),
    ),
    "get_user_message": Case(check=lambda _, response: response == {"message": ""}),
    "get_users": Case(
        check=lambda _, response: (
            response is not None and [user["name"] for user in response["users"]] == [ADA, "Grace"]
        )
    ),
    "initialize": Case(data={"confirm": True}, check=lambda terminal, _: terminal.users == {} and terminal.logs == []),
    "open_door": Case(
        serial=CONTROLLER,
        data={"door": 2},
        check=lambda terminal, _: [door.openings for door in terminal.doors.values()] == [0, 1, 0, 0],
    ),
    "restart": Case(check=lambda terminal, _: last(terminal, "reboot") == {}),
    "send_command": Case(
        data={"command": {"cmd": "getusername", "enrollid": GRACE}},
        check=lambda _, response: response is not None and response["reply"]["record"] == "Grace",
    ),
    "set_access_settings": Case(
        data={"open_delay": 9, "week_zones": {2: WEEK}, "groups_together": [[1, 2, 9], [1, 1]]},
        check=lambda terminal, _: (
            terminal.access_settings["opendelay"] == 9
            and terminal.access_settings["lockgroup"][:2] == [{"group": 129}, {"group": 11}]
            and opening(terminal, 2, 0) == ["07:00~18:30"]
            and opening(terminal, 2, 6) == []
            and opening(terminal, 1, 0) == ["00:01~23:59"]
        ),
    ),
    "set_credential": Case(
        data={"enroll_id": GRACE, "credential": "password", "value": "1230"},
        check=lambda terminal, _: (
            terminal.users[GRACE].credentials[10] == 1230
            and (terminal.users[GRACE].name, terminal.users[GRACE].admin) == ("Grace", 2)
        ),
    ),
    "set_holidays": Case(
        data={"holidays": [{"name": "Xmas", "start_day": "12-25", "end_day": "12-26", "day_zone": 3}]},
        check=lambda terminal, _: (
            terminal.holidays == [{"name": "Xmas", "startday": "12-25", "endday": "12-26", "shift": 0, "dayzone": 3}]
        ),
    ),
    "set_questionnaire": Case(
        data={
            "items": ["in", "out"],
            "required_items": [2],
            "schedules": [{"from": "8:00", "to": "12:00", "item": 1}],
        },
        check=lambda terminal, _: (
            terminal.questionnaire["items"] == ["in", "out"]
            and terminal.questionnaire["optionflag"] == 2
            and terminal.questionnaire["schedules"][0] == "08:00-12:00*1"
        ),
    ),
    "set_settings": Case(data={"volume": 8}, check=lambda terminal, _: last(terminal, "setdevinfo") == {"volume": 8}),
    "set_time": Case(
        data={"time": "2030-01-02 03:04:05"},
        check=lambda terminal, _: last(terminal, "settime") == {"cloudtime": "2030-01-02 03:04:05"},
    ),
    "set_user": Case(
        data={
            "enroll_id": GRACE,
            "name": "Grace H.",
            "department": "HR",
            "verify_mode": "face_and_card",
            "valid_until": "2027-01-01 00:00:00",
            "week_zone": 4,
        },
        check=lambda terminal, _: (
            (user := terminal.users[GRACE]).name == "Grace H."
            and (user.department, user.verifymode, user.admin) == ("HR", 10, 2)
            and (user.lock.endtime, user.lock.weekzone, user.lock.group) == ("2027-01-01 00:00:00", 4, 3)
        ),
    ),
    "set_user_access": Case(
        data={"enroll_id": GRACE, "week_zone": 5},
        check=lambda terminal, _: (terminal.users[GRACE].lock.weekzone, terminal.users[GRACE].lock.group) == (5, 3),
    ),
    "set_user_message": Case(
        data={"message": "Closed today"}, check=lambda terminal, _: terminal.notice == "Closed today"
    ),
    "set_user_names": Case(
        data={"names": [{"enroll_id": 1, "name": "Ada L."}, {"enroll_id": GRACE, "name": "G."}]},
        check=lambda terminal, _: [user.name for user in terminal.users.values()] == ["Ada L.", "G."],
    ),
}


def opening(terminal: VirtualTerminal, week_zone: int, day: int) -> list[str]:
    """Return the sections that a terminal has for a day of a week zone."""
    zone = terminal.access_settings["weekzone"][week_zone - 1]["week"][day]["day"]
    sections = terminal.access_settings["dayzone"][zone - 1]["day"]
    return [section["section"] for section in sections if section["section"] != "00:00~00:00"]


async def act(hass: HomeAssistant, hub: Hub, serial: str, action: str, /, **data: Any) -> Response:
    """Perform an action as an automation does."""
    if "to" in data:
        data["to"] = [hub.terminals[target].device_id for target in data["to"]]
    answers = hass.services.supports_response(DOMAIN, action) is not SupportsResponse.NONE
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": hub.terminals[serial].device_id, **data},
        blocking=True,
        return_response=answers,
    )


@pytest.fixture
async def terminals(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> dict[str, VirtualTerminal]:
    """All three terminals; the face terminal also has Grace, who has a bit of everything."""
    made = {
        FACE: make_terminal("ai_face", FACE),
        FINGER: make_terminal("tfs30", FINGER),
        CONTROLLER: make_terminal("controller4", CONTROLLER),
    }
    grace = User(enrollid=GRACE, name="Grace", admin=2, credentials={0: TEMPLATE, 11: 2352253, 20: TEMPLATE})
    made[FACE].add_user(grace)
    made[FACE].machine.users.change_lock(GRACE, {"group": 3, "weekzone": 2})
    for terminal in made.values():
        await connected(hass, terminal)
    return made


@pytest.mark.parametrize("name", CASES)
async def test_what_a_terminal_is_like_afterwards(
    hass: HomeAssistant, hub: Hub, terminals: dict[str, VirtualTerminal], name: str
) -> None:
    case = CASES[name]
    if name == "cancel_add_user":
        adding = hass.async_create_task(act(hass, hub, FACE, "add_user", name="X", credential="face"))
        await terminals[FACE].wait_received("adduser")
    response = await act(hass, hub, case.serial, name, **case.data)
    if name == "cancel_add_user":
        with pytest.raises(Exception, match="cancelled"):
            await adding
    if name == "restart":
        await terminals[FACE].wait_received("reboot")
    assert case.check(terminals[case.serial], response), (response, terminals[case.serial].received[-3:])


# Actions whose effect is not on the terminal have tests of their own.
ELSEWHERE = {
    "guests/test_guests.py": (
        "create_pass",
        "extend_pass",
        "get_passes",
        "reply_access",
        "reply_pin",
        "reply_qr_code",
        "revoke_pass",
    ),
    "hub/test_emergencies.py": ("emergency",),
    "house/test_actions.py": (
        "add_person",
        "export_people",
        "get_access_groups",
        "get_differences",
        "get_people",
        "import_people",
        "keep_in_step",
        "remove_access_group",
        "remove_person",
        "set_access_group",
        "settle_difference",
        "update_person",
    ),
    "people/test_persons.py": ("link_person", "unlink_person"),
    "people/test_roll_call.py": ("end_roll_call", "get_roll_call", "mark_safe"),
    "records/test_hours.py": ("add_punch", "export_attendance", "leave_out_record", "withdraw_correction"),
    "records/test_records.py": ("delete_logs", "export_logs", "fetch_logs", "get_attendance", "get_logs"),
    "records/test_photos.py": ("get_latest_photo",),
    "terminal/test_holds.py": ("hold_door",),
    "terminal/test_two_factors.py": ("end_two_factors", "require_two_factors"),
}


def test_every_action_has_a_case() -> None:
    elsewhere = [name for names in ELSEWHERE.values() for name in names]
    assert sorted([*CASES, *elsewhere]) == [action.name for action in ACTIONS]
    for file, names in ELSEWHERE.items():
        text = (Path(__file__).parents[1] / file).read_text()
        assert [name for name in names if f'"{name}"' not in text] == []


def test_the_page_of_actions_is_up_to_date() -> None:
    assert (ROOT / "docs" / "actions.md").read_text() == actions_page()


READING = ("get_access_settings", "get_capacity", "get_holidays", "get_questionnaire", "get_settings", "get_time")


@pytest.mark.parametrize("action", READING)
async def test_other_users_do_not_have_a_terminal_asked(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_read_only_user: MockUser, action: str
) -> None:
    received = len(face.received)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": hub.terminals[FACE].device_id},
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    assert len(face.received) == received


def write(folder: str, text: str) -> None:
    Path(folder, "secrets.yaml").write_text(text)


async def test_what_is_secret_is_named_and_not_said(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """Home Assistant writes the data of actions into its database: so they may be where nobody looks."""
    mine = "timmy_access_card: 9182736455\ntimmy_access_pin: '556677'\ntimmy_access_word: abc\n"
    write(hass.config.config_dir, f"{mine}wifi: 11223344\n")
    heard = listen(hass, "*")
    user = {"enroll_id": 9, "name": "Ada"}
    named = {"card": "secret:timmy_access_card", "password": "secret:timmy_access_pin"}
    await act(hass, hub, FACE, "set_user", **user, **named)
    await act(hass, hub, FACE, "set_credential", enroll_id=9, credential="card", value="secret: timmy_access_pin")
    sent = json.dumps(face.received)
    assert "9182736455" in sent
    assert "556677" in sent
    said = json.dumps([event.as_dict() for event in heard], default=str)
    assert "set_user" in said
    assert "9182736455" not in said
    assert "556677" not in said
    wrong = [("card", "wifi"), ("card", "timmy_access_word"), ("password", "timmy_access_other"), ("card", "")]
    for where, name in wrong:
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, hub, FACE, "set_user", **user, **{where: f"secret:{name}"})
        assert caught.value.translation_key == "secret_unusable"
        assert caught.value.translation_placeholders == {
            "field": where,
            "label": {"card": "Card number", "password": "PIN"}[where],
            "prefix": "timmy_access_",
        }
    write(hass.config.config_dir, "wifi: 11223344\n- broken")
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, hub, FACE, "set_credential", enroll_id=9, credential="card", value="secret:timmy_access_card")
    assert caught.value.translation_key == "secret_unusable"
    assert "11223344" not in json.dumps(face.received)
