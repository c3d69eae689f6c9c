"""How people and programs reach a cluster: kubectl, and kubeconfigs for users and service accounts.

The same for a cluster of our own and for one that was there already, so that whatever installs, demonstrates or tests takes either.
"""

import abc
import copy
import json
import os
import pathlib
from typing import Any, Final

import yaml

from citycloud_dev.assets import Assets, find_assets
from citycloud_dev.certificates import user_file_name
from citycloud_dev.layout import Layout
from citycloud_dev.processes import ProcessError, run_tool

KUBECTL_SECONDS: Final = 300.0
ANSWER_SECONDS: Final = 10
UNCOLLECTED: Final = {"GOGC": "off"}
"""kubectl ends before its rubbish matters: without Go's collector a call takes a quarter less of the processor, and tests make many."""
MASTERS: Final = "system:masters"
PLATFORM: Final = "citycloud-platform"
"""The platform's pipeline: the one group that may write admission policies, also past `system:masters` (docs/decisions/0011)."""


class ClusterAccess(abc.ABC):
    """A cluster, by the folder that holds its kubeconfigs and logs."""

    layout: Layout

    def __init__(self, *, layout: Layout) -> None:
        self.layout = layout
        self._assets: Assets | None = None

    @property
    def assets(self) -> Assets:
        """Return the binaries, built on first use."""
        if self._assets is None:
            self._assets = find_assets()
        return self._assets

    @property
    @abc.abstractmethod
    def server(self) -> str:
        """Return the address of the API server."""

    @abc.abstractmethod
    def kubeconfig(self, *, user: str, groups: tuple[str, ...] = ()) -> pathlib.Path:
        """Write a kubeconfig with which one is `user` in `groups`."""

    @abc.abstractmethod
    def _connection(self) -> dict[str, Any]:
        """Return the `cluster` part of a kubeconfig."""

    def kubectl(self, *arguments: str, kubeconfig: pathlib.Path | None = None, stdin: str | None = None) -> str:
        """Run kubectl as the administrator, or with `kubeconfig`, and return what it prints; raise ProcessError where it fails."""
        command = [str(self.assets["kubectl"]), f"--kubeconfig={kubeconfig or self.layout.kubeconfig}", *arguments]
        environment = {**os.environ, **UNCOLLECTED}
        return run_tool(command, name=f"kubectl {' '.join(arguments)}", seconds=KUBECTL_SECONDS, environment=environment, stdin=stdin)

    def token_kubeconfig(self, *, user: str, token_file: pathlib.Path, path: pathlib.Path) -> pathlib.Path:
        """Write a kubeconfig that reads the token of a service account from a file, as a pod does."""
        return self._write_kubeconfig(path=path, user=user, credentials={"tokenFile": str(token_file)})

    def _write_kubeconfig(self, *, path: pathlib.Path, user: str, credentials: dict[str, Any]) -> pathlib.Path:
        config: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "citycloud-dev",
            "clusters": [{"name": "citycloud-dev", "cluster": self._connection()}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": "citycloud-dev", "context": {"cluster": "citycloud-dev", "user": user}}],
        }
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        return path


class ExistingCluster(ClusterAccess):
    """A cluster that somebody else runs; whoever is administrator there acts as any user by impersonation."""

    def __init__(self, *, layout: Layout, source: str) -> None:
        """Take the current context of `source`, a path or several as in `KUBECONFIG`; raise ProcessError where it cannot be read."""
        super().__init__(layout=layout)
        layout.make_folders()
        environment = {"KUBECONFIG": source}
        command = [str(self.assets["kubectl"]), "config", "view", "--minify", "--flatten", "--raw", "-o", "json"]
        config = json.loads(run_tool(command, name="kubectl config view", seconds=KUBECTL_SECONDS, environment=environment))
        if not config.get("clusters") or not config.get("users"):
            raise ProcessError(f"KUBECONFIG={source} names no cluster and user: set current-context there")
        self._cluster: dict[str, Any] = config["clusters"][0]["cluster"]
        self._administrator: dict[str, Any] = config["users"][0]["user"]
        self._write_kubeconfig(path=layout.kubeconfig, user="admin", credentials=self._administrator)

    @property
    def server(self) -> str:
        """Return the address of the API server."""
        return str(self._cluster["server"])

    def kubeconfig(self, *, user: str, groups: tuple[str, ...] = ()) -> pathlib.Path:
        """Write a kubeconfig with which the administrator acts as `user` in `groups`."""
        credentials = self._administrator | {"as": user, "as-groups": list(groups)}
        path = self.layout.certificates / f"{user_file_name(name=user, groups=groups)}.kubeconfig"
        return self._write_kubeconfig(path=path, user=user, credentials=credentials)

    def _connection(self) -> dict[str, Any]:
        return copy.deepcopy(self._cluster)

    def answers(self) -> bool:
        """Tell whether the API server says that it is ready."""
        try:
            return self.kubectl("get", "--raw", "/readyz", f"--request-timeout={ANSWER_SECONDS}s").strip() == "ok"
        except ProcessError:
            return False
