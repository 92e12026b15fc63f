"""Whether a terminal is there: told when it changes, and not because Home Assistant itself was away."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .moments import LinkKind, LinkMoment, Moment

# Terminals dial again within seconds, the slowest seen within 43 s (field notes 1, reconnect).
FIRST_CONTACT_SECONDS = 120.0


class Connectivity:
    """Tells when one terminal goes and when it is back. The first connection after a start is no news."""

    def __init__(self, hass: HomeAssistant, publish: Callable[[Moment], None]) -> None:
        """Wait for the first connection; `publish` gets the moments."""
        self._publish = publish
        self._away = False
        self._cancel: CALLBACK_TYPE | None = async_call_later(
            hass, FIRST_CONTACT_SECONDS, HassJob(self._async_missed, "first contact", cancel_on_shutdown=True)
        )

    @callback
    def async_connected(self) -> None:
        """Note that the terminal has dialled in."""
        self.async_stop()
        if self._away:
            self._away = False
            self._tell(LinkKind.ONLINE)

    @callback
    def async_disconnected(self) -> None:
        """Note that the connection is gone."""
        self._away = True
        self._tell(LinkKind.OFFLINE)

    @callback
    def async_stop(self) -> None:
        """Wait for nothing more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_missed(self, _: datetime) -> None:
        self._cancel = None
        self.async_disconnected()

    def _tell(self, kind: LinkKind) -> None:
        self._publish(LinkMoment(kind=kind, occurred_at=dt_util.utcnow()))
