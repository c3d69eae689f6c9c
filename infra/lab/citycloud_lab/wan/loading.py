"""Rendered texts into namespaces, as they are, by the commands that citycloud_infra/render/__init__.py names.

Loading again is the same as loading: what stands already is refused by `ip` and `tc`, which go on (`-force`) and end with a failure. So a
failure counts unless every complaint is one of these.
"""

import pathlib
from typing import Final

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import ProcessError

THERE_ALREADY: Final = (
    "RTNETLINK answers: File exists",
    "Error: A VXLAN device with the specified VNI already exists.",
    "Error: Change operation not supported by specified qdisc.",
)
FAILED: Final = "Command failed "


def load_underlay(network: Network, *, folder: pathlib.Path) -> None:
    """Load what stands in an underlay, but for its tunnels."""
    network.run("sysctl", "--quiet", f"--load={folder / 'sysctl.conf'}")
    for family in ("-4", "-6"):
        batch(network, "ip", family, file=folder / "rules.batch")
    _load(network, folder=folder)


def load_segment(network: Network, *, folder: pathlib.Path) -> None:
    """Load what stands in a segment whose tunnels are there."""
    network.run("sysctl", "--quiet", f"--load={folder / 'sysctl.conf'}")
    _load(network, folder=folder)


def batch(network: Network, *command: str, file: pathlib.Path) -> None:
    """Run a rendered batch; raise ProcessError where a line fails for another reason than that all of it stands already."""
    whole = (*command, "-force", "-batch", str(file))
    try:
        network.run(*whole)
    except ProcessError as error:
        complaints = str(error).removeprefix(f"{' '.join(whole)}: ").splitlines()
        if any(not (line.startswith(FAILED) or line in THERE_ALREADY) for line in complaints):
            raise


def _load(network: Network, *, folder: pathlib.Path) -> None:
    interfaces, queues = folder / "interfaces.batch", folder / "tc.batch"
    if interfaces.exists():
        batch(network, "ip", file=interfaces)
    network.run("nft", "--file", str(folder / "nftables.nft"))
    if queues.exists():
        batch(network, "tc", file=queues)
