"""People of a table that somebody has chosen in the browser."""

import base64
import binascii

import voluptuous as vol

from homeassistant.util.json import JsonValueType

from ..fields import ATTR_CONFIRM, yes_or_no
from ..services.house_action import HouseRequest
from ..services.house_files import async_import_table
from .command import PanelCommand
from .request import PanelRequest

ATTR_CONTENT = "content"
# Home Assistant reads no message of four megabytes or more. These are two of a file, which is twenty thousand people
# with notes; larger ones are for the action, which reads them from the disk.
MAX_LETTERS = 3 * 1024 * 1024


def _base64(value: object) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except binascii.Error:
        raise vol.Invalid("expected base64") from None


async def _import(request: PanelRequest) -> JsonValueType:
    """Answer as `import_people` does what a table would change; with `confirm` change it. `content` is base64."""
    data = {ATTR_CONFIRM: request.data[ATTR_CONFIRM]}
    asked = HouseRequest(hass=request.hass, hub=request.hub, data=data, context=request.context)
    return await async_import_table(asked, request.data[ATTR_CONTENT])


COMMANDS = (
    PanelCommand(
        name="import_people",
        handler=_import,
        fields={
            vol.Required(ATTR_CONTENT): vol.All(str, vol.Length(max=MAX_LETTERS), _base64),
            vol.Optional(ATTR_CONFIRM, default=False): yes_or_no,
        },
    ),
)
