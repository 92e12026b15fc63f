"""The action that copies somebody to other terminals."""

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..errors import word_of
from ..fields import ATTR_ENROLL_ID, ATTR_NAME, ENROLL_ID, credential_name
from ..people.copying import Copied, async_check_same, async_copy, async_read_original
from .action import Action, Request
from .targets import target_of

ATTR_TO = "to"


async def _copy_user(request: Request) -> ServiceResponse:
    targets = {device_id: target_of(request.hass, device_id).terminal for device_id in request.data[ATTR_TO]}
    if request.terminal in targets.values():
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="copy_to_itself", translation_placeholders={"field": ATTR_TO}
        )
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
        fields={**ENROLL_ID, vol.Required(ATTR_TO): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))},
        response=SupportsResponse.OPTIONAL,
    ),
)
