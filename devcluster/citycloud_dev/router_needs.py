"""What routers need of a machine: root, Debian's FRR, BIRD, nftables, WireGuard and iproute2, and a kernel that lends tunnels and queues.

What measures them is among it: ping and iperf3.

`python -m citycloud_dev.router_needs` installs what can be had and says aloud what cannot. Debian starts the services of FRR and BIRD when
they are installed; without configuration they change nothing, and tests run daemons of their own in namespaces of their own.
"""

import sys
from collections.abc import Mapping
from typing import Final

from citycloud_dev.debian import install, missing_packages
from citycloud_dev.packet_needs import lacking

PROGRAMS: Final = {
    "vtysh": "frr",
    "/usr/lib/frr/frr-reload.py": "frr-pythontools",
    "bird": "bird2",
    "nft": "nftables",
    "wg": "wireguard-tools",
    "wireguard-go": "wireguard-go",
    "ip": "iproute2",
    "tc": "iproute2",
    "sysctl": "procps",
    "ping": "iputils-ping",
    "iperf3": "iperf3",
}
"""Each program, and the Debian package that has it."""
SAMPLE_LINKS: Final = """\
link set lo up
link add one type veth peer name two
link add three type vxlan id 3 local 192.0.2.1 remote 192.0.2.2 dstport 20003 dev one tos inherit
link add four type bridge
"""
SAMPLE_QUEUES: Final = """\
qdisc replace dev one root handle 1: htb default 10
class replace dev one parent 1: classid 1:10 htb rate 10mbit
qdisc replace dev one parent 1:10 handle 10: pfifo limit 32
"""
SAMPLE_RULES: Final = """\
table inet citycloud {
\tset sources {
\t\ttypeof iifname . ip saddr
\t\tflags interval
\t\telements = { "one" . 10.16.0.0/20, }
\t}
\tchain forward {
\t\ttype filter hook forward priority filter; policy drop;
\t\ttcp flags syn tcp option maxseg size set rt mtu
\t\tiifname . ip saddr @sources ct state new accept
\t}
\tchain classes {
\t\ttype filter hook postrouting priority mangle;
\t\tmeta priority set ip dscp map { 46 : 1:10 }
\t}
\tchain translate {
\t\ttype nat hook postrouting priority srcnat;
\t\toifname "two" masquerade
\t}
}
"""
"""One of each thing that the rendered texts use."""
SAMPLES: Final[Mapping[tuple[str, ...], str]] = {
    ("ip", "-batch", "-"): SAMPLE_LINKS,
    ("tc", "-batch", "-"): SAMPLE_QUEUES,
    ("nft", "-f", "-"): SAMPLE_RULES,
}


def missing() -> list[str]:
    """Name what this machine lacks, each with what to do about it; nothing means that rendered texts can be loaded."""
    return lacking(programs=PROGRAMS, samples=SAMPLES, what="links, queues or filters of the kernel")


def main() -> int:
    """Get everything ready; where that cannot be, name what is missing: the tests with routers are skipped then."""
    install(missing_packages(PROGRAMS))
    if absent := missing():
        print(f"no routers here: {'; '.join(absent)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
