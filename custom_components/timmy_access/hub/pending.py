"""Terminals that have dialled in and wait for somebody's approval.

Anybody who reaches the port can claim any number of serial numbers. So no address takes the places of others, and of
two that claim the same serial number each waits for itself: what somebody approves is the one they were shown.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..protocol.hardware import HardwareFacts
from ..protocol.messages import Registration
from ..protocol.peer import Peer, as_text

# A building that is moved over at once; more than this at a time is a flood, and must not fill the dashboard.
MAX_PENDING = 32
# A quarter of them, so that who claims many leaves room for others. A building behind one address comes in by and by.
MAX_PENDING_PER_ADDRESS = 8
# A refused terminal asks again about every 20 s (field notes 1); one that has not for ten minutes is gone.
FORGET_SECONDS = 600.0
# Who has missed three times to ask again makes room for others, where there is none.
YIELD_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class PendingTerminal:
    """An unknown terminal, as its discovery card shows it. All its words are unverified."""

    entry_id: str
    serial: str
    model: str
    address: str
    facts: HardwareFacts = field(default_factory=HardwareFacts)
    people: int | None = field(default=None, compare=False)


# Who it is, as far as that can be told: the same serial number from elsewhere, or of other hardware, is somebody else.
type _Who = tuple[str, str, HardwareFacts]


class PendingTerminals:
    """The unknown terminals of one listener; each serial number has a discovery card, of who came first with it."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nobody waiting."""
        self._hass = hass
        self._entry_id = entry_id
        self._seen: OrderedDict[_Who, tuple[float, PendingTerminal]] = OrderedDict()
        self._listeners: list[Callable[[], None]] = []

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever others wait, until the returned function is called; who has gone is not told of."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_note(self, registration: Registration, peer: Peer) -> bool:
        """Remember a terminal and show its card; False when too many wait already."""
        self._async_forget_gone()
        serial = registration.serial
        terminal = PendingTerminal(
            entry_id=self._entry_id,
            serial=serial,
            model=as_text(registration.info.model or "?"),
            address=peer.address,
            facts=HardwareFacts.of(registration),
            people=registration.info.users_used,
        )
        who = (serial, terminal.address, terminal.facts)
        if who not in self._seen and not self._async_make_room(peer.address):
            return False
        is_new = who not in self._seen
        self._seen[who] = (dt_util.utcnow().timestamp(), terminal)
        self._seen.move_to_end(who)
        if not self._async_has_card(serial):
            discovery_flow.async_create_flow(
                self._hass,
                DOMAIN,
                context={"source": SOURCE_INTEGRATION_DISCOVERY},
                data=terminal,
                discovery_key=discovery_flow.DiscoveryKey(domain=DOMAIN, key=serial, version=1),
            )
        if is_new:
            self._async_tell()
        return True

    @callback
    def async_drop(self, serial: str) -> None:
        """Forget all who claim a serial number and take their card away; a card that somebody has opened stays."""
        for who in [who for who in self._seen if who[0] == serial]:
            del self._seen[who]
        self._hass.config_entries.flow.async_dismiss_discovery_flows(
            PendingTerminal,
            lambda data: data.entry_id == self._entry_id and data.serial == serial,
        )
        self._async_tell()

    @callback
    def async_drop_all(self) -> None:
        """Forget everybody."""
        for serial in {serial for serial, *_ in self._seen}:
            self.async_drop(serial)

    @callback
    def async_waiting(self) -> list[PendingTerminal]:
        """Return who waits, the latest first."""
        self._async_forget_gone()
        return [terminal for _, terminal in reversed(self._seen.values())]

    def address_of(self, serial: str, doubt: Callable[[HardwareFacts, str], object]) -> str | None:
        """Return where a serial number that is not doubted waits; None where nobody does, or there are several."""
        waiting = (terminal for _, terminal in self._seen.values() if terminal.serial == serial)
        addresses = {terminal.address for terminal in waiting if not doubt(terminal.facts, terminal.address)}
        return addresses.pop() if len(addresses) == 1 else None

    @callback
    def _async_tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @callback
    def _async_make_room(self, address: str) -> bool:
        """Return whether one more may wait from an address, after the oldest of the noisiest has left if need be."""
        waiting = Counter(terminal.address for _, terminal in self._seen.values())
        own = waiting[address]
        if own < MAX_PENDING_PER_ADDRESS and len(self._seen) < MAX_PENDING:
            return True
        noisiest, most = waiting.most_common(1)[0]
        if own >= MAX_PENDING_PER_ADDRESS:
            noisiest = address
        leaves = next(who for who, (_, terminal) in self._seen.items() if terminal.address == noisiest)
        if own + 1 >= most:  # nobody is noisier, so only who is probably gone leaves
            leaves = next(iter(self._seen)) if own < MAX_PENDING_PER_ADDRESS else leaves
            if self._seen[leaves][0] > dt_util.utcnow().timestamp() - YIELD_SECONDS:
                return False
        self._async_forget(leaves)
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
        for who, (seen, _) in tuple(self._seen.items()):
            if seen < oldest:
                self._async_forget(who)

    @callback
    def _async_forget(self, who: _Who) -> None:
        """Forget one, and take away the card that shows it."""
        _, gone = self._seen.pop(who)
        self._hass.config_entries.flow.async_dismiss_discovery_flows(
            PendingTerminal,
            lambda data: (
                (data.entry_id, data.serial, data.address, data.facts)
                == (gone.entry_id, gone.serial, gone.address, gone.facts)
            ),
        )
