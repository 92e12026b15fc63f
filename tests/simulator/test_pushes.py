import base64
from dataclasses import replace
from datetime import datetime

from hypothesis import given, strategies as st

from simulator import Timing, User
from simulator.logs import LogBook
from simulator.people import people

from .conftest import Frame, Lab, Server, accept_log, keep_silent


async def test_a_punch_is_pushed_and_acknowledged(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    record = terminal.punch(1, time="2026-03-01 11:59:58", inout=1, event=2, temp=36.5)
    assert record == {
        "enrollid": 1,
        "time": "2026-03-01 11:59:58",
        "mode": 1,
        "inout": 1,
        "event": 2,
        "temp": 36.5,
    }
    await terminal.wait_sent()
    frame = await server.frame("sendlog")
    assert frame == {
        "cmd": "sendlog",
        "sn": "ZX00000001",
        "count": 1,
        "logindex": 1,
        "record": [record],
    }
    assert terminal.unsent == 0
    assert terminal.logs == [record]
    terminal.punch(1, mode=3, time=datetime.fromisoformat("2026-03-01 12:00:00"))
    assert (await server.frame("sendlog", number=2))["logindex"] == 2


async def test_a_face_punch_has_name_and_picture(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("ai_face")
    terminal.add_user(User(enrollid=7, name="Ada"))
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    terminal.punch(7)
    terminal.punch(99999999)
    first = await server.frame("sendlog")
    (record,) = first["record"]
    assert (first["logindex"], record["mode"], record["verifymode"]) == (0, 8, 8)
    assert record["name"] == "Ada"
    assert base64.b64decode(record["image"], validate=True).startswith(b"\xff\xd8")
    second = await server.frame("sendlog", number=2)
    assert second["logindex"] == 0
    assert second["record"][0]["name"] == ""
    terminal.settings["use_logphoto"] = 0
    assert "image" not in terminal.punch(7)


async def test_card_punch_of_a_controller(lab: Lab) -> None:
    assert lab.terminal("controller4").punch(1)["mode"] == 3


async def test_the_same_frame_is_sent_until_the_right_ack(lab: Lab, server: Server) -> None:
    wrong: list[Frame] = [
        {"ret": "sendlog", "result": False, "reason": 1},
        {"ret": "sendlog", "result": True},
        {"ret": "sendlog", "result": True, "count": 2, "logindex": 1},
        {"ret": "sendlog", "result": True, "count": 1, "logindex": 9},
        {"ret": "senduser", "result": True},
    ]

    def reply(frame: Frame) -> Frame | None:
        return wrong.pop(0) if wrong else accept_log(frame)

    server.replies["sendlog"] = reply
    terminal = await lab.registered("tfs30", replace(Timing.fast(), resend=0.005))
    terminal.punch(1)
    await terminal.wait_sent()
    frames = server.named("sendlog")
    assert len(frames) >= 6
    assert all(frame == frames[0] for frame in frames)


async def test_users_are_flooded_too(lab: Lab, server: Server) -> None:
    server.replies["senduser"] = keep_silent
    terminal = await lab.registered("tfs30", replace(Timing.fast(), resend=0.001))
    terminal.enrol_user(User(enrollid=3, name="Bo", credentials={0: "c5(9)1", 11: 77}))
    terminal.punch(3)
    await server.frame("senduser", number=5)
    assert {frame["backupnum"] for frame in server.named("senduser")} == {0}
    # Nothing else is sent during the flood.
    assert not server.named("sendlog")


async def test_one_senduser_for_each_credential(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.enrol_user(User(enrollid=3, name="Bo", admin=1, credentials={0: "c5", 10: 1, 11: 2}))
    await server.frame("senduser", number=3)
    assert [frame["backupnum"] for frame in server.named("senduser")] == [0, 10, 11]
    assert server.named("senduser")[2] == {
        "cmd": "senduser",
        "sn": "ZX00000001",
        "enrollid": 3,
        "name": "Bo",
        "backupnum": 11,
        "admin": 1,
        "record": 2,
    }
    terminal.enrol_user(User(enrollid=4))
    assert (await server.frame("senduser", number=4))["record"] == ""


async def test_face_terminal_hangs_up_without_an_ack(lab: Lab, server: Server) -> None:
    server.replies["sendlog"] = keep_silent
    terminal = await lab.registered("ai_face", replace(Timing.fast(), ack_wait=0.01))
    terminal.punch(1)
    await server.frame("sendlog", number=2)
    assert len(server.sockets) > 1
    server.replies["sendlog"] = accept_log
    await terminal.wait_sent()
    frames = server.named("sendlog")
    assert all(frame["record"] == frames[0]["record"] for frame in frames)


async def test_face_terminal_repeats_a_refused_log(lab: Lab, server: Server) -> None:
    refused: list[Frame] = [{"ret": "sendlog", "result": False}]
    server.replies["sendlog"] = lambda _: refused.pop() if refused else {"ret": "sendlog", "result": True}
    terminal = await lab.registered("ai_face")
    terminal.punch(1)
    await terminal.wait_sent()
    assert len(server.named("sendlog")) == 2
    assert len(server.sockets) == 1


async def test_backlog_in_batches_one_after_the_other(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("tfs30")
    for number in range(1, 121):
        terminal.punch(number)
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    terminal.punch(500)
    terminal.punch(501)
    await terminal.wait_sent()
    sizes: dict[int, int] = {f["logindex"]: f["count"] for f in server.named("sendlog")}
    assert list(sizes.values()) == [50, 50, 20, 1, 1]
    order = [r["enrollid"] for f in server.named("sendlog") for r in f["record"]]
    assert list(dict.fromkeys(order)) == [*range(1, 121), 500, 501]


async def test_unsent_logs_survive_a_reconnect(lab: Lab, server: Server) -> None:
    server.replies["sendlog"] = keep_silent
    terminal = await lab.registered("tfs30")
    for number in range(3):
        terminal.punch(number + 1)
    await server.frame("sendlog")
    await terminal.drop()
    assert terminal.unsent == 3
    server.replies["sendlog"] = accept_log
    await terminal.wait_sent()
    assert server.named("sendlog")[-1]["count"] == 3


async def test_cleanlog_drops_the_frame_on_its_way(lab: Lab, server: Server) -> None:
    server.replies["sendlog"] = keep_silent
    terminal = await lab.registered("tfs30")
    terminal.punch(1)
    await server.frame("sendlog")
    assert (await server.call("cleanlog"))["result"] is True
    assert (terminal.logs, terminal.unsent) == ([], 0)
    server.replies["sendlog"] = accept_log
    terminal.punch(2)
    await terminal.wait_sent()
    assert server.named("sendlog")[-1]["record"][0]["enrollid"] == 2


async def test_getnewlog_makes_logs_known(lab: Lab, server: Server) -> None:
    server.replies["sendlog"] = keep_silent
    terminal = await lab.registered("tfs30")
    terminal.punch(1)
    await server.frame("sendlog")
    assert (await server.call("getnewlog", stn=True))["count"] == 1
    await terminal.wait_sent()
    assert terminal.unsent == 0
    assert len(terminal.logs) == 1


async def test_door_events_have_no_door_number(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    for event in range(8):
        terminal.door_event(event)
    await terminal.wait_sent()
    records = [frame["record"][0] for frame in server.named("sendlog")]
    assert sorted({record["event"] for record in records}) == list(range(8))
    assert all(
        set(record) == {"enrollid", "time", "mode", "inout", "event"}
        and (record["enrollid"], record["mode"], record["inout"]) == (0, 0, 1)
        for record in records
    )
    assert terminal.alarm


@given(st.lists(st.booleans(), max_size=20), st.integers(min_value=1, max_value=7))
def test_batches_keep_every_record_once_and_in_order(live: list[bool], size: int) -> None:
    book = LogBook()
    for number, alive in enumerate(live):
        book.add({"number": number}, live=alive)
    seen: list[int] = []
    while batch := book.next_batch(size):
        assert len(batch) == 1 or (len(batch) <= size and not any(e.live for e in batch))
        for entry in batch:
            entry.sent = True
            seen.append(entry.record["number"])
    assert seen == list(range(len(live)))
    assert book.used() == {"usedlog": len(live), "usednewlog": 0, "usedrtlog": 0}


def test_sample_people() -> None:
    crowd = people(45)
    assert [user.enrollid for user in crowd] == list(range(1, 46))
    assert len({user.name for user in crowd}) == 45
    assert all("(" in str(user.credentials[0]) for user in crowd)
