"""Address ranges that no place of the network has, so that no rule of ours ever names them (P33)."""

import ipaddress
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PROTECTED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 1122)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # unspecified, loopback, and IPv4 written as IPv6 the old way
        "::ffff:0:0/96",  # IPv4 written as IPv6
        "fd00:ec2::/32",  # the metadata of clouds in IPv6
        "fe80::/10",  # link-local
        "ff00::/8",  # multicast
    )
)


def protected_range(network: Network) -> Network | None:
    """Return the protected range that `network` touches; None where it touches none."""
    return next((each for each in PROTECTED if each.version == network.version and each.overlaps(network)), None)
