from dataclasses import replace

import pytest

from simulator import PUNCH_PHOTO, Timing, User

from .conftest import Lab, Server

NOT_FOUND = {
    "ret": "deleteuser",
    "sn": "ZX00000001",
    "result": False,
    "reason": 1,
    "msg": "can not find the user",
}


async def test_user_information(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1, name="Ada", admin=2, credentials={0: "c5(9)1", 11: 77}))
    terminal.add_user(User(enrollid=2, credentials={11: 78}))
    assert await server.call("getuserinfo", enrollid=1) == {
        "ret": "getuserinfo",
        "sn": "ZX00000001",
        "result": True,
        "enrollid": 1,
        "name": "Ada",
        "backupnum": 0,
        "admin": 2,
        "record": "c5(9)1",
    }
    assert (await server.call("getuserinfo", enrollid="1", backupnum=11))["record"] == 77
    for keys in ({}, {"enrollid": 2}, {"enrollid": 1, "backupnum": 1}, {"enrollid": 3}):
        reply = await server.call("getuserinfo", **keys)
        assert reply == {
            "ret": "getuserinfo",
            "sn": "ZX00000001",
            "result": False,
            "reason": 1,
        }


async def test_face_terminal_tells_whether_somebody_is_enabled(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.add_user(User(enrollid=1, credentials={50: PUNCH_PHOTO}))
    reply = await server.call("getuserinfo", enrollid=1)
    assert (reply["backupnum"], reply["enable"]) == (50, 1)


async def test_credentials_are_stored(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    for backupnum, record in ((0, "c5(9)1"), (10, 1234), (11, 77)):
        reply = await server.call("setuserinfo", enrollid=4, name="Bo", backupnum=backupnum, admin=1, record=record)
        assert reply["enrollid"] == 4
    user = terminal.users[4]
    assert (user.name, user.admin, user.enabled) == ("Bo", 1, True)
    assert user.credentials == {0: "c5(9)1", 10: 1234, 11: 77}
    # No echo on this firmware.
    assert not server.named("senduser")


@pytest.mark.parametrize(
    ("backupnum", "record"),
    [
        (10, "1234"),
        (10, 123456789),
        (11, "77"),
        (11, True),
        (11, None),
        (0, 5),
        (0, "c" * 1620),
        (50, PUNCH_PHOTO),
        (20, "f"),
        (12, "x"),
    ],
)
async def test_wrong_credentials(lab: Lab, server: Server, backupnum: int, record: object) -> None:
    terminal = await lab.registered("tfs30")
    reply = await server.call("setuserinfo", enrollid=4, backupnum=backupnum, record=record)
    assert (reply["result"], reply["reason"]) == (False, 1)
    assert not terminal.users


async def test_memory_is_finite(lab: Lab, server: Server) -> None:
    profile = lab.terminal("ai_face").profile
    terminal = await lab.registered(replace(profile, sizes={**profile.sizes, "usersize": 1}))
    terminal.add_user(User(enrollid=1))
    reply = await server.call("setuserinfo", enrollid=2, name="x", backupnum=11, record=5)
    assert (reply["reason"], reply["msg"]) == (3, "no space")


async def test_face_terminal_echoes_what_was_written(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    await server.call("setuserinfo", enrollid=4, name="Bo", backupnum=11, record=77)
    echo = await server.frame("senduser")
    assert (echo["enrollid"], echo["backupnum"], echo["record"]) == (4, 11, 77)


async def test_whole_and_partial_users(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    await server.call(
        "setuserinfo",
        enrollid=7,
        name="Bo",
        admin=1,
        verifymode=8,
        department="HR",
        card=77,
        pwd=1234,
        zoneid=3,
        groupid=2,
        access_times=10,
        starttime="2025-03-01 00:00:00",
        endtime="2055-05-27 23:59:59",
    )
    user = terminal.users[7]
    assert user.credentials == {10: 1234, 11: 77}
    assert (user.verifymode, user.department, user.access_times) == (8, "HR", 10)
    assert (user.lock.weekzone, user.lock.group) == (3, 2)
    assert user.lock.endtime == "2055-05-27 23:59:59"
    await server.call("setuserinfo", enrollid=7, enable=0)
    assert not user.enabled
    assert (user.name, user.credentials) == ("Bo", {10: 1234, 11: 77})
    reply = await server.call("setuserinfo", enrollid=8, enable=0)
    assert reply["msg"] == "can not find the user"
    reply = await server.call("setuserinfo", enrollid=7, enable=2)
    assert reply["reason"] == 1


@pytest.mark.parametrize("profile", ["tfs30", "controller4"])
async def test_old_firmware_knows_no_profiles(lab: Lab, server: Server, profile: str) -> None:
    terminal = await lab.registered(profile)
    terminal.add_user(User(enrollid=7))
    for keys in ({"enable": 0}, {"name": "x"}, {"backupnum": 0, "record": "c5", "verifymode": 0}):
        reply = await server.call("setuserinfo", enrollid=7, **keys)
        assert (reply["result"], reply["reason"]) == (False, 1)
    assert terminal.users[7].enabled


async def test_photos(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    photo = {"name": "x", "backupnum": 50, "admin": 0}
    url = f"data:image/jpeg;base64,{PUNCH_PHOTO}"
    assert (await server.call("setuserinfo", enrollid=1432, record=url, **photo))["result"]
    assert terminal.users[1432].credentials == {50: PUNCH_PHOTO}
    again = await server.call("setuserinfo", enrollid=1432, record=PUNCH_PHOTO, **photo)
    assert again["result"]
    double = await server.call("setuserinfo", enrollid=2, record=PUNCH_PHOTO, **photo)
    assert (double["result"], double["reason"]) == (False, 12)
    assert double["msg"] == "face is double,id=1432"
    for record in ("aabbcc!", "aaaa"):
        reply = await server.call("setuserinfo", enrollid=2, record=record, **photo)
        assert (reply["reason"], reply["msg"]) == (5, "no face")
    large = "/9j/" + "A" * 220_000
    assert (await server.call("setuserinfo", enrollid=2, record=large, **photo))["reason"] == 1
    assert 2 not in terminal.users


async def test_deletion(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.add_user(User(enrollid=1, credentials={0: "a", 1: "b", 11: 5, 50: "p"}))
    await server.call("deleteuser", enrollid=1, backupnum=50)
    assert sorted(terminal.users[1].credentials) == [0, 1, 11]
    await server.call("deleteuser", enrollid=1, backupnum=12)
    assert sorted(terminal.users[1].credentials) == [11]
    reply = await server.call("deleteuser", enrollid=1, backupnum=12)
    assert reply["msg"] == "have no data"
    await server.call("deleteuser", enrollid=1, backupnum=11)
    assert terminal.users[1].credentials == {}
    await server.call("deleteuser", enrollid=1, backupnum=13)
    assert not terminal.users
    assert await server.call("deleteuser", enrollid=1, backupnum=13) == NOT_FOUND


async def test_old_firmware_forgets_people_without_credentials(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1, credentials={0: "a", 11: 5}))
    await server.call("deleteuser", enrollid=1, backupnum=0)
    assert list(terminal.users) == [1]
    await server.call("deleteuser", enrollid=1, backupnum=11)
    assert not terminal.users


async def test_names_switches_and_messages(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1, admin=1))
    terminal.add_user(User(enrollid=2, admin=2))
    names = [{"enrollid": 1, "name": "Zoë"}, {"enrollid": 2, "name": "Bo"}]
    await server.call("setusername", count=2, record=names)
    assert (await server.call("getusername", enrollid=1))["record"] == "Zoë"
    await server.call("enableuser", enrollid=1, enflag=0)
    await server.call("enableuser", enrolled=2, enflag=0)
    await server.call("enableuser", enrollid=2, enflag=1)
    assert [user.enabled for user in terminal.users.values()] == [False, True]
    await server.call("cleanadmin")
    assert {user.admin for user in terminal.users.values()} == {0}
    await server.call("setuserprofile", enrollid=1, profile="call home")
    await server.call("setuserprofile", enrollid=0, profile="closed today")
    assert (await server.call("getuserprofile", enrollid=1))["record"] == "call home"
    assert (await server.call("getuserprofile", enrollid=0))["record"] == "closed today"
    assert terminal.notice == "closed today"
    await server.call("cleanuser")
    assert not terminal.users


async def test_remote_enrolment(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    add = {"cmd": "adduser", "enrollid": 1001, "backupnum": 50, "name": "TEST", "flag": 10}
    await server.send(add)
    # Other commands are answered while the person takes time.
    await server.call("gettime")
    assert not server.named("adduser")
    busy = await server.call("adduser", enrollid=1002, backupnum=50)
    assert (busy["enrollid"], busy["result"], busy["reason"]) == (1002, False, 1)
    terminal.scan_enrolment()
    assert await server.frame("adduser", number=2) == {
        "ret": "adduser",
        "sn": "ZX00000001",
        "enrollid": 1001,
        "result": True,
    }
    user = await server.frame("senduser")
    assert (user["enrollid"], user["backupnum"], user["name"]) == (1001, 50, "TEST")
    assert user["record"] == PUNCH_PHOTO
    exists = await server.call("adduser", enrollid=1001, backupnum=50)
    assert (exists["enrollid"], exists["result"], exists["reason"]) == (1001, False, 2)
    with pytest.raises(RuntimeError, match="no remote enrolment"):
        terminal.scan_enrolment()


async def test_nobody_scans(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face", replace(Timing.fast(), enrolment=0.01))
    reply = await server.call("adduser", enrollid=5, backupnum=0)
    assert (reply["enrollid"], reply["result"], reply["reason"]) == (5, False, 1)
    assert not terminal.users


@pytest.mark.parametrize(
    ("backupnum", "given", "kind"),
    [(0, None, str), (10, None, int), (11, None, int), (11, 99, int), (20, None, str)],
)
async def test_what_a_scan_yields(lab: Lab, server: Server, backupnum: int, given: int | None, kind: type) -> None:
    terminal = await lab.registered("ai_face")
    await server.send({"cmd": "adduser", "enrollid": 5, "backupnum": backupnum})
    await server.call("gettime")
    terminal.scan_enrolment(given)
    record = (await server.frame("senduser"))["record"]
    assert isinstance(record, kind)
    assert given in {None, record}


async def test_the_socket_is_lost_during_an_enrolment(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    await server.send({"cmd": "adduser", "enrollid": 5, "backupnum": 11})
    await server.call("gettime")
    await terminal.drop()
    await terminal.wait_registered()
    terminal.scan_enrolment(8)
    assert (await server.frame("senduser"))["record"] == 8
    assert not server.named("adduser")
