"""Somebody is recorded at a terminal, and followed on the way."""

import voluptuous as vol

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..fields import ATTR_CREDENTIAL, ATTR_INDEX, FIRST_SLOTS, credential_name, slot_of, whole
from ..hub.recordings import Recording
from ..hub.terminal import Terminal
from ..people.abilities import abilities
from ..people.portraits import MAX_SOURCE_BYTES, async_photo_from_text
from ..services.house_people import ATTR_PERSON_ID
from .command import PanelCommand
from .feed import PanelFeed, Send
from .request import Fields, PanelRequest
from .telling import FollowedTerminals, Telling

ATTR_PHOTO = "photo"
ATTR_SERIAL = "serial"

# Base64 has four letters for three bytes.
MAX_PHOTO_LETTERS = MAX_SOURCE_BYTES // 3 * 4


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"takes": {serial: {credential: ability}}, "recordings": {serial: {...}}}` whenever they are others.

    An ability is `yes`, `no`, `full` or `unknown`. A recording is the latest at its terminal, with its `step` and the
    translation key of the error where it failed.
    """
    told = Enrolment(request, send)
    told.async_start()
    return told.async_stop


async def _enrol(request: PanelRequest) -> JsonValueType:
    """Begin to record somebody of the house at a terminal, and return the id of the recording."""
    slot = slot_of(request.data[ATTR_CREDENTIAL], request.data[ATTR_INDEX])
    if slot is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_such_index",
            translation_placeholders={"field": ATTR_INDEX},
        )
    recordings = request.hub.recordings
    return recordings.async_enrol(_terminal(request), request.data[ATTR_PERSON_ID], slot, request.by)


async def _enrol_photo(request: PanelRequest) -> JsonValueType:
    """Begin to give a terminal a photo of somebody of the house, base64; return the id of the recording."""
    photo = await async_photo_from_text(request.hass, request.data[ATTR_PHOTO])
    recordings = request.hub.recordings
    return recordings.async_photo(_terminal(request), request.data[ATTR_PERSON_ID], photo, request.by)


async def _enrol_cancel(request: PanelRequest) -> JsonValueType:
    """Call off what is under way at a terminal; its own screen ends by itself."""
    terminal = _terminal(request)
    if not request.hub.recordings.async_cancel(terminal):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_enrolment",
            translation_placeholders={"terminal": terminal.name},
        )
    return None


def _terminal(request: PanelRequest) -> Terminal:
    terminal = request.hub.terminals.get(request.data[ATTR_SERIAL])
    if terminal is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_terminal")
    return terminal


class Enrolment:
    """What one browser knows of what terminals take and whom they record."""

    def __init__(self, request: PanelRequest, send: Send) -> None:
        """Know nothing; `send` tells the browser."""
        self._hub = request.hub
        self._send = send
        self._sent: JsonObjectType | None = None
        self._telling = Telling(request.hass, self._async_tell)
        self._terminals = FollowedTerminals(self._hub, self._telling.async_soon, lambda _: self._telling.async_soon())
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it."""
        # Somebody stands at the terminal and waits.
        self._unsubscribe = self._hub.recordings.async_subscribe(self._telling.async_now)
        self._terminals.async_start()
        self._telling.async_now()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._terminals.async_stop()
        self._telling.async_stop()

    @callback
    def _async_tell(self) -> None:
        latest = self._hub.recordings.latest
        told: JsonObjectType = {
            "takes": {serial: _takes(terminal) for serial, terminal in self._hub.terminals.items()},
            "recordings": {serial: described(recording) for serial, recording in latest.items()},
        }
        if told != self._sent:
            self._sent = told
            self._send(told)


def _takes(terminal: Terminal) -> JsonObjectType:
    info = terminal.coordinator.data.info
    return {kind.name.lower(): ability.value for kind, ability in abilities(info).items()}


def described(recording: Recording) -> JsonObjectType:
    """Return how far a recording is; nothing of what is recorded."""
    return {
        "recording_id": recording.recording_id,
        "person_id": recording.person_id,
        "credential": credential_name(recording.slot),
        "step": recording.step.value,
        "key": recording.key,
        "placeholders": dict(recording.placeholders),
    }


_WHERE: Fields = {vol.Required(ATTR_SERIAL): cv.string}
_WHO: Fields = {**_WHERE, vol.Required(ATTR_PERSON_ID): cv.string}

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = (
    PanelCommand(
        name="enrol",
        handler=_enrol,
        fields={
            **_WHO,
            vol.Required(ATTR_CREDENTIAL): vol.In(list(FIRST_SLOTS)),
            vol.Optional(ATTR_INDEX, default=0): whole,
        },
    ),
    PanelCommand(name="enrol_cancel", handler=_enrol_cancel, fields=_WHERE),
    PanelCommand(
        name="enrol_photo",
        handler=_enrol_photo,
        fields={**_WHO, vol.Required(ATTR_PHOTO): vol.All(str, vol.Length(min=1, max=MAX_PHOTO_LETTERS))},
    ),
    PanelFeed(name="enrolment", start=_start),
)
