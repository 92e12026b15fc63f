"""What an administrator gives somebody at one terminal that is kept in step: from then on the house has it too."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from homeassistant.util import dt as dt_util

from ..house.arrivals import Contents
from ..house.house import House
from ..people.names import is_same_name
from ..people.people import EMPTY_SLOT
from ..protocol.commands import AddUser
from .in_step import make_of
from .terminal import Terminal


def is_free(house: House, terminal: Terminal, enroll_id: int, slot: int, name: str) -> bool:
    """Return whether somebody may be recorded under a number: nobody has it, or they have and not this credential."""
    if (there := terminal.roster.people.get(enroll_id)) is None:
        return True
    placement = house.safe.standing_at(terminal.serial, enroll_id)
    if placement is None or placement.confirmed is None or slot in placement.confirmed.credentials:
        return False
    person = house.household.people[placement.person_id]
    has_slot = slot in there.slots and (slot != EMPTY_SLOT or terminal.writer.has_finger(enroll_id) is not False)
    return is_same_name(person.name, name) and not has_slot


def role_of(house: House, terminal: Terminal, enroll_id: int) -> int | None:
    """Return the role of somebody of the house who stands on a terminal; None for everybody else."""
    placement = house.safe.standing_at(terminal.serial, enroll_id)
    return house.household.people[placement.person_id].role if placement else None


async def async_record(house: House, terminal: Terminal, command: AddUser, by: str | None) -> None:
    """Have somebody recorded at a terminal, and keep it.

    Raises `HouseInvalid`, `HouseUnknown`, `LedgerUnavailable`, and what `Enrolments.async_enrol` raises.
    """
    number, slot = command.enroll_id, command.backup_number
    async with _made_room(house, terminal, number):
        await terminal.enrolments.async_enrol(command)
        terminal.roster.async_note(number, slot=slot, name=command.user_name, role=command.role)
        await async_given(house, terminal, number, {slot: None}, by)


async def async_given(
    house: House, terminal: Terminal, enroll_id: int, contents: Mapping[int, Contents | None], by: str | None
) -> None:
    """Have the house keep what somebody of it got at a terminal, if that is kept in step.

    Raises `HouseInvalid`, `HouseUnknown` and `LedgerUnavailable`.
    """
    if EMPTY_SLOT in contents:
        terminal.writer.readings.has_recorded(enroll_id)
    await house.safe.async_enrolled(terminal.serial, enroll_id, contents, make_of(terminal), by)


@asynccontextmanager
async def _made_room(house: House, terminal: Terminal, number: int) -> AsyncGenerator[None]:
    """Take somebody off a terminal who has nothing on it yet: firmware records a number once (specification B35).

    They are written again afterwards, whatever comes of it and whoever ends in between. Who may not pass is left alone.
    """
    placement = house.safe.standing_at(terminal.serial, number)
    there = terminal.roster.people.get(number)
    if placement is None or placement.confirmed is None or there is None:
        yield
        return
    person = house.household.people[placement.person_id]
    slots = there.slots - {EMPTY_SLOT} if terminal.writer.has_finger(number) is False else there.slots
    if slots or not person.is_valid(dt_util.utcnow()):
        yield
        return
    try:
        with terminal.writer.waits.held(number):
            await house.keeper.async_intend(terminal.serial, {number: person.person_id})
            await terminal.people.async_delete(number)
            yield
    finally:
        # Removed meanwhile: that was before they were recorded.
        if house.safe.standing_at(terminal.serial, number) is None and number in terminal.roster.people:
            await terminal.people.async_delete(number)
        terminal.writer.async_wake()
