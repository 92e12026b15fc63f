"""Actions for the terminal itself: settings, clock, capacity, restart, messages on its screen, raw commands."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CODE
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..fields import ATTR_CONFIRM, ATTR_ENROLL_ID, CONFIRM, Fields, local_time, one_of, whole, yes_or_no
from ..protocol.commands import (
    COMMANDS,
    NOTICE_ID,
    DeletePermission,
    EraseTerminal,
    GetCapacity,
    GetSettings,
    GetTime,
    GetUserProfile,
    SetSettings,
    SetTime,
    SetUserProfile,
)
from ..protocol.commands.raw import raw_command
from ..protocol.errors import CommandInvalid, Problem, ProtocolError
from ..protocol.turns import Priority
from ..protocol.wire import Structure
from ..terminal.settings import DEVICE, Sheet
from ..terminal.verify_modes import ALL_VERIFY_MODES, verify_modes
from .action import Action, Request, check_code
from .doors import check_one_door

ATTR_COMMAND = "command"
ATTR_MESSAGE = "message"
ATTR_TIME = "time"

# What every reply has besides what was asked for.
_ENVELOPE = frozenset({"serial", "result", "reason", "message", "extra"})


def known_values(structure: Structure, leave_out: frozenset[str] = _ENVELOPE) -> dict[str, Any]:
    """Return the fields of a reply that the terminal has told, by name, as plain JSON values."""
    values = ((item.name, getattr(structure, item.name)) for item in dataclass_fields(structure))
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in values
        if value is not None and name not in leave_out
    }


def confirmed(data: Mapping[str, Any]) -> None:
    """Raise unless somebody has said that they mean it."""
    if not data[ATTR_CONFIRM]:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="not_confirmed", translation_placeholders={"field": ATTR_CONFIRM}
        )


async def prepare_confirmed(requests: tuple[Request, ...]) -> None:
    """Raise unless somebody has said that they mean it."""
    confirmed(requests[0].data)


async def prepare_number(requests: tuple[Request, ...]) -> None:
    """Raise for a number that nobody can have."""
    DeletePermission(enroll_id=requests[0].data[ATTR_ENROLL_ID])


async def _prepare_message(requests: tuple[Request, ...]) -> None:
    data = requests[0].data
    SetUserProfile(enroll_id=data[ATTR_ENROLL_ID], profile=data[ATTR_MESSAGE])


async def _get_capacity(request: Request) -> ServiceResponse:
    return known_values(await request.terminal.async_request(GetCapacity()))


async def _get_settings(request: Request) -> ServiceResponse:
    values = known_values(await request.terminal.async_request(GetSettings()))
    names = verify_modes(request.terminal.coordinator.data.info)
    values["verify_mode"] = names.get(values.get("verify_mode", -1))
    return values


async def _set_settings(request: Request) -> None:
    if not request.data:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_change")
    data = {("device_id" if key == "terminal_number" else key): value for key, value in request.data.items()}
    if (mode := data.get("verify_mode")) is not None:
        numbers = {name: number for number, name in verify_modes(request.terminal.coordinator.data.info).items()}
        if mode not in numbers:
            raise CommandInvalid("verify_mode", Problem.NOT_SUPPORTED)
        data["verify_mode"] = numbers[mode]
    await request.terminal.async_request(SetSettings(**data))
    await look_again(request, DEVICE)


async def look_again(request: Request, sheet: Sheet) -> None:
    """Read back what has been written, so that entities show it; it has been written in any case."""
    with suppress(ProtocolError):
        await request.terminal.settings.async_read(sheet, Priority.INTERACTIVE)


async def _get_time(request: Request) -> ServiceResponse:
    return known_values(await request.terminal.async_request(GetTime()))


async def _set_time(request: Request) -> None:
    if (time := request.data.get(ATTR_TIME)) is None:
        await request.terminal.upkeep.async_set_clock()
    else:
        await request.terminal.async_request(SetTime(time=time))


async def _restart(request: Request) -> None:
    await request.terminal.upkeep.async_restart()


async def _initialize(request: Request) -> None:
    confirmed(request.data)
    await request.terminal.async_request(EraseTerminal())
    request.terminal.roster.async_forget(tuple(request.terminal.roster.people))


async def _get_user_message(request: Request) -> ServiceResponse:
    reply = await request.terminal.async_request(GetUserProfile(enroll_id=request.data[ATTR_ENROLL_ID]))
    return {ATTR_MESSAGE: reply.text or ""}


async def _set_user_message(request: Request) -> None:
    await request.terminal.async_request(
        SetUserProfile(enroll_id=request.data[ATTR_ENROLL_ID], profile=request.data[ATTR_MESSAGE])
    )


async def _send_command(request: Request) -> ServiceResponse:
    command = raw_command(request.data[ATTR_COMMAND], COMMANDS)
    if command.moves_door:
        check_one_door(request, command.control)
        await check_code(request)
        reply = await request.terminal.doors.async_move_raw(command, request.asked_at)
    else:
        try:
            reply = await request.terminal.async_request(command)
        finally:  # whatever it was, and whatever the answer, it may have said when people may pass
            request.terminal.roster.async_access_changed(request.terminal.roster.people)
    return {"reply": dict(reply.frame)}


_MESSAGE_FOR: Fields = {vol.Optional(ATTR_ENROLL_ID, default=NOTICE_ID): whole}

ACTIONS = (
    Action(name="get_capacity", handler=_get_capacity, response=SupportsResponse.ONLY),
    Action(name="get_settings", handler=_get_settings, response=SupportsResponse.ONLY),
    Action(name="get_time", handler=_get_time, response=SupportsResponse.ONLY),
    Action(
        name="get_user_message",
        handler=_get_user_message,
        fields=_MESSAGE_FOR,
        response=SupportsResponse.ONLY,
        each=True,
    ),
    Action(name="initialize", handler=_initialize, fields=CONFIRM),
    Action(name="restart", handler=_restart),
    Action(
        name="send_command",
        handler=_send_command,
        fields={vol.Optional(ATTR_CODE): cv.string, vol.Required(ATTR_COMMAND): dict},
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="set_settings",
        handler=_set_settings,
        fields={
            vol.Optional("fingerprints_per_user"): whole,
            vol.Optional("language"): whole,
            vol.Optional("log_warning"): whole,
            vol.Optional("reverify_time"): whole,
            vol.Optional("screensaver_delay"): whole,
            vol.Optional("sleep"): yes_or_no,
            vol.Optional("terminal_number"): whole,
            vol.Optional("verify_mode"): one_of(ALL_VERIFY_MODES),
            vol.Optional("volume"): whole,
        },
    ),
    Action(name="set_time", handler=_set_time, fields={vol.Optional(ATTR_TIME): local_time}),
    Action(
        name="set_user_message",
        handler=_set_user_message,
        prepare=_prepare_message,
        each=True,
        fields={**_MESSAGE_FOR, vol.Required(ATTR_MESSAGE): cv.string},
    ),
)
