"""Every example frame of the specification: what terminals say is read, what servers say is built."""

from datetime import date, datetime
from typing import Any

import pytest

from custom_components.timmy_access.protocol import answers, commands
from custom_components.timmy_access.protocol.answers import Answer
from custom_components.timmy_access.protocol.commands import COMMANDS, Command, Reply
from custom_components.timmy_access.protocol.enums import DoorControl
from custom_components.timmy_access.protocol.messages import MESSAGES

from .support import assert_lossless, load, parse

FRAMES = load("frames.jsonl")
EVERY_ID = 138
BY_ID = {line["id"]: line["frame"] for line in FRAMES}
FROM_TERMINAL = [line["id"] for line in FRAMES if line["from"] == "terminal"]

THEN = datetime(2016, 3, 25, 13, 49, 30)  # noqa: DTZ001 - terminals speak naive local time
VALID: dict[str, Any] = {
    "valid_from": datetime(2016, 3, 25, 1, 0),  # noqa: DTZ001
    "valid_until": datetime(2099, 3, 25, 23, 59),  # noqa: DTZ001
}
HOLIDAYS = tuple(
    commands.Holiday(name=name, start_day=start, end_day=end, shift=0, day_zone=0)
    for name, start, end in (
        ("holiday1", "01-01", "01-01"),
        ("holiday2", "02-01", "02-07"),
        ("holiday3", "05-01", "05-03"),
    )
)
WEEK = (1, 1, 1, 1, 1, 2, 2)
TEMPLATE = "aabbccddeeffggddssiifjdkjfkjdsjlkjalflsgsadg"


def credential(backup_number: int, record: int | str) -> commands.SetCredential:
    return commands.SetCredential(enroll_id=1, user_name="chingzou", backup_number=backup_number, record=record)


BUILT: dict[str, Answer | Command[Any]] = {
    "A1-2": answers.RegistrationAccepted(cloud_time=THEN, suppress_users=True),
    "A1-3": answers.RegistrationRefused(reason="did not reg"),
    "A2-2": answers.LogsAccepted(count=2, log_index=10, cloud_time=THEN, access=True, message="message"),
    "A2-3": answers.LogsRefused(),
    "A3-6": answers.UserAccepted(cloud_time=THEN),
    "A3-7": answers.UserRefused(),
    "B1-1": commands.GetUserList(),
    "B1-3": commands.GetUserList().following(),
    "B2-1": commands.GetUserInfo(enroll_id=1, backup_number=0),
    "B2-4": commands.GetUserInfo(enroll_id=1, backup_number=50),
    "B2-7": commands.GetUserInfo(enroll_id=1, backup_number=11),
    "B2-10": commands.GetUserInfo(enroll_id=1, backup_number=10),
    "B3-1": credential(0, TEMPLATE),
    "B3-2": credential(50, TEMPLATE),
    "B3-3": credential(10, 12345678),
    "B3-4": credential(11, 2352253),
    "B4-1": commands.DeleteUser(enroll_id=1, backup_number=0),
    "B5-1": commands.GetUserName(enroll_id=1),
    "B6-1": commands.SetUserNames(
        records=(
            commands.NamedUser(enroll_id=1, name="chingzou"),
            commands.NamedUser(enroll_id=2, name="chingzou2"),
        )
    ),
    "B7-1": commands.EnableUser(enroll_id=1, enabled=True),
    "B8-1": commands.EnableUser(enroll_id=1, enabled=False),
    "B9-1": commands.CleanUsers(),
    "B10-1": commands.GetNewLogs(),
    "B10-3": commands.GetNewLogs().following(),
    "B11-1": commands.GetAllLogs(since=date(2018, 11, 1), until=date(2018, 12, 30)),
    "B11-3": commands.GetAllLogs(since=date(2018, 11, 1), until=date(2018, 12, 30)).following(),
    "B12-1": commands.CleanLogs(),
    "B13-1": commands.EraseTerminal(),
    "B14-1": commands.Restart(),
    "B15-1": commands.CleanAdministrators(),
    "B16-1": commands.SetTime(time=THEN),
    "B17-1": commands.SetSettings(
        device_id=1,
        language=0,
        volume=0,
        screensaver_delay=0,
        verify_mode=0,
        sleep=False,
        fingerprints_per_user=3,
        log_warning=1000,
        reverify_time=0,
    ),
    "B17-4": commands.SetSettings(volume=8, sleep=True),
    "B17-5": commands.SetSettings(volume=8, sleep=True),
    "B18-1": commands.GetSettings(),
    "B19-1": commands.OpenDoor(door=1),
    "B20-1": commands.SetAccessSettings(
        open_delay=5,
        door_sensor=0,
        alarm_delay=0,
        duress=0,
        alarm_input=0,
        anti_passback=0,
        interlock=False,
        people_together=0,
        tries_before_alarm=0,
        tamper=False,
        wiegand_format=0,
        wiegand_output=0,
        wiegand_card=False,
        access_times=0,
        punch_times=0,
        day_zones=(
            ("06:00~07:00", "08:30~12:00", "13:00~17:00", "18:00~21:00", "22:00~23:30"),
            ("00:01~23:59",),
        ),
        week_zones=(WEEK, WEEK),
        combinations=(1234, 126, 348, 139, 15),
    ),
    "B20-4": commands.SetAccessSettings(day_zones=(("07:00~18:00",),), week_zones=((1,),)),
    "B21-1": commands.GetAccessSettings(),
    "B22-1": commands.GetPermission(enroll_id=1),
    "B23-1": commands.SetPermissions(
        records=(
            commands.Permission(
                enroll_id=1,
                week_zone=1,
                week_zone_2=1,
                week_zone_3=1,
                week_zone_4=1,
                group=1,
                **VALID,
            ),
            commands.Permission(enroll_id=2, week_zone=1, group=1, **VALID),
        )
    ),
    "B24-1": commands.DeletePermission(enroll_id=1),
    "B25-1": commands.CleanPermissions(),
    "B26-1": commands.GetTime(),
    "B28-1": answers.QrVerdict(
        serial="ZX12345678",
        access=True,
        enroll_id=10,
        user_name="tom",
        message="ok",
        voice="ok",
        font_size=32,
        text_color=(255, 0, 0),
    ),
    "B29-1": commands.GetQuestionnaire(),
    "B30-1": commands.SetQuestionnaire(
        title="inout event",
        voice="please select",
        prompt="please select",
        single_choice=True,
        required_items=0,
        enabled=True,
        schedules_enabled=True,
        card_starts=False,
        items=("in", "out", "onduty", "offduty"),
        schedules=(
            "00:01-11:12*1",
            "11:30-12:30*3",
            "13:00-19:00*4",
            *("00:00-00:00*0",) * 5,
        ),
    ),
    "B31-1": commands.GetHolidays(),
    "B32-1": commands.SetHolidays(holidays=HOLIDAYS),
    "B33-1": commands.SetUserProfile(enroll_id=1, profile="message"),
    "B34-1": commands.GetUserProfile(enroll_id=1),
    "B35-1": commands.AddUser(enroll_id=1001, backup_number=50, role=0, user_name="TEST"),
    "B35-2": commands.AddUser(enroll_id=1001, backup_number=50, user_name="TEST"),
    "B36-1": commands.GetCapacity(),
    "B37-1": commands.SetUser(
        enroll_id=1,
        user_name="test",
        verify_mode=0,
        department="HR",
        role=0,
        card=12345,
        pin=123,
        enabled=True,
        shift=1,
        week_zone=1,
        group=1,
        access_times=10,
        department_id=1,
        valid_from=datetime(2025, 3, 1),  # noqa: DTZ001
        valid_until=datetime(2055, 5, 27, 23, 59, 59),  # noqa: DTZ001
        backup_number=0,
        record="kajgksjgaglas",
    ),
    "B38-1": commands.ControlDoor(function=DoorControl.HOLD_OPEN),
}

ABSENT = object()
# Where what is sent differs from the print: frame, key, what is sent instead.
DEVIATIONS: dict[str, dict[str, object]] = {
    # the print leaves most of the 50 records out; the number of records is what is sent
    "B6-1": {"count": 2},
    "B23-1": {"count": 2},
    # the print has the misspelt key only; firmware looks for either (field notes 5, enableuser)
    "B8-1": {"enrollid": 1},
    # months and days have two digits everywhere else (field notes 5, getalllog)
    "B11-1": {"from": "2018-11-01"},
    # every other print, and the vendor's SDK, have reverifytime (field notes 5, setdevinfo)
    "B17-1": {"reverifypm": ABSENT, "reverifytime": 0},
    # true and 1 are the same to a terminal (specification B17, tips)
    "B17-5": {"sleep": 1},
}


def same_json(one: object, other: object) -> bool:
    """Equal, and not just because True == 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other, strict=True))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("frame_id", FROM_TERMINAL)
def test_what_terminals_say_is_read_without_loss(frame_id: str) -> None:
    frame = BY_ID[frame_id]
    structure = parse(frame)
    assert type(structure) is not Reply or frame["ret"] in COMMANDS
    assert_lossless(structure, frame)


@pytest.mark.parametrize("frame_id", FROM_TERMINAL)
def test_nothing_of_the_specification_is_left_over(frame_id: str) -> None:
    """All printed keys have a field; only the name of the frame stays in `extra`."""
    assert set(parse(BY_ID[frame_id]).extra) == {"cmd" if "cmd" in BY_ID[frame_id] else "ret"}


@pytest.mark.parametrize("frame_id", BUILT)
def test_what_servers_say_is_built_key_by_key(frame_id: str) -> None:
    expected = {**BY_ID[frame_id], **DEVIATIONS.get(frame_id, {})}
    expected = {key: value for key, value in expected.items() if value is not ABSENT}
    built = BUILT[frame_id].frame()
    assert built.keys() == expected.keys()
    for key, value in expected.items():
        assert same_json(built[key], value), key


def test_every_deviation_is_one() -> None:
    for frame_id, changes in DEVIATIONS.items():
        for key, value in changes.items():
            assert not same_json(BY_ID[frame_id].get(key, ABSENT), value)


def test_every_frame_was_visited() -> None:
    assert len(BY_ID) == EVERY_ID
    assert {*FROM_TERMINAL, *BUILT} == set(BY_ID)


def test_every_message_and_every_command_has_an_example() -> None:
    undocumented = {"checklive", "heartbeat", "sendpin"}  # field notes 1 and 4
    requests = {line["frame"].get("cmd") for line in FRAMES}
    assert {*MESSAGES, *COMMANDS} - requests == undocumented
