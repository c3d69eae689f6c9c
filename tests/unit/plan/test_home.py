"""The home of an organisation: the place where it asks, where nothing ever runs."""

from typing import TYPE_CHECKING, Final

import orjson
import pytest

from citycloud.api.organisation import Groups
from citycloud.plan.home import plan_home
from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import HomeSubject

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Make

RUNS: Final = ("pods", "services", "persistentvolumeclaims", "replicationcontrollers", "secrets")


def manifests(subject: HomeSubject) -> list[Manifest]:
    return [each for step in plan_home(subject=subject).values() for each in step]


def granted(subject: HomeSubject) -> set[tuple[str, str]]:
    bindings = plan_home(subject=subject)["access"]
    return {(person["name"], binding["roleRef"]["name"]) for binding in bindings for person in binding["subjects"]}


def test_a_home_is_written_closed_first(make: "Make") -> None:
    steps = plan_home(subject=make.home())

    assert list(steps) == ["namespace", "quota", "isolation", "access", "dashboards"]
    assert {each["kind"] for each in steps["access"]} == {"RoleBinding"}
    assert not [each for name in ("namespace", "quota", "isolation") for each in steps[name] if each["kind"] == "RoleBinding"]


def test_no_pod_ever_runs_in_a_home(make: "Make") -> None:
    (quota,) = plan_home(subject=make.home())["quota"]

    assert {resource: quota["spec"]["hard"][resource] for resource in RUNS} == dict.fromkeys(RUNS, "0")


def test_a_home_is_closed_in_both_directions(make: "Make") -> None:
    (deny,) = plan_home(subject=make.home())["isolation"]

    assert (deny["kind"], deny["metadata"]["name"]) == ("NetworkPolicy", "default-deny")
    assert (deny["spec"]["podSelector"], deny["spec"]["policyTypes"]) == ({}, ["Ingress", "Egress"])
    assert not deny["spec"].get("ingress")
    assert not deny["spec"].get("egress")


def test_every_object_of_a_home_says_whose_it_is_and_is_no_environments(make: "Make") -> None:
    for manifest in manifests(make.home()):
        assert (
            manifest["metadata"]["labels"].items()
            >= {
                "app.kubernetes.io/managed-by": "citycloud",
                "citycloud.dev/organisation": "so-y-te",
                "citycloud.dev/home": "true",
            }.items()
        )
        assert "citycloud.dev/environment" not in manifest["metadata"]["labels"]
        assert orjson.loads(orjson.dumps(manifest)) == manifest


def test_admins_ask_others_look_and_the_city_decides(make: "Make") -> None:
    assert granted(make.home()) == {
        ("so-y-te-admins", "citycloud-requester"),
        ("so-y-te-operators", "citycloud-reader"),
        ("so-y-te-viewers", "citycloud-reader"),
        ("citycloud-approvers", "citycloud-approver"),
        ("citycloud-security", "citycloud-security-officer"),
        ("citycloud-auditors", "citycloud-reader"),
    }


def test_nobody_of_the_organisation_may_decide(make: "Make") -> None:
    own = {*make.home().spec.groups.admins, *make.home().spec.groups.operators, *make.home().spec.groups.viewers}

    deciding = {"citycloud-approver", "citycloud-security-officer"}
    assert not {role for name, role in granted(make.home()) if name in own and role in deciding}


@pytest.mark.parametrize("role", ["approvers", "security_officers", "auditors"])
def test_a_city_without_a_group_for_a_role_makes_no_empty_binding(make: "Make", role: str) -> None:
    bindings = plan_home(subject=make.home(**{role: ()}))["access"]

    assert len(bindings) == 4
    assert all(binding["subjects"] for binding in bindings)


def test_an_organisation_without_groups_still_has_those_who_decide(make: "Make") -> None:
    spec = make.home().spec.model_copy(update={"groups": Groups()})

    assert {role for _, role in granted(make.home(spec=spec))} == {"citycloud-approver", "citycloud-security-officer", "citycloud-reader"}
