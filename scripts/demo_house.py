"""The demo: a house with a front door, a back office and a four-door controller that waits for approval."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
import itertools
from pathlib import Path
import signal
import sys
import time
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.util.yaml import load_yaml_dict
from simulator import Timing, User, VirtualTerminal

from .home import LOOPBACK, PASSWORD, REPOSITORY, USER, Home, free_port, is_free
from .home_process import running_home
from .home_socket import HomeError

HOME_PORT = 8123
TERMINAL_PORT = 7788
PUNCH_SECONDS = 6.0
# The whole check, on a machine with two slow cores.
CHECK_SECONDS = 110.0
# As Home Assistant is told where it is.
ZONE = ZoneInfo("Europe/Berlin")

FACE, FINGER, CONTROLLER = "AYTG00000001", "ZYTI00000002", "ZX00000004"
NEWCOMER = "Mary Somerville"
PEOPLE = {1: "Ada Lovelace", 2: "Grace Hopper", 3: "Alan Turing", 4: "Katherine Johnson"}


def say(text: str) -> None:
    """Show progress at once."""
    print(text, flush=True)


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

    @staticmethod
    def today() -> date:
        """Return the day that it is in the house."""
        return datetime.now(ZONE).date()

    async def hang_up(self, dashboard: Path) -> str:
        """Make a dashboard of a file, and return where it is; all its terminals should be approved."""
        path = f"page-{dashboard.stem}"
        config = await asyncio.to_thread(load_yaml_dict, dashboard)
        await self.home.call(
            "lovelace/dashboards/create",
            url_path=path,
            title=config["title"],
            icon="mdi:door",
            require_admin=False,
            show_in_sidebar=True,
        )
        await self.home.call("lovelace/config/save", url_path=path, config=config)
        return f"/{path}"

    async def live(self) -> None:
        """Let people come and go."""
        for count in itertools.count():
            await asyncio.sleep(PUNCH_SECONDS)
            terminal = (self.face, self.finger)[count % 2]
            terminal.punch(1 + count * 3 % len(PEOPLE))

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


async def demo() -> None:
    """Run until interrupted."""
    home_port = HOME_PORT if is_free(HOME_PORT) else free_port()
    terminal_port = TERMINAL_PORT if is_free(TERMINAL_PORT) else free_port()
    say("Starting Home Assistant, about half a minute ...")
    async with house(REPOSITORY / ".demo", home_port, terminal_port, Timing()) as built:
        say(
            f"""
  Open    {built.home.url}
  Log in  {USER} / {PASSWORD}

  Front door (face terminal) and Office (fingerprint terminal) are approved; somebody punches every few seconds.
  A four-door controller waits: Settings > Devices & services > Discovered > Add.
  Terminals dial ws://{LOOPBACK}:{terminal_port}; add one with
  .venv/bin/python -m simulator --profile tfs30 --serial ZX00000009 --url ws://{LOOPBACK}:{terminal_port}/pub/chat

  Ctrl-C ends it.
"""
        )
        living = asyncio.create_task(built.live())
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await stop.wait()
        say("Stopping ...")
        living.cancel()


class Check:
    """The main job, step by step."""

    def __init__(self, built: House) -> None:
        """Check a house."""
        self._house = built
        self._home = built.home
        self._door3 = ""

    async def run(self) -> None:
        """Run all steps; the first that fails ends the check with `HomeError`."""
        steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("the discovery card of the controller is shown", self._card),
            ("approving it over the API makes four locks", self._approve),
            ("lock.open on door 3 opens exactly door 3", self._open),
            ("door 3 is locked again after its open delay", self._relock),
            ("a punch arrives with the person's name", self._punch),
            ("the panel is served, and takes somebody into the house", self._panel),
            ("the card is gone and the other terminals stayed connected", self._settled),
        )
        for number, (text, step) in enumerate(steps, 1):
            begun = time.monotonic()
            try:
                await step()
            except (HomeError, TimeoutError) as err:
                raise HomeError(f"step {number} failed: {text}: {err}") from err
            say(f"ok {number}  {text} ({time.monotonic() - begun:.1f} s)")

    async def _card(self) -> None:
        await self._home.discovered(CONTROLLER)
        screen = await self._house.controller.wait_refused()  # which takes a moment, whatever the reason
        if CONTROLLER not in screen:
            raise HomeError(f"its screen shows {screen!r}")

    async def _approve(self) -> None:
        await self._home.approve(CONTROLLER, name="Warehouse", doors=4)

        for door in self._house.controller.doors:
            await self._state(f"{CONTROLLER}_door{door}_lock", "locked")
        self._door3 = (await self._home.entity(f"{CONTROLLER}_door3_lock"))["entity_id"]

    async def _open(self) -> None:
        doors = self._house.controller.doors
        before = {number: door.openings for number, door in doors.items()}
        await self._home.act("lock.open", entity_id=self._door3)
        await self._house.controller.wait_door(3, is_open=True, timeout=5)
        opened = [number for number, door in doors.items() if door.openings > before[number]]
        if opened != [3]:
            raise HomeError(f"doors {opened} opened")
        await self._state(f"{CONTROLLER}_door3_lock", "open")

    async def _relock(self) -> None:
        await self._state(f"{CONTROLLER}_door3_lock", "locked")
        await self._house.controller.wait_door(3, is_open=False, timeout=10)

    async def _punch(self) -> None:
        self._house.face.punch(1)

        async def look() -> bool:
            attributes = (await self._home.entity(f"{FACE}_door1_lock")).get("attributes", {})
            return bool(attributes.get("changed_by") == PEOPLE[1])

        await self._home.until(f"{PEOPLE[1]} at the lock", look)

    async def _panel(self) -> None:
        if not (await self._home.call("timmy_access/panel/version"))["version"]:
            raise HomeError("its file is missing")
        wanted = {"action": "add_person", "with": {"name": NEWCOMER}}
        added = await self._home.call("timmy_access/panel/perform", data=wanted)
        told = await self._home.call("timmy_access/panel/perform", data={"action": "get_people", "with": {}})
        if [person["name"] for person in told["people"]] != [NEWCOMER]:
            raise HomeError(f"the house knows {told['people']!r} after {added!r}")

    async def _settled(self) -> None:
        for flow in await self._home.call("config_entries/flow/progress"):
            if flow["handler"] == "timmy_access":
                raise HomeError("a card is left")
        for serial in (FACE, FINGER, CONTROLLER):
            await self._state(f"{serial}_connectivity", "on")

    async def _state(self, unique_id: str, wanted: str) -> None:
        async def look() -> bool:
            return (await self._home.entity(unique_id)).get("state") == wanted

        await self._home.until(f"{unique_id} {wanted}", look)


async def check() -> int:
    """Run the main job once; 0 when every step did what it should."""
    begun = time.monotonic()
    folder = REPOSITORY / ".demo" / "check"
    say("starting Home Assistant and three virtual terminals")
    try:
        async with (
            asyncio.timeout(CHECK_SECONDS),
            house(folder, free_port(), free_port(), Timing.fast()) as built,
        ):
            await Check(built).run()
    except TimeoutError:
        say(f"FAILED: not done within {CHECK_SECONDS:.0f} s")
        return 1
    except HomeError as err:
        say(f"FAILED: {err}")
        return 1
    say(f"all steps passed in {time.monotonic() - begun:.0f} s")
    return 0


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="run the main job once and end")
    if parser.parse_args().check:
        return asyncio.run(check())
    asyncio.run(demo())
    return 0


if __name__ == "__main__":
    sys.exit(main())
