"""Whose turn it is to send a command: one at a time, doors first.

The vendor's rule is strictly one command in flight (field notes 0.4).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
import heapq
import itertools


class Priority(IntEnum):
    """Who goes first; equals keep their order.

    Somebody waits for `DOOR`, `INTERACTIVE` and `READING`, of which the last is much that is read; nobody for `BULK`.
    """

    DOOR = 0
    INTERACTIVE = 1
    READING = 2
    BULK = 3


@dataclass(eq=False, slots=True)
class Turn:
    """A turn that is held. `ends_at` (the loop's time) is when somebody more urgent may take it; None for never.

    Who has lost it may wait on for an answer, and sends nothing more.
    """

    priority: Priority
    lends: bool
    ends_at: float | None
    is_lost: bool = False
    timer: asyncio.TimerHandle | None = None


class Turns:
    """Hands out turns, one at a time, in the order of priority and then of arrival."""

    def __init__(self, *, begun: bool = True) -> None:
        """Start with nobody waiting; with `begun=False`, everybody waits for `begin`."""
        self._taken = not begun
        self._held: Turn | None = None
        self._order = itertools.count()
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []

    def begin(self) -> None:
        """Let the first caller go; only for turns that have not begun."""
        self._pass_on()

    @asynccontextmanager
    async def turn(
        self, priority: Priority, *, lends: bool = False, patience: float | None = None
    ) -> AsyncIterator[Turn]:
        """Hold the only turn. A caller that is cancelled while it waits never gets one.

        Who `lends` its turn lets an urgent caller go ahead beside it. Who has held it for `patience` seconds loses it
        to whoever is more urgent.
        """
        await self._take(priority)
        ends_at = None if patience is None else asyncio.get_running_loop().time() + patience
        held = self._held = Turn(priority, lends, ends_at)
        self._give_way()  # they may have come together
        try:
            yield held
        finally:
            if not held.is_lost:
                self._end()

    @asynccontextmanager
    async def urgent(self, patience: float) -> AsyncIterator[None]:
        """Hold the turn before all others, or after `patience` seconds go ahead beside a holder that lends its own.

        Two urgent callers at a time are for the caller to prevent.
        """
        try:
            async with asyncio.timeout(patience):
                await self._take(Priority.DOOR)
        except TimeoutError:
            if self._held is not None and self._held.lends:
                yield
                return
            await self._take(Priority.DOOR)
        try:
            yield
        finally:
            self._pass_on()

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return sum(not future.done() for _, _, future in self._waiting)

    async def _take(self, priority: Priority) -> None:
        if not self._taken:
            self._taken = True
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), future))
        self._give_way()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._pass_on()  # the turn came together with the cancellation
            raise

    def _give_way(self) -> None:
        """Take the turn from its holder for somebody more urgent, now or as soon as it may be taken."""
        held = self._held
        if held is None or held.ends_at is None or not self._is_wanted(held):
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= held.ends_at:
            held.is_lost = True
            self._end()
        elif held.timer is None:
            held.timer = loop.call_at(held.ends_at, self._give_way)

    def _is_wanted(self, held: Turn) -> bool:
        return any(priority < held.priority and not future.done() for priority, _, future in self._waiting)

    def _end(self) -> None:
        if self._held is not None and self._held.timer is not None:
            self._held.timer.cancel()
        self._held = None
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return
        self._taken = False
