"""Asking for an exception in the office, deciding about it, and what admission reads afterwards."""

import datetime
from typing import TYPE_CHECKING, Any, Final

from tests.unit.controllers.clock import NOW
from tests.unit.controllers.conftest import HOME

from citycloud.api import PolicyException
from citycloud.engine.queue import Key

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

NAMES: Final = {"vi": "Biện pháp", "en": "A control"}
DEMANDED: Final = ("P01", "P04", "P06")
NAMESPACE: Final = "so-y-te--{}--app"


async def open_up(office: "Office", *environments: str) -> None:
    """Let environments run under a profile that demands some policies."""
    controls = [{"id": "5.3", "title": NAMES, "by": "admission", "policies": list(DEMANDED)}]
    for profile in ("vn-2026-l2", "vn-2026-l3"):
        office.change("SecurityProfile", profile, controls=controls)
    for name in environments or ("ho-so-test",):
        office.ask(name, zones=["app"], hosts=[])
    await office.settle()


def wish(sample: "Sample", *, days: float = 30, name: str = "kho", **spec: Any) -> dict[str, Any]:
    """An exception that the department asks for now."""
    fields = {"environment": "ho-so-test", "policy": "P04", "reason": "Ảnh của nhà cung cấp", "compensatingMeasure": "Quét ảnh hằng ngày"}
    ends = (NOW + datetime.timedelta(days=days)).isoformat()
    stamp = {"citycloud.dev/requested-by": "chi"}
    metadata = {"name": name, "namespace": HOME, "uid": f"uid-{name}", "annotations": stamp}
    return sample.framed({"kind": "PolicyException", "metadata": metadata, "spec": {**fields, "expiresAt": ends, **spec}})


def exception(office: "Office", name: str = "kho") -> PolicyException:
    found = office.world.get(PolicyException, namespace=HOME, name=name)
    assert found is not None
    return found


def reason(office: "Office", name: str = "kho") -> str:
    (condition,) = exception(office, name).status.conditions
    return condition.reason


def demanded(office: "Office", environment: str = "ho-so-test") -> list[str]:
    """Read what admission reads."""
    name = NAMESPACE.format(environment)
    (namespace,) = [body for key, body in office.server.objects.items() if (key.kind, key.name) == ("Namespace", name)]
    listed: str = namespace["metadata"]["annotations"]["citycloud.dev/policies"]
    return listed.split(",")


def look_again(office: "Office") -> None:
    """Look at the exception and at its environment again although nothing happened."""
    office.again()
    office.queue.put(Key("PolicyException", HOME, "kho"))


async def decide(office: "Office", sample: "Sample", name: str = "kho", approval: str = "one", **changes: Any) -> None:
    pending = exception(office, name).status.pending
    digest = changes.pop("digest", None) or (pending.digest if pending else "sha256:" + "0" * 64)
    office.put(sample.approval(approval, kind="PolicyException", target=name, digest=digest, at=office.clock.now(), **changes))
    await office.settle_within(seconds=2)


async def granted(office: "Office", sample: "Sample", **changes: Any) -> None:
    """Open an environment with an exception that a security officer has let through."""
    await open_up(office)
    office.put(wish(sample, **changes))
    await office.settle()
    await decide(office, sample)
    assert exception(office).status.phase == "Active"
