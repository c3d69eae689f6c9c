"""One control plane: started in the right order, ready when it says so, stopped without a trace.

Two clusters can run side by side: each has its own folder, ports and certificate authority.
"""

import contextlib
import os
import pathlib
import signal
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final

from citycloud_dev import components
from citycloud_dev.access import MASTERS, PLATFORM, ClusterAccess
from citycloud_dev.certificates import CertificateAuthority
from citycloud_dev.layout import Layout
from citycloud_dev.processes import Process, wait_until

READY_SECONDS: Final = 120.0
ADMINISTRATORS: Final = (MASTERS, PLATFORM)
"""Whoever starts a cluster of their own is its platform team."""


class Cluster(ClusterAccess):
    """A control plane below one folder; start it, use its kubeconfigs, stop it."""

    def __init__(self, *, folder: pathlib.Path, nodes: bool = True, before_controllers: "Callable[[Cluster], None] | None" = None) -> None:
        """Prepare a cluster; `before_controllers` may install CRDs, so that the controllers find them at their first look.

        The quota controller looks for new kinds only every 30 seconds, and refuses objects that it is told to count until then.
        """
        super().__init__(layout=Layout(folder=folder))
        self.ports = self.layout.prepare()
        self.authority = CertificateAuthority(folder=self.layout.certificates)
        self.nodes = nodes
        self.before_controllers = before_controllers
        self.processes: dict[str, Process] = {}

    @property
    def server(self) -> str:
        """Return the address of the API server."""
        return f"https://127.0.0.1:{self.ports.api_server}"

    def start(self) -> None:
        """Start everything and wait until the API answers and the controllers are at work."""
        self.start_store()
        self.start_api_server()
        self.kubeconfig(user="admin", groups=ADMINISTRATORS, path=self.layout.kubeconfig)
        if self.before_controllers is not None:
            self.before_controllers(self)
        manager = self.kubeconfig(user="system:kube-controller-manager", groups=("citycloud-dev:controllers", MASTERS))
        self._run(
            "kube-controller-manager",
            components.controller_manager(layout=self.layout, ports=self.ports, authority=self.authority, kubeconfig=manager),
        )
        placer = self.kubeconfig(user="system:kube-scheduler", groups=("citycloud-dev:scheduler", MASTERS))
        self._run("kube-scheduler", components.scheduler(layout=self.layout, ports=self.ports, kubeconfig=placer))
        if self.nodes:
            self._run("kwok", components.kwok(kubeconfig=self.kubeconfig(user="kwok", groups=("citycloud-dev:nodes", MASTERS))))
        self._wait(lambda: self._answers("/api/v1/namespaces/default/serviceaccounts/default"), what="the controllers")

    def start_store(self) -> None:
        """Start etcd."""
        self._run("etcd", components.etcd(layout=self.layout, ports=self.ports, authority=self.authority))

    def start_api_server(self, *, wait: bool = True) -> None:
        """Start the API server and, with `wait`, see it ready; also after it was stopped by itself."""
        binary = self.assets["kube-apiserver"]
        arguments = components.api_server(layout=self.layout, ports=self.ports, authority=self.authority, binary=binary)
        self._run("kube-apiserver", arguments)
        if wait:
            self._wait(lambda: self._answers("/readyz"), what="the API server")

    def stop(self) -> None:
        """Stop everything, the store last."""
        for name in reversed(list(self.processes)):
            self.processes.pop(name).stop(gracefully=name == "etcd")

    def stop_component(self, name: str, *, gracefully: bool = True) -> None:
        """Stop one component, as an outage would."""
        self.processes.pop(name).stop(gracefully=gracefully)

    def pause(self, name: str, *, paused: bool) -> None:
        """Freeze or thaw one component."""
        self.processes[name].send(signal.SIGSTOP if paused else signal.SIGCONT)

    def check(self) -> None:
        """Raise ProcessError where a component has ended by itself."""
        for process in self.processes.values():
            process.check()

    def kubeconfig(self, *, user: str, groups: tuple[str, ...] = (), path: pathlib.Path | None = None) -> pathlib.Path:
        """Write the kubeconfig of `user` with a client certificate that names `groups`."""
        pair = self.authority.user(name=user, groups=groups)
        credentials = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        path = path or pair.certificate.with_suffix(".kubeconfig")
        return self._write_kubeconfig(path=path, user=user, credentials=credentials)

    def _connection(self) -> dict[str, Any]:
        return {"server": self.server, "certificate-authority": str(self.authority.files.certificate)}

    def _run(self, name: str, arguments: list[str]) -> None:
        command = [str(self.assets[name]), *arguments]
        environment = {key: value for key, value in os.environ.items() if key not in ("KUBECONFIG", "GOMEMLIMIT")}
        if name != "kube-apiserver":  # each looks for more to do on every core that it has, and the API server waits
            environment["GOMAXPROCS"] = str(max(1, (os.cpu_count() or 1) // 2))
        self.processes[name] = Process(name=name, command=command, log=self.layout.logs / f"{name}.log", environment=environment)

    def _wait(self, condition: Any, *, what: str) -> None:
        def checked() -> bool:
            self.check()
            return bool(condition())

        wait_until(checked, what=what, seconds=READY_SECONDS)

    def _answers(self, path: str) -> bool:
        pair = self.authority.user(name="admin", groups=ADMINISTRATORS)
        context = ssl.create_default_context(cafile=str(self.authority.files.certificate))
        context.load_cert_chain(certfile=pair.certificate, keyfile=pair.key)
        try:
            with urllib.request.urlopen(self.server + path, context=context, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@contextlib.contextmanager
def running_cluster(
    *, folder: pathlib.Path, nodes: bool = True, before_controllers: Callable[[Cluster], None] | None = None
) -> Iterator[Cluster]:
    """Keep a cluster up for the length of a block."""
    cluster = Cluster(folder=folder, nodes=nodes, before_controllers=before_controllers)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
