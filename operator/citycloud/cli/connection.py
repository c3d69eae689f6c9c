"""The API server as its user reaches it: the kubeconfig that kubectl uses, read by the `kubernetes` package, and plain JSON answers."""

import dataclasses
import datetime
import email.utils
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import kubernetes.client
import kubernetes.config
import urllib3
import yaml
from kubernetes.config.kube_config import KUBE_CONFIG_DEFAULT_LOCATION, KubeConfigMerger

from citycloud.cli.failure import Failure, Forbidden, Refused

SECONDS: Final = (5.0, 30.0)
"""To connect, and to wait for an answer."""
PAGE: Final = "500"
"""How many objects of a list come at once."""
FIELD_MANAGER: Final = "citycloud-cli"
NO_RIGHT: Final = re.compile(r'User "[^"]*" cannot \w+ resource')
"""How RBAC refuses, in English only; admission says everything in both languages."""

_load: Final[Callable[..., None]] = kubernetes.config.load_kube_config
_merge: Final[Callable[[str], Any]] = KubeConfigMerger
Manifest = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Acting:
    """Whom one acts as, with a right of one's own to do so (impersonation)."""

    user: str
    group: str


class Connection:
    """Reads and writes with the rights of one kubeconfig; `what` names the thing in failures, as `pods/web -n so-y-te--ho-so--app`."""

    def __init__(self, *, client: Any) -> None:
        self._client = client

    def read(self, path: str, *, what: str, query: Mapping[str, str] | None = None) -> Manifest:
        """Read an object or a list; raise Forbidden or another Failure where that is not to be had."""
        request = self._client.param_serialize(
            method="GET", resource_path=path, query_params=list((query or {}).items()), auth_settings=["BearerToken"]
        )
        status, body = self._send(request)
        match status:
            case 200:
                found: Manifest = json.loads(body)
                return found
            case 401:
                raise Failure("Unauthorized")
            case 403:
                raise Forbidden("Forbidden", what=what)
            case 404:
                raise Failure("NotFound", what=what)
            case code:
                raise Failure("ServerTrouble", code=code, what=what, error=_one_line(body.decode(errors="replace")))

    def read_all(self, path: str, *, what: str) -> list[Manifest]:
        """Read a list of any length, page by page."""
        items: list[Manifest] = []
        query = {"limit": PAGE}
        while True:
            page = self.read(path, what=what, query=query)
            items += page["items"]
            token = page["metadata"].get("continue")
            if not token:
                return items
            query = {"limit": PAGE, "continue": token}

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Create a namespaced object, or see as a dry run what would become of it; raise Refused where the API server will not have it."""
        metadata = manifest["metadata"]
        return self._write(
            method="POST",
            path=collection_path(manifest),
            content_type="application/json",
            body=manifest,
            what=f"{manifest['kind'].lower()}s/{metadata.get('name', metadata.get('generateName', ''))} -n {metadata['namespace']}",
            dry_run=dry_run,
        )

    def change(self, path: str, patch: Manifest, *, what: str, dry_run: bool = False) -> Manifest:
        """Change an object by a JSON merge patch, which names the resourceVersion that was looked at; raise Refused as `create` does."""
        return self._write(method="PATCH", path=path, content_type="application/merge-patch+json", body=patch, what=what, dry_run=dry_run)

    def apply(self, manifest: Manifest, *, manager: str, what: str, dry_run: bool = False) -> Manifest:
        """Make an object say what `manifest` says, whoever said otherwise (server-side apply); raise Refused as `create` does."""
        query = [("fieldManager", manager), ("force", "true")]
        path = f"{collection_path(manifest)}/{manifest['metadata']['name']}"
        return self._write(
            method="PATCH", path=path, content_type="application/apply-patch+yaml", body=manifest, what=what, dry_run=dry_run, query=query
        )

    def delete(self, path: str, *, uid: str, what: str, dry_run: bool = False) -> None:
        """Delete exactly the object that was looked at; raise Refused as `create` does.

        A dry run is said in the body: where there is one, the API server does not look at the query.
        """
        options = {"dryRun": ["All"]} if dry_run else {}
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}, **options}
        self._write(method="DELETE", path=path, content_type="application/json", body=body, what=what, dry_run=dry_run, query=[])

    def _write(
        self,
        *,
        method: str,
        path: str,
        content_type: str,
        body: Manifest,
        what: str,
        dry_run: bool,
        query: Sequence[tuple[str, str]] = (("fieldManager", FIELD_MANAGER),),
    ) -> Manifest:
        request = self._client.param_serialize(
            method=method,
            resource_path=path,
            query_params=[*query, *([("dryRun", "All")] if dry_run else [])],
            header_params={"Content-Type": content_type},
            body=json.dumps(body) if content_type.endswith("yaml") else dict(body),
            auth_settings=["BearerToken"],
        )
        status, answer = self._send(request)
        match status:
            case 200 | 201:
                stored: Manifest = json.loads(answer)
                return stored
            case 401:
                raise Failure("Unauthorized")
            case 400 | 403 | 422:
                message = _message(answer)
                raise Refused("RightsMissing" if NO_RIGHT.search(message) else "RefusedByServer", message=message)
            case 404:
                raise Failure("NotFound", what=what)
            case 409:
                raise Failure("AlreadyThere" if method == "POST" else "ChangedMeanwhile", what=what)
            case code:
                raise Failure("ServerTrouble", code=code, what=what, error=_one_line(_message(answer)))

    def try_to_create(self, manifest: Manifest, *, acting: Acting | None = None) -> tuple[int, str]:
        """Ask as a dry run whether an object would be taken; return the code and what the API server says. Nothing is stored."""
        code, body = self._create(manifest, acting=acting)
        return code, str(body.get("message", ""))

    def myself(self) -> tuple[str, frozenset[str]]:
        """Ask the API server who one is to it: the user's name and groups (KEP-3325)."""
        what = "selfsubjectreviews"
        code, body = self._create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}, acting=None)
        if code != 201:
            raise Failure("ServerTrouble", code=code, what=what, error=_one_line(body.get("message", "")))
        user = body["status"]["userInfo"]
        return user["username"], frozenset(user.get("groups", ()))

    def now(self) -> datetime.datetime:
        """Read the API server's clock, to the second."""
        request = self._client.param_serialize(method="GET", resource_path="/version", auth_settings=["BearerToken"])
        return email.utils.parsedate_to_datetime(self._answer(request).headers["Date"])

    def _create(self, manifest: Manifest, *, acting: Acting | None) -> tuple[int, Manifest]:
        acted = {"Impersonate-User": acting.user, "Impersonate-Group": acting.group} if acting else {}
        request = self._client.param_serialize(
            method="POST",
            resource_path=collection_path(manifest),
            query_params=[("dryRun", "All")],
            header_params={"Content-Type": "application/json", **acted},
            body=dict(manifest),
            auth_settings=["BearerToken"],
        )
        code, body = self._send(request)
        return code, json.loads(body)

    def _send(self, request: Any) -> tuple[int, bytes]:
        answer = self._answer(request)
        return answer.status, answer.read()

    def _answer(self, request: Any) -> Any:
        try:
            answer = self._client.call_api(*request, _request_timeout=SECONDS)
            answer.read()  # what breaks off half-way breaks off here
            return answer
        except (urllib3.exceptions.HTTPError, kubernetes.client.ApiException) as error:
            raise Failure("Unreachable", server=self._client.configuration.host, error=_one_line(error)) from error


def collection_path(manifest: Manifest) -> str:
    """Build the path that objects like this one are created at, namespaced or not; plurals as Kubernetes guesses them itself."""
    version, kind = manifest["apiVersion"], manifest["kind"].lower()
    plural = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}es" if kind.endswith("s") else f"{kind}s"
    plural = kind if kind == "endpoints" else plural
    root = "apis" if "/" in version else "api"
    within = f"/namespaces/{manifest['metadata']['namespace']}" if "namespace" in manifest["metadata"] else ""
    return f"/{root}/{version}{within}/{plural}"


def connect(*, kubeconfig: str | None, context: str | None) -> Connection:
    """Connect as the user of a kubeconfig; raise Failure where it cannot be used."""
    configuration = kubernetes.client.Configuration()
    configuration.retries = False
    try:
        _load(config_file=kubeconfig, context=context, client_configuration=configuration)
        _refuse_impersonation(kubeconfig=kubeconfig, context=context)
    except (kubernetes.config.ConfigException, OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise Failure("KubeconfigMissing", error=_one_line(error)) from error
    return Connection(client=kubernetes.client.ApiClient(configuration))


def _refuse_impersonation(*, kubeconfig: str | None, context: str | None) -> None:
    """Raise Failure where the kubeconfig says `as`: the package leaves it out in silence, and calls would carry the user's own rights."""
    config = _merge(kubeconfig or KUBE_CONFIG_DEFAULT_LOCATION).config
    name = context or config["current-context"]
    user = config["users"].get_with_name(config["contexts"].get_with_name(name)["context"]["user"])["user"]
    if user.safe_get("as"):
        raise Failure("KubeconfigImpersonates", user=user["as"])


def _message(answer: bytes) -> str:
    """Return what the API server says of a request, as it says it."""
    try:
        return str(json.loads(answer).get("message", ""))
    except (ValueError, AttributeError):
        return answer.decode(errors="replace")


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
