"""What the house wants of a terminal, what was confirmed there, and what the terminal says: compared number by number.

What the terminal says as it was confirmed, and the house wants otherwise, is written. What the terminal says otherwise
than it was confirmed, somebody has changed there: that is a difference, and only what closes is written. Nobody is
removed who was never confirmed there and for whom there is no tombstone, and nothing follows from who is missing in a
list that is not complete. Somebody is never taken for removed because a list leaves them out: the terminal is asked.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from ..people.names import is_same_name
from ..protocol.enums import Credential
from ..unhurried import unhurried
from .access import as_told, changed_access, narrowed_access, other_access
from .differences import ACCESS, Aspect, Difference, DifferenceKind
from .household import Household, Placement
from .permits import NOTHING_TOLD, Access, Permit, Permits
from .standing import Listed, Seen, Standing, Tombstone
from .steps import (
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
    in_order,
)
from .week import ALWAYS

# People who were confirmed, none of whom is on the terminal any more: so many delete themselves one by one only where
# somebody resets it.
MANY = 5
# The revision of a credential that a terminal had before the house: which one it is, is not known.
UNKNOWN_REVISION = ""
# What somebody else may hold in their hand: the old one closes at once, also where the new one cannot be written yet.
TRANSFERABLE = frozenset({Credential.PASSWORD.value, Credential.CARD.value})


class PlacementState(StrEnum):
    """How a number on a terminal is with the house."""

    DIFFERS = "differs"
    IN_STEP = "in_step"
    OBSERVED = "observed"
    REFUSED = "refused"
    WAITING = "waiting"
    WRITING = "writing"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What is to be done on a terminal, in order, and what the owner has to decide, by enroll id.

    `numbers` are all that the house has to do with there.
    """

    steps: tuple[Step, ...] = ()
    differences: Mapping[int, Difference] = field(default_factory=dict)
    numbers: frozenset[int] = field(default_factory=frozenset)
    was_reset: bool = False

    @cached_property
    def open_numbers(self) -> frozenset[int]:
        """Those of whom something is to be done."""
        return frozenset(step.enroll_id for step in self.steps)

    def state_of(self, placement: Placement | None, enroll_id: int, *, kept: bool, online: bool) -> PlacementState:
        """Return how one of the numbers is."""
        if not kept:
            return PlacementState.OBSERVED
        if self.was_reset or enroll_id in self.differences:
            return PlacementState.DIFFERS
        if placement is not None and placement.refused:
            return PlacementState.REFUSED
        if enroll_id in self.open_numbers:
            return PlacementState.WRITING if online else PlacementState.WAITING
        return PlacementState.IN_STEP if placement and placement.confirmed else PlacementState.WAITING


def unsure_at(household: Household, serial: str) -> frozenset[int]:
    """Return the numbers of which it is not known how they stand: what was tried may be there, confirmed or not."""
    return frozenset(number for (at, number), it in household.placements.items() if at == serial and it.tries)


def agree(
    household: Household,
    serial: str,
    doors: int,
    wanted: Mapping[int, Standing],
    listed: Listed,
    unsure: Collection[int] = (),
    permits: Permits = NOTHING_TOLD,
) -> Agreement:
    """Return what makes a terminal of so many doors agree with the house.

    `unsure` are numbers of which it is not known whether what was written last got there: it is written again, and
    what is different is not taken for somebody's doing at the terminal. `permits` is what the terminal has said of when
    people may pass.
    """
    placements = {number: it for (at, number), it in household.placements.items() if at == serial}
    tombstones = {number: it for (at, number), it in household.tombstones.items() if at == serial}
    numbers = frozenset(wanted.keys() | placements.keys() | tombstones.keys())
    confirmed = {number for number, placement in placements.items() if placement.confirmed}
    if listed.complete and len(confirmed) >= MANY and not confirmed & listed.people.keys():
        is_left = (serial, 0) in household.left
        reset = Difference(serial=serial, enroll_id=0, kind=DifferenceKind.WAS_RESET, is_left=is_left)
        return Agreement(differences={0: reset}, numbers=numbers, was_reset=True)
    holders = {person.enroll_id: person_id for person_id, person in household.people.items()}
    steps: list[Step] = []
    differences: dict[int, Difference] = {}
    for number in unhurried(numbers | listed.people.keys()):
        case = _Case(
            household=household,
            serial=serial,
            doors=doors,
            enroll_id=number,
            holder=holders.get(number),
            wanted=wanted.get(number),
            placement=placements.get(number),
            tombstone=tombstones.get(number),
            seen=listed.people.get(number),
            complete=listed.complete,
            unsure=number in unsure,
            permits=permits,
        )
        for outcome in case.outcomes():
            if isinstance(outcome, Difference):
                differences[number] = outcome
            else:
                steps.append(outcome)
    return Agreement(steps=in_order(steps), differences=differences, numbers=numbers)


@dataclass(frozen=True, kw_only=True)
class _Case:
    """All that is known of one number on one terminal."""

    household: Household
    serial: str
    doors: int
    enroll_id: int
    holder: str | None
    wanted: Standing | None
    placement: Placement | None
    tombstone: Tombstone | None
    seen: Seen | None
    complete: bool
    unsure: bool
    permits: Permits

    def outcomes(self) -> Iterator[Step | Difference]:
        """Yield what is to be done, and the difference where there is one."""
        confirmed = self.placement.confirmed if self.placement else None
        # Who had the number before is gone before somebody else gets it.
        is_theirs = self.placement is not None and self.placement.person_id == self.holder
        if self.tombstone is not None:
            yield self._removal(self.tombstone.name, self.tombstone.other_name)
        elif confirmed is not None and (self.wanted is None or not is_theirs):
            yield self._removal(confirmed.name, self._new_name() if is_theirs else "")
        elif self.wanted is None:
            if self.unsure and self.seen is not None and self._is_holder(self.seen):
                yield self._removal(self.seen.name or "")  # what was added may have got there
            elif self.seen is not None:
                yield self._difference(DifferenceKind.UNKNOWN_HERE)
        elif confirmed is None or (self.seen is None and self.unsure and self.complete):
            yield from self._first(self.wanted)
        elif self.seen is None:
            if self.complete:
                yield self._difference(DifferenceKind.DELETED_HERE)
            yield from _closing(confirmed, self.wanted, None)
        elif aspects := _changed(confirmed, self.wanted, self.seen, unsure=self.unsure) | self._other_access():
            permit = self.permits.told.get(self.enroll_id) if aspects & ACCESS else None
            access = None if permit is None else self.permits.meaning(permit, self.doors)
            yield self._difference(DifferenceKind.CHANGED, aspects, access, permit)
            # Told back is what the terminal can name: what is compared with it is made the same.
            wanted = self.wanted if access is None else self.permits.named(self.wanted)
            yield from _closing(confirmed, wanted, self.seen, access)
        else:
            yield from _changes(
                confirmed, self.wanted, self.seen, unsure=self.unsure, access_lost=self._is_access_lost()
            )

    def _is_access_lost(self) -> bool:
        """Return whether what the terminal says of when they may pass may be of the house."""
        return self.unsure and self.placement is not None and self.placement.permit is None

    def _other_access(self) -> frozenset[Aspect]:
        permit, placement, wanted = self.permits.told.get(self.enroll_id), self.placement, self.wanted
        if permit is None or wanted is None or placement is None or placement.confirmed is None:
            return frozenset()
        if self._is_access_lost():
            return frozenset()
        return other_access(self.permits, permit, placement.permit, placement.confirmed, wanted, self.doors)

    def _is_holder(self, seen: Seen) -> bool:
        person = self.household.people.get(self.holder or "")
        return person is not None and is_same_name(seen.name or "", person.name)

    def _new_name(self) -> str:
        """Return what the house calls them, which may have got there."""
        person = self.household.people.get(self.holder or "")
        return person.name if person else ""

    def _removal(self, name: str, other_name: str = "") -> Step | Difference:
        told = self.seen.name if self.seen else None
        step = Remove(enroll_id=self.enroll_id, name=name, other_name="" if other_name == name else other_name)
        return self._difference(DifferenceKind.SOMEBODY_ELSE) if told and not step.means(told) else step

    def _first(self, wanted: Standing) -> Iterator[Step | Difference]:
        if self.seen is None:
            if self.complete:
                yield Add(enroll_id=self.enroll_id, standing=wanted)
                for slot, revision in sorted(wanted.credentials.items()):
                    yield WriteCredential(enroll_id=self.enroll_id, rank=Rank.ADD, slot=slot, revision=revision)
        elif self.seen.name is None:
            return  # it is asked for
        elif is_same_name(self.seen.name, wanted.name):
            yield Adopt(
                enroll_id=self.enroll_id,
                rank=Rank.CHANGE if wanted.enabled else Rank.DISABLE,
                standing=self._as_seen(self.seen, wanted),
            )
        else:
            yield self._difference(DifferenceKind.SOMEBODY_ELSE)

    def _as_seen(self, seen: Seen, wanted: Standing) -> Standing:
        """Return how somebody stands who is not of the house yet; hours that are not known are taken for all."""
        credentials: dict[int, str] = {}
        for slot in (seen.slots or frozenset()) & wanted.credentials.keys():
            held = self.household.credentials.get((self.holder or "", slot))
            is_known = held is not None and self.serial in held.terminals
            credentials[slot] = wanted.credentials[slot] if is_known else UNKNOWN_REVISION
        return Standing(
            enroll_id=self.enroll_id,
            name=seen.name or "",
            role=wanted.role if seen.role is None else seen.role,
            enabled=seen.enabled is not False,
            hours=dict.fromkeys(range(1, self.doors + 1), ALWAYS),
            credentials=credentials,
        )

    def _difference(
        self,
        kind: DifferenceKind,
        aspects: frozenset[Aspect] = frozenset(),
        access: Access | None = None,
        permit: Permit | None = None,
    ) -> Difference:
        return Difference(
            serial=self.serial,
            enroll_id=self.enroll_id,
            kind=kind,
            person_id=self.holder,
            seen=self.seen,
            aspects=aspects,
            wanted=None if access is None else self.wanted,
            access=access,
            permit=permit,
            is_left=(self.serial, self.enroll_id) in self.household.left,
        )


def _changed(confirmed: Standing, wanted: Standing, seen: Seen, *, unsure: bool) -> frozenset[Aspect]:
    """Return what somebody has changed at the terminal to what is not wanted either."""
    ours = TRANSFERABLE | confirmed.credentials.keys() if unsure else frozenset()
    aspects = set()
    if seen.name and not any(is_same_name(seen.name, name) for name in (confirmed.name, wanted.name)):
        aspects.add(Aspect.NAME)
    if seen.role is not None and seen.role not in (confirmed.role, wanted.role):
        aspects.add(Aspect.ROLE)
    if seen.enabled is not None and seen.enabled not in (confirmed.enabled, wanted.enabled):
        aspects.add(Aspect.ENABLED)
    if seen.slots is not None and any(
        (slot in seen.slots) not in (slot in confirmed.credentials, slot in wanted.credentials)
        for slot in (seen.slots | confirmed.credentials.keys()) - ours
    ):
        aspects.add(Aspect.CREDENTIALS)
    return frozenset(aspects)


def _closing(confirmed: Standing, wanted: Standing, seen: Seen | None, access: Access | None = None) -> Iterator[Step]:
    """Yield what of the wanted only closes; `access` is when they may pass by the terminal's word, if that differs."""
    number = confirmed.enroll_id
    narrowed = narrowed_access(confirmed, wanted) if wanted.enabled else None
    is_enabled = confirmed.enabled or (seen is not None and seen.enabled is True)
    is_narrower = is_enabled and narrowed is not None and narrowed.after(confirmed) != confirmed
    there = confirmed
    if access is not None and is_narrower:
        there = as_told(confirmed, access)
        narrowed = narrowed_access(there, wanted) or SetAccess(enroll_id=number, rank=Rank.NARROW)
    if is_enabled and narrowed is None:
        yield Disable(enroll_id=number)
    for slot, revision in sorted(confirmed.credentials.items()):
        present = wanted.credentials.get(slot)
        if present is None or (slot in TRANSFERABLE and revision not in (present, UNKNOWN_REVISION)):
            yield DeleteCredential(enroll_id=number, slot=slot)
    if is_narrower and narrowed is not None and narrowed.after(there) != there:
        yield narrowed if access is None else _curtailed(narrowed)


def _curtailed(access: SetAccess) -> Curtail:
    return Curtail(
        enroll_id=access.enroll_id,
        valid_from=access.valid_from,
        valid_until=access.valid_until,
        hours=access.hours,
    )


def _changes(confirmed: Standing, wanted: Standing, seen: Seen, *, unsure: bool, access_lost: bool) -> Iterator[Step]:
    """Yield all that makes the confirmed the wanted; `access_lost` is that nobody knows when they may pass there."""
    number = confirmed.enroll_id
    if not wanted.enabled and (confirmed.enabled or seen.enabled is True or unsure):
        yield Disable(enroll_id=number)
    stray = (seen.slots or frozenset()) & TRANSFERABLE if unsure else frozenset()
    for slot in sorted((confirmed.credentials.keys() | stray) - wanted.credentials.keys()):
        yield DeleteCredential(enroll_id=number, slot=slot)
    if unsure or (confirmed.name, confirmed.role) != (wanted.name, wanted.role):
        rank = Rank.NARROW if wanted.role < confirmed.role else Rank.CHANGE
        yield Describe(enroll_id=number, rank=rank, name=wanted.name, role=wanted.role)
    there = confirmed.credentials.keys() | (seen.slots or ())
    added: list[Step] = []
    for slot, revision in sorted(wanted.credentials.items()):
        is_gone = unsure and seen.slots is not None and slot not in seen.slots
        if confirmed.credentials.get(slot) == revision and not is_gone:
            continue
        if slot not in there:
            added.append(WriteCredential(enroll_id=number, rank=Rank.WIDEN, slot=slot, revision=revision))
            continue
        if unsure and slot in TRANSFERABLE:
            # The card that it replaces may be gone, and the hours that were for that one not be narrowed yet.
            yield DeleteCredential(enroll_id=number, slot=slot)
            added.append(WriteCredential(enroll_id=number, rank=Rank.WIDEN, slot=slot, revision=revision))
            continue
        # A card in the place of another closes the other.
        rank = Rank.NARROW if slot in TRANSFERABLE else Rank.CHANGE
        yield WriteCredential(enroll_id=number, rank=rank, slot=slot, revision=revision)
    if (access := changed_access(confirmed, wanted, again=access_lost)) is not None:
        yield access
    yield from added
    if wanted.enabled and (not confirmed.enabled or unsure):
        yield Enable(enroll_id=number)
