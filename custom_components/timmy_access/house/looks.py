"""Looks at when people may pass: nobody is told by a terminal that somebody has changed that at its menu."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
import time

from ..people.roster import Roster
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.reasons import Refusal, refusal_of
from ..terminal.zones import Zones
from .household import Placement
from .permissions import Permissions
from .permits import Permit
from .sources import Keeper

# A terminal tells it of one person at a time, some tens a second: so many are asked about in a row, and the others a
# minute later.
MAX_AT_ONCE = 200
# How old what was told may be. What is changed at a menu is noticed within that time, where everybody has a turn.
AGAIN_SECONDS = 3600.0
# Questions in a row that stay without an answer; after them it is tried again when all are due.
MAX_SILENT = 3


class Looks:
    """Looks at one terminal, a few people at a time."""

    def __init__(
        self, serial: str, keeper: Keeper, permissions: Permissions, roster: Roster, tables: Callable[[], Zones | None]
    ) -> None:
        """Look at nobody yet; `tables` are those of the terminal, as far as they are read."""
        self._serial = serial
        self._keeper = keeper
        self._permissions = permissions
        self._roster = roster
        self._tables = tables
        # When somebody was asked about, and when something was written of them, by the monotonic clock.
        self._looked: dict[int, float] = {}
        self._touched: dict[int, float] = {}
        self._rests_until = 0.0

    def touched(self, enroll_ids: Iterable[int]) -> None:
        """Look at people again, of whom something was written."""
        self._touched.update(dict.fromkeys(enroll_ids, time.monotonic()))

    def is_due(self) -> bool:
        """Return whether there is somebody to look at."""
        return any(True for _ in self._overdue())

    async def async_ask(self) -> None:
        """Ask about everybody who may pass, as far as the terminal answers; raises the protocol's errors."""
        if time.monotonic() >= self._rests_until:
            async for _ in self._asked([it for it in self._roster.people if self._placement(it) is not None]):
                pass

    async def async_look(self, is_wanted: Callable[[], bool]) -> bool:
        """Look at some, until something else is wanted of the terminal; return whether it says anything new.

        Raises the protocol's errors.
        """
        news, before = False, dict(self._permissions.told)
        async with aclosing(self._asked(self._due())) as asked:
            async for number in asked:
                news |= self._note(number, before.get(number))
                if is_wanted():
                    break
        if news:
            self._roster.async_access_changed()
        return news

    async def _asked(self, numbers: Iterable[int]) -> AsyncGenerator[int]:
        """Ask about people one by one, and yield who was answered; a terminal that tells nothing is left to rest."""
        silent = 0
        for number in numbers:
            self._looked[number] = time.monotonic()
            try:
                await self._permissions.async_ask(number)
            except CommandRefused as err:
                silent = 0
                if refusal_of(err) is Refusal.UNKNOWN_COMMAND:
                    self._rest()
                    return
            except CommandTimeout:
                silent += 1
                if silent >= MAX_SILENT:
                    self._rest()
                    return
                continue
            else:
                silent = 0
            yield number

    def _rest(self) -> None:
        self._rests_until = time.monotonic() + AGAIN_SECONDS

    def _note(self, number: int, before: Permit | None) -> bool:
        """Keep how the terminal says what was confirmed, where that is not known; return whether it says another."""
        placement, permit = self._placement(number), self._permissions.told.get(number)
        if placement is None or placement.confirmed is None or permit is None:
            return False
        if (
            placement.permit is None
            and not placement.tries
            and self._permissions.says(number, placement.confirmed, self._tables())
        ):
            self._keeper.async_confirm(replace(placement, permit=permit), quietly=True)
            return False
        return permit != (placement.permit if before is None else before)

    def _due(self) -> list[int]:
        """Return whom to look at: first of whom something was written, then who was looked at longest ago."""
        return [number for _, number in sorted(self._overdue())[:MAX_AT_ONCE]]

    def _overdue(self) -> Iterator[tuple[float, int]]:
        """Yield since when somebody waits to be looked at, and their number."""
        now = time.monotonic()
        if now < self._rests_until:
            return
        for number in self._roster.people:
            told_at = max(
                self._looked.get(number, -AGAIN_SECONDS), self._permissions.told_at.get(number, -AGAIN_SECONDS)
            )
            is_touched = self._touched.get(number, told_at) > told_at
            if (is_touched or now - told_at >= AGAIN_SECONDS) and self._placement(number) is not None:
                yield (-AGAIN_SECONDS if is_touched else told_at), number

    def _placement(self, number: int) -> Placement | None:
        """Return how somebody was confirmed who may pass."""
        placement = self._keeper.household.placements.get((self._serial, number))
        return placement if placement and placement.confirmed and placement.confirmed.enabled else None
