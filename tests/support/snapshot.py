"""Every object there is, whatever its kind and wherever it lies, to see whether an attack left a trace.

The store itself is asked: one request, every key, at one moment. Versions say all: whatever is written gets a new one, also what is changed
and put back. Of what moves by itself either the rest is compared, or it is left out.
"""

import base64
import http.client
import json
import ssl
import time
from collections.abc import Collection
from typing import Final

from tests.support.caller import Caller, Object
from tests.support.kube import eventually
from tests.support.objects import API_VERSION

from citycloud_dev.cluster import Cluster

Snapshot = dict[str, str]
"""The version of each object, or what is compared of it, by its path in the store: kind, namespace, name."""

ROOT: Final = "/registry/"
EVENTS: Final = "events/"
UNCOMPARED: Final = ("leases/", "masterleases/", "peerserverleases/", "ranges/")
"""Heartbeats, and the API server's own bookkeeping of addresses and ports, which also moves for a request that is refused later."""
MOVING: Final = {"resourcequotas/": "/api/v1/resourcequotas", "minions/": "/api/v1/nodes"}
"""What counts other objects, and what tells of its own health: by prefix the path to list them at. Versions follow that, so of these all is
compared but version and status."""
FEW_EVENTS: Final = 20
"""What controllers may happen to say meanwhile; more is a storm."""
REST_SECONDS: Final = 1.0
"""How long nothing may have changed before one may say that the cluster is at rest."""
DECISIONS: Final = f"/apis/{API_VERSION}/approvals"
"""Each of them waits longer than that for an opposite one, and is judged only then."""
SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.1


class Store:
    """Sees every object; remembers since when nothing has changed, so that whoever finds it so need not wait."""

    def __init__(self, *, cluster: Cluster, caller: Caller) -> None:
        pair = cluster.authority.user(name="etcd-gateway")
        context = ssl.create_default_context(cafile=str(cluster.authority.files.certificate))
        context.load_cert_chain(certfile=pair.certificate, keyfile=pair.key)
        self._connection = http.client.HTTPSConnection("127.0.0.1", cluster.ports.etcd, context=context, timeout=SECONDS)
        self._caller = caller
        self._last: Snapshot = {}
        self._since = 0.0

    def snapshot(self) -> Snapshot:
        """Return all objects; events too, which `differences` only counts."""
        skipped = (*UNCOMPARED, *MOVING)
        seen = {path: version for path, version in self._versions().items() if not path.startswith(skipped)}
        for prefix, path in MOVING.items():
            for item in self._caller.call("GET", path).body["items"]:
                metadata = item["metadata"]
                seen[f"{prefix}{metadata.get('namespace', '')}/{metadata['name']}"] = _still(item)
        return seen

    def settled(self) -> Snapshot:
        """Wait until nothing has changed for a moment and no decision is to be judged, and return what there is.

        Decisions are asked for first: what is judged after that answer is still seen by the snapshot.
        """

        def at_rest() -> bool:
            is_decision_open = self._is_decision_open()
            now = self.snapshot()
            if differences(self._last, now):
                self._since = time.monotonic()
            self._last = now
            return time.monotonic() - self._since >= REST_SECONDS and not is_decision_open

        eventually(at_rest, what="the cluster to come to rest", seconds=SECONDS)
        return self._last

    def traces(self, before: Snapshot, *, besides: str, events: int, within: float) -> list[str]:
        """Say what is not as it was before; what is being cleared up may go on for `within` seconds."""
        deadline = time.monotonic() + within
        while True:
            found = differences(before, self.snapshot(), besides=besides, events=events)
            if not found or time.monotonic() >= deadline:
                return found
            time.sleep(PAUSE_SECONDS)

    def _is_decision_open(self) -> bool:
        decisions = self._caller.call("GET", DECISIONS).body["items"]
        return any("valid" not in each.get("status", {}) for each in decisions)

    def _versions(self) -> dict[str, str]:
        query = {"key": _encoded(ROOT), "range_end": _encoded("/registry0"), "keys_only": True}
        self._connection.request("POST", "/v3/kv/range", json.dumps(query))
        answer = self._connection.getresponse()
        content = json.loads(answer.read())
        assert answer.status == 200, content
        return {base64.b64decode(item["key"]).decode().removeprefix(ROOT): item["mod_revision"] for item in content["kvs"]}

    def close(self) -> None:
        self._connection.close()


def differences(before: Snapshot, after: Snapshot, *, besides: str = "", events: int = FEW_EVENTS) -> list[str]:
    """Say what came, what went and what is not as it was.

    `besides` leaves out what is an organisation's own: its home, its environments and itself. More than `events` new events are a storm.
    """
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    spoken = {path for path in changed if path.startswith(EVENTS)}
    found = [
        f"{_word(path, before=before, after=after)}: {path}"
        for path in sorted(changed - spoken)
        if not besides or not _belongs(path, organisation=besides)
    ]
    came = len(spoken & after.keys())
    return [*found, *([f"a storm of {came} events"] if came > events else [])]


def _word(path: str, *, before: Collection[str], after: Collection[str]) -> str:
    if path not in before:
        return "new"
    return "changed" if path in after else "gone"


def _belongs(path: str, *, organisation: str) -> bool:
    return any(part in (organisation, f"org-{organisation}") or part.startswith(f"{organisation}--") for part in path.split("/"))


def _still(item: Object) -> str:
    metadata = {key: value for key, value in item["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    return json.dumps({"metadata": metadata, "spec": item.get("spec")}, sort_keys=True)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
