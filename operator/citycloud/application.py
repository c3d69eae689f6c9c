"""Puts the operator together and runs it: lease, watches, census, workers, kopf.

The only place that knows every part. Parts get what they need as arguments, so a test puts together the same application with its own
settings and clock, in its own event loop.
"""

import asyncio
import datetime
import gc
import logging
import random
from collections.abc import Mapping
from typing import Any, Final

from citycloud import __version__, handlers
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
from citycloud.controllers.restoring import restore
from citycloud.controllers.site import SiteController
from citycloud.controllers.site_uses import SiteUses
from citycloud.controllers.succession import Succession
from citycloud.controllers.texts import Texts
from citycloud.controllers.triggers import owner_of, trigger
from citycloud.dashboards import department_views
from citycloud.engine.applier import Applier
from citycloud.engine.backoff import EndlessDelays, Pauses
from citycloud.engine.bucket import Bucket
from citycloud.engine.census import Census, wait_for_kinds
from citycloud.engine.clock import Clock
from citycloud.engine.doorkeeper import Doorkeeper
from citycloud.engine.feed import Feed
from citycloud.engine.observed import ChildKey, Observed
from citycloud.engine.optional import OptionalKind
from citycloud.engine.queue import Key, Priority, WorkQueue
from citycloud.engine.rests import rest_between_gulps
from citycloud.engine.status import StatusWriter
from citycloud.engine.timekeeper import Timekeeper
from citycloud.engine.workers import Reconcile, Workers
from citycloud.engine.workloads import Workloads
from citycloud.engine.world import World
from citycloud.evidence.shipped import shipped
from citycloud.kube import watch
from citycloud.kube.client import Client
from citycloud.kube.connection import find_connection
from citycloud.kube.lease import Leadership, LeaseSettings
from citycloud.kube.resources import CHILDREN, CUSTOM, OPTIONAL_CHILDREN, PERSES_DASHBOARD, POD_MONITOR, Resource
from citycloud.kube.session import Session
from citycloud.kube.watch import Wanted
from citycloud.plan.names import MANAGED_SELECTOR
from citycloud.reporting import Reporting
from citycloud.settings import Settings
from citycloud.telemetry.city import CityCollector
from citycloud.telemetry.metrics import Metrics
from citycloud.telemetry.server import serve

LOOK_SECONDS: Final = 0.1
STOP_SECONDS: Final = 10.0
CHILD_KINDS: Final = frozenset(resource.kind for resource in CHILDREN)

logger = logging.getLogger(__name__)


class Application:
    """One operator: everything between the API server and a reconcile."""

    def __init__(self, *, settings: Settings, clock: Clock, chance: random.Random) -> None:
        self.settings = settings
        self.clock = clock
        self.chance = chance
        self.metrics = Metrics(version=__version__)
        self.session = Session(connection=find_connection(kubeconfig=settings.kubeconfig), on_request=self.metrics.request)
        self.client = Client(session=self.session)
        self.queue = WorkQueue(clock=clock)
        self.bucket = Bucket(rate=settings.writes_per_second, burst=settings.write_burst, clock=clock)
        self.world = World(on_change=self._on_change)
        self.observed = Observed(owner_of=owner_of, on_change=self._on_child, on_drift=self._on_drift)
        self.allocations = Allocations()
        self.succession = Succession(observed=self.observed, allocations=self.allocations, queue=self.queue)
        self.site_uses = SiteUses(queue=self.queue)
        self.timekeeper = Timekeeper(clock=clock)
        self.texts = Texts.load()
        self.reporting = Reporting(
            metrics=self.metrics, client=self.client, queue=self.queue, clock=clock, identity=settings.identity, texts=self.texts
        )
        self.census = Census(kinds=handlers.KINDS, client=self.client, world=self.world, chance=chance)
        self.environments = Feed(kind=Environment, world=self.world)
        self.complete = False
        self.optional = {
            resource: OptionalKind(client=self.client, resource=resource, follow=self._follow, on_change=self._reconsider)
            for resource in OPTIONAL_CHILDREN
        }
        self._looked: set[Resource] = set()
        self.metrics.registry.register(CityCollector(world=self.world, holds=self.allocations.amounts, leads=lambda: self.complete))
        self._led_before: datetime.datetime | None = None
        self._trigger = trigger(queue=self.queue, world=self.world, site_uses=self.site_uses, is_settled=lambda: self.complete)

    async def run(self, *, stop: asyncio.Event) -> None:
        """Wait for the lease, work while it is held, and give it back."""
        server = serve(
            address=self.settings.telemetry_address,
            port=self.settings.telemetry_port,
            registry=self.metrics.registry,
            health=self.reporting.health,
        )
        logger.info("telemetry_served", extra={"port": server.server_port})
        leadership = Leadership(
            client=self.client,
            settings=LeaseSettings(
                namespace=self.settings.namespace,
                name="citycloud-operator",
                identity=self.settings.identity,
                duration=self.settings.lease_seconds,
                renew_deadline=self.settings.lease_seconds * 2 // 3,
            ),
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )
        beat = self.reporting.beat(timekeeper=self.timekeeper, leads=lambda: self.complete)
        work = asyncio.create_task(self._beside(beat, self._lead(leadership=leadership, stop=stop)))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            failed = work.done() and not work.cancelled() and work.exception() is not None
            for task in (work, stopping):
                task.cancel()
            await asyncio.wait({work, stopping}, timeout=STOP_SECONDS)
            server.shutdown()
            await leadership.release()
            await self.session.close()
        if failed:
            work.result()

    async def _lead(self, *, leadership: Leadership, stop: asyncio.Event) -> None:
        await wait_for_kinds(client=self.client, chance=self.chance)
        self.reporting.health.ready = True
        await leadership.acquire()
        self._led_before = leadership.renewed_before
        self.timekeeper.compare_with(leadership.renewed_before)
        self.metrics.leader.set(1)
        children = [self._follow(resource) for resource in CHILDREN] + [self._follow_optional(kind) for kind in self.optional.values()]
        environments = self._watch(wanted=Wanted(CUSTOM["Environment"], watch.WHOLE), sink=self.environments)
        await self._beside(leadership.hold(), *children, environments, self._work(), self._run_kopf(stop=stop))

    async def _run_kopf(self, *, stop: asyncio.Event) -> None:
        registry = handlers.build_registry(observe=self.observe, session=self.session, delays=lambda: Pauses(chance=self.chance))
        await handlers.run(registry=registry, settings=handlers.build_settings(delays=EndlessDelays(chance=self.chance)), stop=stop)
        stop.set()

    async def _work(self) -> None:
        """Decide nothing before everything that exists was seen; then work until cancelled."""
        while not self._has_seen_all():
            await asyncio.sleep(LOOK_SECONDS)
        await self.census.complete()
        self.reporting.restore(world=self.world, since=self._led_before)
        restore(
            world=self.world, observed=self.observed, allocations=self.allocations, succession=self.succession, site_uses=self.site_uses
        )
        self.complete = True
        self._reconsider()
        logger.info("synced", extra={"children": self.observed.count(), "keys": self.queue.depth})
        workers = Workers(
            queue=self.queue,
            reconcilers=self._reconcilers(),
            count=self.settings.workers,
            clock=self.clock,
            chance=self.chance,
            on_run=self.reporting.ran,
        )
        rests = rest_between_gulps(queue=self.queue)
        await self._beside(workers.run(), rests, self.census.run(), self.reporting.events.run(), self._tell_when_settled())

    def observe(self, kind: type[Kind], type_: str | None, body: dict[str, Any]) -> None:
        """Take one event from kopf; constant work."""
        if type_ == "DELETED":
            self.world.drop(kind=kind, metadata=body["metadata"])
            return
        known_before = type_ is handlers.RELISTED and self.complete
        self.world.put(kind=kind, body=body)
        if known_before:
            self.census.relisted(kind)

    def _reconcilers(self) -> Mapping[str, Reconcile]:
        statuses = StatusWriter(client=self.client, world=self.world, bucket=self.bucket, tell=self.reporting.wrote)
        applier = Applier(client=self.client, observed=self.observed, bucket=self.bucket, on_write=self.metrics.write)
        shared: dict[str, Any] = {"world": self.world, "statuses": statuses, "clock": self.clock, "texts": self.texts}
        owning = {**shared, "allocations": self.allocations, "applier": applier}
        writing: dict[str, Any] = {"client": self.client, "bucket": self.bucket}
        approvals = ApprovalController(
            **shared,
            ledger=LedgerWriter(world=self.world, **writing),
            queue=self.queue,
            namespace=self.settings.namespace,
        )
        changes = OrgChangeController(
            **shared,
            **writing,
            allocations=self.allocations,
            queue=self.queue,
            timekeeper=self.timekeeper,
            namespace=self.settings.namespace,
        )
        return {
            "Organisation": OrganisationController(
                **owning, views=department_views(), dashboards=self.optional[PERSES_DASHBOARD]
            ).reconcile,
            "InformationSystem": InformationSystemController(**shared).reconcile,
            "Environment": self._environments(owning=owning, applier=applier).reconcile,
            "Approval": approvals.reconcile,
            "PolicyException": PolicyExceptionController(
                **shared, queue=self.queue, loosenable=loosenable_among(shipped().values())
            ).reconcile,
            "OrgChange": changes.reconcile,
            "Site": SiteController(**shared, site_uses=self.site_uses).reconcile,
        }

    def _environments(self, *, owning: dict[str, Any], applier: Applier) -> EnvironmentController:
        handover = Handover(
            world=self.world,
            observed=self.observed,
            allocations=self.allocations,
            client=self.client,
            bucket=self.bucket,
            queue=self.queue,
            succession=self.succession,
        )
        return EnvironmentController(
            **owning,
            observed=self.observed,
            queue=self.queue,
            metrics=self.metrics,
            doorkeeper=Doorkeeper(client=self.client, bucket=self.bucket, applier=applier, observed=self.observed),
            workloads=Workloads(client=self.client, bucket=self.bucket),
            purger=Purger(observed=self.observed, allocations=self.allocations, applier=applier),
            timekeeper=self.timekeeper,
            handover=handover,
            site_uses=self.site_uses,
            monitors=self.optional[POD_MONITOR],
        )

    async def _follow(self, resource: Resource) -> None:
        await self._watch(wanted=Wanted(resource, watch.METADATA, MANAGED_SELECTOR), sink=self.observed)

    async def _watch(self, *, wanted: Wanted, sink: watch.Sink) -> None:
        await watch.follow(client=self.client, wanted=wanted, sink=sink, delays=lambda: Pauses(chance=self.chance))

    def _reconsider(self) -> None:
        """Look at everybody who has children again, after everything that is new."""
        for owner in self.observed.owners():
            self.queue.put(owner, priority=Priority.RESYNC)

    async def _follow_optional(self, kind: OptionalKind) -> None:
        """Look first and beside the lease: an answer that is slow to come must not keep the lease from being renewed."""
        await kind.look()
        self._looked.add(kind.resource)
        await kind.run()

    def _has_seen_all(self) -> bool:
        """Tell whether everything that we follow ourselves was listed; a kind that goes meanwhile is waited for no longer."""
        served = {resource.kind for resource, kind in self.optional.items() if kind.served}
        return self.environments.listed and self._looked == self.optional.keys() and self.observed.synced(CHILD_KINDS | served)

    async def _tell_when_settled(self) -> None:
        while not self.queue.idle:
            await asyncio.sleep(LOOK_SECONDS)
        gc.collect()
        gc.freeze()  # what is known of the city at the start lives on: collections need not walk it again and again
        self.metrics.settled.set(1)
        logger.info("settled", extra={"children": self.observed.count()})

    def _on_change(self, key: Key, object_: Kind) -> None:
        if isinstance(object_, Environment):
            self.succession.note(key=key, environment=object_ if self.world.knows(key) else None)
        self._trigger(key, object_)

    def _on_child(self, owner: Key) -> None:
        if self.complete:
            self.queue.put(owner, priority=Priority.DEPENDENT)

    def _on_drift(self, owner: Key, child: ChildKey) -> None:
        if self.complete:
            self.reporting.drift.noticed(owner=owner, kind=child.kind)

    async def _beside(self, *work: Any) -> None:
        """Run several things until one of them fails; what fails ends the process."""
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
