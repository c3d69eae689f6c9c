"""What an environment consists of as a whole: complete, closed first, and the same every time."""

import json
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.steps import needed

from citycloud.api.environment import Member
from citycloud.plan.environment import NEEDS, plan_environment

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Find, Make, Plan

LONGEST_LABEL: Final = 63
LABELS: Final = {"organisation", "system", "environment", "stage", "level", "zone"}
ZONES: Final = ("dmz", "app", "data", "management")
zone_choices = st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True).map(tuple)
stages = st.sampled_from(("sandbox", "training", "development", "test", "staging", "pilot", "production"))
members = st.lists(
    st.builds(
        Member,
        kind=st.sampled_from(("User", "Group")),
        name=st.text(min_size=1, max_size=128),
        role=st.sampled_from(("admin", "operator", "viewer")),
    ),
    max_size=5,
    unique_by=lambda member: (member.kind, member.name, member.role),
).map(tuple)
changes = st.fixed_dictionaries(
    {},
    optional={
        "organisation": st.just("o" * 24),
        "environment": st.just("e" * 24),
        "system": st.just("s" * 24),
        "stage": stages,
        "level": st.integers(1, 5),
        "zones": zone_choices,
        "hosts": st.sampled_from(((), ("ho-so.so-y-te.hanoi.example",), ("a.example", "b.example"))),
        "members": members,
        "registries": st.sampled_from(((), ("registry.hanoi.example", "other.example"))),
    },
)


@given(change=changes)
@settings(max_examples=40, deadline=None)
def test_every_manifest_is_json_that_reads_back_unchanged(make: "Make", plan: "Plan", change: dict[str, Any]) -> None:
    for manifest in plan(make.subject(**change)):
        assert orjson.loads(orjson.dumps(manifest)) == manifest
        assert json.loads(json.dumps(manifest)) == manifest


@given(change=changes)
@settings(max_examples=40, deadline=None)
def test_every_object_says_whose_it_is(make: "Make", plan: "Plan", change: dict[str, Any]) -> None:
    subject = make.subject(**change)
    for manifest in plan(subject):
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "citycloud"
        assert {f"citycloud.dev/{name}" for name in LABELS} <= labels.keys()
        assert labels["citycloud.dev/zone"] in subject.zones
        assert all(isinstance(value, str) and len(value) <= LONGEST_LABEL for value in labels.values())


@given(change=changes)
@settings(max_examples=40, deadline=None)
def test_every_object_lives_in_the_namespace_of_its_zone(make: "Make", plan: "Plan", change: dict[str, Any]) -> None:
    subject = make.subject(**change)
    for manifest in plan(subject):
        metadata = manifest["metadata"]
        name = metadata["name"] if manifest["kind"] == "Namespace" else metadata["namespace"]
        assert name == subject.namespace(metadata["labels"]["citycloud.dev/zone"])
        assert len(name) <= LONGEST_LABEL


@given(change=changes)
@settings(max_examples=40, deadline=None)
def test_no_two_manifests_describe_one_object(make: "Make", plan: "Plan", change: dict[str, Any]) -> None:
    keys = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in plan(make.subject(**change))]

    assert len(keys) == len(set(keys))


def test_a_person_who_is_named_twice_gets_one_binding(make: "Make", plan: "Plan") -> None:
    lan = Member(kind="User", name="lan@so-y-te.hanoi.example", role="operator")
    bindings = [each for each in plan(make.subject(members=(lan, lan), zones=("app",))) if "member" in each["metadata"]["name"]]

    assert len(bindings) == 1


@given(change=changes)
@settings(max_examples=40, deadline=None)
def test_the_same_environment_gives_the_same_bytes(make: "Make", change: dict[str, Any]) -> None:
    first, second = (orjson.dumps(plan_environment(subject=make.subject(**change))) for _ in range(2))

    assert first == second


def test_the_steps_are_written_closed_first(make: "Make") -> None:
    names = list(NEEDS)

    assert NEEDS == {
        "namespaces": (),
        "isolation": ("namespaces",),
        "limits": ("namespaces",),
        "workspace": ("namespaces",),
        "flows": ("isolation", "limits"),
        "monitoring": ("isolation", "limits"),
        "quota": ("isolation", "limits"),
        "access": ("workspace", "flows", "monitoring", "quota"),
    }
    assert list(plan_environment(subject=make.subject())) == names
    assert all(names.index(need) < names.index(step) for step in names for need in NEEDS[step])


@given(change=changes)
@settings(max_examples=40, deadline=None)
def test_nobody_gets_in_before_everything_is_closed(make: "Make", change: dict[str, Any]) -> None:
    """Hold rights until everything else is there, and every opening until the closing policy is."""
    steps = plan_environment(subject=make.subject(**change))
    kinds = {step: {each["kind"] for each in manifests} for step, manifests in steps.items()}
    openings = [step for step, manifests in steps.items() for each in manifests if each["metadata"]["name"].startswith("allow-")]

    assert needed("namespaces", NEEDS) == set()
    assert kinds["namespaces"] == {"Namespace"}
    assert needed("access", NEEDS) == set(NEEDS) - {"access"}
    assert [step for step in steps if "RoleBinding" in kinds[step]] == ["access"]
    assert {"LimitRange"} == kinds["limits"]
    assert {"ServiceAccount", "ConfigMap"} == kinds["workspace"]
    assert {"ResourceQuota"} == kinds["quota"]
    assert {each["metadata"]["name"] for each in steps["isolation"]} == {"default-deny"}
    assert openings
    assert all({"isolation", "limits"} <= needed(step, NEEDS) for step in openings)


@pytest.mark.parametrize("zones", [("app",), ("dmz", "app"), ("dmz", "app", "data", "management")])
def test_every_zone_gets_the_whole_set(make: "Make", plan: "Plan", zones: tuple[str, ...]) -> None:
    subject = make.subject(zones=zones)
    for zone in zones:
        own = {
            (each["kind"], each["metadata"]["name"]) for each in plan(subject) if each["metadata"]["labels"]["citycloud.dev/zone"] == zone
        }
        assert {
            ("Namespace", subject.namespace(zone)),
            ("ResourceQuota", "citycloud"),
            ("LimitRange", "citycloud"),
            ("ServiceAccount", "default"),
            ("ConfigMap", "citycloud-environment"),
            ("NetworkPolicy", "default-deny"),
            ("NetworkPolicy", "allow-dns"),
            ("NetworkPolicy", "allow-own-zone"),
            ("NetworkPolicy", "allow-monitoring"),
            ("RoleBinding", "citycloud-admins"),
            ("RoleBinding", "citycloud-operators"),
            ("RoleBinding", "citycloud-viewers"),
        } <= own


def test_pods_get_no_token_unless_they_ask(make: "Make", plan: "Plan", find: "Find") -> None:
    account = find(plan(make.subject()), "ServiceAccount", "so-y-te--ho-so-test--app", "default")

    assert account["apiVersion"] == "v1"
    assert account["automountServiceAccountToken"] is False


def test_a_workload_can_read_where_it_runs(make: "Make", plan: "Plan", find: "Find") -> None:
    facts = find(plan(make.subject()), "ConfigMap", "so-y-te--ho-so-test--app", "citycloud-environment")

    assert facts["data"] == {
        "organisation": "so-y-te",
        "system": "ho-so-hanh-nghe",
        "environment": "ho-so-test",
        "stage": "test",
        "zone": "app",
        "level": "3",
        "profile": "vn-2026-l3",
        "size": "s",
        "location": "municipal-cloud",
        "hosts": "ho-so.so-y-te.hanoi.example",
        "registries": "registry.hanoi.example",
        "storage-classes": "standard,encrypted",
        "priority-classes": "citycloud-background,city-night",
        "images-by-digest": "true",
        "namespace-dmz": "so-y-te--ho-so-test--dmz",
        "namespace-app": "so-y-te--ho-so-test--app",
        "namespace-data": "so-y-te--ho-so-test--data",
    }
