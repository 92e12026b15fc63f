"""Actions for the people of the house."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
from homeassistant.util.ulid import ulid_now

from ..const import DOMAIN, PERSON_DOMAIN
from ..fields import (
    ATTR_CARD,
    ATTR_ENROLL_ID,
    ATTR_NAME,
    ATTR_PASSWORD,
    ATTR_ROLE,
    ROLES,
    credential_name,
    digits,
    entity_of,
    instant,
    or_none,
    pin,
    whole,
    word,
    yes_or_no,
)
from ..house.arrivals import Arrival, Contents
from ..house.deeds import told
from ..house.errors import HouseInvalid, Problem
from ..house.household import Household
from ..house.persons import HousePerson
from ..hub.hub import Hub
from ..hub.placements import TerminalPlacements, async_placements
from ..ledger import Ledger, likeness
from ..people.free_numbers import async_free_number
from ..people.names import is_same_name
from ..people.person_links import async_person
from ..protocol.commands.kinds import MAX_CARD, MAX_PIN
from ..protocol.enums import Credential
from ..protocol.peer import is_printable
from ..records.reading import serials_of
from .house_action import HouseAction, HouseRequest
from .house_observed import doors_of, observed, terminals_that_list
from .secrets import or_secret

ATTR_ENABLED = "enabled"
ATTR_GROUPS = "groups"
ATTR_INCLUDE_CHANGES = "include_changes"
ATTR_NOTE = "note"
ATTR_PERSON_ENTITY_ID = "person_entity_id"
ATTR_PERSON_ID = "person_id"
ATTR_SAME_NAME = "same_name"
ATTR_VALID_FROM = "valid_from"
ATTR_VALID_UNTIL = "valid_until"

# Lines of the change log that are told of one person; the panel pages through the rest.
MAX_CHANGES = 100
_SLOTS = {
    ATTR_CARD: (Credential.CARD.value, MAX_CARD),
    ATTR_PASSWORD: (Credential.PASSWORD.value, MAX_PIN),
}
_PLAIN = (ATTR_ENABLED, ATTR_NAME, ATTR_NOTE, ATTR_ROLE, ATTR_VALID_FROM, ATTR_VALID_UNTIL)


async def _add_person(request: HouseRequest) -> ServiceResponse:
    if (enroll_id := request.data.get(ATTR_ENROLL_ID)) is not None:
        return await _add_with_number(request, enroll_id)
    hub, house = request.hub, request.house
    async with house.giving_numbers:
        # What was recorded of somebody who is gone is not to be the next one's.
        number = await async_free_number(
            logs_of(hub), lambda known: house.next_enroll_id(numbers_on_terminals(hub).union(known))
        )
        return await _add_with_number(request, number)


async def _add_with_number(request: HouseRequest, enroll_id: int) -> ServiceResponse:
    data, house = request.data, request.house
    person = HousePerson(person_id=ulid_now(), enroll_id=enroll_id, **_changes(request))
    _check_terminals(request.hub, person)
    secrets, _ = _secrets(data)
    await house.async_add([Arrival(person=person, secrets=secrets)], request.by, same_name=data[ATTR_SAME_NAME])
    told = observed(request, doors_of(house.household, person))
    return {ATTR_PERSON_ID: person.person_id, ATTR_ENROLL_ID: person.enroll_id, **told}


async def _update_person(request: HouseRequest) -> ServiceResponse:
    data, household = request.data, request.house.household
    before = household.people.get(data[ATTR_PERSON_ID])
    changes = _changes(request)
    secrets, dropped = _secrets(data)
    if not changes and not secrets and not dropped:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    await request.house.async_update(
        data[ATTR_PERSON_ID], changes, secrets, dropped, request.by, same_name=data[ATTR_SAME_NAME]
    )
    after = request.house.household
    where = doors_of(household, before) | doors_of(after, after.people.get(data[ATTR_PERSON_ID]))
    return observed(request, where | terminals_that_list(request, before))


async def _remove_person(request: HouseRequest) -> ServiceResponse:
    # What closes acts also where the house is not known.
    household, person_id = request.house.household, request.data[ATTR_PERSON_ID]
    person = household.people.get(person_id)
    where = doors_of(household, person) | terminals_that_list(request, person)
    await request.house.async_remove(person_id, request.by)
    return observed(request, where)


async def _get_people(request: HouseRequest) -> ServiceResponse:
    household, wanted = request.house.known(), request.data.get(ATTR_PERSON_ID)
    slots = _slots_by_person(household)
    terminals = await async_placements(request.hass, request.house, request.hub.terminals.values())
    people: list[JsonValueType] = []
    for person in sorted(household.people.values(), key=lambda person: (likeness(person.name), person.enroll_id)):
        if wanted in (None, person.person_id):
            described = described_person(request, household, person, slots.get(person.person_id, ()))
            described["placements"] = _placements(terminals, person.enroll_id)
            if request.data[ATTR_INCLUDE_CHANGES]:
                described["changes"] = await _told_changes(request, person.person_id)
            people.append(described)
    if wanted is not None and not people:
        raise HouseInvalid(ATTR_PERSON_ID, Problem.NOT_KNOWN, {"value": wanted})
    leaving = [] if wanted else _leaving(request, household)
    return {"people": people, "leaving": leaving, "terminals": _progress(terminals, request.hub.asked)}


def _placements(terminals: Iterable[TerminalPlacements], enroll_id: int) -> list[JsonValueType]:
    """Return how somebody is on each terminal where they have a door."""
    return [
        {
            "terminal": it.terminal.name,
            "device_id": it.terminal.device_id,
            "state": placed.state.value,
            "reason": placed.reason,
        }
        for it in terminals
        if (placed := it.placed.get(enroll_id)) is not None
    ]


def _progress(terminals: Iterable[TerminalPlacements], asked: Mapping[str, tuple[int, int]]) -> list[JsonValueType]:
    """Return how many people are on each terminal as they should be, and how many should.

    `asked` is about how many of how many a terminal that is looked at has been asked, by serial number.
    """
    return [
        {
            "terminal": it.terminal.name,
            "device_id": it.terminal.device_id,
            "kept_in_step": it.is_kept,
            "in_step": it.in_step,
            "people": len(it.placed),
            "asked": list[JsonValueType](asked.get(it.terminal.serial, ())) or None,
        }
        for it in terminals
    ]


def described_person(
    request: HouseRequest, household: Household, person: HousePerson, slots: Iterable[int]
) -> JsonObjectType:
    """Return somebody in words, without secrets."""
    link = er.async_get(request.hass).entities.get_entry(person.linked_to) if person.linked_to else None
    return {
        ATTR_PERSON_ID: person.person_id,
        ATTR_NAME: person.name,
        ATTR_ENROLL_ID: person.enroll_id,
        ATTR_ENABLED: person.enabled,
        "valid": person.is_valid(dt_util.utcnow()),
        ATTR_VALID_FROM: text_of(person.valid_from),
        ATTR_VALID_UNTIL: text_of(person.valid_until),
        ATTR_ROLE: next((name for name, number in ROLES.items() if number == person.role), None),
        ATTR_GROUPS: list[JsonValueType](
            sorted(household.groups[group].name for group in person.groups if group in household.groups)
        ),
        "credentials": list[JsonValueType]([credential_name(slot) for slot in sorted(slots)]),
        ATTR_PERSON_ENTITY_ID: link.entity_id if link else None,
        ATTR_NOTE: person.note,
    }


def text_of(moment: datetime | None) -> str | None:
    """Return a time as people read it."""
    return None if moment is None else dt_util.as_local(moment).isoformat()


def logs_of(hub: Hub) -> list[tuple[Ledger, str]]:
    """Return where it is kept what was recorded of which numbers."""
    return [(hub.ledger, serial) for serial in serials_of(hub.terminals.values())]


def numbers_on_terminals(hub: Hub) -> frozenset[int]:
    """Return every number that somebody has on a terminal, also on one that is only observed, or for a moment."""
    return hub.recordings.numbers.union(*(terminal.roster.people for terminal in hub.terminals.values()))


def _slots_by_person(household: Household) -> Mapping[str, list[int]]:
    slots: dict[str, list[int]] = {}
    for person_id, slot in household.credentials:
        slots.setdefault(person_id, []).append(slot)
    return slots


def _leaving(request: HouseRequest, household: Household) -> list[JsonValueType]:
    """Return who has left the house and may still be on a terminal."""
    names = {terminal.serial: terminal.name for terminal in request.hub.terminals.values()}
    return [
        {
            ATTR_NAME: stone.name,
            ATTR_ENROLL_ID: stone.enroll_id,
            "terminal": names[stone.serial],
            "removed_at": text_of(stone.removed_at),
        }
        for stone in sorted(household.tombstones.values(), key=lambda stone: stone.removed_at)
        if stone.serial in names
    ]


async def _told_changes(request: HouseRequest, person_id: str) -> list[JsonValueType]:
    page = await request.house.keeper.async_changes(person_id, limit=MAX_CHANGES)
    changes: list[JsonValueType] = []
    for line in page.changes:
        about = told(line)
        user = await request.hass.auth.async_get_user(about["by"]) if about["by"] else None
        changes.append({**about, "by": user.name if user else about["by"], "at": text_of(line.changed_at)})
    return changes


def _changes(request: HouseRequest) -> dict[str, Any]:
    """Return the fields of somebody that were given."""
    data = request.data
    changes = {key: data[key] for key in _PLAIN if key in data}
    if ATTR_GROUPS in data:
        changes[ATTR_GROUPS] = frozenset(group_id_of(request.house.known(), name) for name in data[ATTR_GROUPS])
    if ATTR_PERSON_ENTITY_ID in data:
        changes["linked_to"] = _link(request, data[ATTR_PERSON_ENTITY_ID])
    return changes


def group_id_of(household: Household, name: str) -> str:
    """Return the id of a group by its id or name; raises `HouseInvalid`."""
    if name in household.groups:
        return name
    for group in household.groups.values():
        if likeness(group.name) == likeness(name):
            return group.group_id
    raise HouseInvalid(ATTR_GROUPS, Problem.NOT_KNOWN, {"value": name})


def _link(request: HouseRequest, entity_id: str | None) -> str | None:
    if entity_id is None:
        return None
    if (person := async_person(request.hass, entity_id)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="entity_unknown",
            translation_placeholders={"field": ATTR_PERSON_ENTITY_ID, "entity": entity_id},
        )
    return person.id


def _secrets(data: Mapping[str, Any]) -> tuple[dict[int, Contents], tuple[int, ...]]:
    """Return what somebody gets to identify themselves with, and what is taken from them."""
    secrets: dict[int, Contents] = {}
    for name, (slot, high) in _SLOTS.items():
        if (value := data.get(name)) is not None:
            if not 1 <= value <= high:
                raise HouseInvalid(name, Problem.OUT_OF_RANGE, {"low": "1", "high": str(high)})
            secrets[slot] = value
    return secrets, tuple(slot for name, (slot, _) in _SLOTS.items() if name in data and data[name] is None)


def _check_terminals(hub: Hub, person: HousePerson) -> None:
    """Raise where somebody else has the number on a terminal: they would be written over, or never be let in."""
    for terminal in hub.terminals.values():
        there = terminal.roster.people.get(person.enroll_id)
        if there is not None and there.name and not is_same_name(there.name, person.name):
            raise HouseInvalid(
                ATTR_ENROLL_ID, Problem.NUMBER_IN_USE, {"number": str(person.enroll_id), "holder": there.name}
            )


def text_field(name: str, *, lines: bool = False) -> Any:
    """Return a validator for a text that people read, which names its field."""

    def _check(value: Any) -> str:
        text = cv.string(value).strip()
        if not is_printable(text.replace("\n", " ") if lines else text):
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="invalid_text", translation_placeholders={"field": name}
            )
        return text

    return _check


_PERSON_FIELDS: Mapping[vol.Marker, Any] = {
    vol.Optional(ATTR_GROUPS): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional(ATTR_VALID_FROM): or_none(instant),
    vol.Optional(ATTR_VALID_UNTIL): or_none(instant),
    vol.Optional(ATTR_CARD): or_none(or_secret(digits)),
    vol.Optional(ATTR_PASSWORD): or_none(or_secret(pin)),
    vol.Optional(ATTR_ROLE): word(ROLES),
    vol.Optional(ATTR_PERSON_ENTITY_ID): or_none(entity_of(PERSON_DOMAIN)),
    vol.Optional(ATTR_NOTE): text_field(ATTR_NOTE, lines=True),
    vol.Optional(ATTR_ENABLED): yes_or_no,
    vol.Optional(ATTR_SAME_NAME, default=False): yes_or_no,
}

ACTIONS = (
    HouseAction(
        name="add_person",
        handler=_add_person,
        fields={
            vol.Required(ATTR_NAME): text_field(ATTR_NAME),
            vol.Optional(ATTR_ENROLL_ID): whole,
            **_PERSON_FIELDS,
        },
        response=SupportsResponse.OPTIONAL,
    ),
    HouseAction(
        name="get_people",
        handler=_get_people,
        fields={
            vol.Optional(ATTR_PERSON_ID): cv.string,
            vol.Optional(ATTR_INCLUDE_CHANGES, default=False): yes_or_no,
        },
        response=SupportsResponse.ONLY,
    ),
    HouseAction(
        name="remove_person",
        handler=_remove_person,
        fields={vol.Required(ATTR_PERSON_ID): cv.string},
        response=SupportsResponse.OPTIONAL,
    ),
    HouseAction(
        name="update_person",
        handler=_update_person,
        fields={
            vol.Required(ATTR_PERSON_ID): cv.string,
            vol.Optional(ATTR_NAME): text_field(ATTR_NAME),
            **_PERSON_FIELDS,
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
