"""What real packets need of a machine: root, Debian's iptables, ipset and iproute2, and a kernel that lends its namespaces and filters.

`python -m citycloud_dev.packet_needs` installs and builds what can be had and says aloud what cannot.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Final

from citycloud_dev.assets import AssetError, find_netpol
from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import ProcessError, run_tool

PROGRAMS: Final = {"ip": "iproute2", "ipset": "ipset", "iptables": "iptables", "iptables-save": "iptables", "iptables-restore": "iptables"}
"""Each program, and the Debian package that has it."""
APT_SECONDS: Final = 600.0
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


def missing_packages(programs: Mapping[str, str] = PROGRAMS) -> list[str]:
    """Name the Debian packages whose programs are not installed."""
    return sorted({package for program, package in programs.items() if shutil.which(program) is None})


def install_packages(programs: Mapping[str, str] = PROGRAMS) -> None:
    """Install the missing packages where this is root on a Debian; say so where it fails."""
    packages = missing_packages(programs)
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"installing {', '.join(packages)} …", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            run_tool(["apt-get", *arguments], name=f"apt-get {arguments[0]}", seconds=APT_SECONDS, environment=environment)
        except ProcessError as error:
            print(error, file=sys.stderr)


def main() -> int:
    """Get everything ready; where that cannot be, name what is missing: the tests with packets are skipped then."""
    install_packages()
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
