"""From the policies of the folders to those that are shipped: what is asked about the same requests is asked at once, nothing is lost."""

import json
import pathlib
from typing import Any

import pytest
from tests.support.cases import catalogue as shipped_catalogue

from citycloud.policies.catalogue import Catalogue, CatalogueError, Manifest, Policy, Text
from citycloud.policies.merger import shipped_manifests

SHARED = {"images": "object.spec.images", "unused": "1"}
PODS = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}
JOBS = {"resourceRules": [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["jobs"]}]}


def policy(id_: str, *manifests: Manifest, scope: str = "tenants") -> Policy:
    words = {"vi": "Tiêu đề variables.wrong", "en": "Title of variables.wrong"}
    content = {"id": id_, "title": words, "stops": words, "remedy": words, "level": 1, "scope": scope, "maps": {}}
    text = Text.model_validate(content | {"enforcedBy": ["ValidatingAdmissionPolicy"]})
    none: tuple[pathlib.Path, ...] = ()
    return Policy(slug="example", text=text, manifests=manifests, static=(), good=none, bad=none)


def manifest(kind: str = "ValidatingAdmissionPolicy", constraints: Manifest = PODS, **spec: Any) -> Manifest:
    variables = [{"name": "wrong", "expression": "variables.images.filter(each, each == 'variables.wrong')"}]
    rules = [{"expression": "variables.wrong.size() == 0", "messageExpression": "'at ' + variables.wrong[0]"}]
    mutations = [{"jsonPatch": {"expression": "[]"}}]
    rest = {"variables": variables, "validations": rules} if kind.startswith("Validating") else {"mutations": mutations}
    return {"kind": kind, "spec": {"matchConstraints": constraints, **rest, **spec}}


def built(*policies: Policy) -> dict[str, Manifest]:
    manifests = shipped_manifests(catalogue=Catalogue(policies=policies, variables=SHARED, conditions={}))
    assert [each["kind"] for each in manifests[1::2]] == [f"{each['kind']}Binding" for each in manifests[::2]]
    assert [each["spec"]["policyName"] for each in manifests[1::2]] == [each["metadata"]["name"] for each in manifests[::2]]
    return {each["metadata"]["name"]: each for each in manifests[::2]}


def test_policies_about_the_same_requests_are_shipped_as_one() -> None:
    found = built(policy("P50", manifest()), policy("P51", manifest()), policy("P52", manifest(constraints=JOBS)))

    assert list(found) == ["pods.citycloud.dev", "p52-example.citycloud.dev"]
    assert list(found["pods.citycloud.dev"]["metadata"]["labels"]) == ["policy.citycloud.dev/P50", "policy.citycloud.dev/P51"]


def test_what_a_policy_calls_its_own_stays_its_own_and_what_is_shared_stands_once_and_first() -> None:
    spec = built(policy("P50", manifest()), policy("P51", manifest()))["pods.citycloud.dev"]["spec"]

    variables = {each["name"]: each["expression"] for each in spec["variables"]}
    assert list(variables) == ["p50_example_wrong", "p51_example_wrong", "holds", "refusals"]
    assert variables["p50_example_wrong"] == "(object.spec.images).filter(each, each == 'variables.wrong')"
    assert "'P51 ' + 'at ' + variables.p51_example_wrong[0] + \": Tiêu đề variables.wrong" in variables["refusals"]


def test_policies_that_are_shipped_as_one_name_the_ids_of_all() -> None:
    (rule,) = built(policy("P50", manifest()), policy("P51", manifest()))["pods.citycloud.dev"]["spec"]["validations"]
    assert rule["message"].startswith("P50, P51: ")


@pytest.mark.parametrize(
    "other",
    [
        policy("P51", manifest(matchConditions=[{"name": "own", "expression": "true"}])),
        policy("P51", manifest(), scope="everywhere"),
        policy("P51", manifest(failurePolicy="Fail", kind="MutatingAdmissionPolicy")),
    ],
    ids=["other conditions", "other namespaces", "a mutating one"],
)
def test_what_is_asked_about_other_requests_stays_alone(other: Policy) -> None:
    assert list(built(policy("P50", manifest()), other)) == ["p50-example.citycloud.dev", "p51-example.citycloud.dev"]


def test_two_groups_of_one_name_are_refused() -> None:
    more = [manifest(matchConditions=[{"name": "own", "expression": "true"}])]
    with pytest.raises(CatalogueError, match="pods"):
        built(policy("P50", manifest()), policy("P51", manifest()), policy("P52", *more), policy("P53", *more))


def test_every_rule_of_the_catalogue_is_shipped_once() -> None:
    """By the text of its refusal, for its question may have been put together with others."""
    catalogue = shipped_catalogue()
    rules = [rule for policy in catalogue.policies for each in policy.manifests for rule in each["spec"].get("validations", ())]
    shipped = [each for each in shipped_manifests(catalogue=catalogue) if each["kind"] == "ValidatingAdmissionPolicy"]
    written = json.dumps([each["spec"] for each in shipped], ensure_ascii=False)

    ids = {f"'{policy.id} ' + " for policy in catalogue.policies}
    assert sum(written.count(each) for each in ids) == len(rules)
    assert len(shipped) < len(rules)
    assert all(len(each["spec"]["validations"]) == 1 for each in shipped)
