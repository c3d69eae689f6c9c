"""One user's plain requests to the API server: any verb, any subresource, and what exactly was answered."""

import dataclasses
import functools
import http.client
import json
import pathlib
import ssl
import urllib.parse
from typing import Any

import yaml

Object = dict[str, Any]
SECONDS = 30
CONTENT_TYPES = {
    "PATCH": "application/merge-patch+json",
    "APPLY": "application/apply-patch+yaml",
    "JSONPATCH": "application/json-patch+json",
}


@dataclasses.dataclass(frozen=True)
class Answer:
    """Status code, body, and the warnings and headers (in lower case) beside it."""

    code: int
    body: Object
    warnings: list[str] = dataclasses.field(default_factory=list)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))

    @property
    def refused(self) -> bool:
        return self.code in (403, 422)


class Caller:
    """Sends requests with the client certificate of a kubeconfig; one connection, so one thread."""

    def __init__(self, *, kubeconfig: pathlib.Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._context.load_cert_chain(certfile=user["client-certificate"], keyfile=user["client-key"])
        self._address = urllib.parse.urlsplit(cluster["server"])
        self._connection: http.client.HTTPSConnection | None = None

    def call(self, method: str, path: str, body: Any = None, *, dry_run: bool = False, query: str = "") -> Answer:
        """Send one request; `method` may also be APPLY or JSONPATCH."""
        headers = {"Content-Type": CONTENT_TYPES.get(method, "application/json"), "Accept": "application/json"}
        verb = "PATCH" if method in ("APPLY", "JSONPATCH") else method
        parameters = "&".join(
            filter(None, (query, "dryRun=All" if dry_run else "", "fieldManager=test&force=true" if method == "APPLY" else ""))
        )
        sent = json.dumps(body).encode() if body is not None else None
        target = f"{path}?{parameters}" if parameters else path
        for attempt in (1, 2):  # the server may have closed a connection that was kept; the request was not taken then
            connection = self._connect(anew=attempt == 2)
            try:
                connection.request(verb, target, body=sent, headers=headers)
                response = connection.getresponse()
                text = response.read()
            except (ConnectionError, ssl.SSLEOFError):
                self.close()
                if attempt == 2:
                    raise
                continue
            break
        warnings = response.headers.get_all("Warning") or []
        try:
            content = json.loads(text)
        except ValueError:
            content = {"message": text.decode(errors="replace")}
        return Answer(
            code=response.status, body=content, warnings=warnings, headers={name.lower(): value for name, value in response.headers.items()}
        )

    def path_of(self, item: Object, *, named: bool, subresource: str = "") -> str:
        """Build the path of an object, or of its collection."""
        metadata = item["metadata"]
        plural, namespaced = self.resource(item["apiVersion"], item["kind"])
        root = f"/api/{item['apiVersion']}" if "/" not in item["apiVersion"] else f"/apis/{item['apiVersion']}"
        within = f"/namespaces/{metadata['namespace']}" if namespaced else ""
        parts = [f"{root}{within}/{plural}", metadata["name"] if named else "", subresource]
        return "/".join(filter(None, parts))

    @functools.cache  # noqa: B019  # a caller lives as long as its test session
    def resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        """Look up the plural of a kind and whether it lives in namespaces."""
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        found = [each for each in self.call("GET", root).body["resources"] if each["kind"] == kind and "/" not in each["name"]]
        return found[0]["name"], found[0]["namespaced"]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, *, anew: bool) -> http.client.HTTPSConnection:
        if anew:
            self.close()
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._address.hostname or "", self._address.port, context=self._context, timeout=SECONDS
            )
        return self._connection
