"""Say what is true in words that nobody agreed on to a real Home Assistant, and look for all of it in its ledger.

    python -m benchmarks.truths --frames 200000 --seconds 360

Each frame of `meanings` is acknowledged. Afterwards each record of it is among the records, for what it is, or beside
them, to be read by a later version: nothing is acknowledged that is not kept or told of.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
import json
from pathlib import Path
import random
import re
import sys
import tempfile
from time import perf_counter
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from custom_components.timmy_access.ledger import Ledger, RecordFilter, StoredUnread, default_url
from custom_components.timmy_access.protocol.lane import MAX_FRAMES_WAITING
from scripts.home import LOOPBACK

from .building import building
from .figures import Figure, table
from .meanings import Said, Speaker

PART = "truths"
FRAMES = 200_000
# Each waits for the disk after a few frames; so many together are one commit.
# From an address of its own each: those who are not known yet are few of one.
TERMINALS = 12
# As many frames as may wait for the disk, with the marker.
BURST = MAX_FRAMES_WAITING
# Numbers of the records of one terminal, none of which another has.
ROOM = 10_000_000
PATIENCE_SECONDS = 30.0
# What a record is found by, in whatever was kept.
MARK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d{4,}")
# Records that are texts, or rows of values without names.
HIDING = re.compile(r'"\[\{\\"|\[\[')
# What is answered after all that came before it in the lane of records.
MARKER = {"cmd": "sendlog", "count": 0, "logindex": 987_654, "record": []}
SHOWN = 5


class Unanswered(Exception):
    """Something that was said was not acknowledged, or something else was."""


class Talker:
    """One terminal that says frame by frame what a speaker thinks of, and notes what was acknowledged."""

    def __init__(self, url: str, serial: str, speaker: Speaker, address: str = LOOPBACK) -> None:
        """Prepare to dial from an address."""
        self._url = url
        self._serial = serial
        self._speaker = speaker
        self._address = address
        self.acknowledged: list[Said] = []

    async def talk(self, count: int, until: float | None = None) -> None:
        """Say so many frames, or as many as there is time for; raises `Unanswered`."""
        frames = batched(self._speaker.frames(count), BURST, strict=False)
        dialled = connect(self._url, compression=None, ping_interval=None, local_addr=(self._address, 0))
        async with dialled as socket:
            await self._ask(socket, {"cmd": "reg", "sn": self._serial}, "reg")
            for burst in frames:
                if until is not None and perf_counter() > until:
                    return
                await self._say(socket, burst)

    async def _say(self, socket: ClientConnection, burst: Sequence[Said]) -> None:
        """Say some frames, each of which is answered: the marker after all that are records."""
        for said in burst:
            await socket.send(said.data)
        await socket.send(json.dumps(MARKER))
        answers = Counter[str]()
        while answers.total() <= len(burst):
            try:
                answer = await self._hear(socket)
            except TimeoutError:
                raise Unanswered(f"{answers} are all answers to {burst}") from None
            if answer["result"] is not True:
                raise Unanswered(f"{answer} to {burst}")
            answers[answer["ret"]] += 1
        words = Counter(said.word for said in burst)
        words["sendlog"] += 1
        if answers != words:
            raise Unanswered(f"{answers} to {burst}")
        self.acknowledged += burst

    async def _ask(self, socket: ClientConnection, frame: Mapping[str, Any], word: str) -> None:
        await socket.send(json.dumps(frame))
        while (await self._hear(socket))["ret"] != word:
            pass

    async def _hear(self, socket: ClientConnection) -> Mapping[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                heard: Mapping[str, Any] = json.loads(await socket.recv())
                if "ret" in heard:
                    return heard
                await socket.send(json.dumps({"ret": heard["cmd"], "result": False, "reason": 1}))


@dataclass
class Found:
    """Where the records were found, and which are nowhere, or are another's."""

    places: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, Said]] = field(default_factory=list)
    mistaken: list[tuple[str, int, str]] = field(default_factory=list)


async def search(ledger: Ledger, acknowledged: Mapping[str, Iterable[Said]]) -> Found:
    """Look for everything that was acknowledged, by serial number."""
    found = Found()
    for serial, everything in acknowledged.items():
        kept = {
            (record.entry.enroll_id, record.entry.time)
            async for record in ledger.export(RecordFilter(serials=[serial]))
        }
        documents = " ".join([json.dumps(one.frame) for one in await _all_unread(ledger, serial)])
        marks, is_aside_by_shape = marks_in(documents), "null" in documents
        truths = {truth.time: truth for said in everything for truth in said.truths}
        found.mistaken += [
            (serial, enroll_id, str(time))
            for enroll_id, time in kept
            if enroll_id and time in truths and truths[time].enroll_id != enroll_id
        ]
        for said in everything:
            for truth in said.truths:
                if (truth.enroll_id, truth.time) in kept:
                    found.places["understood"] += 1
                elif not marks.isdisjoint(truth.marks):
                    found.places["aside"] += 1
                elif (None, truth.time) in kept:
                    found.places["nobody's"] += 1
                elif marks_in(said.text).isdisjoint(truth.marks):
                    found.places["without words"] += 1
                elif is_aside_by_shape and HIDING.search(said.text):
                    # Of what has no name, and may be a secret, only the shape is kept.
                    found.places["by its shape"] += 1
                else:
                    found.lost.append((serial, said))
    return found


async def _all_unread(ledger: Ledger, serial: str) -> list[StoredUnread]:
    found: list[StoredUnread] = []
    while page := await ledger.unread(serial, found[-1].id if found else 0):
        found += page
    return found


def marks_in(text: str) -> set[str]:
    """Return which times and numbers are in a text, in the usual spelling."""
    return {mark.lstrip("0") for mark in MARK.findall(text.replace("/", "-").replace("T", " "))}


async def measure(frames: int, seconds: float, seed: int, folder: Path) -> list[Figure]:
    """Say so many frames, or as many as there is time for, and return what became of them."""
    async with building(folder, TERMINALS) as house:
        await house.home.call("bench_probe/roomy")
        talkers = {
            serial: Talker(house.url, serial, Speaker(seed + index, index * ROOM), f"127.0.0.{2 + index}")
            for index, serial in enumerate(house.serials)
        }
        begun = perf_counter()
        async with asyncio.TaskGroup() as group:
            for talker in talkers.values():
                group.create_task(talker.talk(frames // len(talkers), begun + seconds))
        took = perf_counter() - begun
    ledger = Ledger(default_url(folder))
    await ledger.start()
    found = await search(ledger, {serial: talker.acknowledged for serial, talker in talkers.items()})
    await ledger.close()
    for serial, said in found.lost[:SHOWN]:
        print("lost:", serial, said)
    for mistaken in found.mistaken[:SHOWN]:
        print("another's:", *mistaken)
    frames = sum(len(talker.acknowledged) for talker in talkers.values())
    return [
        Figure(part=PART, measure="frames acknowledged", value=frames, unit=""),
        Figure(part=PART, measure="frames a second", value=frames / took, unit=""),
        *(
            Figure(part=PART, measure=f"records {place}", value=number, unit="")
            for place, number in found.places.most_common()
        ),
        Figure(part=PART, measure="records lost", value=len(found.lost), unit="", target="<= 0"),
        Figure(part=PART, measure="records of somebody else", value=len(found.mistaken), unit="", target="<= 0"),
    ]


def main() -> int:
    """Talk to a Home Assistant; 1 where anything that was acknowledged is nowhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options.frames, options.seconds, options.seed, Path(folder) / "home"))
    print(table(figures))
    return int(not all(figure.ok for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
