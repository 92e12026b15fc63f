"""The hours of Home Assistant's schedule helpers, followed as they change."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time
from types import MappingProxyType
from typing import Any, cast

from homeassistant.const import ATTR_DOMAIN, ATTR_SERVICE, EVENT_SERVICE_REGISTERED
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event, async_track_state_report_event

from ..const import LOGGER
from ..terminal.tasks import Tasks
from .week import DAY_MINUTES, NEVER, Span, Week

SCHEDULE_DOMAIN = "schedule"
# The action that tells the week of a helper, and its days in the order of `date.weekday()`.
_ACTION = "get_schedule"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FROM, _TO = "from", "to"


class ScheduleHours:
    """The weeks of some helpers, by their id in the entity registry, which outlives another name.

    None is a week that cannot be read at present, as at a start: nobody knows its hours then. A helper that somebody
    has deleted or disabled has no hours, at once.
    """

    def __init__(self, hass: HomeAssistant, tasks: Tasks) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._tasks = tasks
        self._weeks: dict[str, Week | None] = {}
        self._to_read: set[str] = set()
        self._reading = False
        self._listeners: list[Callable[[], None]] = []
        self._cancel: list[CALLBACK_TYPE] = []
        self._started: list[CALLBACK_TYPE] = []

    @property
    def weeks(self) -> Mapping[str, Week | None]:
        """The weeks that are followed."""
        return MappingProxyType(self._weeks)

    @property
    def gone(self) -> frozenset[str]:
        """Which of them somebody has deleted or disabled."""
        return frozenset(filter(self._is_gone, self._weeks))

    def _is_gone(self, schedule: str) -> bool:
        entry = er.async_get(self._hass).entities.get_entry(schedule)
        return entry is None or entry.disabled_by is not None

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever some hours are others, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_start(self) -> None:
        """Follow the registry: helpers are renamed, deleted and made again."""
        bus = self._hass.bus
        self._started = [
            bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_changed),
            # At a start the helpers are there before anybody may ask for their hours.
            bus.async_listen(EVENT_SERVICE_REGISTERED, self._async_service_registered),
        ]

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self._async_let_go()
        while self._started:
            self._started.pop()()

    @callback
    def async_follow(self, schedules: Iterable[str]) -> None:
        """Follow these helpers and no others."""
        wanted = set(schedules)
        if wanted == self._weeks.keys() or not self._started:
            return
        self._weeks = {schedule: self._weeks.get(schedule) for schedule in wanted}
        self._async_track()
        self._async_read_soon(wanted)

    async def async_week(self, schedule: str) -> Week | None:
        """Read the week of a helper; None where that cannot be done."""
        if (entity_id := self._entity_id(schedule)) is None:
            return None
        try:
            response = await self._hass.services.async_call(
                SCHEDULE_DOMAIN, _ACTION, target={"entity_id": entity_id}, blocking=True, return_response=True
            )
            return _week_of(cast("Mapping[str, Mapping[str, Any]]", response)[entity_id])
        except (HomeAssistantError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as err:
            LOGGER.debug("The hours of %s cannot be read: %s", entity_id, err)
            return None

    def _entity_id(self, schedule: str) -> str | None:
        entry = er.async_get(self._hass).entities.get_entry(schedule)
        return entry.entity_id if entry is not None and entry.domain == SCHEDULE_DOMAIN else None

    @callback
    def _async_let_go(self) -> None:
        while self._cancel:
            self._cancel.pop()()

    @callback
    def _async_track(self) -> None:
        self._async_let_go()
        ids = {self._entity_id(schedule): schedule for schedule in self._weeks}
        ids.pop(None, None)

        @callback
        def _async_told(event: Event[Any]) -> None:
            self._async_read_soon({ids[event.data["entity_id"]]})

        # Hours of another day change the helper without a change of its state: it only reports itself again.
        names = [entity_id for entity_id in ids if entity_id is not None]
        self._cancel += (
            async_track_state_change_event(self._hass, names, _async_told),
            async_track_state_report_event(self._hass, names, _async_told),
        )

    @callback
    def _async_registry_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["entity_id"].partition(".")[0] == SCHEDULE_DOMAIN:
            self._async_track()
            self._async_read_soon(self._weeks)

    @callback
    def _async_service_registered(self, event: Event[Any]) -> None:
        if (event.data[ATTR_DOMAIN], event.data[ATTR_SERVICE]) == (SCHEDULE_DOMAIN, _ACTION):
            self._async_read_soon(self._weeks)

    @callback
    def _async_read_soon(self, schedules: Iterable[str]) -> None:
        self._to_read.update(schedules)
        if not self._reading and self._started:
            self._reading = True
            self._tasks.async_start(self._async_read(), "hours of schedules")

    async def _async_read(self) -> None:
        try:
            while self._to_read:
                schedule = self._to_read.pop()
                week = await self.async_week(schedule)
                if self._is_gone(schedule):
                    week = NEVER
                if schedule in self._weeks and self._weeks[schedule] != week:
                    self._weeks[schedule] = week
                    for listener in tuple(self._listeners):
                        listener()
        finally:
            self._reading = False


def _week_of(said: Mapping[str, Any]) -> Week:
    """Return a week that is never wider than what was said: a terminal knows no seconds."""
    return Week.of([span for section in said[day] if (span := _span_of(section)) is not None] for day in _DAYS)


def _span_of(section: Mapping[str, Any]) -> Span | None:
    begin, end = _moment(section[_FROM]), _moment(section[_TO])
    first = begin.hour * 60 + begin.minute + (1 if begin.second or begin.microsecond else 0)
    last = DAY_MINUTES if end == time.max else end.hour * 60 + end.minute
    return (first, last) if first < last else None


def _moment(said: Any) -> time:
    if isinstance(said, time):
        return said
    return time.max if str(said).startswith("24:") else time.fromisoformat(str(said))
