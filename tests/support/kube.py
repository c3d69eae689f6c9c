"""A user of the cluster, who writes through kubectl as people do, and looks at objects as they are stored."""

import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.reading import Reader

from citycloud_dev.access import MASTERS
from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import ProcessError

Object = dict[str, Any]


class User:
    """One user with a kubeconfig of their own."""

    def __init__(self, *, cluster: Cluster, kubeconfig: pathlib.Path) -> None:
        self.cluster = cluster
        self.kubeconfig = kubeconfig
        self._reader = Reader(kubeconfig=kubeconfig)

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
        """Return an object whole, with who owns which of its fields."""
        found = self._look(kind, name, namespace)
        if found is None:
            raise ProcessError(f"Error from server (NotFound): {kind} {name!r} not found")
        return found

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return an object, or None where there is none."""
        found = self._look(kind, name, namespace)
        return without_managers(found) if found is not None else None

    def _look(self, kind: str, name: str, namespace: str) -> Object | None:
        if self._reader.knows(kind):
            return self._reader.find(kind, name, namespace)
        text = self.run("get", kind, name, *_in(namespace), "-o", "json", "--ignore-not-found", "--show-managed-fields")
        return json.loads(text) if text else None

    def list(self, kinds: str, namespace: str = "", selector: str = "") -> list[Object]:
        if self._reader.knows(kinds):
            return [without_managers(item) for item in self._reader.list(kinds, namespace, selector)]
        scope = _in(namespace) if namespace else ("-A",)
        arguments = ("get", kinds, *scope, "-o", "json", *(("-l", selector) if selector else ()))
        items: list[Object] = json.loads(self.run(*arguments))["items"]
        return items

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        self.run("delete", kind, name, *_in(namespace), "--wait=false")

    def patch(self, kind: str, name: str, patch: Object, namespace: str = "") -> None:
        self.run("patch", kind, name, *_in(namespace), "--type=merge", "-p", json.dumps(patch))


def without_managers(item: Object) -> Object:
    """Leave out who owns which field: every write changes it."""
    return {**item, "metadata": {key: value for key, value in item["metadata"].items() if key != "managedFields"}}


def emergency(cluster: Cluster) -> User:
    """Make the administrator with emergency rights."""
    return User(cluster=cluster, kubeconfig=cluster.kubeconfig(user="giang", groups=("citycloud-break-glass", MASTERS)))


def _in(namespace: str) -> tuple[str, ...]:
    return ("-n", namespace) if namespace else ()


def _list(objects: tuple[Object, ...]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def eventually(check: Callable[[], Any], *, what: str, seconds: float = 30.0) -> Any:
    """Return the first answer of `check` that is true, or fail after `seconds` naming `what`.

    A field that is not there yet is an answer that is not there yet: a status comes when somebody has written it.
    """
    deadline = time.monotonic() + seconds
    while True:
        missing = ""
        try:
            if answer := check():
                return answer
        except KeyError as error:
            missing = f" ({error} is not there)"
        if time.monotonic() > deadline:
            pytest.fail(f"gave up after {seconds:g} s waiting for {what}{missing}")
        time.sleep(0.1)


def condition(item: Object, type_: str) -> Object:
    """Return one condition of an object, or an empty one."""
    conditions: list[Object] = item.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == type_), {})
