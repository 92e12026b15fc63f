"""Whose turn it is to send a command: one at a time, doors first.

The vendor's rule is strictly one command in flight (field notes 0.4).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
import heapq
import itertools


class Priority(IntEnum):
    """Who goes first; equals keep their order."""

    DOOR = 0
    INTERACTIVE = 1
    BULK = 2


class Turns:
    """Hands out turns, one at a time, in the order of priority and then of arrival."""

    def __init__(self, *, begun: bool = True) -> None:
        """Start with nobody waiting; with `begun=False`, everybody waits for `begin`."""
        self._taken = not begun
        self._lent = False
        self._order = itertools.count()
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []

    def begin(self) -> None:
        """Let the first caller go; only for turns that have not begun."""
        self._pass_on()

    @asynccontextmanager
    async def turn(self, priority: Priority, *, lends: bool = False) -> AsyncIterator[None]:
        """Hold the only turn. A caller that is cancelled while it waits never gets one.

        Who `lends` its turn lets an urgent caller go ahead beside it.
        """
        await self._take(priority)
        self._lent = lends
        try:
            yield
        finally:
            self._lent = False
            self._pass_on()

    @asynccontextmanager
    async def urgent(self, patience: float) -> AsyncIterator[None]:
        """Hold the turn before all others, or after `patience` seconds go ahead beside a holder that lends its own.

        Two urgent callers at a time are for the caller to prevent.
        """
        try:
            async with asyncio.timeout(patience):
                await self._take(Priority.DOOR)
        except TimeoutError:
            if self._lent:
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
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._pass_on()  # the turn came together with the cancellation
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return
        self._taken = False
