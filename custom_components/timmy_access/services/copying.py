"""The action that copies somebody to other terminals."""

from collections.abc import Mapping

import voluptuous as vol

from homeassistant.const import ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..errors import word_of
from ..fields import ATTR_ENROLL_ID, ATTR_NAME, ENROLL_ID, credential_name
from ..hub.terminal import Terminal
from ..people.copying import Copied, async_check_same, async_copy, async_read_original
from .action import Action, Request
from .targets import async_targets, target_of

ATTR_TO = "to"


# What the fields of where to are called as a target.
_WHERE_TO: Mapping[str, str] = {
    ATTR_TO: ATTR_DEVICE_ID,
    "to_area_id": ATTR_AREA_ID,
    "to_floor_id": ATTR_FLOOR_ID,
    "to_label_id": ATTR_LABEL_ID,
}


def _where_to(request: Request) -> dict[str, Terminal]:
    """Return who gets the person, by device: in an area with the terminal they come from, all others."""
    target = {_WHERE_TO[field]: chosen for field, chosen in request.data.items() if field in _WHERE_TO}
    named = {target_of(request.hass, device_id).terminal for device_id in request.data.get(ATTR_TO, ())}
    if request.terminal in named:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="copy_to_itself", translation_placeholders={"field": ATTR_TO}
        )
    found = async_targets(request.hass, target)
    if not (others := {one.device_id: one.terminal for one in found if one.terminal is not request.terminal}):
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="target_missing", translation_placeholders={"name": ""}
        )
    return others


async def _copy_user(request: Request) -> ServiceResponse:
    targets = _where_to(request)
    original = await async_read_original(request.terminal, request.data[ATTR_ENROLL_ID])
    for terminal in targets.values():
        await async_check_same(original, terminal)
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


def _readable_copy(copied: Copied) -> JsonObjectType:
    return {
        "copied": [credential_name(slot) for slot in copied.copied],
        "unchanged": [credential_name(slot) for slot in copied.unchanged],
        "incompatible": [credential_name(slot) for slot in copied.incompatible],
        "failed": {credential_name(slot): word_of(error) for slot, error in copied.failed.items()},
        "dates": word_of(copied.access_failed) if copied.access_failed else "ok",
    }


ACTIONS = (
    Action(
        name="copy_user",
        handler=_copy_user,
        fields={
            **ENROLL_ID,
            **{vol.Optional(field): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)) for field in _WHERE_TO},
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
