"""A town of several organisations over one API server in memory, whose operator can die at any write and be started again."""

import copy
import datetime
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from tests.unit.controllers.server import BY_NAME, Body
from tests.unit.controllers.town_server import CHILD_KINDS, TownServer

from citycloud.api import Environment, OrgChange
from citycloud.controllers.allocation import Total
from citycloud.controllers.restoring import restore
from citycloud.engine.observed import ChildKey, child_key
from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key
from citycloud.kube import errors
from citycloud.kube.resources import BY_KIND

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

MERGER: Final[Body] = {
    "action": "merge",
    "from": ["so-a", "so-b"],
    "to": ["so-c"],
    "effectiveDate": "2026-09-01",
    "dryRun": False,
    "legalBasis": {"id": "12/NQ"},
}
LONG_ENOUGH: Final = 200
"""Rounds of work after which something is turning in circles."""


class Town:
    """An operator at work in a town."""

    def __init__(self, *, office: "Office", sample: "Sample") -> None:
        self.office = office
        self.sample = sample
        server = office.server
        assert isinstance(server, TownServer)
        self.server = server
        self.seen: dict[ChildKey, str] = {}

    def found(self, name: str, **spec: Any) -> None:
        """Record an organisation with groups of its own."""
        body = next(copy.deepcopy(each) for each in self.sample.bodies() if each["kind"] == "Organisation")
        groups = {role: [f"{name}-{role}"] for role in ("admins", "operators", "viewers")}
        self.put({**body, "metadata": {"name": name}, "spec": {**body["spec"], "groups": groups, **spec}})

    def describe(self, organisation: str, name: str) -> None:
        """Describe an information system."""
        body = next(copy.deepcopy(each) for each in self.sample.bodies() if each["kind"] == "InformationSystem")
        self.put({**body, "metadata": {"namespace": f"org-{organisation}", "name": name}})

    def ask(self, organisation: str, name: str, *, system: str, **spec: Any) -> None:
        """Ask for an environment."""
        body = self.sample.environment(name, namespace=f"org-{organisation}", system=system, **spec)
        self.put({**body, "metadata": {key: body["metadata"][key] for key in ("namespace", "name", "annotations")}})

    def reorganise(self, name: str = "sap-nhap", **spec: Any) -> None:
        """Write an OrgChange as the platform team does."""
        metadata = {"name": name, "annotations": {"citycloud.dev/requested-by": "chi"}}
        self.put(self.sample.framed({"kind": "OrgChange", "metadata": metadata, "spec": {**MERGER, **spec}}))

    def decide(self, name: str = "sap-nhap", decision: str = "approve") -> None:
        """Decide on it as an approver of the city does."""
        pending = self.change(name).status.pending
        assert pending is not None
        spec: dict[str, Any] = {"decision": decision, "reason": "Chưa rõ"}
        body = self.sample.approval(f"quyet-dinh-{name}", digest=pending.digest, target=name, kind="OrgChange", **spec)
        body["metadata"]["namespace"] = "citycloud-system"
        self.put(body)

    def look_again(self, name: str = "sap-nhap") -> None:
        """Look at a re-organisation although nothing happened to it."""
        self.office.queue.put(Key("OrgChange", "", name))

    def confirm_clock(self) -> None:
        """Say on the City that somebody found today's date to be right."""
        city = next(body for key, body in self.server.objects.items() if key.kind == "City")
        day = self.office.clock.now().date().isoformat()
        annotations = {**city["metadata"].get("annotations", {}), "citycloud.dev/clock-confirmed": day}
        city["metadata"] |= {"annotations": annotations, "resourceVersion": self.server.next_version()}

    def put(self, body: Body) -> None:
        """Write an object as people do: create it, or change its spec."""
        key = child_key(body)
        known = self.server.objects.get(key)
        if known is None:
            self.server.objects[key] = self.server.born(body)
        else:
            known["spec"] = copy.deepcopy(body["spec"])
            known["metadata"] |= {"generation": known["metadata"]["generation"] + 1, "resourceVersion": self.server.next_version()}

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Delete an object as people do."""
        del self.server.objects[ChildKey(kind, namespace, name)]

    def watch(self) -> None:
        """Bring the operator everything that has changed since it looked last."""
        versions = {key: body["metadata"]["resourceVersion"] for key, body in self.server.objects.items()}
        known = {ChildKey(*key) for kind in BY_NAME.values() for key in self.office.world.keys(kind)}
        for key in (self.seen.keys() | known) - versions.keys():
            self._gone(key)
        for key, version in versions.items():
            if self.seen.get(key) != version:
                self._changed(key)
        self.seen = versions

    def start(self) -> None:
        """Read all that is there, as an operator does that has just been started."""
        self.watch()
        office = self.office
        restore(
            world=office.world,
            observed=office.observed,
            allocations=office.allocations,
            succession=office.succession,
            site_uses=office.site_uses,
        )
        for kind in BY_NAME.values():
            for key in office.world.keys(kind):
                if key.kind in office.reconcilers:
                    office.queue.put(key)

    async def work(self) -> None:
        """Work until nothing is left to do; one key after another, with time passing in between."""
        for _ in range(LONG_ENOUGH):
            self.watch()
            self.office.queue._promote_due()
            while self.office.queue.depth:
                await self._turn(await self.office.queue.get())
                self.watch()
            self.office.clock.moment += datetime.timedelta(seconds=2)
            self.office.queue._promote_due()
            if not self.office.queue.depth:
                return
        raise AssertionError("it turns in circles")

    async def _turn(self, key: Key) -> None:
        try:
            outcome = await self.office.reconcilers[key.kind](key)
            if outcome.result is Result.RETRY:
                self.office.queue.put_later(key, seconds=1)
        except errors.ApiError:
            self.office.queue.put_later(key, seconds=1)
        finally:
            self.office.queue.done(key)

    def _changed(self, key: ChildKey) -> None:
        body = copy.deepcopy(self.server.objects[key])
        if key.kind in CHILD_KINDS:
            self.office.observed.put(resource=BY_KIND[key.kind], body=body)
        else:
            self.office.world.put(kind=BY_NAME[key.kind], body=body)

    def _gone(self, key: ChildKey) -> None:
        if key.kind in CHILD_KINDS:
            owners = self.office.observed._owners
            if key in owners:
                uid = self.office.observed.children(owners[key])[key].uid
                metadata = {"namespace": key.namespace, "name": key.name, "uid": uid}
                self.office.observed.drop(resource=BY_KIND[key.kind], body={"metadata": metadata})
        else:
            kind = BY_NAME[key.kind]
            known = self.office.world.get(kind, name=key.name, namespace=key.namespace)
            if known is not None:
                self.office.world.drop(kind=kind, metadata={"namespace": key.namespace, "name": key.name, "uid": known.metadata.uid})

    def change(self, name: str = "sap-nhap") -> OrgChange:
        """Read a re-organisation as the world knows it."""
        found = self.office.world.get(OrgChange, name=name)
        assert found is not None
        return found

    def environment(self, organisation: str, name: str) -> Environment | None:
        """Read an environment as the world knows it."""
        return self.office.world.environment(Key("Environment", f"org-{organisation}", name))

    def stored(self, kind: str) -> dict[str, Body]:
        """Return the objects of a kind as `namespace/name`."""
        return {f"{key.namespace}/{key.name}": body for key, body in self.server.objects.items() if key.kind == kind}

    def held(self, *organisations: str) -> Total:
        """Add up what organisations hold."""
        totals = [self.office.allocations.total(f"org-{each}") for each in organisations]
        fields = ("environments", "cpu", "memory", "storage")
        return Total(**{field: sum(getattr(total, field) for total in totals) for field in fields})


OpenTown = Callable[..., Town]
Founded = Callable[[], Awaitable[Town]]
"""Found a town with two departments at work and a third that takes over."""


async def found(open_town: OpenTown) -> Town:
    """Found a town with two departments at work and a third that takes over."""
    town = open_town()
    for body in town.sample.bodies():
        if body["kind"] not in ("Organisation", "InformationSystem"):
            town.put(body)
    for name in ("so-a", "so-b", "so-c"):
        town.found(name)
    town.describe("so-a", "he-thong-a")
    town.describe("so-b", "he-thong-b")
    town.start()
    await town.work()
    town.ask("so-a", "ho-so", system="he-thong-a", zones=["dmz", "app"], hosts=["ho-so"])
    town.ask("so-b", "thue", system="he-thong-b", zones=["app"])
    await town.work()
    return town


async def decided(founded: Founded) -> Town:
    """Found a town whose merger waits for nothing but to be carried out."""
    town = await founded()
    town.reorganise()
    await town.work()
    town.decide()
    return town
