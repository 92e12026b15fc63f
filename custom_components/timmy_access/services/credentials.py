"""Actions for credentials: giving somebody one, recording it at the terminal, taking it away."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
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
    FieldInvalid,
    Fields,
    digits,
    one_of,
    pin,
    slot_of,
    whole,
    word,
    yes_or_no,
)
from ..house.refusals import translated_refusals
from ..hub.given import async_given, async_record, is_free, role_of
from ..ledger import likeness
from ..people.abilities import lacks
from ..people.free_numbers import async_free_number
from ..people.listed_people import Person
from ..people.portraits import async_photo_from_entity, async_photo_from_file, async_photo_from_media
from ..protocol.commands import ALL_FINGERPRINTS, AddUser, DeleteUser, SetCredential
from ..protocol.enums import Credential, Role
from ..protocol.peer import is_printable
from .action import Action, Request, naming
from .house_action import of_the_house
from .secrets import async_fill_in

ATTR_SAME_NAME = "same_name"
ALL_FINGERPRINTS_WORD = "all_fingerprints"

_NUMBER_CREDENTIALS = frozenset({"card", "password"})
# What is said of a terminal that has no reader for a kind.
_LACKS: Mapping[Credential, str] = {
    Credential.CARD: "cannot_card",
    Credential.FACE: "cannot_face",
    Credential.FINGERPRINT: "cannot_fingerprint",
    Credential.PALM: "cannot_palm",
    Credential.PASSWORD: "cannot_password",
    Credential.PHOTO: "cannot_face",
}


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a call brings along for all terminals; `record`, a secret, is None where it is taken at the terminal."""

    enroll_id: int
    slot: int
    record: int | str | None = field(repr=False)


async def _prepare_set(requests: tuple[Request, ...]) -> Given:
    first = requests[0]
    given = Given(enroll_id=first.data[ATTR_ENROLL_ID], slot=_slot(first.data), record=await _given_record(first))
    if given.record is None:
        raise invalid(ATTR_VALUE, "value_missing")
    check_name(first.data)
    for request in requests:
        _check_record(request, given)
    return given


@of_the_house
async def _set_credential(request: Request) -> None:
    terminal, given = request.terminal, request.prepared
    await terminal.people.async_set_credential(
        given.enroll_id, given.slot, given.record, name=request.data.get(ATTR_NAME), role=request.data.get(ATTR_ROLE)
    )
    await _keep(request, given)


async def _prepare_delete(requests: tuple[Request, ...]) -> int:
    data = requests[0].data
    slot = ALL_FINGERPRINTS if data[ATTR_CREDENTIAL] == ALL_FINGERPRINTS_WORD else _slot(data)
    DeleteUser(enroll_id=data[ATTR_ENROLL_ID], backup_number=slot)
    return slot


async def _delete_credential(request: Request) -> None:
    await request.terminal.people.async_delete_credentials(request.data[ATTR_ENROLL_ID], request.prepared)


async def _prepare_add(requests: tuple[Request, ...]) -> Given:
    """Look whether somebody can be added everywhere, under one number that is free on every terminal."""
    first = requests[0]
    data = first.data
    check_name(data)
    slot = _slot(data)
    for request in requests:
        check_able(request, Credential.of(slot))
    record = await _given_record(first)
    if (enroll_id := data.get(ATTR_ENROLL_ID)) is None:
        for request in requests:
            if not request.terminal.roster.complete:
                with naming(request):
                    await request.terminal.async_refresh_people()
        enroll_id = await _free_enroll_id(requests)
    given = Given(enroll_id=enroll_id, slot=slot, record=record)
    for request in requests:
        _check_new(request, given)
        _check_record(request, given)
    return given


@of_the_house
async def _add_user(request: Request) -> ServiceResponse:
    """Write a credential that is given, or have the person recorded at the terminal."""
    terminal, given = request.terminal, request.prepared
    if given.record is not None:
        await terminal.people.async_set_credential(
            given.enroll_id, given.slot, given.record, name=request.data[ATTR_NAME], role=_role(request, given)
        )
        await _keep(request, given)
    else:
        await async_record(request.hub.house, terminal, _recording(request, given), request.context.user_id)
    return {ATTR_ENROLL_ID: given.enroll_id}


async def _keep(request: Request, given: Given) -> None:
    """Have the house keep what was given, where it is somebody of it."""
    await async_given(
        request.hub.house, request.terminal, given.enroll_id, {given.slot: given.record}, request.context.user_id
    )


def _check_new(request: Request, given: Given) -> None:
    """Raise where the number, or the name, is of somebody else already; says of whom.

    Somebody of the house who stands on the terminal and has no such credential there gets it under their number.
    """
    terminal, people, name = request.terminal, request.terminal.roster.people, request.data[ATTR_NAME]
    enroll_id = given.enroll_id
    if not is_free(request.hub.house, terminal, enroll_id, given.slot, name):
        holder = terminal.roster.name_of(enroll_id)
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="number_in_use_there" if holder else "refused_enroll_id_in_use",
            translation_placeholders={
                "field": ATTR_ENROLL_ID,
                "holder": holder or "",
                "number": str(enroll_id),
                "terminal": terminal.name,
            },
        )
    others = (person for person in people.values() if person.enroll_id != enroll_id)
    namesake = next((person for person in others if likeness(person.name) == likeness(name)), None)
    if namesake is not None and not request.data[ATTR_SAME_NAME]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="name_in_use_there",
            translation_placeholders={
                "field": ATTR_SAME_NAME,
                "holder": terminal.roster.name_of(namesake.enroll_id) or name,
                "number": str(namesake.enroll_id),
                "terminal": terminal.name,
            },
        )


def _check_record(request: Request, given: Given) -> None:
    """Raise for what must not be sent to a terminal as it is, and for what it has no reader for; nothing is sent."""
    check_able(request, Credential.of(given.slot))
    if given.record is None:
        _recording(request, given)
        return
    SetCredential(
        enroll_id=given.enroll_id,
        user_name=request.data.get(ATTR_NAME, ""),
        backup_number=given.slot,
        role=request.data.get(ATTR_ROLE, Role.USER.value),
        record=given.record,
    )
    with translated_refusals():
        request.hub.house.safe.check(request.terminal.serial, given.enroll_id, {given.slot: given.record})


def _role(request: Request, given: Given) -> int:
    """Return the role that is given, else the one that somebody of the house has."""
    role: int | None = request.data.get(ATTR_ROLE)
    if role is None:
        role = role_of(request.hub.house, request.terminal, given.enroll_id)
    return Role.USER.value if role is None else role


def _recording(request: Request, given: Given) -> AddUser:
    return AddUser(
        enroll_id=given.enroll_id,
        backup_number=given.slot,
        role=_role(request, given),
        user_name=request.data[ATTR_NAME],
    )


def check_able(request: Request, credential: Credential) -> None:
    """Raise where a terminal says that it takes no credentials of a kind."""
    terminal = request.terminal
    people: list[Person] = list(terminal.roster.people.values())
    if lacks(terminal.coordinator.data.info, people, credential):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=_LACKS[credential],
            translation_placeholders={"field": ATTR_CREDENTIAL, "terminal": terminal.name},
        )


def check_name(data: Mapping[str, Any]) -> None:
    """Raise for a name that is given and empty, or cannot be read."""
    if ATTR_NAME not in data:
        return
    if not data[ATTR_NAME].strip():
        raise invalid(ATTR_NAME, "house_empty")
    if not is_printable(data[ATTR_NAME]):
        raise invalid(ATTR_NAME, "invalid_text")


async def _free_enroll_id(requests: tuple[Request, ...]) -> int:
    """Return a number that is free on all of some terminals; raises `LedgerUnavailable`."""

    def _candidate(known: Collection[int]) -> int:
        taken = frozenset(known).union(*(request.hub.recordings.numbers for request in requests))
        return max(request.terminal.roster.next_enroll_id(taken) for request in requests)

    logs = [(request.hub.ledger, request.terminal.serial) for request in requests]
    return await async_free_number(logs, _candidate)


async def _cancel_add_user(request: Request) -> None:
    if not request.terminal.enrolments.async_cancel():
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_enrolment",
            translation_placeholders={"terminal": request.terminal.name},
        )


def _slot(data: Mapping[str, Any]) -> int:
    slot = slot_of(data[ATTR_CREDENTIAL], data[ATTR_INDEX])
    if slot is None:
        raise invalid(ATTR_INDEX, "no_such_index")
    return slot


async def _given_record(request: Request) -> int | str | None:
    """Return the credential that the call brings along; None when it has to be taken at the terminal."""
    data, credential = request.data, request.data[ATTR_CREDENTIAL]
    photo = next((key for key in (ATTR_PHOTO_ENTITY, ATTR_PHOTO_FILE, ATTR_PHOTO_MEDIA) if key in data), None)
    if photo is not None:
        if credential != "photo":
            raise invalid(photo, "photo_without_photo_credential")
        return await _photo(request, photo)
    value = (await async_fill_in(request.hass, data, {ATTR_VALUE: cv.string})).get(ATTR_VALUE)
    if value is None:
        return None
    if credential not in _NUMBER_CREDENTIALS:
        return str(value)
    try:
        return pin(value) if credential == "password" else digits(value)
    except FieldInvalid as err:
        raise invalid(ATTR_VALUE, err.key) from None


async def _photo(request: Request, key: str) -> str:
    source = request.data[key]
    if key == ATTR_PHOTO_ENTITY:
        return await async_photo_from_entity(request.hass, source)
    if key == ATTR_PHOTO_FILE:
        return await async_photo_from_file(request.hass, source)
    return await async_photo_from_media(
        request.hass, source["media_content_id"] if isinstance(source, Mapping) else source
    )


def invalid(field: str, key: str) -> ServiceValidationError:
    """Return the translated error for what is wrong with a field."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"field": field}
    )


_WHICH: Fields = {
    vol.Required(ATTR_CREDENTIAL): one_of(FIRST_SLOTS),
    vol.Optional(ATTR_INDEX, default=0): whole,
}

ACTIONS = (
    Action(
        name="add_user",
        handler=_add_user,
        prepare=_prepare_add,
        fields={
            vol.Optional(ATTR_ENROLL_ID): whole,
            vol.Required(ATTR_NAME): cv.string,
            vol.Optional(ATTR_ROLE): word(ROLES),
            **_WHICH,
            vol.Optional(ATTR_VALUE): cv.string,
            **PHOTO,
            vol.Optional(ATTR_SAME_NAME, default=False): yes_or_no,
        },
        response=SupportsResponse.OPTIONAL,
        each=True,
    ),
    Action(name="cancel_add_user", handler=_cancel_add_user, each=True),
    Action(
        name="delete_credential",
        handler=_delete_credential,
        prepare=_prepare_delete,
        fields={
            **ENROLL_ID,
            vol.Required(ATTR_CREDENTIAL): one_of([*FIRST_SLOTS, ALL_FINGERPRINTS_WORD]),
            vol.Optional(ATTR_INDEX, default=0): whole,
        },
        each=True,
    ),
    Action(
        name="set_credential",
        handler=_set_credential,
        prepare=_prepare_set,
        fields={
            **ENROLL_ID,
            vol.Optional(ATTR_NAME): cv.string,
            vol.Optional(ATTR_ROLE): word(ROLES),
            **_WHICH,
            vol.Optional(ATTR_VALUE): cv.string,
            **PHOTO,
        },
        each=True,
    ),
)
