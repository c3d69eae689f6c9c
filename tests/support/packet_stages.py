"""An operator that can be killed and held back, so that each stage of a provisioning lasts as long as a test needs."""

import dataclasses
import threading

from tests.support.proxy import WRITES, Answer, Proxy

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import operator_kubeconfig, start_operator
from citycloud_dev.processes import Process


@dataclasses.dataclass
class Operator:
    """The operator, to be started and killed; it talks through the proxy."""

    cluster: Cluster
    proxy: Proxy
    process: Process | None = None

    def start(self) -> None:
        direct = operator_kubeconfig(self.cluster)
        through_proxy = direct.with_name("operator-through-proxy.kubeconfig")
        through_proxy.write_text(direct.read_text().replace(self.cluster.server, self.proxy.server))
        self.process = start_operator(self.cluster, kubeconfig=through_proxy)

    def kill(self) -> None:
        """End the operator as a power cut would; raise ProcessError where it has ended by itself."""
        assert self.process is not None
        self.process.check()
        self.process.stop(gracefully=False)


class Gate:
    """Asks for patience with every write to one environment that is held back, as an API server under load would."""

    def __init__(self, *held: str, environment: str) -> None:
        self._held = list(held)
        self._environment = f"--{environment}--"
        self._refused: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, method: str, path: str) -> None:
        if method not in WRITES or self._environment not in path:
            return
        with self._lock:
            hit = next((part for part in self._held if part in path), None)
            if hit is None:
                return
            self._refused.add(hit)
        raise Answer(429, {"Retry-After": "1"})

    def open(self, part: str) -> None:
        with self._lock:
            self._held.remove(part)

    def is_reached(self, part: str) -> bool:
        """Tell whether the operator has come as far as this part and was refused."""
        with self._lock:
            return part in self._refused
