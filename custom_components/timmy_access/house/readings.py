"""What is read of a terminal before something is written to it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..people.listed_people import Person
from ..people.roster import Roster
from ..protocol.commands import GetAccessSettings
from ..protocol.commands.kinds import MAX_ZONE
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.reasons import Refusal, refusal_of
from ..terminal.holidays import EVERY_ZONE, async_holiday_zones
from ..terminal.zones import Zones
from .hand import Hand
from .household import Household
from .plan import Known, Shortfall
from .standing import Listed, Seen
from .steps import Add, Adopt, Remove, SetAccess, Step, WriteCredential
from .wanted import Make
from .week import NEVER, Week
from .zones import Tables

# Names that are asked for in one round; the others come with the roster (`people.roster.MAX_NAMES_AGAIN`).
MAX_NAMES = 500
# Questions for the tables that stay without an answer over one connection: the firmware does not have the question.
MAX_SILENCES = 2
_EVERY = frozenset(range(1, MAX_ZONE + 1))


class Readings:
    """Reads one terminal; raises the protocol's errors."""

    def __init__(
        self, serial: str, hand: Hand, roster: Roster, users_used: Callable[[], int | None], doors: Callable[[], int]
    ) -> None:
        """Know nothing yet."""
        self._serial = serial
        self._hand = hand
        self._roster = roster
        self._users_used = users_used
        self._doors = doors
        self.shortfall: Shortfall | None = None
        self._silences = 0
        self._holiday_silences = 0
        self._open_days: frozenset[int] = frozenset()
        self._without_finger: set[int] = set()
        self._with_finger: set[int] = set()
        self._names: dict[int, str] = {}
        self.numbers: dict[int, Mapping[int, int]] = {}
        self.zones: Zones | None = None

    def forget(self) -> None:
        """Read anew, over a new connection."""
        self.numbers.clear()
        self._without_finger.clear()
        self._with_finger.clear()
        self._names.clear()
        if self._silences:  # it may have been busy
            self._silences, self.shortfall = 0, None

    def limited(self, make: Make) -> Make:
        """Return what the terminal is capable of, less what its firmware has shown not to have."""
        return make if self._hand.permissions.has_dates is not False else replace(make, has_dates=False)

    def has_finger(self, number: int) -> bool | None:
        """Return whether somebody's slot 0 holds a finger, and None as long as the terminal has not been asked.

        Terminals list that slot for people without any credential too.
        """
        if number in self._without_finger:
            return False
        return True if number in self._with_finger else None

    def has_recorded(self, number: int) -> None:
        """Note that slot 0 of somebody holds a finger from now on."""
        self._without_finger.discard(number)
        self._with_finger.add(number)

    def heard(self) -> Listed:
        """Return who was there last, from which nothing follows for anybody else."""
        return self._listed(complete=False)

    def present(self) -> Listed:
        """Return who is there, by what was read and written over this connection."""
        return self._listed(complete=self._roster.is_whole)

    async def async_listed(self, household: Household, asked: frozenset[int]) -> Listed:
        """Read who is there; of `asked` also the names."""
        if self._roster.is_stale(self._users_used()):
            await self._roster.async_refresh(self._users_used())
        for person in list(self._roster.people.values()):
            number = person.enroll_id
            placed = household.placements.get((self._serial, number))
            confirmed = placed.confirmed.credentials if placed and placed.confirmed else {}
            if 0 in person.slots and 0 not in confirmed and self.has_finger(number) is None:
                told = self._with_finger if await self._hand.async_has_template(number) else self._without_finger
                told.add(number)
            if number in asked and not person.name and number not in self._names and len(self._names) < MAX_NAMES:
                self._names[number] = await self._hand.people.async_name(number)
        return self.present()

    def _listed(self, *, complete: bool) -> Listed:
        people = self._roster.people.values()
        return Listed(people={person.enroll_id: self._seen(person) for person in people}, complete=complete)

    def _seen(self, person: Person) -> Seen:
        number = person.enroll_id
        return Seen(
            enroll_id=number,
            name=person.name or self._names.get(number),
            role=person.role,
            enabled=person.enabled,
            slots=person.slots - {0} if number in self._without_finger else person.slots,
        )

    def used(self) -> Mapping[int, Mapping[int, int]]:
        """Return the week zones by door of people who were confirmed, by what the terminal has said of them last."""
        return {number: self._hand.permissions.used(number, zones) for number, zones in self.numbers.items()}

    async def async_tables(self, household: Household) -> Tables | None:
        """Read the tables; as long as it is not read who uses which number, all are in use that are not the house's."""
        zones = await self._async_zones()
        if zones is None:
            return None
        own = household.zones.get(self._serial, frozenset())
        return Tables(zones=zones, own=own, others=_EVERY - own, other_days=_EVERY)

    async def async_again(self, household: Household, known: Known) -> Known:
        """Read the tables once more."""
        zones = await self._async_zones()
        if zones is None or known.tables is None:
            return known
        own = household.zones.get(self._serial, frozenset())
        return replace(known, tables=replace(known.tables, zones=zones, own=own))

    async def async_exact(self, household: Household, known: Known) -> Known:
        """Read who uses which numbers of the tables."""
        if known.tables is None:
            return known
        placed = {number for (at, number), it in household.placements.items() if at == self._serial and it.confirmed}
        others: set[int] = set()
        for number in list(self._roster.people):
            if number in placed and number in self.numbers:
                continue
            try:
                numbers = await self._hand.async_numbers(number)
            except CommandRefused as err:
                if refusal_of(err) is not Refusal.UNKNOWN_COMMAND:
                    continue  # nobody has said when they may pass: they have what terminals give by themselves
                self.shortfall = Shortfall.NO_HOURS
                return replace(known, tables=None, shortfall=self.shortfall)
            read = {door: zone for door, zone in numbers.items() if zone is not None}
            if number in placed:
                self.numbers[number] = read
            elif len(read) < len(numbers):  # they may use any
                others |= _EVERY
            else:
                others |= set(read.values())
        tables = replace(known.tables, others=frozenset(others), other_days=await self._async_other_days())
        return replace(known, tables=tables, numbers=self.used())

    def note(self, step: Step, numbers: Mapping[Week, int]) -> None:
        """Note what a step has made known."""
        number = step.enroll_id
        if isinstance(step, WriteCredential) and step.slot == 0:
            self.has_recorded(number)
        if isinstance(step, Add):
            self._with_finger.discard(number)
            self._without_finger.add(number)
        if isinstance(step, SetAccess) or (isinstance(step, Add) and step.standing.enabled):
            hours = step.hours if isinstance(step, SetAccess) else step.standing.hours
            zones = {door: numbers.get(hours.get(door, NEVER)) for door in range(1, self._doors() + 1)}
            self.numbers[number] = {door: zone for door, zone in zones.items() if zone is not None}
        elif isinstance(step, Add | Adopt | Remove):
            self.numbers.pop(number, None)

    async def _async_zones(self) -> Zones | None:
        """Read the tables; `zones` are what was read last, as long as that may hold."""
        self.zones = await self._async_read_zones()
        return self.zones

    async def _async_read_zones(self) -> Zones | None:
        if self.shortfall is Shortfall.NO_HOURS:
            return None
        try:
            settings = await self._hand.line.async_request(GetAccessSettings())
        except CommandRefused as err:
            if refusal_of(err) is Refusal.UNKNOWN_COMMAND:
                self.shortfall = Shortfall.NO_HOURS
                return None
            raise
        except CommandTimeout:
            self._silences += 1
            if self._silences < MAX_SILENCES:
                raise
            self.shortfall = Shortfall.NO_HOURS
            return None
        if settings.is_misread("day_zones", "week_zones"):  # whatever is written over may be somebody's
            self.shortfall = Shortfall.HOURS_MISREAD
            return None
        if settings.week_zones is None or settings.day_zones is None:
            self.shortfall = Shortfall.NO_HOURS
            return None
        self.shortfall = None
        is_misread = settings.is_misread("normally_open")
        self._open_days = EVERY_ZONE if is_misread else frozenset(settings.normally_open or ())
        return Zones(days=settings.day_zones, weeks=settings.week_zones)

    async def _async_other_days(self) -> frozenset[int]:
        try:
            days = await async_holiday_zones(self._hand.line)
        except CommandTimeout:
            self._holiday_silences += 1
            if self._holiday_silences < MAX_SILENCES:
                raise
            days = frozenset()
        else:
            self._holiday_silences = 0
        return days | self._open_days
