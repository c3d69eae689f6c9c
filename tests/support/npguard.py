"""NP-Guard's network-config-analyzer: installed once a machine, asked many sets at a time, and where it is known to misread Kubernetes.

Each known difference is a rewriting of the policy set: read by Kubernetes' rules, the rewritten set means what NP-Guard takes the original
for. So a difference is either exactly one of these or a fault of somebody's.
"""

import copy
import dataclasses
import json
import pathlib
import subprocess
from collections.abc import Callable, Iterator, Sequence

from tests.support.environments import interpreter
from tests.support.policy_sets import NAMESPACE_NAME, Object, PolicySet

ANSWERS = pathlib.Path(__file__).with_name("npguard_answers.py")
ANSWER_SECONDS = 90


def answers(sets: Sequence[PolicySet]) -> list[list[bool]]:
    """Ask NP-Guard every question of every set, in one process."""
    questions = "\n".join(json.dumps(dataclasses.asdict(_without_ignored_rules(each))) for each in sets)
    command = [str(interpreter("npguard")), str(ANSWERS)]
    answered = subprocess.run(command, input=questions, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
    assert answered.returncode == 0, answered.stderr[-3000:]
    return [json.loads(line) for line in answered.stdout.splitlines()]


def _without_ignored_rules(original: PolicySet) -> PolicySet:
    """Take away rules of a direction that `policyTypes` leaves out: the API server takes and ignores them, NP-Guard calls them an error."""
    changed = copy.deepcopy(original)
    for policy in changed.policies:
        types = policy["spec"].get("policyTypes")
        for direction, type_ in (("ingress", "Ingress"), ("egress", "Egress")):
            if types and type_ not in types:
                policy["spec"].pop(direction, None)
    return changed


@dataclasses.dataclass(frozen=True)
class Difference:
    """Where NP-Guard departs from Kubernetes; `rewrite` changes a set in place into what NP-Guard takes it for."""

    why: str
    rewrite: Callable[[PolicySet], None]


def _blocks_hold_no_pods(changed: PolicySet) -> None:
    for pod in changed.pods:
        pod["status"] = {}


def _empty_egress_closes(changed: PolicySet) -> None:
    for policy in changed.policies:
        if not policy["spec"].get("policyTypes") and policy["spec"].get("egress") == []:
            policy["spec"]["policyTypes"] = ["Ingress", "Egress"]


def _existence_stays_at_home(changed: PolicySet) -> None:
    for policy in changed.policies:
        for peer in _peers(policy):
            expressions = peer.get("podSelector", {}).get("matchExpressions", ())
            if "namespaceSelector" in peer and any(each["operator"] in ("Exists", "DoesNotExist") for each in expressions):
                at_home = {"key": NAMESPACE_NAME, "operator": "In", "values": [policy["metadata"]["namespace"]]}
                peer["namespaceSelector"].setdefault("matchExpressions", []).append(at_home)


def _missing_is_empty(changed: PolicySet) -> None:
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in changed.namespaces}
    for policy in changed.policies:
        for peer in _peers(policy):
            selector = peer.get("namespaceSelector", {})
            expressions = selector.get("matchExpressions", [])
            equal = [{"key": key, "operator": "In", "values": [value]} for key, value in selector.pop("matchLabels", {}).items()]
            selector |= {"matchExpressions": [_by_name(each, labels) for each in (*expressions, *equal)]} if expressions or equal else {}


def _by_name(expression: Object, labels: dict[str, dict[str, str]]) -> Object:
    """Name the namespaces that an expression selects where a missing label counts as an empty one."""
    if expression["operator"] not in ("In", "NotIn") or "" not in expression["values"]:
        return expression
    wanted = expression["operator"] == "In"
    names = [name for name, each in labels.items() if (each.get(expression["key"], "") in expression["values"]) == wanted]
    return {"key": NAMESPACE_NAME, "operator": "In", "values": names or ["none-of-them"]}


def _peers(policy: Object) -> Iterator[Object]:
    for direction, word in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(direction, ()):
            yield from rule.get(word, ())


DIFFERENCES = {
    "blocks hold no pods": Difference(
        why="NP-Guard takes ipBlock for addresses outside the cluster. The documentation says that it is meant for them and leaves open "
        "whether a pod's address is matched; plug-ins that filter packets match it, so ours does.",
        rewrite=_blocks_hold_no_pods,
    ),
    "an empty egress closes": Difference(
        why="Without policyTypes, NP-Guard takes `egress: []` for an egress section. The API server defaults to Ingress alone unless there "
        "is at least one egress rule (tests/cluster/test_reach.py shows it).",
        rewrite=_empty_egress_closes,
    ),
    "existence stays at home": Difference(
        why="NP-Guard looks for Exists and DoesNotExist of a podSelector in the policy's own namespace only, also beside a "
        "namespaceSelector. The API reference: the peer then selects the pods matching podSelector in the namespaces selected by "
        "namespaceSelector.",
        rewrite=_existence_stays_at_home,
    ),
    "a missing label is an empty one": Difference(
        why="NP-Guard reads a missing label of a namespace as the empty value for In, NotIn and matchLabels. For Kubernetes In needs the "
        "label, and NotIn holds without it.",
        rewrite=_missing_is_empty,
    ),
}


def as_npguard_reads(original: PolicySet, *, but: str | None = None) -> PolicySet:
    """Rewrite a set by every known difference, or by every one but one."""
    changed = copy.deepcopy(original)
    for name, difference in DIFFERENCES.items():
        if name != but:
            difference.rewrite(changed)
    return changed
