"""Numbers under which somebody was recorded for a moment, and which no terminal is to keep.

Whoever is asked to a terminal may come after it was called off, or while it is away: then it has a number that nobody
of the house has and that opens its door.
"""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, callback

from ..const import LOGGER
from ..house.differences import Difference, DifferenceKind
from ..house.errors import HouseInvalid, HouseUnknown
from ..house.house import House
from ..house.settling import Choice
from ..house.standing import Seen
from ..ledger import LedgerUnavailable
from ..people.roster import RosterChange
from ..protocol.errors import ProtocolError
from ..terminal.tasks import Tasks
from .terminal import Terminal

# Recordings of one terminal that came to nothing. Of more, the oldest is shown as a difference should it turn up.
MAX_EXPECTED = 100


class Leftovers:
    """Has such numbers removed as soon as a terminal has them."""

    def __init__(self, tasks: Tasks, house: House) -> None:
        """Expect none."""
        self._tasks = tasks
        self._house = house
        self._expected: dict[Terminal, dict[int, str]] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_stop(self) -> None:
        """Look for none any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    async def async_delete(self, terminal: Terminal, number: int, name: str) -> None:
        """Delete a number that has served, now or as soon as the terminal takes it."""
        if self._has_holder(number):
            return
        try:
            await terminal.people.async_delete(number)
        except ProtocolError as err:
            LOGGER.debug("%s keeps number %s for now: %s", terminal.serial, number, err)
            await self._async_bury(terminal, number, name)
        # What the terminal tells of it may come behind.
        self.async_expect(terminal, number, name)

    @callback
    def async_expect(self, terminal: Terminal, number: int, name: str) -> None:
        """Have a number removed should it turn up, or if it has already."""
        if terminal not in self._expected:
            self._unsubscribe.append(terminal.roster.async_subscribe(self._listener(terminal)))
        expected = self._expected.setdefault(terminal, {})
        expected[number] = name
        while len(expected) > MAX_EXPECTED:
            del expected[next(iter(expected))]
        if number in terminal.roster.people:
            self._async_look(terminal, {number})

    def _listener(self, terminal: Terminal) -> Callable[[RosterChange], None]:
        return lambda change: self._async_look(terminal, {person.enroll_id for person in change.changed})

    @callback
    def _async_look(self, terminal: Terminal, numbers: set[int]) -> None:
        expected = self._expected[terminal]
        for number in numbers & expected.keys():
            work = self._async_bury(terminal, number, expected[number])
            self._tasks.async_see_through(work, f"remove {number} from {terminal.serial}")

    async def _async_bury(self, terminal: Terminal, number: int, name: str) -> None:
        """Have the house remove a number, which outlives a restart; by another name it is somebody else's."""
        difference = Difference(
            serial=terminal.serial,
            enroll_id=number,
            kind=DifferenceKind.UNKNOWN_HERE,
            seen=Seen(enroll_id=number, name=name),
        )
        if self._has_holder(number):
            return
        try:
            await self._house.async_settle([difference], Choice.PUT_BACK, frozenset(), None)
        except (HouseInvalid, HouseUnknown, LedgerUnavailable) as err:
            # It is shown as a difference until somebody decides about it.
            LOGGER.warning("%s may still have number %s of a recording: %s", terminal.serial, number, err)

    def _has_holder(self, number: int) -> bool:
        """Return whether somebody of the house has got a number since."""
        return any(person.enroll_id == number for person in self._house.household.people.values())
