"""Commands and their replies: one at a time, doors first and never late."""

import asyncio
from typing import Any, cast

import pytest

from custom_components.timmy_access.protocol import exchange as exchange_module
from custom_components.timmy_access.protocol.commands import (
    AddUser,
    CleanLogs,
    ControlDoor,
    GetAccessSettings,
    GetNewLogs,
    GetSettings,
    GetTime,
    GetUserInfo,
    GetUserList,
    OpenDoor,
    Restart,
    SetCredential,
)
from custom_components.timmy_access.protocol.commands.people import UserSlot
from custom_components.timmy_access.protocol.enums import DoorControl
from custom_components.timmy_access.protocol.errors import CommandRefused, CommandTimeout, TerminalBusy, TerminalOffline
from custom_components.timmy_access.protocol.session import Session
from custom_components.timmy_access.protocol.turns import Priority

from .conftest import REG, Desk, Dial, ScriptedTerminal, clog, nothing_but, unclogged

OK = {"result": True}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, so that silence is seen soon."""
    for command in (CleanLogs, GetSettings, GetTime, GetUserInfo, GetUserList):
        monkeypatch.setattr(command, "timeout", 0.1)
    monkeypatch.setattr(AddUser, "timeout", 0.3)
    monkeypatch.setattr(exchange_module, "DOOR_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(exchange_module, "DOOR_WRITE_SECONDS", 0.1)
    monkeypatch.setattr(exchange_module, "PAGE_SECONDS", 0.1)


def users(start: int, end: int, count: int, ids: range) -> dict[str, Any]:
    return {
        "ret": "getuserlist",
        "result": True,
        "count": count,
        "from": start,
        "to": end,
        "record": [{"enrollid": number, "admin": "0", "backupnum": 0} for number in ids],
    }


async def test_a_command_gets_its_typed_reply(terminal: ScriptedTerminal, session: Session) -> None:
    request = asyncio.create_task(session.request(GetAccessSettings()))
    assert await terminal.hear() == {"cmd": "getdevlock"}
    await terminal.say({"ret": "getdevlock", "result": 1, "opendelay": "7"})
    assert (await request).open_delay == 7


async def test_a_reply_named_by_cmd_is_understood(terminal: ScriptedTerminal, session: Session) -> None:
    request = asyncio.create_task(session.request(GetTime()))
    await terminal.hear()
    await terminal.say({"cmd": "gettime", "time": "2026-11-24 12:00:00"})
    assert (await request).time is not None


@pytest.mark.parametrize(
    "reply",
    [
        {"ret": " opendoor ", "result": True},
        {" ret": "OpenDoor", "result ": "true"},
        {"RET": "OPENDOOR", "Result": 1},
        {"cmd": " OpenDoor", "result": True},
    ],
)
async def test_a_reply_is_known_however_its_word_is_spelt(
    terminal: ScriptedTerminal, session: Session, reply: dict[str, Any]
) -> None:
    request = asyncio.create_task(session.request(OpenDoor(door=1)))
    await terminal.hear()
    await terminal.say(reply)
    assert (await request).result is True
    assert not session.ended


async def test_a_reply_without_result_is_a_success(terminal: ScriptedTerminal, session: Session) -> None:
    request = asyncio.create_task(session.request(GetTime()))
    await terminal.hear()
    await terminal.say({"ret": "gettime", "sn": "ZX1", "time": "2022-11-09 19:31:49"})
    assert (await request).result is None


@pytest.mark.parametrize(
    ("reply", "reason", "message"),
    [
        ({"result": False, "reason": 1}, 1, ""),
        ({"result": 0, "reason": "busy"}, "busy", ""),
        ({"result": False, "msg": "can not find the user"}, None, "can not find the user"),
        ({"result": False, "reason": 12, "msg": "a\nb"}, 12, "a�b"),
    ],
)
async def test_a_refusal_carries_the_terminals_words(
    terminal: ScriptedTerminal,
    session: Session,
    reply: dict[str, object],
    reason: object,
    message: str,
) -> None:
    request = asyncio.create_task(session.request(OpenDoor(door=1)))
    await terminal.hear()
    await terminal.say({"ret": "opendoor", **reply})
    with pytest.raises(CommandRefused) as refusal:
        await request
    assert (refusal.value.reason, refusal.value.message) == (reason, message)


async def test_a_misprinted_name_of_a_failure_is_understood(terminal: ScriptedTerminal, session: Session) -> None:
    request = asyncio.create_task(session.request(GetAccessSettings()))
    await terminal.hear()
    await terminal.say({"ret": "setdevlock", "result": False, "reason": 1})
    with pytest.raises(CommandRefused):
        await request


async def test_one_command_is_in_flight_and_doors_go_first(terminal: ScriptedTerminal, session: Session) -> None:
    first = asyncio.create_task(session.request(GetSettings()))
    assert (await terminal.hear())["cmd"] == "getdevinfo"
    bulk = asyncio.create_task(session.request(CleanLogs(), Priority.BULK))
    person = asyncio.create_task(session.request(GetTime()))
    await asyncio.sleep(0)
    door = asyncio.create_task(session.request(OpenDoor(door=2)))
    await asyncio.sleep(0)
    heard = []
    for name in ("getdevinfo", "opendoor", "gettime", "cleanlog"):
        await terminal.say({"ret": name, **OK})
        if name != "cleanlog":
            heard.append((await terminal.hear())["cmd"])
    await asyncio.gather(first, bulk, person, door)
    assert heard == ["opendoor", "gettime", "cleanlog"]


PHOTO = SetCredential(enroll_id=1, user_name="Ada", backup_number=50, record="/9j/" + "A" * 3000)


@pytest.mark.usefixtures("impatient")
async def test_a_door_command_that_waits_too_long_is_never_sent(terminal: ScriptedTerminal, session: Session) -> None:
    blocking = asyncio.create_task(session.request(PHOTO))
    await terminal.hear()
    with pytest.raises(TerminalBusy):
        await session.request(OpenDoor(door=1))
    await terminal.say({"ret": "setuserinfo", **OK})
    await blocking
    request = asyncio.create_task(session.request(GetTime()))
    assert (await terminal.hear())["cmd"] == "gettime"  # and no opendoor before it
    await terminal.say({"ret": "gettime", **OK})
    await request


async def test_a_small_command_without_an_answer_does_not_keep_a_door_closed(
    terminal: ScriptedTerminal, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_module, "DOOR_PATIENCE_SECONDS", 0.05)
    unanswered = asyncio.create_task(session.request(GetAccessSettings()))
    await terminal.hear()
    door = asyncio.create_task(session.request(OpenDoor(door=1)))
    assert (await terminal.hear())["cmd"] == "opendoor"
    second = asyncio.create_task(session.request(OpenDoor(door=2)))
    other = asyncio.create_task(session.request(GetTime()))
    await terminal.say({"ret": "opendoor", **OK})
    await door
    assert await terminal.hear() == {"cmd": "opendoor", "doornum": 2}  # doors one after the other
    await terminal.say({"ret": "opendoor", **OK})
    await second
    await terminal.say({"ret": "getdevlock", "opendelay": 3, **OK})
    assert (await unanswered).open_delay == 3
    assert (await terminal.hear())["cmd"] == "gettime"  # which had to wait
    await terminal.say({"ret": "gettime", **OK})
    await other


async def test_a_door_opens_between_the_pages_of_a_list(terminal: ScriptedTerminal, session: Session) -> None:
    reading = asyncio.create_task(session.read_list(GetUserList()))
    assert (await terminal.hear())["cmd"] == "getuserlist"
    second = asyncio.create_task(session.read_list(GetNewLogs()))
    door = asyncio.create_task(session.request(OpenDoor(door=1)))
    await asyncio.sleep(0)
    await terminal.say(users(0, 40, 41, range(40)))
    assert (await terminal.hear())["cmd"] == "opendoor"
    await terminal.say({"ret": "opendoor", **OK})
    await door
    assert (await terminal.hear())["cmd"] == "getuserlist"  # and no page of the other list between
    await terminal.say(users(40, 41, 41, range(40, 41)))
    assert (await reading).complete
    assert (await terminal.hear())["cmd"] == "getnewlog"
    await terminal.say({"ret": "getnewlog", "count": 0, "from": 0, "to": 0, "record": [], **OK})
    assert (await second).rows == ()


async def test_no_command_is_sent_before_the_registration_is_answered(dial: Dial, desk: Desk) -> None:
    requests: list[asyncio.Task[Any]] = []

    def at_once(session: Session) -> None:
        requests.append(asyncio.create_task(session.request(GetTime()), eager_start=True))
        requests.append(asyncio.create_task(session.request(OpenDoor(door=1)), eager_start=True))

    desk.on_attached = at_once
    terminal = await dial()
    assert (await terminal.ask(REG))["ret"] == "reg"
    assert (await terminal.hear())["cmd"] == "opendoor"
    await terminal.say({"ret": "opendoor", **OK})
    assert (await terminal.hear())["cmd"] == "gettime"
    await terminal.say({"ret": "gettime", **OK})
    await asyncio.gather(*requests)


async def test_what_waits_for_a_registration_that_is_never_answered_fails(dial: Dial, desk: Desk) -> None:
    requests: list[asyncio.Task[Any]] = []

    def at_once(session: Session) -> None:
        requests.extend(
            asyncio.create_task(session.request(command), eager_start=True) for command in (GetTime(), PHOTO)
        )
        session.reset()

    desk.on_attached = at_once
    await (await dial()).say(REG)
    await asyncio.wait_for(desk.ended.wait(), 5)
    for request in requests:
        with pytest.raises(TerminalOffline):
            await asyncio.wait_for(request, 5)


@pytest.mark.usefixtures("impatient")
async def test_an_unanswered_door_command_is_sent_once_and_resets_the_connection(
    terminal: ScriptedTerminal, session: Session, desk: Desk
) -> None:
    with pytest.raises(CommandTimeout):
        await session.request(OpenDoor(door=1))
    assert await terminal.hear() == {"cmd": "opendoor", "doornum": 1}
    assert await terminal.closed() == 1006
    await asyncio.wait_for(desk.ended.wait(), 5)
    with pytest.raises(TerminalOffline):
        await session.request(OpenDoor(door=1))


async def test_a_door_command_that_was_asked_for_too_long_ago_is_never_sent(
    terminal: ScriptedTerminal, session: Session
) -> None:
    long_ago = asyncio.get_running_loop().time() - exchange_module.DOOR_WRITE_SECONDS
    with pytest.raises(TerminalBusy):
        await session.move_door(OpenDoor(door=1), long_ago)
    await nothing_but(terminal, session)


async def test_a_door_command_that_is_cancelled_while_it_waits_is_never_sent(
    terminal: ScriptedTerminal, session: Session
) -> None:
    blocking = asyncio.create_task(session.request(PHOTO))
    await terminal.hear()
    waiting = asyncio.create_task(session.request(OpenDoor(door=1)))
    behind = asyncio.create_task(session.request(OpenDoor(door=2)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    await terminal.say({"ret": "setuserinfo", **OK})
    await blocking
    assert await terminal.hear() == {"cmd": "opendoor", "doornum": 2}
    await terminal.say({"ret": "opendoor", **OK})
    await behind
    await nothing_but(terminal, session)


async def test_a_door_command_is_not_sent_in_the_step_in_which_it_is_cancelled(
    terminal: ScriptedTerminal, session: Session
) -> None:
    """Its turn has come when the cancellation does, and its task has not run yet."""
    blocking = asyncio.create_task(session.request(PHOTO))
    await terminal.hear()
    waiting = asyncio.create_task(session.request(OpenDoor(door=1)))
    await terminal.say({"ret": "setuserinfo", **OK})
    while not blocking.done():  # noqa: ASYNC110 - to the very step
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    assert waiting.cancelled()
    await nothing_but(terminal, session)


async def test_the_connection_of_a_terminal_that_answers_outlives_a_cancelled_door_command(
    terminal: ScriptedTerminal, session: Session
) -> None:
    """As when somebody presses again in a script that restarts; each reply belongs to its own command."""
    moved: list[int] = []
    now = asyncio.get_running_loop().time()
    first = asyncio.create_task(session.move_door(OpenDoor(door=1), now, lambda: moved.append(1)))
    await terminal.hear()
    first.cancel()
    await asyncio.wait((first,))
    second = asyncio.create_task(session.move_door(OpenDoor(door=2), now, lambda: moved.append(2)))
    await terminal.say({"ret": "opendoor", **OK})
    assert await terminal.hear() == {"cmd": "opendoor", "doornum": 2}  # and not before the reply to the first
    await terminal.say({"ret": "opendoor", "result": False, "reason": 9})
    with pytest.raises(CommandRefused):
        await second
    assert moved == [1]
    await nothing_but(terminal, session)


@pytest.mark.usefixtures("impatient")
async def test_a_cancelled_door_command_without_an_answer_resets_the_connection(
    terminal: ScriptedTerminal, session: Session, desk: Desk
) -> None:
    request = asyncio.create_task(session.request(OpenDoor(door=1)))
    await terminal.hear()
    request.cancel()
    assert await terminal.closed() == 1006
    assert desk.counters.timeouts == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_a_door_command_stuck_in_a_full_network_cannot_arrive_late(
    terminal: ScriptedTerminal, session: Session, desk: Desk, *, is_cancelled: bool
) -> None:
    filler = clog(terminal, session, brimful=False)
    request = asyncio.create_task(session.request(OpenDoor(door=1)))
    if is_cancelled:
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.wait((request,))
    else:
        with pytest.raises(TerminalBusy):
            await request
    assert session.ended
    assert "opendoor" not in [frame.get("cmd") for frame in await unclogged(terminal)]
    await asyncio.wait_for(desk.ended.wait(), 5)
    with pytest.raises(TerminalOffline):
        await filler


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_a_change_that_nobody_waits_for_does_not_arrive_out_of_a_full_network(
    terminal: ScriptedTerminal, session: Session, *, is_cancelled: bool
) -> None:
    filler = clog(terminal, session, brimful=False)
    request = asyncio.create_task(session.request(CleanLogs()))
    if is_cancelled:
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.wait((request,))
    else:
        with pytest.raises(CommandTimeout):
            await request
    assert "cleanlog" not in [frame.get("cmd") for frame in await unclogged(terminal)]
    with pytest.raises(TerminalOffline):
        await filler


@pytest.mark.usefixtures("impatient")
async def test_a_read_is_sent_again_once(terminal: ScriptedTerminal, session: Session) -> None:
    request = asyncio.create_task(session.request(GetTime()))
    assert (await terminal.hear())["cmd"] == "gettime"
    assert (await terminal.hear())["cmd"] == "gettime"
    await terminal.say({"ret": "gettime", **OK})
    assert (await request).result is True


@pytest.mark.usefixtures("impatient")
async def test_a_change_is_never_sent_again(terminal: ScriptedTerminal, session: Session, desk: Desk) -> None:
    with pytest.raises(CommandTimeout):
        await session.request(CleanLogs())
    assert (await terminal.hear())["cmd"] == "cleanlog"
    request = asyncio.create_task(session.request(GetTime()))
    assert (await terminal.hear())["cmd"] == "gettime"
    await terminal.say({"ret": "gettime", **OK})
    await request
    assert desk.counters.timeouts == 1


@pytest.mark.usefixtures("impatient")
async def test_a_late_reply_is_not_the_answer_to_the_next_command(
    terminal: ScriptedTerminal, session: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandTimeout):
        await session.request(CleanLogs())
    await terminal.hear()
    monkeypatch.undo()  # what follows is answered, however busy the machine is
    second = asyncio.create_task(session.request(CleanLogs()))
    assert (await terminal.hear())["cmd"] == "gettime"  # what is late must come before its answer
    await terminal.say({"ret": "cleanlog", **OK})
    await terminal.say({"ret": "gettime", **OK})
    assert (await terminal.hear())["cmd"] == "cleanlog"
    await terminal.say({"ret": "cleanlog", "result": False, "reason": 9})
    with pytest.raises(CommandRefused):
        await second
    assert desk.counters.unexpected_replies == 1


@pytest.mark.usefixtures("impatient")
async def test_a_lost_reply_does_not_shift_those_that_follow(terminal: ScriptedTerminal, session: Session) -> None:
    with pytest.raises(CommandTimeout):
        await session.request(CleanLogs())
    await terminal.hear()
    for _ in range(2):
        request = asyncio.create_task(session.request(CleanLogs()))
        if (await terminal.hear())["cmd"] == "gettime":
            await terminal.say({"ret": "gettime", **OK})
            await terminal.hear()
        await terminal.say({"ret": "cleanlog", **OK})
        assert (await request).result is True


@pytest.mark.usefixtures("impatient")
async def test_a_late_reply_to_a_read_is_dropped(terminal: ScriptedTerminal, session: Session, desk: Desk) -> None:
    request = asyncio.create_task(session.request(GetTime()))
    await terminal.hear()
    await terminal.hear()
    await terminal.say({"ret": "gettime", "time": "2026-01-01 00:00:00"})
    await request
    request = asyncio.create_task(session.request(GetTime()))
    await terminal.hear()
    await terminal.say({"ret": "gettime", "time": "2026-01-01 00:00:00"})  # to the second sending
    await terminal.say({"ret": "gettime", "time": "2026-02-02 00:00:00"})
    time = (await request).time
    assert time is not None
    assert time.month == 2
    assert desk.counters.unexpected_replies == 1


async def test_a_late_reply_is_forgotten_in_time(
    terminal: ScriptedTerminal, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GetTime, "timeout", 0.05)
    monkeypatch.setattr(exchange_module, "LATE_SECONDS", 0.0)
    with pytest.raises(CommandTimeout):
        await session.request(GetTime())
    monkeypatch.setattr(GetTime, "timeout", 5)
    request = asyncio.create_task(session.request(GetTime()))
    for _ in range(3):
        await terminal.hear()
    await terminal.say({"ret": "gettime", **OK})
    assert (await request).result is True


async def test_a_reply_about_somebody_else_is_not_taken(
    terminal: ScriptedTerminal, session: Session, desk: Desk
) -> None:
    request = asyncio.create_task(session.request(GetUserInfo(enroll_id=7, backup_number=0)))
    await terminal.hear()
    await terminal.say({"ret": "getuserinfo", "enrollid": 8, "backupnum": 0, **OK})
    await terminal.say({"ret": "getuserinfo", "enrollid": "7", "backupnum": 0, "name": "X", **OK})
    assert (await request).name == "X"
    assert desk.counters.unexpected_replies == 1


async def test_unasked_replies_are_counted_and_ignored(
    terminal: ScriptedTerminal, session: Session, desk: Desk
) -> None:
    await terminal.say({"ret": "opendoor", **OK})
    await terminal.say({"ret": "something", **OK})
    request = asyncio.create_task(session.request(GetTime()))
    await terminal.hear()
    await terminal.say({"ret": "gettime", **OK})
    await request
    assert desk.counters.unexpected_replies == 2


async def test_restart_expects_no_answer(terminal: ScriptedTerminal, session: Session) -> None:
    await session.request(Restart())
    assert await terminal.hear() == {"cmd": "reboot"}


async def test_enrolment_does_not_hold_up_other_commands(terminal: ScriptedTerminal, session: Session) -> None:
    enrolment = asyncio.create_task(session.request(AddUser(enroll_id=9, backup_number=50, user_name="Ada")))
    assert (await terminal.hear())["cmd"] == "adduser"
    door = asyncio.create_task(session.request(ControlDoor(function=DoorControl.NORMAL)))
    assert await terminal.hear() == {"cmd": "lockctrl", "fuc": 4}
    await terminal.say({"ret": "lockctrl", **OK})
    await door
    await terminal.say({"ret": "adduser", "enrollid": 9, **OK})
    assert (await enrolment).result is True


@pytest.mark.usefixtures("impatient")
async def test_an_enrolment_nobody_comes_for_times_out(terminal: ScriptedTerminal, session: Session) -> None:
    with pytest.raises(CommandTimeout):
        await session.request(AddUser(enroll_id=9, backup_number=50, user_name="Ada"))
    assert (await terminal.hear())["cmd"] == "adduser"


async def test_the_end_of_the_connection_fails_what_waits(terminal: ScriptedTerminal, session: Session) -> None:
    waiting = [
        asyncio.create_task(session.request(GetSettings())),
        asyncio.create_task(session.request(GetTime())),
        asyncio.create_task(session.read_list(GetUserList())),
    ]
    await terminal.hear()
    await terminal.connection.close()
    for request in waiting:
        with pytest.raises(TerminalOffline):
            await request


# Lists: the two conventions of `to` and `count`, and the three ends (field notes 5, getuserlist)


@pytest.mark.parametrize(
    ("pages", "rows", "complete"),
    [
        # end-exclusive, count is the total: ends by itself
        ([users(0, 6, 6, range(6))], 6, True),
        ([users(0, 40, 41, range(40)), users(40, 41, 41, range(40, 41))], 41, True),
        # inclusive, count is the size of the page: ends with an empty page
        (
            [users(0, 39, 40, range(40)), users(40, 44, 5, range(5)), users(0, 0, 0, range(0))],
            45,
            True,
        ),
        # inclusive, count is the total
        ([users(0, 49, 60, range(50)), users(50, 59, 60, range(10))], 60, True),
        # nobody at all
        ([users(0, 0, 0, range(0))], 0, True),
    ],
)
async def test_lists_end_as_firmware_ends_them(
    terminal: ScriptedTerminal,
    session: Session,
    pages: list[dict[str, Any]],
    rows: int,
    complete: bool,
) -> None:
    reading = asyncio.create_task(session.read_list(GetUserList()))
    for number, page in enumerate(pages):
        assert await terminal.hear() == {"cmd": "getuserlist", "stn": number == 0}
        await terminal.say(page)
    listing = await reading
    assert (len(listing.rows), listing.complete) == (rows, complete)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("pages", "complete"),
    [
        ([users(0, 39, 40, range(40))], False),  # the whole list, or one page of many?
        ([users(0, 39, 90, range(40)), users(40, 79, 90, range(40))], False),
    ],
)
async def test_silence_ends_a_list_and_proves_little(
    terminal: ScriptedTerminal,
    session: Session,
    pages: list[dict[str, Any]],
    complete: bool,
) -> None:
    reading = asyncio.create_task(session.read_list(GetUserList()))
    for page in pages:
        await terminal.hear()
        await terminal.say(page)
    await terminal.hear()
    listing = await reading
    assert len(listing.rows) == 40 * len(pages)
    assert listing.complete is complete


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("place", [{}, {"from": 0, "to": 1}])
async def test_a_list_that_repeats_ends_and_is_not_complete(
    terminal: ScriptedTerminal, session: Session, place: dict[str, int]
) -> None:
    rows = [{"enrollid": number, "admin": 0, "backupnum": 0} for number in (1, 2)]
    reading = asyncio.create_task(session.read_list(GetUserList()))
    for _ in range(3):
        assert (await terminal.hear())["cmd"] == "getuserlist"
        await terminal.say({"ret": "getuserlist", "result": True, "count": 2000, **place, "record": rows})
    listing = await reading
    assert [cast("UserSlot", row).enroll_id for row in listing.rows] == [1, 2]
    assert not listing.complete


async def test_silence_to_the_first_page_is_a_timeout(session: Session) -> None:
    with pytest.raises(CommandTimeout):
        await session.read_list(GetUserList())


async def test_a_list_cut_off_by_the_network_is_incomplete(terminal: ScriptedTerminal, session: Session) -> None:
    reading = asyncio.create_task(session.read_list(GetUserList()))
    await terminal.hear()
    await terminal.say(users(0, 39, 533, range(40)))
    await terminal.hear()
    await terminal.connection.close()
    listing = await reading
    assert (len(listing.rows), listing.complete) == (40, False)


async def test_a_second_page_that_comes_unasked_is_taken_once(terminal: ScriptedTerminal, session: Session) -> None:
    reading = asyncio.create_task(session.read_list(GetUserList()))
    await terminal.hear()
    await terminal.say(users(0, 40, 90, range(40)))
    await terminal.say(users(40, 80, 90, range(40, 80)))
    await terminal.hear()
    await terminal.say(users(40, 80, 90, range(40, 80)))
    await terminal.say(users(80, 90, 90, range(80, 90)))
    listing = await reading
    assert (len(listing.rows), listing.complete) == (90, True)


async def test_a_refused_list_is_an_error(terminal: ScriptedTerminal, session: Session) -> None:
    reading = asyncio.create_task(session.read_list(GetUserList()))
    await terminal.hear()
    await terminal.say({"ret": "getuserlist", "result": False, "reason": 1})
    with pytest.raises(CommandRefused):
        await reading
