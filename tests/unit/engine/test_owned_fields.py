"""Drift is found in `managedFields`: whoever changes or removes a field of ours takes it from our entry."""

import copy
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from citycloud.engine.observed import owned_fields, owns_all

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeApi, Make

POLICY: Final[dict[str, Any]] = {
    "podSelector": {},
    "policyTypes": ["Ingress", "Egress"],
    "ingress": [{"from": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": 8443}]}],
}
BINDING: Final[dict[str, Any]] = {
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "citycloud-tenant-admin"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "so-y-te-admins"}],
}
QUOTA: Final[dict[str, Any]] = {"spec": {"hard": {"pods": "8", "requests.cpu": "666m", "count/jobs.batch": "26"}}}
CHILDREN: Final = [
    ("Namespace", "abc--env--app", {}),
    ("NetworkPolicy", "default-deny", {"spec": POLICY}),
    ("RoleBinding", "citycloud-admins", BINDING),
    ("ResourceQuota", "citycloud", QUOTA),
    ("ServiceAccount", "default", {"automountServiceAccountToken": False}),
    ("ConfigMap", "citycloud-environment", {"data": {"hosts": "", "zone": "app"}}),
]
FIELDS: Final[dict[str, Any]] = {
    "f:metadata": {
        "f:annotations": {".": {}, "f:citycloud.dev/digest": {}},
        "f:labels": {".": {}, "f:app.kubernetes.io/managed-by": {}, "f:owner": {}},
    },
    "f:spec": {"f:hard": {"f:count/jobs.batch": {}, "f:pods": {}, "f:requests.cpu": {}}},
}
"""What an API server writes for the quota above, dots included where it puts them."""


def entry(fields: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Write one entry of `managedFields`."""
    return {"manager": "citycloud", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, **changes}


def without(path: str) -> dict[str, Any]:
    """Take one field out of FIELDS; the path is separated by spaces."""
    fields = copy.deepcopy(FIELDS)
    *way, last = path.split()
    inner = fields
    for step in way:
        inner = inner[step]
    del inner[last]
    return fields


@pytest.mark.parametrize(("kind", "name", "body"), CHILDREN, ids=[kind for kind, _, _ in CHILDREN])
def test_a_child_that_nobody_touched_is_ours_in_full(api: "FakeApi", make: "Make", kind: str, name: str, body: dict[str, Any]) -> None:
    manifest = make.child(kind, name, **body)
    stored = api.store(manifest)

    assert owns_all(manifest=manifest, owned=owned_fields(stored["metadata"]))


def test_the_dots_of_a_real_server_do_not_disturb(make: "Make") -> None:
    manifest = make.child("ResourceQuota", "citycloud", **QUOTA)

    assert owns_all(manifest=manifest, owned=owned_fields({"managedFields": [entry(FIELDS)]}))


@pytest.mark.parametrize(
    "path",
    [
        "f:metadata f:labels f:owner",
        "f:metadata f:labels",
        "f:spec f:hard f:pods",
        "f:spec",
        "f:metadata",
    ],
)
def test_a_field_that_somebody_else_set_or_removed_is_drift(make: "Make", path: str) -> None:
    manifest = make.child("ResourceQuota", "citycloud", **QUOTA)

    assert not owns_all(manifest=manifest, owned=owned_fields({"managedFields": [entry(without(path))]}))


def test_a_field_that_we_have_but_no_longer_want_is_no_drift(make: "Make") -> None:
    manifest = make.child("ResourceQuota", "citycloud", spec={"hard": {"pods": "8"}})

    assert owns_all(manifest=manifest, owned=owned_fields({"managedFields": [entry(FIELDS)]}))


def test_a_field_that_we_want_anew_is_missing(make: "Make") -> None:
    manifest = make.child("ResourceQuota", "citycloud", spec={"hard": {**QUOTA["spec"]["hard"], "services": "5"}})

    assert not owns_all(manifest=manifest, owned=owned_fields({"managedFields": [entry(FIELDS)]}))


@pytest.mark.parametrize("field", ["ingress", "podSelector", "policyTypes"])
def test_a_list_or_selector_that_is_owned_as_a_whole_counts_as_a_whole(make: "Make", field: str) -> None:
    manifest = make.child("NetworkPolicy", "allow-flows-in", spec=POLICY)
    spec: dict[str, Any] = {f"f:{key}": {} for key in POLICY if key != field}
    complete = {**FIELDS, "f:spec": {**spec, f"f:{field}": {}}}
    lacking = {**FIELDS, "f:spec": spec}

    assert owns_all(manifest=manifest, owned=owned_fields({"managedFields": [entry(complete)]}))
    assert not owns_all(manifest=manifest, owned=owned_fields({"managedFields": [entry(lacking)]}))


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry(FIELDS, manager="kubectl-edit", operation="Update")],
        [entry(FIELDS, subresource="status")],
        [entry({}, manager="citycloud")],
    ],
    ids=["nobody", "somebody else", "only the status", "nothing left"],
)
def test_what_is_not_ours_is_not_ours(make: "Make", entries: list[dict[str, Any]]) -> None:
    manifest = make.child("ResourceQuota", "citycloud", **QUOTA)

    assert not owns_all(manifest=manifest, owned=owned_fields({"managedFields": entries}))


def test_an_object_without_managed_fields_is_not_ours(make: "Make") -> None:
    assert owned_fields({}) == b""
    assert not owns_all(manifest=make.child("ConfigMap", "x"), owned=b"")


@pytest.mark.parametrize("reverse", [False, True])
def test_what_was_applied_counts_before_what_was_created(reverse: bool) -> None:
    """Keep a namespace that was created and later applied honest: the entry of the creation never grows."""
    created, applied = entry(without("f:spec"), operation="Update"), entry(FIELDS)
    entries = [applied, created] if reverse else [created, applied]

    assert orjson.loads(owned_fields({"managedFields": entries})) == FIELDS


def test_a_namespace_that_was_only_created_is_ours(make: "Make", api: "FakeApi") -> None:
    manifest = make.namespace()
    stored = api.store(manifest, operation="Update")

    assert owns_all(manifest=manifest, owned=owned_fields(stored["metadata"]))


def test_the_entries_of_others_change_nothing_for_us(make: "Make") -> None:
    own = entry(FIELDS)
    others = [
        entry({"f:status": {}}, manager="kube-controller-manager", operation="Update", subresource="status"),
        entry({}, manager="helm"),
    ]

    assert owned_fields({"managedFields": [others[0], own, others[1]]}) == owned_fields({"managedFields": [own]})


def test_objects_of_one_shape_share_one_copy() -> None:
    one, other = (owned_fields({"managedFields": [entry(copy.deepcopy(FIELDS))]}) for _ in range(2))

    assert one is other
