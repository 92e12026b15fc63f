"""What a browser is told of the house, whenever that changes."""

import asyncio
from contextlib import suppress

from homeassistant.core import CALLBACK_TYPE, callback

from ..house.errors import HouseUnknown
from ..hub.hub import Hub
from ..hub.terminal import Terminal
from .feed import GATHER_SECONDS, Send
from .request import PanelRequest
from .telling import FollowedTerminals

# A large house with many terminals is looked at less often, so that it takes a fifth of the time at most.
PAUSE_FACTOR = 5
# People in one message: Home Assistant writes one in a few milliseconds, and does other things in between.
SLICE = 500


class Following:
    """What follows the house, and looks at it anew soon after something has changed, once at a time."""

    def __init__(self, request: PanelRequest, send: Send) -> None:
        """Know nothing; `send` tells the browser."""
        self._request = request
        self._send = send
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._online: dict[str, bool] = {}
        self._changed = asyncio.Event()
        self._terminals = FollowedTerminals(request.hub, self._changed.set, self._async_moved)
        self._task: asyncio.Task[None] | None = None

    @property
    def hub(self) -> Hub:
        """The listener."""
        return self._request.hub

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it."""
        self._unsubscribe = [
            self.hub.house.keeper.async_subscribe(lambda _: self._changed.set()),
            self.hub.house.hours.async_subscribe(self._changed.set),
            self.hub.caretaker.watch.async_subscribe(self._changed.set),
        ]
        self._terminals.async_start()
        self._task = self._request.entry.async_create_background_task(
            self._request.hass, self._async_follow(), "timmy_access panel people"
        )

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        self._terminals.async_stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def async_tell(self) -> None:
        """Tell what is another."""
        raise NotImplementedError

    async def _async_follow(self) -> None:
        loop = self._request.hass.loop
        while True:
            self._changed.clear()
            begun = loop.time()
            # The overview tells of a house that is not known, and this goes on once it is.
            with suppress(HouseUnknown):
                await self.async_tell()
            await asyncio.sleep(max(GATHER_SECONDS, PAUSE_FACTOR * (loop.time() - begun)))
            await self._changed.wait()

    @callback
    def _async_moved(self, terminal: Terminal) -> None:
        """Look anew where a terminal came or went; a punch changes nothing here."""
        online = terminal.coordinator.data.online
        if self._online.get(terminal.serial) is not online:
            self._online[terminal.serial] = online
            self._changed.set()
