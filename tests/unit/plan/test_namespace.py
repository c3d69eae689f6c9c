"""What admission policies read from a tenant's namespace, and what Pod Security enforces in it."""

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.api.city import Location, Toleration
from citycloud.api.environment import Member
from citycloud.api.organisation import Groups
from citycloud.plan.namespace import home_namespace, zone_namespace
from citycloud.plan.subject import Subject

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Make

POD_SECURITY: Final = "pod-security.kubernetes.io"
people = st.text("ab,: ", min_size=1, max_size=10)


def annotations(subject: Subject, zone: str = "app") -> dict[str, str]:
    found: dict[str, str] = zone_namespace(subject=subject, zone=zone)["metadata"]["annotations"]
    return {key.removeprefix("citycloud.dev/"): value for key, value in found.items()}


def test_the_sample_namespace_holds_every_allow_list(make: "Make") -> None:
    namespace = zone_namespace(subject=make.subject(), zone="app")

    assert (namespace["apiVersion"], namespace["kind"], namespace["metadata"]["name"]) == ("v1", "Namespace", "so-y-te--ho-so-test--app")
    assert annotations(make.subject()) == {
        "approved-digest": "sha256:" + "0" * 64,
        "holds": "cpu=2,memory=4Gi,storage=40Gi",
        "owner": "lanh-dao@so-y-te.hanoi.example",
        "location": "municipal-cloud",
        "node-selector": "citycloud.dev/location=municipal-cloud",
        "tolerations": "",
        "allowed-hosts": "ho-so.so-y-te.hanoi.example",
        "allowed-registries": "registry.hanoi.example",
        "allowed-storage-classes": "standard,encrypted",
        "allowed-priority-classes": "citycloud-background,city-night",
        "allowed-groups": "so-y-te-admins,so-y-te-operators,so-y-te-viewers",
        "allowed-users": "lan@so-y-te.hanoi.example",
        "allowed-peers": "so-y-te--ho-so-test--dmz,so-y-te--ho-so-test--app,so-y-te--ho-so-test--data",
        "pods": "8",
        "policies": ",".join(f"P{number:02d}" for number in range(1, 42)),
        "images": "digest",
        "profile": "vn-2026-l3",
    }


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"hosts": (), "registries": (), "storage_classes": (), "priority_classes": (), "members": (), "groups": Groups()},
        {"location": Location(name="here", node_selector={}, levels=(1,))},
    ],
    ids=["full", "empty", "anywhere"],
)
def test_no_key_ever_comes_or_goes(make: "Make", change: dict[str, Any]) -> None:
    """Keep every key present: one that went could be left behind by whoever else touched it."""
    assert annotations(make.subject(**change)).keys() == annotations(make.subject()).keys()


@pytest.mark.parametrize("level", ["privileged", "baseline", "restricted"])
def test_pod_security_follows_the_profile_at_a_pinned_version(make: "Make", level: str) -> None:
    labels = zone_namespace(subject=make.with_profile(podSecurity=level), zone="app")["metadata"]["labels"]
    found = {key: value for key, value in labels.items() if key.startswith(POD_SECURITY)}

    assert found == {
        f"{POD_SECURITY}/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", level), ("-version", "v1.36"))
    }


def test_a_tenant_namespace_and_a_home_are_protected(make: "Make") -> None:
    for namespace in (zone_namespace(subject=make.subject(), zone="app"), home_namespace(subject=make.home())):
        assert namespace["metadata"]["labels"]["citycloud.dev/protected"] == "true"


@pytest.mark.parametrize("isolation", ["shared", "logical"])
def test_shared_nodes_are_those_of_the_place(make: "Make", isolation: str) -> None:
    found = annotations(make.with_profile(isolation=isolation))

    assert (found["node-selector"], found["tolerations"]) == ("citycloud.dev/location=municipal-cloud", "")


def test_dedicated_nodes_are_a_pool_of_the_environments_own(make: "Make") -> None:
    """Lead pods there, and let them stay: the nodes carry the pool as a label and as a taint."""
    found = annotations(make.with_profile(isolation="dedicatedNodes"))

    assert found["node-selector"] == "citycloud.dev/location=municipal-cloud,citycloud.dev/pool=so-y-te--ho-so-test"
    assert found["tolerations"] == "citycloud.dev/pool:Equal:so-y-te--ho-so-test:"


def test_a_pool_is_tolerated_beside_what_its_place_asks_for(make: "Make") -> None:
    restricted = Location(name="data-centre", node_selector={}, levels=(4,), tolerations=(Toleration(key="citycloud.dev/restricted"),))
    subject = dataclasses.replace(make.with_profile(isolation="dedicatedNodes"), location=restricted)

    assert annotations(subject)["tolerations"] == "citycloud.dev/restricted:Exists::,citycloud.dev/pool:Equal:so-y-te--ho-so-test:"


@pytest.mark.parametrize(
    ("tolerations", "expected"),
    [
        ((), ""),
        ((Toleration(key="citycloud.dev/restricted"),), "citycloud.dev/restricted:Exists::"),
        (
            (Toleration(key="a", operator="Equal", value="b", effect="NoSchedule"), Toleration(key="c", effect="NoExecute")),
            "a:Equal:b:NoSchedule,c:Exists::NoExecute",
        ),
    ],
)
def test_tolerations_are_written_for_admission_to_read(make: "Make", tolerations: tuple[Toleration, ...], expected: str) -> None:
    location = Location(name="data-centre", node_selector={}, levels=(3,), tolerations=tolerations)

    assert annotations(make.subject(location=location))["tolerations"] == expected


@pytest.mark.parametrize(("required", "expected"), [(True, "digest"), (False, "tag")])
def test_images_are_named_as_the_profile_asks(make: "Make", required: bool, expected: str) -> None:
    assert annotations(make.with_profile(images={"digestRequired": required}))["images"] == expected


def test_a_group_that_is_a_member_may_be_bound_and_a_person_is_no_group(make: "Make") -> None:
    members = (Member(kind="Group", name="nha-thau-x", role="viewer"), Member(kind="User", name="lan@hanoi.example", role="admin"))

    assert annotations(make.subject(members=members))["allowed-groups"].split(",") == [
        "nha-thau-x",
        "so-y-te-admins",
        "so-y-te-operators",
        "so-y-te-viewers",
    ]


@given(names=st.lists(people, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_a_group_with_a_strange_name_widens_no_allow_list(make: "Make", names: list[str]) -> None:
    """Hold the list to groups that were named: `x,system:authenticated` must not read as two of them."""
    members = tuple(Member(kind="Group", name=name, role="viewer") for name in names)
    allowed = set(annotations(make.subject(members=members, groups=Groups()))["allowed-groups"].split(",")) - {""}

    assert allowed <= set(names)


def test_the_home_runs_nothing_and_says_so(make: "Make") -> None:
    namespace = home_namespace(subject=make.home())

    assert namespace["metadata"]["name"] == "org-so-y-te"
    assert namespace["metadata"]["annotations"] == {"citycloud.dev/owner": "lanh-dao@so-y-te.hanoi.example"}
    assert namespace["metadata"]["labels"][f"{POD_SECURITY}/enforce"] == "restricted"


def test_peers_are_the_zones_that_the_profile_lets_this_one_talk_to(make: "Make") -> None:
    subject = make.subject(zones=("dmz", "app", "data"))

    assert annotations(subject, "dmz")["allowed-peers"] == "so-y-te--ho-so-test--dmz,so-y-te--ho-so-test--app"
    assert annotations(subject, "data")["allowed-peers"] == "so-y-te--ho-so-test--app,so-y-te--ho-so-test--data"
