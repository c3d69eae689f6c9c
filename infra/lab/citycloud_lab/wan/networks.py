"""The laboratory's network namespaces, by name.

Each lives as long as the process that made it holds it open (citycloud_dev.packet_networks). A name is a link below /run/netns to that open
file, so `ip netns exec` and another process find the namespace, and after a crash nothing is left but names that lead nowhere, which the
next laboratory takes away. All of them begin alike.
"""

import os
import pathlib
import shutil
from typing import Final

from citycloud_dev.packet_networks import Network

PREFIX: Final = "citycloud-"
FOLDER: Final = pathlib.Path("/run/netns")
"""Where iproute2 looks for names."""
RUN: Final = pathlib.Path("/run/citycloud/wan")
"""Where laboratories have their sockets."""


class Networks:
    """The namespaces of one laboratory: made here, or found where another process keeps them."""

    def __init__(self, *, lab: str) -> None:
        self._prefix = f"{PREFIX}{lab}."
        self._networks: dict[str, Network] = {}
        self._made: set[str] = set()

    def __getitem__(self, name: str) -> Network:
        """Return a namespace. Raise OSError where there is none of this name."""
        if name not in self._networks:
            self._networks[name] = Network(file=os.open(self.path(name), os.O_RDONLY | os.O_CLOEXEC))
        return self._networks[name]

    def __contains__(self, name: str) -> bool:
        return name in self._networks or self.path(name).exists()

    def full(self, name: str) -> str:
        """Return the name as `ip netns` knows it."""
        return f"{self._prefix}{name}"

    def path(self, name: str) -> pathlib.Path:
        """Return the file that bears the name."""
        return FOLDER / self.full(name)

    def taken(self) -> bool:
        """Tell whether somebody else has namespaces of this laboratory."""
        return any(FOLDER.glob(f"{self._prefix}*"))

    def make(self, name: str) -> Network:
        """Make a namespace, empty but for its loopback, which is up."""
        FOLDER.mkdir(exist_ok=True)
        network = Network.made()
        self._networks[name] = network
        self._made.add(name)
        self.path(name).symlink_to(network.path)
        network.run("ip", "link", "set", "lo", "up")
        return network

    def close(self) -> None:
        """Let go of all of them; those made here are gone with the last process in them."""
        for name, network in self._networks.items():
            if name in self._made:
                self.path(name).unlink(missing_ok=True)
            network.close()
        self._networks.clear()
        self._made.clear()


def run_folder(lab: str) -> pathlib.Path:
    """Name the folder of a laboratory's sockets: daemons that are not root come to it, and its path is short enough for a socket."""
    return RUN / lab


def sweep() -> int:
    """Take away what laboratories left whose process is gone, and return how much it was."""
    names = [path for path in FOLDER.glob(f"{PREFIX}*") if path.is_symlink() and not _leads_somewhere(path)]
    for path in names:
        path.unlink(missing_ok=True)
    folders = [path for path in RUN.glob("*") if not any(FOLDER.glob(f"{PREFIX}{path.name}.*"))]
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)
    return len(names) + len(folders)


def _leads_somewhere(path: pathlib.Path) -> bool:
    """Tell whether a name leads to a namespace: the number of a process that is gone may be another's by now."""
    try:
        return path.stat().st_dev == pathlib.Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False
