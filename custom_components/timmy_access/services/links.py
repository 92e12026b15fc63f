"""Actions that say which person of Home Assistant somebody on a terminal is."""

import voluptuous as vol

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN, PERSON_DOMAIN
from ..errors import PersonUnknown, translated_errors
from ..fields import ATTR_ENROLL_ID, ENROLL_ID
from ..people.person_links import async_person
from .action import Action, Request

ATTR_PERSON_ENTITY_ID = "person_entity_id"


async def _link_person(request: Request) -> None:
    entity_id, enroll_id = request.data[ATTR_PERSON_ENTITY_ID], request.data[ATTR_ENROLL_ID]
    if (person := async_person(request.hass, entity_id)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="entity_unknown",
            translation_placeholders={"field": ATTR_PERSON_ENTITY_ID, "entity": entity_id},
        )
    for terminal in request.terminals:
        with translated_errors(terminal.name):
            if enroll_id not in terminal.roster.people:
                await terminal.async_refresh_people()
            if enroll_id not in terminal.roster.people:
                raise PersonUnknown(enroll_id)
    for terminal in request.terminals:
        terminal.links.async_link(enroll_id, person)


async def _unlink_person(request: Request) -> None:
    enroll_id = request.data[ATTR_ENROLL_ID]
    for terminal in request.terminals:
        if not terminal.links.is_linked(enroll_id):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_linked",
                translation_placeholders={"terminal": terminal.name, "enroll_id": str(enroll_id)},
            )
    for terminal in request.terminals:
        terminal.links.async_unlink(enroll_id)


ACTIONS = (
    Action(
        name="link_person",
        handler=_link_person,
        fields={**ENROLL_ID, vol.Required(ATTR_PERSON_ENTITY_ID): cv.entity_domain(PERSON_DOMAIN)},
        several=True,
    ),
    Action(name="unlink_person", handler=_unlink_person, fields=ENROLL_ID, several=True),
)
