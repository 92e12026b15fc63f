"""What becomes of a terminal that reports nobody where there were many: the owner says so, and nobody else."""

from enum import StrEnum

from homeassistant.core import HomeAssistant

from ..house.house import House
from ..house.settling import Choice
from .agreements import async_agreement
from .in_step import make_of
from .taking_stock import async_present
from .terminal import Terminal


class AfterReset(StrEnum):
    """What the owner says."""

    FILL = "fill"
    TAKE_OVER = "take_over"


async def async_after_reset(
    hass: HomeAssistant, house: House, terminal: Terminal, what: AfterReset, by: str | None = None
) -> bool:
    """Do what the owner says; False where there is nothing to decide any more, and then nothing is done.

    Whoever is on a terminal that is taken over as it is becomes somebody of the house. Raises `HouseInvalid`,
    `HouseUnknown`, `LedgerUnavailable` and the protocol's errors.
    """
    taking = what is AfterReset.TAKE_OVER
    if taking:
        await terminal.async_refresh_people(all_names=True)
    present = await async_present(hass, terminal, house) if taking and terminal.roster.people else None
    agreement = await async_agreement(hass, house, terminal)
    if terminal.serial not in house.known().kept or not agreement.was_reset:
        return False
    choice = Choice.TAKE_OVER if taking else Choice.PUT_BACK
    await house.async_settle(tuple(agreement.differences.values()), choice, frozenset(), by, make_of(terminal))
    if present is not None:
        await house.async_take_over(await hass.async_add_executor_job(house.preview, present), terminal.name, by)
    return True
