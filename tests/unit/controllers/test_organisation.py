"""What an organisation gets and reads: its home, closed before anybody may enter, and what it holds of its budget."""

import datetime
from typing import TYPE_CHECKING, Final

import pytest

from citycloud.api import Organisation
from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key
from citycloud.kube import errors

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office

KEY: Final = Key("Organisation", "", "so-y-te")


async def read(office: "Office") -> Organisation:
    """Look at the organisation, and read what it says."""
    office.queue.put(KEY)
    await office.settle()
    found = office.world.organisation("so-y-te")
    assert found is not None
    return found


def reasons(organisation: Organisation) -> dict[str, str]:
    return {each.type: each.reason for each in organisation.status.conditions}


async def test_a_new_organisation_gets_its_home_closed_first(office: "Office") -> None:
    organisation = await read(office)

    assert (organisation.status.home_namespace, reasons(organisation)["Ready"]) == ("org-so-y-te", "Ready")
    assert "org-so-y-te" in office.server.names("Namespace")
    assert "org-so-y-te/default-deny" in office.server.names("NetworkPolicy")
    assert len(office.server.names("RoleBinding")) == 5


async def test_looking_again_writes_nothing(office: "Office") -> None:
    await read(office)
    office.clock.moment += datetime.timedelta(days=1)
    office.queue.put(KEY)

    assert await office.settle() == []


async def test_what_its_environments_hold_is_told_beside_the_budget(office: "Office") -> None:
    office.ask("one")
    office.ask("two", size="m")
    await office.settle()
    organisation = await read(office)

    allocated = organisation.status.allocated
    assert allocated is not None
    assert (allocated.environments, allocated.cpu, allocated.memory, allocated.storage) == (2, "10", "20Gi", "240Gi")
    assert organisation.status.budget_use == "10/16"


async def test_a_group_that_is_left_out_loses_its_access(office: "Office") -> None:
    await read(office)
    office.change("Organisation", "so-y-te", groups={"admins": ["so-y-te-admins"]})
    await office.settle()

    assert "org-so-y-te/citycloud-readers" not in office.server.names("RoleBinding")
    assert "org-so-y-te/citycloud-requesters" in office.server.names("RoleBinding")


async def test_without_a_city_an_organisation_waits_and_says_why(office: "Office") -> None:
    office.remove("City", "city")
    organisation = await read(office)

    assert reasons(organisation)["Ready"] == "CityMissing"
    assert office.outcomes[KEY].result is Result.WAITING
    assert office.server.names("Namespace") == set()


async def test_a_city_that_goes_missing_takes_nothing_away(office: "Office") -> None:
    await read(office)
    before = {key for key in office.server.objects if key.kind != "City"}
    office.remove("City", "city")
    organisation = await read(office)

    assert {key for key in office.server.objects if key.kind != "City"} == before
    assert (reasons(organisation)["HomeReady"], reasons(organisation)["Ready"]) == ("Applied", "CityMissing")


@pytest.mark.parametrize(
    ("error", "result"),
    [(errors.Forbidden("no", code=403), Result.RETRY), (errors.Invalid("wrong", code=422), Result.TERMINAL)],
)
async def test_a_write_that_fails_is_told_and_nobody_is_let_in(office: "Office", error: errors.ApiError, result: Result) -> None:
    office.server.failures = {"NetworkPolicy": error}
    organisation = await read(office)

    assert (reasons(organisation)["Ready"], office.outcomes[KEY].result) == ("ApplyFailed", result)
    assert office.server.names("RoleBinding") == set()


async def test_a_home_that_somebody_else_made_is_not_taken(office: "Office") -> None:
    await office.server._store("create", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "org-so-y-te"}})
    organisation = await read(office)

    assert reasons(organisation)["Ready"] == "NamespaceTaken"
    assert office.outcomes[KEY].again_after == 30.0


async def test_whoever_worked_for_an_organisation_that_is_gone_is_out_and_comes_back_with_it(office: "Office") -> None:
    office.ask()
    await office.settle()
    before = office.server.names("RoleBinding")
    organisation = office.server.objects[next(key for key in office.server.objects if key.kind == "Organisation")]
    office.remove("Organisation", "so-y-te")
    await office.settle()

    assert office.server.names("RoleBinding") == set()
    assert office.reason() == "OrganisationMissing"
    access = next(each for each in office.environment().status.conditions if each.type == "AccessGranted")
    assert (access.status, access.reason) == ("False", "OrganisationMissing")
    assert {name for name in office.server.names("Namespace") if "--" in name} == {"so-y-te--ho-so-test--app"}

    office.put({**organisation, "metadata": {**organisation["metadata"], "uid": "anew"}})
    await office.settle()
    assert office.server.names("RoleBinding") == before
    assert office.reason() == "Ready"
