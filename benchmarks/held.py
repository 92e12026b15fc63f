"""Whether a door that is held open for a while is closed in time, whatever becomes of Home Assistant meanwhile.

A real Home Assistant is asked to hold a door open for some seconds. At a random moment, often in the middle of that
call, it is killed with `kill -9`, or stopped, and started again. The terminal must be told the end within two seconds
of its time; where Home Assistant or the terminal was not there then, within two seconds of when both were again. In
every fourth round the terminal is away when the end comes: then there must be a repair issue, until it is back.
"""

import argparse
import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
import random
import sys
import tempfile
from time import time

import aiohttp

from scripts.home import LOOPBACK, Home, free_port
from scripts.home_process import HomeProcess, prepare, started
from scripts.home_socket import HomeError
from simulator import Timing, VirtualTerminal

from .building import plan, serials_of

ROUNDS = 20
IN_TIME_SECONDS = 2.0
# From before the start of Home Assistant, which takes about 10 s, to well after it.
SHORTEST, LONGEST = 2.0, 40.0
# A call takes some milliseconds, on a busy machine some hundred; half of the ends come within it, or right after it.
SOON = 0.4
NORMAL, HOLD_OPEN = 4, 1
START_SECONDS = 360.0
START_TRIES = 3
LOOK_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Round:
    """How one round went; times in seconds of the clock on the wall, `ended_at` None where the end never came."""

    how: str
    was_held: bool
    until: float
    there_at: float
    ended_at: float | None
    had_issue: bool | None

    @property
    def late(self) -> float:
        """Seconds by which the end came after its time, or after both were there again."""
        return 0.0 if self.ended_at is None else max(0.0, self.ended_at - max(self.until, self.there_at))

    @property
    def is_good(self) -> bool:
        """Whether the door is no longer held, in time, and it was told where that could not be."""
        ended = not self.was_held or (self.ended_at is not None and self.late <= IN_TIME_SECONDS)
        return ended and self.had_issue is not False


def held(terminal: VirtualTerminal) -> bool:
    """Return whether the door is held open now."""
    return any(door.mode == "held_open" for door in terminal.doors.values())


async def logged_in(folder: Path, port: int, process: HomeProcess, session: aiohttp.ClientSession) -> Home:
    """Return a Home Assistant that has just started, once it can be asked; a busy machine takes its time."""
    home = Home(folder, port, session, process.pid)
    for _ in range(START_TRIES - 1):
        with suppress(HomeError):
            await started(home, process)
            return home
    await started(home, process)
    return home


async def ask(home: Home, device_id: str, seconds: float) -> None:
    """Have the door held open; a Home Assistant that ends meanwhile does not answer."""
    with suppress(HomeError, aiohttp.ClientError, ConnectionError):
        await home.act(
            "timmy_access.hold_door",
            device_id=device_id,
            mode="held_open",
            duration={"seconds": int(seconds), "milliseconds": int(seconds % 1 * 1000)},
        )


async def has_issue(home: Home) -> bool:
    """Wait until there is a repair issue about the door, for as long as an end may take."""
    give_up = time() + 2 * IN_TIME_SECONDS
    while time() < give_up:
        found = await home.call("repairs/list_issues")
        if any(issue["translation_key"] == "hold_open_not_ended" for issue in found["issues"]):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def one_round(
    number: int, chance: random.Random, home: Home, process: HomeProcess, terminal: VirtualTerminal, device_id: str
) -> tuple[Round, float]:
    """Hold the door and end Home Assistant; return how it went as far as that, and when the end is due."""
    seconds = chance.uniform(SHORTEST, LONGEST)
    moment = chance.uniform(0.0, SOON) if number % 2 else chance.uniform(0.0, seconds)
    how = "stop" if number % 5 == 0 else "kill -9"
    asked_at = time()
    asking = asyncio.create_task(ask(home, device_id, seconds))
    await asyncio.sleep(moment)
    await (process.stop() if how == "stop" else process.kill())
    # Until the terminal has noticed, it takes itself for connected.
    await terminal.wait_for(lambda: not terminal.registered or None, START_SECONDS)
    await asking
    until = asked_at + seconds
    result = Round(
        how=f"{how} after {moment:.2f} of {seconds:.1f} s",
        was_held=held(terminal),
        until=until,
        there_at=0.0,
        ended_at=None,
        had_issue=None,
    )
    return result, until


async def follow(terminal: VirtualTerminal, since: int) -> float:
    """Return when the terminal is told the end."""
    while True:
        for frame in terminal.received[since:]:
            if frame.get("cmd") == "lockctrl" and frame.get("fuc") == NORMAL:
                return time()
        await asyncio.sleep(LOOK_SECONDS)


async def torment(folder: Path, rounds: int, seed: int) -> list[Round]:
    """Return how each of so many rounds went."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    home_port, port = free_port(), free_port()
    (serial,) = serials_of(1)
    prepare(folder, home_port, plan(port, [serial], more="repairs:"))
    process = HomeProcess(folder, home_port)
    terminal = VirtualTerminal("ai_face", serial, f"ws://{LOOPBACK}:{port}/pub/chat", Timing.fast())
    done: list[Round] = []
    try:
        await process.start()
        await terminal.start()
        async with aiohttp.ClientSession() as session:
            home = await logged_in(folder, home_port, process, session)
            await terminal.wait_registered(START_SECONDS)
            for number in range(1, rounds + 1):
                device_id = await home.device("Terminal 1")  # one that was not written before a kill is another
                since = len(terminal.received)
                following = asyncio.create_task(follow(terminal, since))
                begun, until = await one_round(number, chance, home, process, terminal, device_id)
                await home.close()
                is_away = number % 4 == 0 and begun.was_held and not following.done()
                if is_away:
                    await terminal.stop()
                await process.start()
                if not is_away:
                    await terminal.wait_registered(START_SECONDS)
                    there_at = time()
                home = await logged_in(folder, home_port, process, session)
                had_issue = None
                if is_away:
                    await asyncio.sleep(max(0.0, until - time()))
                    had_issue = await has_issue(home)
                    await terminal.start()
                    await terminal.wait_registered(START_SECONDS)
                    there_at = time()
                await asyncio.wait((following,), timeout=max(0.0, until - time()) + 5 * IN_TIME_SECONDS)
                ended_at = following.result() if following.done() else None
                following.cancel()
                result = Round(
                    how=begun.how + (", the terminal away" if is_away else ""),
                    was_held=begun.was_held,
                    until=until,
                    there_at=there_at,
                    ended_at=ended_at,
                    had_issue=had_issue,
                )
                done.append(result)
                issue = "" if had_issue is None else f", issue: {'yes' if had_issue else 'no'}"
                what = "was never held" if not result.was_held else "ended" if ended_at is not None else "still held"
                print(f"{number}: {result.how}: {what}, {result.late:.2f} s late{issue}", flush=True)
            await home.close()
    finally:
        await terminal.stop()
        await process.stop()
    return done


def main() -> int:
    """Return 1 where a door was held for too long and nobody was told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(torment(Path(folder) / "home", options.rounds, options.seed))
    good = sum(one.is_good for one in done)
    latest = max((one.late for one in done), default=0.0)
    held_ones = sum(one.was_held for one in done)
    print(f"{good} of {len(done)} rounds good, {held_ones} with a door that was held, at most {latest:.2f} s late")
    return int(good < len(done))


if __name__ == "__main__":
    sys.exit(main())
