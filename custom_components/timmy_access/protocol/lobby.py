"""Connections that belong to no admitted terminal: few, short-lived, and fairly shared between addresses."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

# Room for a building whose terminals all wait for approval, and nothing for a flood.
MAX_WAITING = 64
# Terminals have an address each; a few connections overlap when one reconnects without closing (field notes 0.7).
MAX_WAITING_PER_ADDRESS = 8


class Guest(Protocol):
    """A connection that can be cut off."""

    @property
    def address(self) -> str:
        """Where it comes from."""

    def cut_off(self) -> None:
        """End it at once."""


@dataclass
class Lobby:
    """Who waits, and what serial number they have claimed so far.

    When it is full, whoever comes in takes the place of the longest waiting connection of the address that has most
    of them: one peer that opens hundreds never keeps out a terminal from another address.

    `refused` counts who found no room or was not admitted, `displaced` who had to make room.
    """

    _waiting: dict[Guest, str | None] = field(default_factory=dict)
    _closed: bool = False
    refused: int = 0
    displaced: int = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def enter(self, guest: Guest) -> bool:
        """Take in a connection; False when there is no room for it."""
        if self._closed:
            return False
        shares = Counter(other.address for other in self._waiting)
        if shares[guest.address] >= MAX_WAITING_PER_ADDRESS:
            self.refused += 1
            return False
        if len(self._waiting) >= MAX_WAITING:
            address, count = shares.most_common(1)[0]
            if count <= shares[guest.address] + 1:
                self.refused += 1
                return False
            oldest = next(other for other in self._waiting if other.address == address)
            self.leave(oldest)
            self.displaced += 1
            oldest.cut_off()
        self._waiting[guest] = None
        return True

    def claim(self, guest: Guest, serial: str) -> None:
        """Note the serial number of a connection that was not admitted."""
        if guest in self._waiting:
            self._waiting[guest] = serial
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
        for guest, claimed in tuple(self._waiting.items()):
            if claimed == serial:
                guest.cut_off()
