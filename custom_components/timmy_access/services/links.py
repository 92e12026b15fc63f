"""Actions that say which person of Home Assistant somebody on a terminal is."""

import voluptuous as vol

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_registry import RegistryEntry

from ..const import DOMAIN, PERSON_DOMAIN
from ..errors import PersonUnknown
from ..fields import ATTR_ENROLL_ID, ENROLL_ID, entity_of
from ..people.person_links import async_person
from .action import Action, Request, naming

ATTR_PERSON_ENTITY_ID = "person_entity_id"


async def _prepare_link(requests: tuple[Request, ...]) -> RegistryEntry:
    first = requests[0]
    entity_id, enroll_id = first.data[ATTR_PERSON_ENTITY_ID], first.data[ATTR_ENROLL_ID]
    if (person := async_person(first.hass, entity_id)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="entity_unknown",
            translation_placeholders={"field": ATTR_PERSON_ENTITY_ID, "entity": entity_id},
        )
    for request in requests:
        terminal = request.terminal
        with naming(request):
            if enroll_id not in terminal.roster.people:
                await terminal.async_refresh_people()
            if enroll_id not in terminal.roster.people:
                raise PersonUnknown(enroll_id)
    return person


async def _link_person(request: Request) -> None:
    request.terminal.links.async_link(request.data[ATTR_ENROLL_ID], request.prepared)


async def _prepare_unlink(requests: tuple[Request, ...]) -> None:
    for request in requests:
        terminal, enroll_id = request.terminal, request.data[ATTR_ENROLL_ID]
        if not terminal.links.is_linked(enroll_id):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_linked",
                translation_placeholders={"terminal": terminal.name, "enroll_id": str(enroll_id)},
            )


async def _unlink_person(request: Request) -> None:
    request.terminal.links.async_unlink(request.data[ATTR_ENROLL_ID])


ACTIONS = (
    Action(
        name="link_person",
        handler=_link_person,
        prepare=_prepare_link,
        fields={**ENROLL_ID, vol.Required(ATTR_PERSON_ENTITY_ID): entity_of(PERSON_DOMAIN)},
        each=True,
    ),
    Action(name="unlink_person", handler=_unlink_person, prepare=_prepare_unlink, fields=ENROLL_ID, each=True),
)
