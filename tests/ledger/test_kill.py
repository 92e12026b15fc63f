"""A process that is killed at any moment: everything it acknowledged is there, and once."""

from collections import defaultdict
from contextlib import closing
from pathlib import Path
import random
import sqlite3

from custom_components.timmy_access.ledger import default_url

from .child import CALL, is_granted
from .processes import child, line
from .support import everything, punch, running

KILLS, KILLS_IN_FULL = 2, 20
# Acknowledgements read before a kill, at most; the child is ahead of whoever reads.
MOST_READ = 60


async def test_killed_again_and_again(tmp_path: Path, is_long: bool) -> None:
    kills = KILLS_IN_FULL if is_long else KILLS
    chance = random.Random(7788)  # noqa: S311 - no secret
    acknowledged: dict[str, set[int]] = defaultdict(set)

    def _note(said: str) -> None:
        serial, _, second = said.partition(" ")
        # A last line may have been cut off.
        if said.count(" ") == 1 and second.isdigit():
            acknowledged[serial].add(int(second))

    for _ in range(kills):
        async with child("keep", tmp_path) as process:
            for _ in range(chance.randint(1, MOST_READ)):
                _note(await line(process))
            process.kill()
            rest, _ = await process.communicate()
            *whole, _cut = rest.decode().split("\n")
            for said in whole:
                _note(said)

    with closing(sqlite3.connect(tmp_path / "timmy_access.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    async with running(default_url(tmp_path)) as ledger:
        found = [(record.serial, record.entry.identity) for record in await everything(ledger)]
    assert len(found) == len(set(found))
    expected = {
        (serial, punch(second).identity)
        for serial, begins in acknowledged.items()
        for begin in begins
        for second in range(begin - 1, begin + CALL)
    }
    assert len(expected) >= kills * CALL
    assert expected <= set(found)


async def test_an_outcome_is_there_or_unknown_and_never_another(tmp_path: Path, is_long: bool) -> None:
    chance = random.Random(8877)  # noqa: S311 - no secret
    acknowledged: set[int] = set()
    kills = KILLS_IN_FULL if is_long else KILLS
    for _ in range(kills):
        async with child("decide", tmp_path) as process:
            acknowledged |= {int(await line(process)) for _ in range(chance.randint(1, MOST_READ))}
            process.kill()
            rest, _ = await process.communicate()
            *whole, _cut = rest.decode().split("\n")
            acknowledged |= set(map(int, whole))

    async with running(default_url(tmp_path)) as ledger:
        found = {record.entry.identity: record.entry.granted for record in await everything(ledger)}
    # A process that is killed between a punch and its outcome leaves that unknown.
    assert len(acknowledged) <= len(found) <= len(acknowledged) + kills
    assert acknowledged
    for second in range(len(found)):
        granted = found[punch(second).identity]
        assert granted is is_granted(second) or (granted is None and second not in acknowledged)
