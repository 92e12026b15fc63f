"""How the listeners are, for the page that people copy into a question."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .diagnostics import async_count
from .hub.hub import TimmyAccessConfigEntry
from .records.ledgers import async_open_ledgers


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:  # noqa: ARG001 - given
    """Have a section of our own."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the facts of all listeners together; what takes long is there when it is ready."""
    entries: list[TimmyAccessConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    hubs = [entry.runtime_data for entry in entries]
    terminals = [terminal for hub in hubs for terminal in hub.terminals.values()]
    ledgers = async_open_ledgers(hass)
    seen = [last_seen for terminal in terminals if (last_seen := terminal.last_seen) is not None]

    async def _count() -> int | str:
        counts = [await async_count(ledger) for ledger in ledgers]
        return "?" if None in counts else sum(count or 0 for count in counts)

    return {
        "addresses": ", ".join(f"{entry.data[CONF_HOST]}:{entry.runtime_data.listener.port}" for entry in entries),
        "terminals": f"{sum(terminal.coordinator.data.online for terminal in terminals)}/{len(terminals)}",
        "peers_outside": sum(hub.listener.border.turned_away for hub in hubs),
        "peers_refused": sum(hub.listener.lobby.refused for hub in hubs),
        "last_frame": f"{(dt_util.utcnow() - max(seen)).total_seconds():.0f} s" if seen else "-",
        "ledgers_available": f"{sum(ledger.health.available for ledger in ledgers)}/{len(ledgers)}",
        "records": _count(),
        "records_waiting": sum(ledger.counters.queue_length for ledger in ledgers),
    }
