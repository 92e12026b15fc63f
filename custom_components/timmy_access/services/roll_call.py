"""Actions for the roll call: who is inside, by name, and who has been found safe."""

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..fields import ATTR_ENROLL_ID, ATTR_NAME, ENROLL_ID, yes_or_no
from ..hub.hub import Hub
from ..ledger import likeness
from ..people.muster import Safe
from ..people.roll_call import Passing, Who
from ..protocol.peer import printable
from .house_action import HouseAction, HouseRequest

ATTR_SAFE = "safe"
ATTR_TERMINAL = "terminal"


def described_roll_call(hub: Hub) -> JsonObjectType:
    """Return who is inside or on the list of a roll call, as a response; times as ISO 8601.

    `counted` is false where no terminal tells who comes and who goes. `uncertain` are the names of terminals of which
    it is not known at present who passed them.
    """
    roll_call, sheet = hub.roll_call, hub.muster.sheet
    listed = {**(sheet.listed if sheet else {}), **roll_call.inside}
    people: list[tuple[str, JsonValueType]] = [
        (likeness(passing.name), _person(hub, who, passing, sheet.safe.get(who) if sheet else None))
        for who, passing in listed.items()
    ]
    people.sort(key=lambda one: one[0])
    return {
        "counted": roll_call.is_counted,
        "counted_since": dt_util.as_local(roll_call.since).isoformat(),
        "begun": dt_util.as_local(sheet.begun).isoformat() if sheet else None,
        "inside": len(roll_call.inside),
        "people": [person for _, person in people],
        "uncertain": [_terminal_name(hub, serial) for serial in roll_call.uncertain],
    }


def _person(hub: Hub, who: Who, passing: Passing, safe: Safe | None) -> JsonObjectType:
    terminal = hub.terminals.get(passing.serial)
    return {
        ATTR_ENROLL_ID: passing.enroll_id,
        ATTR_NAME: printable(passing.name) if passing.name else None,
        "person_entity_id": terminal.links.entity_id_of(passing.enroll_id, passing.name) if terminal else None,
        "since": dt_util.as_local(passing.occurred_at).isoformat(),
        ATTR_TERMINAL: _terminal_name(hub, passing.serial),
        "inside": who in hub.roll_call.inside,
        ATTR_SAFE: safe is not None,
        "safe_at": dt_util.as_local(safe.at).isoformat() if safe else None,
        "safe_by": safe.by if safe else None,
    }


def _terminal_name(hub: Hub, serial: str) -> str:
    terminal = hub.terminals.get(serial)
    return terminal.name if terminal else serial


async def _get_roll_call(request: HouseRequest) -> ServiceResponse:
    _check_counted(request)
    return described_roll_call(request.hub)


async def _mark_safe(request: HouseRequest) -> None:
    _check_counted(request)
    hub, data = request.hub, request.data
    sheet = hub.muster.sheet
    listed = {**(sheet.listed if sheet else {}), **hub.roll_call.inside}
    meant = [who for who, passing in listed.items() if _is_meant(request, passing)]
    if len(meant) != 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="roll_call_several" if meant else "roll_call_nobody",
            translation_placeholders={"number": str(data[ATTR_ENROLL_ID])},
        )
    user = await request.hass.auth.async_get_user(request.by) if request.by else None
    _check_written(
        is_written=await hub.muster.async_tick(meant[0], safe=data[ATTR_SAFE], by=user.name if user else None)
    )


def _is_meant(request: HouseRequest, passing: Passing) -> bool:
    data = request.data
    return (
        passing.enroll_id == data[ATTR_ENROLL_ID]
        and data.get(ATTR_TERMINAL) in (None, _terminal_name(request.hub, passing.serial))
        and (ATTR_NAME not in data or likeness(data[ATTR_NAME]) == likeness(passing.name))
    )


async def _end_roll_call(request: HouseRequest) -> None:
    _check_written(is_written=await request.hub.muster.async_end())


def _check_written(*, is_written: bool) -> None:
    """Raise where something holds that may not outlive a restart."""
    if not is_written:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="roll_call_not_written")


def _check_counted(request: HouseRequest) -> None:
    """Raise where nobody is counted: that the list is empty then does not mean that nobody is inside."""
    if not request.hub.roll_call.is_counted:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="roll_call_not_counted")


ACTIONS = (
    HouseAction(name="end_roll_call", handler=_end_roll_call),
    HouseAction(name="get_roll_call", handler=_get_roll_call, response=SupportsResponse.ONLY),
    HouseAction(
        name="mark_safe",
        handler=_mark_safe,
        fields={
            **ENROLL_ID,
            vol.Optional(ATTR_NAME): cv.string,
            vol.Optional(ATTR_TERMINAL): cv.string,
            vol.Optional(ATTR_SAFE, default=True): yes_or_no,
        },
    ),
)
