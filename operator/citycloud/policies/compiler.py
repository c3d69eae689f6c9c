"""From a folder's manifest to an admission policy: the same frame around each, so that none forgets a part of it.

The frame: fail closed; tenants are told by the names of their namespaces, which nobody can change; a policy of tenants holds only where the
namespace's list demands it, and everywhere where that list is missing; the refusal says id, field and remedy in both languages; the audit
log gets the id. `namespaceObject` is not there in `matchConditions`, so that the list is read in the validations.

Static policies (KEP-5793) have the same frame. They lie on the API server's own disk, where no chart puts a value in.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from citycloud.policies.catalogue import Catalogue, CatalogueError, Manifest, Policy

VALIDATING: Final = "ValidatingAdmissionPolicy"
API_VERSION: Final = "admissionregistration.k8s.io/v1"
DOMAIN: Final = "citycloud.dev"
LABEL: Final = "policy.citycloud.dev/"
"""Each id is a label of its own, for what is shipped may hold the rules of several: `kubectl get vap -l policy.citycloud.dev/P06`."""
STATIC_DOMAIN: Final = "static.k8s.io"
"""The ending by which the API server knows what came from its own disk; through the API nobody can write such a name."""
LONGEST_MESSAGE: Final = 5 * 1024
TENANT: Final = {"name": "tenant-namespace", "expression": "request.namespace.matches('^[a-z0-9-]+--[a-z0-9-]+--[a-z0-9]+$')"}
STAGED: Final = {"matchExpressions": [{"key": f"{DOMAIN}/stage", "operator": "Exists"}]}
"""For policies that only put something in: a selector costs no conversion, and where the label has slipped, what is missing is refused."""
DEMANDED: Final = "variables.demands == '' || variables.demands.contains(',{id},')"
_VARIABLE: Final = re.compile(r"\bvariables\.(\w+)")
_PLACEHOLDER: Final = re.compile(r"@[A-Z_]+@")


def compiled_policy(*, policy: Policy, catalogue: Catalogue) -> list[Manifest]:
    """Build the admission policies of one folder, each followed by its binding."""
    return _compiled(policy=policy, manifests=policy.manifests, domain=DOMAIN, catalogue=catalogue)


def compiled_static(*, catalogue: Catalogue) -> list[Manifest]:
    """Build the policies that the API server reads from its own disk, and their bindings; refuse what it would not take."""
    built = []
    for policy in catalogue.policies:
        for manifest in _compiled(policy=policy, manifests=policy.static, domain=STATIC_DOMAIN, catalogue=catalogue):
            text = json.dumps(manifest, ensure_ascii=False)
            if _PLACEHOLDER.search(text) or "MutatingAdmissionPolicy" in manifest["kind"]:
                raise CatalogueError(f"{policy.name}: static.yaml holds validating policies only, and names identities as they are")
            built.append(manifest)
    return built


def _compiled(*, policy: Policy, manifests: Iterable[Manifest], domain: str, catalogue: Catalogue) -> list[Manifest]:
    built = []
    for manifest in manifests:
        name = f"{'-'.join(filter(None, (policy.name, manifest.get('metadata', {}).get('name'))))}.{domain}"
        spec = {"failurePolicy": "Fail", **manifest["spec"]}
        conditions = _conditions(policy=policy, manifest=manifest, shared=catalogue.conditions)
        if conditions:
            spec["matchConditions"] = conditions
        if manifest["kind"] == VALIDATING:
            spec |= _validating(policy=policy, spec=spec, shared=catalogue.variables)
        elif manifest["kind"] == "MutatingAdmissionPolicy":
            spec |= _mutating(policy=policy, spec=spec, shared=catalogue.variables)
        else:
            raise CatalogueError(f"{policy.name}: policy.yaml and static.yaml hold admission policies, not {manifest['kind']}")
        built.append(_frame(policy=policy, kind=manifest["kind"], name=name, spec=spec))
        built.append(_frame(policy=policy, kind=f"{manifest['kind']}Binding", name=name, spec=_binding(kind=manifest["kind"], name=name)))
    return built


def _conditions(*, policy: Policy, manifest: Manifest, shared: dict[str, str]) -> list[Manifest]:
    """Put the shared conditions in where a manifest has their names only."""
    named = manifest["spec"].get("matchConditions", ())
    unknown = [each for each in named if isinstance(each, str) and each not in shared]
    if unknown:
        raise CatalogueError(f"{policy.name}: no condition is called {', '.join(unknown)}")
    own = [{"name": each, "expression": shared[each]} if isinstance(each, str) else each for each in named]
    return [TENANT, *own] if policy.text.scope == "tenants" and manifest["kind"] == VALIDATING else own


def _validating(*, policy: Policy, spec: Manifest, shared: dict[str, str]) -> Manifest:
    own = _own_variables(spec)
    rules = [
        {"name": f"rule{number}", "expression": _one_line(each["expression"])} for number, each in enumerate(spec["validations"], start=1)
    ]
    demanded = _demanded(policy)
    guard = "!variables.demanded || " if demanded else ""
    texts = [each.get("messageExpression", "''") for each in spec["validations"]]
    used = [*own, *rules, *demanded, *({"expression": text} for text in texts)]
    return {
        "variables": _variables(used=used, shared=shared) + own + rules + demanded,
        "validations": [
            {
                "expression": f"{guard}variables.{rule['name']}",
                "messageExpression": _message(policy=policy, field=text),
                "message": f"{policy.id}: {_explanation(policy)}",
                "reason": "Forbidden",
            }
            for rule, text in zip(rules, texts, strict=True)
        ],
    }


def _mutating(*, policy: Policy, spec: Manifest, shared: dict[str, str]) -> Manifest:
    own = _own_variables(spec)
    demanded = _demanded(policy)
    used = [*own, *demanded, {"expression": json.dumps(spec["mutations"])}]
    variables = _variables(used=used, shared=shared) + own + demanded
    again = {"reinvocationPolicy": spec.get("reinvocationPolicy", "IfNeeded")}
    constraints = {"matchConstraints": {**spec["matchConstraints"], "namespaceSelector": STAGED}} if demanded else {}
    return again | constraints | ({"variables": variables} if variables else {})


def _own_variables(spec: Manifest) -> list[Manifest]:
    return [{"name": each["name"], "expression": _one_line(each["expression"])} for each in spec.get("variables", ())]


def _one_line(expression: str) -> str:
    return " ".join(expression.split())


def _variables(*, used: Iterable[Manifest], shared: dict[str, str]) -> list[Manifest]:
    """Pick the shared variables that are used, directly or by one another; a shared variable refers to earlier ones only."""
    wanted = {name for each in used for name in _VARIABLE.findall(each["expression"])}
    for name, expression in reversed(shared.items()):
        if name in wanted:
            wanted |= set(_VARIABLE.findall(expression))
    return [{"name": name, "expression": expression} for name, expression in shared.items() if name in wanted]


def _demanded(policy: Policy) -> list[Manifest]:
    if policy.text.scope != "tenants":
        return []
    return [{"name": "demanded", "expression": DEMANDED.replace("{id}", policy.id)}]


def _explanation(policy: Policy) -> str:
    title, remedy = policy.text.title, policy.text.remedy
    return f"{title.vi}. {remedy.vi} / {title.en}. {remedy.en}"


def _message(*, policy: Policy, field: str) -> str:
    """Build the CEL expression of a refusal: id, field, what it is about and how to mend it, in both languages and on one line."""
    explanation = f": {_explanation(policy)}"
    if len(explanation.encode()) > LONGEST_MESSAGE // 2:
        raise CatalogueError(f"{policy.name}: title and remedy are too long for a refusal")
    return f"'{policy.id} ' + {field} + {json.dumps(explanation, ensure_ascii=False)}"


def _binding(*, kind: str, name: str) -> Manifest:
    return {"policyName": name} | ({"validationActions": ["Deny", "Audit"]} if kind == VALIDATING else {})


def _frame(*, policy: Policy, kind: str, name: str, spec: Any) -> Manifest:
    annotations = {f"{DOMAIN}/title-vi": policy.text.title.vi, f"{DOMAIN}/title-en": policy.text.title.en}
    metadata = {"name": name, "labels": {f"{LABEL}{policy.id}": ""}, "annotations": annotations}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
