"""A terminal in the place of another: what the house says of the one holds for the other from then on."""

from collections.abc import Awaitable, Callable
from copy import replace

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..ledger import HouseChange, HouseItem, Ledger
from .changes import without_terminal
from .deeds import Deed, Did
from .groups import Rule
from .household import Household
from .stored import changed_keys, household_of, items_of

type Write = Callable[[list[HouseItem], list[HouseChange]], Awaitable[None]]


def with_other_terminal(household: Household, old: str, new: str) -> Household:
    """Return a house with one terminal in the place of another: its doors, and that it is kept in step.

    Of who is on the new one nothing is known yet. Who was to be gone from either still is, and from the new one whoever
    was to be gone from the old one: it may be the same machine, which tells another serial number (field notes 2). A
    house that says nothing of the old one stays as it is.
    """
    household = _with_tombstones(household, old, new)
    if not _names(household, old):
        return household
    after = without_terminal(without_terminal(_with_doors(household, old, new), old), new)
    return replace(after, kept=after.kept | {new}) if old in household.kept else after


def without_traces(household: Household, serial: str) -> Household:
    """Return a house that says nothing of a terminal that is not ours, but of whom it is to lose."""
    return without_terminal(_with_doors(household, serial, None), serial) if _names(household, serial) else household


async def async_replaced_in_house(
    hass: HomeAssistant, ledger: Ledger, house: str, old: str, new: str, name: str, write: Write
) -> None:
    """Put a terminal into the place of another in a house that nobody holds at present.

    `write` gets what is to be written, and writes it. Raises what it raises, and `LedgerUnavailable`.
    """
    items = await ledger.house(house)

    def _changed() -> list[HouseItem]:
        restored = household_of(items)
        after = with_other_terminal(restored.household, old, new)
        return items_of(after, changed_keys(restored.household, after) - restored.unreadable)

    deed = Deed(did=Did.REPLACED, at=dt_util.utcnow(), by=None, name=name)
    await write(await hass.async_add_executor_job(_changed), [deed.line])


def _with_tombstones(household: Household, old: str, new: str) -> Household:
    """Return a house in which who is to be gone from one terminal is so from another too, unless they are back."""
    held = {person.enroll_id for person in household.people.values()}
    carried = {
        (new, number): replace(stone, serial=new)
        for (serial, number), stone in household.tombstones.items()
        if serial == old and number not in held and (new, number) not in household.tombstones
    }
    return replace(household, tombstones={**household.tombstones, **carried}) if carried else household


def _names(household: Household, serial: str) -> bool:
    placed = (at for at, _ in (*household.placements, *household.left))
    carried = (at for held in household.credentials.values() for at in held.terminals)
    ruled = (at for group in household.groups.values() for rule in group.rules for at in rule.doors)
    return serial in household.kept or any(serial in known for known in (household.zones, placed, carried, ruled))


def _with_doors(household: Household, old: str, new: str | None) -> Household:
    """Return a house whose groups name the doors of another terminal instead, and what they said of that no more."""

    def _rule(rule: Rule) -> Rule:
        doors = {serial: numbers for serial, numbers in rule.doors.items() if serial not in (old, new)}
        if new is not None and old in rule.doors:
            doors[new] = rule.doors[old]
        return rule if doors == rule.doors else replace(rule, doors=doors)

    groups = {key: replace(group, rules=tuple(map(_rule, group.rules))) for key, group in household.groups.items()}
    return replace(household, groups=groups)
