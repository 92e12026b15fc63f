"""What every page of the panel shows around itself: the terminals with their doors, and how the house stands."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..hub.hub import Hub, TimmyAccessConfigEntry
from ..hub.outcomes import described as outcome_said
from ..hub.terminal import Terminal
from ..terminal.devices import door_identifier
from ..terminal.moments import Punch
from ..terminal.state import Emergency
from .approval import described_waiting
from .feed import PanelFeed, Send
from .machine import machine
from .request import PanelRequest
from .telling import FollowedTerminals, Telling

# Who waits for approval is forgotten some time after they have gone, which nothing tells of.
LOOK_AGAIN_SECONDS = 60.0
# What the page of doors shows of a terminal besides its locks, and changes; None where there is no such entity.
_ENTITIES = {
    "alarm": Platform.BINARY_SENSOR,
    "cancel_alarm": Platform.BUTTON,
    "door": Platform.BINARY_SENSOR,
    "door_mode": Platform.SELECT,
    "tamper": Platform.BINARY_SENSOR,
}


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"house": {...}, "pending": [...], "terminals": {serial: {...} | null}}`.

    All terminals at first, then those that are another; the house and who waits for approval always as a whole.
    """
    overview = Overview(request.hass, request.entry, send)
    overview.async_start()
    return overview.async_stop


class Overview:
    """What one browser knows of a listener."""

    def __init__(self, hass: HomeAssistant, entry: TimmyAccessConfigEntry, send: Send) -> None:
        """Know nothing; `send` tells the browser."""
        self._hass = hass
        self._entry = entry
        self._hub: Hub = entry.runtime_data
        self._send = send
        self._sent: dict[str, JsonObjectType] = {}
        self._whole: JsonObjectType | None = None
        self._telling = Telling(hass, self._async_tell)
        self._terminals = FollowedTerminals(self._hub, self._telling.async_soon, lambda _: self._telling.async_soon())
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Tell everything, and follow it."""
        soon = self._telling.async_soon
        self._terminals.async_start()
        self._unsubscribe = [
            self._hub.house.keeper.async_subscribe(lambda _: soon()),
            self._hub.caretaker.watch.async_subscribe(soon),
            self._hub.pending.async_subscribe(soon),
            self._hub.door_orders.emergencies.async_subscribe(soon),
            self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, lambda _: soon()),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, lambda _: soon()),
        ]
        self._telling.async_now()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        self._terminals.async_stop()
        self._telling.async_stop()

    @callback
    def _async_tell(self) -> None:
        present = {serial: described(self._hass, self._entry, it) for serial, it in self._hub.terminals.items()}
        changed: dict[str, JsonValueType] = {
            serial: said for serial, said in present.items() if self._sent.get(serial) != said
        }
        changed.update(dict.fromkeys(self._sent.keys() - present.keys()))
        waiting = self._hub.pending.async_waiting()
        whole: JsonObjectType = {
            "house": _house(self._hub),
            "pending": [described_waiting(self._hub, it) for it in waiting],
        }
        if changed or whole != self._whole:
            self._send({**whole, "terminals": changed})
        self._sent, self._whole = present, whole
        if waiting:
            self._telling.async_again(LOOK_AGAIN_SECONDS)


def described(hass: HomeAssistant, entry: TimmyAccessConfigEntry, terminal: Terminal) -> JsonObjectType:
    """Return a terminal as every page may show it; times as ISO 8601, None for what is not known."""
    hub = entry.runtime_data
    state, counts = terminal.coordinator.data, hub.caretaker.watch.counts
    of_it = counts.terminals.get(terminal.serial) if counts else None
    device_of = partial(_door_device, hass, entry.entry_id, terminal.serial)
    entities = er.async_get(hass)
    last_seen = terminal.last_seen
    return {
        "serial": terminal.serial,
        "device_id": terminal.device_id,
        "name": terminal.name,
        "model": state.info.model,
        "online": state.online,
        "is_here": state.is_here,
        "last_seen": None if state.online or last_seen is None else dt_util.as_local(last_seen).isoformat(),
        "kept_in_step": terminal.serial in hub.house.household.kept,
        "differences": of_it.differences if of_it else 0,
        "waiting": of_it.waiting if of_it else 0,
        "was_reset": bool(of_it and of_it.was_reset),
        "entities": {
            key: entities.async_get_entity_id(platform, DOMAIN, f"{terminal.serial}_{key}")
            for key, platform in _ENTITIES.items()
        },
        "machine": machine(state, terminal.roster),
        "latest": _latest(state.latest_punch),
        "doors": [
            {
                "number": door,
                "name": None if (device := device_of(door)) is None else device.name_by_user or device.name,
                "device_id": terminal.device_id if device is None else device.id,
                "lock": entities.async_get_entity_id(Platform.LOCK, DOMAIN, f"{terminal.serial}_door{door}_lock"),
                "mode": None if (mode := state.doors[door].mode) is None else mode.value,
                "held_until": None if (until := state.doors[door].held_until) is None else _local(until),
                "held_by": state.doors[door].held_by,
                "emergency": None if (emergency := state.doors[door].emergency) is None else emergency.value,
            }
            for door in sorted(state.doors)
        ],
    }


def _door_device(hass: HomeAssistant, entry_id: str, serial: str, door: int) -> dr.ChildDeviceEntry | None:
    """Return the device of a door; None for the only one of a terminal, which is the terminal's."""
    return dr.async_get(hass).async_get_child_device_by_identifier(door_identifier(serial, door), entry_id)


def _latest(punch: Punch | None) -> JsonObjectType | None:
    """Return who was let in last since Home Assistant runs, or may have been."""
    if punch is None:
        return None
    return {
        "person": punch.person,
        "method": punch.kind.value,
        "occurred_at": dt_util.as_local(punch.occurred_at).isoformat(),
    }


def _house(hub: Hub) -> JsonObjectType:
    house, counts = hub.house, hub.caretaker.watch.counts
    known: Mapping[str, object] = house.household.people if house.keeper.is_known else {}
    return {
        "known": house.keeper.is_known,
        "people": len(known),
        "groups": len(house.household.groups) if house.keeper.is_known else 0,
        "vault": house.vault.state.value,
        "differences": counts.differences if counts else None,
        "waiting": counts.waiting if counts else None,
        "emergencies": [told for kind in Emergency if (told := _emergency(hub, kind)) is not None],
    }


def _emergency(hub: Hub, kind: Emergency) -> JsonObjectType | None:
    """Return a lockdown or an evacuation that is on: who asked since when, and what each door has confirmed."""
    emergencies = hub.door_orders.emergencies
    if (order := emergencies.order(kind)) is None:
        return None
    return {
        "kind": kind.value,
        "since": _local(order.since),
        "asked_by": order.name,
        "doors": [
            {"serial": outcome.terminal.serial, "door": outcome.door, **outcome_said(outcome)}
            for outcome in emergencies.outcomes(kind)
        ],
    }


def _local(instant: datetime) -> str:
    return dt_util.as_local(instant).isoformat()


FEEDS = (PanelFeed(name="overview", start=_start),)
