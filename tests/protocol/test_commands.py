"""What may be sent: every limit, and nothing secret in a log."""

from collections.abc import Callable
from datetime import UTC, date, datetime
import inspect
from typing import Any

import pytest

from custom_components.timmy_access.protocol import answers, commands
from custom_components.timmy_access.protocol.commands import (
    COMMANDS,
    AddUser,
    Command,
    ControlDoor,
    DeleteUser,
    EnableUser,
    GetAllLogs,
    GetUserInfo,
    GetUserProfile,
    Holiday,
    NamedUser,
    OpenDoor,
    Paged,
    Permission,
    Restart,
    SetAccessSettings,
    SetCredential,
    SetHolidays,
    SetPermissions,
    SetQuestionnaire,
    SetSettings,
    SetTime,
    SetUser,
    SetUserNames,
    SetUserProfile,
)
from custom_components.timmy_access.protocol.commands.base import MAX_COMMAND_BYTES
from custom_components.timmy_access.protocol.enums import DoorControl
from custom_components.timmy_access.protocol.errors import CommandInvalid, Problem

NOON = datetime(2026, 11, 24, 12, 0, 0)  # noqa: DTZ001 - terminals speak naive local time

# The command of every section B1 to B38 of the specification; B27 and B28 are a message and its answer.
SECTIONS = {
    1: "getuserlist",
    2: "getuserinfo",
    3: "setuserinfo",
    4: "deleteuser",
    5: "getusername",
    6: "setusername",
    7: "enableuser",
    8: "enableuser",
    9: "cleanuser",
    10: "getnewlog",
    11: "getalllog",
    12: "cleanlog",
    13: "initsys",
    14: "reboot",
    15: "cleanadmin",
    16: "settime",
    17: "setdevinfo",
    18: "getdevinfo",
    19: "opendoor",
    20: "setdevlock",
    21: "getdevlock",
    22: "getuserlock",
    23: "setuserlock",
    24: "deleteuserlock",
    25: "cleanuserlock",
    26: "gettime",
    29: "getquestionnaire",
    30: "setquestionnaire",
    31: "getholiday",
    32: "setholiday",
    33: "setuserprofile",
    34: "getuserprofile",
    35: "adduser",
    36: "getdevcap",
    37: "setuserinfo",
    38: "lockctrl",
}

CLASSES = [
    item
    for item in vars(commands).values()
    if inspect.isclass(item) and issubclass(item, Command) and item not in {Command, Paged}
]


def credential(**changes: Any) -> SetCredential:
    return SetCredential(**{"enroll_id": 1, "user_name": "Ada", "backup_number": 0, "record": "", **changes})


def names(count: int, name: str = "Ada") -> SetUserNames:
    return SetUserNames(records=tuple(NamedUser(enroll_id=number + 1, name=name) for number in range(count)))


def test_a_credential_says_nothing_of_how_somebody_is_verified() -> None:
    """Vendor software adds `verifymode: 0` (field notes 11), which would undo what this person was given before."""
    assert credential().wire() == {"enrollid": 1, "name": "Ada", "backupnum": 0, "admin": 0, "record": ""}


INVALID: list[tuple[Callable[[], object], str, Problem]] = [
    # people
    (lambda: GetUserInfo(enroll_id=0, backup_number=0), "enroll_id", Problem.OUT_OF_RANGE),
    (lambda: GetUserInfo(enroll_id=10**12, backup_number=0), "enroll_id", Problem.OUT_OF_RANGE),
    (lambda: GetUserInfo(enroll_id=True, backup_number=0), "enroll_id", Problem.NOT_A_NUMBER),
    (lambda: GetUserInfo(enroll_id="1", backup_number=0), "enroll_id", Problem.NOT_A_NUMBER),  # type: ignore[arg-type]
    (lambda: GetUserInfo(enroll_id=1, backup_number=12), "backup_number", Problem.NOT_A_CHOICE),
    (lambda: GetUserInfo(enroll_id=1, backup_number=[]), "backup_number", Problem.NOT_A_CHOICE),  # type: ignore[arg-type]
    (lambda: GetUserInfo(enroll_id=1, backup_number=1.0), "backup_number", Problem.NOT_A_CHOICE),  # type: ignore[arg-type]
    (lambda: DeleteUser(enroll_id=1, backup_number=14), "backup_number", Problem.NOT_A_CHOICE),
    (lambda: credential(user_name="x" * 65), "user_name", Problem.TOO_LONG),
    (lambda: credential(user_name="张" * 22), "user_name", Problem.TOO_LONG),
    (lambda: credential(user_name="a\x00b"), "user_name", Problem.NOT_A_TEXT),
    (lambda: credential(user_name="\ud800"), "user_name", Problem.NOT_A_TEXT),
    (lambda: credential(role=3), "role", Problem.NOT_A_CHOICE),
    (lambda: credential(record=5), "record", Problem.NOT_A_TEXT),
    (lambda: credential(record="x" * 2_000_001), "record", Problem.TOO_LONG),
    (lambda: credential(record="x" * 2_000_000), "setuserinfo", Problem.TOO_LARGE),
    (lambda: credential(backup_number=10, record="1234"), "record", Problem.NOT_A_NUMBER),
    (lambda: credential(backup_number=10, record=100_000_000), "record", Problem.OUT_OF_RANGE),
    (lambda: credential(backup_number=10, record=0), "record", Problem.OUT_OF_RANGE),
    (lambda: credential(backup_number=11, record="77"), "record", Problem.NOT_A_NUMBER),
    (lambda: credential(backup_number=11, record=0), "record", Problem.OUT_OF_RANGE),
    (lambda: credential(backup_number=11, record=2**53), "record", Problem.OUT_OF_RANGE),
    (lambda: SetUser(enroll_id=1, verify_mode=6), "verify_mode", Problem.NOT_A_CHOICE),
    (lambda: SetUser(enroll_id=1, pin=123456789), "pin", Problem.OUT_OF_RANGE),
    (lambda: SetUser(enroll_id=1, card=0), "card", Problem.OUT_OF_RANGE),
    (lambda: SetUser(enroll_id=1, enabled=1), "enabled", Problem.NOT_A_TRUTH),  # type: ignore[arg-type]
    (lambda: SetUser(enroll_id=1, week_zone=9), "week_zone", Problem.OUT_OF_RANGE),
    (lambda: SetUser(enroll_id=1, group=10), "group", Problem.OUT_OF_RANGE),
    (lambda: SetUser(enroll_id=1, access_times=-1), "access_times", Problem.OUT_OF_RANGE),
    (lambda: SetUser(enroll_id=1, valid_from=NOON.replace(tzinfo=UTC)), "valid_from", Problem.NOT_A_DATE),
    (lambda: SetUser(enroll_id=1, record="x"), "backup_number", Problem.TOO_FEW),
    (lambda: SetUser(enroll_id=1, backup_number=50), "record", Problem.TOO_FEW),
    (lambda: SetUser(enroll_id=1, backup_number=10, record="1"), "backup_number", Problem.NOT_A_CHOICE),
    (lambda: names(0), "records", Problem.TOO_FEW),
    (lambda: names(51), "records", Problem.TOO_MANY),
    (lambda: names(2, "x" * 65), "records[0].name", Problem.TOO_LONG),
    (lambda: names(50, "x" * 64), "setusername", Problem.TOO_LARGE),
    (lambda: EnableUser(enroll_id=1, enabled=0), "enabled", Problem.NOT_A_TRUTH),  # type: ignore[arg-type]
    (lambda: AddUser(enroll_id=1, backup_number=51, user_name="A"), "backup_number", Problem.NOT_A_CHOICE),
    (lambda: GetUserProfile(enroll_id=-1), "enroll_id", Problem.OUT_OF_RANGE),
    (lambda: SetUserProfile(enroll_id=0, profile="x" * 201), "profile", Problem.TOO_LONG),
    # doors
    (lambda: OpenDoor(door=0), "door", Problem.OUT_OF_RANGE),
    (lambda: OpenDoor(door=5), "door", Problem.OUT_OF_RANGE),
    (lambda: ControlDoor(function=DoorControl.UNKNOWN), "function", Problem.NOT_A_CHOICE),
    # logs
    (lambda: GetAllLogs(since=NOON), "since", Problem.NOT_A_DATE),
    (lambda: GetAllLogs(until="2026-01-01"), "until", Problem.NOT_A_DATE),  # type: ignore[arg-type]
    # device
    (lambda: SetSettings(volume=11), "volume", Problem.OUT_OF_RANGE),
    (lambda: SetSettings(screensaver_delay=256), "screensaver_delay", Problem.OUT_OF_RANGE),
    (lambda: SetSettings(verify_mode=25), "verify_mode", Problem.NOT_A_CHOICE),
    (lambda: SetSettings(fingerprints_per_user=0), "fingerprints_per_user", Problem.OUT_OF_RANGE),
    (lambda: SetSettings(reverify_time=256), "reverify_time", Problem.OUT_OF_RANGE),
    (lambda: SetTime(time=NOON.replace(tzinfo=UTC)), "time", Problem.NOT_A_DATE),
    (lambda: SetTime(time=date(2026, 1, 1)), "time", Problem.NOT_A_DATE),  # type: ignore[arg-type]
    # access
    (lambda: SetAccessSettings(open_delay=256), "open_delay", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(door_sensor=3), "door_sensor", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(alarm_delay=256), "alarm_delay", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(duress=4), "duress", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(alarm_input=3), "alarm_input", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(anti_passback=3), "anti_passback", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(people_together=5), "people_together", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(tries_before_alarm=11), "tries_before_alarm", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(wiegand_format=2), "wiegand_format", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(wiegand_output=3), "wiegand_output", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(day_zones=()), "day_zones", Problem.TOO_FEW),
    (lambda: SetAccessSettings(day_zones=(("24:00~07:00",),)), "day_zones[0][0]", Problem.NOT_A_TEXT),
    (lambda: SetAccessSettings(day_zones=(("06:00-07:00",),)), "day_zones[0][0]", Problem.NOT_A_TEXT),
    (lambda: SetAccessSettings(day_zones=(("06:00~07:00",) * 6,)), "day_zones[0]", Problem.TOO_MANY),
    (lambda: SetAccessSettings(day_zones=(("06:00~07:00",),) * 9), "day_zones", Problem.TOO_MANY),
    (lambda: SetAccessSettings(week_zones=((1, 9),)), "week_zones[0][1]", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(week_zones=((1,) * 8,)), "week_zones[0]", Problem.TOO_MANY),
    (lambda: SetAccessSettings(combinations=(1,) * 6), "combinations", Problem.TOO_MANY),
    (lambda: SetAccessSettings(combinations=(120,)), "combinations[0]", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(combinations=(11111,)), "combinations[0]", Problem.OUT_OF_RANGE),
    (lambda: SetAccessSettings(normally_open=(1,) * 6), "normally_open", Problem.TOO_FEW),
    # permissions
    (lambda: SetPermissions(records=()), "records", Problem.TOO_FEW),
    (lambda: SetPermissions(records=(Permission(enroll_id=0),)), "records[0].enroll_id", Problem.OUT_OF_RANGE),
    (
        lambda: SetPermissions(records=(Permission(enroll_id=1), Permission(enroll_id=2, week_zone_4=9))),
        "records[1].week_zone_4",
        Problem.OUT_OF_RANGE,
    ),
    (lambda: SetPermissions(records=(Permission(enroll_id=1),) * 51), "records", Problem.TOO_MANY),
    # holidays
    (lambda: SetHolidays(holidays=(Holiday(start_day="13-01"),)), "holidays[0].start_day", Problem.NOT_A_TEXT),
    (lambda: SetHolidays(holidays=(Holiday(end_day="02-30"),)), "holidays[0].end_day", Problem.NOT_A_TEXT),
    (lambda: SetHolidays(holidays=(Holiday(day_zone=9),)), "holidays[0].day_zone", Problem.OUT_OF_RANGE),
    # questionnaire
    (lambda: SetQuestionnaire(items=("x",) * 17), "items", Problem.TOO_MANY),
    (lambda: SetQuestionnaire(single_choice=False, items=("x",) * 9), "items", Problem.TOO_MANY),
    (lambda: SetQuestionnaire(title="x" * 126), "title", Problem.TOO_LONG),
    (lambda: SetQuestionnaire(schedules=("00:00-00:00*17",)), "schedules[0]", Problem.NOT_A_TEXT),
    (lambda: SetQuestionnaire(schedules=("00:00-00:00*1",) * 9), "schedules", Problem.TOO_MANY),
    # answers
    (lambda: answers.RegistrationRefused(reason="x" * 126), "reason", Problem.TOO_LONG),
    (lambda: answers.RegistrationAccepted(cloud_time=NOON.replace(tzinfo=UTC)), "cloud_time", Problem.NOT_A_DATE),
    (lambda: answers.LogsAccepted(cloud_time=NOON, message="x" * 126), "message", Problem.TOO_LONG),
    (lambda: answers.QrVerdict(access=True, font_size=11), "font_size", Problem.NOT_A_CHOICE),
    (lambda: answers.QrVerdict(access=True, text_color=(255, 0)), "text_color", Problem.TOO_FEW),
    (lambda: answers.QrVerdict(access=True, text_color=(0, 0, 256)), "text_color[2]", Problem.OUT_OF_RANGE),
    (lambda: answers.PinVerdict(access=True, voice="x" * 126), "voice", Problem.TOO_LONG),
]


@pytest.mark.parametrize(("build", "field", "problem"), INVALID)
def test_what_must_not_be_sent_cannot_be_built(build: Callable[[], object], field: str, problem: Problem) -> None:
    with pytest.raises(CommandInvalid) as refusal:
        build()
    assert (refusal.value.field, refusal.value.problem) == (field, problem)


VALID: list[Callable[[], Command[Any]]] = [
    lambda: GetUserInfo(enroll_id=999_999_999_999, backup_number=41),
    lambda: DeleteUser(enroll_id=1, backup_number=13),
    lambda: credential(user_name="张" * 21),
    lambda: credential(backup_number=10, record=99_999_999),
    lambda: credential(backup_number=11, record=2**32),
    lambda: credential(backup_number=50, record="/9j/" + "A" * 1_500_000),
    lambda: SetUser(enroll_id=7, enabled=False),
    lambda: SetUser(enroll_id=7, verify_mode=24),
    lambda: SetUserProfile(enroll_id=0, profile="x" * 200),
    lambda: names(50),
    lambda: SetSettings(verify_mode=4, volume=10, reverify_time=255),
    lambda: SetAccessSettings(combinations=(1, 9999), week_zones=((0, 1, 2, 3, 4, 5, 8),)),
    lambda: SetPermissions(records=(Permission(enroll_id=1, week_zone=1, group=0),) * 50),
    lambda: SetHolidays(holidays=(Holiday(name="leap", start_day="02-29", end_day="02-29"),)),
    lambda: SetQuestionnaire(single_choice=True, items=("x",) * 16, schedules=("23:59-00:00*16",) * 8),
]


@pytest.mark.parametrize("build", VALID)
def test_the_limits_themselves_can_be_sent(build: Callable[[], Command[Any]]) -> None:
    assert build().frame()["cmd"] in COMMANDS


def test_the_largest_batch_of_names_fits_the_small_buffer() -> None:
    frame = names(50, "x" * 20)
    assert frame.frame()["count"] == 50
    assert MAX_COMMAND_BYTES < 3000


def test_every_section_of_the_specification_has_its_command() -> None:
    assert {*SECTIONS, 27, 28} == {*range(1, 39)}
    assert set(SECTIONS.values()) == set(COMMANDS)
    assert {command.name for command in CLASSES} == set(COMMANDS)
    for name, command in COMMANDS.items():
        assert command.name == name


def test_only_single_reads_are_repeatable() -> None:
    for command in CLASSES:
        single_read = command.name.startswith("get") and not issubclass(command, Paged)
        assert command.repeatable is single_read, command


def test_only_door_commands_move_doors() -> None:
    assert [command.name for command in CLASSES if command.moves_door] == [ControlDoor.name, OpenDoor.name]
    assert {command for command in CLASSES if command.cargo} == {SetCredential, SetUser}
    assert {command for command in CLASSES if command.detached} == {AddUser}
    assert {command for command in CLASSES if not command.timeout} == {Restart}
    assert AddUser.timeout >= 60


def test_opening_all_doors_must_be_said() -> None:
    with pytest.raises(TypeError, match="door"):
        OpenDoor()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        OpenDoor(1)  # type: ignore[call-arg, arg-type]
    assert OpenDoor(door=None).frame() == {"cmd": "opendoor"}
    assert OpenDoor(door=4).frame() == {"cmd": "opendoor", "doornum": 4}


def test_disabling_says_it_both_ways() -> None:
    assert EnableUser(enroll_id=3, enabled=False).frame() == {
        "cmd": "enableuser",
        "enrollid": 3,
        "enflag": 0,
        "enrolled": 3,
    }
    assert "enrolled" not in EnableUser(enroll_id=3, enabled=True).frame()


@pytest.mark.parametrize("key", ["reverifytime", "reverifypm"])
def test_both_names_of_the_reverify_time_are_read(key: str) -> None:
    assert commands.GetSettings().read({key: 3}).reverify_time == 3
    assert SetSettings(reverify_time=3).frame() == {"cmd": "setdevinfo", "reverifytime": 3}


def test_the_days_of_a_log_are_asked_for_once() -> None:
    first = GetAllLogs(since=date(2026, 1, 2), until=date(2026, 3, 4))
    assert first.frame() == {"cmd": "getalllog", "stn": True, "from": "2026-01-02", "to": "2026-03-04"}
    assert first.following().frame() == {"cmd": "getalllog", "stn": False}


@pytest.mark.parametrize(
    "command",
    [
        credential(backup_number=10, record=42424242),
        credential(backup_number=11, record=42424242),
        credential(backup_number=0, record="42424242"),
        SetUser(enroll_id=1, pin=42424242),
        SetUser(enroll_id=1, card=42424242),
        SetUser(enroll_id=1, backup_number=50, record="42424242"),
        GetUserInfo(enroll_id=1, backup_number=10).read({"record": 42424242, "later": 42424242}),
    ],
)
def test_secrets_do_not_show(command: object) -> None:
    assert "42424242" not in repr(command)


def test_secrets_do_not_show_in_refusals() -> None:
    with pytest.raises(CommandInvalid) as refusal:
        credential(backup_number=10, record=4242424242)
    assert "4242424242" not in str(refusal.value)
