"""Dates and hours of somebody on a terminal: wider, narrower, and what changes them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from .differences import Aspect
from .permits import Access, Permit, Permits
from .standing import Standing
from .steps import Rank, SetAccess
from .week import NEVER, Week


def changed_access(before: Standing, after: Standing, *, again: bool = False) -> SetAccess | None:
    """Return the step from one to the other, None where it takes none.

    Dates and hours of who is disabled are left alone. Who is let in again is given them anew: the numbers that held
    theirs may hold others meanwhile. With `again` they are written also where they are as they were.
    """
    if not after.enabled:
        return None
    is_back = not before.enabled
    is_same = _access_of(before) == _access_of(after)
    if is_same and not is_back and not again:
        return None  # most often, among thousands
    step = SetAccess(
        enroll_id=after.enroll_id,
        rank=Rank.CHANGE,
        valid_from=after.valid_from,
        valid_until=after.valid_until,
        hours=dict(after.hours),
    )
    target = step.after(before)
    if target is None:
        return None
    if is_back or is_same or (is_within(before, target) and not is_within(target, before)):
        return replace(step, rank=Rank.WIDEN)
    return replace(step, rank=Rank.NARROW) if is_within(target, before) else step


def narrowed_access(before: Standing, after: Standing) -> SetAccess | None:
    """Return the step to the dates and hours that hold both before and after, None where there are none."""
    starts = [it for it in (before.valid_from, after.valid_from) if it is not None]
    ends = [it for it in (before.valid_until, after.valid_until) if it is not None]
    valid_from, valid_until = max(starts, default=None), min(ends, default=None)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        return None
    hours = {door: week & after.hours[door] for door, week in before.hours.items() if door in after.hours}
    hours = {door: week for door, week in hours.items() if not week.is_never}
    if not hours:
        return None
    return SetAccess(
        enroll_id=after.enroll_id, rank=Rank.NARROW, valid_from=valid_from, valid_until=valid_until, hours=hours
    )


def other_access(
    permits: Permits, permit: Permit, known: Permit | None, confirmed: Standing, wanted: Standing, doors: int
) -> frozenset[Aspect]:
    """Return what of when somebody may pass was changed at the terminal to what is not wanted either.

    `permit` is what the terminal says now, `known` what it said when `confirmed` was; None where that is not known,
    and then hours that cannot be understood are no change, and none are those of who was disabled. Who is to be
    disabled passes never, whatever their dates.
    """
    if permit == known or not wanted.enabled or (known is None and not confirmed.enabled):
        return frozenset()
    told = permits.meaning(permit, doors)
    aspects: set[Aspect] = set()
    is_told = known is None or (permit.valid_from, permit.valid_until) != (known.valid_from, known.valid_until)
    if is_told and (told.valid_from, told.valid_until) not in [
        (it.valid_from, it.valid_until) for it in map(permits.named, (confirmed, wanted))
    ]:
        aspects.add(Aspect.DATES)
    for door, week in told.hours.items():
        is_known = known is not None and known.is_set == permit.is_set and _zone(known, door) == _zone(permit, door)
        if is_known or (week is None and known is None):
            continue
        if week is None or week not in [it.hours.get(door, NEVER) for it in (confirmed, wanted)]:
            aspects.add(Aspect.HOURS)
    return frozenset(aspects)


def as_told(standing: Standing, access: Access) -> Standing:
    """Return a standing with the dates and hours that a terminal tells; hours that are not understood stay."""
    told = {door: week for door, week in access.hours.items() if week is not None}
    hours = {door: week for door, week in {**standing.hours, **told}.items() if not week.is_never}
    return replace(standing, valid_from=access.valid_from, valid_until=access.valid_until, hours=hours)


def _zone(permit: Permit, door: int) -> int | None:
    return permit.zones[door - 1] if door <= len(permit.zones) else None


def is_within(inner: Standing, outer: Standing) -> bool:
    """Return whether the dates and hours of one allow nothing that those of the other do not."""
    return (
        _begins(outer.valid_from, inner.valid_from)
        and _ends(inner.valid_until, outer.valid_until)
        and _hours_within(inner.hours, outer.hours)
    )


def _access_of(standing: Standing) -> tuple[datetime | None, datetime | None, Mapping[int, Week]]:
    return standing.valid_from, standing.valid_until, standing.hours


def _begins(outer: datetime | None, inner: datetime | None) -> bool:
    return outer is None or (inner is not None and outer <= inner)


def _ends(inner: datetime | None, outer: datetime | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _hours_within(inner: Mapping[int, Week], outer: Mapping[int, Week]) -> bool:
    return all(week <= outer.get(door, NEVER) for door, week in inner.items())
