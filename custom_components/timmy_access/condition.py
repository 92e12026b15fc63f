"""The conditions of terminals (`automation.conditions`), where Home Assistant looks for them."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition

from .automation.conditions import conditions


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001 - given
    """Return the conditions of terminals."""
    return dict(conditions())
