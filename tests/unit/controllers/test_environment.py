"""An environment from the wish to the place: what a department, an approver and the platform team see happen."""

import datetime
from typing import TYPE_CHECKING, Any

import pytest

from citycloud.engine.outcome import Result
from citycloud.kube import errors

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

FOREVER = "9999-12-31"


async def test_a_small_test_environment_is_ready_without_a_human(office: "Office") -> None:
    office.ask(zones=["dmz", "app"])
    await office.settle()
    status = office.environment().status

    assert (status.phase, status.level, status.profile, office.reason()) == ("Ready", 3, "vn-2026-l3", "Ready")
    assert [each.name for each in status.namespaces] == ["so-y-te--ho-so-test--dmz", "so-y-te--ho-so-test--app"]
    assert status.approved is not None
    assert status.approved.by == "citycloud"
    assert office.server.names("Namespace") == {"org-so-y-te", "so-y-te--ho-so-test--dmz", "so-y-te--ho-so-test--app"}


async def test_the_stage_says_which_priority_classes_may_be_used(office: "Office") -> None:
    classes = [
        {"name": "first", "stages": ["production"]},
        {"name": "late", "stages": ["test", "sandbox"]},
        {"name": "any", "stages": ["test"]},
    ]
    for given, allowed in ((classes, "late,any"), (classes[:1], ""), ([], "")):
        office.change("City", "city", priorityClasses=given)
        office.ask(zones=["app"])
        await office.settle()
        (namespace,) = [
            each for key, each in office.server.objects.items() if (key.kind, key.name) == ("Namespace", "so-y-te--ho-so-test--app")
        ]
        assert namespace["metadata"]["annotations"]["citycloud.dev/allowed-priority-classes"] == allowed


async def test_looking_again_writes_nothing(office: "Office") -> None:
    """Compare also with what the server made of the status: a default of its own would be a write for ever."""
    office.ask()
    await office.settle()
    office.clock.moment += datetime.timedelta(hours=5)
    office.again()

    assert await office.settle() == []


async def test_production_waits_for_a_number_and_a_decision(office: "Office", sample: "Sample") -> None:
    dossier = {"decisionNo": "12/QD-SYT", "date": "2026-08-30", "approver": "SYT", "framework": "vn-2026", "level": 3}
    office.change("InformationSystem", "ho-so-hanh-nghe", dossier=dossier)
    office.ask(stage="production")
    await office.settle()
    pending = office.environment().status.pending
    assert pending is not None
    assert (office.environment().status.phase, pending.waiting_for) == ("AwaitingApproval", ("citycloud-approvers",))
    assert office.server.names("RoleBinding") == {name for name in office.server.names("RoleBinding") if name.startswith("org-")}

    office.put(sample.approval("first", digest=pending.digest))
    await office.settle()
    assert office.environment().status.phase == "AwaitingApproval"
    office.put(sample.approval("second", digest=pending.digest, decisionNo="45/QD-UBND"))
    await office.settle()

    approved = office.environment().status.approved
    assert approved is not None
    assert (office.environment().status.phase, approved.approval) == ("Ready", "second")


async def test_a_change_that_waits_leaves_what_runs_as_it_is(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = office.environment().status.approved
    office.ask(size="l")
    office.change("Organisation", "so-y-te", budget={"environments": 4, "cpu": "64", "memory": "128Gi", "storage": "2Ti"})
    writes = await office.settle()

    assert office.environment().status.phase == "AwaitingApproval"
    assert office.environment().status.approved == before
    assert {key.kind for _, key in writes} <= {"Environment", "Organisation"}


async def test_a_zone_that_is_dropped_loses_its_access_and_stays_closed(office: "Office") -> None:
    """Keep the namespace, which holds data and running pods, behind its closing policy and its quota."""
    office.ask(zones=["app", "data"])
    await office.settle()
    office.ask(zones=["app"])
    await office.settle()
    left = "so-y-te--ho-so-test--data"

    assert left in office.server.names("Namespace")
    assert not [name for name in office.server.names("RoleBinding") if name.startswith(left)]
    assert f"{left}/default-deny" in office.server.names("NetworkPolicy")
    assert f"{left}/citycloud" in office.server.names("ResourceQuota")


async def test_a_missing_city_stops_nothing_that_runs(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = {key for key in office.server.objects if key.kind != "City"}
    office.remove("City", "city")
    await office.settle()

    assert {key for key in office.server.objects if key.kind != "City"} == before
    assert office.reason() == "CityMissing"
    assert office.environment().status.level == 3


async def test_a_membership_ends_with_its_last_day_in_the_city(office: "Office") -> None:
    office.ask(members=[{"kind": "User", "name": "lan@hanoi.example", "role": "viewer", "until": "2026-09-01"}])
    await office.settle()
    again = office.outcomes[office.key()].again_after
    assert any("member-viewer" in name for name in office.server.names("RoleBinding"))
    assert again == 14 * 3600

    office.clock.moment += datetime.timedelta(seconds=again)
    office.again()
    await office.settle()
    assert not any("member-viewer" in name for name in office.server.names("RoleBinding"))


async def test_a_membership_without_an_end_in_sight_is_granted(office: "Office") -> None:
    office.ask(members=[{"kind": "User", "name": "lan@hanoi.example", "role": "viewer", "until": FOREVER}])
    await office.settle()

    assert office.reason() == "Ready"


async def test_a_dossier_that_is_never_due_for_review_is_as_good_as_another(office: "Office") -> None:
    dossier = {"decisionNo": "1", "date": "2026-08-30", "approver": "SYT", "framework": "vn-2026", "level": 3, "reviewDue": FOREVER}
    office.change("InformationSystem", "ho-so-hanh-nghe", dossier=dossier)
    office.ask()
    await office.settle()

    assert office.reason() == "Ready"


@pytest.mark.parametrize(
    ("error", "result", "again"),
    [
        (errors.Forbidden("no", code=403), Result.RETRY, None),
        (errors.TooManyRequests("patience", code=429, retry_after=9.0), Result.RETRY, 9.0),
        (errors.Invalid("wrong", code=422), Result.TERMINAL, None),
    ],
)
async def test_a_write_that_fails_is_told_and_tried_again(
    office: "Office", error: errors.ApiError, result: Result, again: float | None
) -> None:
    office.server.failures = {"NetworkPolicy": error}
    office.ask()
    await office.settle()
    outcome = office.outcomes[office.key()]

    assert (outcome.result, outcome.again_after) == (result, again)
    assert (office.environment().status.phase, office.reason()) == ("Provisioning", "ApplyFailed")
    assert not [name for name in office.server.names("RoleBinding") if "--app" in name]


async def test_a_failure_that_repeats_is_no_progress(office: "Office") -> None:
    """Let every zone fail in the same way again and again: only what was written may start the pace anew."""
    office.server.failures = {"NetworkPolicy": errors.ServerError("trouble", code=500)}
    office.ask(zones=["dmz", "app"])
    await office.settle()
    assert office.outcomes[office.key()].progressed
    office.again()
    assert await office.settle() == []

    assert not office.outcomes[office.key()].progressed


async def test_a_namespace_of_somebody_else_is_named_and_looked_at_again(office: "Office") -> None:
    name = "so-y-te--ho-so-test--app"
    await office.server._store("create", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    office.ask()
    await office.settle()
    outcome = office.outcomes[office.key()]

    assert (outcome.result, outcome.again_after) == (Result.WAITING, 30.0)
    assert (office.environment().status.phase, office.reason()) == ("Refused", "NamespaceTaken")
    assert office.environment().status.approved is None


async def test_a_time_zone_that_nobody_knows_stops_nothing_that_runs(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = {key for key in office.server.objects if key.kind != "City"}
    office.change("City", "city", timeZone="Asia/Hanoi")
    await office.settle()

    assert office.reason() == "TimeZoneUnknown"
    assert {key for key in office.server.objects if key.kind != "City"} == before
    office.change("City", "city", timeZone="Asia/Ho_Chi_Minh")
    await office.settle()
    assert office.reason() == "Ready"


async def test_what_an_environment_left_behind_is_counted_and_kept(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = office.server.names("Namespace")
    office.remove("Environment", "ho-so-test")
    await office.settle()

    assert office.server.names("Namespace") == before
    assert office.metrics.registry.get_sample_value("citycloud_orphaned_namespaces") == 1
    assert office.allocations.holds(office.key()) is not None


async def test_the_time_until_ready_is_measured_once(office: "Office") -> None:
    office.ask()
    office.clock.moment += datetime.timedelta(seconds=4)
    await office.settle()
    office.ask(justification="something else")
    await office.settle()
    samples: dict[str, Any] = {
        name: office.metrics.registry.get_sample_value(f"citycloud_environment_ready_seconds_{name}", {"stage": "test"})
        for name in ("count", "sum")
    }

    assert samples == {"count": 1, "sum": 4}
