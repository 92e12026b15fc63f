"""What is there again after the power was gone."""

from datetime import timedelta
from pathlib import Path
import sqlite3
import tempfile

from hypothesis import given, settings, strategies as st
import pytest

from simulator import PROFILES, PUNCH_PHOTO, StateFileError, Timing, User, UserLock, VirtualTerminal
from simulator.clock import local_now
from simulator.flash import Flash
from simulator.machine import Machine
from simulator.people import people, template

from .conftest import Lab, Server, keep_silent

SERIAL = "ZX00000001"


def machine(profile: str = "controller4") -> Machine:
    return Machine(PROFILES[profile], SERIAL, Timing.fast())


def memory(machine: Machine) -> dict[str, object]:
    """Return all that has to be there again."""
    return {
        "people": list(machine.users.by_id.values()),
        "notice": machine.users.notice,
        "logs": [(entry.record, entry.sent) for entry in machine.logs.entries],
        "settings": machine.settings,
        "access": machine.access_settings,
        "questionnaire": machine.questionnaire,
        "holidays": machine.holidays,
        "new": machine.new_users,
        "approval": machine.menu_approval,
        "logindex": machine.logindex,
        "clock": (machine.clock.offset, machine.clock.drift, machine.clock.since),
    }


def read(path: Path) -> Machine | None:
    found = machine()
    return found if Flash(path).load(found) else None


async def test_everything_outlives_the_program(lab: Lab, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "state"
    lock = {
        "enrollid": 7,
        "weekzone": 2,
        "weekzone2": 3,
        "weekzone3": 4,
        "weekzone4": 5,
        "group": 6,
        "starttime": "2026-03-25 01:00:00",
        "endtime": "2027-03-26 23:59:00",
    }

    def terminal() -> VirtualTerminal:
        return VirtualTerminal("controller4", SERIAL, server.url, Timing.fast(), state=path)

    server.replies["sendlog"] = keep_silent
    async with terminal() as first:
        assert not first.restored
        await first.wait_registered()
        for backupnum, record in ((11, 2**40 + 1), (0, template(7)), (10, 12)):
            await server.call("setuserinfo", enrollid=7, name="Zoë", admin=1, backupnum=backupnum, record=record)
        await server.call("setuserinfo", enrollid=3, name="Bo", backupnum=11, record=5)
        await server.call("enableuser", enrollid=3, enflag=0)
        await server.call("setuserlock", count=1, record=[lock])
        await server.call("setdevlock", dayzone=[{"day": [{"section": "07:00~18:00"}]}], weekzone=[{"week": []}] * 8)
        await server.call("lockctrl", fuc=1)
        first.door_event(7)
        unsent = first.logs
        settings_then = await server.call("getdevlock")
    async with terminal() as second:
        assert second.restored
        await second.wait_registered()
        reg = server.named("reg")[-1]["devinfo"]
        assert (reg["useduser"], reg["usedcard"], reg["usednewlog"]) == (2, 2, len(unsent))
        listed = await server.call("getuserlist", stn=True)
        assert [(item["enrollid"], item["backupnum"]) for item in listed["record"]] == [
            (7, 0),
            (7, 10),
            (7, 11),
            (3, 11),
        ]
        for backupnum, record in ((11, 2**40 + 1), (0, template(7)), (10, 12)):
            answer = await server.call("getuserinfo", enrollid=7, backupnum=backupnum)
            assert (answer["name"], answer["admin"], answer["record"]) == ("Zoë", 1, record)
        assert (await server.call("getuserlock", enrollid=7)).items() >= lock.items()
        assert await server.call("getdevlock") == settings_then
        assert second.logs == unsent
        assert not second.users[3].enabled
        # Nothing of this is in the flash memory.
        assert (second.doors[1].mode, second.alarm, second.screen) == ("normal", False, "")
        assert second.unsent == len(unsent)


def change_people(machine: Machine, what: str, number: int) -> None:
    people = machine.users.by_id
    match what:
        case "enrol":
            people.setdefault(number, User(enrollid=number, credentials={0: template(number), 11: number}))
        case "delete":
            people.pop(number, None)
        case "change":
            for user in list(people.values())[:number]:
                user.name += "x"
                user.credentials.pop(11, None)
                machine.users.change_lock(user.enrollid, {"weekzone": number})
        case "announce":
            for user in list(people.values())[:number]:
                machine.announce(user, 11)


def change_the_rest(machine: Machine, what: str, number: int) -> None:
    match what:
        case "punch":
            machine.log({"enrollid": number, "time": "2026-03-01 12:00:00", "image": PUNCH_PHOTO})
        case "sent":
            for entry in machine.logs.entries[:number]:
                entry.sent = True
        case "clear":
            machine.logs.clear()
        case "settings":
            machine.settings["volume"] = number
            machine.access_settings["weekzone"][number]["week"][number] = {"day": number}
        case "clock":
            machine.clock.offset = timedelta(seconds=number)
        case "reset":
            machine.forget()


ACTIONS = ("enrol", "delete", "change", "announce", "punch", "sent", "clear", "settings", "clock", "reset")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=25))
def test_whatever_happens_is_read_again(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        flash, then = Flash(path), machine()
        flash.open(then)
        for name, number in steps:
            change_people(then, name, number)
            change_the_rest(then, name, number)
            flash.save(then)
        flash.close(then)
        now = read(path)
        assert now is not None
        assert memory(now) == memory(then)


def test_what_was_not_saved_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "state"
    flash, before = Flash(path), machine()
    before.users.by_id.update({user.enrollid: user for user in people(3)})
    flash.open(before)
    before.users.by_id.pop(1)
    flash.save(before)
    before.users.by_id.clear()
    flash._connection.close()  # type: ignore[union-attr]
    now = read(path)
    assert now is not None
    assert list(now.users.by_id) == [2, 3]


def written(path: Path) -> bytes:
    flash, then = Flash(path), machine()
    then.users.by_id.update({user.enrollid: user for user in people(40)})
    flash.open(then)
    flash.close(then)
    return path.read_bytes()


async def test_a_torn_file_starts_empty_and_says_so(tmp_path: Path, server: Server) -> None:
    path = tmp_path / "state"
    whole = written(path)
    assert len(whole) > 10_000
    for torn in (*(whole[:length] for length in range(0, len(whole), 997)), b"\0" * len(whole), b"people: all"):
        path.write_bytes(torn)
        found = machine()
        flash = Flash(path)
        assert not flash.load(found)
        assert memory(found) == memory(machine()) | {"clock": memory(found)["clock"]}
        assert flash.complaint == "the state file was torn and is now state.torn: starting empty"
        assert not path.exists()
        assert (tmp_path / "state.torn").read_bytes() == torn
    path.write_bytes(whole[:5000])
    terminal = VirtualTerminal("controller4", SERIAL, server.url, Timing.fast(), state=path)
    lines: list[str] = []
    terminal.listen(lines.append)
    async with terminal:
        assert not terminal.restored
        assert lines[0].startswith("the state file was torn")
        terminal.add_user(User(enrollid=1))
    assert list(VirtualTerminal("controller4", SERIAL, state=path).users) == [1]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("user", b"\xff"),
        ("user", "{}"),
        ("user", "nonsense"),
        ("log", "5"),
        ("rest", "[]"),
        ("terminal", "[]"),
        ("what", "{}"),
    ],
)
def test_a_file_which_is_not_understood_is_not_read_by_half(tmp_path: Path, part: str, value: str | bytes) -> None:
    path = tmp_path / "state"
    written(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT OR REPLACE INTO kept VALUES (?, 0, CAST(? AS TEXT))", (part, value))
        connection.execute("DELETE FROM kept WHERE part = 'rest' AND key > 0") if part == "rest" else None
    connection.close()
    found, flash = machine(), Flash(path)
    assert not flash.load(found)
    assert not found.users.by_id
    assert flash.complaint is not None


def test_the_file_of_another_terminal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state"
    whole = written(path)
    with pytest.raises(StateFileError, match=f"belongs to {SERIAL}, not to ZX2"):
        VirtualTerminal("controller4", "ZX2", state=path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(StateFileError, match="layout 9"):
        VirtualTerminal("controller4", SERIAL, state=path)
    assert len(path.read_bytes()) == len(whole)
    with pytest.raises(StateFileError, match="unable to open"):
        VirtualTerminal("controller4", SERIAL, state=tmp_path)
    assert not list(tmp_path.glob("*.torn"))


async def test_two_terminals_do_not_share_a_file(lab: Lab, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "state"
    async with VirtualTerminal("tfs30", SERIAL, server.url, Timing.fast(), state=path) as first:
        with pytest.raises(StateFileError, match="locked"):
            VirtualTerminal("tfs30", SERIAL, state=path)
        first.add_user(User(enrollid=1))
    assert list(VirtualTerminal("tfs30", SERIAL, state=path).users) == [1]


async def test_a_file_which_cannot_be_written(server: Server, tmp_path: Path) -> None:
    terminal = VirtualTerminal("tfs30", SERIAL, server.url, Timing.fast(), state=tmp_path / "nowhere" / "state")
    with pytest.raises(StateFileError, match="unable to open"):
        await terminal.start()


def test_a_write_which_fails_is_an_error(tmp_path: Path) -> None:
    flash, then = Flash(tmp_path / "state"), machine()
    flash.open(then)
    flash._connection.execute("DROP TABLE kept")  # type: ignore[union-attr]
    then.users.notice = "x"
    with pytest.raises(StateFileError, match="no such table"):
        flash.save(then)
    flash.close(then)


async def test_a_power_cut_without_a_file(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    person = User(enrollid=1, name="Ada", credentials={11: 5}, lock=UserLock(weekzone=3), enabled=False)
    terminal.add_user(person)
    await server.call("lockctrl", fuc=1)
    server.replies["sendlog"] = keep_silent
    terminal.punch(1)
    await terminal.lose_power()
    assert not terminal.connected
    await server.until(lambda: server.closed == 1)
    assert (terminal.doors[1].mode, terminal.doors[1].is_open) == ("normal", False)
    terminal.punch(1)
    assert terminal.unsent > 1
    await terminal.start()
    await terminal.wait_registered()
    assert terminal.users == {1: person}
    assert len(server.sockets) == 2


async def test_a_clock_without_a_battery(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.faults.loses_clock = True
    server.replies["reg"] = lambda _: {"ret": "reg", "result": True}
    await terminal.power_cycle()
    await terminal.wait_registered()
    assert terminal.machine.clock.now().year == 2000
    assert server.named("reg")[-1]["devinfo"]["time"].startswith("2000-01-01")
    await server.call("settime", cloudtime=f"{local_now():%Y-%m-%d %H:%M:%S}")
    assert terminal.machine.clock.now().year > 2000


async def test_a_log_that_is_full_is_written_over_and_one_that_is_cleared_at_the_menu_is_empty(
    server: Server, tmp_path: Path
) -> None:
    """Sent or not; the server is told nothing of it, but sees it by the counts."""
    path = tmp_path / "state"
    async with VirtualTerminal("tfs30", SERIAL, server.url, Timing.fast(), state=path) as terminal:
        await terminal.wait_registered()
        terminal.faults.capacity["log"] = 3
        for mode in range(5):
            terminal.punch(1, mode=mode)
        assert [log["mode"] for log in terminal.logs] == [2, 3, 4]
        await terminal.wait_sent()
        assert (await server.call("getdevcap"))["usedlog"] == 3
    async with VirtualTerminal("tfs30", SERIAL, server.url, Timing.fast(), state=path) as terminal:
        await terminal.wait_registered()
        assert [log["mode"] for log in terminal.logs] == [2, 3, 4]
        terminal.clear_logs()
        assert (await server.call("getdevcap"))["usedlog"] == 0
    assert VirtualTerminal("tfs30", SERIAL, state=path).logs == []
