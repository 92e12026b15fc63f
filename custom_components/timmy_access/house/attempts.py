"""Steps tried on one terminal, and what is kept of how they went."""

import asyncio
from dataclasses import replace

from ..protocol.errors import CommandRefused, CommandTimeout, ProtocolError, SeatContested, TerminalOffline
from ..protocol.reasons import refusal_of
from ..terminal.zones import Zones
from .hand import ChangedThere, Circumstances, Hand, NoRecord, SomebodyElse
from .household import Placement
from .intents import Intents
from .permits import Permit
from .plan import Known, Plan
from .readings import Readings
from .sources import Keeper
from .standing import Standing
from .steps import Add, Adopt, Curtail, SetAccess, Step
from .undone import Undone
from .waits import Waits

# The word for a step that is not done as somebody has changed something at the terminal: a difference, no failure.
HELD_BACK = "held_back"


class Attempts:
    """Tries steps, confirms what is done and counts what is not."""

    def __init__(
        self, serial: str, keeper: Keeper, hand: Hand, readings: Readings, intents: Intents, waits: Waits
    ) -> None:
        """Try nothing yet."""
        self._serial = serial
        self._keeper = keeper
        self._hand = hand
        self._readings = readings
        self._intents = intents
        self._waits = waits
        # What a terminal said of when somebody may pass when a step was held back because of it.
        self._held_back: dict[int, Permit | None] = {}

    async def async_try(self, step: Step, planned: Plan, known: Known, person_id: str) -> str | None:
        """Do one step and keep the outcome; return a word for why it is not done, None where it is.

        `person_id` is who has the number where nobody stands there yet. Raises `TerminalOffline`, `SeatContested` and
        `NotKept`.
        """
        number = step.enroll_id
        placement = self._keeper.household.placements.get((self._serial, number))
        person_id = placement.person_id if placement else person_id
        given = _circumstances(placement, person_id, planned, known, number)
        self._intents.begin(step)
        try:
            standing = await self._hand.async_do(step, placement.confirmed if placement else None, given)
        except NoRecord:
            if tries := self._intents.tries(number):
                self._waits.failed(step, tries, given.wanted)
            return Undone.NO_RECORD
        except ChangedThere:
            self._hold_back(step, given)
            return HELD_BACK
        except asyncio.CancelledError:
            if (doubted := self._doubted(step, placement)) is not placement:
                self._note_failure(doubted, number, person_id, None)
            raise
        except TerminalOffline, SeatContested:
            self._note_failure(self._doubted(step, placement), number, person_id, None)
            raise
        except (SomebodyElse, ProtocolError) as err:
            why = _word_for(err)
        else:
            self._waits.done(step)
            self._readings.note(step, given.numbers)
            self._keep(step, placement, person_id, standing)
            return None
        tries = self._note_failure(self._doubted(step, placement), number, person_id, why)
        self._waits.failed(step, tries, given.wanted)
        return why

    def _doubted(self, step: Step, placement: Placement | None) -> Placement | None:
        """Return a placement after a step that failed: what the terminal says by now may be what was written."""
        is_written = isinstance(step, SetAccess) and not isinstance(step, Curtail)
        if placement is None or not is_written or self._hand.permissions.told.get(step.enroll_id) is not None:
            return placement
        return replace(placement, permit=None)

    def _hold_back(self, step: Step, given: Circumstances) -> None:
        """Have the difference shown; a terminal for which that is none is asked less and less often."""
        number = step.enroll_id
        # What closes is done by the terminal's newest word; one that says something else each time is no hurry.
        permit = None if isinstance(step, Curtail) else self._hand.permissions.told.get(number)
        if number in self._held_back and self._held_back[number] == permit:
            self._waits.failed(step, 1, given.wanted)
        self._held_back[number] = permit

    def _keep(self, step: Step, placement: Placement | None, person_id: str, standing: Standing | None) -> None:
        number = step.enroll_id
        if isinstance(step, SetAccess):
            self._held_back.pop(number, None)
        if standing is None:
            self._keeper.async_unplace(self._serial, number)
            self._keeper.async_bury(self._serial, number)
            return
        before = placement or Placement(serial=self._serial, enroll_id=number, person_id=person_id)
        permit = before.permit
        if isinstance(step, Add | Adopt | SetAccess) and not isinstance(step, Curtail):
            permit = self._hand.permissions.told.get(number)
        self._keeper.async_confirm(replace(before, confirmed=standing, permit=permit))

    def _note_failure(self, placement: Placement | None, number: int, person_id: str, why: str | None) -> int:
        """Keep that it is not known what became of a step, and return how often that was so in a row."""
        before = placement or Placement(serial=self._serial, enroll_id=number, person_id=person_id)
        tries = self._intents.tries(number) + 1
        if person_id:
            self._keeper.async_confirm(replace(before, tries=tries, refused=why or before.refused))
        return tries


def _word_for(err: SomebodyElse | ProtocolError) -> str:
    if isinstance(err, SomebodyElse):
        return Undone.SOMEBODY_ELSE
    if isinstance(err, CommandRefused):
        return refusal_of(err) or Undone.REFUSED
    return Undone.NO_ANSWER if isinstance(err, CommandTimeout) else Undone.WITHOUT_EFFECT


def _circumstances(
    placement: Placement | None, person_id: str, planned: Plan, known: Known, number: int
) -> Circumstances:
    return Circumstances(
        person_id=person_id,
        zones=known.tables.zones if known.tables else Zones(),
        numbers=planned.allocation.numbers if planned.allocation else {},
        wanted=planned.wanted.get(number),
        permit=placement.permit if placement else None,
    )
