"""Where the API server serves what."""

import pytest

from citycloud.api import KINDS
from citycloud.kube.resources import (
    BY_KIND,
    CHILDREN,
    CONFIG_MAP,
    CUSTOM,
    LEASE,
    NAMESPACE,
    NETWORK_POLICY,
    OPTIONAL_CHILDREN,
    ROLE_BINDING,
    Resource,
)


@pytest.mark.parametrize(
    ("resource", "place", "path"),
    [
        (NAMESPACE, {}, "/api/v1/namespaces"),
        (NAMESPACE, {"name": "org-a"}, "/api/v1/namespaces/org-a"),
        (NAMESPACE, {"namespace": "ignored", "name": "org-a"}, "/api/v1/namespaces/org-a"),
        (CONFIG_MAP, {}, "/api/v1/configmaps"),
        (CONFIG_MAP, {"namespace": "a"}, "/api/v1/namespaces/a/configmaps"),
        (CONFIG_MAP, {"namespace": "a", "name": "b"}, "/api/v1/namespaces/a/configmaps/b"),
        (NETWORK_POLICY, {"namespace": "a", "name": "b"}, "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/b"),
        (ROLE_BINDING, {}, "/apis/rbac.authorization.k8s.io/v1/rolebindings"),
        (LEASE, {"namespace": "a", "name": "b"}, "/apis/coordination.k8s.io/v1/namespaces/a/leases/b"),
        (CUSTOM["City"], {"name": "city"}, "/apis/citycloud.dev/v1alpha1/cities/city"),
        (
            CUSTOM["Environment"],
            {"namespace": "org-a", "name": "b", "subresource": "status"},
            "/apis/citycloud.dev/v1alpha1/namespaces/org-a/environments/b/status",
        ),
        (CUSTOM["Organisation"], {"name": "a", "subresource": "status"}, "/apis/citycloud.dev/v1alpha1/organisations/a/status"),
    ],
)
def test_an_object_is_found_at_its_path(resource: Resource, place: dict[str, str], path: str) -> None:
    assert resource.path(**place) == path


@pytest.mark.parametrize(("resource", "group"), [(NAMESPACE, ""), (NETWORK_POLICY, "networking.k8s.io"), (CUSTOM["City"], "citycloud.dev")])
def test_a_resource_knows_its_group(resource: Resource, group: str) -> None:
    assert resource.group == group


def test_every_custom_kind_and_every_child_is_found_by_its_kind() -> None:
    assert CUSTOM.keys() == {kind.definition.kind for kind in KINDS}
    assert BY_KIND.keys() == CUSTOM.keys() | {child.kind for child in (*CHILDREN, *OPTIONAL_CHILDREN)}
    assert all(resource.kind == kind for kind, resource in BY_KIND.items())
