"""Records in words that nobody agreed on, at a real socket: what is acknowledged is kept, and for what it is."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import batched
import json
import logging
import random
import re
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.meanings import Said, Speaker
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import RecordFilter, StoredUnread, unread
from custom_components.timmy_access.protocol.lane import MAX_FRAMES_WAITING

from ..conftest import CONTROLLER, FACE, FINGER, LOOPBACK

FRAMES, FRAMES_IN_FULL = 2_000, 200_000
SECONDS = 10.0
# As many frames as may wait for the disk, with the marker.
BURST = MAX_FRAMES_WAITING
# Numbers of the records of one terminal, none of which another has.
ROOM = 10_000_000
SERIALS = (FACE, FINGER, CONTROLLER)
# What a record is found by, in whatever was kept.
MARK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d{4,}")
# Records that are texts, or rows of values without names.
HIDING = re.compile(r'"\[\{\\"|\[\[')
# What is answered after all that came before it in the lane of records.
MARKER = {"cmd": "sendlog", "count": 0, "logindex": 987_654, "record": []}


class Talker:
    """One terminal that says frame by frame what a speaker thinks of, and notes what was acknowledged."""

    def __init__(self, port: int, serial: str, speaker: Speaker) -> None:
        self._port = port
        self._serial = serial
        self._speaker = speaker
        self.acknowledged: list[Said] = []

    async def talk(self, count: int) -> None:
        frames = batched(self._speaker.frames(count), BURST, strict=False)
        async with connect(f"ws://{LOOPBACK}:{self._port}/", compression=None, ping_interval=None) as socket:
            await self._ask(socket, {"cmd": "reg", "sn": self._serial}, "reg")
            for burst in frames:
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
                pytest.fail(f"{answers} are all answers to {burst}")
            assert answer["result"] is True, burst
            answers[answer["ret"]] += 1
        words = Counter(said.word for said in burst)
        words["sendlog"] += 1
        assert answers == words, burst
        self.acknowledged += burst

    async def _ask(self, socket: ClientConnection, frame: Mapping[str, Any], word: str) -> None:
        await socket.send(json.dumps(frame))
        while (await self._hear(socket))["ret"] != word:
            pass

    async def _hear(self, socket: ClientConnection) -> Mapping[str, Any]:
        async with asyncio.timeout(SECONDS):
            while True:
                heard: Mapping[str, Any] = json.loads(await socket.recv())
                if "ret" in heard:
                    return heard
                await socket.send(json.dumps({"ret": heard["cmd"], "result": False, "reason": 1}))


async def all_unread(hub: Hub, serial: str) -> list[StoredUnread]:
    found: list[StoredUnread] = []
    while page := await hub.ledger.unread(serial, found[-1].id if found else 0):
        found += page
    return found


async def test_what_is_acknowledged_is_kept_for_what_it_is(
    hub: Hub, port: int, monkeypatch: pytest.MonkeyPatch, *, is_long: bool
) -> None:
    frames = FRAMES_IN_FULL if is_long else FRAMES
    seed = random.randrange(10**6)  # noqa: S311
    # How much room there is, is tried by itself.
    monkeypatch.setattr(unread, "MAX_UNREAD", 10**9)
    monkeypatch.setattr(unread, "MAX_UNREAD_CHARACTERS", 10**12)
    talkers = {
        serial: Talker(port, serial, Speaker(seed + index, index * ROOM)) for index, serial in enumerate(SERIALS)
    }
    async with asyncio.TaskGroup() as group:
        for talker in talkers.values():
            group.create_task(talker.talk(frames // len(talkers)))
    found = Counter[str]()
    for serial, talker in talkers.items():
        kept = {
            (record.entry.enroll_id, record.entry.time)
            async for record in hub.ledger.export(RecordFilter(serials=[serial]))
        }
        documents = " ".join([json.dumps(one.frame) for one in await all_unread(hub, serial)])
        truths = {truth.time: truth for said in talker.acknowledged for truth in said.truths}
        for enroll_id, time in kept:
            assert enroll_id in (None, 0) or time not in truths or truths[time].enroll_id == enroll_id, (seed, time)
        marks = marks_in(documents)
        for said in talker.acknowledged:
            for truth in said.truths:
                if (truth.enroll_id, truth.time) in kept:
                    found["understood"] += 1
                elif not marks.isdisjoint(truth.marks):
                    found["aside"] += 1
                elif (None, truth.time) in kept:
                    found["nobody's"] += 1
                elif marks_in(text_of(said)).isdisjoint(truth.marks):
                    found["without words"] += 1
                else:
                    # Of what has no name, and may be a secret, only the shape is kept.
                    found["by its shape"] += 1
                    assert "null" in documents, (seed, serial, said)
                    assert HIDING.search(text_of(said)), (seed, serial, said)
    assert found["understood"] > found["aside"] > found["by its shape"], (seed, found)
    logging.getLogger(__name__).info("seed %d: %d frames, %s", seed, frames, found)


def text_of(said: Said) -> str:
    return said.data.decode("utf-8", "replace") if isinstance(said.data, bytes) else said.data


def marks_in(text: str) -> set[str]:
    """Return which times and numbers are in a text, in the usual spelling."""
    return {mark.lstrip("0") for mark in MARK.findall(text.replace("/", "-").replace("T", " "))}
