"""Which terminals have been away for some minutes: a repair issue with what is known, so that it says where to look.

What helps is to compare: whether others of the same network are here tells the network from the terminal, and whether
anybody is here tells Home Assistant's own port from both.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import islice

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PORT
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import AWAY_NOTICE, CONF_AWAY_NOTICE, DOMAIN
from ..issues import DATA_SERIAL, NOTHING, async_clear, async_raise
from .identity import Doubt
from .terminal import Terminal

ISSUE = "terminal_silent"
# What is mostly one network of a building: the addresses that share so many bits.
NETWORK_BITS = {4: 24, 6: 64}
# More names than this are no sentence any more.
MAX_NAMES = 10

type Network = IPv4Network | IPv6Network


class AwayWatch:
    """Follows which terminals of one listener are here."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        terminals: Callable[[], Mapping[str, Terminal]],
        home_of: Callable[[str], str | None],
    ) -> None:
        """Follow nobody yet; `home_of` tells the address at which a terminal was last at home."""
        self._hass = hass
        self._entry = entry
        self._terminals = terminals
        self._home_of = home_of
        self._followed: dict[str, CALLBACK_TYPE] = {}
        self._waiting: dict[str, CALLBACK_TYPE] = {}
        self._shown: set[str] = set()
        self._here: dict[str, bool] = {}
        self._showing: asyncio.Handle | None = None

    @callback
    def async_terminal(self, terminal: Terminal) -> None:
        """Follow a terminal."""
        self._followed[terminal.serial] = terminal.coordinator.async_add_listener(partial(self._async_look, terminal))
        self._here.pop(terminal.serial, None)  # whatever is known of one that had its place
        self._async_look(terminal)

    @callback
    def async_forget(self, serial: str) -> None:
        """Follow a terminal that is gone no more."""
        if (stop := self._followed.pop(serial, None)) is not None:
            stop()
        self._here.pop(serial, None)
        self._async_end(serial)
        self._async_show_soon()

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Follow nobody any more, and take the issues back unless they are to wait for the next start."""
        while self._followed:
            self._followed.popitem()[1]()
        while self._waiting:
            self._waiting.popitem()[1]()
        if self._showing is not None:
            self._showing.cancel()
            self._showing = None
        for serial in tuple(self._shown) if clear else ():
            self._async_end(serial)

    @callback
    def _async_look(self, terminal: Terminal) -> None:
        """Look if one is here; terminals change many times a minute, and come and go seldom."""
        serial, is_here = terminal.serial, terminal.coordinator.data.online
        if self._here.get(serial) is is_here:
            return
        self._here[serial] = is_here
        if is_here:
            self._async_end(serial)
        elif serial not in self._waiting and serial not in self._shown:
            self._async_wait(serial)
        self._async_show_soon()

    @callback
    def _async_wait(self, serial: str) -> None:
        @callback
        def _async_lasts(_: object) -> None:
            del self._waiting[serial]
            self._shown.add(serial)
            self._async_show_soon()

        patience = timedelta(minutes=self._entry.options.get(CONF_AWAY_NOTICE, AWAY_NOTICE))
        self._waiting[serial] = async_call_later(
            self._hass, patience, HassJob(_async_lasts, f"{serial} is away", cancel_on_shutdown=True)
        )

    @callback
    def _async_end(self, serial: str) -> None:
        if (cancel := self._waiting.pop(serial, None)) is not None:
            cancel()
        if serial in self._shown:
            self._shown.remove(serial)
            async_clear(self._hass, ISSUE, serial)

    @callback
    def _async_show_soon(self) -> None:
        """Say it once of all that come and go together: a whole building does, with its network."""
        if self._shown and self._showing is None:
            self._showing = self._hass.loop.call_soon(self._async_show)

    @callback
    def _async_show(self) -> None:
        """Say of each what is known now, also of those that were told of before."""
        self._showing = None
        terminals = self._terminals()
        around = Around(terminals.values(), self._address)
        for serial in self._shown & terminals.keys():
            async_raise(
                self._hass,
                self._entry.entry_id,
                ISSUE,
                serial,
                placeholders=self._facts(terminals[serial], around),
                fixable=False,
                data={DATA_SERIAL: serial},
            )

    def _facts(self, terminal: Terminal, around: Around) -> dict[str, str]:
        seen = terminal.last_seen
        return {
            "name": terminal.name,
            "last_seen": NOTHING if seen is None else f"{dt_util.as_local(seen):%Y-%m-%d %H:%M}",
            "address": self._address(terminal) or NOTHING,
            "near_here": around.near(terminal, is_here=True),
            "near_away": around.near(terminal, is_here=False),
            "port": str(self._entry.data[CONF_PORT]),
            "connected": around.connected(terminal),
            "held_off": self._held_off(terminal.serial),
        }

    def _address(self, terminal: Terminal) -> str | None:
        return terminal.coordinator.data.address or self._home_of(terminal.serial)

    def _held_off(self, serial: str) -> str:
        """Return from where somebody claims to be the terminal and is held off, as other issues tell."""
        issues = ir.async_get(self._hass)
        found = (issues.async_get_issue(DOMAIN, f"{doubt}_{serial}") for doubt in Doubt)
        told = (issue.translation_placeholders for issue in found if issue is not None and issue.active)
        return ", ".join(sorted({it["address"] for it in told if it and "address" in it})) or NOTHING


class Around:
    """Who is here and who is away, by name, as all of one look are told: each by itself would look at all others."""

    def __init__(self, terminals: Iterable[Terminal], address_of: Callable[[Terminal], str | None]) -> None:
        """Look at all terminals once."""
        self._networks: dict[str, Network | None] = {}
        self._near: defaultdict[tuple[Network, bool], list[Terminal]] = defaultdict(list)
        self._here: list[Terminal] = []
        for terminal in sorted(terminals, key=lambda it: it.name):
            is_here = terminal.coordinator.data.online
            network = self._networks[terminal.serial] = _network(address_of(terminal))
            if network is not None:
                self._near[network, is_here].append(terminal)
            if is_here:
                self._here.append(terminal)

    def near(self, terminal: Terminal, *, is_here: bool) -> str:
        """Return who else is probably in the network of a terminal, of those that are here or of the others."""
        network = self._networks[terminal.serial]
        return _names(terminal, () if network is None else self._near[network, is_here])

    def connected(self, terminal: Terminal) -> str:
        """Return who else is here."""
        return _names(terminal, self._here)


def _network(address: str | None) -> Network | None:
    """Return in what is probably one network with an address."""
    if address is None:
        return None
    return ip_network(f"{address}/{NETWORK_BITS[ip_address(address).version]}", strict=False)


def _names(terminal: Terminal, all_of_them: Iterable[Terminal]) -> str:
    """Return the names of all but a terminal itself, in order."""
    names = [it.name for it in islice((it for it in all_of_them if it is not terminal), MAX_NAMES + 1)]
    return ", ".join(names[:MAX_NAMES] + ["…"] * (len(names) > MAX_NAMES)) or NOTHING
