"""The action for messages: an address of the newest photo that a terminal took."""

from datetime import timedelta

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.util import dt as dt_util

from ..const import MAX_PHOTO_DAYS
from ..fields import duration
from ..records.photos import PHOTOS, SENT_FOR
from .action import Action, Request

ATTR_WITHIN = "within"
# Whoever forces a door has mostly tried it before.
WITHIN = timedelta(minutes=5)
# No photo is kept for longer.
MAX_WITHIN = timedelta(days=MAX_PHOTO_DAYS)


async def _get_latest_photo(request: Request) -> ServiceResponse:
    """Answer with `url` and `occurred_at`, None where there is no such photo."""
    photos = request.hass.data.get(PHOTOS, {}).get(request.hub.entry_id)
    since = dt_util.utcnow() - request.data[ATTR_WITHIN]
    if photos is None or (latest := photos.async_latest(request.terminal.serial, since)) is None:
        return {"url": None, "occurred_at": None}
    return {
        "url": photos.async_address(latest.place, SENT_FOR),
        "occurred_at": dt_util.as_local(latest.shot.occurred_at).isoformat(),
    }


ACTIONS = (
    Action(
        name="get_latest_photo",
        handler=_get_latest_photo,
        fields={vol.Optional(ATTR_WITHIN, default=WITHIN): vol.All(duration, vol.Range(max=MAX_WITHIN))},
        response=SupportsResponse.ONLY,
    ),
)
