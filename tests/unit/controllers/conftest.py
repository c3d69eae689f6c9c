"""A small city in memory: its objects, an API server that stores what controllers write, and every controller at work."""

import asyncio
import copy
import datetime
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.unit.controllers.clock import NOW, Clock
from tests.unit.controllers.news import News
from tests.unit.controllers.server import BY_NAME, Body, Server, as_the_server_stores, unserved
from tests.unit.controllers.town import Founded, OpenTown, Town, found
from tests.unit.controllers.town_server import TownServer

from citycloud.api import Environment, Kind
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.approval import ApprovalController
from citycloud.controllers.environment import EnvironmentController
from citycloud.controllers.exceptions import loosenable_among
from citycloud.controllers.handover import Handover
from citycloud.controllers.information_system import InformationSystemController
from citycloud.controllers.ledger_writer import LedgerWriter
from citycloud.controllers.org_change import OrgChangeController
from citycloud.controllers.organisation import OrganisationController
from citycloud.controllers.policy_exception import PolicyExceptionController
from citycloud.controllers.purge import Purger
from citycloud.controllers.site import SiteController
from citycloud.controllers.site_uses import SiteUses
from citycloud.controllers.succession import Succession
from citycloud.controllers.texts import Texts
from citycloud.controllers.triggers import owner_of, trigger
from citycloud.engine.applier import Applier
from citycloud.engine.bucket import Bucket
from citycloud.engine.doorkeeper import Doorkeeper
from citycloud.engine.observed import ChildKey, Observed, child_key
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.timekeeper import Timekeeper
from citycloud.engine.workers import Reconcile
from citycloud.engine.workloads import Workloads
from citycloud.engine.world import World
from citycloud.evidence.shipped import shipped
from citycloud.kube.resources import PERSES_DASHBOARD, POD_MONITOR
from citycloud.telemetry.metrics import Metrics

ROOT: Final = Path(__file__).parents[3]
HOME: Final = "org-so-y-te"
CITY_NAMESPACE: Final = "citycloud-system"
MOMENT_AGO: Final = NOW - datetime.timedelta(minutes=1)


def _read(path: Path) -> Body:
    content: Body = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return content


class Sample:
    """Bodies of the shipped profiles and sizes and of the small example, each a copy of its own."""

    def __init__(self) -> None:
        shipped = [_read(path) for folder in ("profiles", "sizes") for path in sorted((ROOT / "policies" / folder).glob("*.yaml"))]
        small = [_read(ROOT / "examples" / "small" / f"{name}.yaml") for name in ("city", "organisation", "information-system")]
        for body in shipped:
            body["spec"].pop("controls", None)
        self._bodies = [*shipped, *small]
        self._environment = _read(ROOT / "examples" / "small" / "environment.yaml")

    def bodies(self) -> list[Body]:
        """Everything that an environment leans on."""
        return [self.framed(body) for body in self._bodies]

    def environment(self, name: str = "ho-so-test", *, status: Body | None = None, namespace: str = HOME, **spec: Any) -> Body:
        """The environment of the example, with fields of its spec replaced; None takes one out."""
        body = self.framed(self._environment)
        stamp = {"citycloud.dev/requested-by": "chi"}
        body["metadata"] |= {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "annotations": stamp}
        body["spec"] = {key: value for key, value in (body["spec"] | spec).items() if value is not None}
        return body | ({"status": status} if status is not None else {})

    def approval(
        self,
        name: str,
        *,
        digest: str,
        target: str = "ho-so-test",
        kind: str = "Environment",
        at: datetime.datetime = MOMENT_AGO,
        by: str = "dung",
        **spec: Any,
    ) -> Body:
        """A decision on an environment, or on another kind, stamped as the API server does."""
        stamp = {"citycloud.dev/decided-by": by} if by else {}
        metadata = {"name": name, "namespace": HOME, "uid": f"uid-{name}", "creationTimestamp": at.isoformat(), "annotations": stamp}
        wanted = {"target": {"kind": kind, "name": target}, "digest": digest, "decision": "approve", **spec}
        return self.framed({"kind": "Approval", "metadata": metadata, "spec": wanted})

    def counting(self, body: Body, *, index: int, subject_uid: str) -> tuple[Body, Body]:
        """A decision that was judged valid, and its entry in the ledger."""
        digest = "sha256:" + f"{index:064x}"
        place = {"index": index, "previous": "", "hash": digest}
        spec = {
            **{key: body["spec"].get(key) for key in ("decision", "digest")},
            "organisation": "so-y-te",
            **place,
            "decidedBy": "dung",
            "decidedAt": NOW.isoformat(),
            "content": "{}",
            "subject": {"kind": "Environment", "namespace": HOME, "name": body["spec"]["target"]["name"], "uid": subject_uid},
            "approval": {key: body["metadata"][key] for key in ("namespace", "name", "uid")},
        }
        entry = {"kind": "LedgerEntry", "metadata": {"name": f"so-y-te.{index:08}"}, "spec": spec}
        return body | {"status": {"valid": True, "reason": "x", "ledger": place}}, self.framed(entry)

    def framed(self, body: Body) -> Body:
        """Give a body what the API server adds."""
        framed = copy.deepcopy(body)
        frame = {"uid": f"uid-{body['kind']}-{body['metadata']['name']}", "generation": 1, "resourceVersion": "1"}
        framed["metadata"] = {**frame, "creationTimestamp": NOW.isoformat(), **framed["metadata"]}
        return framed


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Hand out the sample."""
    return Sample()


@pytest.fixture(scope="session")
def texts() -> Texts:
    """Read the catalogue once."""
    return Texts.load()


@pytest.fixture(scope="session")
def as_stored() -> Callable[..., Body]:
    """Tell what the API server makes of a status."""
    return as_the_server_stores


class Office:
    """Every controller over one world and one server; `settle` works until nothing waits."""

    def __init__(self, *, sample: Sample, texts: Texts, server: Server | None = None) -> None:
        self.sample = sample
        self.clock = Clock()
        self.server = server if server is not None else Server()
        self.queue = WorkQueue(clock=self.clock)
        self.world = World(on_change=self._on_change)
        self.site_uses = SiteUses(queue=self.queue)
        self._trigger = trigger(queue=self.queue, world=self.world, site_uses=self.site_uses, is_settled=lambda: True)
        self.observed = Observed(owner_of=owner_of, on_change=self.queue.put)
        self.allocations = Allocations()
        self.succession = Succession(observed=self.observed, allocations=self.allocations, queue=self.queue)
        self.outcomes: dict[Key, Outcome] = {}
        self.metrics = Metrics(version="test")
        bucket = Bucket(rate=1e6, burst=1e6, clock=self.clock)
        applier = Applier(client=self.server, observed=self.observed, bucket=bucket, on_write=self.metrics.write)
        self.news = News(texts=texts)
        statuses = StatusWriter(client=self.server, world=self.world, bucket=bucket, tell=self.news.tell)
        shared: dict[str, Any] = {"world": self.world, "statuses": statuses, "texts": texts, "clock": self.clock}
        owning = {**shared, "applier": applier, "allocations": self.allocations}
        writing: dict[str, Any] = {"world": self.world, "allocations": self.allocations, "client": self.server, "bucket": bucket}
        self.timekeeper = Timekeeper(clock=self.clock)
        changes = OrgChangeController(**{**writing, **shared}, queue=self.queue, timekeeper=self.timekeeper, namespace=CITY_NAMESPACE)
        ledger = LedgerWriter(client=self.server, world=self.world, bucket=bucket)
        approvals = ApprovalController(**shared, ledger=ledger, queue=self.queue, namespace=CITY_NAMESPACE)
        exceptions = PolicyExceptionController(**shared, queue=self.queue, loosenable=loosenable_among(shipped().values()))
        self.reconcilers: dict[str, Reconcile] = {
            "Environment": self._environments(owning=owning, writing=writing).reconcile,
            "Organisation": OrganisationController(**owning, views={}, dashboards=unserved(PERSES_DASHBOARD, client=self.server)).reconcile,
            "InformationSystem": InformationSystemController(**shared).reconcile,
            "Approval": approvals.reconcile,
            "PolicyException": exceptions.reconcile,
            "OrgChange": changes.reconcile,
            "Site": SiteController(**shared, site_uses=self.site_uses).reconcile,
        }
        if server is None:
            for body in sample.bodies():
                self.put(body)

    def _environments(self, *, owning: dict[str, Any], writing: dict[str, Any]) -> EnvironmentController:
        return EnvironmentController(
            **owning,
            observed=self.observed,
            queue=self.queue,
            metrics=self.metrics,
            doorkeeper=Doorkeeper(client=self.server, bucket=writing["bucket"], applier=owning["applier"], observed=self.observed),
            workloads=Workloads(client=self.server, bucket=writing["bucket"]),
            purger=Purger(observed=self.observed, allocations=self.allocations, applier=owning["applier"]),
            timekeeper=self.timekeeper,
            handover=Handover(**writing, observed=self.observed, queue=self.queue, succession=self.succession),
            monitors=unserved(POD_MONITOR, client=self.server),
            site_uses=self.site_uses,
        )

    def _on_change(self, key: Key, object_: Kind) -> None:
        if isinstance(object_, Environment):
            self.succession.note(key=key, environment=object_ if self.world.knows(key) else None)
        self._trigger(key, object_)

    def put(self, body: Body) -> None:
        """Create an object, or change its spec."""
        key = child_key(body)
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": self.server.next_version()}}
        known = self.server.objects.get(key)
        if known is not None:
            changed = {"generation": known["metadata"]["generation"] + 1, "resourceVersion": body["metadata"]["resourceVersion"]}
            body = {**known, "spec": body["spec"], "metadata": {**known["metadata"], **changed}}
        self.server.objects[key] = copy.deepcopy(body)
        self.world.put(kind=BY_NAME[body["kind"]], body=body)

    def ask(self, name: str = "ho-so-test", **spec: Any) -> None:
        """Write an environment as a department does."""
        self.put(self.sample.environment(name, **spec))

    def change(self, kind: str, name: str, **spec: Any) -> None:
        """Change fields of the spec of an object that exists."""
        body = next(each for key, each in self.server.objects.items() if (key.kind, key.name) == (kind, name))
        self.put({**body, "spec": {**body["spec"], **spec}})

    def remove(self, kind: str, name: str) -> None:
        """Delete a custom resource."""
        key = next(key for key in self.server.objects if (key.kind, key.name) == (kind, name))
        self.world.drop(kind=BY_NAME[kind], metadata=self.server.objects.pop(key)["metadata"])

    async def settle(self) -> list[tuple[str, ChildKey]]:
        """Work until nothing waits, several keys at once; return what was written."""
        self.server.log.clear()
        while self.queue.depth:
            keys = [await self.queue.get() for _ in range(self.queue.depth)]
            for key, outcome in zip(keys, await asyncio.gather(*(self.reconcilers[key.kind](key) for key in keys)), strict=True):
                self.queue.done(key)
                self.outcomes[key] = outcome
        return list(self.server.log)

    async def settle_within(self, *, seconds: float) -> None:
        """Work, let time pass, and work on what fell due meanwhile, however that was asked for."""
        await self.settle()
        self.clock.moment += datetime.timedelta(seconds=seconds)
        self.queue._promote_due()
        for key, outcome in self.outcomes.items():
            if outcome.again_after is not None and outcome.again_after <= seconds:
                self.queue.put(key)
        await self.settle()

    def environment(self, name: str = "ho-so-test") -> Environment:
        """Read an environment as the world knows it."""
        found = self.world.environment(self.key(name))
        assert found is not None
        return found

    def key(self, name: str = "ho-so-test") -> Key:
        return Key("Environment", HOME, name)

    def again(self, name: str = "ho-so-test") -> None:
        """Look at an environment again although nothing happened."""
        self.queue.put(self.key(name))

    def reason(self, name: str = "ho-so-test") -> str:
        """Tell why an environment is, or is not, Ready."""
        return next(condition.reason for condition in self.environment(name).status.conditions if condition.type == "Ready")


@pytest.fixture
def office(sample: Sample, texts: Texts) -> Office:
    """Open an office whose city is declared and asks for nothing yet."""
    return Office(sample=sample, texts=texts)


@pytest.fixture
def open_town(sample: Sample, texts: Texts) -> OpenTown:
    """Open a town, empty or over the server of one whose operator died."""
    return lambda server=None: Town(office=Office(sample=sample, texts=texts, server=server or TownServer()), sample=sample)


@pytest.fixture
def founded(open_town: OpenTown) -> Founded:
    """Found a town with two departments at work and a third that takes over."""
    return functools.partial(found, open_town)
