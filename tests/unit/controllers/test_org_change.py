"""A merger of two departments: reported, decided, carried out; and the same end wherever the operator dies."""

import copy
import json
from typing import Any, Final

import pytest
from tests.unit.controllers.server import Body
from tests.unit.controllers.town import Founded, OpenTown, Town, decided
from tests.unit.controllers.town_server import Died

from citycloud.controllers.allocation import Total
from citycloud.engine.observed import ChildKey

BEFORE: Final = ("so-a--ho-so--dmz", "so-a--ho-so--app", "so-b--thue--app")


def end_of(town: Town) -> str:
    """Write everything that is there, without what differs from run to run."""

    def plain(key: ChildKey, body: Body) -> Body:
        metadata = {name: copy.deepcopy(body["metadata"].get(name, {})) for name in ("name", "namespace", "labels", "annotations")}
        for name in ("citycloud.dev/moved-from",):
            if name in metadata["annotations"]:
                metadata["annotations"][name] = metadata["annotations"][name].rpartition("/")[0]
        return {"kind": key.kind, "metadata": metadata, "spec": body.get("spec"), "status": _timeless(body.get("status"))}

    return json.dumps([plain(key, body) for key, body in sorted(town.server.objects.items()) if key.kind != "LedgerEntry"], sort_keys=True)


def _timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [_timeless(each) for each in value]
    if isinstance(value, dict):
        moments = ("at", "since", "lastTransitionTime", "hash", "observedGeneration")
        return {key: _timeless(each) for key, each in value.items() if key not in moments}
    return value


def groups(town: Town, namespace: str) -> set[str]:
    """List the groups that may enter a namespace."""
    bindings = [body for body in town.stored("RoleBinding").values() if body["metadata"]["namespace"] == namespace]
    return {each["name"].rpartition("-")[0] for body in bindings for each in body["subjects"]}


async def test_what_runs_stays_and_whose_it_is_changes(founded: Founded) -> None:
    town = await decided(founded)
    approved = town.environment("so-a", "ho-so")
    assert approved is not None
    identities = {name: body["metadata"]["uid"] for name, body in town.stored("Namespace").items()}
    quotas = {name: body["spec"] for name, body in town.stored("ResourceQuota").items()}
    await town.work()
    moved = town.environment("so-c", "ho-so")

    assert town.change().status.phase == "Done"
    assert moved is not None
    assert town.environment("so-a", "ho-so") is None
    assert moved.status.approved == approved.status.approved
    assert moved.status.first_ready_at == approved.status.first_ready_at
    assert (moved.status.phase, moved.status.namespace_prefix) == ("Ready", "so-a--ho-so")
    assert [each.name for each in moved.status.namespaces] == ["so-a--ho-so--dmz", "so-a--ho-so--app"]
    assert moved.status.hosts == ("ho-so.so-a.hanoi.example",)
    assert {name: body["metadata"]["uid"] for name, body in town.stored("Namespace").items()} == identities
    assert {name: body["spec"] for name, body in town.stored("ResourceQuota").items()} == quotas
    for namespace in BEFORE:
        assert town.stored("Namespace")[f"/{namespace}"]["metadata"]["labels"]["citycloud.dev/organisation"] == "so-c"
        assert groups(town, namespace) == {"so-c"}


async def test_the_old_organisations_end_and_stay_as_names(founded: Founded) -> None:
    town = await decided(founded)
    await town.work()
    ended = town.office.world.organisation("so-a")

    assert ended is not None
    assert (str(ended.spec.valid_to), ended.spec.successors) == ("2026-08-31", ("so-c",))
    assert set(town.stored("InformationSystem")) == {"org-so-c/he-thong-a", "org-so-c/he-thong-b"}
    town.describe("so-a", "moi")
    town.ask("so-a", "moi", system="moi")
    await town.work()
    late = town.environment("so-a", "moi")
    assert late is not None
    assert late.status.phase == "Refused"
    assert next(each.reason for each in late.status.conditions if each.type == "Ready") == "OrganisationClosed"


async def test_nothing_happens_before_the_report_the_decision_and_the_day(founded: Founded) -> None:
    town = await founded()
    town.reorganise(dryRun=True, effectiveDate="2026-09-03")
    await town.work()
    assert town.change().status.phase == "Reported"
    assert [step.what for step in town.change().status.steps][:2] == ["CloseOrganisation", "CloseOrganisation"]
    assert {step.state for step in town.change().status.steps} == {"Planned"}
    town.reorganise(effectiveDate="2026-09-03")
    await town.work()
    assert town.change().status.phase == "AwaitingApproval"
    town.decide()
    await town.work()
    assert town.change().status.phase == "Scheduled"
    assert town.environment("so-c", "ho-so") is None
    town.office.clock.jump(days=3)
    town.look_again()
    await town.work()
    assert town.change().status.phase == "Scheduled", "a clock that jumped brings no day about"
    town.confirm_clock()
    await town.work()
    assert town.change().status.phase == "Done"
    assert town.environment("so-c", "ho-so") is not None


async def test_a_refused_re_organisation_changes_nothing(founded: Founded) -> None:
    town = await founded()
    town.reorganise()
    await town.work()
    before = end_of(town)
    town.decide(decision="refuse")
    await town.work()

    assert town.change().status.phase == "Failed"
    assert town.change().status.pending is None
    gone = [
        key for key, body in town.server.objects.items() if json.dumps(body) not in before and key.kind in ("Environment", "Organisation")
    ]
    assert {town.server.objects[key]["spec"].get("validTo") for key in gone if key.kind == "Organisation"} <= {None}
    assert town.environment("so-c", "ho-so") is None


async def test_a_successor_without_room_is_said_before_anything_moves(founded: Founded) -> None:
    town = await founded()
    town.found("so-c", budget={"environments": 1, "cpu": "200", "memory": "400Gi", "storage": "4Ti"})
    town.reorganise()
    await town.work()
    status = town.change().status

    assert status.phase == "Reported"
    (blocked,) = [step for step in status.steps if step.state == "Blocked"]
    assert "raise the budget" in blocked.note
    town.found("so-c", budget={"environments": 2, "cpu": "200", "memory": "400Gi", "storage": "4Ti"})
    await town.work()
    assert town.change().status.phase == "AwaitingApproval"


async def test_what_is_held_is_neither_lost_nor_doubled_at_any_write(founded: Founded) -> None:
    town = await decided(founded)
    everybody = ("so-a", "so-b", "so-c")
    before = town.held(*everybody)
    seen: list[Total] = []
    town.server.after_write = lambda: seen.append(town.held(*everybody))
    await town.work()

    assert len(seen) > 50
    assert set(seen) == {before}
    assert town.held("so-c") == before
    assert town.held("so-a", "so-b") == Total()


async def test_at_no_write_is_anything_more_open_than_before(founded: Founded) -> None:
    """Each binding is for the groups of one organisation, and nothing that closes is ever missing."""
    town = await decided(founded)
    closed = {kind: set(town.stored(kind)) for kind in ("Namespace", "ResourceQuota", "NetworkPolicy", "RoleBinding", "LimitRange")}
    flows = {name: body["spec"] for name, body in town.stored("NetworkPolicy").items()}
    faults: list[str] = []

    def look() -> None:
        faults.extend(kind for kind, names in closed.items() if not names - {""} <= set(town.stored(kind)))
        faults.extend(name for name, body in town.stored("NetworkPolicy").items() if body["spec"] != flows[name])
        for name, body in town.stored("RoleBinding").items():
            owners = {each["name"].rpartition("-")[0] for each in body["subjects"]}
            faults.extend([name] if len(owners - {"citycloud"}) > 1 or name not in closed["RoleBinding"] else [])

    town.server.after_write = look
    await town.work()
    assert town.change().status.phase == "Done"
    assert faults == []


async def test_the_name_that_went_is_not_given_again_while_its_namespaces_are_there(founded: Founded) -> None:
    town = await founded()
    town.describe("so-a", "o-lai")
    town.found("so-d")
    mapping = [{"system": "so-a/he-thong-a", "to": "so-d"}, {"system": "so-a/o-lai", "to": "so-a"}]
    split: dict[str, Any] = {"action": "split", "from": ["so-a"], "to": ["so-a", "so-d"], "mapping": mapping}
    town.reorganise(**split)
    await town.work()
    town.decide()
    await town.work()
    assert town.change().status.phase == "Done"
    assert town.environment("so-d", "ho-so") is not None
    town.ask("so-a", "ho-so", system="o-lai", zones=["data"])
    await town.work()
    again = town.environment("so-a", "ho-so")
    assert again is not None
    assert next(each.reason for each in again.status.conditions if each.type == "Ready") == "NamePassedOn"
    assert "/so-a--ho-so--data" not in town.stored("Namespace")


async def test_a_wish_that_is_not_decided_goes_along_and_is_decided_there(founded: Founded) -> None:
    town = await founded()
    town.ask("so-b", "thue", system="he-thong-b", zones=["app"], size="xl")
    town.ask("so-b", "moi", system="he-thong-b", stage="production", size="l")
    await town.work()
    town.reorganise()
    await town.work()
    town.decide()
    await town.work()
    grown, new = town.environment("so-c", "thue"), town.environment("so-c", "moi")

    assert grown is not None
    assert new is not None
    assert grown.status.approved is not None
    assert (grown.spec.size, grown.status.approved.spec.size) == ("xl", "s")
    assert grown.status.pending is not None
    assert grown.metadata.annotations["citycloud.dev/requested-by"] == "chi"
    assert new.status.namespace_prefix == "so-c--moi"


@pytest.mark.parametrize("hears_it", [False, True], ids=["before", "after"])
async def test_killed_at_any_write_it_ends_the_same(founded: Founded, open_town: OpenTown, hears_it: bool) -> None:
    backup = (await decided(founded)).server
    whole = open_town(backup.restored())
    whole.start()
    await whole.work()
    end, writes = end_of(whole), next(whole.server.writes)
    assert writes > 50
    for number in range(1, writes):
        town = open_town(backup.restored())
        town.server.dies_at, town.server.hears_it = number, hears_it
        town.start()
        died = False
        try:
            await town.work()
        except* Died:  # alone, or one of an owner's writes side by side
            died = True
        assert died
        again = open_town(town.server)
        again.start()
        await again.work()
        assert end_of(again) == end, f"killed at write {number}"
        assert again.held("so-c").environments == 2
        assert again.held("so-a", "so-b") == Total()
