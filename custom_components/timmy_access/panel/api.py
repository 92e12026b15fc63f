"""Everything a browser may ask, by its name. `docs/PANEL_API.md` is written from this."""

from homeassistant.core import HomeAssistant, callback

from . import (
    absences,
    actions,
    approval,
    dashboard,
    differences,
    enrolment,
    guests,
    hours,
    importing,
    inside,
    log,
    overview,
    people,
)
from .command import PanelCommand
from .feed import PanelFeed

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = tuple(
    sorted(
        (
            *absences.FEEDS,
            *actions.COMMANDS,
            *approval.COMMANDS,
            *dashboard.COMMANDS,
            *differences.FEEDS,
            *enrolment.COMMANDS,
            *guests.COMMANDS,
            *hours.COMMANDS,
            *importing.COMMANDS,
            *inside.COMMANDS,
            *log.COMMANDS,
            *overview.FEEDS,
            *people.COMMANDS,
        ),
        key=lambda command: command.name,
    )
)


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Register all of it, each for administrators only."""
    for command in COMMANDS:
        command.async_register(hass)
