"""Where the API server is and how to show who we are: the pod's own service account, or a kubeconfig.

Tokens rotate, so a token file is read again every minute. Exec plug-ins belong to people: the command line uses the `kubernetes` package.
"""

import base64
import dataclasses
import os
import pathlib
import ssl
import tempfile
import time
from collections.abc import Callable
from typing import Any, Final

import yaml

IN_CLUSTER: Final = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_LIFETIME_SECONDS: Final = 60.0
SUPPORTED: Final = frozenset({"tokenFile", "client-certificate", "client-key", "client-certificate-data", "client-key-data"})
"""What a user of a kubeconfig may hold; leaving out the rest in silence would make calls as nobody."""


class Misconfigured(Exception):
    """The cluster cannot be found or the credentials cannot be used; the text names the file."""


class TokenFile:
    """A bearer token that is read again once a minute, or at once where the server refused it."""

    def __init__(self, path: pathlib.Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._token = ""
        self._read_at = -TOKEN_LIFETIME_SECONDS

    def __call__(self) -> str:
        """Return the token."""
        now = self._monotonic()
        if now - self._read_at >= TOKEN_LIFETIME_SECONDS:
            self._token = self._path.read_text().strip()
            self._read_at = now
        return self._token

    def expire(self) -> None:
        """Read the file again at the next call."""
        self._read_at = -TOKEN_LIFETIME_SECONDS


@dataclasses.dataclass(frozen=True)
class Connection:
    """An API server, how it is verified, and the token where one is used."""

    server: str
    ssl_context: ssl.SSLContext
    token: TokenFile | None = None


def find_connection(*, kubeconfig: str | None) -> Connection:
    """Use `kubeconfig` where given, else the service account of the pod.

    Raises Misconfigured where neither is usable.
    """
    if kubeconfig:
        return _from_kubeconfig(path=pathlib.Path(kubeconfig))
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (IN_CLUSTER / "token").exists():
        raise Misconfigured("no kubeconfig is given and this is not a pod with a service account: set KUBECONFIG")
    context = ssl.create_default_context(cafile=str(IN_CLUSTER / "ca.crt"))
    address = f"[{host}]" if ":" in host else host
    return Connection(server=f"https://{address}:{port}", ssl_context=context, token=TokenFile(IN_CLUSTER / "token"))


def _from_kubeconfig(*, path: pathlib.Path) -> Connection:
    try:
        config = yaml.safe_load(path.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        unsupported = sorted(set(user) - SUPPORTED)
        if not user:
            raise Misconfigured(f"{path}: the user has no credentials; use tokenFile or a client certificate")
        if unsupported:
            raise Misconfigured(f"{path}: {', '.join(unsupported)} is not supported here; use tokenFile or a client certificate")
        token = TokenFile(path.parent / user["tokenFile"]) if "tokenFile" in user else None
        context = _ssl_context(cluster=cluster, user=user, folder=path.parent)
        return Connection(server=cluster["server"].rstrip("/"), ssl_context=context, token=token)
    except (OSError, KeyError, TypeError, ValueError, StopIteration, yaml.YAMLError) as error:
        raise Misconfigured(f"{path} cannot be used as a kubeconfig: {error!r}") from error


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _ssl_context(*, cluster: dict[str, Any], user: dict[str, Any], folder: pathlib.Path) -> ssl.SSLContext:
    """Build the context; paths in a kubeconfig are relative to its own folder."""
    inline, authority = cluster.get("certificate-authority-data"), cluster.get("certificate-authority")
    context = ssl.create_default_context(
        cafile=str(folder / authority) if authority else None, cadata=base64.b64decode(inline).decode() if inline else None
    )
    if "client-certificate" in user:
        context.load_cert_chain(certfile=folder / user["client-certificate"], keyfile=folder / user["client-key"])
    elif "client-certificate-data" in user:
        with tempfile.NamedTemporaryFile() as pair:  # the ssl module reads key pairs from files only
            pair.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
            pair.flush()
            context.load_cert_chain(certfile=pair.name)
    return context
