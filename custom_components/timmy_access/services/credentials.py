"""Actions for what people on a terminal identify themselves with, and for recording it there."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..fields import (
    ATTR_CREDENTIAL,
    ATTR_ENROLL_ID,
    ATTR_INDEX,
    ATTR_NAME,
    ATTR_PHOTO_ENTITY,
    ATTR_PHOTO_FILE,
    ATTR_PHOTO_MEDIA,
    ATTR_ROLE,
    ATTR_VALUE,
    ENROLL_ID,
    FIRST_SLOTS,
    PHOTO,
    ROLES,
    Fields,
    digits,
    pin,
    slot_of,
    whole,
    word,
)
from ..hub.recording import async_enrolled, async_record, is_free, role_of
from ..people.portraits import async_photo_from_entity, async_photo_from_file, async_photo_from_media
from ..protocol.commands import ALL_FINGERPRINTS, AddUser
from ..protocol.enums import Role
from .action import Action, Request
from .house_action import of_the_house
from .secrets import async_fill_in

ALL_FINGERPRINTS_WORD = "all_fingerprints"

# Numbers that are looked up in the log at a time: more than a house deletes people between two who are added.
NUMBERS_LOOKED_AT = 100

_NUMBER_CREDENTIALS = frozenset({"card", "password"})


@of_the_house
async def _add_user(request: Request) -> ServiceResponse:
    """Write a credential that is given, or have the person recorded at the terminal."""
    terminal, data, house, by = request.terminal, request.data, request.hub.house, request.context.user_id
    slot = _slot(data)
    enroll_id = data.get(ATTR_ENROLL_ID)
    if enroll_id is None:
        if not terminal.roster.complete:
            await terminal.async_refresh_people()
        enroll_id = await _free_enroll_id(request)
    elif not is_free(house, terminal, enroll_id, slot, data[ATTR_NAME]):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="refused_enroll_id_in_use",
            translation_placeholders={"terminal": terminal.name},
        )
    role = data.get(ATTR_ROLE)
    if role is None:
        role = role_of(house, terminal, enroll_id) or Role.USER.value
    if (record := await _given_record(request)) is not None:
        house.safe.check(terminal.serial, enroll_id, {slot: record})
        await terminal.people.async_set_credential(enroll_id, slot, record, name=data[ATTR_NAME], role=role)
        await async_enrolled(house, terminal, enroll_id, {slot: record}, by)
    else:
        command = AddUser(enroll_id=enroll_id, backup_number=slot, role=role, user_name=data[ATTR_NAME])
        await async_record(house, terminal, command, by)
    return {ATTR_ENROLL_ID: enroll_id}


async def _free_enroll_id(request: Request) -> int:
    """Return a number that nobody has, nor had in what the log remembers: it would take over their records.

    A log that cannot be read does not say that a number is free; raises `LedgerUnavailable`.
    """
    terminal, ledger = request.terminal, request.hub.ledger
    taken: set[int] = set()
    while True:
        first = terminal.roster.next_enroll_id(taken)
        known = await ledger.spoken_for(terminal.serial, range(first, first + NUMBERS_LOOKED_AT))
        if not known:
            return terminal.roster.next_enroll_id(taken)
        taken = {max(known)}


async def _cancel_add_user(request: Request) -> None:
    if not request.terminal.enrolments.async_cancel():
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_enrolment",
            translation_placeholders={"terminal": request.terminal.name},
        )


@of_the_house
async def _set_credential(request: Request) -> None:
    terminal, house, enroll_id = request.terminal, request.hub.house, request.data[ATTR_ENROLL_ID]
    slot = _slot(request.data)
    record = await _given_record(request)
    if record is None:
        raise _invalid(ATTR_VALUE, "value_missing")
    house.safe.check(terminal.serial, enroll_id, {slot: record})
    await terminal.people.async_set_credential(
        enroll_id,
        slot,
        record,
        name=request.data.get(ATTR_NAME),
        role=request.data.get(ATTR_ROLE),
    )
    await async_enrolled(house, terminal, enroll_id, {slot: record}, request.context.user_id)


async def _delete_credential(request: Request) -> None:
    everything = request.data[ATTR_CREDENTIAL] == ALL_FINGERPRINTS_WORD
    slot = ALL_FINGERPRINTS if everything else _slot(request.data)
    await request.terminal.people.async_delete_credentials(request.data[ATTR_ENROLL_ID], slot)


def _slot(data: Mapping[str, Any]) -> int:
    slot = slot_of(data[ATTR_CREDENTIAL], data[ATTR_INDEX])
    if slot is None:
        raise _invalid(ATTR_INDEX, "no_such_index")
    return slot


async def _given_record(request: Request) -> int | str | None:
    """Return the credential that the call brings along; None when it has to be taken at the terminal."""
    data, credential = request.data, request.data[ATTR_CREDENTIAL]
    photo = next((key for key in (ATTR_PHOTO_ENTITY, ATTR_PHOTO_FILE, ATTR_PHOTO_MEDIA) if key in data), None)
    if photo is not None:
        if credential != "photo":
            raise _invalid(photo, "photo_without_photo_credential")
        return await _photo(request, photo)
    value = (await async_fill_in(request.hass, data, {ATTR_VALUE: cv.string})).get(ATTR_VALUE)
    if value is None:
        return None
    if credential not in _NUMBER_CREDENTIALS:
        return str(value)
    try:
        return pin(value) if credential == "password" else digits(value)
    except vol.Invalid:
        raise _invalid(ATTR_VALUE, "invalid_number") from None


async def _photo(request: Request, key: str) -> str:
    source = request.data[key]
    if key == ATTR_PHOTO_ENTITY:
        return await async_photo_from_entity(request.hass, source)
    if key == ATTR_PHOTO_FILE:
        return await async_photo_from_file(request.hass, source)
    return await async_photo_from_media(
        request.hass, source["media_content_id"] if isinstance(source, Mapping) else source
    )


def _invalid(field: str, key: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"field": field}
    )


_WHICH: Fields = {
    vol.Required(ATTR_CREDENTIAL): vol.In(list(FIRST_SLOTS)),
    vol.Optional(ATTR_INDEX, default=0): whole,
}

ACTIONS = (
    Action(
        name="add_user",
        handler=_add_user,
        fields={
            vol.Optional(ATTR_ENROLL_ID): whole,
            vol.Required(ATTR_NAME): cv.string,
            vol.Optional(ATTR_ROLE): word(ROLES),
            **_WHICH,
            vol.Optional(ATTR_VALUE): cv.string,
            **PHOTO,
        },
        response=SupportsResponse.OPTIONAL,
    ),
    Action(name="cancel_add_user", handler=_cancel_add_user),
    Action(
        name="delete_credential",
        handler=_delete_credential,
        fields={
            **ENROLL_ID,
            vol.Required(ATTR_CREDENTIAL): vol.In([*FIRST_SLOTS, ALL_FINGERPRINTS_WORD]),
            vol.Optional(ATTR_INDEX, default=0): whole,
        },
    ),
    Action(
        name="set_credential",
        handler=_set_credential,
        fields={
            **ENROLL_ID,
            vol.Optional(ATTR_NAME): cv.string,
            vol.Optional(ATTR_ROLE): word(ROLES),
            **_WHICH,
            vol.Optional(ATTR_VALUE): cv.string,
            **PHOTO,
        },
    ),
)
