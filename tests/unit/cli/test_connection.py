"""A person's kubeconfig: what cannot be used is said, in one line and with what to do."""

import pathlib
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from citycloud.cli.connection import Connection, connect
from citycloud.cli.failure import Failure, Forbidden
from citycloud_dev.processes import free_ports


def kubeconfig(folder: pathlib.Path, *, user: dict[str, Any], port: int = 1) -> str:
    path = folder / "kubeconfig"
    config = {
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "an", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "an"}}],
    }
    path.write_text(yaml.safe_dump(config))
    return str(path)


def failing(**arguments: Any) -> Failure:
    with pytest.raises(Failure) as failure:
        connect(**arguments)
    return failure.value


def test_a_kubeconfig_that_is_not_there(tmp_path: pathlib.Path) -> None:
    assert failing(kubeconfig=str(tmp_path / "none"), context=None).key == "KubeconfigMissing"


@pytest.mark.parametrize("content", ["", "[]", "current-context: here", ": :", "{clusters: 1}"])
def test_a_kubeconfig_that_is_none(tmp_path: pathlib.Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    assert failing(kubeconfig=str(path), context=None).key == "KubeconfigMissing"


def test_a_context_that_is_not_there(tmp_path: pathlib.Path) -> None:
    assert failing(kubeconfig=kubeconfig(tmp_path, user={}), context="elsewhere").key == "KubeconfigMissing"


def test_a_kubeconfig_that_acts_as_somebody_else_is_not_used_as_oneself(tmp_path: pathlib.Path) -> None:
    failure = failing(kubeconfig=kubeconfig(tmp_path, user={"as": "chi"}), context=None)
    assert (failure.key, failure.parameters) == ("KubeconfigImpersonates", {"user": "chi"})


def test_a_server_that_does_not_answer(tmp_path: pathlib.Path) -> None:
    (port,) = free_ports(1)
    connection = connect(kubeconfig=kubeconfig(tmp_path, user={}, port=port), context=None)
    with pytest.raises(Failure) as failure:
        connection.read("/api/v1/namespaces/a", what="namespaces/a")
    assert failure.value.key == "Unreachable"
    assert failure.value.parameters["server"] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("status", "key"), [(401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound"), (500, "ServerTrouble"), (429, "ServerTrouble")]
)
def test_each_answer_has_its_text(status: int, key: str) -> None:
    answer = SimpleNamespace(status=status, read=lambda: b"two\nlines")
    client = SimpleNamespace(param_serialize=lambda **_: (), call_api=lambda **_: answer)
    with pytest.raises(Failure) as failure:
        Connection(client=client).read("/x", what="x")
    assert failure.value.key == key
    assert isinstance(failure.value, Forbidden) == (status == 403)
    assert "\n" not in str(failure.value.parameters.get("error", ""))
