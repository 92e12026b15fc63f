"""Each command of the specification, asked as the specification asks, answered as it answers."""

import pytest

from simulator import PROFILES, PUNCH_PHOTO, User
from simulator.commands import HANDLERS

from .conftest import Frame, Lab, Server

DONE = frozenset({"ret", "sn", "result"})
PAGE = DONE | {"count", "from", "to", "record"}
LOCK = {"enrollid": 1, "weekzone": 1, "group": 1, "starttime": "2016-03-25 01:00:00"}
QUESTIONNAIRE = {
    "title": "inout event",
    "voice": "please select",
    "errmsg": "please select",
    "radio": True,
    "optionflag": 0,
    "usequestion": True,
    "useschedule": True,
    "card": 0,
    "items": ["in", "out", "onduty", "offduty"],
    "schedules": ["00:01-11:12*1", "11:30-12:30*3", "13:00-19:00*4"] + ["00:00-00:00*0"] * 5,
}
HOLIDAYS = [
    {"name": "holiday1", "startday": "01-01", "endday": "01-01", "shift": 0, "dayzone": 0},
    {"name": "holiday2", "startday": "02-01", "endday": "02-07", "shift": 0, "dayzone": 0},
]
DEVICE = {
    "deviceid": 1,
    "language": 0,
    "volume": 0,
    "screensaver": 0,
    "verifymode": 0,
    "sleep": 0,
    "userfpnum": 3,
    "loghint": 1000,
    "reverifytime": 0,
}
ACCESS = {
    "opendelay": 5,
    "doorsensor": 0,
    "alarmdelay": 0,
    "threat": 0,
    "InputAlarm": 0,
    "antpass": 0,
    "interlock": 0,
    "mutiopen": 0,
    "tryalarm": 0,
    "tamper": 0,
    "wgformat": 0,
    "wgoutput": 0,
    "cardoutput": 0,
    "dayzone": [{"day": [{"section": "06:00~07:00"}, {"section": "08:30~12:00"}]}],
    "weekzone": [{"week": [{"day": 1}] * 5 + [{"day": 2}] * 2}],
    "lockgroup": [{"group": 1234}, {"group": 126}],
}
PROFILE = {
    "name": "test",
    "verifymode": 0,
    "department": "HR",
    "admin": 0,
    "card": 12345,
    "pwd": 123,
    "enable": 1,
    "shiftid": 1,
    "zoneid": 1,
    "groupid": 1,
    "access_times": 10,
    "postid": 1,
    "starttime": "2025-03-01 00:00:00",
    "endtime": "2055-05-27 23:59:59",
    "backupnum": 0,
    "record": "kajgksjgaglas",
}

# Section, command, its keys, the keys of the answer, the profiles which accept it.
EVERY = tuple(PROFILES)
FACE = ("ai_face",)
COMMANDS: list[tuple[str, str, Frame, frozenset[str], tuple[str, ...]]] = [
    ("B1", "getuserlist", {"stn": True}, PAGE, EVERY),
    (
        "B2",
        "getuserinfo",
        {"enrollid": 1, "backupnum": 0},
        DONE | {"enrollid", "name", "backupnum", "admin", "record"},
        EVERY,
    ),
    (
        "B3",
        "setuserinfo",
        {"enrollid": 1, "name": "c", "backupnum": 0, "admin": 0, "record": "aabb"},
        DONE | {"enrollid"},
        EVERY,
    ),
    (
        "B3 photo",
        "setuserinfo",
        {"enrollid": 1, "name": "c", "backupnum": 50, "admin": 0, "record": PUNCH_PHOTO},
        DONE | {"enrollid"},
        FACE,
    ),
    (
        "B3 password",
        "setuserinfo",
        {"enrollid": 1, "name": "c", "backupnum": 10, "admin": 0, "record": 12345678},
        DONE | {"enrollid"},
        EVERY,
    ),
    (
        "B3 card",
        "setuserinfo",
        {"enrollid": 1, "name": "c", "backupnum": 11, "admin": 0, "record": 2352253},
        DONE | {"enrollid"},
        EVERY,
    ),
    ("B4", "deleteuser", {"enrollid": 1, "backupnum": 0}, DONE, EVERY),
    ("B5", "getusername", {"enrollid": 1}, DONE | {"record"}, EVERY),
    (
        "B6",
        "setusername",
        {"count": 2, "record": [{"enrollid": 1, "name": "a"}, {"enrollid": 2, "name": "b"}]},
        DONE,
        EVERY,
    ),
    ("B7", "enableuser", {"enrollid": 1, "enflag": 1}, DONE, EVERY),
    ("B8", "enableuser", {"enrolled": 1, "enflag": 0}, DONE, EVERY),
    ("B9", "cleanuser", {}, DONE, EVERY),
    ("B10", "getnewlog", {"stn": True}, PAGE, EVERY),
    ("B11", "getalllog", {"stn": True, "from": "2018-11-1", "to": "2018-12-30"}, PAGE, EVERY),
    ("B12", "cleanlog", {}, DONE, EVERY),
    ("B13", "initsys", {}, DONE, EVERY),
    ("B15", "cleanadmin", {}, DONE, EVERY),
    ("B16", "settime", {"cloudtime": "2016-03-25 13:49:30"}, DONE, EVERY),
    ("B17", "setdevinfo", DEVICE, DONE, EVERY),
    ("B17 tips", "setdevinfo", {"sleep": True, "volume": 8}, DONE, EVERY),
    ("B18", "getdevinfo", {}, DONE | set(DEVICE), EVERY),
    ("B19", "opendoor", {"doornum": 1}, DONE, EVERY),
    ("B20", "setdevlock", ACCESS, DONE, EVERY),
    ("B21", "getdevlock", {}, DONE | set(ACCESS), EVERY),
    (
        "B22",
        "getuserlock",
        {"enrollid": 1},
        DONE | {"enrollid", "weekzone", "group", "starttime", "endtime"},
        EVERY,
    ),
    ("B23", "setuserlock", {"count": 1, "record": [LOCK]}, DONE, EVERY),
    ("B24", "deleteuserlock", {"enrollid": 1}, DONE, EVERY),
    ("B25", "cleanuserlock", {}, DONE, EVERY),
    ("B26", "gettime", {}, frozenset({"ret", "sn", "time"}), EVERY),
    ("B29", "getquestionnaire", {"stn": True}, DONE | set(QUESTIONNAIRE), EVERY),
    ("B30", "setquestionnaire", QUESTIONNAIRE, DONE, EVERY),
    ("B31", "getholiday", {"stn": True}, DONE | {"holidays"}, EVERY),
    ("B32", "setholiday", {"holidays": HOLIDAYS}, DONE, EVERY),
    ("B33", "setuserprofile", {"enrollid": 1, "profile": "m"}, DONE | {"enrollid"}, EVERY),
    ("B34", "getuserprofile", {"enrollid": 1}, DONE | {"enrollid", "record"}, EVERY),
    (
        "B36",
        "getdevcap",
        {},
        DONE
        | {"usersize", "facesize", "fpsize", "palmsize", "cardsize", "pwdsize", "logsize"}
        | {"useduser", "usedface", "usedfp", "usedpalm", "usedcard", "usedpwd"}
        | {"usedlog", "usednewlog", "usedrtlog"},
        EVERY,
    ),
    ("B37", "setuserinfo", {"enrollid": 1, **PROFILE}, DONE | {"enrollid"}, FACE),
    ("B38", "lockctrl", {"fuc": 1}, DONE, EVERY),
]
ELSEWHERE = {"reboot", "adduser"}


@pytest.mark.parametrize("profile", EVERY)
@pytest.mark.parametrize(
    ("cmd", "keys", "answer", "able"),
    [entry[1:] for entry in COMMANDS],
    ids=[f"{entry[0]} {entry[1]}" for entry in COMMANDS],
)
async def test_command(
    lab: Lab,
    server: Server,
    profile: str,
    cmd: str,
    keys: Frame,
    answer: frozenset[str],
    able: tuple[str, ...],
) -> None:
    terminal = lab.terminal(profile)
    for number in (1, 2):
        terminal.add_user(User(enrollid=number, name=f"user {number}", credentials={0: "c5"}))
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    reply = await server.call(cmd, sn="whatever", **keys)
    assert reply["sn"] == "ZX00000001"
    if profile in able:
        assert answer <= set(reply)
        assert reply.get("result", True) is True
    else:
        assert reply["result"] is False
        assert reply["reason"] == 1


def test_no_command_is_forgotten() -> None:
    assert {entry[1] for entry in COMMANDS} | ELSEWHERE == set(HANDLERS)


@pytest.mark.parametrize("profile", ["tfs30", "controller4"])
async def test_old_firmware_ignores_unknown_commands(lab: Lab, server: Server, profile: str) -> None:
    await lab.registered(profile)
    assert await server.silent("getalluserinfo")


async def test_face_firmware_does_not_know_a_command(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    assert await server.call("getalluserinfo") == {
        "ret": "getalluserinfo",
        "sn": "ZX00000001",
        "result": False,
        "msg": "can not find this command",
    }
    assert (await server.call("disabledevice"))["result"] is True


async def test_nonsense_is_dropped(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    for text in ("{", "[1]", "5", b"\xff"):
        await server.sockets[-1].send(text)
    await server.send({"ret": "sendqrcode", "access": 1})
    await server.send({"ret": "sendlog", "result": True, "count": 1, "logindex": 1})
    await server.send({"cmd": 5})
    await server.call("gettime")
    assert terminal.registered
    assert [frame.get("cmd") for frame in terminal.received[-2:]] == [5, "gettime"]


async def test_small_receive_buffer(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1))
    record = [{"enrollid": 1, "name": "x" * 60}] * 50
    assert await server.silent("setusername", count=50, record=record)
    assert terminal.users[1].name == ""


async def test_every_kind_of_wrong_argument(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.add_user(User(enrollid=1))
    wrong: list[tuple[str, Frame]] = [
        ("getuserinfo", {}),
        ("getuserinfo", {"enrollid": "x"}),
        ("getuserinfo", {"enrollid": [1]}),
        ("getuserinfo", {"enrollid": 1, "backupnum": 11}),
        ("getuserinfo", {"enrollid": 2}),
        ("setusername", {"count": 1, "record": []}),
        ("setusername", {"count": 1, "record": [5]}),
        ("setusername", {"count": 1, "record": {}}),
        ("setusername", {"count": 1, "record": [{"enrollid": 1, "name": 5}]}),
        ("setusername", {"count": 1, "record": [{"enrollid": 9, "name": "x"}]}),
        ("enableuser", {"enrollid": 1, "enflag": 2}),
        ("settime", {}),
        ("settime", {"cloudtime": "tomorrow"}),
        ("setdevinfo", {"volume": 11}),
        ("setdevinfo", {"userfpnum": 0}),
        ("setdevinfo", {"server_verify": 3}),
        ("setdevlock", {"threat": 4}),
        ("setdevlock", {"dayzone": [{"day": [{"section": "24:00~25:00"}]}]}),
        ("setdevlock", {"dayzone": [{"day": [{"section": "07:00~18:00"}] * 6}]}),
        ("setdevlock", {"dayzone": [{"day": []}] * 9}),
        ("setdevlock", {"weekzone": [{"week": [{"day": 9}]}]}),
        ("setdevlock", {"lockgroup": [{"group": 1}] * 6}),
        ("setdevlock", {"nopentime": [{"day": 1}] * 8}),
        ("setuserlock", {"count": 1, "record": [{"enrollid": 1, "group": 10}]}),
        ("setuserlock", {"count": 1, "record": [{"enrollid": 1, "weekzone": 9}]}),
        (
            "setuserlock",
            {"count": 1, "record": [{"enrollid": 1, "endtime": "1999-01-01 00:00:00"}]},
        ),
        ("getalllog", {"stn": True, "from": "last week"}),
        ("setquestionnaire", {"radio": False, "items": ["x"] * 9}),
        ("setquestionnaire", {"items": ["x"] * 17}),
        ("setquestionnaire", {"schedules": ["00:00-00:00*0"] * 9}),
        ("setquestionnaire", {"schedules": ["25:00-00:00*0"]}),
        ("setholiday", {"holidays": [{"name": "x", "startday": "1-1", "endday": "01-01"}]}),
        ("setholiday", {}),
        ("setuserprofile", {"enrollid": 1, "profile": "x" * 201}),
        ("setuserprofile", {"enrollid": 9, "profile": "x"}),
        ("getuserprofile", {"enrollid": 9}),
        ("lockctrl", {"fuc": 7}),
        ("lockctrl", {}),
        ("deleteuser", {"enrollid": 1}),
        ("deleteuser", {"enrollid": 1, "backupnum": 12}),
    ]
    before = (dict(terminal.settings), dict(terminal.access_settings))
    for cmd, keys in wrong:
        reply = await server.call(cmd, **keys)
        assert (reply["result"], reply["reason"]) == (False, 1), cmd
        assert isinstance(reply["msg"], str)
    assert (terminal.settings, terminal.access_settings) == before
