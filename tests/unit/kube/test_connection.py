"""Finding the API server: what a kubeconfig may look like, and an error that names the file where it cannot be used."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from citycloud.kube import connection
from citycloud.kube.connection import Misconfigured, TokenFile, find_connection

if TYPE_CHECKING:
    from tests.unit.kube.conftest import Pair

Config = dict[str, Any]
Write = Callable[..., Path]


@pytest.fixture
def config(pair: "Pair") -> Config:
    """Make a kubeconfig with everything inline."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "elsewhere", "context": {}}, {"name": "here", "context": {"cluster": "city", "user": "operator"}}],
        "clusters": [
            {"name": "city", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority-data": pair.certificate_data}}
        ],
        "users": [{"name": "operator", "user": {"client-certificate-data": pair.certificate_data, "client-key-data": pair.key_data}}],
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a kubeconfig and return its path."""

    def to_file(config: Any) -> Path:
        path = tmp_path / "kubeconfig"
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
        return path

    return to_file


def cluster(config: Config) -> Config:
    found: Config = config["clusters"][0]["cluster"]
    return found


def test_a_kubeconfig_with_everything_inline_is_used(config: Config, write: Write) -> None:
    found = find_connection(kubeconfig=str(write(config)))

    assert found.server == "https://127.0.0.1:6443"
    assert found.token is None
    assert len(found.ssl_context.get_ca_certs()) == 1
    assert found.ssl_context.check_hostname


def test_a_slash_at_the_end_of_the_server_does_not_double(config: Config, write: Write) -> None:
    cluster(config)["server"] = "https://127.0.0.1:6443/"

    assert find_connection(kubeconfig=str(write(config))).server == "https://127.0.0.1:6443"


def test_files_beside_the_kubeconfig_are_used(config: Config, write: Write, pair: "Pair") -> None:
    config["clusters"][0]["cluster"] = {"server": "https://a", "certificate-authority": str(pair.certificate)}
    config["users"][0]["user"] = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}

    assert len(find_connection(kubeconfig=str(write(config))).ssl_context.get_ca_certs()) == 1


@pytest.mark.parametrize("part", ["authority", "certificate"])
def test_relative_paths_start_where_the_kubeconfig_is(config: Config, write: Write, pair: "Pair", tmp_path: Path, part: str) -> None:
    for source in (pair.certificate, pair.key):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    if part == "authority":
        config["clusters"][0]["cluster"] = {"server": "https://a", "certificate-authority": "tls.crt"}
    else:
        config["users"][0]["user"] = {"client-certificate": "tls.crt", "client-key": "tls.key"}

    assert find_connection(kubeconfig=str(write(config))).server


@pytest.mark.parametrize("name", ["token", "nested/token"])
def test_a_token_file_beside_the_kubeconfig_is_read(config: Config, write: Write, tmp_path: Path, name: str) -> None:
    (tmp_path / "nested").mkdir()
    (tmp_path / name).write_text("secret\n")
    config["users"][0]["user"] = {"tokenFile": name}

    token = find_connection(kubeconfig=str(write(config))).token
    assert token is not None
    assert token() == "secret"


@pytest.mark.parametrize(
    "user",
    [
        {"exec": {"command": "aws"}},
        {"username": "a", "password": "b"},
        {"auth-provider": {"name": "oidc"}},
        {"token": "secret"},
        {"as": "somebody-else", "tokenFile": "token"},
    ],
    ids=lambda user: next(iter(user)),
)
def test_credentials_that_cannot_be_used_are_an_error_and_not_left_out(config: Config, write: Write, user: Config) -> None:
    """Refuse them by name: a call without them would be an anonymous one, and its refusal would name no file."""
    config["users"][0]["user"] = user
    path = write(config)

    with pytest.raises(Misconfigured) as caught:
        find_connection(kubeconfig=str(path))
    assert str(path) in str(caught.value)
    assert str(next(iter(user))) in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.pop("contexts"),
        lambda config: config.pop("current-context"),
        lambda config: config.update({"current-context": "nowhere"}),
        lambda config: config["contexts"][1]["context"].update(cluster="unknown"),
        lambda config: config["contexts"][1]["context"].update(user="unknown"),
        lambda config: cluster(config).pop("server"),
        lambda config: cluster(config).update({"certificate-authority": "/nonexistent/ca.crt"}),
        lambda config: cluster(config).update({"certificate-authority-data": base64.b64encode(b"no certificate").decode()}),
        lambda config: cluster(config).update({"certificate-authority-data": "no base64!"}),
        lambda config: config["users"][0]["user"].pop("client-key-data"),
        lambda config: config["users"][0].update(user=None),
    ],
    ids=["contexts", "no context", "context", "cluster", "user", "server", "ca file", "ca", "base64", "key", "empty user"],
)
def test_a_kubeconfig_that_cannot_be_used_is_named(config: Config, write: Write, change: Callable[[Config], Any]) -> None:
    change(config)
    path = write(config)

    with pytest.raises(Misconfigured) as caught:
        find_connection(kubeconfig=str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "text", "a: [", "{}"])
def test_a_file_that_is_no_kubeconfig_is_named(write: Write, content: str) -> None:
    path = write(content)

    with pytest.raises(Misconfigured) as caught:
        find_connection(kubeconfig=str(path))
    assert str(path) in str(caught.value)


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="absent"):
        find_connection(kubeconfig=str(tmp_path / "absent"))


@pytest.fixture
def pod(tmp_path: Path, pair: "Pair", monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Pretend to be a pod with a service account."""
    (tmp_path / "token").write_text("of the pod")
    (tmp_path / "ca.crt").write_bytes(pair.certificate.read_bytes())
    monkeypatch.setattr(connection, "IN_CLUSTER", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    return monkeypatch


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.96.0.1", "https://10.96.0.1:6443"), ("2001:db8::1", "https://[2001:db8::1]:6443"), ("api.local", "https://api.local:6443")],
)
def test_a_pod_uses_its_own_service_account(pod: pytest.MonkeyPatch, host: str, server: str) -> None:
    pod.setenv("KUBERNETES_SERVICE_HOST", host)
    found = find_connection(kubeconfig=None)

    assert found.server == server
    assert found.token is not None
    assert found.token() == "of the pod"


def test_outside_a_pod_somebody_has_to_say_where_the_cluster_is(pod: pytest.MonkeyPatch) -> None:
    pod.delenv("KUBERNETES_SERVICE_HOST")

    with pytest.raises(Misconfigured, match="KUBECONFIG"):
        find_connection(kubeconfig=None)


def test_a_pod_without_a_service_account_says_so(pod: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").unlink()

    with pytest.raises(Misconfigured, match="service account"):
        find_connection(kubeconfig=None)


class Watch:
    """A clock that moves when told."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def token_path(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("first\n")
    return path


def test_a_rotated_token_is_read_within_a_minute(token_path: Path) -> None:
    watch = Watch()
    token = TokenFile(token_path, monotonic=watch)
    seen = []
    for seconds, written in ((0, "first"), (59, "second"), (60, "third"), (119, "fourth"), (120, "fifth")):
        token_path.write_text(written + "\n")
        watch.seconds = seconds
        seen.append(token())

    assert seen == ["first", "first", "third", "third", "fifth"]


def test_a_refused_token_is_read_again_at_once(token_path: Path) -> None:
    token = TokenFile(token_path, monotonic=Watch())
    assert token() == "first"
    token_path.write_text("second")
    token.expire()

    assert token() == "second"
