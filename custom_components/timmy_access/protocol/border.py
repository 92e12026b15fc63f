"""Where those are turned away who come from outside the networks of the terminals."""

from collections.abc import Callable
from dataclasses import dataclass

from .networks import Networks
from .peer import Peer


@dataclass
class Border:
    """From which networks connections may come, on all ports of a listener.

    `turned_away` counts those from elsewhere. `tell` hears of each of them and of the port that it reached, before
    anything is known of it but its address; a flood makes many, so it has to be cheap.
    """

    networks: Networks
    tell: Callable[[Peer, int], None]
    turned_away: int = 0

    def admits(self, peer: Peer) -> bool:
        """Return whether a peer may come in."""
        return self.networks.admits(peer.address)

    def turn_away(self, peer: Peer, port: int) -> None:
        """Count a peer that has been cut off, and tell of it."""
        self.turned_away += 1
        self.tell(peer, port)
