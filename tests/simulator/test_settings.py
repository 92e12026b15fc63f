from datetime import timedelta

from simulator import DoorEvent
from simulator.clock import local_now, parse

from .conftest import Lab, Server


async def test_settings_change_one_by_one(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    await server.call("setdevinfo", volume=8, sleep=True, reverifytime="5", unknown=1)
    reply = await server.call("getdevinfo")
    assert (reply["volume"], reply["sleep"], reply["reverifytime"]) == (8, 1, 5)
    assert reply["userfpnum"] == 3
    assert "unknown" not in reply
    assert "server_verify" not in reply
    await server.call("setdevinfo", volume=3, screensaver=256)
    assert terminal.settings["volume"] == 8


async def test_face_terminals_verify_in_more_ways(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    assert (await server.call("setdevinfo", verifymode=8))["result"] is True
    assert (await server.call("getdevinfo"))["verifymode"] == 8


async def test_old_terminals_verify_in_five_ways(lab: Lab, server: Server) -> None:
    await lab.registered("tfs30")
    assert (await server.call("setdevinfo", verifymode=5))["result"] is False


async def test_zones_are_merged(lab: Lab, server: Server) -> None:
    await lab.registered("tfs30")
    await server.call(
        "setdevlock",
        opendelay=7,
        inputalarm=True,
        dayzone=[{"day": [{"section": "07:00~18:00"}]}],
        weekzone=[{"week": [{"day": 2}]}],
        lockgroup=[{"group": 129}],
    )
    reply = await server.call("getdevlock")
    assert (reply["opendelay"], reply["InputAlarm"], reply["doorsensor"]) == (7, 1, 0)
    assert len(reply["dayzone"]) == len(reply["weekzone"]) == 8
    assert reply["dayzone"][0]["day"][:2] == [
        {"section": "07:00~18:00"},
        {"section": "00:00~00:00"},
    ]
    assert [day["day"] for day in reply["weekzone"][0]["week"]] == [2, 1, 1, 1, 1, 1, 1]
    assert [group["group"] for group in reply["lockgroup"]] == [129, 0, 0, 0, 0]
    assert "nopentime" not in reply


async def test_face_terminals_have_more_access_settings(lab: Lab, server: Server) -> None:
    await lab.registered("ai_face")
    await server.call("setdevlock", nopentime=[{"day": 3}], access_times=4, punchtimes=2)
    reply = await server.call("getdevlock")
    assert [day["day"] for day in reply["nopentime"]] == [3, 0, 0, 0, 0, 0, 0]
    assert (reply["access_times"], reply["punchtimes"]) == (4, 2)


async def test_questionnaire(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    await server.call("setquestionnaire", title="Why?", radio=False, items=["a", "b"], card=1)
    reply = await server.call("getquestionnaire", stn=True)
    assert (reply["title"], reply["radio"], reply["items"]) == ("Why?", False, ["a", "b"])
    assert reply["voice"] == "please select"
    assert terminal.questionnaire["card"] == 1


async def test_holidays_are_replaced(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    holiday = {"name": "x", "startday": "12-24", "endday": "12-26", "shift": 0, "dayzone": 2}
    await server.call("setholiday", holidays=[holiday, holiday])
    await server.call("setholiday", holidays=[holiday])
    assert (await server.call("getholiday", stn=True))["holidays"] == [holiday]
    assert (await server.call("getholiday", stn=False))["holidays"] == []
    assert terminal.holidays == [holiday]


async def test_time_is_set_and_read(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    await server.call("settime", cloudtime="2016-03-25 13:49:30")
    reply = await server.call("gettime")
    assert set(reply) == {"ret", "sn", "time"}
    assert parse(reply["time"]) - parse("2016-03-25 13:49:30") < timedelta(minutes=1)
    assert terminal.clock_offset < parse("2016-03-26") - local_now() + timedelta(days=1)
    assert terminal.punch(1)["time"].startswith("2016-03-25 13:")


async def test_initsys_keeps_settings(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.settings["volume"] = 9
    terminal.door_event(DoorEvent.EXIT_BUTTON)
    await server.call("initsys")
    assert (terminal.users, terminal.logs) == ({}, [])
    assert terminal.settings["volume"] == 9
