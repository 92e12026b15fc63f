"""Whether whoever claims to be an approved terminal may be it.

The facts of the hardware are pinned at approval, in the data of the subentry. What the first contact does not tell is
pinned when a connection that agrees with every earlier pin tells it and has lasted (`homes.SETTLED_SECONDS`), and never
from one that was held off: so a visit while the terminal is away pins nothing. A pinned fact must be told from then on,
as leaving it out is the easiest lie.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_MAC
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_COUNTED_AS, CONF_CPU_SERIAL, CONF_FORMER_SERIALS, CONF_NETWORK, DOMAIN, SUBENTRY_TERMINAL
from ..protocol.hardware import HardwareFacts
from ..protocol.networks import Network, Networks, parse_network, shown_network


class Doubt(StrEnum):
    """Why a peer is held off: translation keys of repair issues."""

    ADDRESS = "address_not_allowed"
    DUPLICATE = "duplicate_serial"
    IDENTITY = "identity_changed"


def facts_data(facts: HardwareFacts) -> dict[str, str]:
    """Return facts as they are kept in a subentry."""
    kept = {CONF_CPU_SERIAL: facts.cpu_serial, CONF_MAC: facts.mac}
    return {key: value for key, value in kept.items() if value is not None}


@callback
def async_is_approved(hass: HomeAssistant, serial: str) -> bool:
    """Return whether a terminal belongs to a listener."""
    return any(
        subentry.unique_id == serial
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_TERMINAL)
    )


class Identity:
    """What is pinned of one terminal."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
        """Pin what a subentry says."""
        self._hass = hass
        self._entry = entry
        self._subentry_id = subentry.subentry_id
        self.network: Network | None = None
        self.pinned = HardwareFacts()
        self.async_apply(subentry.data)

    @callback
    def async_apply(self, data: Mapping[str, Any]) -> bool:
        """Pin what changed data say, and return whether that is anything else than before."""
        before = (self.network, self.pinned)
        network: str | None = data.get(CONF_NETWORK)
        self.network = parse_network(network) if network else None
        self.pinned = HardwareFacts(cpu_serial=data.get(CONF_CPU_SERIAL), mac=data.get(CONF_MAC))
        return before != (self.network, self.pinned)

    @property
    def former_serials(self) -> tuple[str, ...]:
        """Whose place the terminal has taken, without those that are terminals of their own again."""
        former: list[str] = self._entry.subentries[self._subentry_id].data.get(CONF_FORMER_SERIALS, [])
        return tuple(serial for serial in former if not async_is_approved(self._hass, serial))

    @property
    def counted_as(self) -> str | None:
        """The serial number under which the terminal is counted in statistics; None for its own."""
        counted_as: str | None = self._entry.subentries[self._subentry_id].data.get(CONF_COUNTED_AS)
        return counted_as

    def doubt(self, facts: HardwareFacts, address: str) -> Doubt | None:
        """Return why a peer cannot be the terminal; None when it may be."""
        if self.network is not None and not Networks((self.network,)).admits(address):
            return Doubt.ADDRESS
        return Doubt.IDENTITY if self.pinned.contradicted_by(facts) else None

    @callback
    def async_pin(self, told: HardwareFacts) -> None:
        """Pin what a connection that was let in, and has lasted, tells for the first time."""
        if (pins := self.pinned.completed_with(told)) != self.pinned:
            self._async_keep(facts_data(pins))

    @callback
    def async_accept(self, told: HardwareFacts) -> None:
        """Pin other hardware, because somebody says that it is theirs."""
        self._async_keep(facts_data(self.pinned.replaced_with(told)))

    @callback
    def async_allow(self, address: str) -> None:
        """Allow one address and no other; raises ValueError for what is none."""
        self._async_keep({CONF_NETWORK: shown_network(parse_network(address))})

    @callback
    def _async_keep(self, changes: Mapping[str, str]) -> None:
        subentry = self._entry.subentries[self._subentry_id]
        self._hass.config_entries.async_update_subentry(self._entry, subentry, data={**subentry.data, **changes})
        self.async_apply(subentry.data)
