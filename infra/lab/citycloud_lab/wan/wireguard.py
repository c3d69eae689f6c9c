"""WireGuard's tunnels: the kernel's where it has them, else `wireguard-go` (Debian's), one process an end.

Those processes are asked by sockets in one folder of the machine, under the interfaces' names. So they run with a folder of their own in
that place: two laboratories, or a laboratory and the machine's own tunnels, never meet. One process does nothing but hold it.
"""

import pathlib
import re
from collections.abc import Iterable
from typing import Final

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import Process, ProcessError, run_tool, wait_until
from citycloud_infra.render.wireguard import key_file
from citycloud_lab.wan.reduce import Technique

SOCKETS: Final = pathlib.Path("/run/wireguard")
LINK: Final = re.compile(r"^link add (\S+) type wireguard$", re.MULTILINE)
SECONDS: Final = 60.0
HOLDER: Final = "wireguard"


def kernel_has_wireguard() -> bool:
    """Tell whether the kernel makes WireGuard's interfaces by itself."""
    sample = Network.made()
    try:
        sample.run("ip", "link", "add", "sample", "type", "wireguard")
    except ProcessError:
        return False
    finally:
        sample.close()
    return True


def usual_technique() -> Technique:
    """Return how tunnels are made here: as in the city where the kernel can, else as it can."""
    return "wireguard" if kernel_has_wireguard() else "vxlan"


class WireGuard:
    """The ends of tunnels in a laboratory; `run` is its folder of sockets, `keys` that of its keys."""

    def __init__(self, *, run: pathlib.Path, keys: pathlib.Path, logs: pathlib.Path) -> None:
        self._holder = run / f"{HOLDER}.pid"
        self._keys = keys
        self._logs = logs
        self._processes: dict[str, Process] = {}
        self.played = not kernel_has_wireguard()

    def start(self, underlays: Iterable[tuple[Network, pathlib.Path]]) -> None:
        """Play those tunnels of these underlays' batches that are not played yet, and return when all answer.

        Only the thread that lives as long as they do may call this: they end with it.
        """
        if HOLDER not in self._processes:
            self._hold()
        for network, links in underlays:
            for name in LINK.findall(links.read_text("utf-8")):
                if name not in self._processes:
                    command = [*self._inside(), "wireguard-go", "-f", name]
                    with network.entered():
                        self._processes[name] = Process(name=name, command=command, log=self._logs / f"wireguard-{name}.log")
        wait_until(lambda: self._processes.keys() - {HOLDER} <= self._answering(), what="wireguard-go", seconds=SECONDS)

    def configure(self, network: Network, *, node: str, text: pathlib.Path) -> None:
        """Give one end, named like its text, its key and then the text; a running tunnel is not disturbed."""
        key = (self._keys / key_file(node=node, interface=text.stem)).read_text("ascii")
        whole = f"[Interface]\nPrivateKey = {key}{text.read_text('utf-8')}"
        network.run(*self._inside(), "wg", "syncconf", text.stem, "/dev/stdin", stdin=whole)

    def shown(self, network: Network, interface: str) -> str:
        """Return what an end is configured to, without its key and without what its peer is by now."""
        return network.run(*self._inside(), "wg", "showconf", interface)

    def stop(self) -> None:
        """End all of them, the holder last."""
        while self._processes:
            _, process = self._processes.popitem()
            process.stop(gracefully=False)

    def _hold(self) -> None:
        SOCKETS.mkdir(exist_ok=True)
        self._holder.parent.mkdir(parents=True, exist_ok=True)
        script = f"mount -t tmpfs citycloud {SOCKETS} && exec sleep infinity"
        holder = Process(name="wireguard", command=["unshare", "--mount", "sh", "-c", script], log=self._logs / "wireguard.log")
        self._processes[HOLDER] = holder
        mounts = pathlib.Path(f"/proc/{holder.pid}/mounts")
        wait_until(lambda: f"citycloud {SOCKETS} " in mounts.read_text(), what="a folder for WireGuard's sockets", seconds=SECONDS)
        self._holder.write_text(str(holder.pid))

    def _inside(self) -> list[str]:
        """Return what a command has to begin with to find the sockets; nothing where the kernel is asked."""
        return ["nsenter", f"--mount=/proc/{self._holder.read_text()}/ns/mnt", "--"] if self._holder.exists() else []

    def _answering(self) -> set[str]:
        shown = run_tool([*self._inside(), "wg", "show", "all", "dump"], name="wg", seconds=SECONDS)
        return {line.split("\t")[0] for line in shown.splitlines()}
