"""From where terminals may dial in."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

# The first bits of IPv6 addresses that hold an IPv4 address: ::ffff:0:0/96.
_MAPPED_BITS = 96


def parse_address(text: str) -> Address:
    """Return an address as it is compared; raises ValueError for what is none.

    An IPv4 address in the clothes of IPv6 is the IPv4 address. A scope, which names the card by which a link-local
    address is reached, is left out.
    """
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def parse_network(text: str, *, strict: bool = False) -> Network:
    """Return an address, or a network such as 192.0.2.0/24, as it is compared; raises ValueError for anything else.

    `strict` also raises it where the writer probably means something else: a network that does not begin with its first
    address, as 10.0.0.0/0 would be everybody; and 0.0.0.0 or :: alone, which nobody has.
    """
    network: Network = ip_network(text.strip(), strict=strict)
    if isinstance(network, IPv6Network):
        inner = network.network_address.ipv4_mapped
        if inner is not None and network.prefixlen >= _MAPPED_BITS:
            network = IPv4Network((inner, network.prefixlen - _MAPPED_BITS))
        else:  # without a scope
            network = IPv6Network((int(network.network_address), network.prefixlen))
    if strict and network.num_addresses == 1 and network.network_address.is_unspecified:
        raise ValueError(text)
    return network


def shown_network(network: Network) -> str:
    """Return a network as people write it: a single address without a length."""
    return str(network.network_address if network.num_addresses == 1 else network)


@dataclass(frozen=True)
class Networks:
    """Networks from which connections may come, in the order in which they were written.

    Addresses are judged as `parse_address` returns them: ::/0 is everybody of IPv6 and nobody of IPv4.
    """

    networks: tuple[Network, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return the networks of some texts; raises ValueError as `parse_network`."""
        return cls(tuple(map(parse_network, texts)))

    def admits(self, address: str) -> bool:
        """Return whether somebody from there may come in; nobody may from what is no address."""
        try:
            parsed = parse_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.networks)

    def covers(self, network: Network) -> bool:
        """Return whether one of the networks holds all addresses of another."""
        first, last = network.network_address, network.broadcast_address
        return any(first in own and last in own for own in self.networks)

    def overlaps(self, network: Network) -> bool:
        """Return whether somebody from another network may come in."""
        return any(network.network_address in own or own.network_address in network for own in self.networks)

    def shown(self) -> list[str]:
        """Return the networks as people write them."""
        return list(map(shown_network, self.networks))


# What the internet does not lead to. An allow-list, as whoever is left out by mistake is told of it, and whoever is let
# in by mistake is not.
PRIVATE = Networks.of(
    (
        "10.0.0.0/8",  # of buildings (RFC 1918)
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # of carriers, and so of VPNs such as Tailscale (RFC 6598)
        "169.254.0.0/16",  # link-local (RFC 3927)
        "127.0.0.0/8",  # this machine
        "fc00::/7",  # of buildings (RFC 4193)
        "fe80::/10",  # link-local (RFC 4291)
        "::1",  # this machine
    )
)
