"""The kinds of the operators of Prometheus and of Perses, as far as a test needs them served: their names, and nothing of their fields."""

from typing import Any

KINDS = {
    "podmonitors.monitoring.coreos.com": ("PodMonitor", "v1"),
    "prometheusrules.monitoring.coreos.com": ("PrometheusRule", "v1"),
    "persesdashboards.perses.dev": ("PersesDashboard", "v1alpha2"),
}


def definition(name: str) -> dict[str, Any]:
    """Define one kind, called as its definition is."""
    plural, _, group = name.partition(".")
    kind, version_name = KINDS[name]
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    version = {"name": version_name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": [version]}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": spec}
