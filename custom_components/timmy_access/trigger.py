"""The triggers of terminals (`automation.triggers`), where Home Assistant looks for them."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import Trigger

from .automation.triggers import triggers


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001 - given
    """Return the triggers of terminals."""
    return triggers()
