import asyncio

import pytest

from simulator import DoorEvent, User

from .conftest import Lab, Server


def events(server: Server) -> list[int]:
    records = [record for frame in server.named("sendlog") for record in frame["record"]]
    return [record["event"] for record in records if record["enrollid"] == 0]


async def test_a_door_opens_and_locks_again(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")

    async def stands_open() -> tuple[int, bool, int, str]:
        door = await terminal.wait_door(1)
        return door.number, door.is_open, door.openings, door.mode

    # Looked for from before: it is locked again soon.
    seen = asyncio.create_task(stands_open())
    assert (await server.call("opendoor", doornum=3, doorno=1, passwd="0"))["result"] is True  # noqa: S106
    assert await seen == (1, True, 1, "normal")
    assert list(terminal.doors) == [1]
    door = await terminal.wait_door(1, is_open=False)
    assert door.openings == 1
    # This firmware leaves no record.
    await server.call("gettime")
    assert events(server) == []


async def test_opening_an_open_door_starts_the_delay_again(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    await server.call("opendoor")
    await server.call("opendoor")
    assert terminal.doors[1].openings == 2
    await terminal.wait_door(1, is_open=False)
    await terminal.wait_sent()
    assert events(server) == [DoorEvent.SOFTWARE_OPEN] * 2


async def test_controller_opens_one_door(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    await server.call("opendoor", doornum=3)
    assert [door.number for door in terminal.doors.values() if door.is_open] == [3]
    for number in (0, 5):
        assert (await server.call("opendoor", doornum=number))["reason"] == 1
    await terminal.wait_sent()
    assert events(server) == [3]


async def test_controller_without_a_number_opens_all_doors(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    await server.call("opendoor")
    assert [door.openings for door in terminal.doors.values()] == [1, 1, 1, 1]


async def test_lock_control(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    door = terminal.doors[1]
    await server.call("lockctrl", fuc=1)
    assert (door.mode, door.is_open) == ("held_open", True)
    await server.call("opendoor")
    assert door.is_open
    await server.call("lockctrl", fuc=2)
    assert (door.mode, door.is_open) == ("held_closed", False)
    openings = door.openings
    # Success does not mean that it happened.
    assert (await server.call("opendoor"))["result"] is True
    assert (await server.call("lockctrl", fuc=3))["result"] is True
    assert (door.is_open, door.openings) == (False, openings)
    await server.call("lockctrl", fuc=4)
    assert (door.mode, door.is_open) == ("normal", False)
    await server.call("lockctrl", fuc=3)
    assert door.is_open
    terminal.door_event(DoorEvent.ALARM)
    assert terminal.alarm
    await server.call("lockctrl", fuc=6)
    assert not terminal.alarm
    await terminal.wait_sent()
    assert events(server) == [3, 3, 4, 3, 7]


async def test_door_contact(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    await server.call("setdevlock", doorsensor=1, opendelay=1)
    await server.call("opendoor", doornum=1)
    await terminal.wait_for(lambda: len(terminal.logs) == 3)
    await terminal.wait_sent()
    assert events(server) == [3, 1, 0]


async def test_a_punch_opens_the_door(lab: Lab) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1, name="Ada"))
    terminal.add_user(User(enrollid=2, enabled=False))
    terminal.punch(2)
    terminal.punch(99999999)
    assert (terminal.doors[1].openings, terminal.screen) == (0, "refused")
    terminal.punch(1)
    assert (terminal.doors[1].openings, terminal.screen) == (1, "welcome Ada")


async def test_user_locks(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    terminal.add_user(User(enrollid=1))
    terminal.add_user(User(enrollid=2))
    lock = {
        "enrollid": 1,
        "weekzone": 2,
        "weekzone2": 3,
        "weekzone3": 4,
        "weekzone4": 5,
        "group": 6,
        "starttime": "2016-03-25 01:00:00",
        "endtime": "2016-03-26 23:59:00",
    }
    await server.call("setuserlock", count=2, record=[lock, {"enrollid": 2, "group": 1}])
    assert await server.call("getuserlock", enrollid=1) == {
        "ret": "getuserlock",
        "sn": "ZX00000001",
        "result": True,
        **lock,
    }
    assert terminal.users[2].lock.group == 1
    terminal.punch(1, time="2020-01-01 00:00:00")
    assert terminal.doors[1].openings == 0
    await server.call("deleteuserlock", enrollid=1)
    assert (await server.call("getuserlock", enrollid=1))["weekzone2"] == 1
    await server.call("cleanuserlock")
    assert terminal.users[2].lock.group == 0


async def test_one_wrong_record_changes_nobody(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1))
    record = [{"enrollid": 1, "group": 5}, {"enrollid": 9, "group": 5}]
    assert (await server.call("setuserlock", count=2, record=record))["reason"] == 1
    assert (await server.call("setuserlock", count=1, record=record))["reason"] == 1
    assert terminal.users[1].lock.group == 0
    await server.call("setuserlock", count=1, record=[{"enrollid": 1, "weekzone2": 5}])
    assert "weekzone2" not in await server.call("getuserlock", enrollid=1)


@pytest.mark.parametrize(
    ("reply", "opens"),
    [
        ({"access": 1, "message": "hello"}, 1),
        ({"access": True, "message": "hello"}, 1),
        ({"access": 0, "message": "go away"}, 0),
        ({"access": False}, 0),
        ({}, 0),
    ],
)
@pytest.mark.parametrize("profile", ["tfs30", "ai_face"])
async def test_the_server_decides(lab: Lab, server: Server, profile: str, reply: dict[str, object], opens: int) -> None:
    server.replies["sendlog"] = lambda frame: {
        "ret": "sendlog",
        "result": True,
        "count": frame["count"],
        "logindex": frame["logindex"],
        **reply,
    }
    terminal = lab.terminal(profile)
    terminal.add_user(User(enrollid=1))
    terminal.server_approval = True
    terminal.punch(1)
    assert terminal.screen == "server offline"
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    await terminal.wait_sent()
    # History opens nothing.
    assert terminal.doors[1].openings == 0
    terminal.punch(1)
    await terminal.wait_sent()
    assert terminal.doors[1].openings == opens
    assert terminal.screen == reply.get("message", "")


async def test_approval_is_a_setting_of_face_terminals(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    await server.call("setdevinfo", server_verify=1)
    assert terminal.server_approval
    terminal.server_approval = False
    assert (await server.call("getdevinfo"))["server_verify"] == 0
