"""Who lives in the demo: people in groups, guests, a week behind them, and what an owner has to look after."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from simulator import Timing, User, VirtualTerminal

from .demo_house import CONTROLLER, House, house
from .home import LOOPBACK

GARAGE, GARAGE_NAME = "ZYTI00000005", "Garage"
# Doors of groups, by the names of terminals, and hours: the name of a schedule, or always.
GROUPS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "Family": (("Front door", "Office", "Warehouse", GARAGE_NAME), None),
    "Office team": (("Front door", "Office"), "Working hours"),
    "Warehouse team": (("Front door", "Warehouse"), "Working hours"),
    "Night watch": (("Front door", "Warehouse", GARAGE_NAME), None),
    "Cleaning": (("Front door", "Office"), "Evenings"),
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
SCHEDULES = {"Working hours": ("06:00:00", "20:00:00"), "Evenings": ("17:00:00", "22:00:00")}
# In the order of their numbers, from 1.
PEOPLE: dict[str, tuple[str, ...]] = {
    "Ada Lovelace": ("Family",),
    "Grace Hopper": ("Office team",),
    "Alan Turing": ("Office team",),
    "Katherine Johnson": ("Office team",),
    "Chien-Shiung Wu": ("Office team",),
    "Emmy Noether": ("Office team",),
    "Srinivasa Ramanujan": ("Office team", "Warehouse team"),
    "Lise Meitner": ("Office team",),
    "Mary Jackson": ("Warehouse team",),
    "Nikola Tesla": ("Warehouse team",),
    "Ibn al-Haytham": ("Warehouse team",),
    "Rosalind Franklin": ("Warehouse team",),
    "Subrahmanyan Chandrasekhar": ("Warehouse team",),
    "Hedy Lamarr": ("Night watch",),
    "Tycho Brahe": ("Night watch",),
    "Caroline Herschel": ("Cleaning",),
    "Maryam Mirzakhani": ("Cleaning",),
    "William Byron": ("Family",),
    "Charles Babbage": ("Office team",),
    "Johannes Kepler": ("Warehouse team",),
}
NUMBERS = {name: number for number, name in enumerate(PEOPLE, 1)}
FIRST_CARD = 40_010_000
DISABLED, EXPIRED, EXPECTED = "Charles Babbage", "Johannes Kepler", "William Byron"
# Who is new since the garage is away, who forgot to punch once, and whom the office's terminal alone knows.
NEW, FORGETFUL = "Vera Rubin", "Emmy Noether"
STRANGER = User(enrollid=99, name="Galileo Galilei", credentials={0: "recorded at the menu"})
# The reader of the front door that is passed on the way in.
IN, OUT = 1, 0
NIGHT_BEGINS, NIGHT_ENDS = time(22, 4), time(6, 9)
DAY_STARTS, DAY_ENDS = time(8, 2), time(17, 1)
# When the night watch has gone, and nobody else has come.
DAY_BEGINS = 7
DAYS = 7
WEEK_END = 5


@asynccontextmanager
async def lived_in(folder: Path, home_port: int, terminal_port: int, timing: Timing) -> AsyncGenerator[House]:
    """Build a house that people live in, with four terminals of which the last is away, and tear it down."""
    async with house(folder, home_port, terminal_port, timing, people={}) as built:
        await move_in(built)
        yield built


async def move_in(built: House) -> None:
    """Approve all terminals, have people and guests, let a week have passed, and switch the garage's terminal off."""
    url = f"ws://{LOOPBACK}:{built.terminal_port}/pub/chat"
    async with VirtualTerminal(profile="tfs30", serial=GARAGE, url=url, timing=built.face.timing) as garage:
        people, groups, devices = await take_in(built, garage)
    await built.perform("add_person", name=NEW, groups=[groups["Family"]], card=str(FIRST_CARD + len(PEOPLE) + 1))
    await built.perform("update_person", person_id=people[DISABLED], enabled=False)
    await invite(built, devices)
    await pass_a_week(built)
    built.finger.enrol_user(STRANGER)

    async def differs() -> bool:
        return bool((await built.perform("get_differences"))["differences"])

    await built.home.until("the difference", differs)


async def take_in(built: House, garage: VirtualTerminal) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Have everybody on all terminals; return the ids of people, groups and devices by name."""
    home = built.home
    await home.approve(CONTROLLER, name="Warehouse", doors=4)
    await home.approve(GARAGE, name=GARAGE_NAME, doors=1)
    for terminal in (built.controller, garage):
        await terminal.wait_registered(timeout=30)
    await choose(built)
    devices = {name: await home.device(name) for name in ("Front door", "Office", "Warehouse", GARAGE_NAME)}

    async def kept(device_id: str) -> bool:
        return bool((await built.perform("keep_in_step", device_id=device_id, confirm=True))["kept_in_step"])

    for device_id in devices.values():
        await home.until("a terminal kept in step", partial(kept, device_id))
    groups = await make_groups(built, devices)
    people: dict[str, str] = {}
    for name, theirs in PEOPLE.items():
        told = await built.perform("add_person", name=name, groups=[groups[it] for it in theirs], **given(built, name))
        people[name] = told["person_id"]
    await settled(built)
    return people, groups, devices


async def choose(built: House) -> None:
    """Turn the vault on, and let a day of hours begin when the night is over."""
    await built.choose(vault=True, day_begins=DAY_BEGINS)
    (entry,) = await built.home.call("config_entries/get", domain="timmy_access")
    for terminal in built.terminals:
        await terminal.wait_registered(timeout=30)
    await decide_at_the_front(built, entry["entry_id"])


async def decide_at_the_front(built: House, entry_id: str) -> None:
    """Let Home Assistant decide about each punch at the front door, and count who is inside by its two readers."""
    home = built.home
    subentries = await home.call("config_entries/subentries/list", entry_id=entry_id)
    subentry_id = next(it["subentry_id"] for it in subentries if it["title"] == "Front door")
    flows = "/api/config/config_entries/subentries/flow"
    form = await home.post(flows, {"handler": [entry_id, "terminal"], "subentry_id": subentry_id})
    form = await home.post(f"{flows}/{form['flow_id']}", {"next_step_id": "settings"})
    shown = {it["name"]: it.get("description", {}).get("suggested_value") for it in form["data_schema"]}
    known = {name: value for name, value in shown.items() if value is not None}
    chosen = {**known, "decision_window": 0, "entry_reader": "second", "server_approval": "grant"}
    await home.post(f"{flows}/{form['flow_id']}", chosen)
    await built.face.wait_registered(timeout=30)
    built.face.server_approval = True


async def make_groups(built: House, devices: dict[str, str]) -> dict[str, str]:
    """Make the groups and their hours, and return the ids of groups by name."""
    schedules: dict[str, str] = {}
    for name, (begin, end) in SCHEDULES.items():
        week = {day: [{"from": begin, "to": end}] for day in WEEKDAYS}
        await built.home.call("schedule/create", name=name, icon="mdi:clock-outline", **week)
        schedules[name] = f"schedule.{name.lower().replace(' ', '_')}"
    groups: dict[str, str] = {}
    for name, (doors, schedule) in GROUPS.items():
        rule: dict[str, Any] = {"device_id": [devices[it] for it in doors]}
        if schedule is not None:
            rule["schedule"] = schedules[schedule]
        groups[name] = (await built.perform("set_access_group", name=name, rules=[rule]))["group_id"]
    return groups


async def settled(built: House) -> None:
    """Wait until every terminal that is there has been told of everybody."""

    async def all_told() -> bool:
        people = (await built.perform("get_people"))["people"]
        placed = [it["state"] for person in people for it in person["placements"]]
        return bool(placed) and all(state not in {"waiting", "writing"} for state in placed)

    await built.home.until("everybody on their terminals", all_told)


async def invite(built: House, devices: dict[str, str]) -> None:
    """Expect guests: today, one for some days, one next week, one on weekdays, and one no more."""
    today = built.today()
    for name, more in (
        ("Plumber", {"valid_until": f"{today + timedelta(days=1)} 18:00:00", "max_uses": 2}),
        ("Grandmother", {"valid_until": f"{today + timedelta(days=10)} 12:00:00"}),
        ("Piano tuner", {"valid_from": f"{today + timedelta(days=6)} 09:00:00", "max_uses": 1}),
        ("Dog walker", {"weekdays": ["mon", "wed", "fri"], "start_time": "11:00:00", "end_time": "14:00:00"}),
    ):
        await built.perform("create_pass", device_id=devices["Front door"], name=name, **more)
    made = await built.perform("create_pass", device_id=devices["Office"], name="Auditor")
    await built.perform("revoke_pass", device_id=devices["Office"], pass_id=made["pass_id"])


async def pass_a_week(built: House) -> None:
    """Let everybody have come and gone for a week, and some come now; two are refused."""
    today = built.today()
    days = [day for ago in range(DAYS, 0, -1) if (day := today - timedelta(days=ago)).weekday() < WEEK_END]
    for terminal, number, at, way in sorted(past(built, days), key=lambda it: it[2]):
        terminal.punch(number, time=at, inout=way)
    for terminal in (built.face, built.finger):
        await terminal.wait_sent(timeout=60)
    # Those who may pass at any hour, so that it is the same whenever this is built.
    for name in (EXPIRED, "Hedy Lamarr", DISABLED, "Tycho Brahe", "Ada Lovelace"):
        built.face.punch(NUMBERS[name], inout=IN)
        await built.face.wait_sent(timeout=30)


def past(built: House, days: list[date]) -> Iterator[tuple[VirtualTerminal, int, datetime, int]]:
    """Yield who was at which terminal when: the watch by night, everybody else by day; one punch is missing."""
    forgot = days[-2]
    for day in days:
        for name, groups in PEOPLE.items():
            number = NUMBERS[name]
            # Nobody comes on the minute, and the same people come early every time this is built.
            late = timedelta(minutes=number * 7 % 23 + day.day * number % 11)
            if "Night watch" in groups:
                if (number + day.day) % 2:
                    yield built.face, number, datetime.combine(day - timedelta(days=1), NIGHT_BEGINS), IN
                    yield built.face, number, datetime.combine(day, NIGHT_ENDS), OUT
            elif "Family" not in groups and name not in (DISABLED, EXPIRED):
                # Which reader was passed counts at the front door alone.
                terminal = built.finger if "Office team" in groups else built.face
                yield terminal, number, datetime.combine(day, DAY_STARTS) + late, IN
                if (name, day) != (FORGETFUL, forgot):
                    yield terminal, number, datetime.combine(day, DAY_ENDS) + late, OUT


def given(built: House, name: str) -> dict[str, Any]:
    """Return what somebody is given besides groups: a card, and for some a first or a last day."""
    more = {"card": str(FIRST_CARD + NUMBERS[name])}
    if name == EXPIRED:
        more["valid_until"] = f"{built.today() - timedelta(days=1)} 00:00:00"
    if name == EXPECTED:
        more["valid_from"] = f"{built.today() + timedelta(days=3)} 00:00:00"
    return more
