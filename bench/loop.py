"""The bare apply loop: the same objects that the operator writes, sent by 64 connections with nothing thought about them.

What the API server, etcd and the controllers take for these objects is the same; the difference to the operator's rate is what being an
operator costs: the requests themselves, watches, decisions, order, drift detection and status.
"""

import asyncio
import dataclasses
import datetime
import json
import time

import aiohttp
import orjson

from bench.city import organisation_name
from bench.connection import CONNECTIONS, send
from citycloud.api import Environment, InformationSystem, Organisation, SecurityProfile, SizeClass
from citycloud.api.city import City
from citycloud.controllers.environment import build_subject
from citycloud.controllers.resolve import resolve
from citycloud.engine.world import World
from citycloud.kube.resources import BY_KIND
from citycloud.plan.environment import plan_environment
from citycloud_dev.cluster import Cluster

Request = tuple[str, bytes]


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a loop took: seconds from the first request to the last answer, and processor seconds of the sending process."""

    seconds: float
    cpu: float


def requests_of(cluster: Cluster, *, prefix: str, count: int) -> list[list[Request]]:
    """Plan `count` environments with the operator's own builders; return each one's requests, encoded, in order."""
    world = World(on_change=lambda *_: None)
    kinds = (City, SizeClass, SecurityProfile, Organisation, InformationSystem)
    for kind in kinds:
        for item in json.loads(cluster.kubectl("get", f"{kind.definition.plural}.citycloud.dev", "-A", "-o", "json"))["items"]:
            world.put(kind=kind, body=item)
    now = datetime.datetime.now(datetime.UTC)
    planned = []
    for number in range(count):
        spec = {"system": "bench-system", "stage": "test", "size": "s", "zones": ["app"]}
        metadata = {"namespace": f"org-{organisation_name(number)}", "name": f"{prefix}-{number}", "uid": "bench"}
        environment = Environment.model_validate({"metadata": metadata, "spec": spec})
        resolved = resolve(environment=environment, spec=environment.spec, world=world, now=now)
        subject = build_subject(environment=environment, resolved=resolved, digest="sha256:bench", holds="", now=now)
        manifests = [manifest for step in plan_environment(subject=subject).values() for manifest in step]
        for manifest in manifests:  # the bench's own objects must not look like an environment's: the operator would call them orphans
            manifest["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "bench"
        planned.append([_request(manifest) for manifest in manifests])
    return planned


def _request(manifest: dict[str, object]) -> Request:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    resource = BY_KIND[str(manifest["kind"])]
    path = resource.path(namespace=metadata.get("namespace", ""), name=metadata["name"])
    return f"{path}?fieldManager=bench&force=true", orjson.dumps(manifest)


async def run_loop(*, session: aiohttp.ClientSession, planned: list[list[Request]]) -> Cost:
    """Send everything with as many senders as there are connections."""
    pending = iter(planned)

    async def sender() -> None:
        for requests in pending:
            for path, body in requests:
                await send(session, "PATCH", path, body=body, content_type="application/apply-patch+yaml")

    started, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
    return Cost(seconds=time.perf_counter() - started, cpu=time.process_time() - used)
