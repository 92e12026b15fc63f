"""How everybody of the house is on each terminal, in words for whoever looks."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from homeassistant.core import HomeAssistant

from ..house.agreement import Agreement, PlacementState
from ..house.house import House
from ..house.household import Household
from ..house.obstacles import WRONG_ALGORITHM, not_understood
from ..house.standing import Listed
from ..house.wanted import Make
from ..unhurried import unhurried
from .agreements import async_agreement, known_of
from .in_step import make_of
from .terminal import Terminal

# What comparing finds of somebody whose hours do not fit: it never ends for want of a place, or is done without them.
_TAKEN_FOR_DONE = frozenset({PlacementState.IN_STEP, PlacementState.WRITING})


@dataclass(frozen=True, kw_only=True)
class Placed:
    """How somebody is on one terminal, and why where that needs one.

    The reason is a word of `Refusal`, `Undone`, `Unfit` or `Shortfall`, the kind of the difference, or that the fingers
    are of another algorithm.
    """

    state: PlacementState
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class TerminalPlacements:
    """Everybody with a door of one terminal, by enroll id."""

    terminal: Terminal
    is_kept: bool
    placed: Mapping[int, Placed]

    @property
    def in_step(self) -> int:
        """How many are as they should be."""
        return sum(it.state is PlacementState.IN_STEP for it in self.placed.values())


async def async_placements(
    hass: HomeAssistant, house: House, terminals: Iterable[Terminal]
) -> tuple[TerminalPlacements, ...]:
    """Return how everybody is on each terminal; raises `HouseUnknown`."""
    found: list[TerminalPlacements] = []
    for terminal in tuple(terminals):
        household = house.known()
        is_kept = terminal.serial in household.kept
        agreement = await async_agreement(hass, house, terminal) if is_kept else Agreement()
        plan = terminal.writer.plan
        unfit = {number: why.value for number, why in plan.unfit.items()} if plan and is_kept else {}
        strange = partial(_strange, household, make_of(terminal), agreement, known_of(house, terminal))
        placed = await hass.async_add_executor_job(
            _placed, household, terminal.serial, agreement, is_kept, terminal.coordinator.data.online, unfit, strange
        )
        found.append(TerminalPlacements(terminal=terminal, is_kept=is_kept, placed=placed))
    return tuple(found)


def _strange(household: Household, make: Make, agreement: Agreement, known: Callable[[], Listed]) -> Collection[int]:
    """Return whose fingers a terminal cannot read; of one that was reset nothing is known."""
    return () if agreement.was_reset else not_understood(household, make, agreement.numbers, known())


def _placed(
    household: Household,
    serial: str,
    agreement: Agreement,
    is_kept: bool,
    online: bool,
    unfit: Mapping[int, str],
    strange: Callable[[], Collection[int]],
) -> dict[int, Placed]:
    reaching = {
        group_id for group_id, group in household.groups.items() if any(rule.doors.get(serial) for rule in group.rules)
    }
    without_finger = strange() if is_kept else ()
    placed: dict[int, Placed] = {}
    # Thousands are alike, and one object says it of all of them.
    alike: dict[tuple[PlacementState, str | None], Placed] = {}
    for person in unhurried(household.people.values()):
        number = person.enroll_id
        placement = household.placements.get((serial, number))
        if reaching.isdisjoint(person.groups) and (placement is None or not is_kept):
            continue
        state = agreement.state_of(placement, number, kept=is_kept, online=online)
        reason = unfit.get(number)
        if state is PlacementState.REFUSED and placement is not None:
            reason = placement.refused
        elif reason is not None and online and state in _TAKEN_FOR_DONE:
            state = PlacementState.REFUSED
        elif state is PlacementState.IN_STEP and number in without_finger:
            state, reason = PlacementState.REFUSED, WRONG_ALGORITHM
        elif state is PlacementState.DIFFERS:
            difference = agreement.differences.get(number) or agreement.differences.get(0)
            reason = difference.kind.value if difference else None
        placed[number] = alike.setdefault((state, reason), Placed(state=state, reason=reason))
    return placed
