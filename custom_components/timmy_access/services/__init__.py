"""The actions, registered once for all terminals."""

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from . import access, device, doors, links, logs, passes, people, questionnaire, replies
from .action import Action

ACTIONS: tuple[Action, ...] = tuple(
    sorted(
        (
            *access.ACTIONS,
            *device.ACTIONS,
            *doors.ACTIONS,
            *links.ACTIONS,
            *logs.ACTIONS,
            *passes.ACTIONS,
            *people.ACTIONS,
            *questionnaire.ACTIONS,
            *replies.ACTIONS,
        ),
        key=lambda action: action.name,
    )
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action; each looks by itself who may use it (see `hub.rights`)."""
    for action in ACTIONS:
        hass.services.async_register(DOMAIN, action.name, action.async_call, action.schema, action.response)
