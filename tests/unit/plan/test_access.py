"""Who may do what in a zone: the organisation's groups, members for a time, and nobody else."""

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.api.environment import Member
from citycloud.api.organisation import Groups
from citycloud.plan.access import zone_access
from citycloud.plan.manifest import Manifest

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Make

RBAC: Final = "rbac.authorization.k8s.io"
BUILT_IN: Final = {"admin", "edit", "view", "cluster-admin"}
roles = st.sampled_from(("admin", "operator", "viewer"))
member = st.builds(Member, kind=st.sampled_from(("User", "Group")), name=st.text(min_size=1, max_size=128), role=roles)


def granted(bindings: list[Manifest]) -> set[tuple[str, str, str]]:
    """List who gets which role, as kind, name and role."""
    return {(each["kind"], each["name"], binding["roleRef"]["name"]) for binding in bindings for each in binding["subjects"]}


def test_each_group_gets_the_role_of_its_name(make: "Make") -> None:
    assert granted(zone_access(subject=make.subject(members=()), zone="app")) == {
        ("Group", "so-y-te-admins", "citycloud-tenant-admin"),
        ("Group", "so-y-te-operators", "citycloud-tenant-operator"),
        ("Group", "so-y-te-viewers", "citycloud-tenant-viewer"),
    }


def test_a_binding_is_one_that_the_api_server_takes(make: "Make") -> None:
    binding = zone_access(subject=make.subject(), zone="app")[0]

    assert (binding["apiVersion"], binding["kind"]) == (f"{RBAC}/v1", "RoleBinding")
    assert binding["metadata"]["namespace"] == "so-y-te--ho-so-test--app"
    assert binding["roleRef"] == {"apiGroup": RBAC, "kind": "ClusterRole", "name": "citycloud-tenant-admin"}
    assert binding["subjects"] == [{"apiGroup": RBAC, "kind": "Group", "name": "so-y-te-admins"}]


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (Groups(), set()),
        (Groups(viewers=("v",)), {"citycloud-viewers"}),
        (Groups(admins=("a", "b"), operators=("o",)), {"citycloud-admins", "citycloud-operators"}),
    ],
)
def test_a_role_without_groups_has_no_binding(make: "Make", groups: Groups, names: set[str]) -> None:
    assert {each["metadata"]["name"] for each in zone_access(subject=make.subject(groups=groups, members=()), zone="app")} == names


@given(members=st.lists(member, max_size=6, unique_by=lambda each: (each.kind, each.name, each.role)))
@settings(max_examples=60, deadline=None)
def test_exactly_the_members_are_let_in_beside_the_groups(make: "Make", members: list[Member]) -> None:
    bindings = zone_access(subject=make.subject(groups=Groups(), members=tuple(members)), zone="app")

    assert granted(bindings) == {(each.kind, each.name, f"citycloud-tenant-{each.role}") for each in members}
    assert not {binding["roleRef"]["name"] for binding in bindings} & BUILT_IN


@given(members=st.lists(member, max_size=6, unique_by=lambda each: (each.kind, each.name, each.role)))
@settings(max_examples=60, deadline=None)
def test_a_members_binding_has_a_short_name_of_its_own_whatever_the_person_is_called(make: "Make", members: list[Member]) -> None:
    names = [each["metadata"]["name"] for each in zone_access(subject=make.subject(groups=Groups(), members=tuple(members)), zone="app")]

    assert len(names) == len(set(names)) == len(members)
    assert all(name.isascii() and name.islower() and len(name) <= 63 for name in names)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"kind": "User", "name": "lan@so-y-te.hanoi.example", "role": "operator"}, "citycloud-member-operator-c42d5e0d21"),
        ({"kind": "Group", "name": "nha-thau-x", "role": "viewer"}, "citycloud-member-viewer-8dda3d1764"),
        ({"kind": "User", "name": "Nguyễn Thị Lan", "role": "admin"}, "citycloud-member-admin-d3b39d2059"),
    ],
)
def test_a_members_binding_keeps_its_name_from_version_to_version(make: "Make", person: dict[str, Any], name: str) -> None:
    subject = make.subject(groups=Groups(), members=(Member.model_validate(person),))

    assert [each["metadata"]["name"] for each in zone_access(subject=subject, zone="app")] == [name]


def test_the_last_day_of_a_membership_changes_no_name(make: "Make") -> None:
    """Keep the name when the date moves: a new name would take the access away for a moment."""
    person = {"kind": "User", "name": "lan", "role": "viewer"}
    names = {
        zone_access(subject=make.subject(groups=Groups(), members=(Member.model_validate({**person, **until}),)), zone="app")[0][
            "metadata"
        ]["name"]
        for until in ({}, {"until": "2027-03-31"}, {"until": "2028-03-31"})
    }

    assert len(names) == 1
