"""Messages of one kind in hand: few at a time, in the order they came, and never in the way of another kind."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

# Questions of people who wait at one terminal; each is open for as long as automations may take. Nobody scans faster,
# and what comes on top stays without an answer, which opens nothing.
MAX_QUESTIONS = 8
# Frames with records that wait while one is written to the disk. A terminal repeats what is not acknowledged up to 16
# times a second (field notes 0.2), so what comes on top need not be held: it is not acknowledged, and comes again.
MAX_FRAMES_WAITING = 4
# Records in them; they have up to 50 each (field notes 3). What piles up makes the garbage collector walk through all
# of Home Assistant, which takes a fraction of a second.
MAX_RECORDS_WAITING = 200
# Messages that are answered at once, and whose answers the terminal does not take: then it is not read from either, and
# TCP slows it down.
MAX_ANSWERS_WAITING = 8

type Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, eq=False)
class _Message:
    """`key` is the same for messages that repeat each other; `size` is how many things it tells."""

    key: int
    name: str
    work: Work
    size: int


class Lane:
    """Works on `at_once` messages at the same time, and has room for `waiting` more, of `most` things together."""

    def __init__(self, at_once: int, waiting: int = 0, most: int | None = None) -> None:
        """Start empty."""
        self._at_once = at_once
        self._room = at_once + waiting
        self._most = most
        self._queue: deque[_Message] = deque()
        self._running: dict[asyncio.Task[None], _Message] = {}
        self._freed = asyncio.Event()

    def __len__(self) -> int:
        """Return how many are in hand."""
        return len(self._running) + len(self._queue)

    def holds(self, key: int) -> bool:
        """Return whether a message that this one repeats is in hand."""
        return any(message.key == key for message in (*self._running.values(), *self._queue))

    @property
    def is_full(self) -> bool:
        """Whether no further message is taken."""
        return len(self) >= self._room

    async def until_room(self) -> None:
        """Wait for room."""
        while self.is_full:
            self._freed.clear()
            await self._freed.wait()

    def take(self, key: int, name: str, work: Work, size: int = 1) -> bool:
        """Work on a message, now or after those before it; False, and nothing is done, where there is no room."""
        if self.is_full or not self._holds_so_many_more(size):
            return False
        self._queue.append(_Message(key, name, work, size))
        self._go_on()
        return True

    def cancel(self) -> None:
        """Let go of all that is in hand; who calls this while working on a message may end it."""
        self._queue.clear()
        for task in self._running:
            if task is not asyncio.current_task():
                task.cancel()
        self._freed.set()

    def _holds_so_many_more(self, size: int) -> bool:
        """Return whether a message may wait; one that waits for nothing is as large as it likes."""
        if self._most is None or len(self) < self._at_once:
            return True
        return sum(message.size for message in self._queue) + size <= self._most

    def _go_on(self) -> None:
        while self._queue and len(self._running) < self._at_once:
            message = self._queue.popleft()
            task = asyncio.create_task(message.work(), name=message.name, eager_start=True)
            if not task.done():
                self._running[task] = message
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._freed.set()
        self._go_on()
