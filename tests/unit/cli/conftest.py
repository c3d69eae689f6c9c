"""A cluster of a few objects for the commands, without a server."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.support import recorded
from tests.support.recorded import Recorded
from typer.testing import CliRunner

from citycloud.cli import connection, dialogue, reach
from citycloud.cli.app import app
from citycloud.cli.connection import Manifest
from citycloud.cli.failure import Failure, Forbidden

Run = Callable[..., Any]
FORBIDDEN = "forbidden"


class FakeConnection:
    """Answers from a mapping of paths; what is not in it is not there."""

    def __init__(self, objects: Mapping[str, Any]) -> None:
        self._objects = objects

    def read_all(self, path: str, *, what: str) -> list[Manifest]:
        found: list[Manifest] = list(self.read(path, what=what)["items"])
        return found

    def read(self, path: str, *, what: str) -> Manifest:
        found = self._objects.get(path)
        if found == FORBIDDEN:
            raise Forbidden("Forbidden", what=what)
        if found is None:
            raise Failure("NotFound", what=what)
        answer: Manifest = found
        return answer


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Pods `a/web` and `b/db`; `b` lets in port 8443 from namespace `a` and is closed otherwise."""
    objects: dict[str, Any] = {}
    for namespace, name in (("a", "web"), ("b", "db")):
        labels = {"kubernetes.io/metadata.name": namespace}
        metadata = {"namespace": namespace, "name": name, "labels": {"app": name}}
        objects[f"/api/v1/namespaces/{namespace}"] = {"metadata": {"name": namespace, "labels": labels}}
        objects[f"/api/v1/namespaces/{namespace}/pods/{name}"] = {"metadata": metadata, "spec": {"containers": [{}]}}
        objects[f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"] = {"items": []}
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}], "ports": [{"port": 8443}]}
    policy = {"metadata": {"namespace": "b", "name": "in"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}}
    objects["/apis/networking.k8s.io/v1/namespaces/b/networkpolicies"]["items"].append(policy)
    monkeypatch.setattr(reach, "connect", lambda **_: FakeConnection(objects))
    return objects


@pytest.fixture
def run(objects: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `citycloud` with some arguments."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments, **environment: CliRunner().invoke(app, arguments, env=environment)


@pytest.fixture
def department(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """One department with one system, as an API server that remembers what it was sent."""
    server = recorded.office(prices={"currency": "VND", **recorded.PRICES})
    monkeypatch.setattr(connection, "connect", lambda **_: server)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return server


@pytest.fixture
def ask(department: Recorded) -> Run:
    """Run `citycloud` where nobody sits at a terminal."""
    return lambda *arguments, **environment: CliRunner().invoke(app, arguments, env={"COLUMNS": "200", **environment})


@pytest.fixture
def at_terminal(department: Recorded, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `citycloud` and type `answers`, one a question."""
    monkeypatch.setattr(dialogue, "is_terminal", lambda: True)
    return lambda *arguments, answers=(), **environment: CliRunner().invoke(
        app, arguments, env={"COLUMNS": "200", **environment}, input="".join(f"{each}\n" for each in answers)
    )
