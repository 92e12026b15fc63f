"""What is about to be written, noted before it is.

Whoever is stopped in the middle of a step, with its process or its connection, has not noted what became of it. So that
the next one does not take for confirmed what was before, a number counts as unsure (`Placement.tries`) from before the
first command of its steps until the last one is confirmed. What opens waits until that is on the disk; what closes goes
on without a disk that takes longer than a moment.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..ledger import LedgerUnavailable
from .errors import HouseUnknown
from .household import Placement
from .sources import Keeper
from .steps import Adopt, Rank, Step

# Numbers that are noted in one transaction; a terminal takes some seconds for so many. What is noted and was not begun
# when everything ends is looked at once more.
NUMBERS_AHEAD = 50
# One small write. Without it nothing is opened.
PATIENCE = 5.0
# What closes waits no longer, and once in a walk only.
CLOSING_PATIENCE = 0.5


class Intents:
    """The notes of one walk."""

    def __init__(self, serial: str, keeper: Keeper, person_of: Callable[[int], str]) -> None:
        """Begin with nothing noted; `person_of` returns who has a number, empty for nobody."""
        self._serial = serial
        self._keeper = keeper
        self._person_of = person_of
        # How it was before, None where the house knew of nothing there.
        self._before: dict[int, int | None] = {}
        self._kept: set[int] = set()
        self._begun: set[int] = set()
        self._has_disk = True

    async def async_note(self, step: Step, ahead: Iterable[int]) -> bool:
        """Note a step before it is done, with numbers that follow; False where no disk takes the note of what opens."""
        number = step.enroll_id
        if isinstance(step, Adopt) or number in self._kept:
            return True
        closes = step.rank <= Rank.NARROW
        numbers = {it: holder for it in (number, *ahead) if (holder := self._holder(it)) and it not in self._kept}
        for one in numbers:
            self._note(one)
        if not numbers or (closes and not self._has_disk):
            return True
        try:
            async with asyncio.timeout(CLOSING_PATIENCE if closes else PATIENCE):
                await self._keeper.async_intend(self._serial, numbers)
        except TimeoutError, LedgerUnavailable, HouseUnknown:
            self._has_disk = False
            return closes
        self._has_disk = True
        self._kept |= numbers.keys()
        return True

    def begin(self, step: Step) -> None:
        """Note that the first command of a step is about to be sent."""
        self._begun.add(step.enroll_id)

    def tries(self, enroll_id: int) -> int:
        """Return how often in a row a number had failed before this walk."""
        if enroll_id in self._before:
            return self._before[enroll_id] or 0
        placement = self._placement(enroll_id)
        return placement.tries if placement else 0

    def done(self, enroll_id: int) -> None:
        """Note that it is known again how a number stands, as all of its steps are confirmed."""
        self._kept.discard(enroll_id)
        if enroll_id in self._before:
            self._put_back(enroll_id, self._before.pop(enroll_id))

    def end(self) -> None:
        """Let go of notes of what was not begun."""
        for number in self._before.keys() - self._begun:
            self._put_back(number, self._before[number])
        for notes in (self._before, self._kept, self._begun):
            notes.clear()
        self._has_disk = True

    def _note(self, number: int) -> None:
        holder = self._holder(number)
        if number in self._before or not holder:
            return
        placement = self._placement(number)
        self._before[number] = placement.tries if placement else None
        if placement is None or not placement.tries:
            present = placement or Placement(serial=self._serial, enroll_id=number, person_id=holder)
            self._keeper.async_confirm(replace(present, tries=1), quietly=True)

    def _put_back(self, number: int, tries: int | None) -> None:
        placement = self._placement(number)
        if placement is None:
            return
        if tries is None and placement.confirmed is None:
            self._keeper.async_unplace(self._serial, number, quietly=True)
        elif placement.tries != (tries or 0):
            self._keeper.async_confirm(replace(placement, tries=tries or 0), quietly=True)

    def _placement(self, number: int) -> Placement | None:
        return self._keeper.household.placements.get((self._serial, number))

    def _holder(self, number: int) -> str:
        placement = self._placement(number)
        return placement.person_id if placement else self._person_of(number)
