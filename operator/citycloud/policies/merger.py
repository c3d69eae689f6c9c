"""From the policies of the folders to those that are shipped: what is asked about the same requests is asked at once.

The API server converts object, namespace and request anew for each policy: for its conditions, its rules, its messages and its notes for
the audit log. A dozen policies look at a pod; as one policy they cost little more than one of them. Folders, ids, refusals and the lists in
the namespaces stay as they are. The rules of each become one question on the way (`condenser.py`).
"""

import itertools
import json
from collections.abc import Iterable
from typing import Any

from citycloud.policies.catalogue import Catalogue, CatalogueError, Manifest
from citycloud.policies.compiler import API_VERSION, DOMAIN, VALIDATING, compiled_policy
from citycloud.policies.condenser import LITERAL, VARIABLE, condensed, inlined


def shipped_manifests(*, catalogue: Catalogue) -> list[Manifest]:
    """Build every admission policy that the chart installs, each followed by its binding, in the order of the ids."""
    manifests = [manifest for policy in catalogue.policies for manifest in compiled_policy(policy=policy, catalogue=catalogue)]
    pairs = list(zip(manifests[::2], manifests[1::2], strict=True))
    groups: dict[str, list[tuple[Manifest, Manifest]]] = {}
    for policy, binding in pairs:
        groups.setdefault(_asked_about(policy), []).append((policy, binding))
    built = [pair for group in groups.values() for pair in _built(group=group, shared=catalogue.variables)]
    names = [f"{policy['kind']} {policy['metadata']['name']}" for policy, _ in built]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CatalogueError(f"{', '.join(twice)}: two groups of policies for the same resource, with other operations or conditions")
    return list(itertools.chain.from_iterable(built))


def _asked_about(policy: Manifest) -> str:
    """Tell by which requests a policy is asked; a mutating policy changes what the next one sees and stays alone."""
    if policy["kind"] != VALIDATING:
        return str(policy["metadata"]["name"])
    spec = policy["spec"]
    return json.dumps([spec["matchConstraints"], spec.get("matchConditions", [])])


def _built(*, group: list[tuple[Manifest, Manifest]], shared: dict[str, str]) -> list[tuple[Manifest, Manifest]]:
    if group[0][0]["kind"] != VALIDATING:
        return [({**policy, "spec": inlined(policy["spec"])}, binding) for policy, binding in group]
    if len(group) == 1:
        policy, binding = group[0]
        return [({**policy, "spec": condensed([policy["spec"]], order=shared)}, binding)]
    policies = [policy for policy, _ in group]
    resource = policies[0]["spec"]["matchConstraints"]["resourceRules"][0]["resources"][0]
    metadata = {
        "name": f"{resource}.{DOMAIN}",
        "labels": {key: value for policy in policies for key, value in policy["metadata"]["labels"].items()},
    }
    binding = group[0][1]
    frame = {"apiVersion": API_VERSION, "metadata": metadata}
    spec = condensed([_renamed(policy, shared=shared) for policy in policies], order=shared)
    return [
        (
            {**frame, "kind": VALIDATING, "spec": spec},
            {**frame, "kind": binding["kind"], "spec": {**binding["spec"], "policyName": metadata["name"]}},
        )
    ]


def _renamed(policy: Manifest, *, shared: dict[str, str]) -> Manifest:
    """Rename a policy's own variables; those that all share keep their names."""
    spec = policy["spec"]
    prefix = policy["metadata"]["name"].removesuffix(f".{DOMAIN}").replace("-", "_")
    names = {each["name"]: f"{prefix}_{each['name']}" for each in spec["variables"] if each["name"] not in shared}
    renamed: Manifest = _replaced(spec, names=names)
    return renamed | {"variables": [{**each, "name": names.get(each["name"], each["name"])} for each in renamed["variables"]]}


def _replaced(value: Any, *, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, names=names) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, names=names) for each in value]
    return _replaced_in_text(value, names=names) if isinstance(value, str) else value


def _replaced_in_text(text: str, *, names: dict[str, str]) -> str:
    """Rename in an expression, not in what it quotes."""
    literals = LITERAL.findall(text)
    parts: Iterable[str] = (VARIABLE.sub(lambda match: f"variables.{names.get(match[1], match[1])}", part) for part in LITERAL.split(text))
    return "".join(itertools.chain.from_iterable(itertools.zip_longest(parts, literals, fillvalue="")))
