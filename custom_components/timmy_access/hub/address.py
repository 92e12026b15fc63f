"""Ports and addresses: whether we can listen there, and what people type into the terminal."""

import asyncio
import errno
from ipaddress import ip_address

from homeassistant.components.network import async_get_enabled_source_ips, async_get_source_ip
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import ALL_ADDRESSES, CONF_TLS, CONF_TLS_PORT
from .certificates import TlsMode

# What keeps from listening: the field of the form that is to blame, and the translation key.
_ERRORS = {
    errno.EACCES: (CONF_PORT, "port_not_allowed"),
    errno.EADDRINUSE: (CONF_PORT, "port_in_use"),
    errno.EADDRNOTAVAIL: (CONF_HOST, "address_not_available"),
}


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
    except ValueError:
        return {CONF_HOST: "invalid_address"}
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as err:
        # asyncio reports an address of another machine without a number
        return dict((_ERRORS.get(err.errno or errno.EADDRNOTAVAIL, ("base", "cannot_listen")),))
    server.close()
    await server.wait_closed()
    return {}


async def async_entry_url(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return what to type into the terminals of a listener; that of the plain port, where it has both."""
    secure = entry.options.get(CONF_TLS, TlsMode.OFF) != TlsMode.OFF and CONF_TLS_PORT not in entry.options
    return await async_terminal_url(hass, entry.data[CONF_HOST], entry.data[CONF_PORT], secure=secure)


async def async_terminal_url(hass: HomeAssistant, host: str, port: int, *, secure: bool = False) -> str:
    """Return what to type into a terminal: the address of this Home Assistant in its network."""
    if host == ALL_ADDRESSES:
        try:
            host = await async_get_source_ip(hass)
        except HomeAssistantError:
            host = "homeassistant.local"
    return f"{'wss' if secure else 'ws'}://{f'[{host}]' if ':' in host else host}:{port}"
