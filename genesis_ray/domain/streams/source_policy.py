"""Where live streams may be read from: schemes of addresses, networks, and certificates."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, get_args

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

Scheme = Literal["rtsp", "rtsps", "http", "https", "device"]
"""How the address of a live stream can begin."""

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

NO_CAMERAS: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host itself, as "unspecified"
            "169.254.0.0/16",  # link-local
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "::/128",  # unspecified
            "fe80::/10",  # link-local
            "ff00::/8",  # multicast
            # What clouds tell their machines over HTTP, keys among it:
            "169.254.169.254/32",  # AWS, Azure, Google and others
            "169.254.170.0/24",  # AWS, for containers
            "fd00:ec2::/32",  # AWS over IPv6
            "fd20:ce::254/128",  # Google over IPv6
            "100.100.100.200/32",  # Alibaba
            "168.63.129.16/32",  # Azure, the host's own service
            "192.0.0.192/32",  # Oracle
        ),
    )
)
"""Where no camera is unless the operator says so, and much that a stream must not reach."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that a gateway translates to the IPv4 address in their last four bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """What a live stream may be connected to.

    Attributes:
        allowed_networks: Where cameras are; empty: anywhere but in NO_CAMERAS.
        allowed_schemes: How addresses may begin.
        follow_links: Whether to go where redirects and playlists lead, which is not checked.
        verify_tls: Whether who answers over TLS has to have a certificate that is trusted.
        ca_file: What is trusted, certificates in PEM; None: what the system trusts.
    """

    allowed_networks: tuple[Network, ...] = ()
    allowed_schemes: tuple[Scheme, ...] = SCHEMES
    follow_links: bool = False
    verify_tls: bool = True
    ca_file: Path | None = None

    def allows(self, address: Address) -> bool:
        """Tell whether a camera may have this address.

        One in NO_CAMERAS may only where `allowed_networks` has it or a part of it that holds the
        address: 0.0.0.0/0 opens no way to a cloud's metadata, nor does 169.254.0.0/16.
        """
        address = plain(address)
        homes = [network for network in self.allowed_networks if address in network]
        if self.allowed_networks and not homes:
            return False
        return is_opened(address, homes)


def is_opened(address: Address, homes: Sequence[Network]) -> bool:
    """Tell whether each reserved network that has an address was opened by one of `homes`.

    That is one that has the address, and lies in the reserved network as a whole.
    """
    return all(
        any(_is_within(home, reserved) for home in homes)
        for reserved in NO_CAMERAS
        if address in reserved
    )


def plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_within(network: Network, other: Network) -> bool:
    return network.prefixlen >= other.prefixlen and network.network_address in other
