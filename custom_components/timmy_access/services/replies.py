"""Actions that answer somebody who waits at a door."""

import voluptuous as vol

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..fields import ATTR_ENROLL_ID, ATTR_NAME, Fields, whole, yes_or_no
from ..guests.decisions import Decision
from ..protocol.answers import FONT_SIZES, LogsAccepted, PinVerdict, QrVerdict
from ..terminal.moments import CodeSource
from .action import Action, Request

ATTR_ACCESS = "access"
ATTR_FONT_SIZE = "font_size"
ATTR_MESSAGE = "message"
ATTR_REQUEST_ID = "request_id"
ATTR_TEXT_COLOR = "text_color"
ATTR_VOICE = "voice"
ATTR_VOICE_INDEX = "voice_index"


async def _reply_qr_code(request: Request) -> None:
    data = request.data
    color = data.get(ATTR_TEXT_COLOR)
    verdict = QrVerdict(
        access=data[ATTR_ACCESS],
        enroll_id=data.get(ATTR_ENROLL_ID),
        user_name=data.get(ATTR_NAME),
        message=data.get(ATTR_MESSAGE),
        voice=data.get(ATTR_VOICE),
        font_size=data.get(ATTR_FONT_SIZE),
        text_color=None if color is None else tuple(color),
    )
    decision = Decision(
        granted=verdict.access,
        name=verdict.user_name,
        message=verdict.message,
        voice=verdict.voice,
        enroll_id=verdict.enroll_id,
        font_size=verdict.font_size,
        text_color=verdict.text_color,
    )
    request.terminal.verdicts.async_reply(CodeSource.QR_CODE, decision, data[ATTR_REQUEST_ID])


async def _reply_pin(request: Request) -> None:
    data = request.data
    verdict = PinVerdict(
        access=data[ATTR_ACCESS],
        user_name=data.get(ATTR_NAME),
        message=data.get(ATTR_MESSAGE),
        voice=data.get(ATTR_VOICE),
        voice_index=data.get(ATTR_VOICE_INDEX),
    )
    decision = Decision(
        granted=verdict.access,
        name=verdict.user_name,
        message=verdict.message,
        voice=verdict.voice,
        voice_index=verdict.voice_index,
    )
    request.terminal.verdicts.async_reply(CodeSource.PIN, decision, data[ATTR_REQUEST_ID])


async def _reply_access(request: Request) -> None:
    data = request.data
    verdict = LogsAccepted(
        cloud_time=dt_util.now().replace(tzinfo=None),
        access=data[ATTR_ACCESS],
        message=data.get(ATTR_MESSAGE),
        voice=data.get(ATTR_VOICE),
    )
    decision = Decision(granted=bool(verdict.access), message=verdict.message, voice=verdict.voice)
    request.terminal.verdicts.async_reply(CodeSource.PUNCH, decision, data[ATTR_REQUEST_ID])


_REPLY: Fields = {
    vol.Required(ATTR_REQUEST_ID): cv.string,
    vol.Required(ATTR_ACCESS): yes_or_no,
    vol.Optional(ATTR_MESSAGE): cv.string,
    vol.Optional(ATTR_VOICE): cv.string,
}


ACTIONS = (
    Action(name="reply_access", handler=_reply_access, fields=_REPLY),
    Action(
        name="reply_pin",
        handler=_reply_pin,
        fields={**_REPLY, vol.Optional(ATTR_NAME): cv.string, vol.Optional(ATTR_VOICE_INDEX): whole},
    ),
    Action(
        name="reply_qr_code",
        handler=_reply_qr_code,
        fields={
            **_REPLY,
            vol.Optional(ATTR_ENROLL_ID): whole,
            vol.Optional(ATTR_NAME): cv.string,
            vol.Optional(ATTR_FONT_SIZE): vol.All(whole, vol.In(sorted(FONT_SIZES))),
            vol.Optional(ATTR_TEXT_COLOR): vol.All(cv.ensure_list, [whole]),
        },
    ),
)
