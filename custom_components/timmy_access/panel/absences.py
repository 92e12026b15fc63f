"""When terminals were not connected, which the log shows between its records."""

import voluptuous as vol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..hub.absences import SHORTEST, Absence
from ..hub.hub import Hub
from .feed import PanelFeed, Send
from .request import PanelRequest
from .telling import Telling

ATTR_SERIAL = "serial"
# The newest of all terminals: more is further back than somebody scrolls, and can be looked for by terminal.
MAX_TOLD = 500


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"absences": [...]}`, the newest first, whenever they are others; of one terminal with `serial`.

    `arrived` is `away` while it lasts, `whole` where nothing that was recorded meanwhile is missing, `coming` where
    some of it is still on its way, and else `not_known`.
    """
    telling = _Absences(request.hass, request.hub, request.data.get(ATTR_SERIAL), send)
    telling.async_start()
    return telling.async_stop


class _Absences:
    """What one browser knows of the absences."""

    def __init__(self, hass: HomeAssistant, hub: Hub, serial: str | None, send: Send) -> None:
        self._hub = hub
        self._serial = serial
        self._send = send
        self._sent: JsonObjectType | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._telling = Telling(hass, self._async_tell)

    @callback
    def async_start(self) -> None:
        self._unsubscribe = self._hub.absences.async_subscribe(self._telling.async_soon)
        self._telling.async_now()

    @callback
    def async_stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._telling.async_stop()

    @callback
    def _async_tell(self) -> None:
        found = [
            (absence.since, serial, absence)
            for serial, absences in self._hub.absences.absences.items()
            if self._serial in (None, serial)
            for absence in absences
        ]
        found.sort(key=lambda one: one[:2], reverse=True)
        absences: list[JsonValueType] = [_told(serial, absence) for _, serial, absence in found[:MAX_TOLD]]
        told: JsonObjectType = {"absences": absences}
        if told != self._sent:
            self._sent = told
            self._send(told)
        if self._hub.absences.is_waiting:
            self._telling.async_again(SHORTEST.total_seconds())


def _told(serial: str, absence: Absence) -> JsonObjectType:
    return {
        "serial": serial,
        "since": dt_util.as_local(absence.since).isoformat(),
        "until": None if absence.until is None else dt_util.as_local(absence.until).isoformat(),
        "arrived": absence.arrived.value,
    }


FEEDS = (PanelFeed(name="absences", start=_start, fields={vol.Optional(ATTR_SERIAL): cv.string}),)
