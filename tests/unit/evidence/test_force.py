"""What counts as a policy in force, and what does not although it is there."""

import copy
from typing import Any

import pytest

from citycloud.evidence.force import in_force

Manifest = dict[str, Any]
EVERYWHERE = {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}


def policy() -> Manifest:
    labels = {"policy.citycloud.dev/P05": "", "policy.citycloud.dev/P06": "", "app.kubernetes.io/name": "citycloud"}
    rules = [{"expression": "true", "message": f"{id_}: Title. Remedy."} for id_ in ("P05", "P06")]
    return {"metadata": {"name": "pods", "labels": labels}, "spec": {"failurePolicy": "Fail", "validations": rules}}


def binding(**changes: Any) -> Manifest:
    return {"spec": {"policyName": "pods", "validationActions": ["Deny", "Audit"], "matchResources": EVERYWHERE} | changes}


def test_every_id_that_has_rules_is_in_force() -> None:
    assert in_force(policies=[policy()], bindings=[binding()]) == {("pods", "P05"), ("pods", "P06")}


def test_a_policy_whose_rules_are_gone_is_not_in_force_though_its_label_is_there() -> None:
    changed = policy()
    del changed["spec"]["validations"][1]
    assert in_force(policies=[changed], bindings=[binding()]) == {("pods", "P05")}


def test_one_rule_may_be_that_of_several_ids() -> None:
    changed = policy()
    changed["spec"]["validations"] = [{"expression": "true", "message": "P04, P06: Title. Remedy."}]
    assert in_force(policies=[changed], bindings=[binding()]) == {("pods", "P06")}


def test_a_policy_that_lets_failures_pass_is_not_in_force() -> None:
    changed = policy()
    changed["spec"]["failurePolicy"] = "Ignore"
    assert in_force(policies=[changed], bindings=[binding()]) == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"policyName": "another"},
        {"validationActions": ["Warn", "Audit"]},
        {"matchResources": EVERYWHERE | {"namespaceSelector": {"matchLabels": {"a": "b"}}}},
        {"matchResources": EVERYWHERE | {"objectSelector": {"matchLabels": {"a": "b"}}}},
        {"matchResources": EVERYWHERE | {"resourceRules": [{"resources": ["pods"]}]}},
        {"matchResources": EVERYWHERE | {"excludeResourceRules": [{"resources": ["pods"]}]}},
        {"paramRef": {"name": "a"}},
    ],
    ids=["another's", "warns only", "some namespaces", "some objects", "some requests", "all but some requests", "parameters"],
)
def test_a_binding_that_does_not_deny_everywhere_is_none(changes: Manifest) -> None:
    assert in_force(policies=[policy()], bindings=[binding(**changes)]) == frozenset()


def test_a_mutating_policy_has_mutations_and_a_binding_without_actions() -> None:
    mutating = copy.deepcopy(policy())
    mutating["spec"] = {"failurePolicy": "Fail", "mutations": [{"patchType": "JSONPatch"}]}
    bound = {"spec": {"policyName": "pods"}}
    assert in_force(policies=[mutating], bindings=[bound]) == {("pods", "P05"), ("pods", "P06")}
