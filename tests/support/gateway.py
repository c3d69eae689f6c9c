"""The kinds of the Gateway API, as little of them as it takes to be served: what a policy says of them is proven on real requests.

The schema is open, so a manifest of any version of that API is taken as it stands.
"""

from typing import Any, Final

Object = dict[str, Any]
GROUP: Final = "gateway.networking.k8s.io"
KINDS: Final = {
    "HTTPRoute": ("httproutes", "v1"),
    "TCPRoute": ("tcproutes", "v1alpha2"),
    "Gateway": ("gateways", "v1"),
    "ReferenceGrant": ("referencegrants", "v1beta1"),
}
OPEN: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
UNAPPROVED: Final = {"api-approved.kubernetes.io": "unapproved, for tests only"}
"""Without it the API server takes no definition of a group that is Kubernetes' own."""


def definitions() -> list[Object]:
    """Build one definition per kind."""
    return [_definition(kind=kind, plural=plural, version=version) for kind, (plural, version) in KINDS.items()]


def _definition(*, kind: str, plural: str, version: str) -> Object:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}", "annotations": UNAPPROVED},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": OPEN}}],
        },
    }
