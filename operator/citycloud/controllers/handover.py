"""The move of one environment from the home that ends to the home that takes over, write by write.

The one that leaves does the giving, in its own turn, so that nobody judges or applies it meanwhile:
1. a copy with the same spec is created in the new home, where there is room for it, and waits untouched;
2. the one that leaves says where it goes, in its status: from now on its spec is frozen (P31), and its share of the budget, its hosts and
   its children count as the other's;
3. the copy gets the status: what is approved, since when, which namespaces and hosts. Now it is judged like any other, and applies what is
   enforced, under its own labels and for its own groups, to the namespaces that are there;
4. once no child carries the old labels, the one that takes over deletes the one that left.
Each write is the same again after a crash, and each shows in the objects. No pod is touched by any of them.
"""

import dataclasses
import logging
from typing import Any, Final

from citycloud.api import Environment, InformationSystem, OrgChange
from citycloud.api.common import GROUP, MOVED_FROM, UNSEEN_GENERATION, Metadata
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.succession import Succession, heir_of, reference, referred
from citycloud.engine.bucket import Bucket
from citycloud.engine.observed import Observed
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import Client, Manifest
from citycloud.kube.resources import CUSTOM
from citycloud.plan.names import home_namespace, namespace_prefix, organisation_of
from citycloud.reorganisation.facts import Place, mark
from citycloud.reorganisation.route import destination

ENVIRONMENT: Final = CUSTOM["Environment"]
NOT_CARRIED: Final = {"observed_generation", "moved_to", "namespace_prefix"}

logger = logging.getLogger(__name__)


def origin_of(metadata: Metadata) -> str:
    """Read what something was before it moved; empty where it never did."""
    return metadata.annotations.get(MOVED_FROM, "")


def mark_of(metadata: Metadata) -> str:
    """Write what something is, for what will come of it."""
    return mark(place=Place(organisation_of(metadata.namespace) or "", metadata.name), uid=metadata.uid)


def is_newborn(environment: Environment) -> bool:
    """Tell whether a copy still lacks its status: nobody may take it for a new request."""
    status = environment.status
    return bool(origin_of(environment.metadata)) and status.observed_generation == UNSEEN_GENERATION and not status.namespace_prefix


def copied(*, original: Environment | InformationSystem, home: str) -> Manifest:
    """Build the same object in another home; of labels and annotations our own come along, for those of others are about the old one."""
    metadata = original.metadata
    own = {
        part: {key: value for key, value in getattr(metadata, part).items() if key.startswith(f"{GROUP}/")}
        for part in ("labels", "annotations")
    }
    own["annotations"][MOVED_FROM] = mark_of(metadata)
    return {
        "apiVersion": ENVIRONMENT.api_version,
        "kind": type(original).definition.kind,
        "metadata": {"namespace": home, "name": metadata.name, **own},
        "spec": original.spec.model_dump(mode="json", by_alias=True, exclude_unset=True),
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Handover:
    """Moves environments whose organisation ends."""

    world: World
    observed: Observed
    allocations: Allocations
    client: Client
    bucket: Bucket
    queue: WorkQueue
    succession: Succession

    async def give(self, *, key: Key, environment: Environment) -> Outcome | None:
        """Do what is next in the move of an environment that leaves; None where it does not."""
        if is_newborn(environment):
            return Outcome.waiting()
        heir = heir_of(environment)
        if heir is None:
            heir = self._destination(key=key, environment=environment)
            if heir is None or not self._may_go(key=key, environment=environment, heir=heir):
                return None
            copy = await self._copy(environment=environment, heir=heir)
            if copy.spec != environment.spec:  # somebody changed the wish before it was frozen: copy it once more
                await self._delete(key=heir, uid=copy.metadata.uid)
                return Outcome.retry(progressed=True)
            if not self._has_room(key=key, heir=heir):
                return None
            environment = await self._say_where(key=key, environment=environment, heir=heir)
        copy = await self._copy(environment=environment, heir=heir)
        if origin_of(copy.metadata) != mark_of(environment.metadata):
            logger.error("name_taken_meanwhile", extra={"key": "/".join(key), "heir": "/".join(heir)})
            return Outcome.waiting()
        if is_newborn(copy):
            await self._write_status(key=heir, uid=copy.metadata.uid, status=_carried(environment=environment, heir=heir))
        self.queue.put(heir)
        return Outcome.settled()

    async def take(self, *, key: Key, environment: Environment) -> None:
        """Delete the one that left, once nothing carries its labels any more."""
        origin = origin_of(environment.metadata)
        if not origin or self.observed.inherited(key):
            return
        before = self.world.environment(referred("Environment", origin))
        if before is not None and mark_of(before.metadata) == origin and heir_of(before) == key:
            await self._delete(key=Key("Environment", before.metadata.namespace, before.metadata.name), uid=before.metadata.uid)

    def refuse_taken_name(self, *, key: Key, environment: Environment) -> None:
        """Refuse a name whose namespaces belong to an environment that went to another home."""
        organisation = organisation_of(key.namespace)
        if organisation is None or environment.status.namespace_prefix:
            return
        holder = self.succession.holder_of(namespace_prefix(organisation=organisation, environment=key.name))
        if holder is not None and holder != key:
            raise Refusal("NamePassedOn", name=key.name, holder=reference(holder))

    def _destination(self, *, key: Key, environment: Environment) -> Key | None:
        """Ask the re-organisations under way where an environment goes; one that is purged has nothing to move."""
        organisation = organisation_of(key.namespace)
        if organisation is None or environment.status.phase == "Purged":
            return None
        for change in self.world.all(OrgChange):
            if change.status.phase == "Running" and organisation in change.spec.origin:
                to = destination(spec=change.spec, system=Place(organisation, environment.spec.system))
                if to is not None and to != organisation:
                    return Key("Environment", home_namespace(to), key.name)
        return None

    def _may_go(self, *, key: Key, environment: Environment, heir: Key) -> bool:
        """Tell whether its system is there already, its name is free or its own copy's, and its share fits."""
        system = self.world.system(namespace=key.namespace, name=environment.spec.system)
        there = self.world.system(namespace=heir.namespace, name=environment.spec.system)
        copy = self.world.environment(heir)
        if system is None or there is None or origin_of(there.metadata) != mark_of(system.metadata):
            return False
        is_free = copy is None or origin_of(copy.metadata) == mark_of(environment.metadata)
        return is_free and self._has_room(key=key, heir=heir)

    def _has_room(self, *, key: Key, heir: Key) -> bool:
        organisation, held = self.world.organisation(organisation_of(heir.namespace) or ""), self.allocations.holds(key)
        if organisation is None or held is None:
            return organisation is not None
        return self.allocations.shortage(key=heir, wanted=held, budget=organisation.spec.budget) is None

    async def _copy(self, *, environment: Environment, heir: Key) -> Environment:
        """Find the copy, or create it; raise Conflict where somebody has the name whom the world does not know yet."""
        known = self.world.environment(heir)
        if known is not None:
            return known
        await self.bucket.take()
        answer = await self.client.create(resource=ENVIRONMENT, manifest=copied(original=environment, home=heir.namespace))
        self.world.put(kind=Environment, body=answer)
        return Environment.model_validate(answer)

    async def _say_where(self, *, key: Key, environment: Environment, heir: Key) -> Environment:
        """Write where it goes; raise Conflict where the wish has changed since it was copied.

        Its share goes there before the first await, so that nobody takes that place meanwhile, and comes back if it stays after all.
        """
        status = {**_dumped(environment, without=set()), "movedTo": reference(heir)}
        metadata = environment.metadata
        self.allocations.pass_on(key=key, heir=heir)
        try:
            await self._write_status(key=key, uid=metadata.uid, status=status, version=metadata.resource_version)
        except errors.ApiError:
            self.allocations.pass_on(key=heir, heir=key)
            raise
        return environment.model_copy(update={"status": environment.status.model_copy(update={"moved_to": reference(heir)})})

    async def _write_status(self, *, key: Key, uid: str, status: dict[str, Any], version: str | None = None) -> None:
        metadata = {"namespace": key.namespace, "name": key.name, "uid": uid} | ({"resourceVersion": version} if version else {})
        manifest = {"apiVersion": ENVIRONMENT.api_version, "kind": "Environment", "metadata": metadata, "status": status}
        await self.bucket.take()
        self.world.put(kind=Environment, body=await self.client.apply_status(resource=ENVIRONMENT, manifest=manifest))

    async def _delete(self, *, key: Key, uid: str) -> None:
        await self.bucket.take()
        try:
            await self.client.delete(resource=ENVIRONMENT, namespace=key.namespace, name=key.name, uid=uid)
        except (errors.NotFound, errors.Conflict):
            return  # it is gone already: the watch tells
        self.world.drop(kind=Environment, metadata={"namespace": key.namespace, "name": key.name, "uid": uid})


def _carried(*, environment: Environment, heir: Key) -> dict[str, Any]:
    """Build the status of the copy: all that was, and how the names of its namespaces begin, where there are any."""
    status = environment.status
    organisation, before = organisation_of(heir.namespace) or "", organisation_of(environment.metadata.namespace) or ""
    place = before if status.namespaces or status.approved is not None else organisation
    prefix = status.namespace_prefix or namespace_prefix(organisation=place, environment=environment.metadata.name)
    return {**_dumped(environment, without=NOT_CARRIED), "namespacePrefix": prefix}


def _dumped(environment: Environment, *, without: set[str]) -> dict[str, Any]:
    """Write a status as it is stored, but for some fields."""
    return environment.status.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=without)
