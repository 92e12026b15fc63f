"""Whether a terminal whose connection has ended is about to be back: terminals dial again within seconds.

For so long its entities stay as they are, *Connectivity* too, and commands wait for it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import AWAY_DELAY, CONF_AWAY_DELAY
from ..protocol.commands.base import Command
from ..protocol.errors import TerminalAway
from ..protocol.exchange import DOOR_WRITE_SECONDS
from ..protocol.session import Session
from .coordinator import TerminalCoordinator

# How long a command waits for a terminal to be back; one for a door is never written later than that.
BACK_SECONDS = DOOR_WRITE_SECONDS


class Presence:
    """Expects one terminal back for a while after each connection."""

    def __init__(
        self, hass: HomeAssistant, coordinator: TerminalCoordinator, session: Callable[[], Session | None]
    ) -> None:
        """Expect nobody yet; `session` returns the present connection."""
        self._hass = hass
        self._coordinator = coordinator
        self._session = session
        self._away_delay: float = AWAY_DELAY
        self._news: asyncio.Event | None = None
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_apply(self, options: Mapping[str, Any]) -> None:
        """Apply the settings of the listener, from the next end of a connection on."""
        self._away_delay = options.get(CONF_AWAY_DELAY, AWAY_DELAY)

    async def async_session(self, command: Command[Any], asked_at: float | None = None) -> Session:
        """Return the present connection, or the next one if that is expected within two seconds.

        They begin at `asked_at`, in the loop's time, where somebody has asked earlier than now. Raises `TerminalAway`:
        nothing was sent.
        """
        if self._session() is None and self._news is not None:
            since = self._hass.loop.time() if asked_at is None else asked_at
            try:
                async with asyncio.timeout_at(since + BACK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                pass
        if (session := self._session()) is None:
            raise TerminalAway(command.name)
        return session

    @callback
    def async_left(self) -> None:
        """Note that the connection has ended."""
        self.async_stop()
        is_expected = self._away_delay > 0
        if is_expected:
            self._news = asyncio.Event()
            job = HassJob(self._async_away, "terminal stays away", cancel_on_shutdown=True)
            self._cancel = async_call_later(self._hass, self._away_delay, job)
        self._coordinator.async_replace(replace(self._coordinator.data, online=False, is_expected=is_expected))

    @callback
    def async_stop(self) -> None:
        """Expect nobody: whoever waits looks for a connection once more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._news is not None:
            self._news.set()
            self._news = None

    @callback
    def _async_away(self, _: datetime) -> None:
        self._cancel = None
        self.async_stop()
        self._coordinator.async_replace(replace(self._coordinator.data, is_expected=False))
