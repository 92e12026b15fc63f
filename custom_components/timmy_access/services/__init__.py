"""The actions, registered once for all terminals."""

from functools import partial

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from . import (
    access,
    copying,
    credentials,
    device,
    doors,
    emergencies,
    holds,
    hours,
    house_files,
    house_groups,
    house_people,
    house_terminals,
    links,
    logs,
    passes,
    people,
    photos,
    questionnaire,
    replies,
    roll_call,
    two_factors,
)
from .action import Action
from .house_action import HouseAction

ACTIONS: tuple[Action | HouseAction, ...] = tuple(
    sorted(
        (
            *access.ACTIONS,
            *copying.ACTIONS,
            *credentials.ACTIONS,
            *device.ACTIONS,
            *doors.ACTIONS,
            *emergencies.ACTIONS,
            *holds.ACTIONS,
            *house_files.ACTIONS,
            *house_groups.ACTIONS,
            *house_people.ACTIONS,
            *house_terminals.ACTIONS,
            *house_terminals.TERMINAL_ACTIONS,
            *hours.ACTIONS,
            *links.ACTIONS,
            *logs.ACTIONS,
            *passes.ACTIONS,
            *people.ACTIONS,
            *photos.ACTIONS,
            *questionnaire.ACTIONS,
            *replies.ACTIONS,
            *roll_call.ACTIONS,
            *two_factors.ACTIONS,
        ),
        key=lambda action: action.name,
    )
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action; each looks by itself who may use it (see `hub.rights`)."""
    for action in ACTIONS:
        schema = vol.Schema(partial(action.checked, hass))
        hass.services.async_register(DOMAIN, action.name, action.async_call, schema, action.response)
