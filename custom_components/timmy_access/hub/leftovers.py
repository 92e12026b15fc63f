"""Numbers under which somebody was recorded for a moment, and which no terminal is to keep.

Whoever is asked to a terminal may come after it was called off, while it is away, or while Home Assistant starts anew:
then it has a number that nobody of the house has and that opens its door. So it is on the disk before anybody is asked.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
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
# For so long over restarts; at a terminal that is away for longer it is shown as a difference.
KEPT = timedelta(days=30)
VERSION = 1


def _store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    return Store(hass, VERSION, f"{DOMAIN}.{entry_id}.recordings", private=True, atomic_writes=True)


async def async_remove_leftovers(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the file of a listener."""
    await _store(hass, entry_id).async_remove()


class Leftovers:
    """Has such numbers removed as soon as a terminal has them."""

    def __init__(self, hass: HomeAssistant, entry_id: str, tasks: Tasks, house: House) -> None:
        """Expect none until `async_start`."""
        self._store = _store(hass, entry_id)
        # By serial number and number: for whom it was, and when.
        self._noted: dict[str, dict[int, tuple[str, datetime]]] = {}
        self._tasks = tasks
        self._house = house
        self._expected: dict[Terminal, dict[int, str]] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []

    async def async_start(self, terminals: Iterable[Terminal]) -> None:
        """Look for those of before a restart, at terminals whose people are known as they were then."""
        since = dt_util.utcnow() - KEPT
        for serial, numbers in (await self._store.async_load() or {}).items():
            kept = {
                int(number): (name, dt_util.parse_datetime(at, raise_on_error=True))
                for number, (name, at) in numbers.items()
            }
            self._noted[serial] = {number: (name, at) for number, (name, at) in kept.items() if at >= since}
        for terminal in terminals:
            for number, (name, _) in self._noted.get(terminal.serial, {}).items():
                self.async_expect(terminal, number, name)

    async def async_note(self, terminal: Terminal, number: int, name: str) -> None:
        """Have it on the disk that somebody is about to be recorded under a number that is not to stay."""
        noted = self._noted.setdefault(terminal.serial, {})
        noted[number] = (name, dt_util.utcnow())
        while len(noted) > MAX_EXPECTED:
            del noted[next(iter(noted))]
        await self._store.async_save(
            {
                serial: {str(number): [name, at.isoformat()] for number, (name, at) in numbers.items()}
                for serial, numbers in self._noted.items()
            }
        )

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
