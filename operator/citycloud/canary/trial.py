"""One trial from beginning to end, as the department's own people would do it; what goes wrong ends it, by name.

The name of the place is always the same: series do not multiply, and each trial also proves that what was given back can be taken again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

import orjson

from citycloud.canary import objects
from citycloud.engine.clock import Clock
from citycloud.kube import errors
from citycloud.kube.client import JSON_HEADERS, Client
from citycloud.kube.resources import CUSTOM, Resource
from citycloud.plan.names import home_namespace

Result = Literal["passed", "unreachable", "not_accepted", "not_ready", "permitted_refused", "forbidden_admitted", "not_purged"]
Pause = Callable[[float], Awaitable[None]]
POD: Final = Resource("v1", "Pod", "pods", True)
ENVIRONMENT: Final = CUSTOM["Environment"]
SYSTEM: Final = CUSTOM["InformationSystem"]
LOOK_SECONDS: Final = 0.5
GONE: Final = "Purged"


class Failed(Exception):
    """The trial ended early: what of it did not hold, and what was seen."""

    def __init__(self, result: Result, seen: str) -> None:
        super().__init__(seen)
        self.result = result


class Trial:
    """The calls of one trial; `patience` bounds each wait, in seconds, and `pause` is how it waits between two looks."""

    def __init__(self, *, client: Client, clock: Clock, organisation: str, patience: float, pause: Pause = asyncio.sleep) -> None:
        self._client = client
        self._clock = clock
        self._organisation = organisation
        self._patience = patience
        self._pause = pause
        self._place = {"namespace": home_namespace(organisation), "name": objects.NAME}

    async def run(self) -> None:
        """Do everything; raise Failed where something does not hold, and leave the place to the next trial to clear."""
        try:
            await self._clear()
            await self._ask()
            namespace = await self._until_ready()
            await self._try_pods(namespace=namespace)
            await self._clear()
        except errors.ApiError as error:  # whatever was not expected where it came
            raise Failed("unreachable", error.message) from error

    async def _ask(self) -> None:
        try:
            await self._create_unless_there(SYSTEM, objects.system(organisation=self._organisation))
            environment = objects.environment(organisation=self._organisation, now=self._clock.now())
            await self._client.create(resource=ENVIRONMENT, manifest=environment)
        except (errors.Forbidden, errors.Invalid, errors.NotFound, errors.Conflict) as error:
            raise Failed("not_accepted", error.message) from error

    async def _create_unless_there(self, resource: Resource, manifest: Mapping[str, Any]) -> None:
        try:
            await self._client.create(resource=resource, manifest=dict(manifest))
        except errors.Conflict:
            return

    async def _until_ready(self) -> str:
        """Wait for Ready, and return the namespace."""
        found = await self._until(lambda seen: _phase(seen) == "Ready", missed="not_ready")
        assert found is not None
        name: str = found["status"]["namespaces"][0]["name"]
        return name

    async def _try_pods(self, *, namespace: str) -> None:
        city = await self._client.get(resource=CUSTOM["City"], name="city")
        registry = next(iter(city["spec"].get("registries", ())), objects.UNLISTED)
        await self._until_permitted(objects.permitted(namespace=namespace, registry=registry))
        for fault, pod in objects.forbidden(namespace=namespace, registry=registry).items():
            if await self._refusal(pod) is None:
                raise Failed("forbidden_admitted", f"a pod was admitted that should not be: {fault}")

    async def _until_permitted(self, pod: Mapping[str, Any]) -> None:
        """Wait for what the API server learns a moment later than the operator: the access that was granted."""
        ends = self._clock.monotonic() + self._patience
        while (refusal := await self._refusal(pod)) is not None:
            if self._clock.monotonic() > ends:
                raise Failed("permitted_refused", refusal)
            await self._pause(LOOK_SECONDS)

    async def _refusal(self, pod: Mapping[str, Any]) -> str | None:
        """Try to create a pod without storing it; return what was said against it."""
        path = POD.path(namespace=pod["metadata"]["namespace"])
        body = orjson.dumps(pod)
        try:
            await self._client.session.request("POST", path, resource=POD.plural, body=body, query="dryRun=All", headers=JSON_HEADERS)
        except (errors.Forbidden, errors.Invalid) as error:
            return error.message
        return None

    async def _clear(self) -> None:
        """Give the environment back, where there is one, and take its object away."""
        seen = await self._seen()
        if seen is None:
            return
        try:
            await self._client.merge(resource=ENVIRONMENT, **self._place, patch={"spec": {"state": "retired"}})
            purged = await self._until(lambda each: each is None or _phase(each) == GONE, missed="not_purged")
            if purged is not None:
                await self._client.delete(resource=ENVIRONMENT, **self._place, uid=purged["metadata"]["uid"])
            await self._until(lambda each: each is None, missed="not_purged")
        except errors.NotFound:
            return
        except (errors.Forbidden, errors.Invalid, errors.Conflict) as error:
            raise Failed("not_purged", error.message) from error

    async def _until(self, holds: Callable[[Mapping[str, Any] | None], bool], *, missed: Result) -> Mapping[str, Any] | None:
        ends = self._clock.monotonic() + self._patience
        while not holds(seen := await self._seen()):
            if self._clock.monotonic() > ends:
                raise Failed(missed, _story(seen))
            await self._pause(LOOK_SECONDS)
        return seen

    async def _seen(self) -> Mapping[str, Any] | None:
        try:
            return await self._client.get(resource=ENVIRONMENT, **self._place)
        except errors.NotFound:
            return None


def _phase(seen: Mapping[str, Any] | None) -> str:
    return str(((seen or {}).get("status") or {}).get("phase", ""))


def _story(seen: Mapping[str, Any] | None) -> str:
    """Say where an environment got stuck: its phase, and what its conditions say against it."""
    if seen is None:
        return "the environment is not there"
    status = seen.get("status") or {}
    against = [each["message"] for each in status.get("conditions", ()) if each["status"] != "True" and each["type"] != "Ready"]
    return f"phase {_phase(seen) or 'none'}: {' '.join(against) or 'no condition says why'}"
