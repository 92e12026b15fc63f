"""From where connections may come, judged beside what the standard library says of addresses."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol.networks import PRIVATE, Network, Networks, parse_network, shown_network
from custom_components.timmy_access.protocol.peer import Peer

# The numbers beside the edges of what is private, which chance would not find.
STEPS = (-1, 0, 1)
EDGES = [
    edge
    for network in PRIVATE.networks
    for address in (network.network_address, network.broadcast_address)
    for edge in (address + step for step in STEPS)
]
v4 = st.one_of(
    st.integers(0, 2**32 - 1).map(IPv4Address), st.sampled_from([one for one in EDGES if isinstance(one, IPv4Address)])
)
# Those that hold an IPv4 address have tests of their own.
v6 = st.one_of(
    st.integers(0, 2**128 - 1).map(IPv6Address), st.sampled_from([one for one in EDGES if isinstance(one, IPv6Address)])
).filter(lambda address: not address.ipv4_mapped)
v4_networks = st.builds(
    lambda address, length: IPv4Network((int(address), length), strict=False), v4, st.integers(0, 32)
)
v6_networks = st.builds(
    lambda address, length: IPv6Network((int(address), length), strict=False), v6, st.integers(0, 128)
)
networks = st.lists(st.one_of(v4_networks, v6_networks), max_size=4)
scopes = st.sampled_from(["", "%eth0", "%2", "%wlan0.7"])


@given(v4, networks)
def test_an_address_is_in_the_networks_that_hold_it(address: IPv4Address, others: list[Network]) -> None:
    inside = any(address in other for other in others if isinstance(other, IPv4Network))
    assert Networks(tuple(others)).admits(str(address)) is inside


@given(v6, scopes, networks)
def test_a_scope_changes_nothing(address: IPv6Address, scope: str, others: list[Network]) -> None:
    inside = any(address in other for other in others if isinstance(other, IPv6Network))
    assert Networks(tuple(others)).admits(f"{address}{scope}") is inside
    assert Peer.of((f"{address}{scope}", 1, 0, 2)) == Peer(str(address), 1)


@given(v4, scopes, networks)
def test_an_address_in_the_clothes_of_ipv6_is_judged_as_the_one_in_them(
    address: IPv4Address, scope: str, others: list[Network]
) -> None:
    allowed = Networks(tuple(others))
    dressed = IPv6Address((0xFFFF << 32) | int(address))
    for text in (f"::ffff:{address}{scope}", f"{dressed.exploded}{scope}"):
        assert allowed.admits(text) is allowed.admits(str(address))
        assert Peer.of((text, 1, 0, 0)) == Peer(str(address), 1)


@given(st.one_of(v4, v6))
def test_nothing_of_the_internet_is_private(address: IPv4Address | IPv6Address) -> None:
    if PRIVATE.admits(str(address)):
        assert not address.is_global


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("9.255.255.255", False),
        ("10.0.0.0", True),
        ("10.255.255.255", True),
        ("11.0.0.0", False),
        ("100.63.255.255", False),
        ("100.64.0.0", True),
        ("100.127.255.255", True),
        ("100.128.0.0", False),
        ("127.0.0.1", True),
        ("169.254.7.7", True),
        ("172.15.255.255", False),
        ("172.16.0.0", True),
        ("172.31.255.255", True),
        ("172.32.0.0", False),
        ("192.168.0.0", True),
        ("192.168.255.255", True),
        ("192.169.0.0", False),
        ("0.0.0.0", False),  # noqa: S104 - an address that is judged
        ("198.18.0.1", False),  # of nobody's building (RFC 2544)
        ("255.255.255.255", False),
        ("::1", True),
        ("::2", False),
        ("::", False),
        ("fbff:ffff::", False),
        ("fc00::1", True),
        ("fdff:ffff::1", True),
        ("fe80::1%eth0", True),
        ("febf::1", True),
        ("fec0::1", False),
        ("2001:db8::1", False),
        ("2a00::1", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::a00:1", False),  # 10.0.0.1 behind a translator is somebody of the internet
        ("2002:a00:1::1", False),
        ("::10.0.0.1", False),
        ("", False),
        ("localhost", False),
        ("10.0.0.1:7788", False),
        ("010.0.0.1", False),
    ],
)
def test_what_is_private(address: str, private: bool) -> None:
    assert PRIVATE.admits(address) is private


def test_everybody_is_everybody_of_a_family() -> None:
    assert Networks.of(["0.0.0.0/0"]).admits("203.0.113.7")
    assert Networks.of(["0.0.0.0/0"]).admits("::ffff:203.0.113.7")
    assert not Networks.of(["0.0.0.0/0"]).admits("2001:db8::1")
    assert Networks.of(["::/0"]).admits("2001:db8::1")
    assert not Networks.of(["::/0"]).admits("203.0.113.7")
    assert not Networks(()).admits("127.0.0.1")


@given(st.one_of(v4_networks, v6_networks))
def test_a_network_is_read_as_it_is_shown(network: Network) -> None:
    assert parse_network(str(network)) == parse_network(f" {shown_network(network)}\n") == network


@given(v4_networks)
def test_a_network_in_the_clothes_of_ipv6_is_the_one_in_them(network: IPv4Network) -> None:
    assert parse_network(f"::ffff:{network.network_address}/{network.prefixlen + 96}") == network


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("192.168.1.7/32", "192.168.1.7"),
        ("192.168.1.7/24", "192.168.1.0/24"),
        ("192.168.1.0/255.255.255.0", "192.168.1.0/24"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::%eth0/10", "fe80::/10"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_networks_are_shown_as_people_write_them(text: str, shown: str) -> None:
    assert shown_network(parse_network(text)) == shown
    assert Networks.of([text]).shown() == [shown]


@pytest.mark.parametrize("text", ["", "here", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fe80::/129", "1.2.3.4/x"])
def test_what_is_no_network_is_none(text: str) -> None:
    for strict in (False, True):
        with pytest.raises(ValueError, match=r"^"):
            parse_network(text, strict=strict)


@pytest.mark.parametrize(
    "text",
    ["10.0.0.0/0", "192.168.1.7/24", "2001:db8::1/0", "0.0.0.0", "0.0.0.0/32", "::", "::ffff:0.0.0.0"],  # noqa: S104
)
def test_what_is_more_or_less_than_it_seems_can_be_refused(text: str) -> None:
    parse_network(text)
    with pytest.raises(ValueError, match=r"^"):
        parse_network(text, strict=True)


@given(st.one_of(v4_networks, v6_networks), networks)
def test_covering_and_overlapping_are_those_of_the_library(network: Network, others: list[Network]) -> None:
    same = [other for other in others if other.version == network.version]
    allowed = Networks(tuple(others))
    assert allowed.covers(network) is any(network.subnet_of(other) for other in same)  # type: ignore[arg-type]
    assert allowed.overlaps(network) is any(network.overlaps(other) for other in same)
