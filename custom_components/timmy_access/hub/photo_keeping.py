"""Keeps the photos of a listener's terminals for as long as the owner wants, and the terminals and people are here."""

from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change

from ..house.household import Household
from ..records.photos import PHOTOS, PhotoChoice, Photos
from ..records.reading import serials_of
from ..terminal.moments import Moment, PunchPhoto
from ..terminal.tasks import Tasks
from .hub import Hub
from .nightly import HOUR, MINUTE
from .terminal import Terminal


@callback
def async_keep_photos(hass: HomeAssistant, entry: ConfigEntry[Hub], hub: Hub) -> CALLBACK_TYPE:
    """Keep photos of a listener that has started, until the returned function is called."""
    keeping = _PhotoKeeping(hass, entry, hub)
    keeping.async_start()
    return keeping.async_stop


class _PhotoKeeping:
    """Follows a listener's terminals, people and options."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Hub], hub: Hub) -> None:
        self._hass = hass
        self._entry = entry
        self._hub = hub
        self._tasks = Tasks(hass, entry)
        self._photos = Photos(hass, entry.entry_id, self._tasks)
        self._present: frozenset[int] | None = None
        self._heard: dict[Terminal, CALLBACK_TYPE] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        # A start does not wait until a folder with many photos has been looked through.
        self._tasks.async_see_through(self._async_apply(), "look through the photos")
        self._hass.data.setdefault(PHOTOS, {})[self._entry.entry_id] = self._photos
        house = self._hub.house
        self._unsubscribe += (
            self._hub.async_subscribe_terminals(self._async_hear),
            house.keeper.async_subscribe(self._async_look),
            self._entry.add_update_listener(self._async_changed),
            async_track_time_change(self._hass, self._async_due, hour=HOUR, minute=MINUTE, second=0),
        )
        self._async_look(house.household)

    @callback
    def async_stop(self) -> None:
        while self._unsubscribe:
            self._unsubscribe.pop()()
        while self._heard:
            self._heard.popitem()[1]()
        self._hass.data.get(PHOTOS, {}).pop(self._entry.entry_id, None)

    async def _async_apply(self) -> None:
        serials = frozenset(serials_of(self._hub.terminals.values()))
        await self._photos.async_apply(PhotoChoice.of(self._entry.options), serials)

    async def _async_changed(self, hass: HomeAssistant, entry: ConfigEntry[Hub]) -> None:  # noqa: ARG002
        for terminal in self._heard.keys() - set(self._hub.terminals.values()):
            self._heard.pop(terminal)()
        await self._async_apply()

    @callback
    def _async_hear(self, terminal: Terminal) -> None:
        if terminal not in self._heard:

            @callback
            def _async_take(moment: Moment) -> None:
                if isinstance(moment, PunchPhoto):
                    self._photos.async_take(terminal.serial, moment)

            self._heard[terminal] = terminal.moments.async_subscribe(_async_take)

    @callback
    def _async_look(self, household: Household) -> None:
        """Have the photos of whoever is not in the house any more deleted at once."""
        if not self._hub.house.keeper.is_known:
            return
        before = self._present or frozenset()
        self._present = frozenset(person.enroll_id for person in household.people.values())
        if gone := before - self._present:
            self._tasks.async_see_through(self._photos.async_forget(gone), "delete photos")

    @callback
    def _async_due(self, _: datetime) -> None:
        self._tasks.async_start(self._photos.async_tidy(), "delete old photos")
