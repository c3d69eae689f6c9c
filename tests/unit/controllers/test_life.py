"""The life of an environment by the calendar: resting, expiring, given back, purged, and what a clock that jumps does not do."""

import datetime
from typing import TYPE_CHECKING, Any

import pytest

from citycloud.engine.observed import child_key
from citycloud.engine.timekeeper import CONFIRMED
from citycloud.engine.workloads import BEFORE

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office

DAY = 86_400.0
NAMESPACE = "so-y-te--ho-so-test--app"


def workload(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "resourceVersion": "1"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def run(office: "Office", *workloads: dict[str, Any]) -> None:
    """Have something run in the environment."""
    for each in workloads:
        office.server.objects[child_key(each)] = each


def stored(office: "Office", kind: str, name: str) -> dict[str, Any]:
    return next(each for key, each in office.server.objects.items() if (key.kind, key.name) == (kind, name))


def pods(office: "Office") -> str:
    hard = next(each for key, each in office.server.objects.items() if (key.kind, key.namespace) == ("ResourceQuota", NAMESPACE))
    return str(hard["spec"]["hard"]["pods"])


def bindings(office: "Office") -> set[str]:
    return {name for name in office.server.names("RoleBinding") if name.startswith(NAMESPACE)}


async def pass_days(office: "Office", days: float) -> None:
    """Let time pass as it does: day by day."""
    for _ in range(int(days)):
        await office.settle_within(seconds=DAY)
        office.again()
        await office.settle()


def end_all(office: "Office") -> None:
    """Let the namespaces that were deleted be gone, with what was in them."""
    known = {key.name for key in office.observed.children(office.key()) if key.kind == "Namespace"}
    gone = {name for name in known if name not in office.server.names("Namespace")}
    for key in list(office.observed.children(office.key())):
        if key.namespace in gone or key.name in gone:
            office.observed._forget(key=key, notify=True)


async def test_what_is_suspended_rests_and_comes_back_as_it_was(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = pods(office), bindings(office)
    run(office, workload("Deployment", "web", replicas=3), workload("StatefulSet", "db"), workload("CronJob", "nightly"))
    office.change("Environment", "ho-so-test", state="suspended")
    await office.settle()

    assert (office.environment().status.phase, office.reason()) == ("Suspended", "Suspended")
    assert pods(office) == "0"
    assert (stored(office, "Deployment", "web")["spec"]["replicas"], stored(office, "StatefulSet", "db")["spec"]["replicas"]) == (0, 0)
    assert stored(office, "CronJob", "nightly")["spec"]["suspend"] is True
    assert bindings(office) == before[1], "people may look and take their data out"

    office.change("Environment", "ho-so-test", state="active")
    await office.settle()
    assert (office.environment().status.phase, pods(office)) == ("Ready", before[0])
    assert (stored(office, "Deployment", "web")["spec"]["replicas"], stored(office, "StatefulSet", "db")["spec"]["replicas"]) == (3, 1)
    assert stored(office, "CronJob", "nightly")["spec"]["suspend"] is False
    assert BEFORE not in stored(office, "Deployment", "web")["metadata"].get("annotations", {})


async def test_what_rested_before_rests_on(office: "Office") -> None:
    office.ask()
    await office.settle()
    run(office, workload("Deployment", "off", replicas=0), workload("CronJob", "paused", suspend=True))
    for state in ("suspended", "active"):
        office.change("Environment", "ho-so-test", state=state)
        await office.settle()

    assert stored(office, "Deployment", "off")["spec"]["replicas"] == 0
    assert stored(office, "CronJob", "paused")["spec"]["suspend"] is True


async def test_suspending_needs_nobodys_approval_and_changes_nothing_that_was_approved(office: "Office") -> None:
    office.ask()
    await office.settle()
    approved = office.environment().status.approved
    office.change("Environment", "ho-so-test", state="suspended")
    await office.settle()

    assert office.environment().status.approved == approved
    assert office.environment().status.pending is None


async def test_what_is_retired_is_left_at_once_kept_for_its_grace_and_then_purged(office: "Office") -> None:
    office.ask(hosts=["ho-so"])
    await office.settle()
    office.change("Environment", "ho-so-test", state="retired")
    writes = await office.settle()
    status = office.environment().status

    assert writes[0][0] == "delete"
    assert writes[0][1].kind == "RoleBinding", "access goes first"
    assert bindings(office) == set()
    assert (status.phase, pods(office)) == ("Retired", "0")
    assert status.retired_at is not None
    assert status.purge_at == status.retired_at + datetime.timedelta(days=30)

    await pass_days(office, 29)
    assert NAMESPACE in office.server.names("Namespace")
    assert office.allocations.total("org-so-y-te").environments == 1
    await pass_days(office, 2)
    assert NAMESPACE not in office.server.names("Namespace")
    assert office.environment().status.phase == "Retired", "the namespace is still going"
    end_all(office)
    await office.settle()

    assert office.environment().status.phase == "Purged"
    assert (office.environment().status.hosts, office.environment().status.approved) == ((), None)
    assert office.allocations.total("org-so-y-te").environments == 0
    assert office.server.names("RoleBinding") == {name for name in office.server.names("RoleBinding") if name.startswith("org-")}


async def test_retiring_is_undone_until_the_purge(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = bindings(office)
    office.change("Environment", "ho-so-test", state="retired")
    await office.settle()
    await pass_days(office, 10)
    office.change("Environment", "ho-so-test", state="active")
    await office.settle()

    status = office.environment().status
    assert (status.phase, status.retired_at, status.purge_at) == ("Ready", None, None)
    assert bindings(office) == before


async def test_a_purge_that_has_begun_goes_on_and_the_name_can_be_asked_for_anew(office: "Office") -> None:
    office.ask()
    await office.settle()
    office.change("Environment", "ho-so-test", state="retired")
    await office.settle()
    await pass_days(office, 31)
    office.change("Environment", "ho-so-test", state="active")
    await office.settle()
    assert office.environment().status.phase == "Retired"
    end_all(office)
    await office.settle()
    office.again()
    await office.settle()

    assert office.environment().status.phase == "Ready"
    assert office.environment().status.purge_at is None


async def test_what_never_had_a_place_is_given_back_at_once(office: "Office") -> None:
    office.ask(size="l", state="retired")
    await office.settle()

    assert office.environment().status.phase == "Purged"


async def test_an_expiry_is_told_before_then_rests_then_is_given_back(office: "Office") -> None:
    office.ask(expiresAt="2026-10-01T00:00:00Z")
    await office.settle()
    assert office.environment().status.notices == ()
    for days, notices, phase in ((17, (14,), "Ready"), (10, (14, 3), "Ready"), (3, (), "Expired"), (31, (), "Retired")):
        await pass_days(office, days)
        assert (office.environment().status.notices, office.environment().status.phase) == (notices, phase)
    assert bindings(office) == set()


async def test_a_renewal_brings_back_what_has_expired(office: "Office") -> None:
    office.ask(expiresAt="2026-09-10T00:00:00Z")
    await office.settle()
    await pass_days(office, 12)
    assert office.environment().status.phase == "Expired"
    office.change("Environment", "ho-so-test", expiresAt="2026-12-01T00:00:00Z")
    await office.settle()

    assert office.environment().status.phase == "Ready"


async def test_an_expiry_in_the_past_is_refused(office: "Office") -> None:
    office.ask(expiresAt="2026-08-31T00:00:00Z")
    await office.settle()

    assert (office.environment().status.phase, office.reason()) == ("Refused", "ExpiryInThePast")


async def test_a_sandbox_ends_by_itself_and_at_once(office: "Office") -> None:
    office.change("City", "city", lifecycle={"graceDays": {"default": 30, "sandbox": 0}})
    office.ask(stage="sandbox")
    await office.settle()
    expires = office.environment().status.expires_at
    assert expires is not None
    assert (expires - office.clock.now()).days == 90
    await pass_days(office, 92)
    end_all(office)
    await office.settle()

    assert office.environment().status.phase == "Purged"


async def test_a_sandbox_of_more_than_its_life_needs_a_human(office: "Office") -> None:
    office.ask(stage="sandbox", expiresAt="2027-09-01T00:00:00Z")
    await office.settle()
    pending = office.environment().status.pending

    assert pending is not None
    assert pending.reasons == ("LongLife",)


@pytest.mark.parametrize("years", [10, -10])
async def test_a_clock_that_jumps_ends_nothing_until_somebody_has_looked(office: "Office", years: int) -> None:
    office.ask(expiresAt="2026-10-01T00:00:00Z")
    await office.settle()
    office.clock.jump(days=365 * years)
    office.again()
    await office.settle()
    status = office.environment().status
    assert status.phase == "Ready"
    accepted = next(condition for condition in status.conditions if condition.type == "Accepted")
    assert (accepted.status, accepted.reason) == ("True", "ClockJumped" if years > 0 else "Accepted")

    city = stored(office, "City", "city")
    city["metadata"]["annotations"] = {CONFIRMED: office.clock.now().date().isoformat()}
    office.put(city)
    await office.settle()
    assert office.environment().status.phase == ("Retired" if years > 0 else "Ready")


async def test_an_hour_is_no_jump(office: "Office") -> None:
    office.ask(expiresAt="2026-09-01T03:30:00Z")
    await office.settle()
    office.clock.jump(days=1 / 24)
    office.again()
    await office.settle()

    assert office.environment().status.phase == "Expired"


async def test_a_restart_after_a_jump_ends_nothing_either(office: "Office") -> None:
    office.ask(expiresAt="2026-10-01T00:00:00Z")
    await office.settle()
    office.clock.moment += datetime.timedelta(days=3650)
    office.timekeeper.compare_with(office.clock.now() - datetime.timedelta(days=3650))
    office.again()
    await office.settle()

    assert office.environment().status.phase == "Ready"
