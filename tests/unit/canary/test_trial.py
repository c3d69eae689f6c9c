"""Whatever does not hold ends a trial by its name, within the time it has; and the next trial clears up."""

import datetime
from typing import Any

import orjson
import pytest

from citycloud.canary.trial import Failed, Trial
from citycloud.kube import errors

PATIENCE = 60.0
START = datetime.datetime(2026, 11, 28, 8, 0, tzinfo=datetime.UTC)


class Time:
    """A clock that moves only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def pause(self, seconds: float) -> None:
        self.seconds += seconds


class City:
    """A city of one place, as far as the canary sees it; each thing in `broken` does not work."""

    def __init__(
        self, *, time: Time, broken: str = "", left: bool = False, registries: tuple[str, ...] = ("registry.test.example",)
    ) -> None:
        self.time = time
        self.broken = broken
        self.registries = registries
        self.asked: list[str] = []
        self.environment: dict[str, Any] | None = {"metadata": {"uid": "old"}, "spec": {}, "status": {}} if left else None
        self.since = 0.0
        self.session = self

    async def create(self, *, resource: Any, manifest: dict[str, Any]) -> None:
        if resource.kind == "InformationSystem" and "InformationSystem" in self.asked:
            raise errors.Conflict("it is there")
        self.asked.append(resource.kind)
        if resource.kind == "Environment":
            if self.broken == "asking":
                raise errors.Forbidden("P31: no")
            assert self.environment is None
            self.environment, self.since = {"metadata": {"uid": "new"}, "spec": manifest["spec"]}, self.time.seconds

    async def get(self, *, resource: Any, namespace: str = "", name: str) -> dict[str, Any]:
        if self.broken == "answering":
            raise errors.Unreachable("no answer")
        if resource.kind == "City":
            return {"spec": {"registries": list(self.registries)}}
        if self.environment is None:
            raise errors.NotFound("no environment")
        return {**self.environment, "status": self._status()}

    def _status(self) -> dict[str, Any]:
        assert self.environment is not None
        if self.environment["spec"].get("state") == "retired":
            return {"phase": "Retired" if self.broken == "purging" else "Purged"}
        if self.broken == "provisioning":
            quota = {"type": "QuotaApplied", "status": "False", "message": "The budget is used up."}
            return {"phase": "Provisioning", "conditions": [quota, {"type": "Ready", "status": "False", "message": "Not yet."}]}
        ready = self.time.seconds - self.since > 3
        return {"phase": "Ready" if ready else "Provisioning", "namespaces": [{"name": "canary--canary--app"}], "conditions": []}

    async def request(self, verb: str, path: str, *, resource: str, body: bytes, query: str, headers: Any) -> None:
        assert (verb, path, query) == ("POST", "/api/v1/namespaces/canary--canary--app/pods", "dryRun=All")
        container = orjson.loads(body)["spec"]["containers"][0]
        wrong = container["securityContext"].get("privileged") or not container["image"].startswith(self.registries or "none")
        if self.broken == "access" or (wrong and self.broken != "admission"):
            raise errors.Forbidden("the pod is refused")

    async def merge(self, *, resource: Any, namespace: str, name: str, patch: dict[str, Any]) -> None:
        assert self.environment is not None
        self.environment["spec"] |= patch["spec"]

    async def delete(self, *, resource: Any, namespace: str, name: str, uid: str) -> None:
        assert self.environment is not None
        assert self.environment["metadata"]["uid"] == uid
        if self.broken != "deleting":
            self.environment = None


def trial(city: City) -> Trial:
    return Trial(client=city, clock=city.time, organisation="canary", patience=PATIENCE, pause=city.time.pause)  # type: ignore[arg-type]


async def test_what_holds_passes_and_leaves_nothing() -> None:
    city = City(time=Time())

    await trial(city).run()
    await trial(city).run()

    assert city.environment is None
    assert city.asked == ["InformationSystem", "Environment", "Environment"]


async def test_what_an_earlier_trial_left_is_cleared_first() -> None:
    city = City(time=Time(), left=True)

    await trial(city).run()

    assert city.environment is None


@pytest.mark.parametrize(
    ("broken", "result", "seen"),
    [
        ("answering", "unreachable", "no answer"),
        ("asking", "not_accepted", "P31: no"),
        ("provisioning", "not_ready", "phase Provisioning: The budget is used up."),
        ("access", "permitted_refused", "the pod is refused"),
        ("admission", "forbidden_admitted", "privileged"),
        ("purging", "not_purged", "phase Retired"),
        ("deleting", "not_purged", "phase Purged"),
    ],
)
async def test_what_does_not_hold_is_named(broken: str, result: str, seen: str) -> None:
    city = City(time=Time(), broken=broken)

    with pytest.raises(Failed, match=seen) as failed:
        await trial(city).run()

    assert failed.value.result == result
    assert city.time.seconds < 3 * PATIENCE


async def test_a_city_without_registries_permits_no_pod() -> None:
    with pytest.raises(Failed) as failed:
        await trial(City(time=Time(), registries=())).run()

    assert failed.value.result == "permitted_refused"
