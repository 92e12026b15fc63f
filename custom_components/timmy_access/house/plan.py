"""What is to be done on a terminal next, out of everything that is known of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from ..unhurried import unhurried
from .agreement import Agreement, agree, unsure_at
from .household import Household
from .permits import NOTHING_TOLD, Permits
from .standing import Listed, Standing
from .steps import URGENT, Add, Disable, Rank, SetAccess, Step, in_order
from .wanted import Make, Weeks, standings_wanted
from .week import ALWAYS, NEVER, Week
from .zones import Allocation, Tables, Unfit, allocate, holds


class Shortfall(StrEnum):
    """Why hours cannot be written: firmware has none, or tells tables that cannot be read.

    Each is a translation key of the integration after `refused_`.
    """

    NO_HOURS = "no_hours"
    HOURS_MISREAD = "hours_misread"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a terminal.

    `tables` is None while its hours are not read. `numbers` are week zones by door, as read, of people who were
    confirmed, `permits` is when people may pass, as told. `shortfall` is why there are no week zones that could be
    written; None where there are, or may be.
    """

    make: Make = field(default_factory=Make)
    listed: Listed = field(default_factory=Listed)
    tables: Tables | None = None
    numbers: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    permits: Permits = NOTHING_TOLD
    shortfall: Shortfall | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done, and why somebody cannot be as the house wants it, by enroll id.

    `household` and `weeks` are what it was made of: where they are others, it is out of date.

    Who does not fit is not let in at all. `allocation` is None where the tables are not known.
    """

    household: Household
    weeks: Weeks
    agreement: Agreement
    wanted: Mapping[int, Standing]
    allocation: Allocation | None
    unfit: Mapping[int, Unfit | Shortfall]

    @property
    def urgent(self) -> tuple[Step, ...]:
        """What is done before anything is read that can wait."""
        return tuple(step for step in self.agreement.steps if step.rank <= URGENT)

    @property
    def before_hours(self) -> tuple[Step, ...]:
        """What closes without tables, and is done before they are written.

        A week zone may be rewritten for all its people at once: then nothing of theirs is left that has to close first.
        Nobody is kept out because hours do not fit before it is read which numbers are free.
        """
        return tuple(
            step
            for step in self.agreement.steps
            if step.rank <= Rank.NARROW
            and not isinstance(step, SetAccess)
            and not (isinstance(step, Disable) and step.enroll_id in self.unfit)
        )


def plan(household: Household, serial: str, known: Known, weeks: Weeks, now: datetime) -> Plan:
    """Return what makes a terminal agree with the house; steps that need its tables only where these are known."""
    make = known.make
    wanted = dict(standings_wanted(household, serial, make, weeks, now))
    before = {
        number: placement.confirmed
        for (at, number), placement in household.placements.items()
        if at == serial and placement.confirmed is not None
    }
    unsure = unsure_at(household, serial)
    allocation: Allocation | None = None
    held_up: set[int] = set()
    if known.shortfall is None and known.tables is not None:
        # Whoever else has something left that closes, or other dates, or differs, is not moved along with others.
        compared = agree(household, serial, make.doors, wanted, known.listed, unsure, known.permits)
        closing = (step for step in compared.steps if step.rank <= Rank.NARROW and not isinstance(step, SetAccess))
        held_up = {step.enroll_id for step in closing} | compared.differences.keys()
        held_up |= {it for it, standing in before.items() if not _same_dates(standing, wanted.get(it))}
        allocation = _allocated(known, known.tables, wanted, before, unsure, held_up)
    unfit: dict[int, Unfit | Shortfall] = {}
    for number, standing in unhurried(wanted.items()):
        why = _why_not(standing, before.get(number), known, allocation)
        if why is not None:
            # Who is not let in for want of a place frees one, so that hours can take turns.
            unfit[number] = why
            present = before.get(number)
            wanted[number] = replace(standing, enabled=False, hours=present.hours if present else {})
    agreement = agree(household, serial, make.doors, wanted, known.listed, unsure, known.permits)
    steps = list(agreement.steps)
    if allocation is not None and known.tables is not None:
        # What only closes may need hours that nobody is to have in the end.
        between = {week for step in steps for week in _hours_of(step, make.doors)} - allocation.numbers.keys()
        if between:
            allocation = _allocated(known, known.tables, wanted, before, unsure, held_up, between)
            steps = [_closed(step, allocation, make.doors) for step in steps]
    if known.shortfall is None and known.tables is None:
        steps = [step for step in steps if not isinstance(step, (Add, SetAccess)) and step.rank != Rank.ADD]
        waiting = {step.enroll_id for step in agreement.steps if isinstance(step, SetAccess)}
        # Nobody is let in before their hours are as they should be.
        steps = [step for step in steps if step.rank < Rank.WIDEN or step.enroll_id not in waiting]
    elif allocation is not None and known.tables is not None:
        steps += _drifted(known, known.tables, agreement, wanted, before)
    return Plan(
        household=household,
        weeks=weeks,
        agreement=replace(agreement, steps=in_order(steps)),
        wanted=wanted,
        allocation=allocation,
        unfit=unfit,
    )


def hours_by_door(standing: Standing, doors: int) -> dict[int, Week]:
    """Return the hours of every door; a door that is not named never opens."""
    return {door: standing.hours.get(door, NEVER) for door in range(1, doors + 1)}


def needs_no_zones(standing: Standing, doors: int) -> bool:
    """Return whether somebody may pass every door at every hour, as terminals let people do by themselves."""
    return all(week == ALWAYS for week in hours_by_door(standing, doors).values())


def _allocated(
    known: Known,
    tables: Tables,
    wanted: Mapping[int, Standing],
    before: Mapping[int, Standing],
    unsure: Collection[int],
    held_up: Collection[int],
    passing: Iterable[Week] = (),
) -> Allocation:
    doors = known.make.doors
    needed: set[Week] = set()
    for standing in wanted.values():
        if standing.enabled:
            needed |= set(hours_by_door(standing, doors).values())
    holders: dict[int, set[Week | None]] = {}
    for number, zones in known.numbers.items():
        present = before.get(number)
        if present is None or not (present.enabled or number in unsure):
            continue
        target = None if number in held_up else wanted.get(number)
        after = hours_by_door(target, doors) if target and target.enabled else {}
        for door, zone in zones.items():
            holders.setdefault(zone, set()).add(after.get(door))
    return allocate(tables, needed, holders, passing)


def _same_dates(one: Standing, other: Standing | None) -> bool:
    return other is not None and (one.valid_from, one.valid_until) == (other.valid_from, other.valid_until)


def _hours_of(step: Step, doors: int) -> Iterable[Week]:
    if not isinstance(step, SetAccess):
        return ()
    return (step.hours.get(door, NEVER) for door in range(1, doors + 1))


def _closed(step: Step, allocation: Allocation, doors: int) -> Step:
    """Return the step, and where hours that it needs do not fit the one that closes altogether."""
    if all(week in allocation.numbers for week in _hours_of(step, doors)):
        return step
    return Disable(enroll_id=step.enroll_id)


def _why_not(
    standing: Standing, before: Standing | None, known: Known, allocation: Allocation | None
) -> Unfit | Shortfall | None:
    if not standing.enabled:
        return None
    hours = hours_by_door(standing, known.make.doors)
    if known.shortfall is not None:
        # What was read back once, the firmware has.
        is_there = before is not None and before.enabled and before.hours == standing.hours
        return None if is_there or needs_no_zones(standing, known.make.doors) else known.shortfall
    if allocation is None:
        return None
    return next((allocation.unfit[week] for week in hours.values() if week in allocation.unfit), None)


def _drifted(
    known: Known,
    tables: Tables,
    agreement: Agreement,
    wanted: Mapping[int, Standing],
    before: Mapping[int, Standing],
) -> Iterable[Step]:
    """Yield what gives people their hours back whose week zone somebody has changed at the terminal."""
    busy = {step.enroll_id for step in agreement.steps} | agreement.differences.keys()
    for number, zones in known.numbers.items():
        standing, target = before.get(number), wanted.get(number)
        if number in busy or standing is None or target is None or not (target.enabled and standing.enabled):
            continue
        hours = hours_by_door(target, known.make.doors)
        if all(holds(tables.zones, zone, hours[door]) for door, zone in zones.items() if door in hours):
            continue
        yield SetAccess(
            enroll_id=number,
            rank=Rank.CHANGE,
            valid_from=target.valid_from,
            valid_until=target.valid_until,
            hours=dict(target.hours),
        )
