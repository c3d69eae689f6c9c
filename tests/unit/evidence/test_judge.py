"""What counts as proof of a control, what is missing, and what nobody could see."""

import datetime
from typing import Any, Final

import pytest

from citycloud.api.security_profile import SecurityProfileSpec
from citycloud.evidence.facts import AcceptedRisk, Facts, Record, ZoneFacts
from citycloud.evidence.judge import Line, judge
from citycloud.evidence.shipped import ShippedPolicy, shipped

TODAY: Final = datetime.date(2026, 9, 1)
NAMES: Final = {"vi": "vi", "en": "en"}
OBJECTS: Final = frozenset(
    {("ResourceQuota", "citycloud"), ("LimitRange", "citycloud"), ("NetworkPolicy", "default-deny"), ("NetworkPolicy", "allow-dns")}
)


def policy(**changes: Any) -> ShippedPolicy:
    fields = {"id": "P06", "title": NAMES, "remedy": NAMES, "enforcedBy": ["ValidatingAdmissionPolicy"], "admission": ["p06.citycloud.dev"]}
    return ShippedPolicy.model_validate({**fields, "tenantsOnly": True, "canary": {"kind": "Pod"}, **changes})


def zone(**changes: Any) -> ZoneFacts:
    fields: dict[str, Any] = {
        "name": "so-y-te--ho-so--app",
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        "annotations": {"citycloud.dev/policies": "P05,P06"},
        "objects": OBJECTS,
    }
    return ZoneFacts(**{**fields, **changes})


def facts(**changes: Any) -> Facts:
    fields: dict[str, Any] = {
        "zones": (zone(),),
        "bound": frozenset({("p06.citycloud.dev", "P06")}),
        "roles": frozenset({f"citycloud-tenant-{role}" for role in ("admin", "operator", "viewer")}),
        "definitions": frozenset({"Environment", "InformationSystem"}),
        "canaries": {"P06": "refused"},
        "records": {},
    }
    return Facts(**{**fields, **changes})


def line(*, control: dict[str, Any] | None = None, policies: list[ShippedPolicy] | None = None, seen: Facts | None = None) -> Line:
    body = {"id": "5.3", "title": NAMES, "by": "admission", "policies": ["P06"], **(control or {})}
    profile = {
        "framework": "vn-2026",
        "level": 3,
        "source": {"title": "t", "clause": "c", "retrieved": "2026-09-01"},
        "names": NAMES,
        "podSecurity": "restricted",
        "isolation": "logical",
        "zones": ["app"],
        "accessReviewDays": 180,
        "logRetentionDays": 90,
        "backupClass": "daily",
        "controls": [body],
    }
    by_id = {each.id: each for each in policies or [policy()]}
    (found,) = judge(profile=SecurityProfileSpec.model_validate(profile), policies=by_id, facts=seen or facts(), today=TODAY)
    return found


def test_a_policy_that_is_bound_demanded_and_seen_to_refuse_is_proven() -> None:
    found = line()

    assert found.state == "proven"
    assert [proof.key for proof in found.proofs] == ["Bound", "Demanded", "CanaryRefused"]


@pytest.mark.parametrize(
    ("change", "state", "key"),
    [
        ({"bound": frozenset()}, "missing", "NotBound"),
        ({"bound": None}, "unseen", "PoliciesNotReadable"),
        ({"zones": (zone(annotations={}),)}, "missing", "DemandedMissing"),
        ({"zones": (zone(), zone(annotations={"citycloud.dev/policies": "P05"}))}, "missing", "DemandedMissing"),
        ({"zones": ()}, "missing", "DemandedMissing"),
        ({"canaries": {"P06": "admitted"}}, "missing", "CanaryAdmitted"),
        ({"canaries": {}}, "proven", "CanaryNotTried"),
    ],
)
def test_one_proof_that_fails_is_enough_but_a_canary_that_was_not_tried_is_none(change: dict[str, Any], state: str, key: str) -> None:
    found = line(seen=facts(**change))

    assert found.state == state
    assert key in [proof.key for proof in found.proofs]


@pytest.mark.parametrize("mechanism", ["PodSecurity", "ResourceQuota", "LimitRange", "Operator", "RBAC", "CRD"])
def test_every_mechanism_is_proven_where_its_objects_are_there(mechanism: str) -> None:
    assert line(policies=[policy(enforcedBy=[mechanism], admission=[], canary=None)]).state == "proven"


@pytest.mark.parametrize(
    ("mechanism", "change", "state"),
    [
        ("PodSecurity", {"zones": (zone(labels={"pod-security.kubernetes.io/enforce": "baseline"}),)}, "missing"),
        ("ResourceQuota", {"zones": (zone(objects=OBJECTS - {("ResourceQuota", "citycloud")}),)}, "missing"),
        ("LimitRange", {"zones": (zone(objects=None),)}, "unseen"),
        ("Operator", {"zones": (zone(objects=OBJECTS - {("NetworkPolicy", "default-deny")}),)}, "missing"),
        ("RBAC", {"roles": frozenset()}, "missing"),
        ("RBAC", {"roles": None}, "unseen"),
        ("CRD", {"definitions": None}, "unseen"),
        ("APIServer", {}, "unseen"),
    ],
)
def test_what_is_not_there_is_missing_and_what_cannot_be_seen_proves_nothing(mechanism: str, change: dict[str, Any], state: str) -> None:
    found = line(policies=[policy(enforcedBy=[mechanism], admission=[], canary=None)], seen=facts(**change))

    assert found.state == state


def test_a_policy_that_nobody_knows_is_missing() -> None:
    assert line(control={"policies": ["P99"]}).state == "missing"


@pytest.mark.parametrize(
    ("by", "date", "state"),
    [
        ("evidence", None, "missing"),
        ("manual", None, "manual"),
        ("operator", None, "missing"),
        ("evidence", datetime.date(2026, 8, 1), "proven"),
        ("manual", datetime.date(2026, 8, 1), "proven"),
        ("evidence", TODAY - datetime.timedelta(days=180), "proven"),
        ("evidence", TODAY - datetime.timedelta(days=181), "missing"),
    ],
)
def test_what_people_did_counts_by_its_date(by: str, date: datetime.date | None, state: str) -> None:
    records = {"5.3": Record(date=date, reference="BC 12/2026")} if date else {}
    found = line(control={"by": by, "policies": []}, seen=facts(records=records))

    assert found.state == state


def test_every_shipped_policy_says_what_enforces_it() -> None:
    policies = shipped()

    assert policies
    assert all(each.admission or each.enforced_in for each in policies.values())


def test_what_an_exception_leaves_out_is_neither_proven_nor_missing() -> None:
    risk = AcceptedRisk(name="kho-anh", decision="chap-nhan", ends=datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC), measure="Quét ảnh")
    zones = (zone(annotations={"citycloud.dev/policies": "P05"}),)
    found = line(seen=facts(excepted={"P06": risk}, zones=zones, canaries={"P06": "admitted"}))

    assert found.state == "excepted"
    assert [proof.key for proof in found.proofs] == ["Bound", "Excepted"]
    said = found.proofs[1].parameters
    assert (said["name"], said["date"], said["measure"]) == ("kho-anh", "2026-12-01T00:00:00+00:00", "Quét ảnh")


def test_what_is_missing_beside_an_exception_is_still_missing() -> None:
    risk = AcceptedRisk(name="kho-anh", decision="chap-nhan", ends=datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC), measure="Quét ảnh")

    assert line(seen=facts(excepted={"P06": risk}, bound=frozenset())).state == "missing"
    assert line(seen=facts(excepted={"P05": risk})).state == "proven", "an exception from another policy says nothing of this one"
