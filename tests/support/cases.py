"""The good and bad manifests of the catalogue as requests that can be sent.

A manifest is what a person would send; annotations under `test.citycloud.dev/` say what a plain create does not: `as` (a role of
tests/policies/conftest.py, else operator), `verb` (create, update, patch, apply, delete, connect), `subresource`, `query`. They are taken
out before it is sent. An update says what differs from what is stored.
"""

import copy
import dataclasses
import functools
import pathlib

import yaml
from tests.support.caller import Answer, Caller, Object

from citycloud.policies.catalogue import Catalogue, Policy, load

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "policies" / "admission"
PREFIX = "test.citycloud.dev/"
METHODS = {"create": "POST", "update": "PUT", "patch": "PATCH", "apply": "APPLY", "delete": "DELETE", "connect": "POST"}


@dataclasses.dataclass(frozen=True)
class Case:
    """One manifest of one policy."""

    policy: Policy
    path: pathlib.Path
    role: str
    verb: str
    subresource: str
    query: str
    body: Object

    @property
    def name(self) -> str:
        return f"{self.policy.name}/{self.path.stem}"

    def send(self, caller: Caller) -> Answer:
        """Send it as a dry run: everything is checked, nothing is stored."""
        path = caller.path_of(self.body, named=self.verb != "create", subresource=self.subresource)
        body = None if self.verb in ("delete", "connect") else copy.deepcopy(self.body)
        if self.verb == "update":
            body = _merged(caller.call("GET", caller.path_of(self.body, named=True)).body, self.body)
        return caller.call(METHODS[self.verb], path, body, dry_run=self.verb != "connect", query=self.query)


def _merged(stored: Object, change: Object) -> Object:
    """Put a change over what is stored, as a merge patch would (RFC 7386)."""
    merged = dict(stored)
    for key, value in change.items():
        merged[key] = _merged(merged.get(key, {}), value) if isinstance(value, dict) else value
    return {key: value for key, value in merged.items() if value is not None}


@functools.cache
def catalogue() -> Catalogue:
    return load(FOLDER)


def cases(kind: str) -> list[Case]:
    """Read every `good` or `bad` manifest of the catalogue."""
    return [_case(policy=policy, path=path) for policy in catalogue().policies for path in getattr(policy, kind)]


def given(policy: Policy) -> list[Object]:
    """Read what has to be there before the manifests of a policy are sent."""
    path = FOLDER / f"{policy.id}-{policy.slug}" / "given.yaml"
    return list(yaml.safe_load_all(path.read_text())) if path.exists() else []


def ends(item: Object) -> bool:
    """Tell whether something has to be there on its way out: `verb: delete`; its finalizers keep it as long as it is needed."""
    return bool(item["metadata"].get("annotations", {}).get(f"{PREFIX}verb") == "delete")


def _case(*, policy: Policy, path: pathlib.Path) -> Case:
    body = yaml.safe_load(path.read_text())
    annotations = body["metadata"].get("annotations", {})
    said = {key.removeprefix(PREFIX): annotations.pop(key) for key in list(annotations) if key.startswith(PREFIX)}
    if not annotations:
        body["metadata"].pop("annotations", None)
    return Case(
        policy=policy,
        path=path,
        role=said.get("as", "operator"),
        verb=said.get("verb", "create"),
        subresource=said.get("subresource", ""),
        query=said.get("query", ""),
        body=body,
    )
