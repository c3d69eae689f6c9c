"""Who lets a wish through: the city's rules, or a person who saw exactly this wish, and the last word counts."""

import datetime
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import KINDS, Environment
from citycloud.api.common import DIGEST
from citycloud.api.environment import EnvironmentSpec
from citycloud.controllers.acceptance import Grant, grant, human_reasons, spec_digest
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved, resolve
from citycloud.engine.world import World

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Sample

    from citycloud.controllers.texts import Texts

NOW: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)
BY_NAME: Final = {kind.definition.kind: kind for kind in KINDS}
DOSSIER: Final = {"decisionNo": "1", "date": "2026-08-30", "approver": "x", "framework": "vn-2026", "level": 3}
MINIMAL: Final = {"system": "ho-so-hanh-nghe", "stage": "test", "size": "s"}
ITS_DIGEST: Final = "sha256:f4b68bca7c642f2d67329f24f51fdda9fbf95c58eddf436457abf0570dcbe542"


class Case:
    """One wish in one city, and the decisions on it."""

    def __init__(self, *, sample: "Sample", texts: "Texts", change: Callable[[dict[Any, Any]], Any], spec: dict[str, Any]) -> None:
        bodies: dict[Any, Any] = {(body["kind"], body["metadata"]["name"]): body for body in sample.bodies()}
        change(bodies)
        self.sample = sample
        self.indices = itertools.count()
        self.texts = texts
        self.world = World(on_change=lambda *_: None)
        for body in bodies.values():
            self.world.put(kind=BY_NAME[body["kind"]], body=body)
        self.environment = Environment.model_validate(sample.environment(**spec))
        self.digest = spec_digest(self.environment.spec)

    @property
    def resolved(self) -> Resolved:
        return resolve(environment=self.environment, spec=self.environment.spec, world=self.world, now=NOW)

    def decide(self, name: str, *, minute: int = 0, digest: str | None = None, subject_uid: str | None = None, **spec: Any) -> None:
        """Put a decision that counts into the world, with its entry in the ledger."""
        body = self.sample.approval(name, digest=digest or self.digest, at=NOW + datetime.timedelta(minutes=minute), **spec)
        uid = subject_uid or self.environment.metadata.uid
        for each in self.sample.counting(body, index=next(self.indices), subject_uid=uid):
            self.world.put(kind=BY_NAME[each["kind"]], body=each)

    def grant(self, *, now: datetime.datetime = NOW) -> Grant:
        return grant(environment=self.environment, resolved=self.resolved, digest=self.digest, world=self.world, texts=self.texts, now=now)

    @property
    def refusal(self) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.grant()
        return caught.value


MakeCase = Callable[..., Case]


@pytest.fixture
def case(sample: "Sample", texts: "Texts") -> MakeCase:
    """Make a case; `city` and `system` replace fields of theirs."""

    def make(*, city: dict[str, Any] | None = None, system: dict[str, Any] | None = None, **spec: Any) -> Case:
        def change(bodies: dict[Any, Any]) -> None:
            bodies["City", "city"]["spec"].update(city or {})
            bodies["InformationSystem", "ho-so-hanh-nghe"]["spec"].update(system or {})

        return Case(sample=sample, texts=texts, change=change, spec=spec)

    return make


def automatic(**rules: Any) -> dict[str, Any]:
    """Write the city's automatic rules: everything up to m and level 3 unless said otherwise."""
    stages = ["sandbox", "training", "development", "test"]
    return {"approval": {"automatic": {"stages": stages, "maxSize": "m", "maxLevel": 3, **rules}}}


@pytest.mark.parametrize(
    ("rules", "spec", "reasons"),
    [
        ({}, {}, []),
        ({}, {"size": "m"}, []),
        ({}, {"size": "l"}, ["OverAutomaticSize"]),
        ({}, {"stage": "staging"}, ["StageNeedsApproval"]),
        ({}, {"stage": "production", "size": "xl"}, ["StageNeedsApproval", "OverAutomaticSize"]),
        ({"stages": ["production"]}, {"stage": "production"}, []),
        ({"maxLevel": 2}, {}, ["OverAutomaticLevel"]),
        ({"maxLevel": 0}, {"stage": "pilot", "size": "l"}, ["StageNeedsApproval", "OverAutomaticSize", "OverAutomaticLevel"]),
        ({"maxSize": None}, {"size": "s"}, ["OverAutomaticSize"]),
        ({"maxSize": "unknown"}, {"size": "s"}, ["OverAutomaticSize"]),
        ({"maxSize": "s"}, {"size": "m"}, ["OverAutomaticSize"]),
        ({"stages": []}, {}, ["StageNeedsApproval"]),
    ],
)
def test_the_citys_rules_say_what_needs_a_human(case: MakeCase, rules: dict[str, Any], spec: dict[str, Any], reasons: list[str]) -> None:
    one = case(city=automatic(**rules), **spec)

    assert [reason.key for reason in human_reasons(resolved=one.resolved, approved=None, world=one.world, now=NOW)] == reasons


def test_a_city_that_says_nothing_lets_nothing_through_by_itself(case: MakeCase) -> None:
    assert case(city={"approval": {}}).refusal.key == "AwaitingApproval"


def test_what_needs_no_human_is_let_through_by_the_rules(case: MakeCase) -> None:
    assert case().grant() == Grant(by="citycloud")


def test_who_waits_is_told_for_whom_and_why_in_both_languages(case: MakeCase, texts: "Texts") -> None:
    one = case(size="l")
    said = texts.say(one.refusal.key, **one.refusal.parameters)

    assert one.refusal.phase == "AwaitingApproval"
    assert one.digest in said
    assert "citycloud-approvers" in said
    assert "cỡ l lớn hơn mức tự động m" in said
    assert "size l is above the automatic limit m" in said


def test_a_decision_lets_exactly_this_wish_through(case: MakeCase) -> None:
    one = case(size="l")
    one.decide("yes", decisionNo="45/QD-UBND", by="chu-tich@hanoi.example")

    assert one.grant() == Grant(by="chu-tich@hanoi.example", approval="yes")


def test_a_decision_that_nobody_has_judged_yet_grants_nothing(case: MakeCase) -> None:
    one = case(size="l")
    one.world.put(kind=BY_NAME["Approval"], body=one.sample.approval("yes", digest=one.digest))

    assert one.refusal.key == "AwaitingApproval"


@pytest.mark.parametrize("missing", ["Approval", "LedgerEntry"])
def test_a_decision_grants_only_where_it_is_judged_and_stands_in_the_ledger(case: MakeCase, missing: str) -> None:
    one = case(size="l")
    one.decide("yes")
    for key in one.world.keys(BY_NAME[missing]):
        (uid,) = one.world.uids(BY_NAME[missing])
        one.world.drop(kind=BY_NAME[missing], metadata={"namespace": key.namespace, "name": key.name, "uid": uid})

    assert one.refusal.key == "AwaitingApproval"


def test_a_decision_on_an_object_that_is_gone_is_none_on_its_namesake(case: MakeCase) -> None:
    one = case(size="l")
    one.decide("yes", subject_uid="uid-of-an-earlier-one")

    assert one.refusal.key == "AwaitingApproval"


@pytest.mark.parametrize(
    "other",
    [
        {"digest": "sha256:" + "0" * 64},
        {"target": "another"},
        {"kind": "DataShare"},
    ],
    ids=["another spec", "another environment", "another kind"],
)
def test_a_decision_on_something_else_decides_nothing_here(case: MakeCase, other: dict[str, Any]) -> None:
    one = case(size="l")
    one.decide("yes", **other)

    assert one.refusal.key == "AwaitingApproval"


@pytest.mark.parametrize(
    ("decisions", "outcome"),
    [
        ([("yes", 0, "approve")], "granted"),
        ([("no", 0, "refuse")], "no"),
        ([("no", 0, "refuse"), ("yes", 1, "approve")], "granted"),
        ([("no", 0, "refuse"), ("no-again", 1, "refuse")], "no-again"),
    ],
)
def test_an_approval_stands_and_of_several_refusals_the_last_speaks(
    case: MakeCase, decisions: list[tuple[str, int, str]], outcome: str
) -> None:
    one = case(size="l")
    for name, minute, decision in decisions:
        one.decide(name, minute=minute, decision=decision, reason="too large")

    if outcome == "granted":
        assert one.grant().approval == "yes"
    else:
        assert (one.refusal.key, one.refusal.parameters["approval"]) == ("RefusedByDecision", outcome)


def test_a_refusal_says_why_and_whom_to_ask(case: MakeCase, texts: "Texts") -> None:
    one = case(size="l")
    one.decide("no", decision="refuse", reason="quá lớn")
    said = texts.say(one.refusal.key, **one.refusal.parameters)

    assert one.refusal.phase == "Refused"
    assert "quá lớn" in said
    assert "no" in said


@pytest.mark.parametrize(
    ("dossier", "key"),
    [
        (None, "AwaitingDossier"),
        ({**DOSSIER, "level": 2}, "AwaitingDossier"),
        ({**DOSSIER, "reviewDue": "2026-08-01"}, "AwaitingDossier"),
        (DOSSIER, "AwaitingApproval"),
    ],
)
def test_production_needs_its_dossier_before_anybody_decides(case: MakeCase, texts: "Texts", dossier: Any, key: str) -> None:
    refusal = case(stage="production", system={"dossier": dossier}).refusal

    assert (refusal.key, refusal.phase) == (key, key)
    assert "{" not in texts.say(refusal.key, **refusal.parameters)


@pytest.mark.parametrize("stage", ["sandbox", "test", "pilot"])
def test_nothing_but_production_needs_a_dossier(case: MakeCase, stage: str) -> None:
    assert case(stage=stage, city=automatic(stages=["sandbox", "test", "pilot"])).grant().by == "citycloud"


@pytest.mark.parametrize(("now", "closed"), [("2026-12-31T16:59:59+00:00", False), ("2026-12-31T17:00:00+00:00", True)])
def test_an_organisation_asks_until_its_last_day_is_over(sample: "Sample", texts: "Texts", now: str, closed: bool) -> None:
    def last_day(bodies: dict[Any, Any]) -> None:
        bodies["Organisation", "so-y-te"]["spec"]["validTo"] = "2026-12-31"

    one = Case(sample=sample, texts=texts, change=last_day, spec={})
    moment = datetime.datetime.fromisoformat(now)
    if not closed:
        assert one.grant(now=moment).by == "citycloud"
        return
    with pytest.raises(Refusal) as caught:
        one.grant(now=moment)
    assert caught.value.key == "OrganisationClosed"


@pytest.mark.parametrize(
    "defaults",
    [
        {"zones": []},
        {"hosts": [], "egress": [], "allowFrom": [], "members": []},
        {"justification": ""},
        {"template": None, "framework": None, "location": None, "expiresAt": None},
        {"state": "suspended"},
    ],
)
def test_saying_a_default_or_giving_back_is_the_same_wish(defaults: dict[str, Any]) -> None:
    assert spec_digest(EnvironmentSpec.model_validate(MINIMAL | defaults)) == spec_digest(EnvironmentSpec.model_validate(MINIMAL))


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "pilot"},
        {"size": "m"},
        {"zones": ["app"]},
        {"zones": ["app", "data"]},
        {"zones": ["data", "app"]},
        {"hosts": ["a"]},
        {"members": [{"kind": "User", "name": "lan", "role": "viewer"}]},
        {"members": [{"kind": "User", "name": "lan", "role": "viewer", "until": "2027-01-01"}]},
        {"expiresAt": "2027-01-01T00:00:00Z"},
        {"justification": "x"},
        {"location": "data-centre"},
        {"framework": "vn-2016"},
    ],
    ids=str,
)
def test_any_other_word_is_another_wish(change: dict[str, Any]) -> None:
    digests = {spec_digest(EnvironmentSpec.model_validate(each)) for each in (MINIMAL, MINIMAL | change)}

    assert len(digests) == 2


def test_a_moment_is_the_same_wish_in_every_time_zone_it_is_written_in() -> None:
    moments = ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00+00:00")

    assert len({spec_digest(EnvironmentSpec.model_validate(MINIMAL | {"expiresAt": moment})) for moment in moments}) == 1


def test_a_new_version_of_the_operator_still_knows_old_decisions() -> None:
    """Pin one digest: an approval names it, and a field that is added to the API must not change it."""
    assert spec_digest(EnvironmentSpec.model_validate(MINIMAL)) == ITS_DIGEST
    assert re.fullmatch(DIGEST, ITS_DIGEST)
