"""A terminal that is only thought: it takes steps, refuses, loses answers and is tampered with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from custom_components.timmy_access.house.access import other_access
from custom_components.timmy_access.house.changes import with_doubts
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.permits import FIRST_DAY, LAST_DAY, Permit, Permits, local_of
from custom_components.timmy_access.house.plan import Known, Plan, hours_by_door, plan
from custom_components.timmy_access.house.rounds import Round
from custom_components.timmy_access.house.standing import Listed, Seen, Standing
from custom_components.timmy_access.house.steps import (
    Add,
    Adopt,
    Curtail,
    DeleteCredential,
    Describe,
    Disable,
    Enable,
    Rank,
    Remove,
    SetAccess,
    Step,
    WriteCredential,
)
from custom_components.timmy_access.house.wanted import Make, Weeks
from custom_components.timmy_access.house.week import NEVER, Week
from custom_components.timmy_access.house.zones import Tables, gets_wider, week_of
from custom_components.timmy_access.people.names import is_same_name
from custom_components.timmy_access.terminal.zones import NEVER as NEVER_OPEN, Zones, padded

SERIAL = "ZX1"
FACTORY = Zones(
    days=(padded(("00:01~23:59",)), *(padded((NEVER_OPEN,)),) * 7),
    weeks=((1,) * 7,) * 8,
)


class Fault(StrEnum):
    """What goes wrong with one command."""

    IGNORED = "ignored"
    KILLED = "killed"
    LOST = "lost"
    REFUSED = "refused"


class Killed(Exception):
    """Home Assistant ended in the middle, and the terminal has done what it was asked."""


class HeldBack(Exception):
    """A step that is not done, as somebody has changed at the terminal when a person may pass."""


class Failed(Exception):
    """A step that is not confirmed."""


@dataclass(frozen=True)
class Somebody:
    """One person on the terminal."""

    name: str
    role: int = 0
    enabled: bool = True
    zones: Mapping[int, int] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    credentials: Mapping[int, str] = field(default_factory=dict)


@dataclass
class Terminal:
    """The terminal, and what the house knows of it."""

    doors: int = 1
    people: dict[int, Somebody] = field(default_factory=dict)
    zones: Zones = FACTORY
    holidays: frozenset[int] = frozenset()
    written: int = 0

    def hours(self, number: int, zones: Zones | None = None) -> dict[int, Week]:
        """Return somebody's hours by door."""
        somebody = self.people[number]
        return {
            door: week_of(zones or self.zones, somebody.zones.get(door, 1)) or NEVER
            for door in range(1, self.doors + 1)
        }

    def passes(self, number: int, door: int, now: datetime, slot: int | None = None) -> str | None:
        """Return the revision with which somebody may pass, None where they may not."""
        somebody = self.people.get(number)
        if somebody is None or not somebody.enabled or not somebody.credentials:
            return None
        if (somebody.valid_from and now < somebody.valid_from) or (
            somebody.valid_until and now >= somebody.valid_until
        ):
            return None
        if not self.hours(number)[door].holds(now):
            return None
        return somebody.credentials.get(slot) if slot is not None else next(iter(somebody.credentials.values()))

    def permit(self, number: int) -> Permit:
        """Return how it says when somebody may pass."""
        somebody = self.people[number]
        return Permit(
            valid_from=local_of(somebody.valid_from, FIRST_DAY, UTC),
            valid_until=local_of(somebody.valid_until, LAST_DAY, UTC),
            zones=tuple(somebody.zones.get(door, 1) for door in range(1, self.doors + 1)),
        )

    def listed(self, *, complete: bool = True) -> Listed:
        """Return what a list tells: never who is disabled."""
        numbers = sorted(self.people)
        if not complete:
            numbers = numbers[::2]
        return Listed(
            people={
                number: Seen(
                    enroll_id=number,
                    name=self.people[number].name,
                    role=self.people[number].role,
                    slots=frozenset(self.people[number].credentials),
                )
                for number in numbers
            },
            complete=complete,
        )


@dataclass
class World:
    """A house and one terminal of it."""

    household: Household
    terminal: Terminal
    weeks: dict[str, Week | None]
    now: datetime
    # What is left of the house after a kill.
    disk: Household = field(default_factory=Household)
    # When people may pass, as the terminal has told it, which may have been before somebody changed it there.
    told: dict[int, Permit] = field(default_factory=dict)

    def look(self) -> None:
        """Ask when everybody may pass who was confirmed."""
        confirmed = {number for (_, number), placement in self.household.placements.items() if placement.confirmed}
        self.told = {number: self.terminal.permit(number) for number in confirmed & self.terminal.people.keys()}

    def tables(self) -> Tables:
        """Read the tables, and who uses which number."""
        confirmed = {
            number for (_, number), placement in self.household.placements.items() if placement.confirmed is not None
        }
        others = {
            zone
            for number, somebody in self.terminal.people.items()
            if number not in confirmed
            for zone in (somebody.zones.get(door, 1) for door in range(1, self.terminal.doors + 1))
        }
        return Tables(
            zones=self.terminal.zones,
            own=self.household.zones.get(SERIAL, frozenset()),
            others=frozenset(others),
            other_days=self.terminal.holidays,
        )

    def plan(self, *, tables: bool = True, complete: bool = True) -> Plan:
        """Return what is to be done next."""
        terminal = self.terminal
        known = Known(
            make=Make(doors=terminal.doors),
            listed=terminal.listed(complete=complete),
            tables=self.tables() if tables else None,
            numbers={
                number: {door: somebody.zones.get(door, 1) for door in range(1, terminal.doors + 1)}
                for number, somebody in terminal.people.items()
                if number in {it for (_, it), placed in self.household.placements.items() if placed.confirmed}
            },
            permits=self.permits(),
        )
        weeks: Weeks = self.weeks
        return plan(self.household, SERIAL, known, weeks, self.now)

    def permits(self) -> Permits:
        """Return what has been told, and what it takes to understand it."""
        return Permits(told=dict(self.told), tables=self.terminal.zones)

    def _look_before(self, number: int, planned: Plan) -> None:
        """Ask when somebody may pass before that is written; raises `HeldBack`."""
        if number not in self.terminal.people:
            return
        self.told[number] = self.terminal.permit(number)
        placement, wanted = self.household.placements.get((SERIAL, number)), planned.wanted.get(number)
        if placement is None or placement.confirmed is None or placement.permit is None or not wanted:
            return
        doors = self.terminal.doors
        if other_access(self.permits(), self.told[number], placement.permit, placement.confirmed, wanted, doors):
            raise HeldBack

    def perform(self, step: Step, planned: Plan, fault: Fault | None) -> None:  # noqa: C901 - as the writer, in one place
        """Do a step as the writer does, and note in the house what is confirmed; raises `Failed`."""
        number = step.enroll_id
        terminal = self.terminal
        if isinstance(step, Adopt):
            if fault:
                raise Failed
            somebody = terminal.people[number]
            hours = {door: week for door, week in terminal.hours(number).items() if not week.is_never}
            self._confirm(
                number,
                replace(
                    step.standing,
                    enabled=somebody.enabled,
                    hours=hours,
                    valid_from=somebody.valid_from,
                    valid_until=somebody.valid_until,
                ),
                terminal.permit(number),
            )
            self.told[number] = terminal.permit(number)
            return
        if isinstance(step, Curtail) and number in terminal.people:
            compared, self.told[number] = self.told.get(number), terminal.permit(number)
            if compared not in (None, self.told[number]):
                raise HeldBack
        if isinstance(step, Add):
            self.told.pop(number, None)
        gives_more = isinstance(step, WriteCredential) and step.rank is Rank.WIDEN
        if gives_more or (isinstance(step, SetAccess) and not isinstance(step, Curtail)):
            self._look_before(number, planned)
        if fault in (None, Fault.LOST, Fault.KILLED):
            terminal.written += 1
            self._apply(step, planned)
        if fault is Fault.KILLED:
            raise Killed
        if fault:
            raise Failed
        placement = self.household.placements.get((SERIAL, number))
        is_read_back = isinstance(step, SetAccess) or (isinstance(step, Add) and step.standing.enabled)
        if is_read_back:
            self.told[number] = terminal.permit(number)
        permit = placement.permit if placement else None
        if is_read_back and not isinstance(step, Curtail):
            permit = self.told[number]
        self._confirm(number, step.after(placement.confirmed if placement else None), permit)

    def _apply(self, step: Step, planned: Plan) -> None:  # noqa: C901 - one branch a kind of step
        number, people = step.enroll_id, self.terminal.people
        somebody = people.get(number)
        if isinstance(step, Remove):
            if somebody is not None and step.means(somebody.name):
                del people[number]
        elif isinstance(step, Add):
            standing = step.standing
            if somebody is not None and not is_same_name(somebody.name, standing.name):
                raise Failed
            made = Somebody(name=standing.name, role=standing.role, enabled=standing.enabled)
            if standing.enabled:
                made = self._with_access(made, planned, standing)
            people[number] = replace(made, credentials=somebody.credentials if somebody else {})
        elif somebody is None:
            raise Failed
        elif isinstance(step, Disable | Enable):
            people[number] = replace(somebody, enabled=isinstance(step, Enable))
        elif isinstance(step, Describe):
            people[number] = replace(somebody, name=step.name, role=step.role)
        elif isinstance(step, DeleteCredential):
            left = {slot: it for slot, it in somebody.credentials.items() if slot != step.slot}
            people[number] = replace(somebody, credentials=left)
        elif isinstance(step, WriteCredential):
            people[number] = replace(somebody, credentials={**somebody.credentials, step.slot: step.revision})
        elif isinstance(step, SetAccess):
            people[number] = self._with_access(somebody, planned, step)

    def _with_access(self, somebody: Somebody, planned: Plan, access: SetAccess | Standing) -> Somebody:
        assert planned.allocation is not None
        doors = self.terminal.doors
        hours = {door: access.hours.get(door, NEVER) for door in range(1, doors + 1)}
        return replace(
            somebody,
            zones={door: planned.allocation.numbers[week] for door, week in hours.items()},
            valid_from=access.valid_from,
            valid_until=access.valid_until,
        )

    def _confirm(self, number: int, standing: Standing | None, permit: Permit | None = None) -> None:
        key = (SERIAL, number)
        placements = dict(self.household.placements)
        tombstones = dict(self.household.tombstones)
        if standing is None:
            placements.pop(key, None)
            tombstones.pop(key, None)
        else:
            holder = next(it for it in self.household.people.values() if it.enroll_id == number)
            before = self.household.placements.get(key)
            placements[key] = Placement(
                serial=SERIAL,
                enroll_id=number,
                person_id=holder.person_id,
                confirmed=standing,
                permit=permit,
                tries=before.tries if before else 0,
            )
        self.household = replace(self.household, placements=placements, tombstones=tombstones)

    def _holder_of(self, number: int) -> dict[int, str]:
        return {it.enroll_id: it.person_id for it in self.household.people.values() if it.enroll_id == number}

    def _place(self, placement: Placement) -> None:
        key = (SERIAL, placement.enroll_id)
        self.household = replace(self.household, placements={**self.household.placements, key: placement})

    def _failed(self, step: Step) -> None:
        number = step.enroll_id
        placement = self.household.placements.get((SERIAL, number))
        holder = next((it for it in self.household.people.values() if it.enroll_id == number), None)
        if placement is not None:
            is_written = isinstance(step, SetAccess) and not isinstance(step, Curtail)
            permit = None if is_written else placement.permit
            self._place(replace(placement, tries=placement.tries + 1, permit=permit))
        elif holder is not None:
            self._place(Placement(serial=SERIAL, enroll_id=number, person_id=holder.person_id, tries=1))

    def walk(self, faults: list[Fault | None], *, complete: bool = True, watch: object = None) -> int:
        """Go through one round and return how many steps there were; `faults` are used up one by one."""
        self.disk = self.household
        try:
            return self._round(faults, complete=complete, watch=watch)
        except Killed:
            self.household = self.disk
            self.told.clear()
            if callable(watch):
                watch()
            return 1

    def _round(self, faults: list[Fault | None], *, complete: bool, watch: object) -> int:
        planned = self.plan(complete=complete)
        self._through(planned.urgent, planned, faults, watch)
        planned = self.plan(complete=complete)
        self._through(planned.before_hours, planned, faults, watch)
        planned = self.plan(complete=complete)
        if planned.allocation is not None and gets_wider(self.terminal.zones, planned.allocation.zones):
            self.look()
            planned = self.plan(complete=complete)
        steps = planned.agreement.steps
        if planned.allocation is not None and any(isinstance(step, (SetAccess, Add)) for step in steps):
            self.household = replace(self.household, zones={**self.household.zones, SERIAL: planned.allocation.own})
            if planned.allocation.zones != self.terminal.zones:
                fault = faults.pop(0) if faults else None
                if fault in (None, Fault.LOST, Fault.KILLED):
                    self.terminal.written += 1
                    self.terminal.zones = planned.allocation.zones
                if callable(watch):
                    watch()
                if fault is Fault.KILLED:
                    raise Killed
                if fault:
                    return len(steps)
        walk = self._through(steps, planned, faults, watch)
        for (_, number), placement in self.household.placements.items():
            if placement.tries and walk.is_done(number) and number not in planned.agreement.differences:
                self._place(replace(placement, tries=0))
        return len(steps)

    def _through(self, steps: tuple[Step, ...], planned: Plan, faults: list[Fault | None], watch: object) -> Round:
        walk = Round(steps)
        for step in walk:
            if not isinstance(step, Adopt):  # as `Intents`
                self.disk = with_doubts(self.disk, SERIAL, self._holder_of(step.enroll_id))
            try:
                self.perform(step, planned, faults.pop(0) if faults else None)
            except HeldBack:
                walk.failed(step)
            except Failed:
                walk.failed(step)
                self._failed(step)
            if callable(watch):
                watch()
        return walk


def hours_of(standing: Standing, doors: int) -> Mapping[int, Week]:
    """Return the hours of every door."""
    return hours_by_door(standing, doors)
