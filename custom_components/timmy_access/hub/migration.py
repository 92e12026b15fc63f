"""What becomes of the entries of earlier versions, and what their owners are told of it.

1.1 to 1.2: terminals dial in from some networks only, at first from all that are not of the internet. Owners are told
once, by a repair issue that stays until it has been read.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_NETWORK, CONF_NETWORKS, SUBENTRY_TERMINAL
from ..issues import async_clear, async_raise
from ..protocol.networks import PRIVATE, Network, Networks, parse_network, shown_network

# The second tells also which terminals have had their networks added.
MIGRATION_KINDS = ("networks_limited", "networks_kept")


@callback
def async_migrate(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Bring an entry up to date; one of a later version stays as it is."""
    if entry.minor_version < 2:  # noqa: PLR2004 - what this step leads to
        _async_limit_networks(hass, entry)


@callback
def async_clear_migrated(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back what was told of an entry that is removed."""
    for kind in MIGRATION_KINDS:
        async_clear(hass, kind, entry.entry_id)


@callback
def _async_limit_networks(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Let the terminals that are known to be elsewhere go on dialling in."""
    elsewhere = [
        (subentry.title, network)
        for subentry in entry.get_subentries_of_type(SUBENTRY_TERMINAL)
        if (network := _network_elsewhere(subentry.data)) is not None
    ]
    networks = Networks((*PRIVATE.networks, *dict.fromkeys(network for _, network in elsewhere)))
    hass.config_entries.async_update_entry(
        entry,
        minor_version=2,
        options={**entry.options, CONF_NETWORKS: networks.shown()} if elsewhere else entry.options,
    )
    placeholders = {"networks": ", ".join(networks.shown()), "port": str(entry.data[CONF_PORT])}
    if elsewhere:
        placeholders["terminals"] = ", ".join(f"{name} ({shown_network(network)})" for name, network in elsewhere)
    async_raise(
        hass,
        entry.entry_id,
        "networks_kept" if elsewhere else "networks_limited",
        entry.entry_id,
        placeholders=placeholders,
        persistent=True,
    )


def _network_elsewhere(data: Mapping[str, Any]) -> Network | None:
    """Return where a terminal is by its settings, if that is outside; everywhere is no place."""
    text: str | None = data.get(CONF_NETWORK)
    if not text:
        return None
    network = parse_network(text)
    return None if network.prefixlen == 0 or PRIVATE.covers(network) else network
