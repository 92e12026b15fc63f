"""Readings of a roster: one at a time, and whoever wants to know who is there now gets one that begins after that."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from homeassistant.core import callback

from ..protocol.turns import Priority


@dataclass(eq=False, kw_only=True)
class Reading:
    """One reading of the list and of names.

    `users_used` is how many people the terminal says it holds, None where it does not; `names_priority` is for the
    questions for names, which may come one by one for minutes. `listed` is set once the list has been read,
    `is_followed` where another reading waits for the end of this one.
    """

    users_used: int | None
    priority: Priority
    names_priority: Priority
    all_names: bool = False
    listed: asyncio.Event = field(default_factory=asyncio.Event)
    is_followed: bool = False
    _names: asyncio.Task[None] | None = None

    @property
    def leaves_names(self) -> bool:
        """Whether the names that are left are read by the reading that follows."""
        return self.is_followed and not self.all_names

    @callback
    def async_follow(self) -> None:
        """Let another reading come after this one, which does not wait for a name that may never be told."""
        self.is_followed = True
        if self._names is not None and self.leaves_names:
            self._names.cancel()

    async def async_names(self, names: Coroutine[Any, Any, None], name: str) -> None:
        """Read the names, or as many as there is time for until another reading is asked for."""
        if self.leaves_names:
            names.close()
            return
        self._names = asyncio.create_task(names, name=name)
        try:
            await self._names
        except asyncio.CancelledError:
            self._names.cancel()
            this = asyncio.current_task()
            if not self.leaves_names or (this is not None and this.cancelling()):
                raise


@dataclass(eq=False)
class _Turn:
    reading: Reading
    task: asyncio.Task[None]
    is_begun: bool = False


class RosterReadings:
    """The readings of one terminal's roster."""

    def __init__(self, serial: str, read: Callable[[Reading], Awaitable[None]]) -> None:
        """Read with `read`, which raises the protocol's errors."""
        self._serial = serial
        self._read = read
        self._present: _Turn | None = None
        self._following: _Turn | None = None

    @callback
    def async_begin(self, asked: Reading, *, anew: bool) -> tuple[Reading, asyncio.Task[None]]:
        """Return a reading and the work of it.

        It is the one under way where there is one. With `anew` it is one that begins after this call: the pages that
        one under way has read already are of before what the caller knows of.
        """
        turn = self._present
        if turn is None or turn.task.done():
            turn = self._following
            if turn is None:
                self._present = turn = self._turn(asked, None)
        elif anew and turn.is_begun:
            turn.reading.async_follow()
            if self._following is None:
                self._following = self._turn(asked, turn.task)
            turn = self._following
        if anew:
            turn.reading.all_names |= asked.all_names
        return turn.reading, turn.task

    def _turn(self, reading: Reading, before: asyncio.Task[None] | None) -> _Turn:
        task = asyncio.create_task(self._async_take(reading, before), name=f"roster {self._serial}")
        # Also when nobody waits any more, its failure is known.
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return _Turn(reading, task)

    async def _async_take(self, reading: Reading, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait((before,))
            self._present, self._following = self._following, None
        if self._present is not None:
            self._present.is_begun = True
        await self._read(reading)
