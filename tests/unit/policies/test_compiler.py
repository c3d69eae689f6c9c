"""From a folder's manifest to what the API server gets: the frame that no policy can forget."""

import json
import pathlib
from typing import Any

import pytest

from citycloud.policies.catalogue import Catalogue, CatalogueError, Manifest, Policy, Text
from citycloud.policies.compiler import DEMANDED, LONGEST_MESSAGE, STAGED, TENANT, compiled_policy, compiled_static

SHARED = {"one": "1", "two": "variables.one + 1", "unused": "variables.two", "who": "'@OPERATOR@'"}
CONDITIONS = {"spec-changes": "object.spec != oldObject.spec"}


def text(**changes: Any) -> Text:
    content: dict[str, Any] = {
        "id": "P50",
        "title": {"vi": "Tiêu đề", "en": "Title"},
        "stops": {"vi": "Chặn.", "en": "Stops."},
        "remedy": {"vi": "Sửa 'thế này'.", "en": 'Mend it "so".'},
        "level": 1,
        "scope": "everywhere",
        "enforcedBy": ["ValidatingAdmissionPolicy"],
        "maps": {},
    }
    return Text.model_validate(content | changes)


def manifest(kind: str = "ValidatingAdmissionPolicy", name: str = "", **spec: Any) -> Manifest:
    rules = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}
    body: Manifest = {"kind": kind, "spec": {"matchConstraints": rules, "validations": [{"expression": "true"}], **spec}}
    return body | ({"metadata": {"name": name}} if name else {})


def catalogue(*manifests: Manifest, static: tuple[Manifest, ...] = (), **changes: Any) -> Catalogue:
    good: tuple[pathlib.Path, ...] = ()
    policy = Policy(slug="example", text=text(**changes), manifests=manifests, static=static, good=good, bad=good)
    return Catalogue(policies=(policy,), variables=SHARED, conditions=CONDITIONS)


def built(*manifests: Manifest, **changes: Any) -> list[Manifest]:
    found = catalogue(*manifests, **changes)
    return compiled_policy(policy=found.policies[0], catalogue=found)


def test_each_policy_comes_with_its_binding() -> None:
    policy, binding = built(manifest())

    assert (policy["kind"], binding["kind"]) == ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    assert policy["metadata"]["name"] == binding["metadata"]["name"] == binding["spec"]["policyName"] == "p50-example.citycloud.dev"
    assert binding["spec"]["validationActions"] == ["Deny", "Audit"]
    assert policy["metadata"]["labels"] == binding["metadata"]["labels"] == {"policy.citycloud.dev/P50": ""}


def test_several_policies_of_one_folder_have_names_of_their_own() -> None:
    names = [each["metadata"]["name"] for each in built(manifest(name="a"), manifest(name="b"))]
    assert names == [f"p50-example-{part}.citycloud.dev" for part in ("a", "a", "b", "b")]


def test_a_policy_fails_closed_and_asks_each_rule() -> None:
    spec = built(manifest(validations=[{"expression": "a"}, {"expression": "b"}]))[0]["spec"]

    assert spec["failurePolicy"] == "Fail"
    assert "auditAnnotations" not in spec
    assert [each["expression"] for each in spec["validations"]] == ["variables.rule1", "variables.rule2"]


def test_a_refusal_says_id_field_and_remedy_in_both_languages_and_in_cel() -> None:
    validation = built(manifest(validations=[{"expression": "false", "messageExpression": "'spec.x'"}]))[0]["spec"]["validations"][0]

    start, literal = validation["messageExpression"].split(" + ", 2)[0], validation["messageExpression"].split(" + ", 2)[2]
    assert start == "'P50 '"
    assert json.loads(literal) == ": Tiêu đề. Sửa 'thế này'. / Title. Mend it \"so\"."
    assert "\n" not in validation["messageExpression"]
    assert validation["message"].startswith("P50: ")
    assert validation["reason"] == "Forbidden"


def test_shared_variables_are_put_in_where_they_are_used_and_in_their_order() -> None:
    spec = built(
        manifest(variables=[{"name": "own", "expression": "variables.two > 1"}], validations=[{"expression": "variables.own\n  && true"}])
    )[0]["spec"]
    assert [(each["name"], each["expression"]) for each in spec["variables"]] == [
        ("one", "1"),
        ("two", "variables.one + 1"),
        ("own", "variables.two > 1"),
        ("rule1", "variables.own && true"),
    ]


def test_a_variable_that_only_the_message_names_is_put_in_too() -> None:
    spec = built(manifest(validations=[{"expression": "true", "messageExpression": "string(variables.one)"}]))[0]["spec"]
    assert [each["name"] for each in spec["variables"]] == ["one", "rule1"]


def test_the_frame_of_tenants_asks_for_the_namespace_first_and_for_its_list_last() -> None:
    own = {"name": "own", "expression": "true"}
    spec = built(manifest(matchConditions=[own]), scope="tenants")[0]["spec"]

    assert spec["matchConditions"] == [TENANT, own]
    assert spec["variables"][-1] == {"name": "demanded", "expression": DEMANDED.replace("{id}", "P50")}
    assert spec["validations"][0]["expression"] == "!variables.demanded || variables.rule1"


def test_a_condition_that_several_use_is_named_and_put_in() -> None:
    spec = built(manifest(matchConditions=["spec-changes"]))[0]["spec"]
    assert spec["matchConditions"] == [{"name": "spec-changes", "expression": CONDITIONS["spec-changes"]}]


def test_a_condition_that_nobody_wrote_is_refused_by_its_name() -> None:
    with pytest.raises(CatalogueError, match=r"p50-example: no condition is called spec-change$"):
        built(manifest(matchConditions=["spec-change"]))


def test_a_policy_for_everywhere_asks_for_neither() -> None:
    spec = built(manifest())[0]["spec"]
    assert "matchConditions" not in spec
    assert "demanded" not in json.dumps(spec)


def test_a_mutating_policy_gets_variables_and_no_validations() -> None:
    mutations = [{"patchType": "JSONPatch", "jsonPatch": {"expression": "variables.two"}}]
    mutating: Manifest = {"kind": "MutatingAdmissionPolicy", "spec": {"matchConstraints": {}, "mutations": mutations}}
    policy, binding = built(mutating, scope="tenants")

    assert [each["name"] for each in policy["spec"]["variables"]] == ["one", "two", "demanded"]
    assert "validations" not in policy["spec"]
    assert policy["spec"]["reinvocationPolicy"] == "IfNeeded"
    assert policy["spec"]["matchConstraints"]["namespaceSelector"] == STAGED
    assert "matchConditions" not in policy["spec"]
    assert binding["spec"] == {"policyName": "p50-example.citycloud.dev"}


def test_a_mutating_policy_may_say_that_once_is_enough() -> None:
    spec = {"matchConstraints": {}, "reinvocationPolicy": "Never", "mutations": [{"jsonPatch": {"expression": "[]"}}]}
    policy = built({"kind": "MutatingAdmissionPolicy", "spec": spec})[0]
    assert policy["spec"]["reinvocationPolicy"] == "Never"


def test_what_a_policy_does_not_have_is_left_out_as_the_api_server_does() -> None:
    mutations = [{"patchType": "JSONPatch", "jsonPatch": {"expression": "[]"}}]
    policy = built({"kind": "MutatingAdmissionPolicy", "spec": {"matchConstraints": {}, "mutations": mutations}})[0]
    assert "variables" not in policy["spec"]


def test_a_remedy_that_the_api_server_would_cut_off_is_no_remedy() -> None:
    long = "ạ" * (LONGEST_MESSAGE // 8)
    with pytest.raises(CatalogueError, match="too long"):
        built(manifest(), remedy={"vi": long, "en": "Mend."}, title={"vi": long, "en": "Title"})


def test_what_is_no_admission_policy_is_refused() -> None:
    with pytest.raises(CatalogueError, match="not ConfigMap"):
        built(manifest(kind="ConfigMap"))


def test_static_policies_have_the_same_frame_and_a_name_that_the_api_cannot_write() -> None:
    static = (manifest(name="guard", validations=[{"expression": "variables.two == 2"}]),)
    found = catalogue(static=static)
    policy, binding = compiled_static(catalogue=found)

    assert policy["metadata"]["name"] == binding["spec"]["policyName"] == "p50-example-guard.static.k8s.io"
    assert policy["spec"]["failurePolicy"] == "Fail"
    assert [each["name"] for each in policy["spec"]["variables"]] == ["one", "two", "rule1"]
    assert compiled_policy(policy=found.policies[0], catalogue=found) == []


@pytest.mark.parametrize(
    "static",
    [
        manifest(validations=[{"expression": "request.userInfo.username == '@OPERATOR@'"}]),
        manifest(validations=[{"expression": "request.userInfo.username == variables.who"}]),
        {"kind": "MutatingAdmissionPolicy", "spec": {"matchConstraints": {}, "mutations": []}},
    ],
    ids=["a place for the chart's value", "one in a shared variable", "a mutating policy"],
)
def test_what_the_api_server_would_not_read_from_its_disk_is_refused(static: Manifest) -> None:
    with pytest.raises(CatalogueError, match=r"static\.yaml"):
        compiled_static(catalogue=catalogue(static=(static,)))
