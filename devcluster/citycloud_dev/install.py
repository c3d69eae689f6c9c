"""Install citycloud from its own charts, so that what is tested and shown is what is shipped; and run the operator as its service account.

The operator runs as a local process beside the cluster, with a token of the service account that the chart made and with nothing more.
"""

import json
import os
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from citycloud_dev.access import ClusterAccess
from citycloud_dev.processes import Process, ProcessError, run_tool, wait_until

CHARTS: Final = pathlib.Path(__file__).resolve().parent.parent.parent / "charts"
NAMESPACE: Final = "citycloud-system"
HELM_SECONDS: Final = 120.0
DEFINITION_SECONDS: Final = 60.0
CANARY: Final = {
    "apiVersion": "citycloud.dev/v1alpha1",
    "kind": "OrgChange",
    "metadata": {"name": "canary"},
    "spec": {"action": "abolish", "from": ["canary"], "effectiveDate": "2100-01-01", "legalBasis": {"id": "canary"}},
}
"""A request that is never stored."""
TOKEN_LIFETIME: Final = "24h"


def helm(cluster: ClusterAccess, *arguments: str) -> str:
    """Run Helm as the administrator; its caches stay in the cluster's folder."""
    home = cluster.layout.folder / "helm"
    environment = {**os.environ, "HELM_CACHE_HOME": str(home), "HELM_CONFIG_HOME": str(home), "HELM_DATA_HOME": str(home)}
    command = [str(cluster.assets["helm"]), f"--kubeconfig={cluster.layout.kubeconfig}", *arguments]
    return run_tool(command, name=f"helm {' '.join(arguments)}", seconds=HELM_SECONDS, environment=environment)


def install_definitions(cluster: ClusterAccess) -> None:
    """Install the CRDs from their chart and wait until they are served."""
    helm(cluster, "upgrade", "--install", "citycloud-crds", str(CHARTS / "citycloud-crds"), "--namespace", NAMESPACE, "--create-namespace")

    def served() -> bool:
        definitions = json.loads(cluster.kubectl("get", "crd", "-o", "json"))["items"]
        return all(_is_established(definition) for definition in definitions)

    wait_until(served, what="the kinds to be served", seconds=DEFINITION_SECONDS, every=0.2)


def _is_established(definition: dict[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def install_citycloud(cluster: ClusterAccess, **values: str) -> None:
    """Install everything else from its chart, with no pod of the operator, which runs as a local process, and no canary.

    `values` are those of the chart, with `__` for a dot.
    """
    chosen = {"replicas": "0", "canary__enabled": "false"} | values
    settings = [f"--set={name.replace('__', '.')}={value}" for name, value in chosen.items()]
    helm(cluster, "upgrade", "--install", "citycloud", str(CHARTS / "citycloud"), "--namespace", NAMESPACE, *settings)
    wait_until(lambda: _is_stamped(cluster), what="requests to be stamped (P31)", seconds=DEFINITION_SECONDS, every=0.2)


def _is_stamped(cluster: ClusterAccess) -> bool:
    """Tell whether requests are taken: for some seconds after a kind is new, a policy that would change its objects does not know it."""
    try:
        cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(CANARY))
    except ProcessError:
        return False
    return True


def account_kubeconfig(cluster: ClusterAccess, *, account: str) -> pathlib.Path:
    """Write a kubeconfig of one of the service accounts that the chart made."""
    token = cluster.kubectl("create", "token", account, "--namespace", NAMESPACE, f"--duration={TOKEN_LIFETIME}")
    token_file = cluster.layout.certificates / f"{account}.token"
    token_file.touch(mode=0o600)
    token_file.write_text(token.strip())
    return cluster.token_kubeconfig(user=account, token_file=token_file, path=token_file.with_suffix(".kubeconfig"))


def operator_kubeconfig(cluster: ClusterAccess) -> pathlib.Path:
    """Write a kubeconfig of the operator's service account."""
    return account_kubeconfig(cluster, account="citycloud-operator")


def start_operator(
    cluster: ClusterAccess,
    *,
    identity: str = "operator",
    port: int = 0,
    kubeconfig: pathlib.Path | None = None,
    program: Sequence[str] = ("-m", "citycloud"),
    **settings: str,
) -> Process:
    """Start one operator process; `settings` are named as in operator/citycloud/settings.py.

    `CITYCLOUD_OPERATOR_PYTHON` names the interpreter: the demo and the benchmark use one that has just what the image has.
    """
    own = {"kubeconfig": str(kubeconfig or operator_kubeconfig(cluster)), "namespace": NAMESPACE, "identity": identity}
    return _start(cluster, name=identity, program=program, port=port, settings=own | settings)


def operator_python() -> str:
    """Return the interpreter that runs what an image would."""
    return os.environ.get("CITYCLOUD_OPERATOR_PYTHON") or sys.executable


def start_canary(cluster: ClusterAccess, *, port: int = 0, **settings: str) -> Process:
    """Start the canary of an installation that has one (`canary__enabled="true"`)."""
    kubeconfig = str(account_kubeconfig(cluster, account="citycloud-canary"))
    return _start(cluster, name="canary", program=("-m", "citycloud.canary"), port=port, settings={"kubeconfig": kubeconfig} | settings)


def _start(cluster: ClusterAccess, *, name: str, program: Sequence[str], port: int, settings: Mapping[str, str]) -> Process:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CITYCLOUD_", "KUBE"))}
    environment |= {"CITYCLOUD_TELEMETRY_ADDRESS": "127.0.0.1", "CITYCLOUD_TELEMETRY_PORT": str(port)}
    environment |= {f"CITYCLOUD_{key.upper()}": value for key, value in settings.items()}
    return Process(name=name, command=[operator_python(), *program], log=cluster.layout.logs / f"{name}.log", environment=environment)
