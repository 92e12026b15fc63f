"""Whom a terminal lets in by itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from simulator import PROFILES, PUNCH_PHOTO, Faults, Reason, User, UserLock, VirtualTerminal
from simulator.settings import DAY_ZONES, DAYS, SECTIONS, WEEK_ZONES

from .conftest import Lab, Server, accept_log

MONDAY = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - the protocol knows no zones
ZONES = st.integers(1, WEEK_ZONES)
CLOCK = st.integers(0, 24 * 60 - 1)


def person(**keys: Any) -> User:
    return User(**{"enrollid": 1, "credentials": {11: 5}, **keys})


def weekdays(*numbers: int) -> dict[str, list[dict[str, int]]]:
    return {"week": [{"day": number} for number in numbers]}


def sections(*spans: str) -> dict[str, list[dict[str, str]]]:
    return {"day": [{"section": span} for span in (*spans, *("00:00~00:00",) * (SECTIONS - len(spans)))]}


def text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def terminal_with(user: User, profile: str = "controller4") -> VirtualTerminal:
    terminal = VirtualTerminal(profile)
    terminal.add_user(user)
    return terminal


def test_somebody_fresh_may_always_pass() -> None:
    terminal = terminal_with(person())
    for hours in range(24 * 8):
        for door in terminal.doors:
            verdict = terminal.would_open(1, door, MONDAY.replace(hour=0) + timedelta(hours=hours))
            assert verdict
            assert verdict.reason is Reason.ALLOWED


def test_nobody_passes_who_is_not_there_or_disabled() -> None:
    terminal = terminal_with(person(enabled=False))
    assert terminal.would_open(1, 1, MONDAY).reason is Reason.DISABLED
    assert terminal.would_open(2, 1, MONDAY).reason is Reason.UNKNOWN
    assert not terminal.would_open(2, 1, MONDAY)
    with pytest.raises(ValueError, match="no door 5"):
        terminal.would_open(1, 5, MONDAY)


def test_dates_hold_to_the_second() -> None:
    terminal = terminal_with(person(lock=UserLock(starttime="2026-03-02 12:00:00", endtime="2026-03-02 12:00:00")))
    second = timedelta(seconds=1)
    assert terminal.would_open(1, 1, MONDAY - second).reason is Reason.TOO_EARLY
    assert terminal.would_open(1, 1, MONDAY)
    assert terminal.would_open(1, 1, MONDAY + second).reason is Reason.TOO_LATE


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [
        ("07:00~18:00", ["07:00:00", "12:00:00", "18:00:59"], ["06:59:59", "18:01:00", "00:00:00"]),
        # The printed way to say the whole day, and the printed way to say never (spec B20, tips).
        ("00:01~23:59", ["00:00:00", "00:01:00", "23:59:59"], []),
        ("00:00~00:00", [], ["00:00:00", "12:00:00", "23:59:59"]),
        ("20:00~23:59", ["20:00:00", "23:59:59"], ["00:00:00", "19:59:59"]),
        ("18:00~07:00", [], ["06:00:00", "12:00:00", "19:00:00"]),
    ],
)
def test_sections(span: str, inside: list[str], outside: list[str]) -> None:
    terminal = terminal_with(person())
    terminal.access_settings["dayzone"][0] = sections(span)
    for clock, opens in [*((at, True) for at in inside), *((at, False) for at in outside)]:
        verdict = terminal.would_open(1, 1, datetime.fromisoformat(f"2026-03-02 {clock}"))
        assert bool(verdict) is opens, clock
        assert verdict.reason in {Reason.ALLOWED, Reason.OUTSIDE_HOURS}


@given(
    zones=st.tuples(ZONES, ZONES, ZONES, ZONES),
    weeks=st.lists(
        st.lists(st.integers(0, DAY_ZONES), min_size=DAYS, max_size=DAYS), min_size=WEEK_ZONES, max_size=WEEK_ZONES
    ),
    days=st.lists(
        st.lists(st.tuples(CLOCK, CLOCK).map(sorted), max_size=SECTIONS), min_size=DAY_ZONES, max_size=DAY_ZONES
    ),
    at=st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - the protocol knows no zones
    door=st.integers(1, 4),
)
def test_the_zone_of_the_door_decides(
    zones: tuple[int, int, int, int], weeks: list[list[int]], days: list[list[list[int]]], at: datetime, door: int
) -> None:
    lock = UserLock(weekzone=zones[0], weekzone2=zones[1], weekzone3=zones[2], weekzone4=zones[3])
    terminal = terminal_with(person(lock=lock))
    terminal.access_settings["weekzone"] = [weekdays(*week) for week in weeks]
    spans = [[f"{text(begin)}~{text(end)}" for begin, end in day] for day in days]
    terminal.access_settings["dayzone"] = [sections(*day) for day in spans]
    day = weeks[zones[door - 1] - 1][at.weekday()]
    minute = at.hour * 60 + at.minute
    expected = day > 0 and any(
        (begin <= minute <= end and end > 0) or (begin, end) == (1, 24 * 60 - 1) for begin, end in days[day - 1]
    )
    assert bool(terminal.would_open(1, door, at)) is expected


def test_no_week_zone_is_never_open() -> None:
    assert terminal_with(person(lock=UserLock(weekzone=0))).would_open(1, 1, MONDAY).reason == (Reason.OUTSIDE_HOURS)


async def test_what_the_server_wrote_decides(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    await server.call("setuserinfo", enrollid=1, name="Bo", backupnum=11, record=5)
    await server.call("setdevlock", dayzone=[sections(), sections("09:00~17:00")], weekzone=[weekdays(2), weekdays(1)])
    await server.call("setuserlock", count=1, record=[{"enrollid": 1, "weekzone2": 2}])
    evening = MONDAY.replace(hour=20)
    assert terminal.would_open(1, 1, MONDAY)
    assert terminal.would_open(1, 1, evening).reason is Reason.OUTSIDE_HOURS
    assert terminal.would_open(1, 2, MONDAY).reason is Reason.OUTSIDE_HOURS
    assert terminal.would_open(1, 1, MONDAY + timedelta(days=1)).reason is Reason.OUTSIDE_HOURS
    await server.call("enableuser", enrollid=1, enflag=0)
    assert terminal.would_open(1, 1, MONDAY).reason is Reason.DISABLED
    await server.call("enableuser", enrollid=1, enflag=1)
    await server.call("deleteuser", enrollid=1, backupnum=13)
    assert terminal.would_open(1, 1, MONDAY).reason is Reason.UNKNOWN


async def test_a_scan_follows_the_same_rules(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("controller4")
    terminal.add_user(person(lock=UserLock(weekzone=2)))
    terminal.access_settings["weekzone"][1] = weekdays(*(0,) * DAYS)
    lines: list[str] = []
    terminal.listen(lines.append)
    terminal.punch(1)
    assert (terminal.doors[1].openings, terminal.screen) == (0, "refused")
    assert "user 1 refused: outside the week zone" in lines
    terminal.punch(1, door=3)
    assert [door.openings for door in terminal.doors.values()] == [0, 0, 1, 0]
    await server.call("lockctrl", fuc=2)
    assert terminal.would_open(1, 3, MONDAY).reason is Reason.HELD_CLOSED


@pytest.mark.parametrize(
    ("credentials", "opens"),
    [
        ({}, False),
        # A name without a credential.
        ({0: ""}, False),
        ({0: "", 11: 5}, True),
        ({50: PUNCH_PHOTO}, True),
    ],
)
def test_nobody_passes_with_nothing(credentials: dict[int, str | int], *, opens: bool) -> None:
    verdict = terminal_with(person(credentials=credentials)).would_open(1, 1, MONDAY)
    assert verdict.reason is (Reason.ALLOWED if opens else Reason.NO_CREDENTIAL)


@pytest.mark.parametrize(
    ("credentials", "commands", "opens"),
    [
        ({11: 5}, ["enableuser"], True),
        ({11: 5}, ["setuserinfo"], False),
        ({50: PUNCH_PHOTO}, ["enableuser"], False),
        ({50: PUNCH_PHOTO}, ["setuserinfo"], True),
        ({11: 5, 50: PUNCH_PHOTO}, ["enableuser"], True),
        ({11: 5, 50: PUNCH_PHOTO}, ["setuserinfo"], True),
        ({11: 5, 50: PUNCH_PHOTO}, ["enableuser", "setuserinfo"], False),
    ],
)
async def test_firmware_which_disables_by_half(
    lab: Lab, server: Server, credentials: dict[int, str | int], commands: list[str], *, opens: bool
) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.splits_enabling = True
    terminal.add_user(person(credentials=credentials))
    for command in commands:
        assert (await server.call(command, enrollid=1, enflag=0, enable=0))["result"] is True
    assert bool(terminal.would_open(1, 1, MONDAY)) is opens
    for mode in (3, 8):
        terminal.punch(1, mode=mode)
    assert terminal.doors[1].openings == 2 - len(commands)
    terminal.faults.splits_enabling = False
    assert bool(terminal.would_open(1, 1, MONDAY)) is ("setuserinfo" not in commands)


async def test_the_server_lets_somebody_in_where_they_stand(lab: Lab, server: Server) -> None:
    server.replies["sendlog"] = lambda frame: {**accept_log(frame), "access": 1}
    terminal = await lab.registered("controller4")
    terminal.server_approval = True
    terminal.punch(99, door=3)
    await terminal.wait_opened(3)
    assert terminal.doors[1].openings == 0


async def test_a_time_which_is_none_does_not_stop_a_scan(lab: Lab) -> None:
    terminal = await lab.registered()
    terminal.add_user(person())
    terminal.punch(1, time="soon")
    assert terminal.doors[1].openings == 1


LOCK = {"enrollid": 1, "weekzone": 2, "group": 3, "starttime": "2026-01-01 00:00:00", "endtime": "2026-02-01 00:00:00"}
TOLD = {"ret": "getuserlock", "sn": "ZX00000001", "result": True, "enrollid": 1}


@pytest.mark.parametrize(
    ("lacks", "told", "reason"),
    [
        (set(), LOCK, Reason.TOO_LATE),
        ({"dates"}, {"weekzone": 2, "group": 3}, Reason.OUTSIDE_HOURS),
        ({"week_zones"}, {key: LOCK[key] for key in ("group", "starttime", "endtime")}, Reason.TOO_LATE),
        ({"dates", "week_zones"}, {"group": 3}, Reason.ALLOWED),
    ],
)
@pytest.mark.parametrize("by_profile", [True, False])
async def test_firmware_without_dates_or_zones(
    lab: Lab, server: Server, lacks: set[str], told: dict[str, object], reason: Reason, *, by_profile: bool
) -> None:
    profile = replace(PROFILES["tfs30"], lacks=frozenset(lacks) if by_profile else frozenset())
    terminal = await lab.registered(profile)
    if not by_profile:
        terminal.faults = Faults(lacks=lacks)
    terminal.add_user(person())
    terminal.access_settings["weekzone"][1] = weekdays(*(0,) * DAYS)
    assert (await server.call("setuserlock", count=1, record=[LOCK]))["result"] is True
    assert await server.call("getuserlock", enrollid=1) == TOLD | told
    assert terminal.would_open(1, 1, MONDAY).reason is reason
    await server.call("setdevlock", opendelay=7, weekzone=[weekdays(3)])
    settings = await server.call("getdevlock")
    assert settings["opendelay"] == 7
    assert ("weekzone" in settings, "dayzone" in settings) == (("week_zones" not in lacks),) * 2
    zone = terminal.access_settings["weekzone"][0]["week"][0]["day"]
    assert zone == (1 if "week_zones" in lacks else 3)


async def test_a_profile_without_dates_ignores_them_in_whole_users(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.faults.lacks = {"dates", "week_zones"}
    await server.call("setuserinfo", enrollid=1, name="Bo", zoneid=3, groupid=4, endtime="2020-01-01 00:00:00")
    assert terminal.users[1].lock == UserLock(group=4)


async def test_firmware_which_keeps_dates_to_itself(lab: Lab, server: Server) -> None:
    terminal = await lab.registered()
    terminal.faults.hides_dates = True
    terminal.add_user(person())
    await server.call("setuserlock", count=1, record=[LOCK])
    assert await server.call("getuserlock", enrollid=1) == TOLD | {"weekzone": 2, "group": 3}
    assert terminal.would_open(1, 1, MONDAY).reason is Reason.TOO_LATE


@pytest.mark.parametrize(
    ("faults", "commands"),
    [
        (Faults(lacks={"names"}), {"getusername", "setusername"}),
        (Faults(lacks={"user_locks"}), {"getuserlock", "setuserlock", "deleteuserlock", "cleanuserlock"}),
        (Faults(unknown={"getuserlock"}), {"getuserlock"}),
        (Faults(unknown={"disabledevice"}), {"disabledevice"}),
    ],
)
async def test_commands_which_are_not_known(lab: Lab, server: Server, faults: Faults, commands: set[str]) -> None:
    face = await lab.registered("ai_face")
    face.add_user(person())
    face.faults = faults
    for command in commands:
        reply = await server.call(command, enrollid=1, count=0, record=[])
        assert (reply["result"], reply["msg"]) == (False, "can not find this command")
    # It is not one of those which are carried out without a word.
    face.faults = Faults()
    assert (await server.call("getuserlock", enrollid=1))["result"] is True


async def test_old_firmware_is_silent_about_what_it_does_not_know(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("tfs30")
    terminal.add_user(person())
    terminal.faults.lacks = {"names"}
    assert await server.silent("getusername", enrollid=1)
