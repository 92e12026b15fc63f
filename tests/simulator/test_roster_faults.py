"""What goes wrong while somebody writes people to a terminal."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from simulator import PROFILES, PUNCH_PHOTO, Faults, Interruption, LostWrites, Timing, User, UserLock
from simulator.commands import answer
from simulator.lost_writes import LOSABLE, copied
from simulator.machine import Machine

from .conftest import Frame, Lab, Server

CARD = {"backupnum": 11, "name": "Bo"}
PERSON = User(enrollid=1, name="Ada", credentials={0: "aa", 11: 5})


async def put(server: Server, number: int, **keys: object) -> Frame:
    return await server.call("setuserinfo", **{"enrollid": number, **CARD, "record": 100 + number, **keys})


async def test_no_room_for_more_people(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.capacity["user"] = 2
    assert [(await put(server, number))["result"] for number in (1, 2)] == [True, True]
    refused = await put(server, 3)
    assert (refused["result"], refused["reason"], refused["msg"]) == (False, 3, "no space")
    # Who is there already can be changed, and the terminal boasts as before.
    assert (await put(server, 2, record=7))["result"] is True
    assert (await server.call("getdevcap"))["usersize"] == 5000
    enrolling = await server.call("adduser", enrollid=9, backupnum=11)
    assert (enrolling["result"], enrolling["reason"]) == (False, 3)
    await server.call("deleteuser", enrollid=1, backupnum=13)
    assert (await put(server, 3))["result"] is True


@pytest.mark.parametrize(
    ("counted", "first", "second"),
    [
        ("fp", (0, "aa"), (1, "bb")),
        ("face", (50, PUNCH_PHOTO), (20, "cc")),
        ("palm", (40, "dd"), (41, "ee")),
        ("card", (11, 5), None),
        ("pwd", (10, 5), None),
    ],
)
async def test_no_room_for_more_of_a_kind(
    lab: Lab, server: Server, counted: str, first: tuple[int, object], second: tuple[int, object] | None
) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.capacity[counted] = 1
    for backupnum, record in (first, first):
        assert (await put(server, 1, backupnum=backupnum, record=record))["result"] is True
    if second is not None:
        assert (await put(server, 1, backupnum=second[0], record=second[1]))["reason"] == 3
    other = (20, "zz") if counted == "face" else first
    assert (await put(server, 2, backupnum=other[0], record=other[1]))["reason"] == 3
    assert (await server.call("adduser", enrollid=3, backupnum=other[0]))["reason"] == 3
    assert list(terminal.users) == [1]
    # A name without a credential takes none of the room.
    assert (await put(server, 2, backupnum=0, record=""))["result"] is True


async def test_the_capacity_of_the_profile_holds_for_each_kind(lab: Lab, server: Server) -> None:
    profile = PROFILES["tfs30"]
    terminal = await lab.registered(replace(profile, sizes={**profile.sizes, "cardsize": 1}))
    terminal.add_user(User(enrollid=1, credentials={11: 5}))
    assert (await put(server, 2))["reason"] == 3
    assert (await put(server, 2, backupnum=10, record=5))["result"] is True


async def test_a_kind_which_the_firmware_cannot_store(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.refuse_kinds["fp"] = {"reason": 4, "msg": "format"}
    refused = await put(server, 1, backupnum=3, record="aa")
    assert (refused["result"], refused["reason"], refused["msg"]) == (False, 4, "format")
    assert (await server.call("adduser", enrollid=1, backupnum=0))["reason"] == 4
    assert not terminal.users
    assert (await put(server, 1))["result"] is True
    del terminal.faults.refuse_kinds["fp"]
    assert (await put(server, 1, backupnum=3, record="aa"))["result"] is True


async def test_writes_are_confirmed_and_not_stored(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.lost = LostWrites(every=3)
    assert [(await put(server, number))["result"] for number in range(1, 8)] == [True] * 7
    assert list(terminal.users) == [1, 2, 4, 5, 7]
    await terminal.wait_for(lambda: not terminal.machine.new_users)
    assert [frame["enrollid"] for frame in server.named("senduser")] == [1, 2, 4, 5, 7]


async def test_writes_for_some_people_are_lost(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    for number in (1, 2):
        terminal.add_user(User(enrollid=number, name=f"P{number}", credentials={11: number}))
    terminal.faults.lost = LostWrites(numbers=frozenset({2}))
    names = [{"enrollid": number, "name": "new"} for number in (1, 2)]
    locks = [{"enrollid": number, "weekzone": 4} for number in (1, 2)]
    assert (await server.call("setusername", count=2, record=names))["result"] is True
    assert (await server.call("setuserlock", count=2, record=locks))["result"] is True
    assert (await server.call("enableuser", enrollid=2, enflag=0))["result"] is True
    assert (await server.call("deleteuser", enrollid=2, backupnum=13))["result"] is True
    assert terminal.users[1] == User(enrollid=1, name="new", credentials={11: 1}, lock=UserLock(weekzone=4))
    assert terminal.users[2] == User(enrollid=2, name="P2", credentials={11: 2})
    # Zones are nobody's.
    await server.call("setdevlock", opendelay=9)
    assert terminal.access_settings["opendelay"] == 9


async def test_only_the_credential_is_lost(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.lost = LostWrites(kinds=frozenset({"photo", "zones"}))
    assert (await put(server, 1, backupnum=50, record=PUNCH_PHOTO))["result"] is True
    assert terminal.users[1] == User(enrollid=1, name="Bo")
    await server.call("setdevlock", opendelay=9)
    assert terminal.access_settings["opendelay"] == 5
    await put(server, 1)
    assert terminal.users[1].credentials == {11: 101}


def test_what_is_lost_has_to_have_a_meaning() -> None:
    with pytest.raises(ValueError, match="finger"):
        LostWrites(kinds=frozenset({"finger"}))


WRITES: tuple[Callable[[int], tuple[str, Frame]], ...] = (
    lambda n: ("setuserinfo", {"enrollid": n, "name": "x", "backupnum": n % 3, "record": "bb", "admin": 1}),
    lambda n: ("setuserinfo", {"enrollid": n, "name": "y", "card": 9, "enable": 0, "zoneid": 2, "department": "d"}),
    lambda n: ("deleteuser", {"enrollid": n, "backupnum": 13}),
    lambda n: ("deleteuser", {"enrollid": n, "backupnum": 0}),
    lambda n: ("enableuser", {"enrollid": n, "enflag": 0}),
    lambda n: ("setusername", {"count": 1, "record": [{"enrollid": n, "name": "z"}]}),
    lambda n: ("setuserlock", {"count": 1, "record": [{"enrollid": n, "group": 5}]}),
    lambda n: ("setuserprofile", {"enrollid": n, "profile": "m"}),
    lambda n: ("setdevlock", {"opendelay": n}),
    lambda _: ("cleanuser", {}),
    lambda _: ("cleanuserlock", {}),
    lambda _: ("cleanadmin", {}),
)


@given(
    writes=st.lists(st.tuples(st.sampled_from(WRITES), st.integers(1, 4)), max_size=12),
    numbers=st.frozensets(st.integers(1, 4), max_size=3),
    kinds=st.frozensets(st.sampled_from(LOSABLE), max_size=4),
)
def test_what_is_lost_stays_as_it_was(
    writes: list[tuple[Callable[[int], tuple[str, Frame]], int]], numbers: frozenset[int], kinds: frozenset[str]
) -> None:
    machine = Machine(PROFILES["ai_face"], "ZX1", Timing.fast())
    for number in (1, 2, 3):
        machine.users.by_id[number] = User(enrollid=number, name="a", admin=2, credentials={0: "aa", 11: number})
    machine.faults = Faults(lost=LostWrites(numbers=numbers, kinds=kinds))
    before = {number: copied(user) for number, user in machine.users.by_id.items()}
    delay = machine.access_settings["opendelay"]
    for write, number in writes:
        name, command = write(number)
        answer(machine, name, {"cmd": name, **command})
        people = machine.users.by_id
        for known in numbers or before.keys() | people.keys():
            if not kinds:
                assert people.get(known) == before.get(known)
            elif "person" in kinds:
                assert (known in people) is (known in before)
            if "card" in kinds and "person" in kinds and known in before:
                assert people[known].credentials.get(11) == known
        if not numbers and (not kinds or "zones" in kinds):
            assert machine.access_settings["opendelay"] == delay
        if not kinds and not numbers:
            assert list(people) == list(before)


@pytest.mark.parametrize(("stored", "there"), [(True, [1, 2, 3]), (False, [1, 2])])
async def test_the_power_fails_in_the_middle(lab: Lab, server: Server, there: list[int], *, stored: bool) -> None:
    terminal = await lab.registered("tfs30")
    terminal.faults.interruptions.append(Interruption(command="setuserinfo", nth=3, stored=stored))
    for number in (1, 2):
        assert (await put(server, number))["result"] is True
    # What is not a setuserinfo does not count.
    await server.call("gettime")
    await server.send({"cmd": "setuserinfo", "enrollid": 3, **CARD, "record": 5})
    await server.send({"cmd": "setuserinfo", "enrollid": 4, **CARD, "record": 6})
    await server.frame("reg", number=2)
    await terminal.wait_registered()
    assert list(terminal.users) == there
    assert len(server.named("setuserinfo")) == 2
    assert not terminal.faults.interruptions
    # It happens once.
    assert (await put(server, 3))["result"] is True


async def test_the_power_stays_away(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30", replace(Timing.fast(), reboot=3600))
    terminal.faults.interruptions.append(Interruption(command="*", away=0.01))
    await server.send({"cmd": "gettime"})
    await server.frame("reg", number=2)
    await terminal.wait_registered()
    assert not server.named("gettime")


async def test_a_reset_in_the_middle(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(User(enrollid=1))
    await server.call("setdevlock", opendelay=9)
    act = Interruption(command="setuserlock", act="factory_reset")
    terminal.faults = Faults(interruptions=[act])
    await server.send({"cmd": "setuserlock", "count": 1, "record": [{"enrollid": 1, "group": 3}]})
    await server.frame("reg", number=2)
    await terminal.wait_registered()
    assert not terminal.users
    assert terminal.access_settings["opendelay"] == 5
    assert server.named("reg")[-1]["devinfo"]["useduser"] == 0


async def test_a_reset_forgets_everything_but_the_serial(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.server_approval = True
    await put(server, 1)
    await server.call("setdevinfo", volume=1)
    await server.call("setholiday", holidays=[{"startday": "12-24", "endday": "12-26"}])
    await server.call("setuserprofile", enrollid=0, profile="closed")
    terminal.punch(1)
    await terminal.factory_reset()
    await terminal.wait_registered()
    assert (terminal.users, terminal.logs, terminal.holidays, terminal.notice) == ({}, [], [], "")
    assert (terminal.settings["volume"], terminal.server_approval, terminal.unsent) == (6, False, 0)
    assert {frame["sn"] for frame in server.named("reg")} == {"ZX00000001"}


async def test_somebody_is_at_the_keypad_in_the_middle(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.faults.interruptions += [
        Interruption(command="deleteuser", stored=False, act=lambda: terminal.keypad.rename(1, "Somebody else")),
        Interruption(command="setuserinfo", nth=2, act=lambda: terminal.keypad.delete(2)),
    ]
    for number in (1, 2):
        assert (await put(server, number))["result"] is True
    assert list(terminal.users) == [1]
    refused = await server.call("deleteuser", enrollid=1, backupnum=5)
    assert refused["result"] is False
    assert terminal.users[1].name == "Somebody else"


async def test_what_the_keypad_tells_the_server(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    keypad = terminal.keypad
    keypad.add(User(enrollid=1, name="Ada", credentials={0: "aa", 11: 5}))
    keypad.change_card(1, 6)
    keypad.rename(1, "Bo")
    keypad.set_role(1, 1)
    keypad.enable(1, on=False)
    keypad.remove(1, 0)
    assert terminal.users == {1: User(enrollid=1, name="Bo", admin=1, enabled=False, credentials={11: 6})}
    keypad.delete(1)
    assert not terminal.users
    await terminal.wait_for(lambda: not terminal.machine.new_users)
    pushed = [(frame["backupnum"], frame["record"], frame["name"]) for frame in server.named("senduser")]
    assert pushed == [(0, "aa", "Ada"), (11, 5, "Ada"), (11, 6, "Ada")]


@pytest.mark.parametrize("by_profile", [True, False])
async def test_a_quiet_keypad(lab: Lab, server: Server, *, by_profile: bool) -> None:
    terminal = await lab.registered(replace(PROFILES["tfs30"], announces_users=not by_profile))
    terminal.faults.quiet_keypad = not by_profile
    terminal.keypad.add(copied(PERSON))
    terminal.keypad.change_card(1, 6)
    await server.call("gettime")
    assert not server.named("senduser")
    assert terminal.users[1].credentials[11] == 6


async def test_firmware_which_tells_of_a_new_name(lab: Lab, server: Server) -> None:
    terminal = await lab.registered(replace(PROFILES["tfs30"], announces_names=True))
    terminal.add_user(copied(PERSON))
    terminal.keypad.rename(1, "Bo")
    await server.frame("senduser", number=2)
    assert {frame["name"] for frame in server.named("senduser")} == {"Bo"}


def test_nobody_to_change_at_the_keypad(lab: Lab) -> None:
    terminal = lab.terminal()
    with pytest.raises(ValueError, match="nobody has the number 4"):
        terminal.keypad.delete(4)
    terminal.add_user(copied(PERSON))
    with pytest.raises(ValueError, match="has no 50"):
        terminal.keypad.remove(1, 50)
