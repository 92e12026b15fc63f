"""Connections that belong to no admitted terminal: few, short-lived, and fairly shared between addresses."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, field
import time
from typing import Protocol

from .throttle import Throttle

# Room for a building whose terminals all wait for approval, and nothing for a flood.
MAX_WAITING = 64
# Terminals have an address each; a few connections overlap when one reconnects without closing (field notes 0.7).
MAX_WAITING_PER_ADDRESS = 8
# At the address of an approved terminal, beside all others: strangers may be behind the same router, and the terminal
# itself must get in among them.
MAX_WAITING_PER_HOME = 64
# Terminals say who they are two seconds after connecting (field notes 1); whoever has waited for longer makes room when
# there is none.
PATIENCE_SECONDS = 5.0
# Whoever had to make room comes back last, for as long as a refused terminal waits before it asks again three times.
LAST_SECONDS = 60.0
# How fast connections of one address are listened to, and those of all strangers, or of an address of approved
# terminals, together. Each costs one to three milliseconds. Terminals dial in again after some seconds; what comes
# faster waits for its turn.
DIALS_PER_SECOND = 10.0
DIALS_AT_ONCE = 16
ALL_DIALS_PER_SECOND = 50.0
ALL_DIALS_AT_ONCE = 64
# Addresses whose dialling, or whose having made room, is remembered.
MAX_ADDRESSES = 1024


class Guest(Protocol):
    """A connection that can be cut off."""

    @property
    def address(self) -> str:
        """Where it comes from."""

    def cut_off(self) -> None:
        """End it at once."""


@dataclass(slots=True)
class _Visit:
    since: float
    serial: str | None = None


@dataclass
class Lobby:
    """Who waits, and what serial number they have claimed so far.

    When it is full, whoever comes in takes the place of the longest waiting connection of the address that has most
    of them: one peer that opens hundreds never keeps out a terminal from another address. Where all addresses have as
    many, it takes the place of whoever has waited longer than a terminal would. `is_home` tells the addresses of
    approved terminals, each of which has places of its own: no stranger elsewhere takes any of them.

    `refused` counts who found no room or was not admitted, `displaced` who had to make room.
    """

    is_home: Callable[[str], bool] = lambda _: False
    now: Callable[[], float] = time.monotonic
    _waiting: dict[Guest, _Visit] = field(default_factory=dict)
    _dials: OrderedDict[tuple[str, bool], Throttle] = field(default_factory=OrderedDict)
    _displaced: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _closed: bool = False
    refused: int = 0
    displaced: int = 0

    def __post_init__(self) -> None:
        """Start with nobody."""
        self._strangers = Throttle(ALL_DIALS_PER_SECOND, ALL_DIALS_AT_ONCE, self.now)

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def enter(self, guest: Guest) -> bool:
        """Take in a connection; False when there is no room for it."""
        if self._closed:
            return False
        if not self._has_room(guest.address):
            self.refused += 1
            return False
        self._waiting[guest] = _Visit(self.now())
        return True

    def wait_of(self, guest: Guest) -> float:
        """Return how many seconds a connection that has entered is not to be listened to yet."""
        address, is_home = guest.address, self.is_home(guest.address)
        if (dials := self._dials.get((address, is_home))) is None:
            dials = self._dials[address, is_home] = (
                Throttle(ALL_DIALS_PER_SECOND, ALL_DIALS_AT_ONCE, self.now)
                if is_home
                else Throttle(DIALS_PER_SECOND, DIALS_AT_ONCE, self.now)
            )
        self._dials.move_to_end((address, is_home))
        if len(self._dials) > MAX_ADDRESSES:
            self._dials.popitem(last=False)
        wait = dials.take(1)
        return wait if is_home else max(wait, self._strangers.take(1))

    def claim(self, guest: Guest, serial: str) -> None:
        """Note the serial number of a connection that was not admitted."""
        if guest in self._waiting:
            self._waiting[guest].serial = serial
            self.refused += 1

    def leave(self, guest: Guest) -> None:
        """Forget a connection that was admitted or has ended."""
        self._waiting.pop(guest, None)

    def close(self) -> None:
        """Cut off everybody, and let in nobody any more."""
        self._closed = True
        self.clear()

    def clear(self, may_stay: Callable[[str], bool] = lambda _: False) -> None:
        """Cut off everybody, or whoever may not stay because of the address."""
        for guest in tuple(self._waiting):
            if not may_stay(guest.address):
                self.leave(guest)
                guest.cut_off()

    def invite(self, serial: str) -> None:
        """Cut off the connections that claim a serial number: it dials in again within seconds and is admitted."""
        for guest, visit in tuple(self._waiting.items()):
            if visit.serial == serial:
                guest.cut_off()

    def _has_room(self, address: str) -> bool:
        """Return whether there is room for an address, for which somebody else may have to go."""
        shares = Counter(other.address for other in self._waiting)
        if self.is_home(address):
            return shares[address] < MAX_WAITING_PER_HOME or self._displace_patient((address,))
        if shares[address] >= MAX_WAITING_PER_ADDRESS:
            return self._displace_patient((address,))
        strangers = Counter({other: count for other, count in shares.items() if not self.is_home(other)})
        if strangers.total() < MAX_WAITING:
            return True
        most, count = strangers.most_common(1)[0]
        if count > shares[address] + 1:
            self._displace(next(other for other in self._waiting if other.address == most))
            return True
        return not self._comes_last(address) and self._displace_patient(strangers)

    def _displace_patient(self, addresses: Container[str]) -> bool:
        """Cut off who of some addresses waits longest, if that is longer than a terminal would."""
        oldest = next((guest for guest in self._waiting if guest.address in addresses), None)
        if oldest is None or self.now() - self._waiting[oldest].since < PATIENCE_SECONDS:
            return False
        self._displace(oldest)
        return True

    def _displace(self, guest: Guest) -> None:
        self.leave(guest)
        self.displaced += 1
        self._displaced[guest.address] = self.now()
        self._displaced.move_to_end(guest.address)
        if len(self._displaced) > MAX_ADDRESSES:
            self._displaced.popitem(last=False)
        guest.cut_off()

    def _comes_last(self, address: str) -> bool:
        """Return whether a connection from an address has just had to make room."""
        return self.now() - self._displaced.get(address, float("-inf")) < LAST_SECONDS
