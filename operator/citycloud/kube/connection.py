"""Where the API server is and how to show who we are: the pod's own service account, or a kubeconfig.

Tokens rotate, so a token file is read again every minute. Exec plug-ins belong to people: the command line uses the `kubernetes` package.
"""

import base64
import dataclasses
import functools
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
    """An API server, whom to believe that it is the one, and the client certificate or the token where one is used.

    Certificates and keys are text as in PEM; where no authority is named, those of the system are believed.
    """

    server: str
    authority: bytes = b""
    identity: bytes = b""
    token: TokenFile | None = None

    @functools.cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """What the ssl module makes of it. Raises OSError where certificates or keys cannot be used."""
        context = ssl.create_default_context(cadata=self.authority.decode("ascii", errors="backslashreplace") or None)
        if self.identity:
            with tempfile.NamedTemporaryFile() as pair:  # the ssl module reads key pairs from files only
                pair.write(self.identity)
                pair.flush()
                context.load_cert_chain(certfile=pair.name)
        return context


def find_connection(*, kubeconfig: str | None) -> Connection:
    """Use `kubeconfig` where given, else the service account of the pod.

    Raises Misconfigured where neither is usable.
    """
    if kubeconfig:
        return _from_kubeconfig(path=pathlib.Path(kubeconfig))
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (IN_CLUSTER / "token").exists():
        raise Misconfigured("no kubeconfig is given and this is not a pod with a service account: set KUBECONFIG")
    address = f"[{host}]" if ":" in host else host
    authority = (IN_CLUSTER / "ca.crt").read_bytes()
    return Connection(server=f"https://{address}:{port}", authority=authority, token=TokenFile(IN_CLUSTER / "token"))


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
        authority = _content(entry=cluster, name="certificate-authority", folder=path.parent)
        identity = b"\n".join(_content(entry=user, name=name, folder=path.parent) for name in ("client-certificate", "client-key"))
        found = Connection(server=cluster["server"].rstrip("/"), authority=authority, identity=identity.strip(), token=token)
        _ = found.ssl_context  # which says what cannot be used
        return found
    except (OSError, KeyError, TypeError, ValueError, StopIteration, yaml.YAMLError) as error:
        raise Misconfigured(f"{path} cannot be used as a kubeconfig: {error!r}") from error


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _content(*, entry: dict[str, Any], name: str, folder: pathlib.Path) -> bytes:
    """Read what stands in a file, or inline; paths in a kubeconfig are relative to its own folder."""
    return (folder / entry[name]).read_bytes() if name in entry else base64.b64decode(entry.get(f"{name}-data", ""))
