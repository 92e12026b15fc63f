"""The demo: a house with a front door, a back office and a four-door controller that waits for approval."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
import itertools
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from simulator import Timing, User, VirtualTerminal

from .home import LOOPBACK, Home
from .home_process import running_home

PUNCH_SECONDS = 6.0
# As Home Assistant is told where it is.
ZONE = ZoneInfo("Europe/Berlin")

FACE, FINGER, CONTROLLER = "AYTG00000001", "ZYTI00000002", "ZX00000004"
PEOPLE = {1: "Ada Lovelace", 2: "Grace Hopper", 3: "Alan Turing", 4: "Katherine Johnson"}


class House:
    """A Home Assistant with terminals."""

    def __init__(self, home: Home, terminal_port: int, timing: Timing, people: Mapping[int, str] = PEOPLE) -> None:
        """Prepare three terminals that dial the given port, with these people on each of them."""
        self.home = home
        self.terminal_port = terminal_port
        url = f"ws://{LOOPBACK}:{terminal_port}/pub/chat"
        self.face = VirtualTerminal(profile="ai_face", serial=FACE, url=url, timing=timing)
        self.finger = VirtualTerminal(profile="tfs30", serial=FINGER, url=url, timing=timing)
        self.controller = VirtualTerminal(profile="controller4", serial=CONTROLLER, url=url, timing=timing)
        self.terminals = (self.face, self.finger, self.controller)
        for terminal in self.terminals:
            for enroll_id, name in people.items():
                terminal.add_user(User(enrollid=enroll_id, name=name))

    async def furnish(self) -> None:
        """Set up the integration, dial in, and approve all terminals but the controller."""
        await self.home.set_up("timmy_access", {"port": self.terminal_port, "host": LOOPBACK})
        for terminal in self.terminals:
            await terminal.start()
        areas = {
            name: (await self.home.call("config/area_registry/create", name=name))["area_id"]
            for name in ("Entrance", "Office")
        }
        await self.home.approve(FACE, name="Front door", doors=1, area_id=areas["Entrance"])
        await self.home.approve(FINGER, name="Office", doors=1, area_id=areas["Office"])
        await self.face.wait_registered(timeout=30)
        await self.finger.wait_registered(timeout=30)
        await self.home.discovered(CONTROLLER)

    async def perform(self, action: str, **data: Any) -> Any:
        """Perform an action as the panel does, and return what it answers."""
        return await self.home.call("timmy_access/panel/perform", data={"action": action, "with": data})

    async def choose(self, **options: Any) -> None:
        """Choose options of the listener, all others as at first."""
        (entry,) = await self.home.call("config_entries/get", domain="timmy_access")
        flow = "/api/config/config_entries/options/flow"
        form = await self.home.post(flow, {"handler": entry["entry_id"]})
        await self.home.post(f"{flow}/{form['flow_id']}", {"networks": [LOOPBACK], **options})

    @staticmethod
    def today() -> date:
        """Return the day that it is in the house."""
        return datetime.now(ZONE).date()

    async def make_dashboard(self) -> str:
        """Make a dashboard as the panel's button does, and return where it is; all terminals should be approved."""
        made = await self.home.call("timmy_access/panel/dashboard", data={"present": None})
        await self.home.call("lovelace/dashboards/create", **made["dashboard"])
        path = made["dashboard"]["url_path"]
        await self.home.call("lovelace/config/save", url_path=path, config=made["config"])
        return f"/{path}"

    async def live(self) -> None:
        """Let people come and go."""
        for count in itertools.count():
            await asyncio.sleep(PUNCH_SECONDS)
            terminal = (self.face, self.finger)[count % 2]
            numbers = sorted(terminal.users)
            terminal.punch(numbers[count * 3 % len(numbers)], inout=count // 2 % 2)

    async def stop(self) -> None:
        """Switch the terminals off."""
        for terminal in self.terminals:
            await terminal.stop()


@asynccontextmanager
async def house(
    folder: Path, home_port: int, terminal_port: int, timing: Timing, people: Mapping[int, str] = PEOPLE
) -> AsyncGenerator[House]:
    """Build a house and tear it down."""
    async with running_home(folder, home_port) as home:
        built = House(home, terminal_port, timing, people)
        try:
            await built.furnish()
            yield built
        finally:
            await built.stop()
