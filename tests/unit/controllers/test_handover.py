"""What may come between while an environment moves: people who change things, names and budgets that are gone, and a change of mind."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.controllers.town import Founded, OpenTown, Town, decided
from tests.unit.controllers.town_server import Died

from citycloud.api import Environment
from citycloud.controllers.allocation import Demand, Total
from citycloud.engine.observed import ChildKey
from citycloud.engine.queue import Key
from citycloud.kube import errors

ROOMY = {"environments": 20, "cpu": "200", "memory": "400Gi", "storage": "4Ti"}


def once(town: Town, operation: str, kind: str, namespace: str, act: Callable[[], None]) -> None:
    """Let something happen right after the first write of a sort."""
    waiting = [act]

    def look() -> None:
        last = town.server.log[-1] if town.server.log else None
        if waiting and last is not None and (last[0], last[1].kind, last[1].namespace) == (operation, kind, namespace):
            waiting.pop()()

    town.server.after_write = look


def reason(town: Town, organisation: str, name: str) -> str:
    found = town.environment(organisation, name)
    assert found is not None
    return next(each.reason for each in found.status.conditions if each.type == "Ready")


async def test_a_wish_changed_after_it_was_copied_comes_along_as_it_is(founded: Founded) -> None:
    town = await decided(founded)
    change: dict[str, Any] = {"system": "he-thong-a", "zones": ["dmz", "app"], "hosts": ["ho-so"], "justification": "Sửa vào phút chót"}
    once(town, "create", "Environment", "org-so-c", lambda: town.ask("so-a", "ho-so", **change))
    await town.work()
    moved = town.environment("so-c", "ho-so")

    assert moved is not None
    assert moved.spec.justification == "Sửa vào phút chót"
    assert town.change().status.phase == "Done"
    assert moved.status.phase == "Ready"


async def test_a_copy_that_somebody_deletes_is_made_once_more(founded: Founded) -> None:
    town = await decided(founded)
    once(town, "status", "Environment", "org-so-a", lambda: town.remove("Environment", "org-so-c", "ho-so"))
    await town.work()

    assert town.change().status.phase == "Done"
    assert reason(town, "so-c", "ho-so") == "Ready"
    assert town.held("so-c").environments == 2


async def test_what_is_on_its_way_arrives_though_the_change_is_taken_back(founded: Founded) -> None:
    town = await decided(founded)
    once(town, "status", "Environment", "org-so-a", lambda: town.remove("OrgChange", "", "sap-nhap"))
    await town.work()

    assert reason(town, "so-c", "ho-so") == "Ready"
    assert town.environment("so-a", "ho-so") is None
    places = [each for each in (town.environment("so-b", "thue"), town.environment("so-c", "thue")) if each is not None]
    assert [each.status.phase for each in places] == ["Ready"], "and the other is in one home, whole"


async def test_a_name_that_is_taken_meanwhile_stops_one_and_not_the_others(founded: Founded) -> None:
    town = await decided(founded)
    town.describe("so-c", "rieng")
    once(town, "create", "InformationSystem", "org-so-c", lambda: town.ask("so-c", "ho-so", system="rieng", zones=["app"]))
    await town.work()
    status = town.change().status
    blocked = {step.object for step in status.steps if step.state == "Blocked"}

    assert status.phase == "Running"
    assert "so-a/ho-so → so-c/ho-so" in blocked
    assert reason(town, "so-a", "ho-so") == "Ready"
    assert reason(town, "so-c", "thue") == "Ready"
    town.remove("Environment", "org-so-c", "ho-so")
    await town.work()
    assert town.change().status.phase == "Done"
    assert reason(town, "so-c", "ho-so") == "Ready"


async def test_a_budget_that_shrank_meanwhile_lets_nobody_in_beyond_it(founded: Founded) -> None:
    town = await decided(founded)
    small = {**ROOMY, "environments": 1}
    once(town, "create", "InformationSystem", "org-so-c", lambda: town.found("so-c", budget=small))
    await town.work()

    assert town.change().status.phase == "Running"
    assert town.held("so-c").environments == 1
    assert town.held("so-a", "so-b", "so-c").environments == 2
    town.found("so-c", budget=ROOMY)
    await town.work()
    assert town.change().status.phase == "Done"
    assert town.held("so-a", "so-b") == Total()


async def test_what_was_given_back_stays_closed_and_keeps_its_day(founded: Founded) -> None:
    town = await founded()
    town.ask("so-b", "thue", system="he-thong-b", zones=["app"], state="retired")
    await town.work()
    before = town.environment("so-b", "thue")
    assert before is not None
    assert before.status.phase == "Retired"
    town.reorganise()
    await town.work()
    town.decide()
    await town.work()
    moved = town.environment("so-c", "thue")

    assert moved is not None
    assert (moved.status.phase, moved.status.purge_at) == ("Retired", before.status.purge_at)
    assert not [key for key in town.server.objects if key.kind == "RoleBinding" and key.namespace == "so-b--thue--app"]


async def test_a_host_keeps_its_name_until_somebody_asks_for_it_anew(founded: Founded) -> None:
    town = await decided(founded)
    await town.work()
    town.ask("so-c", "ho-so", system="he-thong-a", zones=["dmz", "app"], hosts=["ho-so", "moi"])
    await town.work()
    moved = town.environment("so-c", "ho-so")
    assert moved is not None
    assert moved.status.hosts == ("ho-so.so-a.hanoi.example", "moi.so-c.hanoi.example")
    for hosts in (["moi"], ["moi", "ho-so"]):
        town.ask("so-c", "ho-so", system="he-thong-a", zones=["dmz", "app"], hosts=hosts)
        await town.work()
    again = town.environment("so-c", "ho-so")
    assert again is not None
    assert again.status.hosts == ("moi.so-c.hanoi.example", "ho-so.so-c.hanoi.example")


async def test_an_environment_that_moved_moves_again(founded: Founded) -> None:
    town = await decided(founded)
    await town.work()
    town.found("so-d")
    town.reorganise("lan-hai", **{"action": "rename", "from": ["so-c"], "to": ["so-d"]})
    await town.work()
    town.decide("lan-hai")
    await town.work()
    moved = town.environment("so-d", "ho-so")

    assert town.change("lan-hai").status.phase == "Done"
    assert moved is not None
    assert (moved.status.namespace_prefix, moved.status.phase) == ("so-a--ho-so", "Ready")
    assert town.server.objects[ChildKey("Namespace", "", "so-a--ho-so--app")]["metadata"]["labels"]["citycloud.dev/organisation"] == "so-d"
    assert town.held("so-d").environments == 2


async def test_what_left_is_there_until_everything_is_taken_over(founded: Founded) -> None:
    town = await decided(founded)

    def fail() -> None:
        town.server.failures["RoleBinding"] = errors.ServerError("not now", code=500)

    once(town, "create", "Environment", "org-so-c", fail)
    with pytest.raises(AssertionError, match="circles"):
        await town.work()
    leaving = town.environment("so-a", "ho-so")
    assert leaving is not None
    assert leaving.status.moved_to == "so-c/ho-so"
    town.server.failures.clear()
    await town.work()
    assert town.environment("so-a", "ho-so") is None
    assert reason(town, "so-c", "ho-so") == "Ready"


async def test_its_place_is_held_before_the_word_is_out(founded: Founded) -> None:
    """Nobody may take the last place between the check and the answer of the API server."""
    town = await decided(founded)
    seen: list[int] = []
    once(town, "status", "Environment", "org-so-a", lambda: seen.append(town.held("so-c").environments))
    await town.work()

    assert seen == [1]


async def test_room_that_is_taken_while_the_copy_is_made_is_not_given_twice(founded: Founded) -> None:
    town = await decided(founded)
    stranger, everything = Key("Environment", "org-so-c", "chen-ngang"), Demand(cpu=200_000, memory=0, storage=0)
    allocations = town.office.allocations
    town.found("so-c", budget=ROOMY)
    once(town, "create", "Environment", "org-so-c", lambda: allocations.restore(key=stranger, demands=[everything], hosts=()))
    await town.work()

    assert town.held("so-c").cpu == everything.cpu
    assert town.held("so-a", "so-b").environments == 2
    assert town.change().status.phase == "Running"


async def test_a_copy_without_its_status_is_judged_by_nobody(founded: Founded, open_town: OpenTown) -> None:
    town = await decided(founded)

    def die() -> None:
        raise Died

    once(town, "create", "Environment", "org-so-c", die)
    with pytest.raises(Died):
        await town.work()
    again = open_town(town.server)
    again.server.after_write = lambda: None
    again.start()
    again.server.log.clear()
    copy = next(key for key in again.office.world.keys(Environment) if key.namespace == "org-so-c")
    await again.office.reconcilers["Environment"](copy)
    assert again.server.log == []
    await again.work()
    assert again.change().status.phase == "Done"


async def test_what_people_of_before_gave_each_other_goes_and_what_runs_keeps_its_rights(founded: Founded) -> None:
    town = await founded()
    given = {
        "nguoi": {"kind": "Group", "name": "so-b-viewers"},
        "ung-dung": {"kind": "ServiceAccount", "name": "default", "namespace": "so-b--thue--app"},
    }
    for name, subject in given.items():
        metadata = {"namespace": "so-b--thue--app", "name": name}
        town.put({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata, "subjects": [subject]})
    town.reorganise()
    await town.work()
    town.decide()
    await town.work()

    assert town.change().status.phase == "Done"
    left = {key.name for key in town.server.objects if key.kind == "RoleBinding" and key.namespace == "so-b--thue--app"}
    assert left & given.keys() == {"ung-dung"}
