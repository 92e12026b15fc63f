"""Actions for the passes of guests."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.trace import trace_id_get
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN, WEEKDAYS
from ..fields import (
    ATTR_ENROLL_ID,
    ATTR_INCLUDE_SECRETS,
    ATTR_NAME,
    Fields,
    entity_of,
    instant,
    one_of,
    whole,
    whole_within,
    yes_or_no,
)
from ..guests.passbook import NewPass
from ..guests.passes import Hours, Pass, Refused
from ..guests.pictures import PASSES, async_write_picture
from ..guests.sharing import Picture, async_picture, async_share_text
from ..ledger import PassUse
from ..protocol.answers import QrVerdict
from ..records.reading import serials_of
from .action import Action, Request
from .house_people import text_field
from .targets import Target

ATTR_CALENDAR = "calendar"
ATTR_END_TIME = "end_time"
ATTR_FILENAME = "filename"
ATTR_INCLUDE_ENDED = "include_ended"
ATTR_INCLUDE_USES = "include_uses"
ATTR_MAX_USES = "max_uses"
ATTR_PASS_ID = "pass_id"  # noqa: S105 - a field, not a secret
ATTR_START_TIME = "start_time"
ATTR_TAG = "tag"
ATTR_VALID_FROM = "valid_from"
ATTR_VALID_UNTIL = "valid_until"
ATTR_WEEKDAYS = "weekdays"
ATTR_WITH_PIN = "with_pin"

# A screen shows it after the word of welcome.
MAX_NAME = 64
# More are no limit any more.
MAX_USES = 100_000
# Words in the title of an event.
MAX_TAG = 100
ACTIVE = "active"
# What a pass is called that does not open at present; other reasons pass by themselves.
_STATES = frozenset({Refused.EXPIRED, Refused.NOT_YET_VALID, Refused.REVOKED, Refused.USED_UP})
_ENDED = frozenset({Refused.EXPIRED, Refused.REVOKED, Refused.USED_UP})


def _wrong(key: str, field: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"field": field, **placeholders}
    )


async def _create_pass(request: Request) -> ServiceResponse:
    data = request.data
    tells = _tells_secrets(data)
    _check_rules(request)
    if (filename := data.get(ATTR_FILENAME)) is not None:
        PASSES.path(request.hass, filename)  # what is no name is refused before there is a pass
    now = dt_util.utcnow()
    rules = Pass(
        pass_id="",
        code_hash=b"",
        name=data[ATTR_NAME],
        doors=_doors(request),
        created_at=now,
        valid_from=data.get(ATTR_VALID_FROM),
        valid_until=data.get(ATTR_VALID_UNTIL),
        hours=_hours(data),
        max_uses=data.get(ATTR_MAX_USES),
        enroll_id=data.get(ATTR_ENROLL_ID),
        calendar=data.get(ATTR_CALENDAR),
        tag=data.get(ATTR_TAG),
    )
    made = await request.hub.passbook.async_create(rules, with_pin=data[ATTR_WITH_PIN])
    picture = await async_picture(request.hass, made.code)
    response: dict[str, JsonValueType] = {
        ATTR_PASS_ID: made.held.pass_id,
        ATTR_NAME: made.held.name,
        **(_secrets(made, picture) if tells else {}),
        "share_text": await async_share_text(request.hass, made, _where(request), with_pin=tells),
    }
    if filename is not None:
        written = await async_write_picture(request.hass, picture, filename)
        # The address shows the picture to everybody who has it, and so is as secret as that.
        response |= {key: value for key, value in written.items() if tells or key != "url"}
    return response


def _tells_secrets(data: Mapping[str, Any]) -> bool:
    """Return whether the response holds what opens.

    A trace of the automation or script that asks would keep it. There, what opens goes into the picture file, or has to
    be asked for. Raises a translated error where nobody would ever get to know it.
    """
    tells: bool = data.get(ATTR_INCLUDE_SECRETS, trace_id_get() is None)
    if not tells and (data[ATTR_WITH_PIN] or ATTR_FILENAME not in data):
        raise _wrong("pass_told_nobody", ATTR_INCLUDE_SECRETS)
    return tells


def _secrets(made: NewPass, picture: Picture) -> dict[str, JsonValueType]:
    return {"code": made.code, **({} if made.pin is None else {"pin": made.pin}), **picture.response()}


def _check_rules(request: Request) -> None:
    data = request.data
    valid_from, valid_until = data.get(ATTR_VALID_FROM), data.get(ATTR_VALID_UNTIL)
    if valid_until is not None:
        _check_end(valid_until, valid_from)
    QrVerdict(access=True, enroll_id=data.get(ATTR_ENROLL_ID))  # what cannot be answered at the door is said now
    if (calendar := data.get(ATTR_CALENDAR)) is not None and request.hass.states.get(calendar) is None:
        raise _wrong("entity_unknown", ATTR_CALENDAR, entity=calendar)
    if ATTR_TAG in data and calendar is None:
        raise _wrong("tag_without_calendar", ATTR_TAG)


def _check_end(valid_until: datetime, valid_from: datetime | None) -> None:
    if valid_until <= dt_util.utcnow():
        raise _wrong("already_over", ATTR_VALID_UNTIL)
    if valid_from is not None and valid_until <= valid_from:
        raise _wrong("end_before_start", ATTR_VALID_UNTIL)


def _doors(request: Request) -> dict[str, frozenset[int]]:
    """Return what a pass is for: all doors of the terminals that were named, and the doors that were."""
    doors: dict[str, frozenset[int]] = {}
    for target in request.targets:
        named = frozenset(target.terminal.coordinator.data.doors) if target.door is None else frozenset({target.door})
        doors[target.terminal.serial] = doors.get(target.terminal.serial, frozenset()) | named
    return doors


def _where(request: Request) -> str:
    registry = dr.async_get(request.hass)
    names = []
    for target in request.targets:
        device = registry.async_get(target.device_id)
        own = (device.name_by_user or device.name) if device else None
        names.append(target.terminal.name if target.door is None else f"{target.terminal.name} {own or target.door}")
    return ", ".join(dict.fromkeys(names))


def _hours(data: Mapping[str, Any]) -> Hours | None:
    if not data.keys() & {ATTR_WEEKDAYS, ATTR_START_TIME, ATTR_END_TIME}:
        return None
    weekdays = data.get(ATTR_WEEKDAYS, WEEKDAYS)
    return Hours(
        weekdays=frozenset(map(WEEKDAYS.index, weekdays)),
        begin=data.get(ATTR_START_TIME, time.min),
        end=data.get(ATTR_END_TIME, time.min),
    )


async def _get_passes(request: Request) -> ServiceResponse:
    terminals = {
        serial: terminal.name for terminal in request.hub.terminals.values() for serial in serials_of((terminal,))
    }
    passes: list[JsonValueType] = []
    for held in sorted(request.hub.passbook.passes.values(), key=lambda held: held.created_at):
        state = _state(held)
        if not _is_for(held, request.targets) or (state in _ENDED and not request.data[ATTR_INCLUDE_ENDED]):
            continue
        described = described_pass(held, state, terminals)
        if request.data[ATTR_INCLUDE_USES]:
            uses = await request.hub.passbook.async_uses(held.pass_id)
            described["used"] = [_use(use, terminals) for use in uses]
        passes.append(described)
    return {"passes": passes}


def _is_for(held: Pass, targets: tuple[Target, ...]) -> bool:
    """Return whether a pass is for a door that is meant, or for any of a terminal that is, also one that has gone."""
    return any(
        (doors := held.doors.get(target.terminal.serial)) is not None and (target.door is None or target.door in doors)
        for target in targets
    )


def _state(held: Pass) -> str:
    reason = held.refused(next(iter(held.doors), ""), dt_util.utcnow(), dt_util.get_default_time_zone())
    return reason.value if reason in _STATES else ACTIVE


def described_pass(held: Pass, state: str, terminals: Mapping[str, str]) -> dict[str, JsonValueType]:
    """Return a pass in words; its code is not known any more."""
    hours = held.hours
    return {
        ATTR_PASS_ID: held.pass_id,
        ATTR_NAME: held.name,
        "state": state,
        "doors": [
            {"terminal": terminals.get(serial, serial), "doors": list[JsonValueType](sorted(doors))}
            for serial, doors in held.doors.items()
        ],
        "created_at": _text(held.created_at),
        ATTR_VALID_FROM: _text(held.valid_from),
        ATTR_VALID_UNTIL: _text(held.valid_until),
        ATTR_WEEKDAYS: None if hours is None else [WEEKDAYS[day] for day in sorted(hours.weekdays)],
        ATTR_START_TIME: None if hours is None else f"{hours.begin:%H:%M}",
        ATTR_END_TIME: None if hours is None else f"{hours.end:%H:%M}",
        "uses": held.uses,
        ATTR_MAX_USES: held.max_uses,
        ATTR_ENROLL_ID: held.enroll_id,
        ATTR_CALENDAR: held.calendar,
        ATTR_TAG: held.tag,
        ATTR_WITH_PIN: held.pin_hash is not None,
    }


def _use(use: PassUse, terminals: Mapping[str, str]) -> JsonValueType:
    return {
        "used_at": _text(use.used_at),
        "terminal": terminals.get(use.serial, use.serial),
        "door": use.door,
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else dt_util.as_local(moment).isoformat()


async def _revoke_pass(request: Request) -> None:
    await request.hub.passbook.async_revoke(request.data[ATTR_PASS_ID])


async def _extend_pass(request: Request) -> None:
    changes = {key: request.data[key] for key in (ATTR_VALID_UNTIL, ATTR_MAX_USES) if key in request.data}
    if not changes:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    pass_id = request.data[ATTR_PASS_ID]
    held = request.hub.passbook.passes.get(pass_id)
    if ATTR_VALID_UNTIL in changes:
        _check_end(changes[ATTR_VALID_UNTIL], held.valid_from if held else None)
    await request.hub.passbook.async_extend(pass_id, **changes)


_NAME = vol.All(text_field(ATTR_NAME), vol.Length(min=1, max=MAX_NAME))
_USES = whole_within(1, MAX_USES)
_PASS: Fields = {vol.Required(ATTR_PASS_ID): cv.string}

ACTIONS = (
    Action(
        name="create_pass",
        handler=_create_pass,
        fields={
            vol.Required(ATTR_NAME): _NAME,
            vol.Optional(ATTR_VALID_FROM): instant,
            vol.Optional(ATTR_VALID_UNTIL): instant,
            vol.Optional(ATTR_WEEKDAYS): vol.All(cv.ensure_list, vol.Length(min=1), [one_of(WEEKDAYS)]),
            vol.Optional(ATTR_START_TIME): cv.time,
            vol.Optional(ATTR_END_TIME): cv.time,
            vol.Optional(ATTR_MAX_USES): _USES,
            vol.Optional(ATTR_ENROLL_ID): whole,
            vol.Optional(ATTR_CALENDAR): entity_of("calendar"),
            vol.Optional(ATTR_TAG): vol.All(text_field(ATTR_TAG), vol.Length(min=1, max=MAX_TAG)),
            vol.Optional(ATTR_WITH_PIN, default=False): yes_or_no,
            vol.Optional(ATTR_FILENAME): cv.string,
            vol.Optional(ATTR_INCLUDE_SECRETS): yes_or_no,
        },
        response=SupportsResponse.ONLY,
        several=True,
        doors=True,
    ),
    Action(
        name="extend_pass",
        handler=_extend_pass,
        fields={**_PASS, vol.Optional(ATTR_VALID_UNTIL): instant, vol.Optional(ATTR_MAX_USES): _USES},
    ),
    Action(
        name="get_passes",
        handler=_get_passes,
        fields={
            vol.Optional(ATTR_INCLUDE_ENDED, default=False): yes_or_no,
            vol.Optional(ATTR_INCLUDE_USES, default=False): yes_or_no,
        },
        response=SupportsResponse.ONLY,
        several=True,
        doors=True,
    ),
    Action(name="revoke_pass", handler=_revoke_pass, fields=_PASS),
)
