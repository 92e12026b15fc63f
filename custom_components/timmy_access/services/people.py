"""Actions for the people on a terminal."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from ..errors import PersonUnknown
from ..fields import (
    ATTR_ENROLL_ID,
    ATTR_INCLUDE_SECRETS,
    ATTR_NAME,
    ATTR_ROLE,
    CONFIRM,
    ENROLL_ID,
    ROLES,
    VERIFY_MODES,
    Fields,
    credential_name,
    digits,
    local_time,
    pin,
    whole,
    word,
    yes_or_no,
)
from ..house.refusals import translated_refusals
from ..hub.given import async_given
from ..hub.terminal import Terminal
from ..people.listed_people import Person
from ..people.people import CARD_SLOT, PASSWORD_SLOT
from ..people.person_change import PersonChange
from ..protocol.commands import NamedUser, SetUserNames
from ..protocol.commands.base import MAX_RECORDS
from ..protocol.commands.permissions import WEEK_ZONES
from ..protocol.enums import Credential, Role
from ..protocol.errors import CommandRefused
from .access import check_week_zones
from .action import Action, Request, naming
from .credentials import check_able, check_name
from .device import prepare_confirmed, prepare_number
from .house_action import of_the_house
from .secrets import async_fill_in, or_secret

ATTR_NAMES = "names"
ATTR_USERS = "users"

_NUMBERS = {"card": digits, "password": pin}


async def _get_users(request: Request) -> ServiceResponse:
    roster = request.terminal.roster
    if not roster.complete:
        await request.terminal.async_refresh_people()
    users: list[Any] = []
    for enroll_id in sorted(roster.people):
        if (person := roster.people.get(enroll_id)) is None:  # gone while others were asked for
            continue
        user = _readable(request.terminal, person)
        if request.data[ATTR_INCLUDE_SECRETS]:
            user |= await _secrets(request.terminal, person, person.slots & {CARD_SLOT, PASSWORD_SLOT})
        users.append(user)
    return {ATTR_USERS: users}


async def _get_user(request: Request) -> ServiceResponse:
    terminal, enroll_id = request.terminal, request.data[ATTR_ENROLL_ID]
    if _is_only_a_number(terminal.roster.people.get(enroll_id)):
        await terminal.async_refresh_people()
    if (person := terminal.roster.people.get(enroll_id)) is None:
        raise PersonUnknown(enroll_id)
    user = _readable(terminal, person)
    if request.data[ATTR_INCLUDE_SECRETS]:
        user |= await _secrets(terminal, person, person.slots)
    return user


def _is_only_a_number(person: Person | None) -> bool:
    """Return whether the terminal has not said anything of a person yet, whatever was done to the number from here."""
    return person is None or (person.role is None and not person.name and not person.slots)


async def _secrets(terminal: Terminal, person: Person, slots: frozenset[int]) -> JsonObjectType:
    """Return the records of some slots by their names; one that cannot be read is left out."""
    secrets: JsonObjectType = {}
    for slot in sorted(slots):
        try:
            secrets[credential_name(slot)] = (await terminal.people.async_record(person.enroll_id, slot)).record
        except CommandRefused:
            continue
    return {"secrets": secrets}


async def _prepare_set(requests: tuple[Request, ...]) -> PersonChange:
    first = requests[0]
    check_name(first.data)
    data = await async_fill_in(first.hass, first.data, _NUMBERS)
    zones = {door: data.pop(key) for door, key in enumerate(WEEK_ZONES, 1) if key in data}
    change = PersonChange(**data, week_zones=zones)
    for request in requests:
        check_week_zones(request)
        if change.card is not None:
            check_able(request, Credential.CARD)
        if change.password is not None:
            check_able(request, Credential.PASSWORD)
        with naming(request), translated_refusals():
            request.terminal.people.check(change)
            request.hub.house.safe.check(request.terminal.serial, change.enroll_id, _given(change))
    return change


def _given(change: PersonChange) -> dict[int, int]:
    said = {CARD_SLOT: change.card, PASSWORD_SLOT: change.password}
    return {slot: value for slot, value in said.items() if value is not None}


@of_the_house
async def _set_user(request: Request) -> None:
    terminal, change = request.terminal, request.prepared
    await terminal.people.async_set(change)
    await async_given(request.hub.house, terminal, change.enroll_id, _given(change), request.context.user_id)


async def _prepare_names(requests: tuple[Request, ...]) -> Mapping[int, str]:
    items = requests[0].data[ATTR_NAMES]
    for item in items:
        check_name(item)
    SetUserNames(records=tuple(NamedUser(enroll_id=item[ATTR_ENROLL_ID], name=item[ATTR_NAME]) for item in items))
    return {item[ATTR_ENROLL_ID]: item[ATTR_NAME] for item in items}


async def _set_user_names(request: Request) -> None:
    await request.terminal.people.async_set_names(request.prepared)


async def _enable(request: Request, *, enabled: bool) -> None:
    await request.terminal.people.async_enable(request.data[ATTR_ENROLL_ID], enabled=enabled)


async def _delete_user(request: Request) -> None:
    await request.terminal.people.async_delete(request.data[ATTR_ENROLL_ID])
    request.hub.house.async_deleted_at(request.terminal.serial, request.data[ATTR_ENROLL_ID])


async def _delete_all_users(request: Request) -> None:
    await request.terminal.people.async_delete_all()
    request.hub.house.async_deleted_at(request.terminal.serial)


async def _clear_admins(request: Request) -> None:
    await request.terminal.people.async_clear_admins()


def _readable(terminal: Terminal, person: Person) -> JsonObjectType:
    return {
        ATTR_ENROLL_ID: person.enroll_id,
        ATTR_NAME: terminal.roster.name_of(person.enroll_id) or "",
        ATTR_ROLE: None if person.role is None else Role(person.role).name.lower(),
        "enabled": person.enabled,
        "credentials": dict(person.credentials),
        "person_entity_id": terminal.links.entity_id_of(person.enroll_id),
    }


_SECRETS: Fields = {vol.Optional(ATTR_INCLUDE_SECRETS, default=False): yes_or_no}
ACTIONS = (
    Action(name="clear_admins", handler=_clear_admins, prepare=prepare_confirmed, fields=CONFIRM, each=True),
    Action(name="delete_all_users", handler=_delete_all_users, prepare=prepare_confirmed, fields=CONFIRM, each=True),
    Action(name="delete_user", handler=_delete_user, prepare=prepare_number, fields=ENROLL_ID, each=True),
    Action(
        name="disable_user",
        handler=partial(_enable, enabled=False),
        prepare=prepare_number,
        fields=ENROLL_ID,
        each=True,
    ),
    Action(
        name="enable_user", handler=partial(_enable, enabled=True), prepare=prepare_number, fields=ENROLL_ID, each=True
    ),
    Action(
        name="get_user",
        handler=_get_user,
        fields={**ENROLL_ID, **_SECRETS},
        response=SupportsResponse.ONLY,
        each=True,
    ),
    Action(name="get_users", handler=_get_users, fields=_SECRETS, response=SupportsResponse.ONLY, each=True),
    Action(
        name="set_user",
        handler=_set_user,
        prepare=_prepare_set,
        each=True,
        fields={
            **ENROLL_ID,
            vol.Optional("access_times"): whole,
            vol.Optional("card"): or_secret(digits),
            vol.Optional("department"): cv.string,
            vol.Optional("enabled"): yes_or_no,
            vol.Optional("group"): whole,
            vol.Optional(ATTR_NAME): cv.string,
            vol.Optional("password"): or_secret(pin),
            vol.Optional(ATTR_ROLE): word(ROLES),
            vol.Optional("valid_from"): local_time,
            vol.Optional("valid_until"): local_time,
            vol.Optional("verify_mode"): word(VERIFY_MODES),
            **{vol.Optional(key): whole for key in WEEK_ZONES},
        },
    ),
    Action(
        name="set_user_names",
        handler=_set_user_names,
        prepare=_prepare_names,
        each=True,
        fields={
            vol.Required(ATTR_NAMES): vol.All(
                cv.ensure_list,
                [vol.Schema({vol.Required(ATTR_ENROLL_ID): whole, vol.Required(ATTR_NAME): cv.string})],
                vol.Length(min=1, max=MAX_RECORDS),
            )
        },
    ),
)
