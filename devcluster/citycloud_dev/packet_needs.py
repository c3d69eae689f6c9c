"""What real packets need of a machine: root, Debian's iptables, ipset and iproute2, and a kernel that lends its namespaces and filters.

`python -m citycloud_dev.packet_needs` installs and builds what can be had and says aloud what cannot.
"""

import os
import sys
from collections.abc import Mapping
from typing import Final

from citycloud_dev.assets import AssetError, find_netpol
from citycloud_dev.debian import install, missing_packages
from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import ProcessError

PROGRAMS: Final = {"ip": "iproute2", "ipset": "ipset", "iptables": "iptables", "iptables-save": "iptables", "iptables-restore": "iptables"}
"""Each program, and the Debian package that has it."""
SAMPLE_SET: Final = "create citycloud hash:ip timeout 0\n"
SAMPLE_RULES: Final = """*filter
-A FORWARD -m set --match-set citycloud src -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m addrtype --src-type LOCAL -m physdev --physdev-is-bridged -j MARK --set-xmark 0x10000/0x10000
-A FORWARD -p tcp -m multiport --dports 1:2 -m mark ! --mark 0x10000/0x10000 -m limit --limit 10/minute -j NFLOG --nflog-group 100
-A FORWARD -m comment --comment sample -j REJECT
COMMIT
"""
"""One of each match and target that kube-router uses."""
SAMPLES: Final = {("ipset", "restore"): SAMPLE_SET, ("iptables-restore",): SAMPLE_RULES}


def missing() -> list[str]:
    """Name what this machine lacks, each with what to do about it; nothing means that packets can be sent."""
    return lacking(programs=PROGRAMS, samples=SAMPLES, what="filters of the kernel")


def lacking(*, programs: Mapping[str, str], samples: Mapping[tuple[str, ...], str], what: str) -> list[str]:
    """Name what this machine lacks: root, programs, namespaces, or the kernel's part in the samples, each of which its command reads."""
    if os.geteuid() != 0:
        return ["root: only root makes network namespaces; run this as root"]
    packages = missing_packages(programs)
    if packages:
        return [f"programs: install the Debian packages {', '.join(packages)}"]
    try:
        sample = Network.made()
    except OSError as error:
        return [f"network namespaces: {error}"]
    try:
        for command, text in samples.items():
            sample.run(*command, stdin=text)
    except ProcessError as error:
        return [f"{what}: {error}"]
    finally:
        sample.close()
    return []


def main() -> int:
    """Get everything ready; where that cannot be, name what is missing: the tests with packets are skipped then."""
    install(missing_packages(PROGRAMS))
    if absent := missing():
        print(f"no real packets here: {'; '.join(absent)}", file=sys.stderr)
        return 0
    try:
        find_netpol()
    except AssetError as error:
        print(f"packets: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
