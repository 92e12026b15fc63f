"""Ports and addresses: whether we can listen there, for whom, and what people type into the terminal."""

import asyncio
from collections.abc import Iterable, Mapping
import errno
from ipaddress import ip_address
from typing import Any

from homeassistant.components.network import async_get_enabled_source_ips, async_get_source_ip
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import ALL_ADDRESSES, CONF_NETWORKS, CONF_TLS, CONF_TLS_PORT
from ..protocol.networks import PRIVATE, Networks, parse_network
from ..protocol.peer import printable
from .certificates import TlsMode

CANNOT_LISTEN = "cannot_listen"
# What keeps from listening: the field of the form that is to blame, and the translation key.
_ERRORS = {
    errno.EACCES: (CONF_PORT, "port_not_allowed"),
    errno.EADDRINUSE: (CONF_PORT, "port_in_use"),
    errno.EADDRNOTAVAIL: (CONF_HOST, "address_not_available"),
}


def listening_error(err: OSError) -> tuple[str, str]:
    """Return the field of the form that is to blame for what keeps from listening, and the translation key of why."""
    # asyncio reports an address of another machine without a number
    return _ERRORS.get(err.errno or errno.EADDRNOTAVAIL, ("base", CANNOT_LISTEN))


async def async_addresses(hass: HomeAssistant) -> list[str]:
    """Return the addresses of this machine that a terminal could be given.

    Link-local ones are none: they mean another machine on each network.
    """
    return sorted(
        str(address).partition("%")[0]
        for address in await async_get_enabled_source_ips(hass)
        if not address.is_link_local
    )


async def async_listening_errors(host: str, port: int) -> dict[str, str]:
    """Return why nobody can listen there, as errors of a form; nothing when it works."""
    try:
        ip_address(host)
        host.encode("idna")  # the zone of an IPv6 address may be any text; names of networks are short
    except ValueError:
        return {CONF_HOST: "invalid_address"}
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as err:
        return dict((listening_error(err),))
    server.close()
    await server.wait_closed()
    return {}


class NetworksInvalid(Exception):
    """What was typed is no network, or another than it seems; `shown` is that, as text."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Remember what was typed."""
        self.shown = ", ".join(map(printable, texts))
        super().__init__(self.shown)


def checked_networks(texts: Iterable[str]) -> list[str]:
    """Return networks as they are kept in the options; raises `NetworksInvalid`.

    Nothing is kept of none, which would be nobody, nor of those that hold anyway.
    """
    networks, invalid = [], []
    for text in filter(str.strip, texts):
        try:
            networks.append(parse_network(text, strict=True))
        except ValueError:
            invalid.append(text)
    if invalid:
        raise NetworksInvalid(invalid)
    kept = Networks(tuple(dict.fromkeys(networks)))
    return [] if set(kept.networks) == set(PRIVATE.networks) else kept.shown()


def allowed_networks(options: Mapping[str, Any]) -> Networks:
    """Return from where terminals may dial in to a listener with these options."""
    chosen = options.get(CONF_NETWORKS)
    return Networks.of(chosen) if chosen else PRIVATE


async def async_entry_address(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    """Return what to type into the terminals of a listener; that of the plain port, where it has both."""
    secure = entry.options.get(CONF_TLS, TlsMode.OFF) != TlsMode.OFF and CONF_TLS_PORT not in entry.options
    return await async_terminal_address(hass, entry.data[CONF_HOST], entry.data[CONF_PORT], secure=secure)


async def async_terminal_address(hass: HomeAssistant, host: str, port: int, *, secure: bool = False) -> dict[str, str]:
    """Return what to type into a terminal, as placeholders: the address of this Home Assistant in its network.

    Terminals ask for `host` and `port` apart, and have a switch that they call HTTPS (field notes 11).
    """
    if host == ALL_ADDRESSES:
        try:
            host = await async_get_source_ip(hass)
        except HomeAssistantError:
            host = "homeassistant.local"
    return {CONF_HOST: host, CONF_PORT: f"{port}, HTTPS = Yes" if secure else str(port)}
