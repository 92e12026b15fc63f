"""Whether the dashboard feels it when a terminal with many people is read, shown and read again."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from .building import Building
from .figures import Figure
from .lean import Frame, LeanTerminal

PART = "roster"
TERMINALS = 1
PEOPLE = 3000
QUICK_PEOPLE = 300
# Rows a page (specification B1).
PAGE = 40
# A stall that long is felt in the dashboard.
STALL_MILLISECONDS = 50


class Staff:
    """The people on a terminal, each with a face and a card."""

    def __init__(self, people: int) -> None:
        """Hire so many, with enroll ids from 1."""
        self._rows = [
            {"enrollid": enroll_id, "admin": 0, "backupnum": slot}
            for enroll_id in range(1, people + 1)
            for slot in (50, 11)
        ]
        self._shown = 0

    def page(self, frame: Frame) -> Frame:
        """Answer a question for the list, or for more of it."""
        first = 0 if frame.get("stn") else self._shown
        rows = self._rows[first : first + PAGE]
        self._shown = first + len(rows)
        return {
            "result": True,
            "count": len(self._rows),
            "from": first,
            "to": self._shown - 1 if rows else first,
            "record": rows,
        }

    @staticmethod
    def name(frame: Frame) -> Frame:
        """Answer a question for a name."""
        return {"result": True, "record": f"Person {frame['enrollid']}"}


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    people = QUICK_PEOPLE if quick else PEOPLE
    serial = house.serials[0]
    staff = Staff(people)
    device_id = await house.home.device(house.name_of(serial))
    button = await house.home.switch_on(f"{serial}_refresh_people")

    async def shown_users() -> list[Mapping[str, Any]]:
        answer = await house.home.call(
            "call_service",
            domain="timmy_access",
            service="get_users",
            service_data={"device_id": device_id},
            return_response=True,
        )
        users: list[Mapping[str, Any]] = answer["response"]["users"]
        return users

    async def named() -> bool:
        users = await shown_users()
        return len(users) == people and all(user["name"] for user in users)

    await house.probe()
    begun = perf_counter()
    async with LeanTerminal(house.url, serial, {"getuserlist": staff.page, "getusername": staff.name}):
        await house.until_connected(1)
        await house.home.until("everybody's name", named)
        read = perf_counter() - begun
        first_stall = (await house.probe())["stall_ms"]
        begun = perf_counter()
        await shown_users()
        shown = perf_counter() - begun
        shown_stall = (await house.probe())["stall_ms"]
        begun = perf_counter()
        await house.home.act("button.press", entity_id=button)
        refreshed = perf_counter() - begun
        refreshed_stall = (await house.probe())["stall_ms"]
    return [
        figure
        for what, seconds, stall in (
            ("read", read, first_stall),
            ("shown", shown, shown_stall),
            ("refreshed", refreshed, refreshed_stall),
        )
        for figure in (
            Figure(part=PART, measure=f"{people} people {what}", value=seconds, unit="s"),
            Figure(
                part=PART,
                measure=f"{people} people {what}, longest stall",
                value=stall,
                unit="ms",
                target=f"< {STALL_MILLISECONDS}",
            ),
        )
    ]
