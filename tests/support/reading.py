"""Plain reads of the API server in the place of `kubectl get`, which takes a hundred times the processor: tests look again and again.

What it does not know by name, and whoever logs in otherwise than with a certificate, is left to kubectl.
"""

import http.client
import pathlib
import ssl
import urllib.parse
from typing import Any, Final

import yaml
from tests.support.caller import Answer, Caller

from citycloud.api import KINDS
from citycloud.kube.resources import CUSTOM, Resource
from citycloud_dev.processes import ProcessError

Object = dict[str, Any]
NOT_FOUND: Final = 404
OK: Final = 200
RBAC: Final = "rbac.authorization.k8s.io/v1"
BUILT_IN: Final = (
    (Resource("v1", "Namespace", "namespaces", False), "ns"),
    (Resource("v1", "Node", "nodes", False), "no"),
    (Resource("v1", "PersistentVolume", "persistentvolumes", False), "pv"),
    (Resource("v1", "ConfigMap", "configmaps", True), "cm"),
    (Resource("v1", "Event", "events", True), "ev"),
    (Resource("v1", "LimitRange", "limitranges", True), "limits"),
    (Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims", True), "pvc"),
    (Resource("v1", "Pod", "pods", True), "po"),
    (Resource("v1", "ResourceQuota", "resourcequotas", True), "quota"),
    (Resource("v1", "Secret", "secrets", True), ""),
    (Resource("v1", "Service", "services", True), "svc"),
    (Resource("v1", "ServiceAccount", "serviceaccounts", True), "sa"),
    (Resource("apps/v1", "DaemonSet", "daemonsets", True), "ds"),
    (Resource("apps/v1", "Deployment", "deployments", True), "deploy"),
    (Resource("apps/v1", "ReplicaSet", "replicasets", True), "rs"),
    (Resource("apps/v1", "StatefulSet", "statefulsets", True), "sts"),
    (Resource("batch/v1", "CronJob", "cronjobs", True), "cj"),
    (Resource("batch/v1", "Job", "jobs", True), ""),
    (Resource("coordination.k8s.io/v1", "Lease", "leases", True), ""),
    (Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", True), "netpol"),
    (Resource(RBAC, "Role", "roles", True), ""),
    (Resource(RBAC, "RoleBinding", "rolebindings", True), ""),
)


def known_names() -> dict[str, Resource]:
    """Name every kind as kubectl would take it: plural, singular, or a short name."""
    names = {name: resource for resource, short in BUILT_IN for name in (resource.plural, resource.kind.lower(), short) if name}
    for kind in KINDS:
        resource = CUSTOM[kind.definition.kind]
        names |= dict.fromkeys((resource.plural, resource.kind.lower(), *kind.definition.short_names), resource)
    return names


class Reader:
    """Reads as one user."""

    def __init__(self, *, kubeconfig: pathlib.Path) -> None:
        user = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]
        self._caller = Caller(kubeconfig=kubeconfig) if "client-certificate" in user else None
        self._names = known_names()

    def __del__(self) -> None:
        caller = getattr(self, "_caller", None)
        if caller is not None:
            caller.close()

    def knows(self, kinds: str) -> bool:
        """Tell whether it can read these kinds, comma-separated."""
        return self._caller is not None and all(name in self._names for name in kinds.split(","))

    def find(self, kind: str, name: str, namespace: str) -> Object | None:
        """Return an object, or None where there is none."""
        answer = self._get(self._names[kind].path(namespace=namespace, name=name))
        if answer.code == NOT_FOUND:
            return None
        self._check(answer)
        return answer.body

    def list(self, kinds: str, namespace: str, selector: str) -> list[Object]:
        """List the objects of several kinds, in one namespace or in all."""
        query = f"labelSelector={urllib.parse.quote(selector)}" if selector else ""
        found: list[Object] = []
        for resource in (self._names[name] for name in kinds.split(",")):
            answer = self._get(resource.path(namespace=namespace), query=query)
            self._check(answer)
            found += [{"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in answer.body["items"] or ()]
        return found

    def _get(self, path: str, *, query: str = "") -> Answer:
        assert self._caller is not None
        try:
            return self._caller.call("GET", path, query=query)
        except (OSError, http.client.HTTPException, ssl.SSLError) as error:
            self._caller.close()
            raise ProcessError(f"GET {path}: {error}") from error

    def _check(self, answer: Answer) -> None:
        if answer.code != OK:
            raise ProcessError(f"Error from server ({answer.body.get('reason', answer.code)}): {answer.message}")
