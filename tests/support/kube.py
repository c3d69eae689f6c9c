"""A user of the cluster, acting through kubectl as people do: what it prints is what a person would read."""

import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import ProcessError

Object = dict[str, Any]


class User:
    """One user with a kubeconfig of their own."""

    def __init__(self, *, cluster: Cluster, kubeconfig: pathlib.Path) -> None:
        self.cluster = cluster
        self.kubeconfig = kubeconfig

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        return self.cluster.kubectl(*arguments, kubeconfig=self.kubeconfig, stdin=stdin)

    def apply(self, *objects: Object) -> None:
        self.run("apply", "--server-side", "--field-manager=test", "-f", "-", stdin=_list(objects))

    def create(self, *objects: Object) -> None:
        self.run("create", "-f", "-", stdin=_list(objects))

    def refused(self, *objects: Object, verb: str = "create") -> str:
        """Apply what must be refused, and return the refusal."""
        with pytest.raises(ProcessError) as refusal:
            self.run(verb, "-f", "-", stdin=_list(objects))
        return str(refusal.value)

    def forbidden(self, *arguments: str) -> str:
        """Run what must be forbidden, and return the refusal."""
        with pytest.raises(ProcessError) as refusal:
            self.run(*arguments)
        assert "Forbidden" in str(refusal.value) or "forbidden" in str(refusal.value), str(refusal.value)
        return str(refusal.value)

    def get(self, kind: str, name: str, namespace: str = "") -> Object:
        answer: Object = json.loads(self.run("get", kind, name, *_in(namespace), "-o", "json", "--show-managed-fields"))
        return answer

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return an object, or None where there is none."""
        text = self.run("get", kind, name, *_in(namespace), "-o", "json", "--ignore-not-found")
        return json.loads(text) if text else None

    def list(self, kinds: str, namespace: str = "", selector: str = "") -> list[Object]:
        scope = _in(namespace) if namespace else ("-A",)
        arguments = ("get", kinds, *scope, "-o", "json", *(("-l", selector) if selector else ()))
        items: list[Object] = json.loads(self.run(*arguments))["items"]
        return items

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        self.run("delete", kind, name, *_in(namespace), "--wait=false")

    def patch(self, kind: str, name: str, patch: Object, namespace: str = "") -> None:
        self.run("patch", kind, name, *_in(namespace), "--type=merge", "-p", json.dumps(patch))


def _in(namespace: str) -> tuple[str, ...]:
    return ("-n", namespace) if namespace else ()


def _list(objects: tuple[Object, ...]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def eventually(check: Callable[[], Any], *, what: str, seconds: float = 30.0) -> Any:
    """Return the first answer of `check` that is true, or fail after `seconds` naming `what`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"gave up after {seconds:g} s waiting for {what}")
        time.sleep(0.1)


def condition(item: Object, type_: str) -> Object:
    """Return one condition of an object, or an empty one."""
    conditions: list[Object] = item.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == type_), {})
