"""Which terminals have been away for some minutes: a repair issue with what is known, so that it says where to look.

What helps is to compare: whether others of the same network are here tells the network from the terminal, and whether
anybody is here tells Home Assistant's own port from both.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network

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
        self._here: Mapping[str, bool] = {}

    @callback
    def async_terminal(self, terminal: Terminal) -> None:
        """Follow a terminal."""
        self._followed[terminal.serial] = terminal.coordinator.async_add_listener(self._async_look)
        self._here = {}  # it has not been looked at, whatever is known of the others
        self._async_look()

    @callback
    def async_forget(self, serial: str) -> None:
        """Follow a terminal that is gone no more."""
        if (stop := self._followed.pop(serial, None)) is not None:
            stop()
        self._async_end(serial)

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Follow nobody any more, and take the issues back unless they are to wait for the next start."""
        while self._followed:
            self._followed.popitem()[1]()
        while self._waiting:
            self._waiting.popitem()[1]()
        for serial in tuple(self._shown) if clear else ():
            self._async_end(serial)

    @callback
    def _async_look(self) -> None:
        """Look who is here; terminals change many times a minute, and come and go seldom."""
        here = {serial: it.coordinator.data.online for serial, it in self._terminals().items()}
        if here == self._here:
            return
        self._here = here
        for serial, is_here in here.items():
            if is_here:
                self._async_end(serial)
            elif serial in self._followed and serial not in self._waiting and serial not in self._shown:
                self._async_wait(serial)
        self._async_show()

    @callback
    def _async_wait(self, serial: str) -> None:
        @callback
        def _async_lasts(_: object) -> None:
            del self._waiting[serial]
            self._shown.add(serial)
            self._async_show()

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
    def _async_show(self) -> None:
        """Say of each what is known now, also of those that were told of before."""
        terminals = self._terminals()
        for serial in self._shown & terminals.keys():
            async_raise(
                self._hass,
                self._entry.entry_id,
                ISSUE,
                serial,
                placeholders=self._facts(terminals[serial]),
                fixable=False,
                data={DATA_SERIAL: serial},
            )

    def _facts(self, terminal: Terminal) -> dict[str, str]:
        address = self._address(terminal)
        others = [it for it in self._terminals().values() if it is not terminal]
        near = [it for it in others if _is_near(address, self._address(it))]
        seen = terminal.last_seen
        return {
            "name": terminal.name,
            "last_seen": NOTHING if seen is None else f"{dt_util.as_local(seen):%Y-%m-%d %H:%M}",
            "address": address or NOTHING,
            "near_here": _names(it for it in near if it.coordinator.data.online),
            "near_away": _names(it for it in near if not it.coordinator.data.online),
            "port": str(self._entry.data[CONF_PORT]),
            "connected": _names(it for it in others if it.coordinator.data.online),
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


def _is_near(address: str | None, other: str | None) -> bool:
    """Return whether two addresses are probably in one network."""
    if address is None or other is None:
        return False
    network = ip_network(f"{address}/{NETWORK_BITS[ip_address(address).version]}", strict=False)
    return ip_address(other) in network


def _names(terminals: Iterable[Terminal]) -> str:
    names = sorted(terminal.name for terminal in terminals)
    shown = names[:MAX_NAMES] + ["…"] * (len(names) > MAX_NAMES)
    return ", ".join(shown) or NOTHING
