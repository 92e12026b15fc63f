"""What runs in the calendars that passes follow, known beforehand: nobody at a door waits for a calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..terminal.tasks import Tasks

# Somebody who books in the last minute has the pass by the time the suitcase is at the door.
REFRESH_INTERVAL = timedelta(minutes=5)
# How far ahead events are known, should the calendar be away for a while.
AHEAD = timedelta(days=2)
# A stay that began long ago still runs.
BACK = timedelta(days=60)


@dataclass(frozen=True)
class Booking:
    """One event of a calendar; `text` are its words in lower case."""

    start: datetime
    end: datetime
    text: str


class Calendars:
    """The events of some calendars, read now and then."""

    def __init__(self, hass: HomeAssistant, tasks: Tasks) -> None:
        """Follow no calendar yet."""
        self._hass = hass
        self._tasks = tasks
        self._bookings: dict[str, list[Booking]] = {}
        self._stop: list[CALLBACK_TYPE] = []

    @callback
    def async_watch(self, entity_ids: Iterable[str]) -> None:
        """Follow these calendars, and no other."""
        wanted = set(entity_ids)
        if wanted == self._bookings.keys():
            return
        self.async_stop()
        self._bookings = {entity_id: self._bookings.get(entity_id, []) for entity_id in wanted}
        if not wanted:
            return

        @callback
        def _async_changed(event: Event[EventStateChangedData]) -> None:
            self._async_refresh_soon({event.data["entity_id"]})

        @callback
        def _async_due(_: datetime) -> None:
            self._async_refresh_soon(wanted)

        self._stop = [
            async_track_state_change_event(self._hass, wanted, _async_changed),
            async_track_time_interval(self._hass, _async_due, REFRESH_INTERVAL, cancel_on_shutdown=True),
        ]
        self._async_refresh_soon(wanted)

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more; what is known stays."""
        for stop in self._stop:
            stop()
        self._stop = []

    def is_running(self, entity_id: str, tag: str, now: datetime) -> bool:
        """Return whether an event whose words hold the tag runs at an instant."""
        wanted = tag.casefold()
        return any(
            booking.start <= now < booking.end and wanted in booking.text
            for booking in self._bookings.get(entity_id, ())
        )

    async def async_refresh(self, entity_id: str) -> None:
        """Read one calendar; one that does not answer keeps what was known of it."""
        now = dt_util.utcnow()
        try:
            answer = await self._hass.services.async_call(
                "calendar",
                "get_events",
                {"entity_id": entity_id, "start_date_time": now - BACK, "end_date_time": now + AHEAD},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            LOGGER.debug("%s could not be read: %s", entity_id, err)
            return
        found = (answer or {}).get(entity_id)
        events = found.get("events") if isinstance(found, dict) else None
        if entity_id in self._bookings and isinstance(events, list):
            self._bookings[entity_id] = [booking for event in events if (booking := _booking(event)) is not None]

    @callback
    def _async_refresh_soon(self, entity_ids: Iterable[str]) -> None:
        for entity_id in entity_ids:
            self._tasks.async_start(self.async_refresh(entity_id), f"read {entity_id}")


def _booking(event: object) -> Booking | None:
    if not isinstance(event, dict):
        return None
    start, end = _instant(event.get("start")), _instant(event.get("end"))
    if start is None or end is None:
        return None
    words = (event.get(key) or "" for key in ("summary", "description", "location"))
    return Booking(start=start, end=end, text=" ".join(map(str, words)).casefold())


def _instant(value: object) -> datetime | None:
    """Return the start or end of an event; a whole day begins at local midnight."""
    text = str(value)
    if (moment := dt_util.parse_datetime(text)) is not None:
        return dt_util.as_utc(moment)
    day: date | None = dt_util.parse_date(text)
    return None if day is None else dt_util.as_utc(dt_util.start_of_local_day(day))
