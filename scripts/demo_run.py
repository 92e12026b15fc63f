"""The demo: a lived-in house with a front door, an office, a warehouse with four doors, and a garage that is away."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import signal
import sys
import time

from simulator import Timing

from .demo_house import CONTROLLER, FACE, FINGER, PEOPLE, House, house
from .demo_life import move_in
from .home import LOOPBACK, PASSWORD, REPOSITORY, USER, free_port, is_free
from .home_socket import HomeError

HOME_PORT = 8123
TERMINAL_PORT = 7788
# The whole check, on a machine with two slow cores.
CHECK_SECONDS = 110.0
NEWCOMER, CARD_SLOT, CARD = "Mary Somerville", 11, 40_019_999


def say(text: str) -> None:
    """Show progress at once."""
    print(text, flush=True)


async def demo() -> None:
    """Run until interrupted."""
    home_port = HOME_PORT if is_free(HOME_PORT) else free_port()
    terminal_port = TERMINAL_PORT if is_free(TERMINAL_PORT) else free_port()
    say("Starting Home Assistant, about half a minute ...")
    async with house(REPOSITORY / ".demo", home_port, terminal_port, Timing(), people={}) as built:
        say(
            f"""
  Open    {built.home.url}
  Log in  {USER} / {PASSWORD}

  Timmy Access in the sidebar: some twenty people move in just now, with groups, guests and the week behind them. The
  terminals of front door, office and warehouse are in step with the house, that of the garage is away, and somebody is
  on the office's terminal whom the house does not know. Then somebody comes or goes every few seconds.
  Terminals dial ws://{LOOPBACK}:{terminal_port}; add one with
  .venv/bin/python -m simulator --profile tfs30 --serial ZX00000009 --url ws://{LOOPBACK}:{terminal_port}/pub/chat

  Ctrl-C ends it.
"""
        )
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        living = asyncio.create_task(live(built))
        living.add_done_callback(lambda _: stop.set())
        await stop.wait()
        say("Stopping ...")
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


async def live(built: House) -> None:
    """Have people move in, and then come and go."""
    await move_in(built)
    say("  Everybody has moved in.\n")
    await built.live()


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
            ("the panel is served, and its websocket tells of the people", self._panel),
            ("the panel adds somebody with a card, and the terminal has it", self._newcomer),
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
        await self._house.controller.wait_opened(3, after=before[3], timeout=5)
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
        async with self._home.another() as browser:
            told = await anext(browser.feed("timmy_access/panel/people", data={}))
        if told != {"people": {}, "begins": True, "more": False}:
            raise HomeError(f"it tells {told!r}")

    async def _newcomer(self) -> None:
        (entry,) = await self._home.call("config_entries/get", domain="timmy_access")
        form = await self._home.post("/api/config/config_entries/options/flow", {"handler": entry["entry_id"]})
        chosen = {"networks": [LOOPBACK], "vault": True}
        await self._home.post(f"/api/config/config_entries/options/flow/{form['flow_id']}", chosen)
        office = await self._home.device("Office")

        async def kept() -> bool:
            answer = await self._house.perform("keep_in_step", device_id=office, confirm=True)
            return bool(answer["kept_in_step"])

        await self._home.until("the office's terminal in step", kept)
        group = await self._house.perform("set_access_group", name="Visitors", rules=[{"device_id": office}])
        await self._house.perform("add_person", name=NEWCOMER, groups=[group["group_id"]], card=str(CARD))
        terminal = self._house.finger
        await terminal.wait_for(
            lambda: any(
                it.name == NEWCOMER and it.credentials.get(CARD_SLOT) == CARD for it in terminal.users.values()
            ),
            timeout=30,
        )

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
