"""Records in words that nobody agreed on, at a real socket: what is acknowledged is kept, and for what it is."""

import asyncio
import logging
import random

import pytest

from benchmarks.meanings import Speaker
from benchmarks.truths import ROOM, Talker, search
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import unread

from ..conftest import CONTROLLER, FACE, FINGER, LOOPBACK

FRAMES, FRAMES_IN_FULL = 2_000, 20_000
SERIALS = (FACE, FINGER, CONTROLLER)


async def test_what_is_acknowledged_is_kept_for_what_it_is(
    hub: Hub, port: int, monkeypatch: pytest.MonkeyPatch, *, is_long: bool
) -> None:
    """`benchmarks.truths` says as much as it takes, in a process of its own."""
    frames = FRAMES_IN_FULL if is_long else FRAMES
    seed = random.randrange(10**6)  # noqa: S311
    # How much room there is, is tried by itself.
    monkeypatch.setattr(unread, "MAX_UNREAD", 10**9)
    monkeypatch.setattr(unread, "MAX_UNREAD_CHARACTERS", 10**12)
    talkers = {
        serial: Talker(f"ws://{LOOPBACK}:{port}/", serial, Speaker(seed + index, index * ROOM))
        for index, serial in enumerate(SERIALS)
    }
    async with asyncio.TaskGroup() as group:
        for talker in talkers.values():
            group.create_task(talker.talk(frames // len(talkers)))
    found = await search(hub.ledger, {serial: talker.acknowledged for serial, talker in talkers.items()})
    assert (seed, found.lost, found.mistaken) == (seed, [], [])
    places = found.places
    assert places["understood"] > places["aside"] > places["by its shape"], (seed, places)
    logging.getLogger(__name__).info("seed %d: %d frames, %s", seed, frames, places)
