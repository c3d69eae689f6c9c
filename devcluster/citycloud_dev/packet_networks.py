"""Network namespaces without a name: each lives as long as this process holds it open.

So there is nothing to clean up after a crash, and two labs cannot get into each other's way: when the process is gone, however it went, the
kernel takes its networks, and the wires in them, along.
"""

import contextlib
import ctypes
import os
import pathlib
import socket
from collections.abc import Iterator
from typing import Final

from citycloud_dev.processes import run_tool

CLONE_NEWNET: Final = 0x40000000
NEXT_HOP: Final = "169.254.1.1"
"""What the node answers as on every wire: it routes, so no two hosts share a link and no bridge is needed."""
TOOL_SECONDS: Final = 20.0
_OWN: Final = "/proc/thread-self/ns/net"
_SETTINGS: Final = pathlib.Path("/proc/sys/net/ipv4")
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Network:
    """One network namespace. What is entered is entered by the calling thread alone, and by what it starts meanwhile."""

    def __init__(self, *, file: int) -> None:
        """Take over an open file of a namespace; `made` and `own` give one."""
        self._file = file

    @classmethod
    def made(cls) -> "Network":
        """Make an empty network; raise OSError where the kernel or a lack of rights forbids it."""
        with _coming_back():
            _succeed(_LIBC.unshare(CLONE_NEWNET), what="making a network namespace")
            return cls.own()

    @classmethod
    def own(cls) -> "Network":
        """Return the network that the calling thread is in."""
        return cls(file=os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC))

    @property
    def path(self) -> str:
        """Return a path by which other programs of this machine find the network."""
        return f"/proc/{os.getpid()}/fd/{self._file}"

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Be in this network for the length of a block."""
        with _coming_back():
            _succeed(_LIBC.setns(self._file, CLONE_NEWNET), what="entering a network namespace")
            yield

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a program in this network and return what it prints; raise ProcessError where it fails."""
        with self.entered():
            return run_tool(list(command), name=" ".join(command), seconds=TOOL_SECONDS, stdin=stdin)

    def ip(self, *commands: str) -> None:
        """Run commands of iproute2, all at once."""
        self.run("ip", "-batch", "-", stdin="\n".join(commands))

    def set(self, name: str, value: str) -> None:
        """Set one of the network's own IPv4 settings."""
        with self.entered():
            (_SETTINGS / name).write_text(value)

    def open_socket(self, kind: socket.SocketKind, *, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
        """Open a socket, which stays in this network wherever it is used."""
        with self.entered():
            return socket.socket(family, kind)

    def close(self) -> None:
        """Let go of the network; it is gone with the last socket and process in it."""
        os.close(self._file)


def node_network(*, address: str) -> Network:
    """Make a network that routes between the hosts to be attached to it, and has no way out."""
    node = Network.made()
    node.set("ip_forward", "1")
    node.set("icmp_ratemask", "0")  # every refusal is answered, however many there are, so that few probes must wait for silence
    node.ip("link set lo up", f"address add {address}/32 dev lo")
    return node


def attach(*, node: Network, number: int, address: str) -> Network:
    """Make the network of a host with one address, wired to the node but not plugged in; `number` is not used twice on a node."""
    host, wire = Network.made(), f"host{number}"
    node.ip(f"link add {wire} type veth peer name eth0 netns {host.path}", f"address add {NEXT_HOP}/32 dev {wire}")
    host.ip(
        "link set lo up",
        f"address add {address}/32 dev eth0",
        "link set eth0 up",
        f"route add {NEXT_HOP} dev eth0 scope link",
        f"route add default via {NEXT_HOP} dev eth0",
    )
    return host


def plug_in(*, node: Network, number: int, address: str) -> None:
    """Let packets pass between the node and an attached host."""
    wire = f"host{number}"
    node.ip(f"link set {wire} up", f"route add {address}/32 dev {wire}")


@contextlib.contextmanager
def _coming_back() -> Iterator[None]:
    """Bring the calling thread back to the network it is in at the end of a block."""
    here = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        _succeed(_LIBC.setns(here, CLONE_NEWNET), what="coming back from a network namespace")
        os.close(here)


def _succeed(result: int, *, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
