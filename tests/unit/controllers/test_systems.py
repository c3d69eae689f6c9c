"""What a department reads on its information system: the level, by which articles, and what its dossier lacks."""

import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import InformationSystem
from citycloud.engine.queue import Key

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office

KEY: Final = Key("InformationSystem", "org-so-y-te", "ho-so-hanh-nghe")
DOSSIER: Final = {"decisionNo": "1", "date": "2026-01-01", "approver": "x", "framework": "vn-2026", "level": 3}


async def read(office: "Office", **facts: Any) -> InformationSystem:
    """Change facts of the system and read what the operator makes of them."""
    office.change("InformationSystem", KEY.name, **facts)
    await office.settle()
    found = office.world.system(namespace=KEY.namespace, name=KEY.name)
    assert found is not None
    return found


def conditions(system: InformationSystem) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in system.status.conditions}


async def test_the_level_is_told_with_its_articles(office: "Office") -> None:
    system = await read(office)

    assert (system.status.computed_level, system.status.effective_level, system.status.framework) == (3, 3, "vn-2026")
    assert system.status.matched_criteria[0].level == 3
    message = next(each.message for each in system.status.conditions if each.type == "LevelComputed")
    assert all(each.article in message for each in system.status.matched_criteria if each.level == 3)


@pytest.mark.parametrize(("proposed", "effective"), [(1, 3), (3, 3), (4, 4), (5, 5)])
async def test_a_proposal_may_raise_the_level_and_never_lower_it(office: "Office", proposed: int, effective: int) -> None:
    system = await read(office, proposedLevel=proposed)

    assert (system.status.computed_level, system.status.effective_level) == (3, effective)


@pytest.mark.parametrize(
    ("dossier", "state", "reason"),
    [
        (None, "missing", "DossierMissing"),
        ({**DOSSIER, "level": 2}, "insufficient", "DossierInsufficient"),
        ({**DOSSIER, "framework": "vn-2016"}, "insufficient", "DossierInsufficient"),
        ({**DOSSIER, "reviewDue": "2026-08-31"}, "expired", "DossierExpired"),
        (DOSSIER, "approved", "DossierApproved"),
    ],
)
async def test_what_the_dossier_lacks_is_told(office: "Office", dossier: Any, state: str, reason: str) -> None:
    system = await read(office, dossier=dossier)

    assert (system.status.dossier, conditions(system)["DossierApproved"][1]) == (state, reason)
    assert (conditions(system)["Ready"][0] == "True") == (state == "approved")


async def test_the_day_of_the_review_brings_the_system_back(office: "Office") -> None:
    system = await read(office, dossier={**DOSSIER, "reviewDue": "2026-09-01"})
    again = office.outcomes[KEY].again_after
    assert system.status.dossier == "approved"
    assert again == 14 * 3600
    office.clock.moment += datetime.timedelta(seconds=again)
    office.queue.put(KEY)
    await office.settle()

    later = office.world.system(namespace=KEY.namespace, name=KEY.name)
    assert later is not None
    assert later.status.dossier == "expired"
    assert office.outcomes[KEY].again_after is None


async def test_without_a_city_nothing_is_computed_and_it_says_why(office: "Office") -> None:
    office.remove("City", "city")
    system = await read(office)

    assert conditions(system)["LevelComputed"] == ("False", "CityMissing")
    assert system.status.effective_level is None


async def test_a_framework_that_nobody_ships_is_named(office: "Office") -> None:
    office.change("City", "city", defaultFramework="eu-2030")
    system = await read(office)

    assert conditions(system)["LevelComputed"] == ("False", "FrameworkUnknown")
    assert "eu-2030" in system.status.conditions[0].message


async def test_a_time_zone_that_nobody_knows_is_named_and_mending_it_is_enough(office: "Office") -> None:
    office.change("City", "city", timeZone="Asia/Hanoi")
    system = await read(office, dossier=DOSSIER)

    assert conditions(system)["LevelComputed"] == conditions(system)["Ready"] == ("False", "TimeZoneUnknown")
    assert "Asia/Hanoi" in system.status.conditions[0].message
    assert (system.status.effective_level, office.outcomes[KEY].again_after) == (None, None)
    office.change("City", "city", timeZone="Asia/Ho_Chi_Minh")
    system = await read(office)
    assert (conditions(system)["Ready"][0], system.status.effective_level) == ("True", 3)


async def test_looking_again_writes_nothing(office: "Office") -> None:
    await read(office, dossier=DOSSIER)
    office.clock.moment += datetime.timedelta(days=1)
    office.queue.put(KEY)

    assert await office.settle() == []
