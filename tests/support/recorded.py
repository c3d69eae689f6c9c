"""An API server of a few recorded objects: what it holds, what it was sent, and what it refuses; for commands without a cluster."""

import copy
import pathlib
from typing import Any

import yaml
from tests.support import objects

from citycloud.api import KINDS, Environment, OrgChange, PolicyException
from citycloud.cli.connection import Manifest, collection_path
from citycloud.cli.failure import Failure, Forbidden, Refused
from citycloud.controllers.decidable import spec_content
from citycloud.ledger.chain import digest_of

ROOT = pathlib.Path(__file__).parents[2]
OFFICE = "so-y-te"
HOME = f"org-{OFFICE}"
SINCE = "2026-08-01T02:00:00Z"
PRICES = {"cpuMonth": 250_000, "memoryGiBMonth": 60_000, "storageGiBMonth": 2_500}
PLURALS = {kind.definition.kind: kind.definition for kind in KINDS}
Body = dict[str, Any]


def path_of(body: Manifest) -> str:
    definition, metadata = PLURALS[body["kind"]], body["metadata"]
    scope = f"/namespaces/{metadata['namespace']}" if definition.namespaced else ""
    return f"/apis/{objects.API_VERSION}{scope}/{definition.plural}/{metadata['name']}"


class Recorded:
    """Answers as `citycloud.cli.connection.Connection` does."""

    def __init__(self) -> None:
        self.objects: dict[str, Body] = {}
        self.others: dict[str, Body] = {}
        self.sent: list[tuple[str, Body]] = []
        self.forbidden: set[str] = set()
        self.refusal: Refused | None = None
        self.judged: Body = {"valid": True, "reason": "Có hiệu lực. / It counts."}

    def put(self, body: Body) -> None:
        stored = copy.deepcopy(body)
        stored["metadata"] = {"uid": f"uid-{path_of(body)}", "resourceVersion": "7", "generation": 1, **stored["metadata"]}
        self.objects[path_of(body)] = stored

    def read(self, path: str, *, what: str) -> Body:
        if path in self.forbidden:
            raise Forbidden("Forbidden", what=what)
        if path in self.others:
            return self.others[path]
        if path.rsplit("/", 1)[1] in {definition.plural for definition in PLURALS.values()}:
            kind = next(definition for definition in PLURALS.values() if path.endswith(f"/{definition.plural}"))
            parts = path.split("/")
            below = f"{path}/" if "namespaces" in parts else ""
            found = [each for where, each in self.objects.items() if f"/{kind.plural}/" in where and where.startswith(below)]
            return {"items": copy.deepcopy(found)}
        if path not in self.objects:
            raise Failure("NotFound", what=what)
        return copy.deepcopy(self.objects[path])

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Body:
        if self.refusal is not None:
            raise self.refusal
        stored: Body = copy.deepcopy(dict(manifest))
        generated = stored["metadata"].pop("generateName", "")
        stored["metadata"].setdefault("name", f"{generated}{len(self.sent)}")
        if collection_path(manifest) + f"/{stored['metadata']['name']}" in self.objects:
            raise Failure("AlreadyThere", what=stored["metadata"]["name"])
        if not dry_run:
            self.sent.append(("create", copy.deepcopy(stored)))
            self.put(stored | ({"status": self.judged} if stored["kind"] == "Approval" else {}))
        return stored | {"metadata": {"uid": "dry", **stored["metadata"]}}

    def change(self, path: str, patch: Manifest, *, what: str, dry_run: bool = False) -> Body:
        if self.refusal is not None:
            raise self.refusal
        found = self.objects[path]
        if patch["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            raise Failure("ChangedMeanwhile", what=what)
        changed = copy.deepcopy(found)
        changed["spec"] |= patch["spec"]
        if not dry_run:
            self.sent.append(("patch", copy.deepcopy(dict(patch["spec"]))))
            self.objects[path] = changed
        return copy.deepcopy(changed)


def office(*, prices: Body | None = None, **organisation: Any) -> Recorded:
    """Record one department with one system, and no environment."""
    server = Recorded()
    changes = {"prices": prices} if prices is not None else {}
    for body in (objects.city(**changes), objects.organisation(OFFICE, **organisation), objects.system(OFFICE)):
        server.put(body)
    for folder in ("profiles", "sizes"):
        for file in sorted((ROOT / "policies" / folder).glob("*.yaml")):
            server.put(yaml.load(file.read_text(), Loader=yaml.CSafeLoader))
    return server


def amounts(size: str) -> dict[str, str]:
    """Read what a shipped size asks for."""
    quota = yaml.load((ROOT / "policies" / "sizes" / f"{size}.yaml").read_text(), Loader=yaml.CSafeLoader)["spec"]["quota"]
    return {name: quota[f"requests.{name}"] for name in ("cpu", "memory", "storage")}


def cost(size: str) -> int:
    """Add up what a shipped size costs by the prices of `PRICES`, with whole cores and Gi."""
    found = amounts(size)
    gib = {name: int(found[name].removesuffix("Gi")) for name in ("memory", "storage")}
    return int(found["cpu"]) * PRICES["cpuMonth"] + gib["memory"] * PRICES["memoryGiBMonth"] + gib["storage"] * PRICES["storageGiBMonth"]


def environment(name: str = "ho-so", *, annotations: dict[str, str] | None = None, status: Body | None = None, **spec: Any) -> Body:
    """Record an environment that nobody looked at yet, unless `status` says how it stands."""
    body = objects.environment(OFFICE, name, **spec)
    body["metadata"] |= {"uid": f"uid-{name}", "generation": 1, "annotations": annotations or {}, "creationTimestamp": SINCE}
    return body | {"status": {"observedGeneration": 1, **(status or {})}}


def condition(type_: str, *, holds: bool, reason: str, message: str = "") -> Body:
    status = "True" if holds else "False"
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": SINCE, "observedGeneration": 1}


def approved(spec: Body) -> Body:
    """Record that a spec is enforced."""
    return {"digest": digest(spec), "by": "citycloud", "at": SINCE, "spec": copy.deepcopy(spec)}


def digest(spec: Body, *, kind: type[Environment | PolicyException | OrgChange] = Environment) -> str:
    body = {"metadata": {"name": "ho-so"}, "spec": spec}
    return digest_of(spec_content(kind.model_validate(body).spec))


def ready(name: str = "ho-so", **spec: Any) -> Body:
    """Record an environment that is Ready."""
    body = environment(name, **spec)
    namespaces = [{"zone": zone, "name": f"{OFFICE}--{name}--{zone}", "ready": True} for zone in body["spec"]["zones"]]
    conditions = [condition(each, holds=True, reason="Applied", message="Đã. / Done.") for each in ("Accepted", "Approved", "Ready")]
    body["status"] |= {
        "phase": "Ready",
        "level": 3,
        "profile": "vn-2026-l3",
        "location": "municipal-cloud",
        "approved": approved(body["spec"]),
        "namespaces": namespaces,
        "conditions": conditions,
    }
    return body


def waiting(name: str = "ho-so", *, before: Body | None = None, **spec: Any) -> Body:
    """Record an environment whose spec waits for an approver; `before` is the spec that stays enforced."""
    body = environment(name, annotations={"citycloud.dev/requested-by": "nhan-vien,oidc:a%2Cb"}, **spec)
    message = "Chờ duyệt. / Waiting."
    body["status"] |= {
        "phase": "AwaitingApproval",
        "pending": {
            "digest": digest(body["spec"]),
            "since": SINCE,
            "reasons": ["OverAutomaticSize"],
            "waitingFor": ["citycloud-approvers"],
        },
        "conditions": [condition(each, holds=False, reason="AwaitingApproval", message=message) for each in ("Approved", "Ready")],
    }
    if before is not None:
        body["status"]["approved"] = approved(before)
    return body


def exception(name: str = "kho-anh", *, environment: str = "ho-so", **status: Any) -> Body:
    """Record an exception from a policy that waits for a security officer, unless `status` says how it stands."""
    spec = {
        "environment": environment,
        "policy": "P04",
        "reason": "Ảnh của nhà cung cấp chưa chuyển kịp",
        "compensatingMeasure": "Quét ảnh hằng ngày",
        "expiresAt": "2027-02-01T17:00:00Z",
    }
    message = "Chờ cán bộ an toàn thông tin. / Waiting for a security officer."
    waits = {
        "observedGeneration": 1,
        "phase": "AwaitingApproval",
        "pending": {"digest": digest(spec, kind=PolicyException), "since": SINCE, "waitingFor": ["citycloud-security"]},
        "conditions": [condition("Active", holds=False, reason="ExceptionNeedsDecision", message=message)],
    }
    metadata = {"namespace": HOME, "name": name, "annotations": {"citycloud.dev/requested-by": "nhan-vien,oidc:a%2Cb"}}
    return {"apiVersion": objects.API_VERSION, "kind": "PolicyException", "metadata": metadata, "spec": spec, "status": waits | status}


def org_change(name: str = "chia-so", **status: Any) -> Body:
    """Record a re-organisation that waits for the city, with one step that is in the way of nobody and one that is blocked."""
    spec = {
        "action": "split",
        "from": [OFFICE],
        "to": ["so-mot", "so-hai"],
        "effectiveDate": "2027-03-01",
        "mapping": [{"system": f"{OFFICE}/he-thong", "to": "so-mot"}],
        "dryRun": False,
        "legalBasis": {"id": "12/NQ-HDND", "article": "Điều 3", "title": "Nghị quyết chia tách"},
    }
    steps = [
        {
            "what": "CopySystem",
            "object": f"{OFFICE}/he-thong → so-mot/he-thong",
            "state": "Blocked",
            "note": "đã có / exists · lớn / large",
        },
        {"what": "CloseOrganisation", "object": OFFICE, "state": "Planned"},
    ]
    waits = {
        "observedGeneration": 1,
        "phase": "AwaitingApproval",
        "pending": {"digest": digest(spec, kind=OrgChange), "since": SINCE, "waitingFor": ["citycloud-approvers"]},
        "steps": steps,
    }
    metadata = {"name": name, "annotations": {"citycloud.dev/requested-by": "quan-tri"}}
    return {"apiVersion": objects.API_VERSION, "kind": "OrgChange", "metadata": metadata, "spec": spec, "status": waits | status}
