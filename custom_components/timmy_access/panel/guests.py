"""Passes of guests."""

from collections.abc import Mapping
from datetime import datetime

import voluptuous as vol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..fields import ATTR_NAME, yes_or_no
from ..guests.passbook import Passbook
from ..guests.passes import Pass, Refused
from ..hub.hub import Hub
from ..services.passes import ACTIVE, ATTR_INCLUDE_ENDED, described_pass
from .command import PanelCommand
from .feed import PanelFeed, Send
from .request import PanelRequest
from .telling import Telling

# Passes in these states do not open any more, unless somebody extends them.
ENDED = frozenset({Refused.EXPIRED, Refused.REVOKED, Refused.USED_UP})


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"all": bool, "passes": {pass_id: {...} | null}}`: everything at first, then what is another.

    Passes that have ended are told only where `include_ended` asks for them.
    """
    told = Passes(request.hass, request.hub, send, include_ended=request.data[ATTR_INCLUDE_ENDED])
    told.async_start()
    return told.async_stop


class Passes:
    """What one browser knows of the passes of a listener."""

    def __init__(self, hass: HomeAssistant, hub: Hub, send: Send, *, include_ended: bool) -> None:
        """Know nothing; `send` tells the browser."""
        self._hass = hass
        self._hub = hub
        self._send = send
        self._include_ended = include_ended
        # The pass as it was told, and its state; a pass is replaced when it changes.
        self._sent: dict[str, tuple[Pass, str]] | None = None
        self._telling = Telling(hass, self._async_tell)
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it."""
        self._unsubscribe = [
            self._hub.passbook.book.async_subscribe(self._telling.async_soon),
            # By the clock passes begin and end, and hours and events of calendars with them.
            async_track_time_change(self._hass, self._async_minute, second=0),
        ]
        self._telling.async_now()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        self._telling.async_stop()

    @callback
    def _async_minute(self, _: datetime) -> None:
        self._telling.async_now()

    @callback
    def _async_tell(self) -> None:
        terminals = {terminal.serial: terminal.name for terminal in self._hub.terminals.values()}
        known = self._sent or {}
        present: dict[str, tuple[Pass, str]] = {}
        now = dt_util.utcnow()
        for held in self._hub.passbook.passes.values():
            state = state_of(self._hub.passbook, held, now)
            if self._include_ended or state not in ENDED:
                present[held.pass_id] = (held, state)
        changed: dict[str, JsonValueType] = {
            pass_id: described(held, state, terminals)
            for pass_id, (held, state) in present.items()
            if known.get(pass_id) != (held, state)
        }
        changed.update(dict.fromkeys(known.keys() - present.keys()))
        if changed or self._sent is None:
            self._send({"all": self._sent is None, "passes": changed})
        self._sent = present


def state_of(passbook: Passbook, held: Pass, now: datetime) -> str:
    """Return whether a pass opens its doors at an instant, or why not."""
    reason = held.refused(next(iter(held.doors), ""), now, dt_util.get_default_time_zone())
    if reason is None and held.calendar is not None:
        running = passbook.calendars.is_running(held.calendar, held.tag or "", now)
        reason = None if running else Refused.NOT_NOW
    return ACTIVE if reason is None else reason.value


def described(held: Pass, state: str, terminals: Mapping[str, str]) -> JsonObjectType:
    """Return a pass as the action tells it, with the doors by serial number so that they can be called by name."""
    return {
        **described_pass(held, state, terminals),
        "doors": [
            {"serial": serial, ATTR_NAME: terminals.get(serial, serial), "doors": list[JsonValueType](sorted(doors))}
            for serial, doors in held.doors.items()
        ],
    }


COMMANDS: tuple[PanelCommand | PanelFeed, ...] = (
    PanelFeed(
        name="passes",
        start=_start,
        fields={vol.Optional(ATTR_INCLUDE_ENDED, default=False): yes_or_no},
    ),
)
