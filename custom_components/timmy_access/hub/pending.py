"""Terminals that have dialled in and wait for somebody's approval."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..protocol.hardware import HardwareFacts
from ..protocol.messages import Registration
from ..protocol.peer import Peer, printable

# A building that is moved over at once; more than this at a time is a flood, and must not fill the dashboard.
MAX_PENDING = 32
# A refused terminal asks again about every 20 s (field notes 1); one that has not for ten minutes is gone.
FORGET_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class PendingTerminal:
    """An unknown terminal, as its discovery card shows it. All its words are unverified."""

    entry_id: str
    serial: str
    model: str
    address: str
    facts: HardwareFacts = field(default_factory=HardwareFacts)


class PendingTerminals:
    """The unknown terminals of one listener, each with a discovery card."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nobody waiting."""
        self._hass = hass
        self._entry_id = entry_id
        self._seen: OrderedDict[str, tuple[float, PendingTerminal]] = OrderedDict()

    @callback
    def async_note(self, registration: Registration, peer: Peer) -> bool:
        """Remember a terminal and show its card; False when too many wait already."""
        self._async_forget_gone()
        serial = registration.serial
        if serial not in self._seen and not self._async_has_room(peer.address):
            return False
        terminal = PendingTerminal(
            entry_id=self._entry_id,
            serial=serial,
            model=printable(registration.info.model or "?"),
            address=peer.address,
            facts=HardwareFacts.of(registration),
        )
        self._seen[serial] = (dt_util.utcnow().timestamp(), terminal)
        self._seen.move_to_end(serial)
        if not self._async_has_card(serial):
            discovery_flow.async_create_flow(
                self._hass,
                DOMAIN,
                context={"source": SOURCE_INTEGRATION_DISCOVERY},
                data=terminal,
                discovery_key=discovery_flow.DiscoveryKey(domain=DOMAIN, key=serial, version=1),
            )
        return True

    @callback
    def async_drop(self, serial: str) -> None:
        """Forget a terminal and take its card away; a card that somebody has opened stays."""
        self._seen.pop(serial, None)
        self._hass.config_entries.flow.async_dismiss_discovery_flows(
            PendingTerminal,
            lambda data: data.entry_id == self._entry_id and data.serial == serial,
        )

    @callback
    def async_drop_all(self) -> None:
        """Forget everybody."""
        for serial in tuple(self._seen):
            self.async_drop(serial)

    @callback
    def async_waiting(self) -> list[PendingTerminal]:
        """Return who waits, the latest first."""
        self._async_forget_gone()
        return [terminal for _, terminal in reversed(self._seen.values())]

    def get(self, serial: str) -> PendingTerminal | None:
        """Return one waiting terminal."""
        _, terminal = self._seen.get(serial, (0.0, None))
        return terminal

    @callback
    def _async_has_room(self, address: str) -> bool:
        """Return whether there is room for one more of an address, for which the address that has most makes room."""
        if len(self._seen) < MAX_PENDING:
            return True
        shares = Counter(terminal.address for _, terminal in self._seen.values())
        most, count = shares.most_common(1)[0]
        if count <= shares[address] + 1:
            return False
        self.async_drop(next(serial for serial, (_, terminal) in self._seen.items() if terminal.address == most))
        return True

    def _async_has_card(self, serial: str) -> bool:
        return bool(
            self._hass.config_entries.flow.async_progress_by_init_data_type(
                PendingTerminal,
                lambda data: data.serial == serial,
                include_uninitialized=True,
            )
        )

    @callback
    def _async_forget_gone(self) -> None:
        oldest = dt_util.utcnow().timestamp() - FORGET_SECONDS
        for serial, (seen, _) in tuple(self._seen.items()):
            if seen < oldest:
                self.async_drop(serial)
