"""Actions for the people on a terminal."""

from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..errors import PersonIsSomebodyElse, PersonUnknown, word_of
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
)
from ..hub.recording import async_enrolled
from ..hub.terminal import Terminal
from ..people.copying import Copied, async_check_same, async_copy, async_read_original
from ..people.people import CARD_SLOT, PASSWORD_SLOT, PersonChange
from ..people.roster import Person
from ..protocol.commands.base import MAX_RECORDS
from ..protocol.enums import Role
from ..protocol.errors import CommandRefused
from .access import WEEK_ZONES, check_week_zones
from .action import Action, Request, target_of
from .device import confirmed
from .house_action import of_the_house
from .secrets import async_fill_in, or_secret

ATTR_NAMES = "names"
ATTR_TO = "to"
ATTR_USERS = "users"
ALL_FINGERPRINTS_WORD = "all_fingerprints"

# Numbers that are looked up in the log at a time: more than a house deletes people between two who are added.
NUMBERS_LOOKED_AT = 100

_NUMBER_CREDENTIALS = frozenset({"card", "password"})
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


@of_the_house
async def _set_user(request: Request) -> None:
    terminal, house, enroll_id = request.terminal, request.hub.house, request.data[ATTR_ENROLL_ID]
    check_week_zones(request)
    data = await async_fill_in(request.hass, request.data, _NUMBERS)
    zones = {door: data.pop(key) for door, key in enumerate(WEEK_ZONES, 1) if key in data}
    given = {slot: data[key] for key, slot in (("card", CARD_SLOT), ("password", PASSWORD_SLOT)) if key in data}
    house.safe.check(terminal.serial, enroll_id, given)
    await terminal.people.async_set(PersonChange(**data, week_zones=zones))
    await async_enrolled(house, terminal, enroll_id, given, request.context.user_id)


async def _set_user_names(request: Request) -> None:
    names = {item[ATTR_ENROLL_ID]: item[ATTR_NAME] for item in request.data[ATTR_NAMES]}
    await request.terminal.people.async_set_names(names)


async def _enable(request: Request, *, enabled: bool) -> None:
    await request.terminal.people.async_enable(request.data[ATTR_ENROLL_ID], enabled=enabled)


async def _delete_user(request: Request) -> None:
    await request.terminal.people.async_delete(request.data[ATTR_ENROLL_ID])
    request.hub.house.async_deleted_at(request.terminal.serial, request.data[ATTR_ENROLL_ID])


async def _delete_all_users(request: Request) -> None:
    confirmed(request.data)
    await request.terminal.people.async_delete_all()
    request.hub.house.async_deleted_at(request.terminal.serial)


async def _clear_admins(request: Request) -> None:
    confirmed(request.data)
    await request.terminal.people.async_clear_admins()


async def _copy_user(request: Request) -> ServiceResponse:
    targets = {device_id: target_of(request.hass, device_id).terminal for device_id in request.data[ATTR_TO]}
    if request.terminal in targets.values():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="copy_to_itself", translation_placeholders={"field": ATTR_TO}
        )
    original = await async_read_original(request.terminal, request.data[ATTR_ENROLL_ID])
    for terminal in targets.values():
        try:
            await async_check_same(original, terminal)
        except PersonIsSomebodyElse as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="person_is_somebody_else",
                translation_placeholders={
                    "terminal": err.terminal,
                    "enroll_id": str(err.enroll_id),
                    "holder": err.holder,
                },
            ) from err
    results = {device_id: await async_copy(original, terminal) for device_id, terminal in targets.items()}
    failed = [
        targets[device_id].name
        for device_id, copied in results.items()
        if copied.failed or copied.incompatible or copied.access_failed
    ]
    if failed and not request.wants_response:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="copy_incomplete",
            translation_placeholders={"terminals": ", ".join(failed)},
        )
    return {
        "terminals": {
            device_id: {ATTR_NAME: targets[device_id].name, **_readable_copy(copied)}
            for device_id, copied in results.items()
        }
    }


def _readable(terminal: Terminal, person: Person) -> JsonObjectType:
    return {
        ATTR_ENROLL_ID: person.enroll_id,
        ATTR_NAME: terminal.roster.name_of(person.enroll_id) or "",
        ATTR_ROLE: None if person.role is None else Role(person.role).name.lower(),
        "enabled": person.enabled,
        "credentials": dict(person.credentials),
        "person_entity_id": terminal.links.entity_id_of(person.enroll_id),
    }


def _readable_copy(copied: Copied) -> JsonObjectType:
    return {
        "copied": [credential_name(slot) for slot in copied.copied],
        "unchanged": [credential_name(slot) for slot in copied.unchanged],
        "incompatible": [credential_name(slot) for slot in copied.incompatible],
        "failed": {credential_name(slot): word_of(error) for slot, error in copied.failed.items()},
        "dates": word_of(copied.access_failed) if copied.access_failed else "ok",
    }


_SECRETS: Fields = {vol.Optional(ATTR_INCLUDE_SECRETS, default=False): cv.boolean}
ACTIONS = (
    Action(name="clear_admins", handler=_clear_admins, fields=CONFIRM),
    Action(
        name="copy_user",
        handler=_copy_user,
        fields={**ENROLL_ID, vol.Required(ATTR_TO): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))},
        response=SupportsResponse.OPTIONAL,
    ),
    Action(name="delete_all_users", handler=_delete_all_users, fields=CONFIRM),
    Action(name="delete_user", handler=_delete_user, fields=ENROLL_ID),
    Action(name="disable_user", handler=partial(_enable, enabled=False), fields=ENROLL_ID),
    Action(name="enable_user", handler=partial(_enable, enabled=True), fields=ENROLL_ID),
    Action(name="get_user", handler=_get_user, fields={**ENROLL_ID, **_SECRETS}, response=SupportsResponse.ONLY),
    Action(name="get_users", handler=_get_users, fields=_SECRETS, response=SupportsResponse.ONLY),
    Action(
        name="set_user",
        handler=_set_user,
        fields={
            **ENROLL_ID,
            vol.Optional("access_times"): whole,
            vol.Optional("card"): or_secret(digits),
            vol.Optional("department"): cv.string,
            vol.Optional("enabled"): cv.boolean,
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
        fields={
            vol.Required(ATTR_NAMES): vol.All(
                cv.ensure_list,
                [vol.Schema({vol.Required(ATTR_ENROLL_ID): whole, vol.Required(ATTR_NAME): cv.string})],
                vol.Length(min=1, max=MAX_RECORDS),
            )
        },
    ),
)
