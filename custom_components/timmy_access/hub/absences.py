"""When terminals were not connected, and whether what they recorded meanwhile has arrived.

Told is what is known: that something has arrived follows from what a terminal said that it had not sent yet, and from
nothing else. While Home Assistant does not run no terminal is connected either.
"""

from collections.abc import Callable, Collection, Mapping
from copy import replace
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..protocol.messages import DeviceInfo
from ..terminal.moments import CaughtUp, Moment
from .terminal import Terminal

VERSION = 1
# Many terminals go and come back together, such as with their switch.
SAVE_SECONDS = 10.0
# Terminals dial again within seconds, the slowest seen within 43 s (field notes 1, reconnect): that is no absence.
SHORTEST = timedelta(seconds=60)
# Of a terminal; an unsteady network makes some a day, and whoever asks about last month asks about few.
MAX_ABSENCES = 200


class Arrived(StrEnum):
    """Whether what a terminal recorded while it was away has arrived; a word that the panel translates."""

    AWAY = "away"
    COMING = "coming"
    NOT_KNOWN = "not_known"
    WHOLE = "whole"


@dataclass(frozen=True, kw_only=True)
class Absence:
    """A stretch of time without a connection; `until` is None while it lasts.

    `logs` is how many records the terminal had when it was last heard of, None where that is not known. `unsent` is how
    many it had not sent when it was back, of which so many `came`.
    """

    since: datetime
    until: datetime | None = None
    arrived: Arrived = Arrived.AWAY
    logs: int | None = None
    unsent: int | None = None
    came: int = 0

    def ended(self, now: datetime, info: DeviceInfo, unsent: int | None) -> Absence:
        """Return the absence of a terminal that is back, and says how it is and how much it has not sent."""
        return replace(self, until=now, unsent=unsent, arrived=_arrived(self.logs, info, unsent))

    def heard(self, info: DeviceInfo) -> Absence:
        """Return the absence after the terminal has said again how it is."""
        if self.arrived is not Arrived.COMING:
            return self
        return replace(self, arrived=_arrived(self.logs, info, info.logs_unsent))

    def caught_up(self, records: int) -> Absence:
        """Return the absence after so many old records have come."""
        if self.arrived is not Arrived.COMING or self.unsent is None:
            return self
        came = self.came + records
        return replace(self, came=came, arrived=Arrived.WHOLE if came >= self.unsent else Arrived.COMING)


def _arrived(logs: int | None, info: DeviceInfo, unsent: int | None) -> Arrived:
    """Return what is known of a terminal that is back: one that was emptied, or is full, may have lost what it had."""
    if unsent is None or info.logs_used is None or logs is None or info.logs_used < logs:
        return Arrived.NOT_KNOWN
    if info.logs_capacity and info.logs_used >= info.logs_capacity:
        return Arrived.NOT_KNOWN
    return Arrived.COMING if unsent else Arrived.WHOLE


class Absences:
    """Follows the terminals of one listener; a small file in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Belong to a listener; `async_load` has to follow."""
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}.{entry_id}.absences", private=True, atomic_writes=True
        )
        self._absences: dict[str, tuple[Absence, ...]] = {}
        self._online: dict[str, bool] = {}
        self._followed: dict[str, tuple[Terminal, tuple[CALLBACK_TYPE, ...]]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._unsaved = False

    async def async_load(self, serials: Collection[str]) -> None:
        """Read the file, if there is one: of the terminals that are approved."""
        for serial, absences in (await self._store.async_load() or {}).items():
            if serial in serials:
                self._absences[serial] = tuple(map(_read, absences))

    async def async_stop(self) -> None:
        """Write what still waits, so that nothing comes after the file has been deleted."""
        if self._unsaved:
            await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    @property
    def absences(self) -> Mapping[str, tuple[Absence, ...]]:
        """Those that are told of by serial number, the oldest first."""
        now = dt_util.utcnow()
        return {
            serial: tuple(it for it in absences if (it.until or now) - it.since >= SHORTEST)
            for serial, absences in self._absences.items()
        }

    @property
    def is_waiting(self) -> bool:
        """Whether one lasts that is too short yet to be told of."""
        now = dt_util.utcnow()
        return any(
            it.until is None and now - it.since < SHORTEST for absences in self._absences.values() for it in absences
        )

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever one begins, ends or is known better, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_terminal(self, terminal: Terminal) -> None:
        """Follow a terminal."""
        known = self._followed.get(terminal.serial)
        if known is not None and known[0] is terminal:
            return
        self._async_leave(terminal.serial)
        self._followed[terminal.serial] = (
            terminal,
            (
                terminal.coordinator.async_add_listener(lambda: self._async_look(terminal)),
                terminal.moments.async_subscribe(lambda moment: self._async_moment(terminal.serial, moment)),
            ),
        )
        self._async_look(terminal)

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget a terminal."""
        self._async_leave(serial)
        if self._absences.pop(serial, None) is not None:
            self._async_changed()

    @callback
    def async_deafen(self) -> None:
        """Follow nothing any more: from now on nobody is connected."""
        for serial, (terminal, _) in tuple(self._followed.items()):
            if self._online.get(serial):
                self._async_begin(terminal, dt_util.utcnow())
            self._async_leave(serial)

    @callback
    def _async_leave(self, serial: str) -> None:
        self._online.pop(serial, None)
        if (known := self._followed.pop(serial, None)) is not None:
            for stop in known[1]:
                stop()

    @callback
    def _async_look(self, terminal: Terminal) -> None:
        serial, state = terminal.serial, terminal.coordinator.data
        was_online, self._online[serial] = self._online.get(serial, False), state.online
        if was_online and not state.online:
            self._async_begin(terminal, terminal.last_seen or dt_util.utcnow())
        elif state.online and not was_online:
            # What a registration leaves out stays as it was said before, but for how much has not been sent.
            now, unsent = dt_util.utcnow(), terminal.clock.unsent
            self._async_change(
                serial, lambda it: it.heard(state.info) if it.until else it.ended(now, state.info, unsent)
            )
        elif state.online:
            self._async_change(serial, lambda it: it.heard(state.info))

    @callback
    def _async_moment(self, serial: str, moment: Moment) -> None:
        if isinstance(moment, CaughtUp):
            self._async_change(serial, lambda it: it.caught_up(moment.records))

    @callback
    def _async_begin(self, terminal: Terminal, since: datetime) -> None:
        """Begin an absence; what the last one waits for comes with this one, if at all."""
        serial, logs = terminal.serial, terminal.coordinator.data.info.logs_used
        known = tuple(
            it for it in self._absences.get(serial, ()) if it.until is None or it.until - it.since >= SHORTEST
        )
        self._absences[serial] = (*known, Absence(since=since, logs=logs))[-MAX_ABSENCES:]
        self._async_changed()

    @callback
    def _async_change(self, serial: str, change: Callable[[Absence], Absence]) -> None:
        before = self._absences.get(serial, ())
        after = tuple(map(change, before))
        if after != before:
            self._absences[serial] = after
            self._async_changed()

    @callback
    def _async_changed(self) -> None:
        self._unsaved = True
        self._store.async_delay_save(self._data, SAVE_SECONDS)
        for listener in tuple(self._listeners):
            listener()

    def _data(self) -> dict[str, Any]:
        self._unsaved = False
        return {serial: [_written(it) for it in absences] for serial, absences in self._absences.items() if absences}


def _written(absence: Absence) -> dict[str, Any]:
    return {
        "since": absence.since.isoformat(),
        "until": absence.until and absence.until.isoformat(),
        "arrived": absence.arrived.value,
        "logs": absence.logs,
        "unsent": absence.unsent,
        "came": absence.came,
    }


def _read(stored: Mapping[str, Any]) -> Absence:
    return Absence(
        since=dt_util.parse_datetime(stored["since"], raise_on_error=True),
        until=stored["until"] and dt_util.parse_datetime(stored["until"], raise_on_error=True),
        arrived=Arrived(stored["arrived"]),
        logs=stored["logs"],
        unsent=stored["unsent"],
        came=stored["came"],
    )
