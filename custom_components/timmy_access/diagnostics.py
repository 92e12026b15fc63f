"""What helps to find a fault, and nothing about people.

Everything here may be posted in public. Of frames, settings and options only what is known to be harmless is shown;
names, cards, PINs, templates, photos, codes and texts on screens are not, nor whole serial numbers.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy
from websockets.version import version as websockets_version

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_MODEL, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util

from .const import CONF_DB_URL, CONF_SERIAL, CONF_SERVER_APPROVAL, DOMAIN
from .house.house import House
from .hub.hub import TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .ledger import Ledger, LedgerUnavailable, shown_url
from .protocol import listener as listener_module, lobby as lobby_module, pace as pace_module, session as session_module
from .protocol.log_budget import LINES_PER_MINUTE
from .protocol.networks import PRIVATE, Networks, shown_network
from .protocol.redaction import REDACTED, partly, redacted_fields
from .terminal.devices import door_identifier, terminal_identifier
from .terminal.state import TerminalState

# Counting millions of records on a small computer may take longer than somebody waits for a download.
COUNT_SECONDS = 5.0

# Texts among settings that say nothing about people; numbers never do.
_HARMLESS = frozenset({CONF_HOST, CONF_MODEL, CONF_PORT, CONF_SERVER_APPROVAL})
_LIMITS = {
    "connections_waiting": lobby_module.MAX_WAITING,
    "connections_waiting_per_address": lobby_module.MAX_WAITING_PER_ADDRESS,
    "seconds_to_identify": listener_module.IDENTIFY_SECONDS,
    "frame_bytes": listener_module.MAX_FRAME_BYTES,
    "frame_bytes_before_approval": listener_module.MAX_UNADMITTED_FRAME_BYTES,
    "frames_per_second": pace_module.MAX_FRAMES_PER_SECOND,
    "bytes_per_second": pace_module.MAX_BYTES_PER_SECOND,
    "objects_per_second": pace_module.MAX_OBJECTS_PER_SECOND,
    "broken_frames_in_a_row": session_module.MAX_MALFORMED,
    "log_lines_per_minute_and_class": LINES_PER_MINUTE,
}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: TimmyAccessConfigEntry) -> dict[str, Any]:
    """Return the state of a listener and of all its terminals."""
    integration = await async_get_integration(hass, DOMAIN)
    shown: dict[str, Any] = {
        "versions": {
            "integration": str(integration.version),
            "sqlalchemy": sqlalchemy.__version__,
            "websockets": websockets_version,
        },
        "data": _settings(entry.data),
        "options": _settings(entry.options),
    }
    if entry.state is not ConfigEntryState.LOADED:
        return shown
    hub = entry.runtime_data
    lobby = hub.listener.lobby
    return shown | {
        "limits": _LIMITS,
        "listener": {
            "port": hub.listener.port,
            "networks": _networks(hub.listener.border.networks),
            "connections_from_outside": hub.listener.border.turned_away,
            "connections_waiting": len(lobby),
            "connections_refused": lobby.refused,
            "connections_displaced": lobby.displaced,
            "terminals_pending": len(hub.pending.async_waiting()),
            "log_lines_left_out": hub.claims.log.left_out,
        },
        "ledger": await _ledger(hub.ledger),
        "house": _house(hub.house),
        "terminals": [_terminal(hass, entry, terminal) for terminal in hub.terminals.values()],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: TimmyAccessConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Return the state of a terminal, also for one of its doors."""
    if entry.state is not ConfigEntryState.LOADED:
        return {}
    for terminal in entry.runtime_data.terminals.values():
        doors = terminal.coordinator.data.doors
        own = {terminal_identifier(terminal.serial), *(door_identifier(terminal.serial, door) for door in doors)}
        if device.identifiers & own:
            return _terminal(hass, entry, terminal)
    return {}


async def _ledger(ledger: Ledger) -> dict[str, Any]:
    health, counters = ledger.health, ledger.counters
    return {
        "database": ledger.name,
        "available": health.available,
        "since": health.since.isoformat(),
        "cause": health.cause,
        "set_aside": health.set_aside is not None,
        "counters": {**vars(counters), "failures": {str(cause): count for cause, count in counters.failures.items()}},
        "records": await async_count(ledger),
    }


def _house(house: House) -> dict[str, Any]:
    """Return how much there is, and nothing of it."""
    household = house.household
    return {
        "known": house.keeper.is_known,
        "vault": house.vault.state.value,
        "people": len(household.people),
        "groups": len(household.groups),
        "credentials": len(household.credentials),
        "credentials_in_the_vault": sum(held.sealed is not None for held in household.credentials.values()),
        "placements": len(household.placements),
        "tombstones": len(household.tombstones),
        "terminals_kept_in_step": len(household.kept),
        "schedules": len(house.hours.weeks),
        "schedules_not_read": sum(week is None for week in house.hours.weeks.values()),
        "entries_not_understood": len(house.keeper.unreadable),
    }


async def async_count(ledger: Ledger) -> int | None:
    """Return how many records there are; None when that cannot be told now."""
    try:
        async with asyncio.timeout(COUNT_SECONDS):
            return sum((await ledger.count()).values())
    except LedgerUnavailable, TimeoutError:
        return None


def _terminal(hass: HomeAssistant, entry: TimmyAccessConfigEntry, terminal: Terminal) -> dict[str, Any]:
    now, loop_now = dt_util.utcnow(), hass.loop.time()
    last_seen = terminal.last_seen
    return {
        "serial": partly(terminal.serial),
        "settings": _settings(entry.subentries[terminal.subentry_id].data),
        "state": _state(terminal.coordinator.data),
        "seconds_since_last_frame": None if last_seen is None else round((now - last_seen).total_seconds(), 1),
        "counters": {**asdict(terminal.counters), "log_lines_left_out": terminal.log.left_out},
        "unread": asdict(terminal.unread.tally),
        "people": {"known": len(terminal.roster.people), "complete": terminal.roster.complete},
        "frames": [
            {
                "seconds_ago": round(loop_now - frame.moment, 3),
                "direction": frame.direction.value,
                "size": frame.size,
                "frame": frame.shown,
            }
            for frame in terminal.trace.frames()
        ],
    }


def _state(state: TerminalState) -> dict[str, Any]:
    punch = state.latest_punch
    return {
        "online": state.online,
        "address": state.address,
        "clock_ahead": state.clock_ahead,
        "contacts": asdict(state.contacts),
        "doors": {number: door.phase.value for number, door in state.doors.items()},
        "info": redacted_fields(state.info),
        "settings": state.settings and redacted_fields(state.settings),
        "access_settings": state.access_settings and redacted_fields(state.access_settings),
        "latest_punch": punch
        and {
            "enroll_id": punch.enroll_id,
            "kind": punch.kind.value,
            "mode": punch.mode,
            "occurred_at": punch.occurred_at.isoformat(),
            "reader": punch.reader,
        },
    }


def _networks(networks: Networks) -> list[str]:
    """Return from where terminals may dial in; addresses of the internet are somebody's, everybody is nobody's."""
    return [
        shown_network(network) if PRIVATE.covers(network) or network.prefixlen == 0 else REDACTED
        for network in networks.networks
    ]


def _settings(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _setting(key, value) for key, value in data.items()}


def _setting(key: str, value: object) -> object:
    if value is None or isinstance(value, int | float) or key in _HARMLESS:
        return value
    if key == CONF_SERIAL:
        return partly(str(value))
    return shown_url(str(value)) if key == CONF_DB_URL else REDACTED
