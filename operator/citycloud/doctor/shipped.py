"""What is shipped, as far as the doctor has to recognise it: the one place that knows how a policy in the cluster compares with its chart.

`shipped.yaml` beside this module is generated from the chart's own policies, so that the charts need not be at hand. A spec is known by its
digest. Where the chart puts identities in, the digest holds the placeholder and the text around it is kept: whatever stands in its place is
read out, and nothing else may differ. What the API server adds by default is taken away on both sides.
"""

import copy
import hashlib
import importlib.resources
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from citycloud.api.common import Model
from citycloud.doctor.facts import Manifest

PLACEHOLDER: Final = re.compile(r"@([A-Z_]+)@")
DEFAULTS: Final[Mapping[str, Any]] = {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}
EVERY_SCOPE: Final = "*"
Place = list[str | int]


class Opening(Model):
    """A text of a spec into which the chart puts identities."""

    at: Place
    text: str


class ShippedPolicy(Model):
    """One admission policy: how it is called, and by what it is known."""

    kind: str
    name: str
    digest: str
    openings: tuple[Opening, ...] = ()


class Shipped(Model):
    """What the chart `citycloud` brings."""

    policies: tuple[ShippedPolicy, ...]
    profiles: tuple[str, ...]
    sizes: tuple[str, ...]


def shipped() -> Shipped:
    """Read what is shipped."""
    return Shipped.model_validate(yaml.safe_load(importlib.resources.files(__package__).joinpath("shipped.yaml").read_text()))


def described(manifest: Manifest) -> dict[str, Any]:
    """Describe one policy of the chart, for `shipped.yaml`."""
    spec = _without_defaults(manifest["spec"])
    openings = [{"at": at, "text": text} for at, text in _texts(spec, at=[]) if PLACEHOLDER.search(text)]
    item = {"kind": manifest["kind"], "name": manifest["metadata"]["name"], "digest": _digest(spec)}
    return item | ({"openings": openings} if openings else {})


def recognised(*, policy: ShippedPolicy, spec: Manifest) -> dict[str, str] | None:
    """Return what the chart was told to put in, by placeholder; None where the spec is not what is shipped."""
    found = _without_defaults(spec)
    values: dict[str, str] = {}
    for opening in policy.openings:
        pattern = "([^']*)".join(re.escape(part) for part in PLACEHOLDER.split(opening.text)[::2])
        match = re.fullmatch(pattern, str(_look(found, opening.at)))
        if match is None:
            return None
        values |= dict(zip(PLACEHOLDER.findall(opening.text), match.groups(), strict=True))
        _look(found, opening.at[:-1])[opening.at[-1]] = opening.text
    return values if _digest(found) == policy.digest else None


def _without_defaults(spec: Manifest) -> dict[str, Any]:
    """Copy a spec without what the API server adds by itself."""
    bare: dict[str, Any] = copy.deepcopy(dict(spec))
    constraints = bare.get("matchConstraints", {})
    for name, value in DEFAULTS.items():
        if constraints.get(name) == value:
            del constraints[name]
    for rule in (*constraints.get("resourceRules", ()), *constraints.get("excludeResourceRules", ())):
        if rule.get("scope") == EVERY_SCOPE:
            del rule["scope"]
    return bare


def _texts(value: Any, *, at: Place) -> Iterable[tuple[Place, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, at=[*at, key])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, at=[*at, index])


def _look(value: Any, at: Place) -> Any:
    """Follow a place into a spec; None where it leads nowhere, so that a spec of another shape is simply another."""
    for part in at:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _digest(spec: Manifest) -> str:
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
