"""The action for doors on a timer."""

from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_CODE, ATTR_MODE
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..fields import duration, instant, word
from ..hub.rights import async_name_of
from ..terminal.orders import Hold
from ..terminal.state import DoorMode
from .action import Action, Request, check_code

ATTR_DURATION = "duration"
ATTR_UNTIL = "until"
MODES = {mode.value: mode for mode in (DoorMode.HELD_OPEN, DoorMode.HELD_CLOSED)}
# A door that is held for longer is no matter of a timer any more; and a mistyped year must not hold it for ever.
MAX_DAYS = 31


def _until(data: dict[str, Any], now: datetime) -> datetime:
    """Return the instant at which a hold ends; raises a translated error that names the field."""
    if (ATTR_DURATION in data) == (ATTR_UNTIL in data):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="hold_duration_or_until")
    field = ATTR_DURATION if ATTR_DURATION in data else ATTR_UNTIL
    length: timedelta = data[ATTR_DURATION] if field == ATTR_DURATION else data[ATTR_UNTIL] - now
    if not timedelta(0) < length <= timedelta(days=MAX_DAYS):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="hold_not_in_time",
            translation_placeholders={"field": field, "days": str(MAX_DAYS)},
        )
    return now + length


async def _hold_door(request: Request) -> ServiceResponse:
    mode, now = request.data[ATTR_MODE], dt_util.utcnow()
    until = _until(dict(request.data), now)
    if len(request.terminal.coordinator.data.doors) > 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="hold_needs_one_door",
            translation_placeholders={"terminal": request.terminal.name},
        )
    if mode is DoorMode.HELD_OPEN:
        await check_code(request)
    by = request.context.user_id
    hold = Hold(
        mode=mode,
        since=now,
        until=until,
        by=by,
        name=await async_name_of(request.hass, by),
        ends_at=request.asked_at + (until - now).total_seconds(),
        is_length=ATTR_DURATION in request.data,
    )
    await request.hub.door_orders.holds.async_hold(request.terminal, hold, request.asked_at)
    return {ATTR_UNTIL: dt_util.as_local(until).isoformat()} if request.wants_response else None


ACTIONS = (
    Action(
        name="hold_door",
        handler=_hold_door,
        fields={
            vol.Optional(ATTR_CODE): cv.string,
            vol.Optional(ATTR_DURATION): duration,
            vol.Required(ATTR_MODE): word(MODES),
            vol.Optional(ATTR_UNTIL): instant,
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
