"""Would the matrix notice? Every clause of every policy is dropped or negated in turn, and some manifest must tell the difference.

All mutants are installed side by side, each as a policy of its own that only warns, and only about requests of its own policy's cases: the
field manager of a request says whose case it is. So one pass over the matrix judges them all.
"""

import collections
import copy
import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from tests.policies.conftest import Callers
from tests.support.cases import Case, cases, catalogue
from tests.support.kube import eventually
from tests.support.mutants import mutants

from citycloud.policies.catalogue import Catalogue, Policy
from citycloud.policies.compiler import compiled_policy

CAUGHT_SHARE = 0.95
MOST_AT_ONCE = 40
"""Mutants that listen to one request: all their warnings have to fit into the 4 KiB that the API server sends."""
LABEL = "test.citycloud.dev/mutant"
PATHS = {
    kind: f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic{end}"
    for kind, end in (("policy", "ies"), ("binding", "ybindings"))
}
SENTINEL = "m-sentinel"

Manifest = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Planted:
    """One mutant on the API server: what was changed, the names by which it and its parent warn, and to whose cases it listens."""

    what: str
    name: str
    parent: str
    listens: str
    spec: Manifest


def _planted(*, catalogue_: Catalogue) -> dict[str, list[Planted]]:
    """Build the original and every mutant of every validating policy, by id."""
    numbers = itertools.count()
    found: dict[str, list[Planted]] = collections.defaultdict(list)
    for policy in catalogue_.policies:
        for manifest in compiled_policy(policy=policy, catalogue=catalogue_):
            if manifest["kind"] != "ValidatingAdmissionPolicy":
                continue
            parent = f"m{next(numbers)}"
            for what, spec in [("", manifest["spec"]), *_changed(policy=policy, spec=manifest["spec"])]:
                listens = f"{policy.id}.{len(found[policy.id]) // MOST_AT_ONCE}"
                name = f"m{next(numbers)}" if what else parent
                warning = _warning(spec, listens=listens)
                found[policy.id].append(Planted(what=f"{policy.name}: {what}", name=name, parent=parent, listens=listens, spec=warning))
    return found


def _changed(*, policy: Policy, spec: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Yield the spec once for each change of a condition or variable; rules are variables too, the shared ones belong to all."""
    own = {variable["name"] for manifest in policy.manifests for variable in manifest["spec"].get("variables", ())}
    for number, condition in enumerate(spec.get("matchConditions", ())):
        for mutant in mutants(condition["expression"]):
            changed = copy.deepcopy(spec)
            changed["matchConditions"][number]["expression"] = mutant.expression
            yield f"{condition['name']}: {mutant.what}", changed
    for number, variable in enumerate(spec["variables"]):
        rule = variable["name"].startswith("rule")
        if not rule and variable["name"] not in own:
            continue
        for mutant in mutants(variable["expression"], asks=rule):
            changed = copy.deepcopy(spec)
            changed["variables"][number]["expression"] = mutant.expression
            yield f"{variable['name']}: {mutant.what}", changed


def _warning(spec: Manifest, *, listens: str) -> Manifest:
    """Make a spec say as little as possible, and only about the cases it listens to: the API server cuts long warnings off."""
    mine = f"!has(request.options.fieldManager) || request.options.fieldManager == '{listens}'"
    validations = [{"expression": each["expression"], "message": "x"} for each in spec["validations"]]
    conditions = [*spec.get("matchConditions", ()), {"name": "mine", "expression": mine}]
    return {**spec, "validations": validations, "matchConditions": conditions}


class Field:
    """Plants mutants and harvests warnings."""

    def __init__(self, *, callers: Callers) -> None:
        self.callers = callers
        self.platform = callers("pipeline")

    def plant(self, planted: Planted) -> bool:
        """Install one mutant; tell whether the API server takes it: what no longer has a type is no policy."""
        frame = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": planted.name, "labels": {LABEL: "true"}}}
        answer = self.platform.call("POST", PATHS["policy"], {**frame, "kind": "ValidatingAdmissionPolicy", "spec": planted.spec})
        if answer.code == 422:
            return False
        binding = {"policyName": planted.name, "validationActions": ["Warn"]}
        bound = self.platform.call("POST", PATHS["binding"], {**frame, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding})
        assert (answer.code, bound.code) == (201, 201), f"{answer.message} {bound.message}"
        return True

    def plant_sentinel(self) -> None:
        """Plant one that warns about everything of its own, last, and wait for its warning: all the others are in force then."""
        rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
        spec = {
            "matchConstraints": {"resourceRules": rules},
            "matchConditions": [{"name": "mine", "expression": "request.name == 'sentinel'"}],
            "validations": [{"expression": "false"}],
        }
        assert self.plant(Planted(what="", name=SENTINEL, parent="", listens="", spec=spec))
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sentinel"}}
        path = "/api/v1/namespaces/default/configmaps"
        eventually(lambda: SENTINEL in _names(self.platform.call("POST", path, body, dry_run=True).warnings), what="the mutants to hold")

    def harvest(self, case: Case, *, listener: str) -> set[str]:
        """Send one case and return the names of what warned; deletions and connections have no field manager, so everybody listens."""
        query = "&".join(filter(None, (case.query, f"fieldManager={listener}" if case.verb in ("create", "patch") else "")))
        return _names(dataclasses.replace(case, query=query).send(self.callers(case.role)).warnings)

    def clear(self) -> None:
        for path in reversed(PATHS.values()):
            assert self.platform.call("DELETE", path, query=f"labelSelector={LABEL}").code == 200


def _names(warnings: list[str]) -> set[str]:
    return {warning.split("'")[1] for warning in warnings if "'" in warning}


@pytest.fixture(scope="module")
def field(place: str, callers: Callers) -> Iterator[Field]:
    made = Field(callers=callers)
    yield made
    made.clear()


@pytest.mark.timeout(900)
def test_the_matrix_notices_when_a_clause_is_missing_or_turned_round(field: Field, matrix_objects: None) -> None:
    alive = {policy: [planted for planted in found if field.plant(planted)] for policy, found in _planted(catalogue_=catalogue()).items()}
    field.plant_sentinel()
    fired: dict[str, dict[str, set[str]]] = collections.defaultdict(lambda: collections.defaultdict(set))
    for kind in ("good", "bad"):
        for case in cases(kind):
            for listener in sorted({planted.listens for planted in alive.get(case.policy.id, ())}):
                fired[case.policy.id][f"{kind}/{case.path.stem}"] |= field.harvest(case, listener=listener)
    mutated = [(policy, planted) for policy, found in alive.items() for planted in found if planted.name != planted.parent]
    survivors = [planted.what for policy, planted in mutated if not _noticed(planted, fired=fired[policy])]
    print(f"mutants: {len(mutated)}, caught: {len(mutated) - len(survivors)}")
    assert len(survivors) <= (1 - CAUGHT_SHARE) * len(mutated), "\n".join(survivors)


def _noticed(planted: Planted, *, fired: dict[str, set[str]]) -> bool:
    """Tell whether a good manifest would be refused by the mutant, or a bad one that it was made to refuse would pass it."""
    passes = any(planted.parent in names and planted.name not in names for case, names in fired.items() if case.startswith("bad/"))
    return passes or any(planted.name in names for case, names in fired.items() if case.startswith("good/"))
